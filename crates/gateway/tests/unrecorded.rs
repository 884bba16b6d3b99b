//! A change that cannot be recorded is not made.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gatehouse_gateway::StartOptions;
use gatehouse_gateway::config::{Env, Flags, SecretFlag, prepare};
use gatehouse_protocol::Secret;
use gatehouse_protocol::device::DeviceKey;
use gatehouse_vault::credentials::KeyFile;
use serde_json::{Value, json};
use support::{ALL_SCOPES, TOKEN, TestGateway, Wire, another_person};

const VALUE: &str = "ghp_Zm9vYmFyYmF6cXV4MDEyMzQ1";
const OTHER: &str = "another-value-0123456789";

const REFUSE: &str = "CREATE TRIGGER no_record BEFORE INSERT ON audit_record \
    WHEN NEW.kind LIKE 'credential.%' OR NEW.kind LIKE 'policy.%' OR NEW.kind LIKE 'pairing.%' \
    OR NEW.kind LIKE 'device.%' OR NEW.kind LIKE 'token.%' OR NEW.kind LIKE 'config.%' \
    OR NEW.kind LIKE 'undo.%' OR NEW.kind LIKE 'agent.%' OR NEW.kind LIKE 'session.%' \
    OR NEW.kind LIKE 'grant.%' \
    BEGIN SELECT RAISE(ABORT, 'not now'); END";

/// What somebody with the file does to it while the gateway runs.
async fn in_the_database(folder: &Path, statement: &'static str) {
    use sqlx::{ConnectOptions, Executor};
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(folder.join("gateway.sqlite3"))
        .busy_timeout(Duration::from_secs(10));
    let mut connection = options.connect().await.unwrap();
    connection.execute(statement).await.unwrap();
}

/// How many setup codes are kept.
async fn codes_in(folder: &Path) -> i64 {
    use sqlx::{ConnectOptions, Row};
    let options =
        sqlx::sqlite::SqliteConnectOptions::new().filename(folder.join("gateway.sqlite3"));
    let mut connection = options.connect().await.unwrap();
    let count = sqlx::query("SELECT count(*) FROM setup_code");
    count.fetch_one(&mut connection).await.unwrap().get(0)
}

fn github(secret: &str) -> Value {
    json!({"name": "github", "type": "api_key", "secret": secret})
}

#[tokio::test]
async fn a_credential_stays_as_it_is_where_its_change_cannot_be_recorded() {
    let gateway = TestGateway::with(|options| {
        let path = options.state_dir.join("master-keys");
        options.keys = Some(Arc::new(KeyFile::new(path)));
    })
    .await;
    let folder = gateway.state.path();
    let keys = || std::fs::read_to_string(folder.join("master-keys")).unwrap();
    let mut wire = gateway.client(&ALL_SCOPES).await;
    wire.ask("gatehouse.credentials.set", github(VALUE)).await;
    let before = wire.ask("gatehouse.credentials.list", json!({})).await;
    let key = keys();
    in_the_database(folder, REFUSE).await;
    for (method, params) in [
        (
            "set",
            json!({"name": "other", "type": "api_key", "secret": OTHER}),
        ),
        ("set", github(OTHER)),
        (
            "rotate",
            json!({"name": "github", "secret": OTHER, "graceMs": 60_000}),
        ),
        ("expire", json!({"name": "github"})),
        ("delete", json!({"name": "github"})),
        ("rotateMasterKey", json!({})),
    ] {
        let method = format!("gatehouse.credentials.{method}");
        let answer = wire.request(&method, params).await;
        assert_eq!(answer["ok"], false, "{method}: {answer}");
        let now = wire.ask("gatehouse.credentials.list", json!({})).await;
        assert_eq!(now, before, "{method}");
    }
    assert_eq!(keys(), key, "the master key is the one that it was");

    in_the_database(folder, "DROP TRIGGER no_record").await;
    for (method, params, kind) in [
        ("set", github(OTHER), "replaced"),
        (
            "rotate",
            json!({"name": "github", "secret": VALUE, "graceMs": 60_000}),
            "rotated",
        ),
        ("rotateMasterKey", json!({}), "masterKeyRotated"),
        (
            "expire",
            json!({"name": "github", "at": 4_000_000_000_000_i64}),
            "expires",
        ),
        ("delete", json!({"name": "github"}), "deleted"),
    ] {
        wire.ask(&format!("gatehouse.credentials.{method}"), params)
            .await;
        let listed = wire.ask("gatehouse.audit.list", json!({"limit": 1})).await;
        let record = &listed["records"][0];
        assert_eq!(record["kind"], format!("credential.{kind}"));
        assert_eq!(record["actor"]["type"], "operator");
        assert!(record["json"]["detail"]["device"].is_string(), "{record}");
    }
}

