//! A made-up analysis, and short ways to ask for a decision.

use serde_json::Value;

use crate::analysis::{Analysis, Command, Reach};
use crate::authz::AgentRights;
use crate::decide::{Act, Context, Decision, Policy, Request, decide};
use crate::effect::{Effect, EffectKind, Target, Zone};
use crate::plan::{Pipeline, Plan, Spawn, Stage};
use crate::rules::Problem;
use crate::verdict::{Finding, Verdict};
use crate::world::{Taint, World};

pub(crate) const HOME: &str = "/home/user";
pub(crate) const WORKSPACE: &str = "/home/user/workspace";

pub(crate) fn effect(kind: EffectKind, target: Target, zone: Zone) -> Effect {
    Effect {
        kind,
        target,
        zone,
        secret: false,
        span: None,
        text: "does something".to_owned(),
    }
}

pub(crate) fn found(verdict: Verdict, code: &str) -> Finding {
    Finding {
        verdict,
        code: code.to_owned(),
        span: None,
        text: format!("because of {code}"),
    }
}

/// Reads commands joined with `;`. `ls` is harmless, `rm` deletes the paths it names, `curl` reaches the host it
/// names, `rm /` is catastrophic, everything else asks. A word with `$` is not known.
pub(crate) fn analyse(line: &str, world: &World<'_>) -> Analysis {
    let (mut commands, mut effects, mut findings) = (Vec::new(), Vec::new(), Vec::new());
    for part in line
        .split(';')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        let argv: Vec<String> = part
            .split_whitespace()
            .map(|word| word.replace("$x", "…"))
            .collect();
        let exact = !part.contains('$');
        match argv[0].as_str() {
            "ls" => {}
            "rm" => {
                for path in &argv[1..] {
                    let (target, zone) = place(path);
                    let catastrophic = path == "/";
                    if catastrophic {
                        findings.push(found(Verdict::Deny, "delete-root"));
                    }
                    effects.push(effect(EffectKind::Delete, target, zone));
                }
            }
            "curl" => {
                let host = argv.get(1).cloned().unwrap_or_default();
                effects.push(effect(
                    EffectKind::Network,
                    Target::Host(host),
                    Zone::Elsewhere,
                ));
                findings.push(found(Verdict::Ask, "network"));
            }
            other => findings.push(found(Verdict::Ask, &format!("unknown-{other}"))),
        }
        commands.push(Command {
            argv,
            exact,
            span: None,
            reach: Reach::Direct,
        });
    }
    let verdict = findings
        .iter()
        .map(|finding| finding.verdict)
        .max()
        .unwrap_or_default();
    let lists = commands.iter().map(|command| Pipeline {
        when: Stage::Always,
        negated: false,
        spawns: vec![Spawn {
            argv: command.argv.clone(),
            assignments: Vec::new(),
        }],
    });
    Analysis {
        verdict,
        findings,
        effects,
        plan: Plan::Direct {
            lists: lists.collect(),
        },
        commands,
        taint: world.taint.clone(),
        steps: 1,
    }
}

fn place(path: &str) -> (Target, Zone) {
    match path {
        path if path.contains('…') => (Target::Unknown, Zone::Unknown),
        path if path.starts_with('/') => (Target::Path(path.to_owned()), Zone::System),
        path => (Target::Path(format!("{WORKSPACE}/{path}")), Zone::Workspace),
    }
}

pub(crate) fn world() -> World<'static> {
    World {
        dialect: crate::world::Dialect::Posix,
        cwd: WORKSPACE.to_owned(),
        workspace: WORKSPACE.to_owned(),
        home: HOME.to_owned(),
        user: "user".to_owned(),
        tmp: vec!["/tmp".to_owned()],
        variables: std::collections::BTreeMap::new(),
        protected: Vec::new(),
        own_ports: Vec::new(),
        ignore_case: false,
        taint: Taint::default(),
        files: &crate::world::NoFiles,
    }
}

/// A policy with these rules.
#[track_caller]
pub(crate) fn policy(rules: &str) -> Policy {
    let document = format!("{{rules: [{rules}]}}");
    load(&document).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

pub(crate) fn load(document: &str) -> Result<Policy, Vec<Problem>> {
    Policy::load_with(document, None, analyse)
}

pub(crate) fn request<'a>(tool: &'a str, arguments: &'a Value, act: Act<'a>) -> Request<'a> {
    Request {
        agent_id: "main",
        session_key: "agent:main:main",
        channel: Some("webchat"),
        tool,
        arguments,
        act,
    }
}

/// Decides about an act, with nothing known beside it.
pub(crate) fn act(policy: &Policy, tool: &str, arguments: &Value, act: Act<'_>) -> Decision {
    let (rights, taint) = (AgentRights::default(), Taint::default());
    let context = Context::new(HOME, WORKSPACE, &rights, &taint);
    decide(&request(tool, arguments, act), policy, &context)
}

/// Decides about a command line.
pub(crate) fn run(policy: &Policy, line: &str) -> Decision {
    let analysis = analyse(line, &world());
    act(policy, "exec", &Value::Null, Act::Command(&analysis))
}
