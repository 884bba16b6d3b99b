//! What the configuration says about runs is what runs do.
#![allow(clippy::unwrap_used)]

mod support;

use gatehouse_testkit::model::ScriptedModel;
use serde_json::{Value, json};
use support::{ALL_SCOPES, TestGateway, Wire};

const MAIN: &str = "agent:main:main";

async fn configured(raw: Value) -> (TestGateway, Wire) {
    let gateway = TestGateway::with(|options| options.config.raw = raw).await;
    let wire = gateway.client(&ALL_SCOPES).await;
    (gateway, wire)
}

/// Says something, and gives how the run ended and the transcript.
async fn said(wire: &mut Wire, session: &str, text: &str) -> (Value, String) {
    let params = json!({"sessionKey": session, "message": text, "idempotencyKey": text});
    wire.ask("chat.send", params).await;
    ended(wire, session, text).await
}

async fn ended(wire: &mut Wire, session: &str, run: &str) -> (Value, String) {
    let ended = wire
        .ask("agent.wait", json!({"runId": run, "timeoutMs": 110_000}))
        .await;
    let history = wire
        .ask("chat.history", json!({"sessionKey": session}))
        .await;
    (ended, history["messages"].to_string())
}

#[tokio::test]
async fn a_tool_that_was_denied_is_not_there() {
    let (_gateway, mut wire) = configured(json!({
        "tools": {"deny": ["group:runtime"]},
        "agents": {"entries": {"main": {}, "night": {"tools": {"allow": ["session_status"]}}}},
    }))
    .await;
    let (_, told) = said(&mut wire, MAIN, "exec: touch denied.txt").await;
    assert!(told.contains("not available to this agent"), "{told}");
    let main = wire
        .ask("tools.effective", json!({"sessionKey": MAIN}))
        .await;
    let main = main.to_string();
    assert!(
        main.contains("\"read\"") && !main.contains("\"exec\""),
        "{main}"
    );
    let night = json!({"sessionKey": "agent:night:main", "agentId": "night"});
    let night = wire.ask("tools.effective", night).await;
    let tools = night["groups"][0]["tools"].as_array().unwrap();
    assert_eq!(tools.len(), 1, "{night}");
    let called = json!({"name": "exec", "args": {"command": "true"}, "sessionKey": MAIN});
    let called = wire.request("tools.invoke", called).await;
    assert!(!called.to_string().contains("\"exitCode\""), "{called}");
}

#[tokio::test]
async fn a_message_to_a_busy_session_does_what_the_configuration_says() {
    let (_gateway, mut wire) =
        configured(json!({"messages": {"queue": {"mode": "interrupt"}}})).await;
    let slow = json!({"sessionKey": MAIN, "message": "slow: 400", "idempotencyKey": "slow"});
    wire.ask("chat.send", slow).await;
    let (next, _) = said(&mut wire, MAIN, "stream: 2").await;
    assert_eq!(next["status"], "ok", "{next}");
    let (slow, _) = ended(&mut wire, MAIN, "slow").await;
    assert_eq!(slow["status"], "error", "it was interrupted: {slow}");
}

/// A gateway whose model is somewhere else and costs so much for a million tokens.
async fn with_model(model: &ScriptedModel, cost: Option<f64>) -> (TestGateway, Wire) {
    let mut offered = json!({"id": "m", "contextWindow": 100_000});
    if let Some(cost) = cost {
        offered["cost"] = json!({"input": cost, "output": cost});
    }
    configured(json!({
        "models": {"providers": {"far": {
            "baseUrl": model.base_url(), "api": "openai-completions", "models": [offered],
        }}},
        "agents": {"defaults": {"model": {"primary": "far/m"}}},
    }))
    .await
}

#[tokio::test]
async fn a_task_with_a_budget_ends_when_it_is_used_up_and_says_so() {
    let model = ScriptedModel::start().unwrap();
    let (_gateway, mut wire) = with_model(&model, Some(1_000.0)).await;
    let task = json!({"task": "exec: uname -s", "budget": {"usd": 0.001}});
    let spawned = wire.ask("gatehouse.sessions.spawn", task).await;
    let (run, key) = (
        spawned["runId"].as_str().unwrap(),
        spawned["key"].as_str().unwrap(),
    );
    let (ended, told) = ended(&mut wire, key, run).await;
    assert_eq!(ended["status"], "error", "{ended}");
    let error = ended["error"].as_str().unwrap();
    assert!(error.contains("over its budget: $"), "{error}");
    assert!(
        told.contains("over its budget"),
        "the transcript says it: {told}"
    );
}

#[tokio::test]
async fn a_budget_in_dollars_for_a_model_without_a_cost_is_refused_and_costs_nothing() {
    let model = ScriptedModel::start().unwrap();
    let (_gateway, mut wire) = with_model(&model, None).await;
    let task = json!({"task": "hello", "budget": {"usd": 5}});
    let spawned = wire.ask("gatehouse.sessions.spawn", task).await;
    let (run, key) = (
        spawned["runId"].as_str().unwrap(),
        spawned["key"].as_str().unwrap(),
    );
    let (ended, _) = ended(&mut wire, key, run).await;
    let error = ended["error"].as_str().unwrap();
    assert!(error.contains("no cost for far/m"), "{error}");
    for wrong in [json!({"usd": 0}), json!({"usd": -1}), json!({"dollars": 1})] {
        let task = json!({"task": "hello", "budget": wrong});
        let refused = wire.request("gatehouse.sessions.spawn", task).await;
        assert_eq!(refused["error"]["code"], "INVALID_REQUEST", "{refused}");
    }
}

#[tokio::test]
async fn a_limit_of_time_ends_a_run() {
    let (_gateway, mut wire) =
        configured(json!({"agents": {"defaults": {"timeoutSeconds": 1}}})).await;
    let (ended, _) = said(&mut wire, MAIN, "slow: 400").await;
    assert_eq!(ended["status"], "timeout", "{ended}");
}