#[tokio::test]
async fn a_policy_stays_as_it_is_where_its_change_cannot_be_recorded() {
    let gateway = TestGateway::start().await;
    let folder = gateway.state.path();
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let before = wire.ask("gatehouse.policy.get", json!({})).await;
    let change = json!({"baseHash": before["hash"], "preset": "strict"});
    in_the_database(folder, REFUSE).await;
    let answer = wire.request("gatehouse.policy.set", change.clone()).await;
    assert_eq!(answer["ok"], false, "{answer}");
    let now = wire.ask("gatehouse.policy.get", json!({})).await;
    assert_eq!(now, before);
    assert!(!folder.join("policy.json5").exists(), "no file was written");
    in_the_database(folder, "DROP TRIGGER no_record").await;
    wire.ask("gatehouse.policy.set", change).await;
    let listed = wire
        .ask("gatehouse.audit.list", json!({"kinds": ["policy.changed"]}))
        .await;
    assert_eq!(listed["records"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn devices_and_their_tokens_stay_as_they_are_where_a_decision_cannot_be_recorded() {
    let gateway = TestGateway::start().await;
    let folder = gateway.state.path();
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let paired = another_person(&gateway).await;
    let asks = async |seed: u8| {
        let afar = [("x-forwarded-for", "203.0.113.9")];
        let mut newcomer = Wire::dial_with(gateway.address(), &afar).await;
        let key = DeviceKey::from_seed([seed; 32]);
        let token = json!({"token": TOKEN});
        newcomer.connect_as(&key, token, &ALL_SCOPES, |_| {}).await
    };
    assert_eq!(asks(31).await["ok"], false);
    let before = wire.ask("device.pair.list", json!({})).await;
    let request = before["pending"][0]["requestId"].clone();
    let device = before["paired"][0]["deviceId"].clone();
    let changes = [
        (
            "device.pair.approve",
            json!({"requestId": request}),
            "pairing.approved",
        ),
        (
            "device.pair.rename",
            json!({"deviceId": device, "label": "kitchen"}),
            "device.renamed",
        ),
        (
            "device.token.rotate",
            json!({"deviceId": device, "role": "operator"}),
            "token.rotated",
        ),
        (
            "device.token.revoke",
            json!({"deviceId": device, "role": "operator"}),
            "token.revoked",
        ),
        (
            "device.pair.remove",
            json!({"deviceId": device}),
            "device.removed",
        ),
        (
            "device.pair.setupCode",
            json!({"publicUrl": "ws://127.0.0.1:1"}),
            "pairing.code",
        ),
    ];
    in_the_database(folder, REFUSE).await;
    let reject = ("device.pair.reject", json!({"requestId": request}), "");
    for (method, params, _) in changes.iter().chain([&reject]) {
        let answer = wire.request(method, params.clone()).await;
        assert_eq!(answer["ok"], false, "{method}: {answer}");
        let now = wire.ask("device.pair.list", json!({})).await;
        assert_eq!(now, before, "{method}");
    }
    assert_eq!(codes_in(folder).await, 0, "no code can be used");

    in_the_database(folder, "DROP TRIGGER no_record").await;
    for (method, params, kind) in changes {
        wire.ask(method, params).await;
        let listed = wire.ask("gatehouse.audit.list", json!({"limit": 1})).await;
        let record = &listed["records"][0];
        assert_eq!(record["kind"], kind, "{record}");
        assert!(record["at"].as_i64().unwrap() > 0, "{record}");
    }
    drop(paired);
}

#[tokio::test]
async fn the_approvals_document_stays_as_it_is_where_its_change_cannot_be_recorded() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let before = wire.ask("exec.approvals.get", json!({})).await;
    let file = json!({"version": 1, "defaults": {"security": "full", "ask": "off"}, "agents": {}});
    let change = json!({"file": file, "baseHash": before["hash"]});
    in_the_database(gateway.state.path(), REFUSE).await;
    let answer = wire.request("exec.approvals.set", change.clone()).await;
    assert_eq!(answer["ok"], false, "{answer}");
    let now = wire.ask("exec.approvals.get", json!({})).await;
    assert_eq!(now, before);
    in_the_database(gateway.state.path(), "DROP TRIGGER no_record").await;
    let after = wire.ask("exec.approvals.set", change).await;
    assert_eq!(after["file"]["defaults"]["ask"], "off", "{after}");
    let kinds = json!({"kinds": ["policy.changed"]});
    let listed = wire.ask("gatehouse.audit.list", kinds).await;
    assert_eq!(listed["records"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_configuration_stays_as_it_is_where_its_change_cannot_be_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gatehouse.json");
    let text = "{ gateway: { port: 0 } }";
    std::fs::write(&file, text).unwrap();
    let gateway = TestGateway::with(|options| {
        let flags = Flags {
            token: Secret::new(TOKEN).map(SecretFlag::Text),
            ..Flags::default()
        };
        let prepared = prepare(folder.path(), &flags, &Env::new()).unwrap();
        *options = StartOptions::prepared(prepared, Env::new(), folder.path().to_owned());
    })
    .await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let before = wire.ask("config.get", json!({})).await;
    in_the_database(folder.path(), REFUSE).await;
    let patch = json!({"raw": "{ logging: { level: 'warn' } }", "baseHash": before["hash"]});
    let refused = wire.request("config.patch", patch).await;
    assert_eq!(refused["ok"], false, "{refused}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    let after = wire.ask("config.get", json!({})).await;
    assert_eq!(after["hash"], before["hash"], "nor is it in force");
}

#[tokio::test]
async fn a_device_is_not_paired_where_that_cannot_be_recorded() {
    let gateway = TestGateway::start().await;
    let mut known = gateway.client(&ALL_SCOPES).await;
    let before = known.ask("device.pair.list", json!({})).await;
    in_the_database(gateway.state.path(), REFUSE).await;
    let key = DeviceKey::from_seed([31; 32]);
    let mut wire = gateway.dial().await;
    let hello = wire
        .connect_as(&key, json!({"token": TOKEN}), &ALL_SCOPES, |_| {})
        .await;
    assert_eq!(hello["ok"], false, "{hello}");
    let after = known.ask("device.pair.list", json!({})).await;
    assert_eq!(after["paired"], before["paired"]);
}

#[tokio::test]
async fn agents_sessions_and_what_was_replaced_stay_as_they_are_where_a_change_cannot_be_recorded()
{
    let gateway = TestGateway::start().await;
    let folder = gateway.state.path();
    std::fs::create_dir_all(folder.join("workspace")).unwrap();
    let mut wire = gateway.client(&ALL_SCOPES).await;
    wire.ask("agents.create", json!({"name": "helper"})).await;
    let key = "agent:main:main";
    wire.ask("sessions.patch", json!({"key": key, "execAsk": "always"}))
        .await;
    for content in ["old", "new"] {
        let args = json!({"path": "a.txt", "content": content});
        let call = json!({"name": "write", "args": args, "sessionKey": key});
        wire.ask("tools.invoke", call).await;
    }
    let kept = wire.ask("gatehouse.undo.list", json!({})).await["items"][0].clone();
    let agents = wire.ask("agents.list", json!({})).await;
    in_the_database(folder, REFUSE).await;
    for (method, params) in [
        ("agents.create", json!({"name": "other"})),
        (
            "agents.update",
            json!({"agentId": "helper", "workspace": "/"}),
        ),
        ("agents.delete", json!({"agentId": "helper"})),
        ("sessions.patch", json!({"key": key, "execAsk": null})),
        ("gatehouse.undo.restore", json!({"id": kept["id"]})),
    ] {
        let answer = wire.request(method, params).await;
        assert_eq!(answer["ok"], false, "{method}: {answer}");
    }
    assert_eq!(wire.ask("agents.list", json!({})).await, agents);
    let session = wire
        .ask("sessions.describe", json!({"key": key}))
        .await
        .to_string();
    assert!(session.contains("always"), "{session}");
    let path = kept["path"].as_str().unwrap();
    assert_eq!(std::fs::read_to_string(path).unwrap(), "new");
}
