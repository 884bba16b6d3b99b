//! Approvals over real sockets, with a run that waits for them.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use support::schema::assert_valid;
use support::{ALL_SCOPES, TestGateway, Wire, another_person};

const MAIN: &str = "agent:main:main";

/// Starts a run whose model wants to run a command, and gives the question about it.
async fn asked(wire: &mut Wire, key: &str, command: &str) -> Value {
    let message = format!("exec: {command}");
    let params = json!({"sessionKey": MAIN, "message": message, "idempotencyKey": key});
    wire.ask("chat.send", params).await;
    wire.event("exec.approval.requested").await["payload"].clone()
}

async fn ended(wire: &mut Wire, run: &str) -> Value {
    loop {
        let payload = wire.event("chat").await["payload"].clone();
        let last = !matches!(payload["state"].as_str(), Some("delta" | "status"));
        if payload["runId"] == run && last {
            return payload;
        }
    }
}

fn workspace(gateway: &TestGateway) -> std::path::PathBuf {
    gateway.state.path().join("workspace")
}

#[tokio::test]
async fn a_command_waits_for_the_answer_and_runs_then() {
    let gateway = TestGateway::asking().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let question = asked(&mut wire, "r1", "touch made.txt").await;
    let request = &question["request"];
    assert_eq!(request["command"], "touch made.txt");
    assert_eq!(request["sessionKey"], MAIN);
    assert!(
        request["resolvedPath"]
            .as_str()
            .unwrap()
            .ends_with("/touch")
    );
    assert!(
        !workspace(&gateway).join("made.txt").exists(),
        "not before the answer"
    );

    let list = wire.ask("exec.approval.list", json!({})).await;
    assert_eq!(list[0]["id"], question["id"]);
    let get = wire
        .ask("approval.get", json!({"id": question["id"]}))
        .await;
    assert_valid("ApprovalGetResult", &get);
    let resolve = json!({"id": question["id"], "kind": "exec", "decision": "allow-once"});
    let resolved = wire.ask("approval.resolve", resolve).await;
    assert_valid("ApprovalResolveResult", &resolved);
    assert_eq!(resolved["applied"], true);
    let told = wire.event("exec.approval.resolved").await;
    assert_eq!(told["payload"]["decision"], "allow-once");
    assert_eq!(told["payload"]["resolvedBy"], "Test");
    assert_eq!(ended(&mut wire, "r1").await["state"], "final");
    assert!(workspace(&gateway).join("made.txt").exists());

    let tools: Vec<_> = wire
        .events
        .iter()
        .filter(|e| e["payload"]["stream"] == "tool")
        .collect();
    let phases: Vec<_> = tools
        .iter()
        .map(|e| &e["payload"]["data"]["phase"])
        .collect();
    assert_eq!(phases.first(), Some(&&json!("start")));
    assert_eq!(phases.last(), Some(&&json!("result")));
    let history = wire.ask("approval.history", json!({})).await;
    assert_valid("ApprovalHistoryResult", &history);
    assert_eq!(history["items"][0]["status"], "allowed");
    assert_eq!(wire.ask("exec.approval.list", json!({})).await, json!([]));
}

#[tokio::test]
async fn a_denied_command_does_not_run_and_the_second_answer_changes_nothing() {
    let gateway = TestGateway::asking().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let question = asked(&mut wire, "r1", "touch never.txt").await;
    let deny = json!({"id": question["id"], "decision": "deny"});
    let ok = wire.ask("exec.approval.resolve", deny).await;
    assert_eq!(ok, json!({"ok": true}));
    let late = json!({"id": question["id"], "decision": "allow-once"});
    let refused = wire.request("exec.approval.resolve", late).await;
    assert_eq!(
        refused["error"]["details"]["reason"],
        "APPROVAL_ALREADY_RESOLVED"
    );
    let late = json!({"id": question["id"], "kind": "exec", "decision": "allow-once"});
    let shown = wire.ask("approval.resolve", late).await;
    assert_eq!(
        (&shown["applied"], &shown["approval"]["status"]),
        (&json!(false), &json!("denied"))
    );
    ended(&mut wire, "r1").await;
    assert!(!workspace(&gateway).join("never.txt").exists());
}

#[tokio::test]
async fn of_two_people_who_answer_at_once_one_decides() {
    let gateway = TestGateway::asking().await;
    let mut one = gateway.client(&ALL_SCOPES).await;
    let mut other = another_person(&gateway).await;
    let question = asked(&mut one, "r1", "touch made.txt").await;
    assert_eq!(
        other.event("exec.approval.requested").await["payload"],
        question
    );
    let resolve =
        |decision: &str| json!({"id": question["id"], "kind": "exec", "decision": decision});
    let (yes, no) = tokio::join!(
        one.ask("approval.resolve", resolve("allow-once")),
        other.ask("approval.resolve", resolve("deny")),
    );
    assert_ne!(yes["applied"], no["applied"], "one of the two");
    assert_eq!(yes["approval"], no["approval"], "both see what is recorded");
    ended(&mut one, "r1").await;
    let ran = workspace(&gateway).join("made.txt").exists();
    assert_eq!(ran, yes["applied"] == true);
}

