//! What runs at each start, seen through the methods that clients have.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use serde_json::{Value, json};
use support::{ALL_SCOPES, ASK_ABOUT_COMMANDS, TestGateway, until, write_policy};

async fn history(boot: Option<&str>) -> Value {
    let boot = boot.map(str::to_owned);
    let gateway = TestGateway::with(|options| {
        let workspace = options.state_dir.join("workspace");
        std::fs::create_dir_all(&workspace).unwrap();
        if let Some(text) = boot {
            std::fs::write(workspace.join("BOOT.md"), text).unwrap();
        }
    })
    .await;
    let mut wire = gateway.client(&["operator.read"]).await;
    let params = json!({"sessionKey": "agent:main:hook:boot"});
    let mut shown = Value::Null;
    for _ in 0..200 {
        shown = wire.request("chat.history", params.clone()).await;
        let messages = shown["payload"]["messages"].as_array().map_or(0, Vec::len);
        if messages >= 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    shown["payload"]["messages"].clone()
}

#[tokio::test]
async fn what_boot_md_says_is_run_in_a_session_of_its_own() {
    let messages = history(Some("Greet the house.")).await;
    assert!(
        messages[0].to_string().contains("Greet the house."),
        "{messages}"
    );
    assert_eq!(messages[1]["role"], "assistant");
}

#[tokio::test]
async fn without_boot_md_nothing_is_run() {
    let messages = history(None).await;
    assert!(messages.as_array().is_none_or(Vec::is_empty), "{messages}");
}

/// A gateway with these start hooks and a `BOOT.md`.
async fn with_hooks(hooks: Value, policy: Option<&str>) -> TestGateway {
    TestGateway::with(|options| {
        let workspace = options.state_dir.join("workspace");
        std::fs::create_dir_all(&workspace).unwrap();
        std::fs::write(workspace.join("BOOT.md"), "Greet the house.").unwrap();
        options.config.raw = json!({ "hooks": { "start": hooks } });
        if let Some(policy) = policy {
            write_policy(&options.state_dir, policy);
        }
    })
    .await
}

fn written(gateway: &TestGateway) -> String {
    let file = gateway.state.path().join("workspace/started");
    std::fs::read_to_string(file).unwrap_or_default()
}

async fn has_booted(gateway: &TestGateway) -> bool {
    let mut wire = gateway.client(&["operator.read"]).await;
    let params = json!({"sessionKey": "agent:main:hook:boot"});
    let shown = wire.ask("chat.history", params).await;
    shown["messages"].as_array().is_some_and(|m| !m.is_empty())
}

#[tokio::test]
async fn start_hooks_run_in_their_order_also_after_one_that_fails_and_before_boot_md() {
    let hooks = json!(["echo one >> started", "false", {"command": "echo two >> started"}]);
    let gateway = with_hooks(hooks, None).await;
    until("the instructions run", || has_booted(&gateway)).await;
    assert_eq!(written(&gateway), "one\ntwo\n");
}

#[tokio::test]
async fn a_start_hook_that_nobody_is_there_to_allow_does_not_run_and_the_start_goes_on() {
    let gateway = with_hooks(json!(["echo one >> started"]), Some(ASK_ABOUT_COMMANDS)).await;
    until("the start goes on", || has_booted(&gateway)).await;
    assert_eq!(written(&gateway), "");
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let decisions = json!({"kinds": ["tool.outcome"]});
    let told = wire.ask("gatehouse.audit.list", decisions).await;
    assert!(told.to_string().contains("hook:start"), "{told}");
}
