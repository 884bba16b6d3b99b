//! A gateway that is killed while a run goes on and while a question waits: what was acknowledged is there at the
//! next start, the run says that it was cut off, and its question has ended.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{ALL_SCOPES, ASK_ABOUT_COMMANDS, TestGateway, Wire, write_policy};

const FOLDER: &str = "GATEHOUSE_TEST_FOLDER";
const VICTIM: &str = "a_gateway_that_is_going_to_be_killed";
const MAIN: &str = "agent:main:main";

/// A gateway in a process of its own.
struct Victim {
    process: Child,
    address: SocketAddr,
}

impl Victim {
    fn start(folder: &Path) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", VICTIM])
            .env(FOLDER, folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = lines
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("listens on ")?.parse().ok())
            .expect("it says where it listens");
        Self { process, address }
    }

    async fn client(&self) -> Wire {
        let mut wire = Wire::dial(self.address).await;
        let answer = wire.connect(&ALL_SCOPES).await;
        assert_eq!(answer["ok"], true, "{answer}");
        wire
    }

    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

async fn again(folder: &Path) -> (TestGateway, Wire) {
    let gateway = TestGateway::with(|options| options.state_dir = folder.to_owned()).await;
    let wire = gateway.client(&ALL_SCOPES).await;
    (gateway, wire)
}

async fn history(wire: &mut Wire) -> Value {
    wire.ask("chat.history", json!({"sessionKey": MAIN})).await
}

#[tokio::test]
async fn a_run_that_was_killed_is_shown_as_cut_off_and_its_message_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let victim = Victim::start(folder.path());
    let mut wire = victim.client().await;
    let send = json!({"sessionKey": MAIN, "message": "slow: 500", "idempotencyKey": "r1"});
    wire.ask("chat.send", send.clone()).await;
    while wire.event("chat").await["payload"]["state"] != "delta" {}
    victim.kill();

    let (_gateway, mut wire) = again(folder.path()).await;
    let history = history(&mut wire).await;
    assert_eq!(history["messages"][0]["content"], "slow: 500");
    let last = history["messages"].as_array().unwrap().last().unwrap();
    assert_eq!(last["stopReason"], "aborted", "{history}");
    assert_eq!(history["inFlightRun"], Value::Null);
    assert_eq!(history["pendingInputs"]["total"], 0);
    assert_eq!(history["sessionInfo"]["status"], "failed");
    let ended = wire
        .ask("agent.wait", json!({"runId": "r1", "timeoutMs": 100}))
        .await;
    assert_eq!(ended["status"], "error");
    let same = wire.ask("chat.send", send).await;
    assert_eq!(same["runId"], "r1", "the key is known");
    assert_eq!(same["status"], "error", "and nobody waits for its end");
    assert_eq!(
        wire.ask("chat.history", json!({"sessionKey": MAIN})).await["messages"],
        history["messages"],
        "and it did not run again"
    );
}

#[tokio::test]
async fn killed_at_any_moment_after_it_was_acknowledged_a_run_is_shown_as_cut_off_or_begins_later()
{
    for pause in [0, 1, 2, 4, 8, 16, 32, 64] {
        let folder = tempfile::tempdir().unwrap();
        let victim = Victim::start(folder.path());
        let mut wire = victim.client().await;
        let send = json!({"sessionKey": MAIN, "message": "slow: 500", "idempotencyKey": "r1"});
        wire.ask("chat.send", send).await;
        tokio::time::sleep(Duration::from_millis(pause)).await;
        victim.kill();

        let (_gateway, mut wire) = again(folder.path()).await;
        let history = history(&mut wire).await;
        let messages = history["messages"].as_array().unwrap();
        if history["inFlightRun"]["runId"] == "r1" {
            // It had not begun, so that it does now.
            assert!(messages.len() <= 1, "{history}");
            continue;
        }
        assert_eq!(messages[0]["content"], "slow: 500", "{history}");
        assert_eq!(messages[1]["stopReason"], "aborted", "{history}");
        assert_eq!(messages.len(), 2, "{history}");
        assert_eq!(history["sessionInfo"]["status"], "failed", "after {pause}");
        let wait = json!({"runId": "r1", "timeoutMs": 100});
        let ended = wire.ask("agent.wait", wait).await;
        assert_eq!(ended["status"], "error", "after {pause}");
    }
}

/// What of an answer came within so much time.
async fn streamed(wire: &mut Wire, time: Duration) -> String {
    let (mut text, began) = (String::new(), Instant::now());
    while began.elapsed() < time {
        let event = wire.event("chat").await["payload"].clone();
        text.push_str(event["deltaText"].as_str().unwrap_or_default());
    }
    text
}

