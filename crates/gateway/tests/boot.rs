//! The start hook, seen through the methods that clients have.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use serde_json::{Value, json};
use support::TestGateway;

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
