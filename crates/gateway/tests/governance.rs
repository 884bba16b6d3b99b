//! The whole line over real sockets, with real processes: what is judged, asked about, looked at again, run, kept
//! and recorded.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use support::{
    ALL_SCOPES, ASK_ABOUT_COMMANDS, TestGateway, Wire, another_person, vouched_person, write_policy,
};

const MAIN: &str = "agent:main:main";

/// A gateway that asks about every command, a person, and a client that calls tools for an agent.
struct Bench {
    gateway: TestGateway,
    person: Wire,
    caller: Wire,
}

impl Bench {
    async fn new() -> Self {
        Self::with_policy(ASK_ABOUT_COMMANDS).await
    }

    async fn with_policy(document: &str) -> Self {
        let gateway = TestGateway::with_policy(document).await;
        fs::create_dir_all(gateway.state.path().join("workspace")).unwrap();
        Self {
            person: another_person(&gateway).await,
            caller: gateway.client(&ALL_SCOPES).await,
            gateway,
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        let workspace = self.gateway.state.path().join("workspace");
        workspace.canonicalize().unwrap().join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.file(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// Calls a tool; the question about it, and the call, which goes on meanwhile.
    async fn asked(&mut self, name: &str, args: Value) -> (Value, tokio::task::JoinHandle<Value>) {
        let call = self.call(MAIN, name, args).await;
        let question = self.person.event("exec.approval.requested").await;
        (question["payload"].clone(), call)
    }

    async fn call(&self, session: &str, name: &str, args: Value) -> tokio::task::JoinHandle<Value> {
        let mut wire = self
            .gateway
            .client(&["operator.read", "operator.write"])
            .await;
        let params = json!({"name": name, "args": args, "sessionKey": session});
        tokio::spawn(async move { wire.ask("tools.invoke", params).await })
    }

    async fn exec(&mut self, command: &str) -> (Value, tokio::task::JoinHandle<Value>) {
        self.asked("exec", json!({"command": command})).await
    }

    async fn resolve(&mut self, question: &Value, answer: Value) -> Value {
        let mut params = answer;
        params["id"] = question["id"].clone();
        self.person.ask("gatehouse.approvals.resolve", params).await
    }

    async fn grants(&mut self) -> Vec<Value> {
        let listed = self.person.ask("gatehouse.grants.list", json!({})).await;
        listed["grants"].as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn the_question_carries_the_analysis_and_the_digest() {
    let mut bench = Bench::new().await;
    let (question, call) = bench.exec("touch made.txt").await;
    let request = &question["request"];
    let digest = request["digest"].as_str().unwrap();
    assert_eq!(digest.len(), 64, "{request}");
    assert_eq!(
        request["analysis"]["rules"][0]["id"], "commands",
        "{request}"
    );
    assert_eq!(request.get("grantBasis"), None);
    let resolved = bench
        .resolve(&question, json!({"decision": "once", "digest": digest}))
        .await;
    assert_eq!(
        (&resolved["applied"], &resolved["counted"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(call.await.unwrap()["ok"], true);
    assert!(bench.file("made.txt").exists());
}

#[tokio::test]
async fn a_reason_to_deny_reaches_the_agent() {
    let mut bench = Bench::new().await;
    let (question, call) = bench.exec("touch never.txt").await;
    let deny = json!({"decision": "deny", "reason": "use the staging folder"});
    bench.resolve(&question, deny).await;
    let result = call.await.unwrap().to_string();
    assert!(result.contains("use the staging folder"), "{result}");
    assert!(!bench.file("never.txt").exists());
}

#[tokio::test]
async fn what_is_granted_to_a_session_runs_there_again_and_is_asked_about_elsewhere() {
    let mut bench = Bench::new().await;
    let (question, call) = bench.exec("touch made.txt").await;
    bench
        .resolve(&question, json!({"decision": "session"}))
        .await;
    call.await.unwrap();
    fs::remove_file(bench.file("made.txt")).unwrap();
    let again = bench
        .call(MAIN, "exec", json!({"command": "touch made.txt"}))
        .await;
    assert_eq!(again.await.unwrap()["ok"], true);
    assert!(bench.file("made.txt").exists(), "it ran by itself");
    let grants = bench.grants().await;
    assert_eq!(
        (&grants[0]["sessionKey"], &grants[0]["uses"]),
        (&json!(MAIN), &json!(1))
    );

    let command = json!({"command": "touch made.txt"});
    let elsewhere = bench.call("agent:main:other", "exec", command).await;
    let question = bench.person.event("exec.approval.requested").await["payload"].clone();
    bench.resolve(&question, json!({"decision": "deny"})).await;
    assert_eq!(elsewhere.await.unwrap()["ok"], false);
}

#[tokio::test]
async fn a_grant_that_is_revoked_asks_again() {
    let mut bench = Bench::new().await;
    let (question, call) = bench.exec("touch made.txt").await;
    bench
        .resolve(&question, json!({"decision": "for", "minutes": 30}))
        .await;
    call.await.unwrap();
    let grant = bench.grants().await[0].clone();
    assert_eq!(grant["kind"], "exact");
    let revoke = json!({"id": grant["id"]});
    let revoked = bench.person.ask("gatehouse.grants.revoke", revoke).await;
    assert_eq!(revoked["revoked"], true);
    assert!(bench.grants().await.is_empty());
    let (question, call) = bench.exec("touch made.txt").await;
    bench.resolve(&question, json!({"decision": "deny"})).await;
    call.await.unwrap();
}

#[tokio::test]
async fn a_pattern_shows_what_it_would_have_matched_and_lets_only_that_run() {
    let mut bench = Bench::new().await;
    for command in ["touch a.txt", "mkdir b"] {
        let (question, call) = bench.exec(command).await;
        bench.resolve(&question, json!({"decision": "once"})).await;
        call.await.unwrap();
    }
    let preview = json!({"pattern": "touch *"});
    let preview = bench.person.ask("gatehouse.grants.preview", preview).await;
    let matches = preview["matches"].as_array().unwrap();
    assert_eq!(matches.len(), 1, "{preview}");
    assert_eq!(matches[0]["command"], "touch a.txt");

    let (question, call) = bench.exec("touch c.txt").await;
    let always = json!({"decision": "always", "pattern": "touch *"});
    bench.resolve(&question, always).await;
    call.await.unwrap();
    let again = bench
        .call(MAIN, "exec", json!({"command": "touch d.txt"}))
        .await;
    assert_eq!(again.await.unwrap()["ok"], true);
    let (question, call) = bench.exec("touch e.txt && mkdir f").await;
    bench.resolve(&question, json!({"decision": "deny"})).await;
    call.await.unwrap();
    assert!(
        !bench.file("e.txt").exists(),
        "the other half is not matched"
    );
}

#[tokio::test]
async fn a_pattern_is_named_in_the_record_and_answers_in_its_folder_and_by_its_words_alone() {
    let mut bench = Bench::new().await;
    fs::create_dir_all(bench.file("other")).unwrap();
    let (question, call) = bench.exec("touch a.txt").await;
    let always = json!({"decision": "always", "pattern": "touch *"});
    bench.resolve(&question, always).await;
    call.await.unwrap();
    let args = json!({"command": "touch b.txt"});
    assert_eq!(
        bench.call(MAIN, "exec", args).await.await.unwrap()["ok"],
        true
    );
    for args in [
        json!({"command": "touch c.txt", "workdir": "other"}),
        json!({"command": "touch c.txt", "env": {"FOO": "1"}}),
        json!({"command": "touch c.txt > d.txt"}),
        json!({"command": "FOO=1 touch c.txt"}),
    ] {
        let (question, call) = bench.asked("exec", args).await;
        bench.resolve(&question, json!({"decision": "deny"})).await;
        call.await.unwrap();
    }
    let grant = bench.grants().await[0].clone();
    assert_eq!(grant["uses"], 1, "{grant}");
    let filter = json!({"kinds": ["approval.allowed", "grant.used", "tool.outcome"]});
    let told = bench
        .person
        .ask("gatehouse.audit.list", filter)
        .await
        .to_string();
    let id = grant["id"].as_str().unwrap();
    let times = told.matches(id).count();
    assert!(
        times >= 3,
        "the answer, the use and the outcome name it: {times} in {told}"
    );
    assert!(told.contains("touch *"), "{told}");
}

#[tokio::test]
async fn a_limit_holds_for_those_that_come_at_once() {
    let policy = r#"{ rules: [{ id: "few", verdict: "deny",
        match: { tool: "exec", rate: { limit: 2, per: "hour" } } }] }"#;
    let bench = Bench::with_policy(policy).await;
    let mut calls = Vec::new();
    for n in 0..6 {
        let session = format!("agent:main:s{n}");
        calls.push(
            bench
                .call(&session, "exec", json!({"command": "date"}))
                .await,
        );
    }
    let mut ran = 0;
    for call in calls {
        ran += usize::from(call.await.unwrap()["ok"] == true);
    }
    assert_eq!(ran, 2);
}

#[tokio::test]
async fn an_edited_command_is_a_new_question_and_is_what_runs() {
    let mut bench = Bench::new().await;
    let (question, call) = bench.exec("touch wrong.txt").await;
    let edit = json!({"decision": "once", "editedCommand": "touch right.txt"});
    let edited = bench.resolve(&question, edit).await;
    assert_eq!(edited["approval"]["status"], "cancelled");
    let second = bench.person.event("exec.approval.requested").await["payload"].clone();
    assert_eq!(second["request"]["command"], "touch right.txt");
    assert_ne!(second["request"]["digest"], question["request"]["digest"]);
    bench.resolve(&second, json!({"decision": "once"})).await;
    call.await.unwrap();
    assert!(bench.file("right.txt").exists());
    assert!(!bench.file("wrong.txt").exists());
}

#[tokio::test]
async fn a_batch_is_answered_digest_by_digest() {
    let mut bench = Bench::new().await;
    let (one, first) = bench.exec("touch one.txt").await;
    let (two, second) = bench.exec("touch two.txt").await;
    let items = json!([
        {"id": one["id"], "digest": one["request"]["digest"]},
        {"id": two["id"], "digest": one["request"]["digest"]},
    ]);
    let batch = json!({"items": items, "decision": "once"});
    let told = bench
        .person
        .ask("gatehouse.approvals.resolveBatch", batch)
        .await;
    assert_eq!(told["results"][0]["applied"], true, "{told}");
    assert_eq!(told["results"][1]["applied"], false, "{told}");
    first.await.unwrap();
    assert!(bench.file("one.txt").exists());
    bench.resolve(&two, json!({"decision": "deny"})).await;
    second.await.unwrap();
    assert!(!bench.file("two.txt").exists());
}

#[tokio::test]
async fn a_rule_that_asks_for_two_people_waits_for_both() {
    let policy = r#"{ rules: [{ id: "two", verdict: "ask", match: { tool: "exec" },
        approval: { approvers: 2, timeoutSeconds: 60 } }] }"#;
    let mut bench = Bench::with_policy(policy).await;
    let (question, call) = bench.exec("touch made.txt").await;
    assert_eq!(question["request"]["approvers"], 2);
    let counted = bench.resolve(&question, json!({"decision": "once"})).await;
    assert_eq!(counted["counted"], true, "{counted}");
    let again = bench.resolve(&question, json!({"decision": "once"})).await;
    assert_eq!(
        (&again["applied"], &again["reason"]),
        (&json!(false), &json!("already counted")),
        "the same person is one person: {again}"
    );
    assert!(!bench.file("made.txt").exists());
    let mut second = vouched_person(&bench.gateway, &mut bench.person).await;
    let yes = json!({"id": question["id"], "decision": "once"});
    let settled = second.ask("gatehouse.approvals.resolve", yes).await;
    assert_eq!(settled["counted"], false, "{settled}");
    call.await.unwrap();
    assert!(bench.file("made.txt").exists());
}

#[tokio::test]
async fn devices_that_nobody_vouched_for_are_one_person() {
    let policy = r#"{ rules: [{ id: "two", verdict: "ask", match: { tool: "exec" },
        approval: { approvers: 2, timeoutSeconds: 60 } }] }"#;
    let mut bench = Bench::with_policy(policy).await;
    let (question, call) = bench.exec("touch made.txt").await;
    bench.resolve(&question, json!({"decision": "once"})).await;
    let mut new_device = bench.gateway.client(&ALL_SCOPES).await;
    let yes = json!({"id": question["id"], "decision": "once"});
    let again = new_device.ask("gatehouse.approvals.resolve", yes).await;
    assert_eq!(again["applied"], false, "{again}");
    let yes = json!({"id": question["id"], "kind": "exec", "decision": "allow-once"});
    let again = new_device.ask("approval.resolve", yes.clone()).await;
    assert_eq!(again["applied"], false, "{again}");
    new_device.request("exec.approval.resolve", yes).await;
    assert!(!bench.file("made.txt").exists());
    bench.resolve(&question, json!({"decision": "deny"})).await;
    assert_eq!(call.await.unwrap()["ok"], false);
}

