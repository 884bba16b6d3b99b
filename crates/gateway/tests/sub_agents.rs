//! Sub-agents, as a client of the gateway sees them: how deep they are, and that they end with what began them.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use serde_json::{Value, json};
use support::{ALL_SCOPES, TestGateway, Wire};

const KEY: &str = "agent:main:above";

async fn say(wire: &mut Wire, run: &str, text: &str) {
    let params = json!({"sessionKey": KEY, "message": text, "idempotencyKey": run});
    wire.ask("chat.send", params).await;
}

/// How a run ended; one that runs for ever is found out here.
async fn end_of(wire: &mut Wire, run: &Value) -> Value {
    let wait = json!({"runId": run, "timeoutMs": 110_000});
    let ended = wire.ask("agent.wait", wait).await;
    assert_ne!(ended["status"], "timeout", "{ended}");
    ended
}

/// The sub-agents' sessions, once there are so many.
async fn children(wire: &mut Wire, count: usize) -> Vec<Value> {
    loop {
        let list = wire.ask("sessions.list", json!({})).await;
        let rows = list["sessions"].as_array().unwrap().iter();
        let is_child = |row: &&Value| row["key"].as_str().unwrap().contains(":subagent:");
        let children: Vec<Value> = rows.filter(is_child).cloned().collect();
        if children.len() == count {
            return children;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_stop_reaches_what_a_session_began_though_its_turn_is_over() {
    for way in ["chat.abort", "sessions.abort", "/stop"] {
        let gateway = TestGateway::start().await;
        let mut wire = gateway.client(&ALL_SCOPES).await;
        say(&mut wire, "begins", "spawn: slow: 1000").await;
        end_of(&mut wire, &json!("begins")).await;
        let child = children(&mut wire, 1).await.remove(0);
        match way {
            "chat.abort" => {
                let stopped = wire.ask(way, json!({"sessionKey": KEY})).await;
                assert_eq!(stopped["aborted"], true, "{stopped}");
            }
            "sessions.abort" => {
                let stopped = wire.ask(way, json!({"key": KEY})).await;
                assert_eq!(stopped["status"], "aborted", "{stopped}");
            }
            command => say(&mut wire, "stops", command).await,
        }
        let key = json!({"sessionKey": child["key"]});
        let said = loop {
            let history = wire.ask("chat.history", key.clone()).await;
            let last = history["messages"].as_array().unwrap().last().cloned();
            if let Some(last) = last.filter(|last| last["stopReason"] == "aborted") {
                break last.to_string();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        assert!(!said.contains("word999 "), "{way}: {said}");
    }
}

#[tokio::test]
async fn what_a_sub_agent_begins_when_it_is_woken_is_one_deeper_than_itself() {
    let gateway = TestGateway::start().await;
    let workspace = gateway.state.path().join("workspace");
    std::fs::create_dir_all(&workspace).unwrap();
    std::fs::write(workspace.join("result"), "x\nspawn: stream: 1\n").unwrap();
    let mut wire = gateway.client(&ALL_SCOPES).await;
    // Later than the turn of the one that began it.
    say(
        &mut wire,
        "begins",
        "spawn: spawn: exec: sleep 2; cat result",
    )
    .await;
    let mut depths: Vec<i64> = children(&mut wire, 3)
        .await
        .iter()
        .map(|row| row["spawnDepth"].as_i64().unwrap())
        .collect();
    depths.sort_unstable();
    assert_eq!(depths, [1, 2, 2]);
}
