//! The configuration's file under two hands: a person's editor and a client's calls.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::time::Duration;

use gatehouse_gateway::StartOptions;
use gatehouse_gateway::config::{Env, Flags, SecretFlag, prepare};
use gatehouse_protocol::Secret;
use serde_json::json;
use support::{ALL_SCOPES, TOKEN, TestGateway};

/// A gateway whose configuration is in a file of this name.
async fn gateway(name: &str, text: &str) -> TestGateway {
    TestGateway::with(|options| {
        let folder = options.state_dir.clone();
        std::fs::write(folder.join(name), text).unwrap();
        let flags = Flags {
            token: Secret::new(TOKEN).map(SecretFlag::Text),
            ..Flags::default()
        };
        let prepared = prepare(&folder, &flags, &Env::new()).unwrap();
        *options = StartOptions::prepared(prepared, Env::new(), folder);
    })
    .await
}

fn denied(gateway: &TestGateway) -> Vec<String> {
    let config = gateway.running.app().config.current();
    config.gateway.tools.deny.clone()
}

async fn until_denied(gateway: &TestGateway, wanted: &str) {
    for _ in 0..500 {
        if denied(gateway) == [wanted] {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the edit did not take effect: {:?}", denied(gateway));
}

fn denying(tool: &str) -> String {
    format!("{{gateway: {{port: 0, reload: {{debounceMs: 20}}, tools: {{deny: ['{tool}']}}}}}}")
}

#[tokio::test]
async fn what_a_hand_wrote_a_moment_ago_is_not_written_over() {
    let text = "{gateway: {port: 0, reload: {debounceMs: 60000}}}";
    let gateway = gateway("gatehouse.json", text).await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let hash = wire.ask("config.get", json!({})).await["hash"].clone();
    let path = gateway.state.path().join("gatehouse.json");
    std::fs::write(&path, denying("by-hand")).unwrap();
    let patch = json!({"raw": "{gateway: {tools: {allow: ['a']}}}", "baseHash": hash});
    let stale = wire.request("config.patch", patch).await;
    let message = stale["error"]["message"].as_str().unwrap();
    assert!(message.contains("config changed"), "{stale}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), denying("by-hand"));
    let hash = wire.ask("config.get", json!({})).await["hash"].clone();
    let patch = json!({"raw": "{gateway: {tools: {allow: ['a']}}}", "baseHash": hash});
    let done = wire.ask("config.patch", patch).await;
    let tools = json!({"deny": ["by-hand"], "allow": ["a"]});
    assert_eq!(done["config"]["gateway"]["tools"], tools);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_told_and_not_written_over() {
    let gateway = gateway("gatehouse.json", &denying("x")).await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let hash = wire.ask("config.get", json!({})).await["hash"].clone();
    let path = gateway.state.path().join("gatehouse.json");
    std::fs::write(&path, b"\xff\xfe").unwrap();
    let patch = json!({"raw": "{gateway: {tools: {allow: ['a']}}}", "baseHash": hash});
    let refused = wire.request("config.patch", patch).await;
    assert_eq!(refused["ok"], false, "{refused}");
    assert_eq!(std::fs::read(&path).unwrap(), b"\xff\xfe");
    let shown = wire.ask("config.get", json!({})).await;
    assert_eq!(shown["valid"], false, "{shown}");
    std::fs::write(&path, denying("x")).unwrap();
    let mut shown = wire.ask("config.get", json!({})).await;
    for _ in 0..500 {
        if shown["valid"] == true {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        shown = wire.ask("config.get", json!({})).await;
    }
    assert_eq!(shown["valid"], true, "the same words are good again");
}

#[tokio::test]
async fn a_file_of_our_own_is_followed_once_it_is_there_beside_an_openclaw_file() {
    let gateway = gateway("openclaw.json", &denying("theirs")).await;
    assert_eq!(denied(&gateway), ["theirs"]);
    let write = |name: &str, tool: &str| {
        std::fs::write(gateway.state.path().join(name), denying(tool)).unwrap();
    };
    write("openclaw.json", "theirs-again");
    until_denied(&gateway, "theirs-again").await;
    write("gatehouse.json", "ours");
    until_denied(&gateway, "ours").await;
    write("gatehouse.json", "ours-again");
    until_denied(&gateway, "ours-again").await;
    write("openclaw.json", "theirs-too-late");
    write("gatehouse.json", "ours-at-last");
    until_denied(&gateway, "ours-at-last").await;
}

#[tokio::test]
async fn without_reloading_a_hand_on_the_file_is_seen_and_waits_for_the_next_start() {
    let text = "{gateway: {port: 0, reload: {mode: 'off'}, tools: {deny: ['x']}}}";
    let gateway = gateway("gatehouse.json", text).await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let before = wire.ask("config.get", json!({})).await["hash"].clone();
    write_and_look(gateway.state.path(), &text.replace("'x'", "'y'"));
    let shown = wire.ask("config.get", json!({})).await;
    assert_eq!(shown["parsed"]["gateway"]["tools"]["deny"], json!(["y"]));
    assert_ne!(shown["hash"], before);
    assert_eq!(denied(&gateway), ["x"]);
}

fn write_and_look(folder: &Path, text: &str) {
    std::fs::write(folder.join("gatehouse.json"), text).unwrap();
}