#[tokio::test]
async fn what_is_dangerous_is_not_allowed_with_others_together() {
    let mut bench = Bench::new().await;
    let (harmless, first) = bench.exec("touch one.txt").await;
    let (dangerous, second) = bench.exec("sudo -n touch two.txt").await;
    let item =
        |question: &Value| json!({"id": question["id"], "digest": question["request"]["digest"]});
    let items = json!([item(&harmless), item(&dangerous)]);
    let yes = json!({"items": items, "decision": "once"});
    let told = bench
        .person
        .ask("gatehouse.approvals.resolveBatch", yes)
        .await;
    assert_eq!(told["results"][0]["applied"], true, "{told}");
    assert_eq!(told["results"][1]["applied"], false, "{told}");
    assert_eq!(
        told["results"][1]["error"]["details"]["reason"],
        "APPROVAL_ONE_BY_ONE"
    );
    first.await.unwrap();
    let no = json!({"items": [item(&dangerous)], "decision": "deny"});
    let told = bench
        .person
        .ask("gatehouse.approvals.resolveBatch", no)
        .await;
    assert_eq!(told["results"][0]["applied"], true, "{told}");
    assert_eq!(second.await.unwrap()["ok"], false);
}

#[tokio::test]
async fn what_means_nothing_with_a_decision_is_refused_and_decides_nothing() {
    let mut bench = Bench::new().await;
    let (question, call) = bench.exec("touch made.txt").await;
    for wrong in [
        json!({"decision": "deny", "editedCommand": "echo x"}),
        json!({"decision": "session", "editedCommand": "echo x"}),
        json!({"decision": "once", "minutes": 5}),
        json!({"decision": "once", "pattern": "touch *"}),
        json!({"decision": "for", "minutes": 5, "until": 1}),
        json!({"decision": "once", "reason": "because"}),
    ] {
        let mut params = wrong.clone();
        params["id"] = question["id"].clone();
        let refused = bench
            .person
            .request("gatehouse.approvals.resolve", params)
            .await;
        assert_eq!(refused["ok"], false, "{wrong}");
        let waiting = bench.person.ask("exec.approval.list", json!({})).await;
        assert_eq!(waiting[0]["id"], question["id"], "{wrong}");
    }
    bench
        .resolve(&question, json!({"decision": "deny", "pattern": null}))
        .await;
    assert_eq!(call.await.unwrap()["ok"], false);
}

