//! What was allowed or offered, and is not any more: an answer "always" that ended, was revoked or is for another
//! script, and commands that are turned off while a question waits.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gatehouse_gateway::StartOptions;
use gatehouse_gateway::config::{Env, Flags, SecretFlag, prepare};
use gatehouse_protocol::Secret;
use serde_json::{Value, json};
use support::{
    ASK_ABOUT_COMMANDS, PATIENCE, TOKEN, TestGateway, Wire, another_person, write_policy,
};
use tokio::task::JoinHandle;

const MAIN: &str = "agent:main:main";
const OTHER: &str = "agent:main:other";

/// With a mode that somebody wrote: only such a one asks under a policy that observes.
const CONFIGURATION: &str = r#"{gateway: {port: 0}, tools: {exec: {mode: "ask"}}}"#;

/// A policy that holds nothing up: the exec mode alone asks.
const OBSERVE: &str = r#"{ preset: "observe" }"#;

/// A script that the policy would ask about, as `ping` may ask another machine. It leaves a word behind.
fn script(word: &str) -> String {
    format!("ping -c1 127.0.0.1 >ping.txt 2>&1\necho {word} > said.txt\n")
}

struct Bench {
    gateway: TestGateway,
    person: Wire,
}

impl Bench {
    async fn new(policy: &str) -> Self {
        let gateway = TestGateway::with(|options| {
            let folder = options.state_dir.clone();
            write_policy(&folder, policy);
            fs::write(folder.join("gatehouse.json"), CONFIGURATION).unwrap();
            let flags = Flags {
                token: Secret::new(TOKEN).map(SecretFlag::Text),
                ..Flags::default()
            };
            let prepared = prepare(&folder, &flags, &Env::new()).unwrap();
            *options = StartOptions::prepared(prepared, Env::new(), folder);
        })
        .await;
        fs::create_dir_all(gateway.state.path().join("workspace")).unwrap();
        let bench = Self {
            person: another_person(&gateway).await,
            gateway,
        };
        fs::write(bench.file("s.sh"), script("first")).unwrap();
        bench
    }

    fn file(&self, name: &str) -> PathBuf {
        self.gateway.state.path().join("workspace").join(name)
    }

    async fn call(&self, session: &str, tool: &str, args: Value) -> JoinHandle<Value> {
        let scopes = ["operator.read", "operator.write"];
        let mut wire = self.gateway.client(&scopes).await;
        let params = json!({"name": tool, "args": args, "sessionKey": session});
        tokio::spawn(async move { wire.ask("tools.invoke", params).await })
    }

    async fn exec(&self, session: &str, command: &str) -> JoinHandle<Value> {
        self.call(session, "exec", json!({"command": command}))
            .await
    }

    /// The question about a command, and the call, which waits for the answer.
    async fn asked(&mut self, session: &str, command: &str) -> (Value, JoinHandle<Value>) {
        let call = self.exec(session, command).await;
        let question = self.person.event("exec.approval.requested").await;
        (question["payload"]["id"].clone(), call)
    }

    /// It is asked about, and a person says no.
    async fn asks_again(&mut self, session: &str) {
        let (id, call) = self.asked(session, "sh s.sh").await;
        self.answer(&id, "deny").await;
        assert_eq!(call.await.unwrap()["ok"], false);
    }

    async fn runs_unasked(&self, session: &str) {
        let _ = fs::remove_file(self.file("said.txt"));
        let call = self.exec(session, "sh s.sh").await;
        assert_eq!(call.await.unwrap()["ok"], true);
        assert!(self.file("said.txt").exists());
    }

    async fn answer(&mut self, id: &Value, decision: &str) {
        let answer = json!({"id": id, "decision": decision});
        self.person.ask("exec.approval.resolve", answer).await;
    }

    /// Allows the script for always.
    async fn always(&mut self) {
        let (id, call) = self.asked(MAIN, "sh s.sh").await;
        self.answer(&id, "allow-always").await;
        assert_eq!(call.await.unwrap()["ok"], true);
        self.runs_unasked(OTHER).await;
    }

    async fn grants(&mut self) -> Vec<Value> {
        let listed = self.person.ask("gatehouse.grants.list", json!({})).await;
        listed["grants"].as_array().unwrap().clone()
    }

    /// The published document, with its hash.
    async fn document(&mut self) -> (Value, Value) {
        let shown = self.person.ask("exec.approvals.get", json!({})).await;
        (shown["file"].clone(), shown["hash"].clone())
    }

    async fn entries(&mut self) -> Vec<Value> {
        let list = self.document().await.0["agents"]["main"]["allowlist"].clone();
        list.as_array().cloned().unwrap_or_default()
    }

    async fn set_document(&mut self, change: impl FnOnce(&mut Value)) {
        let (mut file, hash) = self.document().await;
        change(&mut file);
        let set = json!({"file": file, "baseHash": hash});
        self.person.ask("exec.approvals.set", set).await;
    }

    async fn patch(&mut self, raw: &str) {
        let hash = self.person.ask("config.get", json!({})).await["hash"].clone();
        let patch = json!({"raw": raw, "baseHash": hash});
        self.person.ask("config.patch", patch).await;
    }
}

