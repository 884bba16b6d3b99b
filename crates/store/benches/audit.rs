//! Durable appends to the audit a second: one writer that waits for each, and many at once, whose records are
//! committed together. On a real file, synced at each commit.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use gatehouse_audit::{Actor, Draft};
use gatehouse_store::gateway::{AuditStore, SqliteGatewayStore};
use serde_json::json;

/// How long each is measured.
const FOR: Duration = Duration::from_secs(5);

fn draft() -> Draft {
    Draft {
        ts: 1_795_262_400_000,
        kind: "tool.intent".to_owned(),
        actor: Actor::agent("main"),
        agent: Some("main".to_owned()),
        session: Some("agent:main:main".to_owned()),
        action: Some("exec".to_owned()),
        what: Some("cargo test -p gatehouse-audit".to_owned()),
        verdict: Some("allow".to_owned()),
        policy_version: Some("3".to_owned()),
        request: Some(json!({"command": "cargo test -p gatehouse-audit"})),
        ..Draft::default()
    }
}

#[tokio::main]
async fn main() {
    // What `cargo test --benches` asks for is only that it runs.
    let short = std::env::args().any(|argument| argument == "--test");
    let time = if short {
        Duration::from_millis(50)
    } else {
        FOR
    };
    println!("writers  records/s  p50 µs  p99 µs");
    for writers in [1, 8, 64, 256] {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteGatewayStore::open(folder.path(), 0).await.unwrap();
        let mut took = appends(Arc::new(store), writers, time).await;
        took.sort_unstable();
        let at = |share: usize| took[(took.len() - 1) * share / 100].as_micros();
        let rate = took.len() as f64 / time.as_secs_f64();
        println!("{writers:>7}  {rate:>9.0}  {:>6}  {:>6}", at(50), at(99));
    }
}

async fn appends(store: Arc<SqliteGatewayStore>, writers: usize, time: Duration) -> Vec<Duration> {
    let until = Instant::now() + time;
    let write = |store: Arc<SqliteGatewayStore>| async move {
        let mut took = Vec::new();
        while Instant::now() < until {
            let begun = Instant::now();
            store.audit_append(vec![draft()]).await.unwrap();
            took.push(begun.elapsed());
        }
        took
    };
    let tasks: Vec<_> = (0..writers)
        .map(|_| tokio::spawn(write(store.clone())))
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.unwrap());
    }
    all
}
