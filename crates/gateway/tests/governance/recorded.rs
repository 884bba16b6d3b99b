//! What the audit says of calls that came to something else than was asked for, and of changes to what governs.

use serde_json::{Value, json};

use super::bench::{Bench, MAIN};

async fn records(bench: &mut Bench, kinds: &[&str]) -> Vec<Value> {
    let kinds = json!({ "kinds": kinds });
    let listed = bench.person.ask("gatehouse.audit.list", kinds).await;
    listed["records"].as_array().unwrap().clone()
}

#[tokio::test]
async fn the_outcome_of_a_call_that_a_person_changed_names_what_ran() {
    let mut bench = Bench::new().await;
    let (question, call) = bench.exec("touch wanted.txt").await;
    let edit = json!({"decision": "once", "editedCommand": "touch edited.txt"});
    bench.resolve(&question, edit).await;
    let question = bench.person.event("exec.approval.requested").await["payload"].clone();
    bench.resolve(&question, json!({"decision": "once"})).await;
    assert_eq!(call.await.unwrap()["ok"], true);
    let outcomes = records(&mut bench, &["tool.outcome"]).await;
    let ran = outcomes
        .iter()
        .find(|record| record["outcome"] == "ok")
        .unwrap();
    let what = ran["json"]["what"].as_str().unwrap();
    assert!(
        what.contains("edited.txt") && !what.contains("wanted"),
        "{what}"
    );
}

#[tokio::test]
async fn a_call_that_means_nothing_is_recorded_as_denied_with_what_it_tried() {
    let mut bench = Bench::new().await;
    for (tool, args, said) in [
        ("read", json!({"path": "../../.ssh/id"}), ".ssh/id"),
        ("read", json!({"path": 7}), "read"),
    ] {
        let call = bench.call(MAIN, tool, args).await;
        assert_eq!(call.await.unwrap()["ok"], false);
        let record = records(&mut bench, &["tool.intent"]).await.remove(0);
        assert_eq!(record["verdict"], "deny", "{record}");
        let what = record["json"]["what"].as_str().unwrap();
        assert!(what.contains(said), "{what}");
        let arguments = &record["json"]["detail"]["arguments"];
        assert!(arguments["path"] != Value::Null, "{record}");
        let outcome = records(&mut bench, &["tool.outcome"]).await.remove(0);
        assert_eq!(outcome["json"]["intent"], record["seq"]);
        assert_eq!(outcome["outcome"], "denied", "{outcome}");
    }
}

#[tokio::test]
async fn what_was_changed_of_an_agent_is_recorded_with_what_it_was_before() {
    let mut bench = Bench::new().await;
    let folder = bench.file("");
    let id = json!({"agentId": "helper"});
    let steps = [
        (
            "agents.create",
            json!({"name": "helper", "workspace": folder}),
        ),
        (
            "agents.update",
            json!({"agentId": "helper", "workspace": "/"}),
        ),
        ("agents.delete", id),
    ];
    for (method, params) in steps {
        bench.caller.ask(method, params).await;
    }
    let kinds = ["agent.created", "agent.changed", "agent.deleted"];
    let said = records(&mut bench, &kinds).await;
    let said: Vec<_> = said.iter().rev().map(|record| &record["json"]).collect();
    for (record, kind) in said.iter().zip(kinds) {
        assert_eq!(record["kind"], kind);
        assert_eq!(record["resource"], "helper", "{record}");
    }
    assert_eq!(said[0]["detail"]["before"], Value::Null);
    assert_eq!(said[1]["detail"]["before"]["workspace"], json!(folder));
    assert_eq!(said[1]["detail"]["after"]["workspace"], "/");
    assert_eq!(said[2]["detail"]["before"]["workspace"], "/");
}

#[tokio::test]
async fn what_governs_a_session_is_recorded_when_it_changes_and_only_then() {
    let mut bench = Bench::new().await;
    for patch in [
        json!({"key": MAIN, "execAsk": "always"}),
        json!({"key": MAIN, "execAsk": "always", "pinned": true}),
        json!({"key": MAIN, "label": "mine"}),
        json!({"key": MAIN, "execAsk": null, "execSecurity": "full"}),
    ] {
        bench.caller.ask("sessions.patch", patch).await;
    }
    let said = records(&mut bench, &["session.governed"]).await;
    let said: Vec<_> = said.iter().map(|record| &record["json"]).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    let ask = |record: &Value, when: &str| record["detail"][when]["execAsk"].clone();
    assert_eq!(ask(said[1], "before"), Value::Null);
    assert_eq!(ask(said[1], "after"), "always");
    assert_eq!(ask(said[0], "before"), "always");
    assert_eq!(said[0]["detail"]["after"]["execSecurity"], "full");
    assert_eq!(said[0]["session"], MAIN);
}
