//! Calls that are given a credential, over real sockets: asked about, held against the roles, and remembered.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::sync::Arc;

use gatehouse_store::gateway::{AuditStore as _, SqliteGatewayStore};
use gatehouse_vault::credentials::KeyFile;
use serde_json::{Value, json};
use support::{TestGateway, Wire, another_person};

const VALUE: &str = "ghp_Zm9vYmFyYmF6cXV4MDEyMzQ1";
const MAIN: &str = "agent:main:main";
const DEFAULT: &str = gatehouse_policy::authz::DEFAULT_ROLES;

/// A gateway with one credential, and a person who hears its questions.
struct Bench {
    gateway: TestGateway,
    person: Wire,
}

impl Bench {
    /// With a policy beside the roles that come with it, and what it is configured with.
    async fn with(roles: &str, config: Value) -> Self {
        let gateway = TestGateway::with(|options| {
            let path = options.state_dir.join("master-keys");
            options.keys = Some(Arc::new(KeyFile::new(path)));
            options.config.raw = config;
            let roles = format!("{DEFAULT}\n{roles}\n");
            fs::create_dir_all(options.state_dir.join("workspace")).unwrap();
            fs::write(options.state_dir.join("roles.cedar"), roles).unwrap();
        })
        .await;
        let mut person = another_person(&gateway).await;
        let github = json!({"name": "github", "type": "api_key", "secret": VALUE,
            "boundTools": ["exec", "web_fetch"], "boundHosts": ["api.github.com"]});
        person.ask("gatehouse.credentials.set", github).await;
        Self { gateway, person }
    }

    async fn new() -> Self {
        Self::with("", json!({})).await
    }

    async fn call(&self, name: &str, args: Value) -> tokio::task::JoinHandle<Value> {
        let scopes = ["operator.read", "operator.write"];
        let mut wire = self.gateway.client(&scopes).await;
        let params = json!({"name": name, "args": args, "sessionKey": MAIN});
        tokio::spawn(async move { wire.ask("tools.invoke", params).await })
    }

    /// What becomes of a call that nobody is asked about.
    async fn unasked(&mut self, name: &str, args: Value) -> String {
        let answer = self.call(name, args).await.await.unwrap();
        let waiting = self.person.ask("exec.approval.list", json!({})).await;
        assert_eq!(waiting, json!([]), "nobody was asked: {answer}");
        let asked = |event: &Value| event["event"] == "exec.approval.requested";
        assert!(!self.person.events.iter().any(asked), "{answer}");
        answer.to_string()
    }

    /// The question about a call, and what it came to.
    async fn asked(&mut self, name: &str, args: Value, decision: &str) -> (String, Value) {
        let call = self.call(name, args).await;
        let question = self.person.event("exec.approval.requested").await["payload"].clone();
        let answer = json!({"id": question["id"], "decision": decision});
        self.person.ask("gatehouse.approvals.resolve", answer).await;
        (question.to_string(), call.await.unwrap())
    }

    async fn check(&mut self, session: &str, command: &str) -> String {
        let params = json!({"command": command, "sessionKey": session});
        let checked = self.person.ask("gatehouse.policy.check", params).await;
        checked.to_string()
    }
}

fn in_env() -> Value {
    json!({"command": "true", "env": {"TOKEN": "{{cred:github}}"}})
}

fn in_words() -> Value {
    json!({"command": "/bin/echo --token={{cred:github}}"})
}

fn in_header() -> Value {
    json!({"url": "https://api.github.com/user", "headers": {"authorization": "Bearer {{cred:github}}"}})
}

fn in_path() -> Value {
    json!({"url": "https://api.github.com/%7B%7Bcred:github%7D%7D"})
}

#[tokio::test]
async fn a_credential_among_the_words_of_a_command_is_asked_about_and_may_be_granted() {
    let mut bench = Bench::new().await;
    let (question, answer) = bench.asked("exec", in_words(), "session").await;
    assert!(question.contains("word-credential"), "{question}");
    assert!(!question.contains(VALUE), "{question}");
    let answer = answer.to_string();
    assert!(answer.contains("--token=[redacted]"), "{answer}");
    let again = bench.unasked("exec", in_words()).await;
    assert!(again.contains("--token=[redacted]"), "{again}");
    let other = json!({"command": "mkdir {{cred:github}}"});
    let (_, refused) = bench.asked("exec", other, "deny").await;
    assert_eq!(refused["ok"], false);
}

#[tokio::test]
async fn what_was_granted_with_a_credential_runs_again_though_the_session_knows_it_now() {
    let mut bench = Bench::new().await;
    let sends = json!({"command": "curl --max-time 5 http://127.0.0.1:1/",
        "env": {"TOKEN": "{{cred:github}}"}});
    let (question, _) = bench.asked("exec", sends.clone(), "session").await;
    assert!(question.contains("env-credential"), "{question}");
    bench.unasked("exec", sends.clone()).await;
    bench.unasked("exec", sends).await;
}

#[tokio::test]
async fn no_pattern_stands_for_a_command_with_a_credential_among_its_words() {
    let mut bench = Bench::new().await;
    let call = bench.call("exec", in_words()).await;
    let question = bench.person.event("exec.approval.requested").await["payload"].clone();
    let id = &question["id"];
    let pattern = json!({"id": id, "decision": "always", "pattern": "/bin/echo *"});
    let given = bench
        .person
        .request("gatehouse.approvals.resolve", pattern)
        .await;
    assert_eq!(
        given["ok"], false,
        "another credential would fit it: {given}"
    );
    let once = json!({"id": id, "decision": "once"});
    bench.person.ask("gatehouse.approvals.resolve", once).await;
    assert_eq!(call.await.unwrap()["ok"], true);
}

