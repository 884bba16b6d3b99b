//! Credentials over the wire and in the hands of agents: used by name where they are bound, seen by nobody, and
//! every use and change recorded.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::sync::Arc;

use gatehouse_gateway::StartOptions;
use gatehouse_gateway::config::{Env, Flags, SecretFlag, prepare};
use gatehouse_protocol::Secret;
use gatehouse_store::gateway::{AuditStore, SqliteGatewayStore};
use gatehouse_vault::credentials::KeyFile;
use serde_json::{Value, json};
use support::{ALL_SCOPES, TOKEN, TestGateway, Wire};

const VALUE: &str = "ghp_Zm9vYmFyYmF6cXV4MDEyMzQ1";
/// Nothing is held up: what is tried here comes after the policy.
const OBSERVE: &str = r#"{ preset: "observe" }"#;

fn with_keys(options: &mut StartOptions) {
    let path = options.state_dir.join("master-keys");
    options.keys = Some(Arc::new(KeyFile::new(path)));
}

async fn gateway() -> TestGateway {
    TestGateway::with(|options| {
        with_keys(options);
        options.config.raw = json!({"tools": {"exec": {"mode": "full"}}});
        support::write_policy(&options.state_dir, OBSERVE);
    })
    .await
}

fn github() -> Value {
    json!({"name": "github", "type": "api_key", "secret": VALUE, "boundTools": ["exec"]})
}

async fn exec(wire: &mut Wire, command: &str, env: Value) -> Value {
    let args = json!({"command": command, "env": env});
    let call = json!({"name": "exec", "args": args, "sessionKey": "main"});
    wire.ask("tools.invoke", call).await
}

/// Every file under a folder, as one text.
fn all_bytes(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            all.extend(all_bytes(&entry.path()));
        } else {
            all.extend(std::fs::read(entry.path()).unwrap());
        }
    }
    all
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

/// The audit of a gateway that was stopped.
async fn records(folder: &Path) -> Vec<Value> {
    let store = SqliteGatewayStore::open(folder, 0).await.unwrap();
    let rows = store.audit_rows(0, 1000).await.unwrap();
    let read = |bytes: &String| serde_json::from_str(bytes).unwrap();
    rows.iter().map(|row| read(&row.bytes)).collect()
}

#[tokio::test]
async fn a_credential_is_set_listed_rotated_and_deleted_and_its_value_never_comes_back() {
    let gateway = gateway().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let set = wire.ask("gatehouse.credentials.set", github()).await;
    assert_eq!(
        (&set["name"], &set["state"]),
        (&json!("github"), &json!("active"))
    );
    let rotate = json!({"name": "github", "secret": "another-value-0123", "graceMs": 60_000});
    let rotated = wire.ask("gatehouse.credentials.rotate", rotate).await;
    assert!(rotated["graceUntil"].is_i64(), "{rotated}");
    let listed = wire.ask("gatehouse.credentials.list", json!({})).await;
    let said = format!("{set}{rotated}{listed}");
    assert!(!said.contains(VALUE) && !said.contains("another-value-0123"));
    let fields = listed["credentials"][0].as_object().unwrap();
    let mut names: Vec<&str> = fields.keys().map(String::as_str).collect();
    names.sort_unstable();
    let wanted = [
        "boundHosts",
        "boundTools",
        "createdAt",
        "expiresAt",
        "graceUntil",
        "lastUsedAt",
        "maxUses",
        "name",
        "rotatedAt",
        "state",
        "type",
        "uses",
    ];
    assert_eq!(names, wanted);
    let rewrapped = wire
        .ask("gatehouse.credentials.rotateMasterKey", json!({}))
        .await;
    assert_eq!(rewrapped["wrapped"], 2);
    let name = json!({"name": "github"});
    let deleted = wire.ask("gatehouse.credentials.delete", name.clone()).await;
    assert_eq!(deleted["deleted"], true);
    let again = wire.ask("gatehouse.credentials.delete", name).await;
    assert_eq!(again["deleted"], false);
}

