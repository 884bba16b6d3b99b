//! What was granted ends with what it was granted to, and the audit says so.

use serde_json::{Value, json};

use super::bench::{Bench, MAIN};

/// What is asked about again is not granted any more.
async fn is_asked(bench: &mut Bench, session: &str, command: &str) {
    let call = bench
        .call(session, "exec", json!({"command": command}))
        .await;
    let question = bench.person.event("exec.approval.requested").await["payload"].clone();
    bench.resolve(&question, json!({"decision": "deny"})).await;
    call.await.unwrap();
}

async fn granted(bench: &mut Bench, session: &str, answer: Value) -> Value {
    let command = json!({"command": "touch made.txt"});
    let call = bench.call(session, "exec", command).await;
    let question = bench.person.event("exec.approval.requested").await["payload"].clone();
    bench.resolve(&question, answer).await;
    call.await.unwrap();
    bench.grants().await.remove(0)
}

async fn revocations(bench: &mut Bench) -> Vec<Value> {
    let kinds = json!({"kinds": ["grant.revoked"]});
    let listed = bench.person.ask("gatehouse.audit.list", kinds).await;
    listed["records"].as_array().unwrap().clone()
}

#[tokio::test]
async fn what_was_granted_to_a_session_ends_when_it_is_reset_or_deleted() {
    let mut bench = Bench::new().await;
    let other = "agent:main:other";
    for (session, method, why) in [
        (MAIN, "sessions.reset", "reset"),
        (other, "sessions.delete", "deleted"),
    ] {
        let create = json!({"key": session});
        bench.caller.ask("sessions.create", create).await;
        let lasting = granted(&mut bench, session, json!({"decision": "session"})).await;
        bench.caller.ask(method, json!({"key": session})).await;
        assert!(bench.grants().await.is_empty(), "{method}");
        let said = revocations(&mut bench).await.remove(0);
        assert_eq!(said["json"]["resource"], lasting["id"], "{said}");
        assert_eq!(said["json"]["detail"]["grant"]["session"], session);
        assert_eq!(said["actor"]["type"], "operator", "who did it: {said}");
        let what = said["json"]["what"].as_str().unwrap();
        assert!(what.contains(why), "{what}");
        is_asked(&mut bench, session, "touch made.txt").await;
    }
    // What holds in every session of the agent has not ended with one.
    granted(&mut bench, MAIN, json!({"decision": "for", "minutes": 30})).await;
    bench
        .caller
        .ask("sessions.reset", json!({"key": MAIN}))
        .await;
    assert_eq!(bench.grants().await.len(), 1);
}

#[tokio::test]
async fn an_agent_that_is_made_under_the_id_of_a_deleted_one_inherits_nothing() {
    let mut bench = Bench::new().await;
    let (session, agent) = ("agent:helper:main", json!({"agentId": "helper"}));
    let make = json!({"name": "helper"});
    bench.caller.ask("agents.create", make.clone()).await;
    granted(&mut bench, session, json!({"decision": "always"})).await;
    let before = bench.caller.ask("exec.approvals.get", json!({})).await;
    let mut file = before["file"].clone();
    let own = file["agents"]["helper"]["allowlist"].as_array_mut();
    own.unwrap().push(json!({"pattern": "/usr/bin/mkdir"}));
    let set = json!({"file": file, "baseHash": before["hash"]});
    bench.caller.ask("exec.approvals.set", set).await;
    bench.caller.ask("agents.delete", agent).await;
    assert!(bench.grants().await.is_empty());
    let said = revocations(&mut bench).await;
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(said[0]["json"]["agent"], "helper");
    bench.caller.ask("agents.create", make).await;
    for command in ["touch made.txt", "mkdir made"] {
        is_asked(&mut bench, session, command).await;
    }
}

#[tokio::test]
async fn a_document_that_leaves_the_entry_of_a_grant_out_says_that_the_grant_ended() {
    let mut bench = Bench::new().await;
    let lasting = granted(&mut bench, MAIN, json!({"decision": "always"})).await;
    let before = bench.caller.ask("exec.approvals.get", json!({})).await;
    let file = json!({"version": 1, "defaults": {"ask": "always"}, "agents": {}});
    let set = json!({"file": file, "baseHash": before["hash"]});
    bench.caller.ask("exec.approvals.set", set).await;
    let said = revocations(&mut bench).await;
    assert_eq!(said.len(), 1);
    assert_eq!(said[0]["json"]["resource"], lasting["id"]);
    let kinds = json!({"kinds": ["policy.changed"]});
    let listed = bench.person.ask("gatehouse.audit.list", kinds).await;
    let detail = &listed["records"][0]["json"]["detail"];
    let shown = &detail["before"]["agents"]["main"]["allowlist"][0]["id"];
    assert_eq!(shown, &lasting["id"], "{detail}");
    assert_eq!(detail["after"]["defaults"]["ask"], "always", "{detail}");
}
