//! Getting in, being kept out, and coming back.

use std::time::Duration;

use gatehouse_client::{CertificatePin, ConnectionEvent, ConnectionState, ProblemCode};
use gatehouse_protocol::methods::{ChatHistoryGet, ChatHistoryParams, ChatSend, ChatSendParams};
use gatehouse_testkit::{
    cable::Cable,
    gateway::{Auth, GatewayOptions, Pairing, Version},
};

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
    let gateway = shared(version).await;
    let operator = gateway.operator().await.unwrap();
    // From afar, because a device on the same machine is taken in without a question.
    let cable = Cable::from_afar(gateway.port()).await.unwrap();
    let client = Client::dial(Dial::to(gateway, "unpaired").through(cable.url()));
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
    operator.approve_pairing(&request).await.unwrap();
    client.up().await;
}

pub(crate) async fn a_device_is_paired_where_even_this_machine_must_ask() {
    let options = GatewayOptions {
        pairing: Pairing::Required,
        ..GatewayOptions::default()
    };
    let gateway = own(Version::V4, options).await;
    let client = Client::dial(Dial::to(&gateway, "local-pairing"));
    let request = client
        .reaches(|state| match state {
            ConnectionState::PairingRequired { problem } => problem.request_id.clone(),
            _ => None,
        })
        .await;
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
    let session = "agent:main:restarted".to_owned();
    client
        .connection
        .request::<ChatSend>(ChatSendParams {
            session_key: session.clone(),
            message: "slow: until the end of the world".into(),
            idempotency_key: "restarted-under-this-run".into(),
            ..ChatSendParams::default()
        })
        .await
        .unwrap();
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

    let history = ChatHistoryParams {
        session_key: session,
        ..ChatHistoryParams::default()
    };
    let history = client
        .connection
        .request::<ChatHistoryGet>(history)
        .await
        .unwrap();
    let texts: Vec<_> = history
        .messages
        .items
        .iter()
        .map(|message| message.content.text())
        .collect();
    assert!(
        texts.iter().any(|text| text.contains("end of the world")),
        "kept: {texts:?}"
    );
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

pub(crate) async fn a_pinned_certificate_connects_and_no_other_does() {
    let options = GatewayOptions {
        tls: true,
        ..GatewayOptions::default()
    };
    let gateway = own(Version::V4, options).await;
    let seen = gateway.certificate().unwrap().fingerprint();
    let dial = |pin: Option<&str>, device| {
        let pin = pin.map(|text| CertificatePin::parse(text).unwrap());
        Dial {
            pin,
            ..Dial::to(&gateway, device)
        }
    };
    Client::ready(dial(Some(&seen), "pinned")).await;

    let wrong = Client::dial(dial(Some(&"ab".repeat(32)), "wrong-pin"));
    let problem = wrong.stopped().await;
    assert_eq!(problem.code, ProblemCode::PinMismatch);
    let untrusted = Client::dial(dial(None, "no-pin"));
    assert_eq!(untrusted.stopped().await.code, ProblemCode::TlsUntrusted);
}
