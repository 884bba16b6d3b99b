//! What one session may not do, it does not get done by another: not by one that it begins, and not by one that it
//! writes to.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::bench::{Bench, MAIN};

const QUIET: &str = "agent:main:quiet";
const CHAT: &str = "agent:main:telegram:group:1";

/// Nothing is asked about but what a test says.
const OPEN: &str = "{}";
const NOT_FROM_CHATS: &str = r#"{ rules: [{ id: "chats", verdict: "deny",
    match: { tool: "exec", channels: "telegram" } }] }"#;

impl Bench {
    async fn session(&mut self, key: &str, patch: Value) {
        self.person
            .ask("sessions.create", json!({"key": key}))
            .await;
        let mut params = patch;
        params["key"] = json!(key);
        self.person.ask("sessions.patch", params).await;
    }

    /// Somebody says something in a session; when this returns, its run has ended.
    async fn says(&mut self, key: &str, text: &str) {
        let id = format!("{key}-{}", text.len());
        let send = json!({"sessionKey": key, "message": text, "idempotencyKey": id});
        let run = self.person.ask("chat.send", send).await["runId"].clone();
        let wait = json!({"runId": run, "timeoutMs": 110_000});
        let ended = self.person.ask("agent.wait", wait).await;
        assert_ne!(ended["status"], "timeout", "{ended}");
    }

    /// Until the session was told what became of its sub-agent.
    async fn hears_of_its_child(&mut self, key: &str) {
        loop {
            let history = self
                .person
                .ask("chat.history", json!({"sessionKey": key}))
                .await;
            if history["messages"]
                .to_string()
                .contains("[Subagent Result]")
            {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    fn made(&self) -> PathBuf {
        self.file("made.txt")
    }
}

/// What a model writes to have another session run a command.
fn tells(key: &str, message: &str) -> String {
    let told = json!({"sessionKey": key, "message": message});
    format!("tool: sessions_send {told}")
}

#[tokio::test]
async fn a_command_that_a_session_may_not_run_its_sub_agents_do_not_run_either() {
    for (mode, runs) in [(json!({}), true), (json!({"execSecurity": "deny"}), false)] {
        let mut bench = Bench::with_policy(OPEN).await;
        bench.session(QUIET, mode.clone()).await;
        bench.says(QUIET, "spawn: exec: mkdir made.txt").await;
        bench.hears_of_its_child(QUIET).await;
        assert_eq!(bench.made().exists(), runs, "{mode}");
    }
}

#[tokio::test]
async fn where_a_session_always_asks_its_sub_agents_ask_too() {
    let mut bench = Bench::with_policy(OPEN).await;
    bench.session(QUIET, json!({"execAsk": "always"})).await;
    bench.says(QUIET, "spawn: exec: date > made.txt").await;
    let question = bench.person.event("exec.approval.requested").await["payload"].clone();
    let asks = question["request"]["sessionKey"].as_str().unwrap();
    assert!(asks.contains(":subagent:"), "{question}");
    bench.resolve(&question, json!({"decision": "deny"})).await;
    bench.hears_of_its_child(QUIET).await;
    assert!(!bench.made().exists());
}

#[tokio::test]
async fn a_session_does_not_run_for_another_what_that_one_may_not_run() {
    for (policy, from, mode, runs) in [
        (OPEN, QUIET, json!({}), true),
        (OPEN, QUIET, json!({"execSecurity": "deny"}), false),
        (NOT_FROM_CHATS, QUIET, json!({}), true),
        (NOT_FROM_CHATS, CHAT, json!({}), false),
    ] {
        let mut bench = Bench::with_policy(policy).await;
        bench.session(MAIN, json!({})).await;
        bench.session(from, mode.clone()).await;
        bench
            .says(from, &tells(MAIN, "exec: date > made.txt"))
            .await;
        assert_eq!(bench.made().exists(), runs, "{from} {mode}");
        bench.says(MAIN, "exec: date > made.txt").await;
        assert!(bench.made().exists(), "a person says so there");
    }
}

#[tokio::test]
async fn nor_does_a_third_one_or_a_sub_agent_of_the_one_that_was_told() {
    let on = tells("agent:main:third", "exec: date > made.txt");
    for message in [on.as_str(), "spawn: exec: date > made.txt"] {
        let mut bench = Bench::with_policy(NOT_FROM_CHATS).await;
        bench.session(MAIN, json!({})).await;
        bench.session(CHAT, json!({})).await;
        bench.session("agent:main:third", json!({})).await;
        bench.says(CHAT, &tells(MAIN, message)).await;
        if message.starts_with("spawn") {
            bench.hears_of_its_child(MAIN).await;
        }
        assert!(!bench.made().exists(), "{message}");
    }
}

#[tokio::test]
async fn what_was_granted_to_a_session_is_asked_about_when_another_tells_it_to() {
    let mut bench = Bench::new().await;
    let (question, call) = bench.exec("touch made.txt").await;
    bench
        .resolve(&question, json!({"decision": "session"}))
        .await;
    call.await.unwrap();
    std::fs::remove_file(bench.made()).unwrap();
    bench.session(MAIN, json!({})).await;
    bench.session(QUIET, json!({})).await;
    let told = tells(MAIN, "exec: touch made.txt");
    let send = json!({"sessionKey": QUIET, "message": told, "idempotencyKey": "told"});
    bench.person.ask("chat.send", send).await;
    let question = bench.person.event("exec.approval.requested").await["payload"].clone();
    assert_eq!(question["request"]["sessionKey"], MAIN, "{question}");
    bench.resolve(&question, json!({"decision": "deny"})).await;
    assert!(!bench.made().exists());
}

#[tokio::test]
async fn nothing_is_said_by_an_agent_where_nothing_may_be_said() {
    let mut bench = Bench::with_policy(OPEN).await;
    bench.session(QUIET, json!({})).await;
    let shut = "agent:main:shut";
    bench.session(shut, json!({"sendPolicy": "deny"})).await;
    bench
        .says(QUIET, &tells(shut, "exec: date > made.txt"))
        .await;
    assert!(!bench.made().exists());
}

#[tokio::test]
async fn a_fork_is_held_to_what_it_was_forked_from() {
    let mut bench = Bench::with_policy(NOT_FROM_CHATS).await;
    bench.session(CHAT, json!({"execAsk": "always"})).await;
    bench.says(CHAT, "hello").await;
    let history = bench
        .person
        .ask("chat.history", json!({"sessionKey": CHAT}))
        .await;
    let last = history["messages"].as_array().unwrap().last().unwrap();
    let params = json!({"sessionKey": CHAT, "entryId": last["__openclaw"]["id"]});
    let fork = bench.person.ask("sessions.fork", params).await["sessionKey"].clone();
    let described = bench
        .person
        .ask("sessions.describe", json!({"key": fork}))
        .await;
    assert!(
        described.to_string().contains("\"execAsk\":\"always\""),
        "{described}"
    );
    bench
        .says(fork.as_str().unwrap(), "exec: date > made.txt")
        .await;
    assert!(!bench.made().exists());
}