#[tokio::test]
async fn with_nobody_to_ask_the_command_is_denied_at_once() {
    let gateway = TestGateway::asking().await;
    // Neither holds the scope to answer.
    let mut wire = gateway.client(&["operator.read", "operator.write"]).await;
    let params = json!({"sessionKey": MAIN, "message": "exec: touch a", "idempotencyKey": "r1"});
    wire.ask("chat.send", params).await;
    ended(&mut wire, "r1").await;
    let history = wire.ask("chat.history", json!({"sessionKey": MAIN})).await;
    let text = history["messages"].to_string();
    assert!(
        text.contains("nobody who could give one is connected"),
        "{text}"
    );
    assert!(!workspace(&gateway).join("a").exists());
}

#[tokio::test]
async fn a_line_for_a_shell_is_not_said_to_be_the_shell() {
    let gateway = TestGateway::asking().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    for (run, line) in [
        ("r1", "touch a.txt; touch b.txt"),
        ("r2", "no-such-program a"),
    ] {
        let question = asked(&mut wire, run, line).await;
        assert_eq!(question["request"]["resolvedPath"], Value::Null, "{line}");
        let deny = json!({"id": question["id"], "kind": "exec", "decision": "deny"});
        wire.ask("approval.resolve", deny).await;
        ended(&mut wire, run).await;
    }
}

#[tokio::test]
async fn always_lets_the_same_command_run_without_a_question() {
    let gateway = TestGateway::asking().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let question = asked(&mut wire, "r1", "touch made.txt").await;
    let always = json!({"id": question["id"], "decision": "allow-always"});
    wire.ask("exec.approval.resolve", always).await;
    ended(&mut wire, "r1").await;
    std::fs::remove_file(workspace(&gateway).join("made.txt")).unwrap();
    let params =
        json!({"sessionKey": MAIN, "message": "exec:  touch made.txt", "idempotencyKey": "r2"});
    wire.ask("chat.send", params).await;
    ended(&mut wire, "r2").await;
    assert!(
        workspace(&gateway).join("made.txt").exists(),
        "it ran by itself"
    );

    let snapshot = wire.ask("exec.approvals.get", json!({})).await;
    assert_valid("ExecApprovalsSnapshot", &snapshot);
    let entry = &snapshot["file"]["agents"]["main"]["allowlist"][0];
    assert_eq!(entry["source"], "allow-always");
    let other = asked(&mut wire, "r3", "touch other.txt").await;
    assert_eq!(
        other["request"]["command"], "touch other.txt",
        "another is asked about"
    );
}

#[tokio::test]
async fn a_stopped_run_takes_its_question_along() {
    let gateway = TestGateway::asking().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let question = asked(&mut wire, "r1", "touch never.txt").await;
    wire.ask("chat.abort", json!({"sessionKey": MAIN})).await;
    let told = wire.event("exec.approval.resolved").await;
    assert_eq!(
        (&told["payload"]["id"], &told["payload"]["decision"]),
        (&question["id"], &json!("deny"))
    );
    let late = json!({"id": question["id"], "kind": "exec", "decision": "allow-once"});
    let shown = wire.ask("approval.resolve", late).await;
    assert_eq!(
        (&shown["applied"], &shown["approval"]["status"]),
        (&json!(false), &json!("cancelled"))
    );
    assert_valid("ApprovalResolveResult", &shown);
    assert!(!workspace(&gateway).join("never.txt").exists());
}

#[tokio::test]
async fn the_document_makes_it_stricter_for_the_next_call() {
    let gateway = TestGateway::asking().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let before = wire.ask("exec.approvals.get", json!({})).await;
    let file = json!({"version": 1, "defaults": {"security": "deny"}});
    let set = json!({"file": file, "baseHash": before["hash"]});
    let after = wire.ask("exec.approvals.set", set.clone()).await;
    assert_valid("ExecApprovalsSnapshot", &after);
    assert_eq!(after["resolvedDefaults"]["security"], "deny");
    let stale = wire.request("exec.approvals.set", set).await;
    assert_eq!(stale["ok"], false, "the hash is of an older one: {stale}");
    let params = json!({"sessionKey": MAIN, "message": "exec: touch a", "idempotencyKey": "r1"});
    wire.ask("chat.send", params).await;
    ended(&mut wire, "r1").await;
    assert!(!workspace(&gateway).join("a").exists());
    let list = wire.ask("approval.history", json!({})).await;
    assert_eq!(list["items"], json!([]), "nobody was asked");
}

