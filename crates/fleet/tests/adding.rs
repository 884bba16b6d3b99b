//! Gateways that are added and edited: their names, and where their secrets may go.
#![allow(clippy::unwrap_used, reason = "a test")]
#![allow(
    dead_code,
    reason = "the desk is shared with the tests against real gateways"
)]

#[path = "../../../tests/real/desk.rs"]
mod desk;

use desk::Desk;
use gatehouse_fleet::view::{AddGateway, CredentialKind, EditGateway};
use gatehouse_testkit::scripted_gateway::{Script, ScriptedGateway};
use gatehouse_vault::{GatewaySecret, SecretKey, SecretVault as _};

#[tokio::test]
async fn gateways_on_one_host_that_nobody_named_are_told_apart_by_their_ports() {
    let desk = Desk::new().await;
    let add = async |url: &str, name: &str| {
        let gateway = AddGateway {
            url: url.to_owned(),
            name: name.to_owned(),
            draft: None,
            secret: None,
            pin: None,
        };
        desk.fleet.gateway_add(gateway).await.unwrap().name
    };
    assert_eq!(add("ws://10.9.8.7:1001", "").await, "10.9.8.7");
    assert_eq!(add("ws://10.9.8.7:1002", "").await, "10.9.8.7:1002");
    // As it was proposed when the address was pasted.
    assert_eq!(add("ws://10.9.8.7:1003", "10.9.8.7").await, "10.9.8.7:1003");
    assert_eq!(add("ws://[fd00::7]:1001", "").await, "fd00::7");
    assert_eq!(add("ws://[fd00::7]:1002", "").await, "[fd00::7]:1002");
    assert_eq!(
        add("ws://10.9.8.7:1004", "10.9.8.7:1002").await,
        "10.9.8.7:1002 2"
    );
}

#[tokio::test]
async fn a_draft_is_not_sent_to_another_address_than_it_was_pasted_with() {
    let desk = Desk::new().await;
    let pasted = "http://127.0.0.1:18789/#token=abcdef".to_owned();
    let recognised = desk.fleet.gateway_recognise(pasted).await.unwrap();
    let add = AddGateway {
        url: "wss://elsewhere.example.com/".to_owned(),
        name: String::new(),
        draft: recognised.draft,
        secret: None,
        pin: None,
    };
    let error = desk.fleet.gateway_add(add).await.unwrap_err();
    assert_eq!(error.code(), "invalidInput");
}

#[tokio::test]
async fn an_edited_address_keeps_the_secret_at_the_same_place_and_loses_it_at_another() {
    let first = ScriptedGateway::start(Script::default()).await;
    let second = ScriptedGateway::start(Script::default()).await;
    let desk = Desk::new().await;
    let id = desk.join(&first.url(), "home", "secret").await;
    let edit = |url: String| EditGateway {
        id: id.clone(),
        url,
        name: "home".to_owned(),
        pin: None,
    };
    let same = format!("{}/somewhere", first.url().trim_end_matches('/'));
    let view = desk.fleet.gateway_edit(edit(same)).await.unwrap();
    assert_eq!(
        view.credential.kind,
        CredentialKind::Token,
        "another path of the same host and port"
    );
    // On the same machine, and somebody else all the same.
    let view = desk.fleet.gateway_edit(edit(second.url())).await.unwrap();
    assert_eq!(view.credential.kind, CredentialKind::None);
    let key = SecretKey::gateway(&id.0, GatewaySecret::Token).unwrap();
    assert!(
        desk.vault.get(&key).await.unwrap().is_none(),
        "whoever listens at another port is told nothing"
    );
}