#[tokio::test]
async fn whoever_may_only_read_changes_no_credential() {
    let gateway = gateway().await;
    let mut wire = gateway.client(&["operator.read"]).await;
    wire.ask("gatehouse.credentials.list", json!({})).await;
    for (method, params) in [
        ("set", github()),
        ("rotate", json!({"name": "github", "secret": VALUE})),
        ("expire", json!({"name": "github"})),
        ("delete", json!({"name": "github"})),
        ("rotateMasterKey", json!({})),
    ] {
        let answer = wire
            .request(&format!("gatehouse.credentials.{method}"), params)
            .await;
        assert_eq!(answer["ok"], false, "{method}: {answer}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_credential_is_said_without_it() {
    let gateway = gateway().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    for (field, value, word) in [
        ("name", json!("1st"), "a name begins"),
        ("type", json!("key"), "a type is"),
        ("secret", json!("short"), "8 to 8192"),
        ("boundHosts", json!(["https://a.example"]), "names no host"),
        ("expiresAt", json!(5), "has passed"),
        ("maxUses", json!(0), "at least 1"),
    ] {
        let mut params = github();
        params[field] = value;
        let answer = wire.request("gatehouse.credentials.set", params).await;
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(word), "{field}: {message}");
        assert!(!answer.to_string().contains(VALUE));
    }
}

#[tokio::test]
async fn an_agent_uses_a_credential_by_name_and_nobody_sees_it() {
    let gateway = gateway().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    wire.ask("gatehouse.credentials.set", github()).await;
    let env = json!({"TOKEN": "{{cred:github}}"});
    let ran = exec(
        &mut wire,
        "sh -c 'test ${#TOKEN} -eq 28 && echo \"it is $TOKEN\"'",
        env,
    )
    .await;
    let text = ran.to_string();
    assert!(text.contains("it is [redacted]"), "{text}");
    assert!(!text.contains(VALUE), "{text}");
    let env = json!({"TOKEN": "{{cred:github}}"});
    let encoded = exec(&mut wire, "printenv TOKEN | tr -d '\\n' | base64", env)
        .await
        .to_string();
    assert!(encoded.contains("[redacted]"), "{encoded}");
    let folder = gateway.state.path().to_owned();
    let state = gateway.state;
    gateway.running.stop("the test").await;
    let bytes = all_bytes(&folder);
    assert!(
        holds(&bytes, "{{cred:github}}"),
        "the reference is what is kept"
    );
    assert!(!holds(&bytes, VALUE), "no file has the value");
    let records = records(&folder).await;
    let of = |kind: &str| records.iter().filter(|one| one["kind"] == kind).count();
    assert_eq!(of("credential.set"), 1);
    assert_eq!(of("credential.used"), 2);
    drop(state);
}

#[tokio::test]
async fn a_credential_that_is_not_bound_there_is_refused_with_its_reason() {
    let gateway = gateway().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let mut elsewhere = github();
    elsewhere["boundTools"] = json!([]);
    elsewhere["boundHosts"] = json!(["api.github.com"]);
    wire.ask("gatehouse.credentials.set", elsewhere).await;
    let env = json!({"TOKEN": "{{cred:github}}"});
    let refused = exec(&mut wire, "echo hello", env).await.to_string();
    assert!(refused.contains("not bound to the tool exec"), "{refused}");
    let unknown = json!({"TOKEN": "{{cred:gitlab}}"});
    let unknown = exec(&mut wire, "echo hello", unknown).await.to_string();
    assert!(
        unknown.contains("there is no credential gitlab"),
        "{unknown}"
    );
    let listed = wire.ask("gatehouse.credentials.list", json!({})).await;
    assert_eq!(listed["credentials"][0]["uses"], 0);
}

#[tokio::test]
async fn a_providers_key_in_the_clear_moves_into_the_credentials() {
    const KEY: &str = "sk-provider-key-in-the-clear";
    let text = format!(
        "{{ // a person's own words\n gateway: {{port: 0}},\n \
         models: {{providers: {{mine: {{apiKey: '{KEY}', baseUrl: 'http://127.0.0.1:1'}}}}}} }}"
    );
    let gateway = TestGateway::with(|options| {
        let folder = options.state_dir.clone();
        std::fs::write(folder.join("gatehouse.json"), text).unwrap();
        let flags = Flags {
            token: Secret::new(TOKEN).map(SecretFlag::Text),
            ..Flags::default()
        };
        let prepared = prepare(&folder, &flags, &Env::new()).unwrap();
        *options = StartOptions::prepared(prepared, Env::new(), folder);
        with_keys(options);
    })
    .await;
    let path = gateway.state.path().join("gatehouse.json");
    let file = std::fs::read_to_string(&path).unwrap();
    assert!(!file.contains(KEY), "{file}");
    assert!(file.contains("'{{cred:provider-mine}}'"), "{file}");
    assert!(file.contains("a person's own words"), "{file}");
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let listed = wire.ask("gatehouse.credentials.list", json!({})).await;
    let key = &listed["credentials"][0];
    assert_eq!(key["boundHosts"], json!(["127.0.0.1:1"]));
    assert_eq!(key["boundTools"], json!(["models"]));
    // And one that a client writes.
    let shown = wire.ask("config.get", json!({})).await;
    assert!(
        shown["raw"]
            .as_str()
            .unwrap()
            .contains("{{cred:provider-mine}}"),
        "{shown}"
    );
    let patch = json!({"models": {"providers": {"mine": {"apiKey": "sk-newer-key-in-the-clear"}}}});
    let patch = json!({"raw": patch.to_string(), "baseHash": shown["hash"]});
    let patched = wire.ask("config.patch", patch).await;
    let now = wire.ask("config.get", json!({})).await;
    assert_eq!(
        patched["hash"], now["hash"],
        "the answer is of what is there"
    );
    let file = std::fs::read_to_string(&path).unwrap();
    assert!(!file.contains("sk-newer-key"), "{file}");
    let listed = wire.ask("gatehouse.credentials.list", json!({})).await;
    assert_eq!(listed["credentials"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn without_a_place_for_the_master_key_nothing_is_kept_and_it_says_so() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let answer = wire.request("gatehouse.credentials.set", github()).await;
    assert_eq!(answer["error"]["code"], "UNAVAILABLE", "{answer}");
    let listed = wire.ask("gatehouse.credentials.list", json!({})).await;
    assert_eq!(listed, json!({"credentials": []}));
}

#[tokio::test]
async fn nobody_is_asked_about_a_call_whose_credential_cannot_be_used() {
    let gateway = TestGateway::with(|options| {
        with_keys(options);
        support::write_policy(&options.state_dir, support::ASK_ABOUT_COMMANDS);
    })
    .await;
    let mut person = support::another_person(&gateway).await;
    let mut one_use = github();
    one_use["maxUses"] = json!(1);
    person.ask("gatehouse.credentials.set", one_use).await;
    let call = |mut wire: Wire| {
        tokio::spawn(
            async move { exec(&mut wire, "true", json!({"TOKEN": "{{cred:github}}"})).await },
        )
    };
    let scopes = ["operator.read", "operator.write"];
    let first = call(gateway.client(&scopes).await);
    let question = person.event("exec.approval.requested").await["payload"].clone();
    let yes = json!({"id": question["id"], "decision": "once"});
    person.ask("gatehouse.approvals.resolve", yes).await;
    assert_eq!(first.await.unwrap()["ok"], true);

    let second = call(gateway.client(&scopes).await)
        .await
        .unwrap()
        .to_string();
    assert!(second.contains("used up"), "{second}");
    let waiting = person.ask("exec.approval.list", json!({})).await;
    assert_eq!(waiting, json!([]), "nobody was asked");
    let asked = |event: &Value| event["event"] == "exec.approval.requested";
    assert!(!person.events.iter().any(asked), "{:?}", person.events);
    drop(person);
    let folder = gateway.state.path().to_owned();
    gateway.running.stop("test").await;
    let uses: Vec<_> = records(&folder).await;
    let uses = uses.iter().filter(|r| r["kind"] == "credential.used");
    let outcomes: Vec<_> = uses.map(|record| record["outcome"].clone()).collect();
    assert_eq!(outcomes, ["allowed", "refused"]);
}