#[tokio::test]
async fn what_people_had_read_of_an_answer_that_was_killed_stays_as_a_part_that_was_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let victim = Victim::start(folder.path());
    let mut wire = victim.client().await;
    let send = json!({"sessionKey": MAIN, "message": "slow: 500", "idempotencyKey": "r1"});
    wire.ask("chat.send", send).await;
    let streamed = streamed(&mut wire, Duration::from_secs(4)).await;
    victim.kill();

    let (gateway, mut wire) = again(folder.path()).await;
    let messages = history(&mut wire).await["messages"].clone();
    assert_eq!(messages.as_array().unwrap().len(), 2, "{messages}");
    assert_eq!(messages[1]["stopReason"], "aborted");
    assert!(messages[1]["errorMessage"].is_string(), "{messages}");
    let kept = messages[1]["content"][0]["text"]
        .as_str()
        .unwrap_or_default();
    assert!(!kept.is_empty(), "nothing of “{streamed}” is kept");
    assert!(
        streamed.starts_with(kept.trim_end()),
        "{kept} of {streamed}"
    );
    gateway.running.stop("test").await;

    let (_gateway, mut wire) = again(folder.path()).await;
    assert_eq!(
        history(&mut wire).await["messages"],
        messages,
        "it is kept once"
    );
    let send = json!({"sessionKey": MAIN, "message": "hello", "idempotencyKey": "r2"});
    wire.ask("chat.send", send).await;
    assert_eq!(
        ended(&mut wire, "r2").await["status"],
        "ok",
        "a model takes it"
    );
}

#[tokio::test]
async fn an_answer_that_was_whole_before_the_kill_is_there_once() {
    let folder = tempfile::tempdir().unwrap();
    let victim = Victim::start(folder.path());
    let mut wire = victim.client().await;
    let send = json!({"sessionKey": MAIN, "message": "slow: 10", "idempotencyKey": "r1"});
    wire.ask("chat.send", send).await;
    assert_eq!(ended(&mut wire, "r1").await["status"], "ok");
    let before = history(&mut wire).await["messages"].clone();
    let slow = json!({"sessionKey": MAIN, "message": "slow: 500", "idempotencyKey": "r2"});
    wire.ask("chat.send", slow).await;
    while wire.event("chat").await["payload"]["runId"] != "r2" {}
    victim.kill();

    let (_gateway, mut wire) = again(folder.path()).await;
    let messages = history(&mut wire).await["messages"].clone();
    assert_eq!(messages.as_array().unwrap().len(), 4, "{messages}");
    for (at, message) in before.as_array().unwrap().iter().enumerate() {
        assert_eq!(&messages[at], message);
    }
}

async fn ended(wire: &mut Wire, run: &str) -> Value {
    let wait = json!({"runId": run, "timeoutMs": 60_000});
    wire.ask("agent.wait", wait).await
}

async fn queue_up(wire: &mut Wire) {
    for (run, message) in [("b", "slow: 500"), ("c", "first"), ("d", "second")] {
        let send = json!({"sessionKey": MAIN, "message": message, "idempotencyKey": run,
            "queueMode": "followup"});
        assert_eq!(wire.ask("chat.send", send).await["status"], "started");
        if run == "b" {
            while wire.event("chat").await["payload"]["state"] != "delta" {}
        }
    }
    let waiting = history(wire).await["pendingInputs"].clone();
    assert_eq!(waiting["total"], 2, "{waiting}");
    assert!(
        waiting["items"][0]["message"].get("asked").is_none(),
        "{waiting}"
    );
}

/// Of each message who said it, and what if a person did.
fn said(history: &Value) -> Vec<(&str, &str)> {
    let messages = history["messages"].as_array().unwrap().iter();
    let said = messages.map(|message| {
        let text = message["content"].as_str().unwrap_or_default();
        (message["role"].as_str().unwrap(), text)
    });
    said.collect()
}

const IN_ORDER: [(&str, &str); 6] = [
    ("user", "slow: 500"),
    ("assistant", ""),
    ("user", "first"),
    ("assistant", ""),
    ("user", "second"),
    ("assistant", ""),
];

