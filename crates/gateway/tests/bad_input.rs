//! What strangers and broken clients send: an end with a reason, bounded memory, and nobody else notices.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use gatehouse_gateway::Limits;
use gatehouse_gateway::broadcast::{Audience, Delivery, Event, EventKind};
use gatehouse_protocol::device::DeviceKey;
use serde_json::{Value, json};
use support::{ALL_SCOPES, TOKEN, TestGateway, Wire};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

async fn limited(change: impl FnOnce(&mut Limits)) -> TestGateway {
    TestGateway::with(|options| change(&mut options.limits)).await
}

#[tokio::test]
async fn what_is_no_connect_ends_the_connection_with_a_policy_close() {
    let gateway = TestGateway::start().await;
    let others = [
        "",
        "garbage",
        "null",
        "[]",
        "{}",
        r#"{"type":"req"}"#,
        r#"{"type":"req","id":"1","method":"health"}"#,
        r#"{"type":"req","id":"1","method":"connect"}"#,
        r#"{"type":"req","id":"1","method":"connect","params":{"minProtocol":-1}}"#,
        r#"{"type":"req","id":"1","method":"connect","params":[]}"#,
    ];
    for text in others {
        let mut wire = gateway.dial().await;
        wire.challenge().await;
        wire.send(text).await;
        let (code, reason) = wire.closed_with().await.unwrap();
        assert_eq!(code, 1008, "{text}: {reason}");
    }
    let mut wire = gateway.dial().await;
    wire.challenge().await;
    wire.socket
        .send(Message::binary(vec![1, 2, 3]))
        .await
        .unwrap();
    assert_eq!(wire.closed_with().await.unwrap().0, 1008);
}

#[tokio::test]
async fn a_stranger_may_send_64_kib_and_a_client_what_the_policy_says() {
    let gateway = limited(|limits| limits.max_payload = 1024 * 1024).await;
    let mut stranger = gateway.dial().await;
    stranger.challenge().await;
    // The gateway may end it while this is still being written.
    let _ = stranger
        .socket
        .send(Message::text("x".repeat(65 * 1024)))
        .await;
    assert!(matches!(
        stranger.closed_with().await,
        None | Some((1009, _))
    ));

    let mut client = gateway.client(&ALL_SCOPES).await;
    let large = "x".repeat(900 * 1024);
    let answer = client.request("system.info", json!({"a": large})).await;
    assert_eq!(answer["error"]["code"], "INVALID_REQUEST");
    let _ = client
        .socket
        .send(Message::text("x".repeat(1100 * 1024)))
        .await;
    assert!(matches!(client.closed_with().await, None | Some((1009, _))));
}

#[tokio::test]
async fn text_that_is_not_utf8_ends_only_its_own_connection() {
    let gateway = TestGateway::start().await;
    let mut bystander = gateway.client(&ALL_SCOPES).await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let frame = Frame::message(vec![0xff, 0xfe, 0xfd], OpCode::Data(Data::Text), true);
    wire.socket.send(Message::Frame(frame)).await.unwrap();
    assert!(matches!(wire.closed_with().await, None | Some((1007, _))));
    bystander.ask("health", json!({})).await;
}

#[tokio::test]
async fn garbage_after_the_hello_is_answered_and_the_client_goes_on() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    for text in [
        "{oops",
        "[]",
        r#"{"type":"req","id":"9"}"#,
        r#"{"type":"req","id":"9","method":5}"#,
    ] {
        wire.send(text).await;
        let answer = loop {
            let frame = wire.receive().await.unwrap();
            if frame["type"] == "res" {
                break frame;
            }
        };
        assert_eq!(answer["error"]["code"], "INVALID_REQUEST", "{text}");
    }
    wire.ask("health", json!({})).await;
}

#[tokio::test]
async fn who_does_not_finish_a_handshake_in_time_is_dropped() {
    let gateway = limited(|limits| {
        limits.handshake = Duration::from_millis(300);
        limits.http_head = Duration::from_millis(300);
    })
    .await;
    let mut silent = gateway.dial().await;
    silent.challenge().await;
    assert!(matches!(silent.closed_with().await, None | Some((1008, _))));

    let mut slow = TcpStream::connect(gateway.address()).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: ")
        .await
        .unwrap();
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(support::PATIENCE, slow.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "the slow head is given up");
}

