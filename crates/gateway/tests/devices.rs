//! Pairing and device tokens, over a real socket: who is let in, who has to wait for a person, and what ends.
#![allow(clippy::unwrap_used)]

mod support;

use gatehouse_protocol::device::DeviceKey;
use serde_json::{Value, json};
use support::schema::assert_valid;
use support::{ALL_SCOPES, TOKEN, TestGateway, Wire};

/// A client that a proxy in front makes a remote one.
async fn from_afar(gateway: &TestGateway) -> Wire {
    Wire::dial_with(gateway.address(), &[("x-forwarded-for", "203.0.113.9")]).await
}

fn key(seed: u8) -> DeviceKey {
    DeviceKey::from_seed([seed; 32])
}

fn shared() -> Value {
    json!({"token": TOKEN})
}

#[tokio::test]
async fn a_device_of_this_machine_is_paired_silently_and_gets_the_same_token_each_time() {
    let gateway = TestGateway::start().await;
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let mut wire = gateway.dial().await;
        let hello = wire
            .connect_as(&key(1), shared(), &ALL_SCOPES, |_| {})
            .await;
        assert_valid("HelloOk", &hello["payload"]);
        tokens.push(hello["payload"]["auth"]["deviceToken"].clone());
    }
    assert!(tokens[0].is_string());
    assert_eq!(tokens[0], tokens[1]);
}

#[tokio::test]
async fn a_device_token_opens_what_it_was_given_for_and_nothing_wider() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.dial().await;
    let hello = wire
        .connect_as(&key(1), shared(), &["operator.read"], |_| {})
        .await;
    let token = hello["payload"]["auth"]["deviceToken"].clone();
    let auth = json!({"deviceToken": token});

    let mut again = gateway.dial().await;
    let hello = again
        .connect_as(&key(1), auth.clone(), &["operator.read"], |_| {})
        .await;
    assert_eq!(hello["ok"], true, "{hello}");
    assert_eq!(hello["payload"]["auth"]["deviceToken"], token);

    let mut wider = gateway.dial().await;
    let answer = wider
        .connect_as(&key(1), auth.clone(), &["operator.admin"], |_| {})
        .await;
    assert_eq!(answer["error"]["details"]["code"], "AUTH_SCOPE_MISMATCH");

    let mut other = gateway.dial().await;
    let answer = other
        .connect_as(&key(2), auth, &["operator.read"], |_| {})
        .await;
    assert_eq!(
        answer["error"]["details"]["code"],
        "AUTH_DEVICE_TOKEN_MISMATCH"
    );
}

