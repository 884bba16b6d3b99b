//! Who says what before a connection is up, and what a refusal leads to.

use std::time::Duration;

use gatehouse_client::{ConnectionState, ProblemCode};
use serde_json::{Value, json};

use crate::client::{Client, config, vault};
use crate::peer::{CHALLENGE_TS, Peer, hello};

fn refusal(code: &str) -> Value {
    json!({"code": "INVALID_REQUEST", "message": "no", "details": {"code": code}})
}

#[tokio::test]
async fn a_connect_proves_the_device_at_the_gateways_time() {
    let peer = Peer::bind().await;
    let _client = Client::start(config(&peer.url()));
    let (_talk, connect) = peer.challenged().await;
    let params = connect.params;
    assert_eq!(params["device"]["signedAt"], CHALLENGE_TS);
    assert_eq!(params["device"]["nonce"], "n-1");
    assert_eq!(params["auth"], json!({"token": "shared"}));
    assert_eq!(
        (&params["minProtocol"], &params["maxProtocol"]),
        (&json!(3), &json!(4))
    );
    let caps = params["caps"].as_array().unwrap();
    for needed in ["tool-events", "approvals", "exec-approvals"] {
        assert!(
            caps.contains(&json!(needed)),
            "without {needed} a gateway silently sends less"
        );
    }
}

#[tokio::test]
async fn an_issued_device_token_is_kept() {
    let peer = Peer::bind().await;
    let mut client = Client::start(config(&peer.url()));
    let mut hello = hello();
    hello["auth"]["deviceToken"] = json!("issued");
    let _talk = peer.welcome_with(hello).await;
    client.up().await;
    assert_eq!(client.vault.device_token().as_deref(), Some("issued"));
}

#[tokio::test]
async fn a_wrong_token_needs_a_person_and_is_not_tried_again() {
    let peer = Peer::bind().await;
    let client = Client::start(config(&peer.url()));
    let (mut talk, connect) = peer.challenged().await;
    talk.refuse(&connect, refusal("AUTH_TOKEN_MISMATCH")).await;
    client.expect_closed(ProblemCode::AuthTokenMismatch).await;
    assert!(
        peer.stays_alone(Duration::from_millis(400)).await,
        "a wrong token stays wrong"
    );
}

#[tokio::test]
async fn a_person_who_did_something_about_it_gets_another_attempt() {
    let peer = Peer::bind().await;
    let mut client = Client::start(config(&peer.url()));
    let (mut talk, connect) = peer.challenged().await;
    talk.refuse(&connect, refusal("AUTH_TOKEN_MISMATCH")).await;
    client.expect_closed(ProblemCode::AuthTokenMismatch).await;
    client.connection.reconnect_now();
    let _talk = peer.welcome().await;
    client.up().await;
}

#[tokio::test]
async fn a_refused_shared_token_is_retried_once_with_the_device_token() {
    let peer = Peer::bind().await;
    let client = Client::start_with(
        config(&peer.url()),
        vault(Some("stale"), Some("device"), None),
    );
    let (mut talk, connect) = peer.challenged().await;
    assert_eq!(connect.params["auth"], json!({"token": "stale"}));
    talk.refuse(&connect, refusal("AUTH_TOKEN_MISMATCH")).await;
    let (mut talk, connect) = peer.challenged().await;
    assert_eq!(
        connect.params["auth"],
        json!({"token": "stale", "deviceToken": "device"})
    );
    talk.refuse(&connect, refusal("AUTH_TOKEN_MISMATCH")).await;
    client.expect_closed(ProblemCode::AuthTokenMismatch).await;
    assert!(
        peer.stays_alone(Duration::from_millis(400)).await,
        "one retry, not two"
    );
}

#[tokio::test]
async fn a_device_token_that_the_gateway_forgot_is_forgotten_here_too() {
    let peer = Peer::bind().await;
    let client = Client::start_with(config(&peer.url()), vault(None, Some("device"), None));
    let (mut talk, connect) = peer.challenged().await;
    assert_eq!(
        connect.params["scopes"],
        json!(["operator.read"]),
        "the scopes it was granted"
    );
    talk.refuse(&connect, refusal("AUTH_DEVICE_TOKEN_MISMATCH"))
        .await;
    client
        .expect_closed(ProblemCode::AuthDeviceTokenMismatch)
        .await;
    assert_eq!(client.vault.device_token(), None);
}

