//! Frames of a connection that is up: good, new, odd and hostile ones.

use gatehouse_client::{ConnectionEvent, ProblemCode};
use gatehouse_protocol::methods::Health;
use gatehouse_protocol::{GatewayEvent, NoParams};
use serde_json::json;

use crate::client::{Client, config};
use crate::peer::{Peer, Talk};

/// Proves that a connection still works in both directions.
async fn still_works(client: &Client, talk: &mut Talk) {
    let asking = client.connection.request::<Health>(NoParams {});
    let answering = async {
        let asked = talk.asked().await;
        talk.answer(&asked, json!({"ok": true})).await;
    };
    let (answer, ()) = tokio::join!(asking, answering);
    assert_eq!(answer.unwrap(), json!({"ok": true}));
}

async fn connected() -> (Peer, Talk, Client) {
    let peer = Peer::bind().await;
    let mut config = config(&peer.url());
    config.limits.max_event_bytes = 10_000;
    config.limits.max_frame_bytes = 50_000;
    let mut client = Client::start(config);
    let talk = peer.welcome().await;
    client.up().await;
    (peer, talk, client)
}

async fn rejected(client: &mut Client) -> ProblemCode {
    match client.event().await {
        ConnectionEvent::Rejected { problem, .. } => problem.code,
        other => panic!("expected a rejection, got {other:?}"),
    }
}

#[tokio::test]
async fn garbage_is_reported_and_the_connection_goes_on() {
    let (_peer, mut talk, mut client) = connected().await;
    talk.say_text("{ not json").await;
    talk.say_text("[]").await;
    talk.say_binary(&[0, 159, 146, 150]).await;
    talk.say(json!({"type": "event"})).await;
    for _ in 0..4 {
        assert_eq!(rejected(&mut client).await, ProblemCode::BadFrame);
    }
    still_works(&client, &mut talk).await;
}

#[tokio::test]
async fn nothing_but_garbage_ends_the_connection() {
    let (_peer, mut talk, mut client) = connected().await;
    for _ in 0..40 {
        talk.say_text("garbage").await;
    }
    let cause = loop {
        match client.event().await {
            ConnectionEvent::Rejected { .. } => {}
            ConnectionEvent::Down { cause, .. } => break cause,
            other => panic!("unexpected {other:?}"),
        }
    };
    assert_eq!(cause.code, ProblemCode::BadFrame);
}

#[tokio::test]
async fn a_frame_and_an_event_from_the_future_are_no_problem() {
    let (_peer, mut talk, mut client) = connected().await;
    talk.say(json!({"type": "gossip", "about": "you"})).await;
    talk.event("hologram.changed", 1, json!({"depth": 3})).await;
    let ConnectionEvent::Event {
        event: GatewayEvent::Unknown { name, payload },
        ..
    } = client.event().await
    else {
        panic!("an unknown event is passed on");
    };
    assert_eq!(
        (name.as_str(), payload),
        ("hologram.changed", json!({"depth": 3}))
    );
}

#[tokio::test]
async fn an_event_that_is_too_large_is_skipped_and_leaves_a_gap() {
    let (_peer, mut talk, mut client) = connected().await;
    talk.event("health", 1, json!({})).await;
    talk.event("health", 2, json!("x".repeat(20_000))).await;
    talk.event("health", 3, json!({})).await;
    assert!(matches!(
        client.event().await,
        ConnectionEvent::Event { seq: Some(1), .. }
    ));
    assert_eq!(rejected(&mut client).await, ProblemCode::FrameTooLarge);
    assert!(matches!(
        client.event().await,
        ConnectionEvent::Gap {
            expected: 2,
            got: 3,
            ..
        }
    ));
    assert!(matches!(
        client.event().await,
        ConnectionEvent::Event { seq: Some(3), .. }
    ));
    still_works(&client, &mut talk).await;
}

#[tokio::test]
async fn a_frame_over_the_limit_ends_the_connection_with_its_reason() {
    let (peer, mut talk, mut client) = connected().await;
    talk.say_text(&"x".repeat(60_000)).await;
    assert_eq!(client.down().await.code, ProblemCode::FrameTooLarge);
    let _talk = peer.welcome().await;
    client.up().await;
}

#[tokio::test]
async fn a_jump_in_the_sequence_is_a_gap_and_a_repetition_is_not() {
    let (_peer, mut talk, mut client) = connected().await;
    for seq in [7, 8, 8, 12] {
        talk.event("health", seq, json!({})).await;
    }
    for expected in [7, 8, 8] {
        let ConnectionEvent::Event { seq, .. } = client.event().await else {
            panic!("an event comes first");
        };
        assert_eq!(seq, Some(expected));
    }
    let generation = client.connection.generation().unwrap();
    let gap = ConnectionEvent::Gap {
        generation,
        expected: 9,
        got: 12,
    };
    assert_eq!(client.event().await, gap);
}

#[tokio::test]
async fn an_approval_with_a_huge_command_arrives_whole() {
    let peer = Peer::bind().await;
    let mut client = Client::start(config(&peer.url()));
    let mut talk = peer.welcome().await;
    client.up().await;
    let command = "\u{202e}rm -rf \u{7}".repeat(100_000);
    let payload = json!({"id": "a", "request": {"command": command}, "expiresAtMs": 5});
    talk.event("exec.approval.requested", 1, payload).await;
    let ConnectionEvent::Event {
        event: GatewayEvent::ExecApprovalRequested(approval),
        ..
    } = client.event().await
    else {
        panic!("an approval");
    };
    assert_eq!(approval.request.command.as_deref(), Some(command.as_str()));
}
