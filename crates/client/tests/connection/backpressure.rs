//! Owners that are slow, and owners that wait for an answer before they take their next event.

use std::time::Duration;

use gatehouse_client::ConnectionEvent;
use gatehouse_protocol::methods::Health;
use gatehouse_protocol::{GatewayEvent, NoParams};
use serde_json::json;

use crate::client::{Client, config};
use crate::peer::Peer;

#[tokio::test]
async fn a_slow_owner_gets_every_event_in_order() {
    let peer = Peer::bind().await;
    let mut config = config(&peer.url());
    config.limits.backlog_bytes = 20_000;
    let mut client = Client::start(config);
    let mut talk = peer.welcome().await;
    client.up().await;
    let count = 20_000;
    let flood = async {
        for seq in 1..=count {
            talk.event("health", seq, json!({})).await;
        }
    };
    let slow = async {
        for expected in 1..=count {
            if expected % 1_000 == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let ConnectionEvent::Event { seq, .. } = client.event().await else {
                panic!("an owner that keeps taking loses nothing");
            };
            assert_eq!(seq, Some(expected));
        }
    };
    tokio::join!(flood, slow);
}

#[tokio::test]
async fn an_owner_that_awaits_an_answer_first_gets_it_and_learns_what_it_missed() {
    let peer = Peer::bind().await;
    let mut config = config(&peer.url());
    config.limits.backlog_bytes = 20_000;
    config.limits.stall_deadline = Duration::from_millis(200);
    let mut client = Client::start(config);
    let mut talk = peer.welcome().await;
    client.up().await;
    let flood = async {
        let asked = talk.asked().await;
        talk.event(
            "exec.approval.requested",
            1,
            json!({"id": "a1", "request": {}}),
        )
        .await;
        for seq in 2..=2_000 {
            talk.event("health", seq, json!({})).await;
        }
        talk.answer(&asked, json!("answered")).await;
        talk
    };
    let (answer, _talk) = tokio::join!(client.connection.request::<Health>(NoParams {}), flood);
    assert_eq!(
        answer,
        Ok(json!("answered")),
        "the answer came although no event was taken"
    );
    let (mut approvals, mut gaps) = (0, 0);
    while approvals == 0 || gaps == 0 {
        match client.event().await {
            ConnectionEvent::Gap { .. } => gaps += 1,
            ConnectionEvent::Event {
                event: GatewayEvent::ExecApprovalRequested(_),
                ..
            } => {
                approvals += 1;
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn an_owner_that_stopped_listening_does_not_stop_requests() {
    let peer = Peer::bind().await;
    let mut client = Client::start(config(&peer.url()));
    let mut talk = peer.welcome().await;
    client.up().await;
    client.events.close();
    let answering = async {
        for seq in 1..=100 {
            talk.event("health", seq, json!({})).await;
        }
        let asked = talk.asked().await;
        talk.answer(&asked, json!(1)).await;
    };
    let (answer, ()) = tokio::join!(client.connection.request::<Health>(NoParams {}), answering);
    assert_eq!(answer, Ok(json!(1)));
}