#[tokio::test]
async fn nobody_is_asked_about_a_credential_in_a_text_for_a_shell() {
    let mut bench = Bench::new().await;
    for command in ["echo x > {{cred:github}}", "cat <<< '{{cred:github}}'"] {
        let told = bench.unasked("exec", json!({"command": command})).await;
        assert!(told.contains("the argument `env`"), "{told}");
    }
}

#[tokio::test]
async fn a_session_that_was_given_a_credential_asks_before_it_reaches_out() {
    for call in [in_env(), in_words()] {
        let mut bench = Bench::new().await;
        let sends = "curl https://example.com/";
        let before = bench.check(MAIN, sends).await;
        assert!(!before.contains("secret-then-network"), "{before}");
        let (_, ran) = bench.asked("exec", call, "once").await;
        assert_eq!(ran["ok"], true, "{ran}");
        let after = bench.check(MAIN, sends).await;
        assert!(after.contains("secret-then-network"), "{after}");
        let elsewhere = bench.check("agent:main:other", sends).await;
        assert!(!elsewhere.contains("secret-then-network"), "{elsewhere}");
        let page = json!({"url": "https://example.com/?ghp_Zm9v"});
        let (question, _) = bench.asked("web_fetch", page, "deny").await;
        assert!(question.contains("the credential github"), "{question}");
    }
}

#[tokio::test]
async fn a_credential_that_the_roles_forbid_is_not_used_and_the_audit_says_why() {
    let forbid = "@id(\"not here\")\nforbid (principal == Agent::\"main\", action == Action::\"credential.use\", \
                  resource == Credential::\"github\");";
    let mut bench = Bench::with(forbid, json!({})).await;
    let calls = [
        ("exec", in_env()),
        ("exec", in_words()),
        ("web_fetch", in_header()),
        ("web_fetch", in_path()),
    ];
    for (tool, args) in calls {
        let told = bench.unasked(tool, args).await;
        let wanted = "the credential github: credential.use is forbidden: not here";
        assert!(told.contains(wanted), "{told}");
    }
    let plain = bench.unasked("exec", json!({"command": "echo hi"})).await;
    assert!(plain.contains("hi"), "{plain}");
    let checked = bench.check(MAIN, "mkdir {{cred:github}}").await;
    assert!(checked.contains("not here"), "{checked}");
    let folder = bench.gateway.state.path().to_owned();
    drop(bench.person);
    bench.gateway.running.stop("the test").await;
    let store = SqliteGatewayStore::open(&folder, 0).await.unwrap();
    let rows = store.audit_rows(0, 1000).await.unwrap();
    let of = |kind: &str, text: &str| {
        let rows = rows.iter().filter(|row| row.kind == kind);
        rows.filter(|row| row.bytes.contains(text)).count()
    };
    assert_eq!(of("tool.intent", "credential.use is forbidden"), 4);
    assert_eq!(of("credential.used", ""), 0);
}

#[tokio::test]
async fn an_agent_whose_scopes_leave_credentials_out_is_given_none() {
    let rights = json!({"role": "developer", "scopes": ["read", "write", "exec", "network"]});
    let config = json!({"agents": {"defaults": {"rights": rights}}});
    let mut bench = Bench::with("", config).await;
    for (tool, args) in [("exec", in_env()), ("web_fetch", in_header())] {
        let told = bench.unasked(tool, args).await;
        let wanted = "the credential github: no policy permits credential.use";
        assert!(told.contains(wanted), "{told}");
    }
}

#[tokio::test]
async fn a_credential_that_takes_an_approval_is_asked_about_with_its_reason() {
    let asks = "@require_approval(\"it is the one for production\")\n\
                permit (principal is Agent, action == Action::\"credential.use\", resource)\n\
                when { resource.kind == \"api_key\" && resource.bound };";
    let mut bench = Bench::with(asks, json!({})).await;
    for (tool, args) in [("exec", in_env()), ("web_fetch", in_header())] {
        let (question, _) = bench.asked(tool, args, "deny").await;
        assert!(
            question.contains("it is the one for production"),
            "{question}"
        );
    }
}

#[tokio::test]
async fn a_credential_that_is_not_bound_there_or_that_there_is_not_is_refused_unasked() {
    let mut bench = Bench::new().await;
    let elsewhere = json!({"url": "https://example.com/", "headers": {"x-a": "{{cred:github}}"}});
    let told = bench.unasked("web_fetch", elsewhere).await;
    assert!(told.contains("github is not bound to"), "{told}");
    let unknown = json!({"command": "true", "env": {"TOKEN": "{{cred:gitlab}}"}});
    let told = bench.unasked("exec", unknown).await;
    assert!(told.contains("there is no credential gitlab"), "{told}");
}

#[tokio::test]
async fn an_image_with_a_value_in_it_is_withheld_and_another_one_is_shown() {
    let mut bench = Bench::new().await;
    let workspace = bench.gateway.state.path().join("workspace");
    let magic: &[u8] = b"\x89PNG\r\n\x1a\n\x00\xff";
    let reversed: String = VALUE.chars().rev().collect();
    for (name, text, shown) in [
        ("plain.png", "nothing of the kind", true),
        ("value.png", VALUE, false),
        ("reversed.png", &reversed, false),
    ] {
        let bytes = [magic, text.as_bytes(), b"\xff\x00"].concat();
        fs::write(workspace.join(name), bytes).unwrap();
        let told = bench.unasked("read", json!({"path": name})).await;
        assert_eq!(
            told.contains("image/png\",\"type\":\"image") || told.contains("iVBORw"),
            shown,
            "{told}"
        );
        assert_eq!(told.contains("withheld"), !shown, "{told}");
    }
}
