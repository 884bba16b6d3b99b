//! Getting in, being kept out, and coming back.

use std::time::Duration;

use gatehouse_client::{ConnectionEvent, ConnectionState, ProblemCode};
use gatehouse_protocol::methods::ChatSend;
use gatehouse_testkit::{
    cable::Cable,
    gateway::{Auth, GatewayOptions, Pairing, Version},
};

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
