//! Setup codes: who comes in with one and as what, and what is told about it.
#![allow(clippy::unwrap_used)]

mod support;

use gatehouse_protocol::device::DeviceKey;
use serde_json::{Value, json};
use support::schema::assert_valid;
use support::{ALL_SCOPES, TestGateway, Wire};

/// A client that a proxy in front makes a remote one.
async fn from_afar(gateway: &TestGateway) -> Wire {
    Wire::dial_with(gateway.address(), &[("x-forwarded-for", "203.0.113.9")]).await
}

fn key(seed: u8) -> DeviceKey {
    DeviceKey::from_seed([seed; 32])
}

/// The answer to a node that comes with a code.
async fn come_in(wire: &mut Wire, seed: u8, auth: &Value) -> Value {
    let as_node = |params: &mut Value| params["role"] = json!("node");
    wire.connect_with_role(&key(seed), auth.clone(), &[], "node", as_node)
        .await
}

fn refusal(answer: &Value) -> &Value {
    &answer["error"]["details"]["code"]
}

fn bootstrap_token(code: &Value) -> String {
    use base64::Engine;
    let text = code["setupCode"].as_str().unwrap();
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(text)
        .unwrap();
    let code: Value = serde_json::from_slice(&json).unwrap();
    code["bootstrapToken"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_setup_code_pairs_a_node_with_an_operators_half_and_works_once() {
    let gateway = TestGateway::start().await;
    let mut operator = gateway.client(&ALL_SCOPES).await;
    let code = operator.ask("device.pair.setupCode", json!({})).await;
    assert_valid("DevicePairSetupCodeResult", &code);
    let bootstrap = bootstrap_token(&code);
    for (round, expected) in [(0, true), (1, false)] {
        let mut remote = from_afar(&gateway).await;
        let auth = json!({"bootstrapToken": bootstrap});
        let answer = come_in(&mut remote, 8 + round, &auth).await;
        assert_eq!(answer["ok"], expected, "{answer}");
        if expected {
            assert_valid("HelloOk", &answer["payload"]);
            let handoff = &answer["payload"]["auth"]["deviceTokens"][0];
            assert_eq!(handoff["role"], "operator");
            let scopes = handoff["scopes"].as_array().unwrap();
            assert!(!scopes.contains(&json!("operator.admin")));
        } else {
            assert_eq!(refusal(&answer), "AUTH_BOOTSTRAP_TOKEN_INVALID");
        }
    }
}

#[tokio::test]
async fn what_became_of_a_setup_code_is_told_and_can_be_asked() {
    let gateway = TestGateway::start().await;
    let mut operator = gateway.client(&ALL_SCOPES).await;
    for (seed, profile) in [(8, "limited"), (9, "node")] {
        let params = json!({ "bootstrapProfile": profile });
        let code = operator.ask("device.pair.setupCode", params).await;
        let asked = json!({"setupId": code["setupId"]});
        assert_valid("DevicePairSetupStatusParams", &asked);
        let unused = operator.ask("device.pair.setupStatus", asked.clone()).await;
        assert_eq!(unused, json!({}));

        let auth = json!({"bootstrapToken": bootstrap_token(&code)});
        let answer = come_in(&mut from_afar(&gateway).await, seed, &auth).await;
        assert_eq!(answer["ok"], true, "{answer}");
        let told = operator.event("device.pair.setup.completed").await["payload"].clone();
        assert_valid("DevicePairSetupCompletedEvent", &told);
        assert_eq!(told["setupId"], code["setupId"]);
        assert_eq!(told["deviceId"], key(seed).device_id().as_str());
        assert_eq!(told["access"], profile);

        let done = operator.ask("device.pair.setupStatus", asked).await;
        assert_valid("DevicePairSetupStatusResult", &done);
        assert_eq!(done, json!({ "completion": told }));
    }
}

#[tokio::test]
async fn a_code_that_nobody_made_has_no_status_and_an_empty_one_is_no_code() {
    let gateway = TestGateway::start().await;
    let mut operator = gateway.client(&ALL_SCOPES).await;
    let unknown = json!({"setupId": "nobody's"});
    let status = operator.ask("device.pair.setupStatus", unknown).await;
    assert_eq!(status, json!({}));
    for params in [json!({"setupId": ""}), json!({"setupId": "x".repeat(129)})] {
        let answer = operator.request("device.pair.setupStatus", params).await;
        assert_eq!(answer["error"]["code"], "INVALID_REQUEST", "{answer}");
    }
}

#[tokio::test]
async fn a_join_page_is_refused_and_not_silently_left_out() {
    let gateway = TestGateway::start().await;
    let mut operator = gateway.client(&ALL_SCOPES).await;
    let params = json!({"joinUrl": true, "bootstrapProfile": "node"});
    let answer = operator.request("device.pair.setupCode", params).await;
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("joinUrl") && message.contains("setupCode"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_setup_code_gives_nobody_more_than_its_own_share() {
    let gateway = TestGateway::start().await;
    let mut operator = gateway.client(&ALL_SCOPES).await;
    let code = operator.ask("device.pair.setupCode", json!({})).await;
    let auth = json!({"bootstrapToken": bootstrap_token(&code)});
    let mut remote = from_afar(&gateway).await;
    let answer = remote
        .connect_as(&key(12), auth, &["operator.admin"], |_| {})
        .await;
    assert_eq!(refusal(&answer), "PAIRING_REQUIRED");
}

#[tokio::test]
async fn a_setup_code_brings_its_device_in_again_and_not_once_that_was_removed() {
    let gateway = TestGateway::start().await;
    let mut operator = gateway.client(&ALL_SCOPES).await;
    let code = operator.ask("device.pair.setupCode", json!({})).await;
    let auth = json!({"bootstrapToken": bootstrap_token(&code)});
    let enter = async |seed: u8| {
        let mut remote = from_afar(&gateway).await;
        come_in(&mut remote, seed, &auth).await
    };
    assert_eq!(enter(8).await["ok"], true);
    assert_eq!(enter(8).await["ok"], true, "its answer may have been lost");
    assert_eq!(refusal(&enter(9).await), "AUTH_BOOTSTRAP_TOKEN_INVALID");
    let device = json!({"deviceId": key(8).device_id().as_str()});
    operator.ask("device.pair.remove", device).await;
    assert_eq!(refusal(&enter(8).await), "AUTH_BOOTSTRAP_TOKEN_INVALID");
}

#[tokio::test]
async fn a_setup_code_leads_to_an_address_that_a_device_can_dial() {
    let gateway = TestGateway::with(|options| {
        options.config.gateway.bind = gatehouse_gateway::config::Bind::Lan;
    })
    .await;
    let mut operator = gateway.client(&ALL_SCOPES).await;
    let own = operator.request("device.pair.setupCode", json!({})).await;
    // A machine without a network has no address to tell.
    let told = own.to_string();
    assert!(own["ok"] == true || told.contains("publicUrl"), "{own}");
    assert!(!told.contains("0.0.0.0"), "{own}");
    for (url, fits) in [
        ("wss://gateway.example.org", true),
        ("not an address", false),
        ("ftp://gateway.example.org", false),
        ("wss://user:pass@gateway.example.org", false),
        ("", false),
    ] {
        let params = json!({"publicUrl": url});
        let answer = operator.request("device.pair.setupCode", params).await;
        assert_eq!(answer["ok"], fits, "{url:?}: {answer}");
    }
}
