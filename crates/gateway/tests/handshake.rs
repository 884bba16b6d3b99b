//! The handshake and the first methods, over a real socket, held to the published schema.
#![allow(clippy::unwrap_used)]

mod support;

use gatehouse_protocol::device::DeviceKey;
use serde_json::json;
use support::schema::{assert_valid, published_scope};
use support::{ALL_SCOPES, TOKEN, TestGateway, Wire};

#[tokio::test]
async fn the_hello_is_what_the_published_schema_says() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.dial().await;
    let answer = wire.connect(&ALL_SCOPES).await;
    assert_valid("ResponseFrame", &answer);
    assert_valid("HelloOk", &answer["payload"]);
    assert_eq!(answer["payload"]["protocol"], 4);
    assert_eq!(answer["payload"]["auth"]["role"], "operator");
    assert_eq!(answer["payload"]["auth"]["method"], "token");
}

#[tokio::test]
async fn every_advertised_method_is_published_under_the_same_scope() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.dial().await;
    let hello = wire.connect(&ALL_SCOPES).await;
    let methods = hello["payload"]["features"]["methods"].as_array().unwrap();
    assert!(methods.len() >= 5);
    let table = &gateway.running.app().methods;
    let all = methods.iter().map(|method| method.as_str().unwrap());
    // Methods of our own stand under a name of our own.
    for method in all.filter(|method| !method.starts_with("gatehouse.")) {
        let of_protocol_3 = (method == "sessions.unsubscribe").then_some("operator.read");
        let published = published_scope(method).or(of_protocol_3);
        let published = published.unwrap_or_else(|| panic!("{method} is ours alone"));
        let own = match table.access(method).unwrap() {
            gatehouse_gateway::router::Access::Operator(scope) => scope.as_str(),
            gatehouse_gateway::router::Access::Node => "node",
        };
        assert_eq!(own, published, "{method}");
    }
}

#[tokio::test]
async fn a_client_of_protocol_3_is_spoken_to_in_protocol_3() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.dial().await;
    let key = DeviceKey::from_seed([9; 32]);
    let bend = |params: &mut serde_json::Value| params["maxProtocol"] = json!(3);
    let hello = wire
        .connect_as(&key, json!({"token": TOKEN}), &["operator.read"], bend)
        .await;
    assert_eq!(hello["payload"]["protocol"], 3);
}

#[tokio::test]
async fn other_protocols_are_refused_as_the_published_gateway_refuses_them() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.dial().await;
    let key = DeviceKey::from_seed([9; 32]);
    let bend = |params: &mut serde_json::Value| {
        params["minProtocol"] = json!(1);
        params["maxProtocol"] = json!(2);
    };
    let answer = wire
        .connect_as(&key, json!({"token": TOKEN}), &[], bend)
        .await;
    assert_eq!(answer["error"]["code"], "INVALID_REQUEST");
    assert_eq!(answer["error"]["details"]["code"], "PROTOCOL_MISMATCH");
    assert_eq!(
        wire.closed_with().await,
        Some((1002, "protocol mismatch".to_owned()))
    );
}

#[tokio::test]
async fn a_wrong_and_a_missing_token_are_told_apart() {
    let gateway = TestGateway::start().await;
    let key = DeviceKey::from_seed([9; 32]);
    let cases = [
        (
            json!({"token": "another"}),
            "AUTH_TOKEN_MISMATCH",
            "retry_with_device_token",
        ),
        (json!({}), "AUTH_TOKEN_MISSING", "update_auth_configuration"),
        (
            json!({"password": "another"}),
            "AUTH_TOKEN_MISSING",
            "update_auth_configuration",
        ),
    ];
    for (auth, code, next) in cases {
        let mut wire = gateway.dial().await;
        let answer = wire.connect_as(&key, auth, &ALL_SCOPES, |_| {}).await;
        assert_valid("ResponseFrame", &answer);
        assert_eq!(answer["error"]["details"]["code"], code);
        assert_eq!(answer["error"]["details"]["recommendedNextStep"], next);
        assert_eq!(wire.closed_with().await.unwrap().0, 1008);
    }
}

#[tokio::test]
async fn who_has_no_device_is_not_sent_for_its_token() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.dial().await;
    let (nonce, ts) = wire.challenge().await;
    let (key, auth) = (DeviceKey::from_seed([9; 32]), json!({"token": "another"}));
    let mut params = support::connect_params(&key, &nonce, ts, auth, &ALL_SCOPES);
    params.as_object_mut().unwrap().remove("device");
    let answer = wire.request("connect", params).await;
    let details = &answer["error"]["details"];
    assert_eq!(details["code"], "AUTH_TOKEN_MISMATCH", "{answer}");
    assert_eq!(details["canRetryWithDeviceToken"], false);
    assert_eq!(details["recommendedNextStep"], "update_auth_credentials");
}

