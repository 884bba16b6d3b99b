//! What the store cannot take while it takes other things: the end of a run, and what became of an idempotency key.
#![allow(clippy::unwrap_used)]

mod support;

use gatehouse_store::gateway::RunState;
use serde_json::{Value, json};
use support::{ALL_SCOPES, TestGateway, Wire};

const MAIN: &str = "agent:main:main";

/// A gateway whose store refuses some writes.
async fn refusing(refused: &'static str) -> (TestGateway, Wire) {
    let gateway = TestGateway::start().await;
    let wire = gateway.client(&ALL_SCOPES).await;
    support::in_store(&gateway, refused).await;
    (gateway, wire)
}

async fn takes_all_again(gateway: &TestGateway) {
    support::in_store(gateway, "DROP TRIGGER refused").await;
}

fn message(session: &str, key: &str) -> Value {
    json!({"sessionKey": session, "message": "hello", "idempotencyKey": key})
}

#[tokio::test]
async fn a_key_whose_request_failed_is_free_also_where_that_could_not_be_written() {
    let (gateway, mut wire) = refusing(
        "CREATE TRIGGER refused BEFORE DELETE ON answer BEGIN SELECT RAISE(ABORT, 'refused'); END",
    )
    .await;
    let refused = wire
        .request("chat.send", message("agent:nobody:main", "k"))
        .await;
    let why = refused["error"]["message"].as_str().unwrap();
    assert!(why.contains("unknown agent"), "its own reason: {refused}");
    let still = wire.request("chat.send", message(MAIN, "k")).await;
    assert_eq!(still["ok"], false, "it cannot be freed yet: {still}");

    takes_all_again(&gateway).await;
    let sent = wire.ask("chat.send", message(MAIN, "k")).await;
    assert_eq!(sent, json!({"runId": "k", "status": "started"}));
}

#[tokio::test]
async fn a_request_that_was_done_is_answered_and_answered_the_same_again_and_not_done_twice() {
    let (gateway, mut wire) = refusing(
        "CREATE TRIGGER refused BEFORE INSERT ON answer WHEN NEW.json IS NOT NULL \
         BEGIN SELECT RAISE(ABORT, 'refused'); END",
    )
    .await;
    wire.ask("sessions.create", json!({"key": MAIN})).await;
    let send = json!({"to": MAIN, "message": "once", "idempotencyKey": "k"});
    let sent = wire.ask("send", send.clone()).await;
    assert_eq!(wire.ask("send", send.clone()).await, sent);
    takes_all_again(&gateway).await;
    assert_eq!(wire.ask("send", send.clone()).await, sent);
    assert_eq!(wire.ask("send", send).await, sent, "from the store, too");
    let history = wire.ask("chat.history", json!({"sessionKey": MAIN})).await;
    let messages = history["messages"].as_array().unwrap();
    let told = messages
        .iter()
        .filter(|one| one.to_string().contains("once"));
    assert_eq!(told.count(), 1, "{history}");
}

#[tokio::test]
async fn a_run_whose_end_could_not_be_noted_ends_all_the_same() {
    let (gateway, mut wire) = refusing(
        "CREATE TRIGGER refused BEFORE UPDATE ON run WHEN NEW.state <> 'running' \
         BEGIN SELECT RAISE(ABORT, 'refused'); END",
    )
    .await;
    wire.ask("chat.send", message(MAIN, "r")).await;
    while wire.event("chat").await["payload"]["state"] == "delta" {}
    // Noted in order: what comes behind it shows that its end was tried.
    wire.ask("chat.send", message("agent:main:other", "s"))
        .await;
    while wire.event("chat").await["payload"]["state"] == "delta" {}
    let store = gateway.running.app().store.clone();
    support::until("that the second run began", async || {
        store.run("s").await.unwrap().is_some()
    })
    .await;
    assert_eq!(
        store.run("r").await.unwrap().unwrap().state,
        RunState::Running
    );

    takes_all_again(&gateway).await;
    support::until("the end of both runs", async || {
        let mut runs = Vec::new();
        for run in ["r", "s"] {
            runs.push(store.run(run).await.unwrap().unwrap().state);
        }
        runs == [RunState::Ended, RunState::Ended]
    })
    .await;
    let list = wire.ask("sessions.list", json!({})).await;
    for session in list["sessions"].as_array().unwrap() {
        assert_eq!(session["hasActiveRun"], false, "{session}");
    }
}
