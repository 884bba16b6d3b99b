//! A gateway whose disk is full, and then is not: it says so to whoever asks, runs nothing that it cannot record, and
//! goes on as before when there is room.
#![allow(clippy::unwrap_used)]

mod support;

use gatehouse_store::gateway::RunState;
use serde_json::{Value, json};
use support::{ALL_SCOPES, TestGateway, Wire, http, in_store, until};

/// More than a gateway needs that has said little.
const PAGES: u32 = 600;
const MAIN: &str = "agent:main:main";
const FULL: &str = "the gateway's disk is full";

/// With somebody in it who has begun to talk.
async fn gateway() -> (TestGateway, Wire) {
    let gateway = TestGateway::with(|options| options.limits.store_pages = Some(PAGES)).await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let send = json!({"sessionKey": MAIN, "message": "hello", "idempotencyKey": "hello"});
    wire.ask("chat.send", send).await;
    said(&mut wire, "hello").await;
    (gateway, wire)
}

/// The last `chat` event of a run.
async fn said(wire: &mut Wire, run: &str) -> Value {
    loop {
        let event = wire.event("chat").await;
        let payload = &event["payload"];
        if payload["runId"] == run && payload["state"] != "delta" {
            return payload.clone();
        }
    }
}

/// Something else on the disk takes what is left.
async fn fill(gateway: &TestGateway) {
    in_store(
        gateway,
        "CREATE TABLE other AS SELECT zeroblob(4000000) AS data",
    )
    .await;
}

/// And gives it back.
async fn make_room(gateway: &TestGateway) {
    in_store(gateway, "DROP TABLE other").await;
}

/// So long that it needs pages of its own.
async fn say(wire: &mut Wire, words: &str) -> Value {
    let message = words.repeat(20_000 / words.len());
    let params = json!({"sessionKey": MAIN, "message": message});
    wire.request("chat.inject", params).await
}

async fn ready(gateway: &TestGateway) -> (u16, Value) {
    let answer = http::get(gateway.address(), "/ready", None).await;
    (answer.status, answer.json()["failing"].clone())
}

fn says_full(answer: &Value) {
    assert_eq!(answer["ok"], false, "{answer}");
    assert_eq!(answer["error"]["code"], "UNAVAILABLE", "{answer}");
    assert_eq!(answer["error"]["message"], FULL, "{answer}");
    assert_eq!(answer["error"]["retryable"], true, "{answer}");
}

#[tokio::test]
async fn while_the_disk_is_full_every_call_says_so_and_afterwards_all_is_as_before() {
    let (gateway, mut wire) = gateway().await;
    assert_eq!(say(&mut wire, "kept").await["ok"], true);
    for _ in 0..2 {
        assert_eq!(ready(&gateway).await, (200, json!([])));
        fill(&gateway).await;
        for _ in 0..3 {
            says_full(&say(&mut wire, "lost").await);
            let list = wire.ask("sessions.list", json!({})).await;
            assert_eq!(list["sessions"][0]["key"], MAIN, "it can still be read");
        }
        assert_eq!(ready(&gateway).await, (503, json!(["disk"])));

        make_room(&gateway).await;
        assert_eq!(ready(&gateway).await, (200, json!([])));
        assert_eq!(say(&mut wire, "kept").await["ok"], true);
        let mut newcomer = gateway.client(&ALL_SCOPES).await;
        assert_eq!(say(&mut newcomer, "kept").await["ok"], true);
    }
    let history = wire.ask("chat.history", json!({"sessionKey": MAIN})).await;
    let messages = history["messages"].as_array().unwrap();
    let kept = messages
        .iter()
        .filter(|message| message.to_string().contains("keptkept"));
    assert_eq!(kept.count(), 5);
    assert!(!history.to_string().contains("lostlost"));
}

#[tokio::test]
async fn who_cannot_be_recorded_is_not_let_in_and_is_told_why() {
    let (gateway, mut wire) = gateway().await;
    fill(&gateway).await;
    // The last room in pages that are there already.
    let refused = loop {
        let mut newcomer = gateway.dial().await;
        let answer = newcomer.connect(&ALL_SCOPES).await;
        if answer["ok"] == false {
            assert_eq!(newcomer.closed_with().await, Some((1013, FULL.to_owned())));
            break answer;
        }
    };
    says_full(&refused);
    says_full(&say(&mut wire, "lost").await);
    make_room(&gateway).await;
    gateway.client(&ALL_SCOPES).await;
}

#[tokio::test]
async fn a_run_ends_with_the_reason_and_what_cannot_be_recorded_does_not_run() {
    let (gateway, mut wire) = gateway().await;
    let file = gateway.state.path().join("workspace/made.txt");
    let send = json!({
        "sessionKey": MAIN, "idempotencyKey": "run-1",
        "message": format!("slow: 60\nexec: echo {} > made.txt", "x".repeat(30_000)),
    });
    wire.ask("chat.send", send).await;
    wire.event("agent").await;
    fill(&gateway).await;
    // With an error, or with what the agent made of the refusal.
    let ended = said(&mut wire, "run-1").await;
    assert!(ended.to_string().contains("disk is full"), "{ended}");
    assert!(!file.exists(), "nothing ran");

    let call = json!({"name": "write", "args": {"path": "made.txt", "content": "x"}});
    let refused = loop {
        let called = wire.ask("tools.invoke", call.clone()).await;
        if called["ok"] == false {
            break called;
        }
        // It was recorded where there was a little left.
        std::fs::remove_file(&file).unwrap();
    };
    assert_eq!(refused["error"]["code"], "forbidden", "{refused}");
    let why = refused["error"]["message"].as_str().unwrap();
    assert!(
        why.contains("disk is full") && why.contains("did not run"),
        "{why}"
    );
    assert!(!file.exists(), "nothing ran");

    make_room(&gateway).await;
    let store = gateway.running.app().store.clone();
    until("the end of the run", async || {
        let run = store.run("run-1").await.unwrap();
        run.is_some_and(|run| run.state != RunState::Running)
    })
    .await;
    let row = store.session(MAIN).await.unwrap();
    assert!(row.is_some(), "the session is as it was");
    let called = wire.ask("tools.invoke", call).await;
    assert_eq!(called["ok"], true, "{called}");
    assert!(file.exists());
}