#[tokio::test]
async fn hundreds_of_half_open_handshakes_keep_nobody_out() {
    let gateway = limited(|limits| limits.half_open = 64).await;
    let mut strangers = Vec::new();
    for _ in 0..300 {
        strangers.push(TcpStream::connect(gateway.address()).await.unwrap());
    }
    let mut client = gateway.client(&ALL_SCOPES).await;
    client.ask("health", json!({})).await;
    drop(strangers);
}

#[tokio::test]
async fn a_client_that_never_reads_is_closed_and_others_get_everything() {
    let gateway = limited(|limits| limits.max_buffered = 256 * 1024).await;
    let mut deaf = gateway.client(&["operator.read"]).await;
    let mut listener = gateway.dial().await;
    let key = DeviceKey::from_seed([20; 32]);
    listener
        .connect_as(&key, json!({"token": TOKEN}), &["operator.read"], |_| {})
        .await;
    let app = gateway.running.app().clone();
    let reading = tokio::spawn(async move {
        let mut seen = 0;
        while seen < 400 {
            listener.event("chat").await;
            seen += 1;
        }
        listener
    });
    let text = "x".repeat(64 * 1024);
    for number in 0..400 {
        let event = Event::new(EventKind::CHAT, &json!({"n": number, "text": text})).unwrap();
        app.hub
            .publish(event, Audience::Everyone, Delivery::Required);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let listener = tokio::time::timeout(support::PATIENCE, reading).await;
    listener.expect("the one who reads gets all of it").unwrap();
    let mut last = None;
    loop {
        match tokio::time::timeout(support::PATIENCE, deaf.socket.next())
            .await
            .unwrap()
        {
            Some(Ok(Message::Close(frame))) => last = frame,
            Some(Ok(_)) => {}
            Some(Err(_)) | None => break,
        }
    }
    if let Some(frame) = last {
        assert_eq!(
            (u16::from(frame.code), frame.reason.as_str()),
            (1008, "slow consumer")
        );
    }
    assert!(
        app.hub
            .members()
            .await
            .iter()
            .all(|caller| caller.conn.0 != 0)
    );
}

#[tokio::test]
async fn a_burst_of_pipelined_requests_is_answered_each_with_its_own_id() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    for number in 0..2000 {
        let frame = json!({"type": "req", "id": format!("p{number}"), "method": "health"});
        wire.socket
            .feed(Message::text(frame.to_string()))
            .await
            .unwrap();
    }
    wire.socket.flush().await.unwrap();
    let mut answered = std::collections::HashSet::new();
    let mut well = 0;
    while answered.len() < 2000 {
        let frame = wire.receive().await.unwrap();
        if frame["type"] == "res" {
            // A busy machine falls behind, and says of what is too much at once that it can be asked again.
            let later = frame["error"]["retryable"] == true;
            assert!(frame["ok"] == true || later, "{frame}");
            well += usize::from(frame["ok"] == true);
            let id = frame["id"].as_str().unwrap().to_owned();
            assert!(answered.insert(id), "answered twice: {frame}");
        }
    }
    assert!(well >= 200, "{well} of 2000 were done");
    wire.ask("health", json!({})).await;
}

#[tokio::test]
async fn a_second_connect_on_a_live_connection_is_no_method() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let answer: Value = wire.request("connect", json!({})).await;
    assert_eq!(answer["error"]["code"], "INVALID_REQUEST");
}

#[tokio::test]
async fn an_upgrade_that_is_none_is_told_so_and_no_path_is_special() {
    let gateway = TestGateway::start().await;
    let head = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nupgrade: websocket\r\n\r\n";
    assert_eq!(
        support::http::send(gateway.address(), head).await.status,
        400
    );
    assert_eq!(
        support::http::send(gateway.address(), "\0\0\0\0\r\n\r\n")
            .await
            .status,
        400
    );
    let mut wire = Wire::dial(gateway.address()).await;
    wire.challenge().await;
}
