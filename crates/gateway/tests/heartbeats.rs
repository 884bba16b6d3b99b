//! Runs without a message: they come when the configuration asks for them, tell what they came to, and stop
//! at the switch.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use serde_json::{Value, json};
use support::{ALL_SCOPES, TestGateway};

async fn beating() -> TestGateway {
    TestGateway::with(|options| {
        options.config.raw = json!({"agents": {"defaults": {"heartbeat": {"every": "1s"}}}});
    })
    .await
}

#[tokio::test]
async fn a_configured_heartbeat_runs_and_the_last_one_can_be_asked_for() {
    let gateway = beating().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let told = wire.event("heartbeat").await["payload"].clone();
    assert_eq!(told["status"], "ok-token", "{told}");
    assert_eq!(told["indicatorType"], "ok");
    let last = wire.ask("last-heartbeat", json!({})).await;
    assert!(last["ts"].as_u64() >= told["ts"].as_u64(), "{last}");
    let sessions = wire.ask("sessions.list", json!({})).await;
    let mut keys = sessions["sessions"].as_array().unwrap().iter();
    assert!(keys.any(|row| row["key"] == "agent:main:main"));
}

#[tokio::test]
async fn switched_off_no_heartbeat_comes() {
    let gateway = beating().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let off = wire.ask("set-heartbeats", json!({"enabled": false})).await;
    assert_eq!(off, json!({"ok": true, "enabled": false}));
    // One may have begun before; whatever ends from now on ended within this second.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before: Value = wire.ask("last-heartbeat", json!({})).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(wire.ask("last-heartbeat", json!({})).await, before);
}

#[tokio::test]
async fn without_a_configured_interval_there_is_none() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    assert_eq!(wire.ask("last-heartbeat", json!({})).await, Value::Null);
}

#[tokio::test]
async fn outside_of_its_active_hours_none_comes() {
    let gateway = TestGateway::with(|options| {
        let never = json!({"start": "08:00", "end": "08:00"});
        let heartbeat = json!({"every": "1s", "activeHours": never});
        options.config.raw = json!({"agents": {"defaults": {"heartbeat": heartbeat}}});
    })
    .await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(wire.ask("last-heartbeat", json!({})).await, Value::Null);
}
