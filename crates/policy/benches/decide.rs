//! A whole decision in memory: analysis, rules, roles, and the answer. The durable intent is measured with the
//! gateway.

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use gatehouse_policy::authz::AgentRights;
use gatehouse_policy::decide::{Act, Context, Policy, Request, decide};
use gatehouse_policy::{
    Analysis, Command, Dialect, Effect, EffectKind, NoFiles, Pipeline, Plan, Reach, Spawn, Stage,
    Taint, Target, Verdict, World, Zone, shell,
};
use serde_json::json;

const HOME: &str = "/home/dev";
const WORKSPACE: &str = "/home/dev/work";
const LINE: &str = "git log --oneline -n 5 && cat src/main.rs | grep -n 'fn main'";

/// Rules as people write them: commands, paths, hosts and expressions, of which none is about the line.
fn document(rules: usize) -> String {
    let rule = |n: usize| match n % 5 {
        0 => format!("{{id: 'r{n}', verdict: 'deny', match: {{command: 'tool{n} ** --force'}}}}"),
        1 => format!(
            "{{id: 'r{n}', verdict: 'ask', match: {{effects: ['write'], paths: ['/srv/{n}/**', '~/keep{n}']}}}}"
        ),
        2 => format!("{{id: 'r{n}', verdict: 'deny', match: {{hosts: '*.host{n}.test'}}}}"),
        3 => format!(
            "{{id: 'r{n}', verdict: 'ask', match: {{command: '^tool{n} (a|b)( .*)?$', agents: 'main'}}}}"
        ),
        _ => format!(
            "{{id: 'r{n}', verdict: 'deny', match: {{tool: 'pay{n}', args: {{'/amount': {{min: 100}}}}}}}}"
        ),
    };
    let rules: Vec<_> = (0..rules).map(rule).collect();
    format!("{{rules: [{}]}}", rules.join(","))
}

fn world() -> World<'static> {
    World {
        dialect: Dialect::Posix,
        cwd: WORKSPACE.to_owned(),
        workspace: WORKSPACE.to_owned(),
        home: HOME.to_owned(),
        user: "dev".to_owned(),
        tmp: vec!["/tmp".to_owned()],
        variables: BTreeMap::new(),
        protected: Vec::new(),
        own_ports: Vec::new(),
        ignore_case: false,
        taint: Taint::default(),
        files: &NoFiles,
    }
}

/// What the analysis of the line comes to, so that the rest can be measured without it.
fn analysis() -> Analysis {
    let commands = [
        vec!["git", "log", "--oneline", "-n", "5"],
        vec!["cat", "src/main.rs"],
        vec!["grep", "-n", "fn main"],
    ];
    let command = |argv: &Vec<&str>| Command {
        argv: argv.iter().map(|word| (*word).to_owned()).collect(),
        exact: true,
        span: None,
        reach: Reach::Direct,
    };
    let commands: Vec<_> = commands.iter().map(command).collect();
    let effect = |path: &str| Effect {
        kind: EffectKind::Read,
        target: Target::Path(format!("{WORKSPACE}/{path}")),
        zone: Zone::Workspace,
        secret: false,
        span: None,
        text: format!("reads {path}"),
    };
    let spawn = |command: &Command| Spawn {
        argv: command.argv.clone(),
        assignments: Vec::new(),
    };
    let pipeline = Pipeline {
        when: Stage::Always,
        negated: false,
        spawns: commands.iter().map(spawn).collect(),
    };
    Analysis {
        verdict: Verdict::Allow,
        findings: Vec::new(),
        effects: vec![effect(".git"), effect("src/main.rs")],
        plan: Plan::Direct {
            lists: vec![pipeline],
        },
        commands,
        taint: Taint::default(),
        steps: 40,
    }
}

fn decisions(criterion: &mut Criterion) {
    let (rights, taint) = (AgentRights::default(), Taint::default());
    let context = Context::new(HOME, WORKSPACE, &rights, &taint);
    let arguments = json!({ "command": LINE });
    let analysis = analysis();
    for rules in [0, 10, 100] {
        let policy = Policy::load(&document(rules), None).expect("the document is in order");
        let asked = |analysis: &Analysis| {
            let request = Request {
                agent_id: "main",
                session_key: "agent:main:main",
                channel: Some("webchat"),
                tool: "exec",
                arguments: &arguments,
                act: Act::Command(analysis),
            };
            decide(&request, &policy, &context)
        };
        criterion.bench_function(&format!("decide/{rules} rules and roles"), |bencher| {
            bencher.iter(|| asked(black_box(&analysis)));
        });
        criterion.bench_function(
            &format!("decide/{rules} rules, roles and the line"),
            |bencher| {
                bencher.iter(|| asked(&shell::analyse(black_box(LINE), &world())));
            },
        );
    }
}

fn loading(criterion: &mut Criterion) {
    let document = document(100);
    criterion.bench_function("load/100 rules", |bencher| {
        bencher.iter(|| Policy::load(black_box(&document), None));
    });
}

criterion_group!(benches, decisions, loading);
criterion_main!(benches);
