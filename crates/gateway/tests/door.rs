//! Who gets in and who does not: wrong guesses beside a good device token, what a token keeps, what a code is
//! good for, and who is shown out although it does not listen.
#![allow(clippy::unwrap_used)]

mod support;

use gatehouse_gateway::StartOptions;
use gatehouse_protocol::device::DeviceKey;
use serde_json::{Value, json};
use support::{ALL_SCOPES, TOKEN, TestGateway, Wire};

const READ: &str = "operator.read";

fn key(seed: u8) -> DeviceKey {
    DeviceKey::from_seed([seed; 32])
}

fn shared() -> Value {
    json!({"token": TOKEN})
}

fn behind_a_proxy(options: &mut StartOptions) {
    options.config.gateway.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
}

/// The device token of a device that was paired on this machine.
async fn token_of(gateway: &TestGateway, key: &DeviceKey, scopes: &[&str]) -> Value {
    let mut wire = gateway.dial().await;
    let hello = wire.connect_as(key, shared(), scopes, |_| {}).await;
    let token = hello["payload"]["auth"]["deviceToken"].clone();
    assert!(token.is_string(), "{hello}");
    token
}

/// What a connect from another address comes to: `in`, or the code of the refusal.
async fn tried(gateway: &TestGateway, address: &str, auth: Value) -> String {
    let headers = [("x-forwarded-for", address)];
    let mut wire = Wire::dial_with(gateway.address(), &headers).await;
    let answer = wire.connect_as(&key(1), auth, &[READ], |_| {}).await;
    outcome(&answer)
}

fn outcome(answer: &Value) -> String {
    let code = answer["error"]["details"]["code"].as_str();
    match answer["ok"] == true {
        true => "in".to_owned(),
        false => code.unwrap_or("refused").to_owned(),
    }
}

#[tokio::test]
async fn guesses_beside_a_good_device_token_are_counted_and_cost_the_token_nothing() {
    let gateway = TestGateway::with(behind_a_proxy).await;
    let token = token_of(&gateway, &key(1), &[READ]).await;
    let (guesser, other) = ("203.0.113.9", "203.0.113.10");
    let own = || json!({"deviceToken": token});
    for round in 0..10 {
        let kind = ["token", "password"][round % 2];
        let auth = json!({kind: "guess", "deviceToken": token});
        assert_eq!(tried(&gateway, guesser, auth).await, "in");
        assert_eq!(tried(&gateway, guesser, own()).await, "in");
    }
    // Not even the right one is looked at now, so that nobody learns which it is.
    assert_eq!(
        tried(&gateway, guesser, shared()).await,
        "AUTH_RATE_LIMITED"
    );
    assert_eq!(tried(&gateway, guesser, own()).await, "in");
    let in_its_place = json!({"token": token});
    assert_eq!(tried(&gateway, guesser, in_its_place).await, "in");
    assert_eq!(tried(&gateway, other, shared()).await, "in");
}

#[tokio::test]
async fn a_device_token_in_the_place_of_the_shared_one_is_no_guess() {
    let gateway = TestGateway::with(behind_a_proxy).await;
    let token = token_of(&gateway, &key(1), &[READ]).await;
    for _ in 0..11 {
        let auth = json!({"token": token});
        assert_eq!(tried(&gateway, "203.0.113.9", auth).await, "in");
    }
    assert_eq!(tried(&gateway, "203.0.113.9", shared()).await, "in");
}

#[tokio::test]
async fn wrong_device_tokens_lock_out_device_tokens_and_not_the_shared_secret() {
    let gateway = TestGateway::with(behind_a_proxy).await;
    let token = token_of(&gateway, &key(1), &[READ]).await;
    let wrong = || json!({"deviceToken": "guess"});
    for _ in 0..10 {
        assert_ne!(tried(&gateway, "203.0.113.9", wrong()).await, "in");
    }
    let right = json!({"deviceToken": token});
    assert_eq!(
        tried(&gateway, "203.0.113.9", right).await,
        "AUTH_RATE_LIMITED"
    );
    assert_eq!(tried(&gateway, "203.0.113.9", shared()).await, "in");
}

#[tokio::test]
async fn a_program_of_this_machine_gets_no_new_guesses_by_naming_another_origin() {
    let gateway = TestGateway::with(|options| {
        options.config.gateway.auth.rate_limit.exempt_loopback = false;
    })
    .await;
    let guess = async |port: u16| {
        let origin = format!("http://localhost:{port}");
        let host = format!("localhost:{port}");
        let headers = [("origin", origin.as_str()), ("host", host.as_str())];
        let mut wire = Wire::dial_with(gateway.address(), &headers).await;
        let auth = json!({"token": "guess"});
        outcome(&wire.connect_as(&key(1), auth, &[READ], |_| {}).await)
    };
    for port in 0..10 {
        assert_eq!(guess(4000 + port).await, "AUTH_TOKEN_MISMATCH");
    }
    assert_eq!(guess(5000).await, "AUTH_RATE_LIMITED");
}

#[tokio::test]
async fn a_neighbour_in_the_same_ipv6_network_is_the_same_guesser() {
    let gateway = TestGateway::with(behind_a_proxy).await;
    let guess = || json!({"token": "guess"});
    for host in 1..=10 {
        let address = format!("2001:db8:1:2::{host}");
        assert_eq!(
            tried(&gateway, &address, guess()).await,
            "AUTH_TOKEN_MISMATCH"
        );
    }
    let within = tried(&gateway, "2001:db8:1:2:aaaa::1", guess()).await;
    assert_eq!(within, "AUTH_RATE_LIMITED");
    let without = tried(&gateway, "2001:db8:1:3::1", guess()).await;
    assert_eq!(without, "AUTH_TOKEN_MISMATCH");
}

