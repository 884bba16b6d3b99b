//! Getting in, being kept out, and coming back.
#![allow(dead_code, reason = "each protocol's file runs those that it can")]

use std::time::Duration;

use gatehouse_client::{ConnectionEvent, ConnectionState, ProblemCode};
use gatehouse_protocol::methods::ChatSend;
use gatehouse_protocol::{DeviceToken, Secret};
use gatehouse_testkit::{
    cable::Cable,
    gateway::{Auth, GatewayOptions, Pairing, Version},
};

use serde_json::json;

use super::chat::{ended, say, texts};
use crate::{
    client::{Client, Dial, SOON},
    peers::{own, shared},
};

pub(crate) async fn a_client_connects_and_is_greeted(version: Version) {
    let gateway = shared(version).await;
    let (client, generation) = Client::ready(Dial::to(gateway, "greeted")).await;
    let hello = client.hello(generation).await;
    assert_eq!(hello.protocol.0, version.protocol());
    assert!(hello.offers::<ChatSend>(), "chat.send is advertised");
    let kept = client.credentials.device_token.lock().unwrap().is_some();
    assert!(kept, "a paired device is given a token to keep");
}

pub(crate) async fn a_wrong_token_stops_the_client_until_a_person_acts(version: Version) {
    let gateway = shared(version).await;
    let mut dial = Dial::to(gateway, "wrong-token");
    dial.secret = "not-the-token".into();
    let client = Client::dial(dial);
    assert_eq!(client.stopped().await.code, ProblemCode::AuthTokenMismatch);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let still = matches!(
        *client.connection.state().borrow(),
        ConnectionState::Closed { .. }
    );
    assert!(still, "it does not try the same token again by itself");
}

pub(crate) async fn a_wrong_password_stops_the_client_and_the_right_one_connects(version: Version) {
    let options = GatewayOptions {
        auth: Auth::Password,
        ..GatewayOptions::default()
    };
    let gateway = own(version, options).await;
    let mut dial = Dial::to(&gateway, "wrong-password");
    dial.secret = "not-the-password".into();
    let refused = Client::dial(dial);
    assert_eq!(
        refused.stopped().await.code,
        ProblemCode::AuthPasswordMismatch
    );
    Client::ready(Dial::to(&gateway, "right-password")).await;
}

pub(crate) async fn an_unpaired_device_waits_and_connects_by_itself_once_approved(
    version: Version,
) {
    // v4 can be told to ask about a device on its own machine too. v3 asks only about one that comes from
    // afar; v4 would take such a connection for a proxy's and refuse it.
    let options = match version {
        Version::V4 => GatewayOptions {
            pairing: Pairing::Required,
            ..GatewayOptions::default()
        },
        Version::V3 => GatewayOptions::default(),
    };
    let gateway = own(version, options).await;
    let cable = Cable::from_afar(gateway.port()).await.unwrap();
    let dial = Dial::to(&gateway, "unpaired");
    let client = Client::dial(match version {
        Version::V4 => dial,
        Version::V3 => dial.through(cable.url()),
    });
    let problem = client
        .reaches(|state| match state {
            ConnectionState::PairingRequired { problem } => Some(problem.clone()),
            _ => None,
        })
        .await;
    assert_eq!(problem.code, ProblemCode::PairingRequired);
    let request = problem
        .request_id
        .expect("the gateway names the request to approve");
    gateway
        .operator()
        .await
        .unwrap()
        .approve_pairing(&request)
        .await
        .unwrap();
    client.up().await;
}

pub(crate) async fn a_gateway_restarted_under_a_run_is_found_again_with_its_history(
    version: Version,
) {
    let mut gateway = own(version, GatewayOptions::default()).await;
    let (client, before) = Client::ready(Dial::to(&gateway, "restart")).await;
    let session = "agent:main:restarted";
    say(&client, session, "before-the-restart", "remember this").await;
    ended(&client, "before-the-restart").await;
    say(
        &client,
        session,
        "under-the-restart",
        "slow: until the end of the world",
    )
    .await;
    stalled(&gateway, 1).await;

    gateway.kill();
    let down = |event: &ConnectionEvent| match event {
        ConnectionEvent::Down { generation, .. } => Some(*generation),
        _ => None,
    };
    assert_eq!(client.sees(down).await, before);
    gateway.launch().await.unwrap();
    let after = client.up_after(before).await;
    client.hello(after).await;

    let texts = texts(&client, session).await;
    let has = |wanted: &str| texts.iter().any(|text| text.contains(wanted));
    assert!(
        has("I heard “remember this”."),
        "what was finished is kept: {texts:?}"
    );
    assert!(has("end of the world"), "and what was only said: {texts:?}");
}