#[tokio::test]
async fn a_proof_for_another_challenge_or_other_scopes_is_refused() {
    let gateway = TestGateway::start().await;
    let key = DeviceKey::from_seed([9; 32]);
    let mut wire = gateway.dial().await;
    let widened = |params: &mut serde_json::Value| {
        params["scopes"] = json!(["operator.admin"]);
    };
    let auth = json!({"token": TOKEN});
    let answer = wire
        .connect_as(&key, auth, &["operator.read"], widened)
        .await;
    assert_eq!(
        answer["error"]["details"]["code"],
        "DEVICE_AUTH_SIGNATURE_INVALID"
    );

    let mut first = gateway.dial().await;
    let (nonce, ts) = first.challenge().await;
    let params = support::connect_params(&key, &nonce, ts, json!({"token": TOKEN}), &[]);
    let mut second = gateway.dial().await;
    second.challenge().await;
    let answer = second.request("connect", params).await;
    assert_eq!(
        answer["error"]["details"]["code"],
        "DEVICE_AUTH_NONCE_MISMATCH"
    );
}

#[tokio::test]
async fn system_methods_answer_in_the_published_shapes() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&["operator.read"]).await;
    let health = wire.ask("health", json!({})).await;
    assert_eq!(health["ok"], true);
    assert_valid(
        "SystemInfoResult",
        &wire.ask("system.info", json!({})).await,
    );
    let presence = wire.ask("system-presence", json!({})).await;
    for entry in presence.as_array().unwrap() {
        assert_valid("PresenceEntry", entry);
    }
    assert!(wire.ask("status", json!({})).await["uptimeMs"].is_u64());
    assert!(wire.ask("last-heartbeat", json!({})).await.is_null());
}

#[tokio::test]
async fn unknown_methods_and_wrong_parameters_are_told_in_the_published_words() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let answer = wire.request("no.such.method", json!({})).await;
    assert_valid("ResponseFrame", &answer);
    assert_eq!(answer["error"]["code"], "INVALID_REQUEST");
    assert_eq!(answer["error"]["message"], "unknown method: no.such.method");
    let again = wire.request("connect", json!({})).await;
    assert_eq!(
        (&again["error"]["code"], &again["error"]["message"]),
        (
            &json!("INVALID_REQUEST"),
            &json!("connect is only valid as the first request")
        )
    );
    let answer = wire.request("system.info", json!({"surprise": 1})).await;
    assert_eq!(
        answer["error"]["message"],
        "invalid system.info params: at root: unexpected property 'surprise'"
    );
}

#[tokio::test]
async fn a_method_beyond_the_scopes_names_the_missing_one() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&["operator.approvals"]).await;
    let answer = wire.request("health", json!({})).await;
    assert_valid("ResponseFrame", &answer);
    assert_eq!(answer["error"]["code"], "FORBIDDEN");
    assert_valid("MissingScopeErrorDetails", &answer["error"]["details"]);
    assert_eq!(answer["error"]["details"]["missingScope"], "operator.read");
}

#[tokio::test]
async fn presence_tells_of_a_newcomer_with_rising_sequence_numbers() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&["operator.read"]).await;
    let first = wire.event("presence").await;
    assert_valid("EventFrame", &first);
    let mut other = gateway.dial().await;
    let key = DeviceKey::from_seed([10; 32]);
    other
        .connect_as(&key, json!({"token": TOKEN}), &[], |_| {})
        .await;
    let second = wire.event("presence").await;
    assert!(second["seq"].as_u64() > first["seq"].as_u64());
    assert!(
        second["stateVersion"]["presence"].as_u64() > first["stateVersion"]["presence"].as_u64()
    );
}

#[tokio::test]
async fn a_stop_is_told_before_the_connection_ends() {
    let gateway = TestGateway::start().await;
    let mut wire: Wire = gateway.client(&["operator.read"]).await;
    let stopping = tokio::spawn(gateway.running.stop("restart"));
    let event = wire.event("shutdown").await;
    assert_valid("ShutdownEvent", &event["payload"]);
    assert_eq!(
        wire.closed_with().await,
        Some((1012, "service restart".to_owned()))
    );
    stopping.await.unwrap();
}
