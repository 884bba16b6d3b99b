//! What is typed into a program that a call left running, over real sockets and with real processes; and what a person
//! is shown of what a call brings beside its command.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod support;

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use support::{ALL_SCOPES, TestGateway, Wire, another_person};
use tokio::task::JoinHandle;

const MAIN: &str = "agent:main:main";

const ASKS_ABOUT_PAGES: &str =
    r#"{ rules: [{ id: "pages", verdict: "ask", match: { tool: "web_fetch" } }] }"#;

/// A gateway with the policy that it begins with but for pages, a person, and a client that calls tools for an agent.
struct Bench {
    gateway: TestGateway,
    person: Wire,
    caller: Wire,
}

impl Bench {
    async fn new() -> Self {
        let gateway = TestGateway::with_policy(ASKS_ABOUT_PAGES).await;
        std::fs::create_dir_all(gateway.state.path().join("workspace")).unwrap();
        Self {
            person: another_person(&gateway).await,
            caller: gateway.client(&ALL_SCOPES).await,
            gateway,
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.gateway.state.path().join("workspace").join(name)
    }

    async fn call(&self, name: &str, args: Value) -> JoinHandle<Value> {
        let mut wire = self
            .gateway
            .client(&["operator.read", "operator.write"])
            .await;
        let params = json!({"name": name, "args": args, "sessionKey": MAIN});
        tokio::spawn(async move { wire.ask("tools.invoke", params).await })
    }

    /// Calls a tool that is asked about; the question, and the call, which goes on meanwhile.
    async fn asked(&mut self, name: &str, args: Value) -> (Value, JoinHandle<Value>) {
        let call = self.call(name, args).await;
        let question = self.person.event("exec.approval.requested").await;
        (question["payload"].clone(), call)
    }

    async fn answer(&mut self, question: &Value, decision: &str) -> Value {
        let params = json!({"id": question["id"], "decision": decision});
        self.person.ask("gatehouse.approvals.resolve", params).await
    }

    /// Leaves a program running that a person lets run.
    async fn starts(&mut self, command: &str) -> (Value, String) {
        let args = json!({"command": command, "background": true});
        let (question, call) = self.asked("exec", args).await;
        self.answer(&question, "once").await;
        let session = find(&call.await.unwrap(), "sessionId");
        (question, session)
    }
}

/// The first text of this name in an answer, however deep it lies.
fn find(value: &Value, name: &str) -> String {
    let text = value.to_string();
    let begin = text.split(&format!("\"{name}\":\"")).nth(1);
    let found = begin.and_then(|rest| rest.split('"').next());
    found.unwrap_or_else(|| panic!("{text}")).to_owned()
}

#[tokio::test]
async fn a_yes_to_a_shell_is_no_yes_to_what_it_is_told_later() {
    let mut bench = Bench::new().await;
    let (question, session) = bench.starts("bash").await;
    let request = &question["request"];
    assert_eq!(request["analysis"]["dangerous"], true, "{request}");
    assert_eq!(request["choices"], json!(["once", "edit", "deny"]));

    let typed = json!({"action": "write", "sessionId": session, "data": "echo done > made.txt\n"});
    let (question, call) = bench.asked("process", typed.clone()).await;
    let request = &question["request"];
    let shown = request["command"].as_str().unwrap();
    assert!(
        shown.ends_with("\"echo done > made.txt\\n\" into bash"),
        "{shown}"
    );
    bench.answer(&question, "deny").await;
    let told = call.await.unwrap().to_string();
    assert!(told.contains("denied"), "{told}");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!bench.file("made.txt").exists());

    let (question, call) = bench.asked("process", typed).await;
    bench.answer(&question, "once").await;
    assert_eq!(call.await.unwrap()["ok"], true);
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if bench.file("made.txt").exists() {
            return;
        }
    }
    panic!("what a person allowed was typed");
}

#[tokio::test]
async fn a_shell_that_runs_is_told_nothing_that_is_denied() {
    let mut bench = Bench::new().await;
    let (_, session) = bench.starts("bash").await;
    let typed = json!({"action": "write", "sessionId": session, "data": "rm -rf /\n"});
    let told = bench
        .call("process", typed)
        .await
        .await
        .unwrap()
        .to_string();
    assert!(told.contains("policy"), "{told}");
    let ended = json!({"action": "kill", "sessionId": session});
    let ended = bench.call("process", ended).await.await.unwrap();
    assert_eq!(ended["ok"], true, "to end it takes no question: {ended}");
}

#[tokio::test]
async fn a_person_is_shown_the_values_and_the_headers_of_a_call() {
    let mut bench = Bench::new().await;
    let args = json!({"command": "ls", "env": {"HTTPS_PROXY": "http://evil.test:1"}});
    let (question, call) = bench.asked("exec", args).await;
    let shown = question["request"]["analysis"]["findings"].to_string();
    assert!(shown.contains("http://evil.test:1"), "{shown}");
    let warning = question["request"]["warningText"].as_str().unwrap();
    assert!(
        warning.contains("HTTPS_PROXY=http://evil.test:1"),
        "{warning}"
    );
    bench.answer(&question, "deny").await;
    call.await.unwrap();

    let args = json!({"command": "git fetch", "env": {"GIT_SSH_COMMAND": "./x.sh"}});
    let params = json!({"name": "exec", "args": args, "sessionKey": MAIN});
    let told = bench.caller.ask("tools.invoke", params).await.to_string();
    assert!(told.contains("GIT_SSH_COMMAND=./x.sh"), "{told}");

    let args = json!({"url": "https://example.com/", "headers": {"x-a": "EXFIL-DATA"}});
    let (question, call) = bench.asked("web_fetch", args).await;
    let request = &question["request"];
    assert_eq!(
        request["command"],
        "web_fetch https://example.com/ with x-a: EXFIL-DATA"
    );
    let warning = request["warningText"].as_str().unwrap();
    assert!(
        warning.contains("sends the header x-a: EXFIL-DATA"),
        "{warning}"
    );
    bench.answer(&question, "deny").await;
    call.await.unwrap();
}