#[tokio::test]
async fn an_edit_that_may_not_run_is_refused_and_the_question_stays() {
    let mut bench = Bench::new().await;
    let (question, call) = bench.exec("touch made.txt").await;
    for (command, why) in [
        ("rm -rf ~", "deletes everything below"),
        ("if true; then", "read"),
    ] {
        let edit = json!({"id": question["id"], "decision": "once", "editedCommand": command});
        let refused = bench
            .person
            .request("gatehouse.approvals.resolve", edit)
            .await;
        assert_eq!(
            refused["error"]["details"]["reason"], "APPROVAL_EDIT_REFUSED",
            "{refused}"
        );
        let text = refused["error"]["message"].as_str().unwrap();
        assert!(text.contains(why), "{text}");
    }
    let waiting = bench.person.ask("exec.approval.list", json!({})).await;
    assert_eq!(waiting[0]["id"], question["id"]);
    bench.resolve(&question, json!({"decision": "once"})).await;
    assert_eq!(call.await.unwrap()["ok"], true);
    assert!(bench.file("made.txt").exists());
}

#[tokio::test]
async fn an_edit_is_held_against_the_rules_about_arguments() {
    let policy = r#"{ rules: [{ id: "commands", verdict: "ask", match: { tool: "exec" } },
        { id: "no", verdict: "deny", reason: "not this one",
          match: { args: { "/command": { glob: "*forbidden*" } } } }] }"#;
    let mut bench = Bench::with_policy(policy).await;
    let (question, call) = bench.exec("touch made.txt").await;
    let edit =
        json!({"id": question["id"], "decision": "once", "editedCommand": "touch forbidden"});
    let refused = bench
        .person
        .request("gatehouse.approvals.resolve", edit)
        .await;
    let text = refused["error"]["message"].as_str().unwrap_or_default();
    assert!(text.contains("not this one"), "{refused}");
    bench.resolve(&question, json!({"decision": "deny"})).await;
    call.await.unwrap();
}