pub(crate) async fn a_gateway_that_says_goodbye_is_waited_for(version: Version) {
    let mut gateway = own(version, GatewayOptions::default()).await;
    let (client, before) = Client::ready(Dial::to(&gateway, "goodbye")).await;
    gateway.stop().await;
    let cause = client
        .sees(|event| match event {
            ConnectionEvent::Down { cause, .. } => Some(cause.code),
            _ => None,
        })
        .await;
    assert_eq!(cause, ProblemCode::Shutdown);
    gateway.launch().await.unwrap();
    client.up_after(before).await;
}

/// What the gateway gave this client's device to keep.
fn kept(client: &Client) -> Option<DeviceToken> {
    client.credentials.device_token.lock().unwrap().clone()
}

pub(crate) async fn a_token_that_was_changed_is_got_past_with_the_device_token(version: Version) {
    let gateway = shared(version).await;
    let (before, _) = Client::ready(Dial::to(gateway, "changed-token")).await;
    let mut dial = Dial::to(gateway, "changed-token");
    dial.device_token = kept(&before);
    dial.secret = "the-token-of-yesterday".into();
    Client::ready(dial).await;
}

pub(crate) async fn a_device_token_connects_alone_and_is_forgotten_once_it_is_not_known(
    version: Version,
) {
    let gateway = shared(version).await;
    let (before, _) = Client::ready(Dial::to(gateway, "token-alone")).await;
    let mut dial = Dial::to(gateway, "token-alone");
    dial.secret = String::new();
    dial.device_token = kept(&before);
    Client::ready(dial).await;

    let mut dial = Dial::to(gateway, "token-alone");
    dial.secret = String::new();
    let mut stale = kept(&before).unwrap();
    stale.token = Secret::new("no-token-of-this-gateway").unwrap();
    dial.device_token = Some(stale);
    let client = Client::dial(dial);
    let problem = client.stopped().await;
    assert_eq!(problem.code, ProblemCode::AuthDeviceTokenMismatch);
    assert!(kept(&client).is_none(), "it is presented no more");
}

pub(crate) async fn a_device_that_was_removed_asks_to_be_paired_again(version: Version) {
    let options = GatewayOptions {
        pairing: Pairing::Required,
        ..GatewayOptions::default()
    };
    let gateway = own(version, options).await;
    let operator = gateway.operator().await.unwrap();
    let client = Client::dial(Dial::to(&gateway, "removed"));
    let asks = || {
        client.reaches(|state| match state {
            ConnectionState::PairingRequired { problem } => problem.request_id.clone(),
            _ => None,
        })
    };
    operator.approve_pairing(&asks().await).await.unwrap();
    let before = client.up().await;
    let known = operator.call("device.pair.list", json!({})).await.unwrap();
    for device in known["paired"].as_array().unwrap() {
        let id = json!({ "deviceId": device["deviceId"] });
        operator.call("device.pair.remove", id).await.unwrap();
    }
    operator.approve_pairing(&asks().await).await.unwrap();
    client.up_after(before).await;
}

pub(crate) async fn a_gateway_that_changes_whom_it_lets_in_is_connected_to_again() {
    let gateway = own(Version::V4, GatewayOptions::default()).await;
    let operator = gateway.operator().await.unwrap();
    let (client, before) = Client::ready(Dial::to(&gateway, "other-rules")).await;
    let config = operator.call("config.get", json!({})).await.unwrap();
    let change = json!({ "gateway": { "auth": { "allowTailscale": true } } });
    let patch = json!({ "raw": change.to_string(), "baseHash": config["hash"] });
    operator.call("config.patch", patch).await.unwrap();
    let cause = client
        .sees(|event| match event {
            ConnectionEvent::Down { cause, .. } => Some(cause.clone()),
            _ => None,
        })
        .await;
    assert_eq!(cause.close_code, Some(4001), "{cause:?}");
    client.up_after(before).await;
}

/// Waits until so many answers of the model hang.
pub(crate) async fn stalled(gateway: &gatehouse_testkit::gateway::RealGateway, wanted: usize) {
    let waiting = async {
        while gateway.model().stalled() != wanted {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let outcome = tokio::time::timeout(2 * SOON, waiting).await;
    assert!(
        outcome.is_ok(),
        "not {wanted} stalled answers; log:\n{}",
        gateway.log_tail()
    );
}