#[tokio::test]
async fn a_request_that_another_takes_the_place_of_has_ended_for_every_client() {
    let gateway = TestGateway::start().await;
    let mut operator = gateway.client(&ALL_SCOPES).await;
    let mut asked = Vec::new();
    for scope in ["operator.read", "operator.write"] {
        let mut remote = from_afar(&gateway).await;
        let refused = remote.connect_as(&key(7), shared(), &[scope], |_| {}).await;
        asked.push(refused["error"]["details"]["requestId"].clone());
    }
    // Its answer comes behind what was told until now.
    let listed = operator.ask("device.pair.list", json!({})).await;
    let mut told = operator.events.iter();
    let ended = told.find(|event| event["event"] == "device.pair.resolved");
    let ended = ended.expect("the end of the first is told");
    assert_valid("DevicePairResolvedEvent", &ended["payload"]);
    assert_eq!(ended["payload"]["requestId"], asked[0], "{ended}");
    assert_eq!(ended["payload"]["decision"], "rejected", "{ended}");
    assert_eq!(listed["pending"][0]["requestId"], asked[1], "{listed}");
    assert_eq!(listed["pending"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_remote_device_waits_for_a_person_and_comes_in_when_approved() {
    let gateway = TestGateway::start().await;
    let mut operator = gateway.client(&ALL_SCOPES).await;
    let mut remote = from_afar(&gateway).await;
    let refused = remote
        .connect_as(&key(7), shared(), &["operator.read"], |_| {})
        .await;
    assert_valid("ResponseFrame", &refused);
    let details = &refused["error"]["details"];
    assert_eq!(refused["error"]["code"], "NOT_PAIRED");
    assert_eq!(details["code"], "PAIRING_REQUIRED");
    assert_eq!(details["reason"], "not-paired");
    let request = details["requestId"].as_str().unwrap().to_owned();
    let (code, reason) = remote.closed_with().await.unwrap();
    assert_eq!(code, 1008);
    assert!(reason.contains(&request));

    let event = operator.event("device.pair.requested").await;
    assert_valid("DevicePairRequestedEvent", &event["payload"]);
    assert_eq!(event["payload"]["requestId"], request.as_str());

    // Asking again does not make a second request.
    let mut again = from_afar(&gateway).await;
    let refused = again
        .connect_as(&key(7), shared(), &["operator.read"], |_| {})
        .await;
    assert_eq!(refused["error"]["details"]["requestId"], request.as_str());

    operator
        .ask("device.pair.approve", json!({"requestId": request}))
        .await;
    let event = operator.event("device.pair.resolved").await;
    assert_valid("DevicePairResolvedEvent", &event["payload"]);
    assert_eq!(event["payload"]["decision"], "approved");

    let mut remote = from_afar(&gateway).await;
    let hello = remote
        .connect_as(&key(7), shared(), &["operator.read"], |_| {})
        .await;
    assert_eq!(hello["ok"], true, "{hello}");

    let second = operator
        .request("device.pair.approve", json!({"requestId": request}))
        .await;
    assert_eq!(second["ok"], false, "an answer counts once");
}

#[tokio::test]
async fn a_rejected_request_is_gone_and_lets_nobody_in() {
    let gateway = TestGateway::start().await;
    let mut operator = gateway.client(&ALL_SCOPES).await;
    let mut remote = from_afar(&gateway).await;
    let refused = remote.connect_as(&key(7), shared(), &[], |_| {}).await;
    let request = refused["error"]["details"]["requestId"].clone();
    operator
        .ask("device.pair.reject", json!({"requestId": request}))
        .await;
    let list = operator.ask("device.pair.list", json!({})).await;
    assert_eq!(list["pending"], json!([]));
    let mut remote = from_afar(&gateway).await;
    let refused = remote.connect_as(&key(7), shared(), &[], |_| {}).await;
    assert_ne!(refused["error"]["details"]["requestId"], request);
}

#[tokio::test]
async fn nobody_approves_more_than_they_may_do_themselves() {
    let gateway = TestGateway::start().await;
    let mut helper = gateway.client(&["operator.read", "operator.pairing"]).await;
    let mut remote = from_afar(&gateway).await;
    let refused = remote
        .connect_as(&key(7), shared(), &["operator.admin"], |_| {})
        .await;
    let request = refused["error"]["details"]["requestId"].clone();
    let answer = helper
        .request("device.pair.approve", json!({"requestId": request}))
        .await;
    assert_eq!(answer["error"]["code"], "FORBIDDEN");
    let list = helper.ask("device.pair.list", json!({})).await;
    assert_eq!(list["pending"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_revoked_token_ends_the_connection_and_opens_nothing_more() {
    let gateway = TestGateway::start().await;
    let mut operator = gateway.client(&ALL_SCOPES).await;
    let mut wire = gateway.dial().await;
    let hello = wire
        .connect_as(&key(3), shared(), &["operator.read"], |_| {})
        .await;
    let token = hello["payload"]["auth"]["deviceToken"].clone();
    let device = key(3).device_id().as_str().to_owned();
    let revoke = json!({"deviceId": device, "role": "operator"});
    operator.ask("device.token.revoke", revoke).await;
    assert_eq!(
        wire.closed_with().await,
        Some((4001, "device token revoked".to_owned()))
    );
    let mut again = gateway.dial().await;
    let auth = json!({"deviceToken": token});
    let answer = again
        .connect_as(&key(3), auth, &["operator.read"], |_| {})
        .await;
    assert_eq!(
        answer["error"]["details"]["code"],
        "AUTH_DEVICE_TOKEN_MISMATCH"
    );
}

#[tokio::test]
async fn a_device_that_rotates_its_own_token_is_given_the_new_one_and_others_never_are() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.dial().await;
    let scopes = ["operator.read", "operator.pairing"];
    let hello = wire.connect_as(&key(3), shared(), &scopes, |_| {}).await;
    let token = hello["payload"]["auth"]["deviceToken"].clone();
    let mut own = gateway.dial().await;
    own.connect_as(&key(3), json!({"deviceToken": token}), &scopes, |_| {})
        .await;
    let device = key(3).device_id().as_str().to_owned();
    let params = json!({"deviceId": device, "role": "operator"});
    let rotated = own.ask("device.token.rotate", params.clone()).await;
    assert_valid("DeviceTokenRotateResult", &rotated);
    let fresh = rotated["token"].clone();
    assert_ne!(fresh, token);

    let mut again = gateway.dial().await;
    let hello = again
        .connect_as(&key(3), json!({"deviceToken": fresh}), &scopes, |_| {})
        .await;
    assert_eq!(hello["ok"], true, "{hello}");

    let mut operator = gateway.client(&ALL_SCOPES).await;
    let rotated = operator.ask("device.token.rotate", params).await;
    assert_valid("DeviceTokenRotateResult", &rotated);
    assert!(rotated.get("token").is_none());
}

#[tokio::test]
async fn too_many_wrong_tokens_from_afar_lock_the_address_out_and_no_other() {
    let gateway = TestGateway::with(|options| {
        options.config.gateway.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    let guess_by = async |kind: &str, address: &str| {
        let headers = [("x-forwarded-for", address)];
        let mut wire = Wire::dial_with(gateway.address(), &headers).await;
        let answer = wire
            .connect_as(&key(1), json!({ kind: "guess" }), &[], |_| {})
            .await;
        answer["error"].clone()
    };
    let guess = async |address: &str| guess_by("token", address).await;
    for _ in 0..10 {
        let error = guess("203.0.113.9").await;
        assert_eq!(error["details"]["code"], "AUTH_TOKEN_MISMATCH");
    }
    let error = guess("203.0.113.9").await;
    assert_eq!(error["details"]["code"], "AUTH_RATE_LIMITED");
    assert!(error["retryAfterMs"].as_u64().unwrap() > 0);
    assert_eq!(
        guess("203.0.113.10").await["details"]["code"],
        "AUTH_TOKEN_MISMATCH"
    );
    // A password is compared with the token as well, so that many of them are guesses too.
    for _ in 0..10 {
        let error = guess_by("password", "203.0.113.11").await;
        assert_eq!(error["details"]["code"], "AUTH_TOKEN_MISSING");
    }
    let error = guess_by("password", "203.0.113.11").await;
    assert_eq!(error["details"]["code"], "AUTH_RATE_LIMITED");
}

#[tokio::test]
async fn a_page_of_another_site_is_turned_away() {
    let gateway = TestGateway::start().await;
    let headers = [("origin", "https://evil.example")];
    let mut wire = Wire::dial_with(gateway.address(), &headers).await;
    let answer = wire
        .connect_as(&key(1), shared(), &ALL_SCOPES, |_| {})
        .await;
    assert_eq!(
        answer["error"]["details"]["code"],
        "CONTROL_UI_ORIGIN_NOT_ALLOWED"
    );
}

#[tokio::test]
async fn what_is_kept_holds_no_token_in_the_clear() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.dial().await;
    let hello = wire
        .connect_as(&key(1), shared(), &ALL_SCOPES, |_| {})
        .await;
    let token = hello["payload"]["auth"]["deviceToken"]
        .as_str()
        .unwrap()
        .to_owned();
    let folder = gateway.state;
    gateway.running.stop("test").await;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap_or_default();
        for secret in [token.as_str(), TOKEN] {
            let found = bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes());
            assert!(!found, "a secret is in {}", path.display());
        }
    }
}

#[tokio::test]
async fn a_device_that_asks_for_more_gets_it_from_a_person_with_a_wider_token() {
    let gateway = TestGateway::start().await;
    let mut operator = gateway.client(&ALL_SCOPES).await;
    let mut wire = gateway.dial().await;
    wire.connect_as(&key(4), shared(), &["operator.read"], |_| {})
        .await;
    let asked = wire
        .ask(
            "device.scopes.requestUpgrade",
            json!({"scopes": ["operator.write"]}),
        )
        .await;
    assert_valid("ScopeUpgradeRegistration", &asked);
    let request = asked["requestId"].clone();
    let waiting = json!({"type": "req", "id": "w", "method": "device.scopes.waitUpgrade",
        "params": {"requestId": request}});
    wire.send(waiting.to_string()).await;
    operator
        .ask("device.pair.approve", json!({"requestId": request}))
        .await;
    let answer = loop {
        let frame = wire.receive().await.unwrap();
        if frame["id"] == "w" {
            break frame;
        }
    };
    assert_valid("ScopeUpgradeResult", &answer["payload"]);
    let auth = json!({"deviceToken": answer["payload"]["deviceToken"]});
    let mut wider = gateway.dial().await;
    let scopes = ["operator.read", "operator.write"];
    let hello = wider.connect_as(&key(4), auth, &scopes, |_| {}).await;
    assert_eq!(hello["ok"], true, "{hello}");
}

#[tokio::test]
async fn without_authentication_only_this_machine_itself_comes_in() {
    let gateway = TestGateway::with(|options| {
        options.auth = gatehouse_gateway::auth::AuthSettings::None;
    })
    .await;
    let mut wire = gateway.dial().await;
    let hello = wire
        .connect_as(&key(1), json!({}), &ALL_SCOPES, |_| {})
        .await;
    assert_eq!(hello["ok"], true, "{hello}");
    let mut remote = from_afar(&gateway).await;
    let answer = remote
        .connect_as(&key(1), json!({}), &ALL_SCOPES, |_| {})
        .await;
    assert_eq!(answer["error"]["details"]["code"], "AUTH_TOKEN_MISSING");
}

#[tokio::test]
async fn a_device_that_removes_itself_hears_that_it_did_before_its_connection_ends() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.dial().await;
    wire.connect_as(&key(5), shared(), &ALL_SCOPES, |_| {})
        .await;
    let device = key(5).device_id().as_str().to_owned();
    let removed = wire
        .ask("device.pair.remove", json!({"deviceId": device}))
        .await;
    assert_eq!(removed["deviceId"], device.as_str());
    assert_eq!(
        wire.closed_with().await,
        Some((4001, "device removed".to_owned()))
    );
}

#[tokio::test]
async fn an_approval_brings_no_token_back_that_was_revoked_since() {
    let gateway = TestGateway::start().await;
    let mut operator = gateway.client(&ALL_SCOPES).await;
    let mut wire = gateway.dial().await;
    wire.connect_as(&key(4), shared(), &["operator.read"], |_| {})
        .await;
    let more = json!({"scopes": ["operator.write"]});
    let asked = wire.ask("device.scopes.requestUpgrade", more).await;
    let request = json!({"requestId": asked["requestId"]});
    operator.ask("device.pair.approve", request.clone()).await;
    let answer = wire.ask("device.scopes.waitUpgrade", request.clone()).await;
    assert_eq!(answer["status"], "approved", "{answer}");
    let answer = wire.ask("device.scopes.waitUpgrade", request.clone()).await;
    assert_eq!(answer["status"], "expired", "once: {answer}");
    let device = key(4).device_id().as_str().to_owned();
    let revoke = json!({"deviceId": device, "role": "operator"});
    operator.ask("device.token.revoke", revoke).await;
    let mut again = gateway.dial().await;
    let hello = again
        .connect_as(&key(4), shared(), &["operator.read"], |_| {})
        .await;
    assert_eq!(hello["ok"], true, "{hello}");
    let answer = again.ask("device.scopes.waitUpgrade", request).await;
    assert_eq!(answer["status"], "expired", "{answer}");
    assert_eq!(answer["deviceToken"], Value::Null);
}

#[tokio::test]
async fn a_device_that_nobody_was_asked_about_and_its_new_name_are_in_the_audit() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.dial().await;
    let hello = wire
        .connect_as(&key(1), shared(), &ALL_SCOPES, |_| {})
        .await;
    assert_eq!(hello["ok"], true, "{hello}");
    let paired = wire.ask("device.pair.list", json!({})).await;
    let device = paired["paired"][0]["deviceId"].clone();
    let label = "the\u{202e} kitchen's";
    let rename = json!({"deviceId": device, "label": label});
    wire.ask("device.pair.rename", rename).await;
    let kinds = json!({"kinds": ["device.paired", "device.renamed"]});
    let told = wire.ask("gatehouse.audit.list", kinds).await;
    let records = told["records"].as_array().unwrap();
    let said: Vec<_> = records.iter().map(|record| &record["kind"]).collect();
    assert_eq!(said, ["device.renamed", "device.paired"], "{told}");
    for record in records {
        assert_eq!(record["json"]["resource"], device, "{record}");
    }
    let what = records[0]["what"].as_str().unwrap();
    assert!(
        what.contains("kitchen's") && !what.contains('\u{202e}'),
        "{what}"
    );
    let what = records[1]["what"].as_str().unwrap();
    assert!(what.contains("on this machine"), "{what}");

    // A device that is known already is not paired again.
    let mut again = gateway.dial().await;
    again
        .connect_as(&key(1), shared(), &ALL_SCOPES, |_| {})
        .await;
    let kinds = json!({"kinds": ["device.paired"]});
    let told = again.ask("gatehouse.audit.list", kinds).await;
    assert_eq!(told["records"].as_array().unwrap().len(), 1, "{told}");
}