#[tokio::test]
async fn a_setup_code_is_used_once_the_device_token_before_it_turns_out_stale() {
    let peer = Peer::bind().await;
    let client = Client::start_with(
        config(&peer.url()),
        vault(None, Some("of-yesterday"), Some("code")),
    );
    let (mut talk, connect) = peer.challenged().await;
    assert_eq!(connect.params["auth"]["deviceToken"], "of-yesterday");
    talk.refuse(&connect, refusal("AUTH_DEVICE_TOKEN_MISMATCH"))
        .await;
    let (_talk, connect) = peer.challenged().await;
    assert_eq!(connect.params["auth"], json!({"bootstrapToken": "code"}));
    assert_eq!(client.vault.device_token(), None);
}

#[tokio::test]
async fn a_pairing_is_waited_for_without_going_back_and_forth() {
    let peer = Peer::bind().await;
    let mut client = Client::start(config(&peer.url()));
    let error = json!({"code": "NOT_PAIRED", "message": "pairing required",
        "details": {"code": "PAIRING_REQUIRED", "requestId": "req-1", "deviceId": "dev-1"}});
    for _ in 0..2 {
        let (mut talk, connect) = peer.challenged().await;
        talk.refuse(&connect, error.clone()).await;
        let problem = client
            .state(|state| match state {
                ConnectionState::PairingRequired { problem } => Some(problem.clone()),
                _ => None,
            })
            .await;
        assert_eq!(problem.request_id.as_deref(), Some("req-1"));
        assert_eq!(problem.device_id.as_deref(), Some("dev-1"));
    }
    let _talk = peer.welcome().await;
    client.up().await;
}

#[tokio::test]
async fn a_starting_gateway_is_tried_again_when_it_says() {
    let peer = Peer::bind().await;
    let mut client = Client::start(config(&peer.url()));
    let (mut talk, connect) = peer.challenged().await;
    let error = json!({"code": "UNAVAILABLE", "message": "gateway starting", "retryable": true,
        "retryAfterMs": 150, "details": {"reason": "startup-sidecars"}});
    talk.refuse(&connect, error).await;
    talk.close(1013, "gateway starting").await;
    let problem = client.backing_off().await;
    assert_eq!(problem.code, ProblemCode::StartupSidecars);
    assert_eq!(problem.retry_after_ms, Some(150));
    let _talk = peer.welcome().await;
    client.up().await;
}

#[tokio::test]
async fn a_setup_code_is_traded_in_for_an_operator_token() {
    let peer = Peer::bind().await;
    let mut client = Client::start_with(config(&peer.url()), vault(None, None, Some("code")));
    let (mut talk, connect) = peer.challenged().await;
    assert_eq!(connect.params["auth"], json!({"bootstrapToken": "code"}));
    assert_eq!(
        (&connect.params["role"], &connect.params["scopes"]),
        (&json!("node"), &json!([]))
    );
    let mut handoff = hello();
    handoff["auth"] = json!({"role": "node", "scopes": [], "deviceToken": "for-a-node",
        "deviceTokens": [{"deviceToken": "for-us", "role": "operator", "scopes": ["operator.read"]}]});
    talk.answer(&connect, handoff).await;
    let (mut talk, connect) = peer.challenged().await;
    assert_eq!(
        connect.params["auth"],
        json!({"token": "for-us", "deviceToken": "for-us"})
    );
    assert_eq!(connect.params["role"], "operator");
    talk.answer(&connect, hello()).await;
    client.up().await;
    assert_eq!(client.vault.device_token().as_deref(), Some("for-us"));
}

#[tokio::test]
async fn a_locked_keychain_needs_a_person_and_then_goes_on() {
    let peer = Peer::bind().await;
    let vault = vault(Some("shared"), None, None);
    vault.set_locked(true);
    let mut client = Client::start_with(config(&peer.url()), vault);
    // Nobody is called before there is something to say.
    client.expect_closed(ProblemCode::KeychainLocked).await;
    client.vault.set_locked(false);
    client.connection.reconnect_now();
    let _talk = peer.welcome().await;
    client.up().await;
}

#[tokio::test]
async fn a_gateway_of_another_protocol_needs_a_person() {
    let peer = Peer::bind().await;
    let client = Client::start(config(&peer.url()));
    let mut future = hello();
    future["protocol"] = json!(9);
    let _talk = peer.welcome_with(future).await;
    client.expect_closed(ProblemCode::ProtocolMismatch).await;
}