#[tokio::test]
async fn what_waited_for_its_turn_when_the_gateway_was_killed_is_run_behind_what_was_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let victim = Victim::start(folder.path());
    let mut wire = victim.client().await;
    queue_up(&mut wire).await;
    victim.kill();

    let (gateway, mut wire) = again(folder.path()).await;
    for (run, status) in [("b", "error"), ("c", "ok"), ("d", "ok")] {
        let ended = ended(&mut wire, run).await;
        assert_eq!(ended["status"], status, "{run}: {ended}");
    }
    let after = history(&mut wire).await;
    assert_eq!(said(&after), IN_ORDER);
    assert_eq!(after["messages"][1]["stopReason"], "aborted");
    assert_eq!(after["pendingInputs"]["total"], 0);
    gateway.running.stop("test").await;

    let (_gateway, mut wire) = again(folder.path()).await;
    assert_eq!(said(&history(&mut wire).await), IN_ORDER, "each ran once");
}

#[tokio::test]
async fn what_waited_for_its_turn_at_an_orderly_stop_is_run_by_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let first = TestGateway::with(|options| {
        options.state_dir = folder.path().to_owned();
        options.limits.drain = Duration::from_millis(100);
    });
    let first = first.await;
    queue_up(&mut first.client(&ALL_SCOPES).await).await;
    first.running.stop("test").await;

    let (_gateway, mut wire) = again(folder.path()).await;
    for (run, status) in [("b", "error"), ("c", "ok"), ("d", "ok")] {
        let ended = ended(&mut wire, run).await;
        assert_eq!(ended["status"], status, "{run}: {ended}");
    }
    assert_eq!(said(&history(&mut wire).await), IN_ORDER);
}

#[tokio::test]
async fn a_question_of_a_killed_run_has_ended_and_says_that_nothing_ran() {
    let folder = tempfile::tempdir().unwrap();
    write_policy(folder.path(), ASK_ABOUT_COMMANDS);
    let victim = Victim::start(folder.path());
    let mut wire = victim.client().await;
    let send =
        json!({"sessionKey": MAIN, "message": "exec: touch never.txt", "idempotencyKey": "r1"});
    wire.ask("chat.send", send).await;
    let question = wire.event("exec.approval.requested").await["payload"].clone();
    victim.kill();

    let (_gateway, mut wire) = again(folder.path()).await;
    assert_eq!(wire.ask("exec.approval.list", json!({})).await, json!([]));
    let history = wire.ask("approval.history", json!({})).await;
    assert_eq!(history["items"][0]["id"], question["id"], "it is not lost");
    assert_eq!(history["items"][0]["status"], "cancelled");
    assert_eq!(history["items"][0]["reason"], "gateway-restart");
    support::schema::assert_valid("ApprovalHistoryResult", &history);
    let allow = json!({"id": question["id"], "kind": "exec", "decision": "allow-once"});
    let answer = wire.ask("approval.resolve", allow).await;
    assert_eq!(
        (&answer["applied"], &answer["approval"]["status"]),
        (&json!(false), &json!("cancelled")),
        "nobody is told that it was allowed"
    );
    // A run after it has had every chance.
    let send = json!({"message": "hello", "sessionKey": MAIN, "idempotencyKey": "r2"});
    wire.ask("agent", send).await;
    wire.ask("agent.wait", json!({"runId": "r2", "timeoutMs": 110_000}))
        .await;
    assert!(!folder.path().join("workspace/never.txt").exists());
    let text = self::history(&mut wire).await["messages"].to_string();
    assert!(text.contains("Nothing of it ran"), "{text}");
    assert!(!text.contains("is not known"), "{text}");

    let records = wire
        .ask(
            "gatehouse.audit.list",
            json!({"kinds": ["tool.outcome", "approval.cancelled"]}),
        )
        .await;
    let records = records["records"].as_array().unwrap();
    let of = |kind: &str| {
        records
            .iter()
            .find(|record| record["kind"] == kind)
            .unwrap()
    };
    assert_eq!(of("tool.outcome")["outcome"], "not_run");
    assert_eq!(
        of("approval.cancelled")["json"]["detail"]["reason"],
        "gateway-restart"
    );
}

#[tokio::test]
async fn what_another_client_asked_about_still_waits_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let victim = Victim::start(folder.path());
    let mut wire = victim.client().await;
    let ask = json!({"id": "theirs", "command": "make", "twoPhase": true});
    wire.ask("exec.approval.request", ask).await;
    victim.kill();

    let (_gateway, mut wire) = again(folder.path()).await;
    let list = wire.ask("exec.approval.list", json!({})).await;
    assert_eq!(list[0]["id"], "theirs", "its asker may come back for it");
}

#[tokio::test]
#[ignore = "not a test of its own: the process that the tests above start and kill"]
async fn a_gateway_that_is_going_to_be_killed() {
    let folder = std::env::var_os(FOLDER).expect("started by a test above");
    let gateway = TestGateway::with(|options| options.state_dir = folder.into()).await;
    println!("listens on {}", gateway.address());
    std::future::pending::<()>().await;
}