#[tokio::test]
async fn what_a_search_deletes_in_the_workspace_comes_back() {
    let mut bench = Bench::new().await;
    let gone = bench.write("sub/a", "old");
    let stays = bench.write("b", "b");
    let (question, call) = bench.exec("find . -name a -delete").await;
    bench.resolve(&question, json!({"decision": "once"})).await;
    assert_eq!(call.await.unwrap()["ok"], true);
    assert!(!gone.exists());
    fs::write(&stays, "newer").unwrap();
    let listed = bench.caller.ask("gatehouse.undo.list", json!({})).await;
    let items = listed["items"].as_array().unwrap();
    let of_a = items
        .iter()
        .find(|item| item["path"] == json!(gone))
        .unwrap();
    let restore = json!({"id": of_a["id"]});
    bench.caller.ask("gatehouse.undo.restore", restore).await;
    assert_eq!(fs::read_to_string(&gone).unwrap(), "old");
    assert_eq!(fs::read_to_string(&stays).unwrap(), "newer");
}

/// Asks about a command, changes something, allows it: it does not run.
async fn changed_in_between(bench: &mut Bench, args: Value, change: impl FnOnce(&Bench)) {
    let (question, call) = bench.asked("exec", args).await;
    change(bench);
    let allowed = bench.resolve(&question, json!({"decision": "once"})).await;
    assert_eq!(allowed["applied"], true);
    let result = call.await.unwrap();
    assert_eq!(result["ok"], false, "{result}");
    let text = result.to_string();
    assert!(
        text.contains("changed between the question and the run"),
        "{text}"
    );
    assert!(!bench.file("bad.txt").exists());
}