#[tokio::test]
async fn a_connect_that_asks_for_less_leaves_the_device_token_as_wide_as_it_was() {
    let gateway = TestGateway::start().await;
    let token = token_of(&gateway, &key(3), &ALL_SCOPES).await;
    let same = token_of(&gateway, &key(3), &[READ]).await;
    assert_eq!(token, same);
    let mut wire = gateway.dial().await;
    let auth = json!({"deviceToken": token});
    let hello = wire.connect_as(&key(3), auth, &ALL_SCOPES, |_| {}).await;
    assert_eq!(outcome(&hello), "in", "{hello}");
}

#[tokio::test]
async fn an_approval_that_was_waited_for_on_a_lost_connection_is_heard_on_the_next() {
    let gateway = TestGateway::start().await;
    let mut operator = gateway.client(&ALL_SCOPES).await;
    let mut lost = gateway.dial().await;
    lost.connect_as(&key(4), shared(), &[READ], |_| {}).await;
    let more = json!({"scopes": ["operator.write"]});
    let asked = lost.ask("device.scopes.requestUpgrade", more).await;
    let request = json!({"requestId": asked["requestId"]});
    for n in 0..3 {
        let wait = json!({"type": "req", "id": format!("w{n}"),
            "method": "device.scopes.waitUpgrade", "params": request});
        lost.send(wait.to_string()).await;
    }
    lost.ask("health", json!({})).await;
    drop(lost);
    // It is over when it is shown no more.
    let device = key(4).device_id().as_str().to_owned();
    while is_connected(&mut operator, &device).await {}
    operator.ask("device.pair.approve", request.clone()).await;
    let mut wire = gateway.dial().await;
    wire.connect_as(&key(4), shared(), &[READ], |_| {}).await;
    // Whoever waited before has had its look by now.
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    let answer = wire.ask("device.scopes.waitUpgrade", request).await;
    assert_eq!(answer["status"], "approved", "{answer}");
}

#[tokio::test]
async fn one_connection_waits_for_few_answers_at_a_time() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.dial().await;
    wire.connect_as(&key(4), shared(), &[READ], |_| {}).await;
    let more = json!({"scopes": ["operator.write"]});
    let asked = wire.ask("device.scopes.requestUpgrade", more).await;
    for n in 0..20 {
        let wait = json!({"type": "req", "id": format!("w{n}"), "method": "device.scopes.waitUpgrade",
            "params": {"requestId": asked["requestId"]}});
        wire.send(wait.to_string()).await;
    }
    wire.ask("health", json!({})).await;
    let refused = wire.events.iter().filter(|frame| frame["ok"] == false);
    assert!(refused.count() >= 10);
}

async fn is_connected(operator: &mut Wire, device: &str) -> bool {
    let list = operator.ask("device.pair.list", json!({})).await;
    let paired = list["paired"].as_array().unwrap().clone();
    let own = paired.iter().find(|entry| entry["deviceId"] == device);
    own.is_some_and(|entry| entry["connected"] == true)
}

#[tokio::test]
async fn where_the_gateway_keeps_its_state_is_told_to_administrators_alone() {
    let gateway = TestGateway::start().await;
    for (seed, scopes, is_told) in [(5, &[READ][..], false), (6, &ALL_SCOPES[..], true)] {
        let mut wire = gateway.dial().await;
        let hello = wire.connect_as(&key(seed), shared(), scopes, |_| {}).await;
        let snapshot = &hello["payload"]["snapshot"];
        for name in ["stateDir", "authMode"] {
            assert_eq!(snapshot.get(name).is_some(), is_told, "{name}: {snapshot}");
        }
    }
}

#[tokio::test]
async fn a_removed_device_that_reads_nothing_is_obeyed_no_more() {
    let gateway = TestGateway::start().await;
    let mut operator = gateway.client(&ALL_SCOPES).await;
    let mut deaf = gateway.dial().await;
    deaf.connect_as(&key(7), shared(), &ALL_SCOPES, |_| {})
        .await;
    // More than the kernel keeps of what nobody reads, and less than what ends a connection as too slow.
    let schema = deaf.ask("config.schema", json!({})).await;
    let answers = 24 * 1024 * 1024 / schema.to_string().len();
    for n in 0..answers {
        let ask =
            json!({"type": "req", "id": format!("s{n}"), "method": "config.schema", "params": {}});
        deaf.send(ask.to_string()).await;
    }
    let device = key(7).device_id().as_str().to_owned();
    let gone = json!({"deviceId": device});
    operator.ask("device.pair.remove", gone).await;
    let late =
        json!({"type": "req", "id": "late", "method": "device.pair.setupCode", "params": {}});
    // The gateway may have hung up already.
    let sent = futures_util::SinkExt::send(
        &mut deaf.socket,
        tokio_tungstenite::tungstenite::Message::text(late.to_string()),
    );
    let _ = sent.await;
    while is_there(&mut operator, &device).await {}
    let records = operator.ask("gatehouse.audit.list", json!({})).await;
    assert!(!records.to_string().contains("pairing.code"), "{records}");
}

async fn is_there(operator: &mut Wire, device: &str) -> bool {
    let presence = operator.ask("system-presence", json!({})).await;
    presence.to_string().contains(device)
}
