//! What was allowed for longer than once.

use std::fs;

use serde_json::json;

use super::bench::{Bench, MAIN};

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
