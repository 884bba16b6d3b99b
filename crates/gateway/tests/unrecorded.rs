//! A change that cannot be recorded is not made.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gatehouse_vault::credentials::KeyFile;
use serde_json::{Value, json};
use support::{ALL_SCOPES, TestGateway};

const VALUE: &str = "ghp_Zm9vYmFyYmF6cXV4MDEyMzQ1";
const OTHER: &str = "another-value-0123456789";

const REFUSE: &str = "CREATE TRIGGER no_record BEFORE INSERT ON audit_record \
    WHEN NEW.kind LIKE 'credential.%' OR NEW.kind LIKE 'policy.%' \
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