#[tokio::test]
async fn always_is_for_the_script_as_it_was_whoever_changes_it() {
    for policy in [ASK_ABOUT_COMMANDS, OBSERVE] {
        let mut bench = Bench::new(policy).await;
        bench.always().await;
        fs::write(bench.file("s.sh"), script("second")).unwrap();
        bench.asks_again(MAIN).await;

        bench.always().await;
        let third = json!({"path": "s.sh", "content": script("third")});
        let written = bench.call(MAIN, "write", third).await;
        assert_eq!(written.await.unwrap()["ok"], true);
        for session in [MAIN, OTHER] {
            bench.asks_again(session).await;
        }
        let said = fs::read_to_string(bench.file("said.txt")).unwrap();
        assert_eq!(said, "second\n", "nothing ran that nobody allowed");
    }
}

#[tokio::test]
async fn always_ends_at_its_time() {
    for policy in [ASK_ABOUT_COMMANDS, OBSERVE] {
        let mut bench = Bench::new(policy).await;
        let (id, call) = bench.asked(MAIN, "sh s.sh").await;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let until = now.as_millis() as u64 + 5_000;
        let always = json!({"id": id, "decision": "always", "until": until});
        let method = "gatehouse.approvals.resolve";
        bench.person.ask(method, always).await;
        call.await.unwrap();
        assert_eq!(bench.entries().await.len(), 1);
        let ended = async {
            while !bench.entries().await.is_empty() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let ended = tokio::time::timeout(PATIENCE, ended).await;
        ended.expect("the entry goes with its grant");
        bench.asks_again(MAIN).await;
    }
}

#[tokio::test]
async fn always_ends_when_its_grant_is_revoked_or_its_entry_is_left_out() {
    for policy in [ASK_ABOUT_COMMANDS, OBSERVE] {
        let mut bench = Bench::new(policy).await;
        bench.always().await;
        let grant = bench.grants().await[0]["id"].clone();
        let entry = bench.entries().await[0].clone();
        assert_eq!(entry["id"], grant, "each shows the other");
        assert!(entry["lastUsedAt"].is_number(), "{entry}");
        let revoke = json!({"id": grant});
        let revoked = bench.person.ask("gatehouse.grants.revoke", revoke).await;
        assert_eq!(revoked["revoked"], true);
        assert_eq!(bench.entries().await, [] as [Value; 0]);
        bench.asks_again(MAIN).await;

        bench.always().await;
        let left_out = |file: &mut Value| file["agents"]["main"]["allowlist"] = json!([]);
        bench.set_document(left_out).await;
        assert!(bench.grants().await.is_empty());
        bench.asks_again(MAIN).await;
    }
}

#[tokio::test]
async fn an_entry_of_always_without_a_grant_lets_nothing_run() {
    for policy in [ASK_ABOUT_COMMANDS, OBSERVE] {
        let mut bench = Bench::new(policy).await;
        bench.always().await;
        // As those that were written before entries had their grant's id.
        let alone = |file: &mut Value| file["agents"]["main"]["allowlist"][0]["id"] = json!("old");
        bench.set_document(alone).await;
        assert_eq!(bench.entries().await[0]["id"], "old");
        bench.asks_again(MAIN).await;
        let unmarked = |file: &mut Value| {
            let entry = &mut file["agents"]["main"]["allowlist"][0];
            entry.as_object_mut().unwrap().remove("source");
        };
        bench.set_document(unmarked).await;
        bench.asks_again(MAIN).await;
    }
}

#[tokio::test]
async fn a_mode_that_asks_nobody_lets_run_what_always_was_said_to_and_no_other_script() {
    for policy in [ASK_ABOUT_COMMANDS, OBSERVE] {
        let mut bench = Bench::new(policy).await;
        bench.always().await;
        bench.patch("{tools: {exec: {mode: 'allowlist'}}}").await;
        bench.runs_unasked(MAIN).await;
        fs::remove_file(bench.file("said.txt")).unwrap();
        fs::write(bench.file("s.sh"), script("second")).unwrap();
        let refused = bench.exec(MAIN, "sh s.sh").await.await.unwrap();
        assert_eq!(refused["ok"], false, "{refused}");
        assert!(!bench.file("said.txt").exists());
        let waiting = bench.person.ask("exec.approval.list", json!({})).await;
        assert_eq!(waiting, json!([]), "nobody is asked");
    }
}

#[tokio::test]
async fn commands_that_are_turned_off_while_a_question_waits_do_not_run() {
    for off in ["mode", "tool", "document"] {
        let mut bench = Bench::new(ASK_ABOUT_COMMANDS).await;
        let (id, call) = bench.asked(MAIN, "touch made.txt").await;
        match off {
            "mode" => bench.patch("{tools: {exec: {mode: 'deny'}}}").await,
            "tool" => bench.patch("{tools: {deny: ['exec']}}").await,
            _ => {
                let deny = |file: &mut Value| file["defaults"] = json!({"security": "deny"});
                bench.set_document(deny).await;
            }
        }
        bench.answer(&id, "allow-once").await;
        let result = call.await.unwrap();
        assert_eq!(result["ok"], false, "{off}: {result}");
        assert!(!bench.file("made.txt").exists(), "{off}");
    }
}