#[tokio::test]
async fn a_script_that_was_swapped_does_not_run() {
    let mut bench = Bench::new().await;
    bench.write("task.sh", "touch good.txt\n");
    changed_in_between(&mut bench, json!({"command": "bash task.sh"}), |bench| {
        bench.write("task.sh", "touch bad.txt\n");
    })
    .await;
    assert!(!bench.file("good.txt").exists());
}

#[tokio::test]
async fn a_program_that_was_swapped_does_not_run() {
    let mut bench = Bench::new().await;
    bench.write("tool", "#!/bin/sh\ntouch good.txt\n");
    changed_in_between(&mut bench, json!({"command": "./tool"}), |bench| {
        let other = bench.write("other", "#!/bin/sh\ntouch bad.txt\n");
        fs::rename(other, bench.file("tool")).unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_linked_folder_that_was_swapped_runs_nothing() {
    let mut bench = Bench::new().await;
    for folder in ["first", "second"] {
        fs::create_dir(bench.file(folder)).unwrap();
    }
    let link = bench.file("link");
    std::os::unix::fs::symlink("first", &link).unwrap();
    let args = json!({"command": "touch x", "workdir": "link"});
    let (question, call) = bench.asked("exec", args).await;
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink("second", &link).unwrap();
    bench.resolve(&question, json!({"decision": "once"})).await;
    assert_eq!(call.await.unwrap()["ok"], false);
    assert!(!bench.file("second/x").exists());
}

/// A link `name` of the workspace to one of two folders beside it, each with a file.
fn led_to(bench: &Bench, name: &str, to: &str) {
    let link = bench.file(name);
    let _ = fs::remove_file(&link);
    std::os::unix::fs::symlink(outside(bench, to), link).unwrap();
}

fn outside(bench: &Bench, folder: &str) -> PathBuf {
    let folder = bench.gateway.state.path().join("beside").join(folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("kept.txt"), "kept").unwrap();
    folder
}

#[tokio::test]
async fn a_link_that_leads_elsewhere_than_when_it_was_asked_about_runs_nothing() {
    for command in [
        "rm -rf junk/*",
        "env | head -0; rm -rf junk/*",
        "rm -rf j*/kept.txt",
        "cd junk && rm kept.txt",
        "cd junk && sudo -n rm kept.txt",
        "rm sub/../junk/kept.txt",
        "cp /dev/null junk/kept.txt",
        "echo x > junk/kept.txt",
        "frobnicate --delete=junk/kept.txt",
        "frobnicate junk/*",
    ] {
        let mut bench = Bench::new().await;
        fs::create_dir_all(bench.file("sub")).unwrap();
        led_to(&bench, "junk", "old");
        changed_in_between(&mut bench, json!({"command": command}), |bench| {
            led_to(bench, "junk", "important");
        })
        .await;
        let kept = fs::read_to_string(outside_file(&bench)).unwrap_or_default();
        assert_eq!(kept, "kept", "{command}");
    }
}

fn outside_file(bench: &Bench) -> PathBuf {
    bench.gateway.state.path().join("beside/important/kept.txt")
}

#[tokio::test]
async fn what_a_pattern_has_come_to_match_since_is_not_deleted() {
    let mut bench = Bench::new().await;
    bench.write("build/old.o", "");
    let command = json!({"command": "rm -rf build/*"});
    changed_in_between(&mut bench, command, |bench| {
        bench.write("build/new.o", "");
    })
    .await;
    assert!(bench.file("build/new.o").exists());
}

#[tokio::test]
async fn a_question_says_where_a_link_leads() {
    let mut bench = Bench::new().await;
    led_to(&bench, "junk", "old");
    let led = outside(&bench, "old").canonicalize().unwrap();
    let (question, call) = bench.exec("rm -rf junk/*").await;
    let effects = question["request"]["analysis"]["effects"].to_string();
    let words = format!(
        "deletes everything below what junk/* matches, in {}",
        led.display()
    );
    assert!(effects.contains(&words), "{effects}");
    bench.resolve(&question, json!({"decision": "once"})).await;
    assert_eq!(call.await.unwrap()["ok"], true);
    assert!(!led.join("kept.txt").exists(), "nothing changed, so it ran");
}

#[tokio::test]
async fn a_folder_that_was_replaced_by_another_of_its_name_runs_nothing() {
    let mut bench = Bench::new().await;
    fs::create_dir(bench.file("sub")).unwrap();
    let args = json!({"command": "touch bad.txt", "workdir": "sub"});
    changed_in_between(&mut bench, args, |bench| {
        fs::rename(bench.file("sub"), bench.file("old")).unwrap();
        fs::create_dir(bench.file("sub")).unwrap();
    })
    .await;
    assert!(!bench.file("sub/bad.txt").exists());
}

#[tokio::test]
async fn nobody_who_could_answer_is_a_denial_with_its_code() {
    let gateway = TestGateway::asking().await;
    let mut wire = gateway.client(&["operator.read", "operator.write"]).await;
    let args = json!({"command": "touch never.txt"});
    let params = json!({"name": "exec", "args": args, "sessionKey": MAIN});
    let result = wire.ask("tools.invoke", params).await;
    assert_eq!(result["ok"], false);
    let text = result.to_string();
    assert!(
        text.contains("nobody who could give one is connected"),
        "{text}"
    );
    let store = &gateway.running.app().store;
    let rows = store.audit_rows(0, 100).await.unwrap();
    let outcome = rows.iter().find(|row| row.kind == "tool.outcome").unwrap();
    assert!(outcome.bytes.contains("no_approver"), "{}", outcome.bytes);
    assert!(
        outcome.intent.is_some(),
        "it names what it is the outcome of"
    );
}

#[tokio::test]
async fn what_is_overwritten_is_kept_and_comes_back() {
    let mut bench = Bench::new().await;
    let path = bench.write("notes.txt", "old");
    let args = json!({"path": "notes.txt", "content": "new"});
    let call = bench.call(MAIN, "write", args).await;
    assert_eq!(call.await.unwrap()["ok"], true);
    assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    let listed = bench
        .caller
        .ask("gatehouse.undo.list", json!({"sessionKey": MAIN}))
        .await;
    let item = &listed["items"][0];
    assert_eq!(
        (&item["what"], &item["path"]),
        (&json!("overwrote"), &json!(path))
    );
    assert!(item["toolCallId"].is_string(), "{item}");
    let restored = json!({"id": item["id"]});
    let restored = bench.caller.ask("gatehouse.undo.restore", restored).await;
    assert_eq!(restored["restored"], json!(path));
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    let listed = bench.caller.ask("gatehouse.undo.list", json!({})).await;
    assert_eq!(
        listed["items"].as_array().unwrap().len(),
        2,
        "what was newer is kept too"
    );
}

#[tokio::test]
async fn a_policy_is_read_tried_changed_and_held_against_the_past() {
    let mut bench = Bench::new().await;
    let (question, call) = bench.exec("touch made.txt").await;
    bench.resolve(&question, json!({"decision": "once"})).await;
    call.await.unwrap();
    let person = &mut bench.person;
    let before = person.ask("gatehouse.policy.get", json!({})).await;
    assert_eq!(
        (&before["preset"], &before["rules"][0]["id"]),
        (&json!("guarded"), &json!("commands"))
    );
    let wrong = json!({"document": "{ preset: \"nonsense\" }"});
    let wrong = person.ask("gatehouse.policy.validate", wrong).await;
    assert_eq!(wrong["problems"][0]["severity"], "error", "{wrong}");
    let check = json!({"command": "touch a"});
    let check = person.ask("gatehouse.policy.check", check).await;
    assert_eq!(check["verdict"], "ask", "{check}");

    let denies = r#"{ rules: [{ id: "no", verdict: "deny", match: { command: "touch" } }] }"#;
    let simulate = json!({"document": denies});
    let simulated = person.ask("gatehouse.policy.simulate", simulate).await;
    assert_eq!(simulated["examined"], 1, "{simulated}");
    assert_eq!(simulated["flips"][0]["would"], "deny", "{simulated}");

    let set = json!({"baseHash": before["hash"], "document": denies});
    let after = person.ask("gatehouse.policy.set", set.clone()).await;
    assert_ne!(after["version"], before["version"]);
    let stale = person.request("gatehouse.policy.set", set).await;
    assert_eq!(stale["error"]["details"]["reason"], "POLICY_CHANGED");
    let call = bench
        .call(MAIN, "exec", json!({"command": "touch never.txt"}))
        .await;
    assert_eq!(call.await.unwrap()["ok"], false);
    assert!(!bench.file("never.txt").exists());
}

#[tokio::test]
async fn a_policy_that_became_stricter_meanwhile_holds_for_what_was_asked_before() {
    let mut bench = Bench::new().await;
    let (question, call) = bench.exec("touch never.txt").await;
    let denies = r#"{ rules: [{ id: "no", verdict: "deny", match: { tool: "exec" } }] }"#;
    write_policy(bench.gateway.state.path(), denies);
    let wanted = json!("no");
    loop {
        let policy = bench.person.ask("gatehouse.policy.get", json!({})).await;
        if policy["rules"][0]["id"] == wanted {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bench.resolve(&question, json!({"decision": "once"})).await;
    assert_eq!(call.await.unwrap()["ok"], false);
    assert!(!bench.file("never.txt").exists());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_process_of_a_run_cannot_speak_to_the_gateway() {
    // The policy would deny it; what is tried here is what holds without it.
    let bench = Bench::with_policy(r#"{ preset: "observe" }"#).await;
    let port = bench.gateway.address().port();
    fs::write(bench.file("port.txt"), port.to_string()).unwrap();
    bench.write(
        "speak.sh",
        "exec 3<>/dev/tcp/127.0.0.1/$(cat port.txt)\n\
         printf 'GET /health HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3\n\
         head -c 12 <&3 >answer.txt\n",
    );
    let call = bench.call(MAIN, "exec", json!({"command": "bash speak.sh"}));
    call.await.await.unwrap();
    let answer = fs::read_to_string(bench.file("answer.txt")).unwrap_or_default();
    assert_eq!(answer, "", "it was hung up on");
    // The same from outside of a run is answered.
    let outside = tokio::process::Command::new("bash")
        .arg("speak.sh")
        .current_dir(bench.file(""))
        .status()
        .await;
    assert!(outside.unwrap().success());
    let answer = fs::read_to_string(bench.file("answer.txt")).unwrap();
    assert!(answer.starts_with("HTTP/1.1"), "{answer}");
}

#[tokio::test]
async fn a_policy_that_observes_asks_about_nothing_that_no_mode_was_set_for() {
    let bench = Bench::with_policy(r#"{ preset: "observe" }"#).await;
    for command in ["uname", "ls", "touch made.txt && rm made.txt"] {
        let call = bench.call(MAIN, "exec", json!({"command": command})).await;
        let result = call.await.unwrap();
        assert_eq!(result["ok"], true, "{command}: {result}");
    }
}

#[tokio::test]
async fn the_reason_of_a_rule_that_denies_reaches_the_agent() {
    let bench = Bench::with_policy(
        r#"{ rules: [{ id: "no-tags", verdict: "deny", reason: "releases are tagged by people",
             match: { command: "git tag" } }] }"#,
    )
    .await;
    let call = bench.call(MAIN, "exec", json!({"command": "git tag v1"}));
    let result = call.await.await.unwrap().to_string();
    assert!(result.contains("releases are tagged by people"), "{result}");
}

#[tokio::test]
async fn who_answered_and_how_is_told_to_whoever_asks_later() {
    let mut bench = Bench::new().await;
    let (question, call) = bench.exec("touch made.txt").await;
    bench
        .resolve(&question, json!({"decision": "session"}))
        .await;
    call.await.unwrap();
    let id = json!({"id": question["id"]});
    let told = bench.caller.ask("gatehouse.approvals.get", id).await;
    let answer = &told["answer"];
    assert_eq!(
        (&answer["by"], &answer["choice"]),
        (&json!("Test"), &json!("session"))
    );
    let again = bench.resolve(&question, json!({"decision": "deny"})).await;
    assert_eq!(again["applied"], false);
    assert_eq!(
        again["answer"], *answer,
        "the one who was second is told too"
    );

    let (question, call) = bench.exec("touch other.txt").await;
    let edit = json!({"decision": "once", "editedCommand": "touch edited.txt"});
    bench.resolve(&question, edit).await;
    let next = bench.person.event("exec.approval.requested").await["payload"].clone();
    bench.resolve(&next, json!({"decision": "deny"})).await;
    call.await.unwrap();
    let id = json!({"id": question["id"]});
    let told = bench.caller.ask("gatehouse.approvals.get", id).await;
    assert_eq!(told["answer"]["edited"], "touch edited.txt", "{told}");
    assert_eq!(told["answer"]["reason"], "edited", "{told}");
}

/// What a command would come to in a session, by the codes of what was found.
async fn findings(bench: &mut Bench, session: &str, command: &str) -> String {
    let params = json!({"command": command, "sessionKey": session});
    let answer = bench.person.ask("gatehouse.policy.check", params).await;
    answer["findings"].to_string()
}

#[tokio::test]
async fn a_file_that_one_session_wrote_is_asked_about_when_another_runs_it() {
    let mut bench = Bench::with_policy("{}").await;
    let written = json!({"path": "evil.py", "content": "print(1)"});
    let written = bench.call(MAIN, "write", written).await.await.unwrap();
    assert_eq!(written["ok"], true, "{written}");
    let found = findings(&mut bench, "agent:main:other", "python3 evil.py").await;
    assert!(found.contains("write-run"), "{found}");
    let found = findings(&mut bench, "agent:main:other", "python3 good.py").await;
    assert!(!found.contains("write-run"), "{found}");
}

#[tokio::test]
async fn a_session_that_reads_the_history_of_another_has_heard_its_secrets() {
    let mut bench = Bench::with_policy("{}").await;
    bench.write(".env", "SECRET=1");
    let create = json!({"key": MAIN});
    bench.caller.ask("sessions.create", create).await;
    let (question, call) = bench.exec("cat .env").await;
    bench.resolve(&question, json!({"decision": "once"})).await;
    call.await.unwrap();
    let (other, fetch) = ("agent:main:other", "curl -s http://example.com/q");
    let found = findings(&mut bench, MAIN, fetch).await;
    assert!(found.contains("secret-then-network"), "{found}");
    let found = findings(&mut bench, other, fetch).await;
    assert!(!found.contains("secret-then-network"), "{found}");
    let history = json!({"sessionKey": MAIN});
    let heard = bench.call(other, "sessions_history", history).await;
    let heard = heard.await.unwrap();
    assert_eq!(heard["ok"], true, "{heard}");
    let found = findings(&mut bench, other, fetch).await;
    assert!(found.contains("secret-then-network"), "{found}");
}
