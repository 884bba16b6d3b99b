//! The gateway in this process, as the fleet carries it.
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "../../../tests/real/desk.rs"]
mod desk;

use desk::Desk;
use gatehouse_fleet::view::{ConnectionView, GatewayId, SecretPlace};
use gatehouse_testkit::scripted_gateway::{Script, ScriptedGateway};
use gatehouse_vault::{GatewaySecret, Secret, SecretKey, SecretVault as _};

fn own() -> GatewayId {
    GatewayId("this-computer".to_owned())
}

#[tokio::test]
async fn it_is_shown_at_once_and_connected_when_it_listens() {
    let gateway = ScriptedGateway::start(Script::default()).await;
    let desk = Desk::new().await;
    assert!(desk.fleet.own_gateway_starting().await.unwrap());
    let shown = desk.fleet.gateways_list().await.remove(0);
    assert!(shown.own);
    assert!(matches!(
        shown.connection,
        ConnectionView::Connecting { .. }
    ));

    let token = Secret::new("of-this-start");
    desk.fleet
        .own_gateway_at(gateway.url(), token)
        .await
        .unwrap();
    desk.connected(&own()).await;
    let shown = desk.fleet.gateways_list().await.remove(0);
    assert_eq!(shown.credential.place, SecretPlace::Memory);
    let key = SecretKey::gateway("this-computer", GatewaySecret::Token).unwrap();
    let kept = desk.vault.get(&key).await.unwrap();
    assert!(
        kept.is_none(),
        "its token is of one start, and kept nowhere"
    );
}

#[tokio::test]
async fn an_earlier_starts_address_is_not_tried_before_it_listens_again() {
    let gateway = ScriptedGateway::start(Script::default()).await;
    let desk = Desk::new().await;
    desk.fleet.own_gateway_starting().await.unwrap();
    let token = || Secret::new("of-this-start");
    desk.fleet
        .own_gateway_at(gateway.url(), token())
        .await
        .unwrap();
    desk.connected(&own()).await;
    desk.fleet.shutdown().await;

    let again = Desk::over(desk.folder.clone(), desk.vault.clone()).await;
    assert!(!again.fleet.own_gateway_starting().await.unwrap());
    let mut asked = gateway.requests();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(asked.try_recv().is_err(), "nobody said where it is yet");
    let moved = ScriptedGateway::start(Script::default()).await;
    again
        .fleet
        .own_gateway_at(moved.url(), token())
        .await
        .unwrap();
    again.connected(&own()).await;
    assert_eq!(again.fleet.gateways_list().await[0].url, moved.url());
}

#[tokio::test]
async fn why_it_could_not_start_is_shown_and_switching_it_off_takes_it_away() {
    let desk = Desk::new().await;
    desk.fleet.own_gateway_starting().await.unwrap();
    desk.fleet
        .own_gateway_failed("the state folder is read-only")
        .await
        .unwrap();
    let shown = desk.fleet.gateways_list().await.remove(0);
    let ConnectionView::Stopped { problem } = shown.connection else {
        panic!("{:?}", shown.connection);
    };
    assert_eq!(problem.code, "ownGatewayFailed");
    assert!(problem.detail.unwrap().contains("read-only"));
    desk.fleet.own_gateway_off().await.unwrap();
    assert!(desk.fleet.gateways_list().await.is_empty());
}
