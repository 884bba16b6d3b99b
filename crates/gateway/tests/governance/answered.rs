//! The question, and what can be answered to it.

use serde_json::{Value, json};

use super::bench::{Bench, MAIN};
use super::support::{ALL_SCOPES, TestGateway, vouched_person};

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
    assert_eq!(counted["approval"]["status"], "pending", "{counted}");
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