#[tokio::test]
async fn of_two_changes_of_the_same_document_at_once_one_is_made() {
    let gateway = TestGateway::start().await;
    let mut wires = [
        gateway.client(&ALL_SCOPES).await,
        another_person(&gateway).await,
    ];
    for round in 0..16 {
        let before = wires[0].ask("exec.approvals.get", json!({})).await;
        let set = |pattern: String| {
            let list = json!({"main": {"allowlist": [{"pattern": pattern}]}});
            json!({"file": {"version": 1, "agents": list}, "baseHash": before["hash"]})
        };
        let [one, other] = &mut wires;
        let (one, other) = tokio::join!(
            one.request("exec.approvals.set", set(format!("/opt/a{round}"))),
            other.request("exec.approvals.set", set(format!("/opt/b{round}"))),
        );
        let (made, refused) = match one["ok"] == true {
            true => (one, other),
            false => (other, one),
        };
        assert_eq!(made["ok"], true, "{made}");
        assert_eq!(refused["ok"], false, "both were made in round {round}");
        let message = refused["error"]["message"].as_str().unwrap_or_default();
        assert!(message.contains("re-run exec.approvals.get"), "{refused}");
        let after = wires[0].ask("exec.approvals.get", json!({})).await;
        assert_eq!(after["file"], made["payload"]["file"]);
    }
}

#[tokio::test]
async fn another_client_asks_and_waits_for_the_answer() {
    let gateway = TestGateway::asking().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let mut person = another_person(&gateway).await;
    let params = json!({"id": "own", "command": "echo hi", "cwd": "/", "host": "gateway",
        "sessionKey": MAIN, "agentId": "main", "timeoutMs": 60_000, "twoPhase": true});
    assert_valid("ExecApprovalRequestParams", &params);
    let accepted = wire.ask("exec.approval.request", params.clone()).await;
    assert_eq!(
        (&accepted["status"], &accepted["id"]),
        (&json!("accepted"), &json!("own"))
    );
    let twice = wire.request("exec.approval.request", params).await;
    assert_eq!(twice["error"]["message"], "approval id already pending");
    let summary = wire.ask("exec.approval.get", json!({"id": "own"})).await;
    assert_eq!(summary["commandText"], "echo hi");
    let allow = json!({"id": "own", "decision": "allow-once"});
    let own = wire.request("exec.approval.resolve", allow.clone()).await;
    assert_eq!(own["error"]["details"]["reason"], "APPROVAL_OWN_REQUEST");
    person.ask("exec.approval.resolve", allow).await;
    let decision = wire
        .ask("exec.approval.waitDecision", json!({"id": "own"}))
        .await;
    assert_eq!(decision["decision"], "allow-once");
    let none = json!({"id": "none", "decision": "deny"});
    let none = wire.request("exec.approval.resolve", none).await;
    assert_eq!(none["error"]["details"]["reason"], "APPROVAL_NOT_FOUND");
}

#[tokio::test]
async fn a_question_is_not_asked_under_an_id_that_nobody_could_type() {
    let gateway = TestGateway::asking().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let long = "a".repeat(129);
    for id in [
        "a\0",
        "a\u{1b}[2J",
        "a\nb",
        "a b",
        "a\u{202e}b",
        "a\u{200b}",
        "../../etc",
        "a\\b",
        &long,
    ] {
        let params = json!({"id": id, "command": "touch a", "twoPhase": true});
        let answer = wire.request("exec.approval.request", params).await;
        assert_eq!(answer["error"]["code"], "INVALID_REQUEST", "{id:?}");
    }
    assert_eq!(wire.ask("exec.approval.list", json!({})).await, json!([]));
    for id in [
        "plugin:1",
        "0c8e1a4e-6f0f-4b57-9d0e-2f3d5a1c7b11",
        &long[1..],
    ] {
        let params = json!({"id": id, "command": "touch a", "twoPhase": true});
        let answer = wire.ask("exec.approval.request", params).await;
        assert_eq!(answer["id"], id);
    }
}

#[tokio::test]
async fn a_question_outlives_a_restart_and_its_answer_runs_nothing() {
    let gateway = TestGateway::asking().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let params = json!({"id": "own", "command": "touch a", "timeoutMs": 600_000, "twoPhase": true});
    wire.ask("exec.approval.request", params).await;
    drop(wire);
    let TestGateway { running, state } = gateway;
    running.stop("restart").await;
    let gateway = TestGateway::with(|options| options.state_dir = state.path().to_owned()).await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let list = wire.ask("exec.approval.list", json!({})).await;
    assert_eq!(list[0]["id"], "own");
    let mut person = another_person(&gateway).await;
    let allow = json!({"id": "own", "decision": "allow-once"});
    person.ask("exec.approval.resolve", allow).await;
    let get = wire.ask("approval.get", json!({"id": "own"})).await;
    assert_eq!(get["approval"]["status"], "allowed");
}

#[tokio::test]
async fn an_always_ends_when_the_person_says() {
    let gateway = TestGateway::asking().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let question = asked(&mut wire, "r1", "touch made.txt").await;
    let always = json!({"id": question["id"], "kind": "exec", "decision": "allow-always",
        "grantExpiresInDays": 2});
    let resolved = wire.ask("approval.resolve", always).await;
    assert_eq!(resolved["applied"], true, "{resolved}");
    let grants = wire.ask("gatehouse.grants.list", json!({})).await;
    let grant = &grants["grants"][0];
    let held = grant["expiresAt"].as_i64().unwrap() - grant["createdAt"].as_i64().unwrap();
    assert!(
        held <= 2 * 24 * 60 * 60 * 1000,
        "two days, not ninety: {grant}"
    );
    assert!(held > 24 * 60 * 60 * 1000, "{grant}");
}
