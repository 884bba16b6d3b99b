//! Networks and peers that fail in every way they can.

use std::time::Duration;

use gatehouse_client::{CertificatePin, ConnectionState, ProblemCode};
use serde_json::json;
use tokio::io::AsyncWriteExt;

use crate::client::{Client, config};
use crate::peer::{Peer, hello};

#[tokio::test]
async fn nothing_that_listens_is_tried_again() {
    let peer = Peer::bind().await;
    let url = peer.url();
    drop(peer);
    let client = Client::start(config(&url));
    assert_eq!(
        client.backing_off().await.code,
        ProblemCode::ConnectionRefused
    );
    let attempt = client
        .state(|state| match state {
            ConnectionState::Connecting { attempt } if *attempt > 1 => Some(*attempt),
            _ => None,
        })
        .await;
    assert_eq!(attempt, 2);
}

#[tokio::test]
async fn a_peer_that_accepts_and_says_nothing_times_out() {
    let peer = Peer::bind().await;
    let mut config = config(&peer.url());
    config.limits.connect_deadline = Duration::from_millis(100);
    let client = Client::start(config);
    let _silent = peer.dialled().await;
    assert_eq!(client.backing_off().await.code, ProblemCode::TimedOut);
}

#[tokio::test]
async fn a_gateway_that_never_challenges_times_out() {
    let peer = Peer::bind().await;
    let mut config = config(&peer.url());
    config.limits.handshake_deadline = Duration::from_millis(100);
    let client = Client::start(config);
    let _silent = peer.accept().await;
    assert_eq!(client.backing_off().await.code, ProblemCode::TimedOut);
}

#[tokio::test]
async fn a_gateway_that_never_answers_the_connect_times_out() {
    let peer = Peer::bind().await;
    let mut config = config(&peer.url());
    config.limits.handshake_deadline = Duration::from_millis(200);
    let client = Client::start(config);
    let _silent = peer.challenged().await;
    assert_eq!(client.backing_off().await.code, ProblemCode::TimedOut);
}

#[tokio::test]
async fn a_web_server_is_no_gateway() {
    let peer = Peer::bind().await;
    let client = Client::start(config(&peer.url()));
    let mut stream = peer.dialled().await;
    stream
        .write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
        .await
        .unwrap();
    let problem = client.backing_off().await;
    assert_eq!(problem.code, ProblemCode::UpgradeRefused);
    assert_eq!(problem.detail.as_deref(), Some("HTTP 403"));
}

#[tokio::test]
async fn something_that_speaks_another_language_is_no_gateway() {
    let peer = Peer::bind().await;
    let client = Client::start(config(&peer.url()));
    let mut stream = peer.dialled().await;
    stream
        .write_all(b"SSH-2.0-OpenSSH_9.6\r\n\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(client.backing_off().await.code, ProblemCode::NotAGateway);
}

#[tokio::test]
async fn garbage_instead_of_a_challenge_is_no_gateway() {
    let peer = Peer::bind().await;
    let client = Client::start(config(&peer.url()));
    let mut talk = peer.accept().await;
    talk.say_text("hello there").await;
    assert_eq!(client.backing_off().await.code, ProblemCode::NotAGateway);
}

#[tokio::test]
async fn plain_text_to_a_foreign_network_is_refused_before_anything_is_sent() {
    let client = Client::start(config("ws://gateway.example.com:18789"));
    client.expect_closed(ProblemCode::PlainTextRefused).await;
}

#[tokio::test]
async fn a_pin_without_tls_is_a_mistake_to_be_told() {
    let mut config = config("ws://127.0.0.1:1");
    config.pin = Some(CertificatePin::of_certificate(b"x"));
    Client::start(config)
        .expect_closed(ProblemCode::PinWithoutTls)
        .await;
}

#[tokio::test]
async fn a_dropped_socket_comes_back_as_another_generation() {
    let peer = Peer::bind().await;
    let mut client = Client::start(config(&peer.url()));
    let talk = peer.welcome().await;
    let first = client.up().await;
    drop(talk);
    assert_eq!(client.down().await.code, ProblemCode::ConnectionLost);
    let _talk = peer.welcome().await;
    assert!(client.up().await > first);
}

#[tokio::test]
async fn a_shutdown_is_told_from_a_lost_connection() {
    let peer = Peer::bind().await;
    let mut client = Client::start(config(&peer.url()));
    let mut talk = peer.welcome().await;
    client.up().await;
    let payload = json!({"reason": "service restart", "restartExpectedMs": 40});
    talk.event("shutdown", 1, payload).await;
    talk.close(1012, "service restart").await;
    client.event().await;
    let cause = client.down().await;
    assert_eq!(cause.code, ProblemCode::Shutdown);
    assert_eq!(cause.retry_after_ms, Some(40));
    let _talk = peer.welcome().await;
    client.up().await;
}

#[tokio::test]
async fn an_access_that_ended_is_asked_for_again_and_the_answer_says_what_it_takes() {
    let peer = Peer::bind().await;
    let mut client = Client::start(config(&peer.url()));
    let talk = peer.welcome().await;
    let first = client.up().await;
    talk.close(4001, "client invalidated: gateway-policy-changed")
        .await;
    assert_eq!(client.down().await.code, ProblemCode::AccessRemoved);
    let talk = peer.welcome().await;
    assert!(client.up().await > first, "whoever may come in is let in");

    talk.close(4001, "device removed").await;
    client.down().await;
    let (mut talk, connect) = peer.challenged().await;
    let error = json!({"code": "INVALID_REQUEST", "message": "no",
        "details": {"code": "AUTH_TOKEN_MISMATCH"}});
    talk.refuse(&connect, error).await;
    client.expect_closed(ProblemCode::AuthTokenMismatch).await;
}

#[tokio::test]
async fn two_ticks_of_silence_end_a_connection() {
    let peer = Peer::bind().await;
    let mut client = Client::start(config(&peer.url()));
    let mut quick = hello();
    // The shortest tick that is believed is a second.
    quick["policy"]["tickIntervalMs"] = json!(1);
    let talk = peer.welcome_with(quick).await;
    client.up().await;
    let (code, cause) = tokio::join!(talk.hung_up(), client.down());
    assert_eq!(cause.code, ProblemCode::TickTimeout);
    assert_eq!(code, Some(4000));
}

#[tokio::test]
async fn ticks_keep_a_quiet_connection_alive() {
    let peer = Peer::bind().await;
    let mut client = Client::start(config(&peer.url()));
    let mut quick = hello();
    quick["policy"]["tickIntervalMs"] = json!(1_000);
    let mut talk = peer.welcome_with(quick).await;
    let generation = client.up().await;
    // For longer than the two ticks after which silence would end it.
    for seq in 1..=15 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        talk.event("tick", seq, json!({"ts": seq})).await;
    }
    assert_eq!(client.connection.generation(), Some(generation));
}

