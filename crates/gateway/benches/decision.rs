//! A whole decision of the gateway, as a run's tool call meets it: analysis, rules, roles, the durable intent in
//! the audit, and the look at what will run. One caller that waits for each, and many at once, whose records are
//! committed together. The state is a real file, synced at each commit; nothing is spawned.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gatehouse_agent::govern::{Effect, ExecEffect};
use gatehouse_agent::{Action, Governor, Verdict};
use gatehouse_gateway::auth::{AuthSettings, SharedSecret};
use gatehouse_gateway::config::Config;
use gatehouse_gateway::{Gateway, RunningGateway, StartOptions};
use serde_json::json;

/// As in the gateway's own binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long each is measured.
const FOR: Duration = Duration::from_secs(5);
const LINE: &str = "git log --oneline -n 5 && cat Cargo.toml | grep -n name";

#[tokio::main]
async fn main() {
    // What `cargo test --benches` asks for is only that it runs.
    let short = std::env::args().any(|argument| argument == "--test");
    let time = if short {
        Duration::from_millis(50)
    } else {
        FOR
    };
    println!("callers  decisions/s  p50 µs  p99 µs");
    for callers in [1, 8, 64, 256] {
        let state = tempfile::tempdir().unwrap();
        let workspace = tempfile::tempdir().unwrap();
        let gateway = start(state.path()).await;
        let governor: Arc<dyn Governor> = gateway.app().governor.clone();
        let mut took = decisions(&governor, workspace.path(), callers, time).await;
        took.sort_unstable();
        let at = |share: usize| took[(took.len() - 1) * share / 100].as_micros();
        let rate = took.len() as f64 / time.as_secs_f64();
        println!("{callers:>7}  {rate:>11.0}  {:>6}  {:>6}", at(50), at(99));
        drop(governor);
        gateway.stop("measured").await;
    }
}

async fn start(state: &Path) -> RunningGateway {
    let mut config = Config::default();
    config.gateway.port = 0;
    let auth = AuthSettings::Token(SharedSecret::of("a-token-for-a-bench"));
    let options = StartOptions::new(config, auth, state.to_owned());
    Gateway::start(options).await.unwrap()
}

async fn decisions(
    governor: &Arc<dyn Governor>,
    workspace: &Path,
    callers: usize,
    time: Duration,
) -> Vec<Duration> {
    let until = Instant::now() + time;
    let calls = |caller: usize| {
        let (governor, workspace) = (governor.clone(), workspace.to_owned());
        async move {
            let mut took = Vec::new();
            while Instant::now() < until {
                let action = action(&workspace, caller, took.len());
                let begun = Instant::now();
                let verdict = governor.govern(&action).await;
                took.push(begun.elapsed());
                assert!(matches!(verdict, Verdict::Allow { .. }), "{verdict:?}");
            }
            took
        }
    };
    let tasks: Vec<_> = (0..callers).map(|n| tokio::spawn(calls(n))).collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.unwrap());
    }
    all
}

fn action(workspace: &Path, caller: usize, call: usize) -> Action {
    let workspace = workspace.canonicalize().unwrap();
    let shell = Path::new("/bin/bash").canonicalize().unwrap();
    Action {
        tool: "exec".to_owned(),
        arguments: json!({"command": LINE}),
        effect: Effect::Exec(ExecEffect {
            command: LINE.to_owned(),
            argv: vec!["/bin/bash".to_owned(), "-c".to_owned(), LINE.to_owned()],
            executable: shell,
            program: None,
            cwd: workspace.clone(),
            env_names: Vec::new(),
            env_digest: String::new(),
            pty: false,
            background: false,
        }),
        agent_id: "main".to_owned(),
        session_key: format!("agent:main:bench-{caller}"),
        run_id: format!("run-{caller}"),
        tool_call_id: format!("call-{caller}-{call}"),
        workspace,
        told_by: Vec::new(),
    }
}
