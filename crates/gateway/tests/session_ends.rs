//! A session that is reset or deleted while a run is at work in it.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use serde_json::{Value, json};
use support::{ALL_SCOPES, TestGateway, Wire};

const KEY: &str = "agent:main:busy";

/// Longer than a run takes to write what is left to say.
const A_WHILE: Duration = Duration::from_millis(1_500);

async fn send(wire: &mut Wire, run: &str, text: &str) {
    let params = json!({"sessionKey": KEY, "message": text, "idempotencyKey": run});
    wire.ask("chat.send", params).await;
}

async fn messages(wire: &mut Wire) -> Vec<Value> {
    let history = wire.ask("chat.history", json!({"sessionKey": KEY})).await;
    history["messages"].as_array().unwrap().clone()
}

async fn keys(wire: &mut Wire) -> Vec<Value> {
    let list = wire.ask("sessions.list", json!({})).await;
    let rows = list["sessions"].as_array().unwrap().iter();
    rows.map(|row| row["key"].clone()).collect()
}

#[tokio::test]
async fn a_run_that_a_reset_stops_says_nothing_in_the_new_session() {
    let gateway = TestGateway::asking().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    for reset in ["method", "command"] {
        send(&mut wire, reset, "exec: touch never.txt").await;
        wire.event("exec.approval.requested").await;
        if reset == "method" {
            wire.ask("sessions.reset", json!({"key": KEY})).await;
        } else {
            send(&mut wire, "new", "/new").await;
        }
        tokio::time::sleep(A_WHILE).await;
        assert_eq!(messages(&mut wire).await, [] as [Value; 0], "{reset}");
    }
    send(&mut wire, "next", "hello again").await;
    let wait = json!({"runId": "next", "timeoutMs": 110_000});
    assert_eq!(wire.ask("agent.wait", wait).await["status"], "ok");
    let roles: Vec<_> = messages(&mut wire).await;
    let roles: Vec<_> = roles.iter().map(|message| &message["role"]).collect();
    assert_eq!(roles, ["user", "assistant"]);
}

#[tokio::test]
async fn a_session_that_is_deleted_with_a_run_in_it_stays_deleted() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    send(&mut wire, "long", "exec: sleep 20").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    send(&mut wire, "waits", "and then").await;
    assert_eq!(keys(&mut wire).await, [KEY]);
    let deleted = wire.ask("sessions.delete", json!({"key": KEY})).await;
    assert_eq!(deleted["deleted"], true);
    tokio::time::sleep(A_WHILE).await;
    assert_eq!(keys(&mut wire).await, [] as [Value; 0]);
    let wait = json!({"runId": "long", "timeoutMs": 110_000});
    assert_eq!(wire.ask("agent.wait", wait).await["status"], "error");
}

#[tokio::test]
async fn nothing_is_begun_for_an_agent_that_there_is_not() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let key = "agent:nope:x";
    for (method, params) in [
        (
            "chat.send",
            json!({"sessionKey": key, "message": "hi", "idempotencyKey": "a"}),
        ),
        (
            "chat.send",
            json!({"sessionKey": key, "message": "/new", "idempotencyKey": "b"}),
        ),
        ("sessions.create", json!({"key": key})),
        ("sessions.create", json!({"agentId": "nope", "task": "hi"})),
        ("sessions.patch", json!({"key": key, "label": "x"})),
        ("sessions.reset", json!({"key": key})),
        (
            "sessions.send",
            json!({"key": "agent:nope:main", "message": "hi"}),
        ),
        (
            "agent",
            json!({"sessionKey": key, "message": "hi", "idempotencyKey": "c"}),
        ),
        (
            "wake",
            json!({"mode": "now", "text": "hi", "sessionKey": key}),
        ),
        (
            "send",
            json!({"to": "agent:nope:main", "message": "hi", "idempotencyKey": "d"}),
        ),
    ] {
        let answer = wire.request(method, params.clone()).await;
        assert_eq!(
            answer["error"]["message"], "unknown agent id \"nope\"",
            "{method} {params}: {answer}"
        );
    }
    assert_eq!(keys(&mut wire).await, [] as [Value; 0]);
    let created = wire.ask("sessions.create", json!({"key": "agent:Main:q"}));
    assert_eq!(created.await["key"], "agent:main:q");
}