#[tokio::test]
async fn closing_says_goodbye_and_is_final() {
    let peer = Peer::bind().await;
    let mut client = Client::start(config(&peer.url()));
    let talk = peer.welcome().await;
    client.up().await;
    let (code, ()) = tokio::join!(talk.hung_up(), client.connection.close());
    assert_eq!(code, Some(1000));
    client
        .state(|state| (*state == ConnectionState::Closed { problem: None }).then_some(()))
        .await;
    client.tracker.close();
    client.tracker.wait().await;
}

#[tokio::test]
async fn cancelling_ends_the_task_wherever_it_is() {
    let peer = Peer::bind().await;
    let client = Client::start(config(&peer.url()));
    let _silent = peer.dialled().await;
    client.cancel.cancel();
    client.tracker.close();
    client.tracker.wait().await;
}

#[tokio::test]
async fn dropping_the_last_handle_ends_the_connection() {
    let peer = Peer::bind().await;
    let mut client = Client::start(config(&peer.url()));
    let talk = peer.welcome().await;
    client.up().await;
    let Client {
        connection,
        tracker,
        ..
    } = client;
    drop(connection);
    assert_eq!(talk.hung_up().await, Some(1000));
    tracker.close();
    tracker.wait().await;
}

#[tokio::test]
async fn a_gateway_that_does_not_answer_a_probe_is_gone_long_before_its_ticks_say_so() {
    let peer = Peer::bind().await;
    let mut config = config(&peer.url());
    config.limits.probe_deadline = Duration::from_millis(100);
    let mut client = Client::start(config);
    let silent = peer.welcome().await;
    let first = client.up().await;
    client.connection.probe();
    assert_eq!(client.down().await.code, ProblemCode::TickTimeout);
    drop(silent);

    let mut talk = peer.welcome().await;
    assert!(client.up().await > first);
    client.connection.probe();
    let params = gatehouse_protocol::NoParams {};
    let ask = client
        .connection
        .request::<gatehouse_protocol::methods::ExecApprovalList>(params);
    let serve = async {
        let asked = talk.asked().await;
        talk.answer(&asked, json!([])).await;
    };
    let (answer, ()) = tokio::join!(ask, serve);
    assert!(answer.is_ok(), "whoever answers stays: {answer:?}");
}

#[tokio::test]
async fn the_gateways_clock_is_told_of_while_it_is_connected() {
    let peer = Peer::bind().await;
    let mut config = config(&peer.url());
    config.limits.clock_every = Duration::ZERO;
    let mut client = Client::start(config);
    let mut talk = peer.welcome().await;
    client.up().await;
    talk.event("tick", 1, json!({"ts": 7_000})).await;
    let told = client.event().await;
    assert!(
        matches!(told, gatehouse_client::ConnectionEvent::Clock { clock, .. } if clock.shown == 7_000),
        "{told:?}"
    );
}

#[tokio::test]
async fn secrets_are_at_hand_before_the_gateway_is_dialled() {
    let peer = Peer::bind().await;
    let vault = crate::client::vault(Some("shared"), None, None);
    vault.set_locked(true);
    let client = Client::start_with(config(&peer.url()), vault);
    client.expect_closed(ProblemCode::KeychainLocked).await;
    assert!(peer.stays_alone(Duration::from_millis(200)).await);
}
