//! Roles of people, over real sockets: what the policy's Cedar forbids is refused and recorded, whatever the scopes
//! of the connection, and what it says nothing about follows them.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;

use gatehouse_gateway::audit::MOST_A_MINUTE;
use gatehouse_store::gateway::{AuditStore as _, SqliteGatewayStore};
use serde_json::{Value, json};
use support::{ALL_SCOPES, ASK_ABOUT_COMMANDS, TestGateway, Wire, another_person, write_policy};

const DEFAULT: &str = gatehouse_policy::authz::DEFAULT_ROLES;

/// A gateway whose roles are those that come with it, and one more policy.
async fn gateway(policy: &str) -> TestGateway {
    TestGateway::with(|options| {
        write_policy(&options.state_dir, ASK_ABOUT_COMMANDS);
        let roles = format!("{DEFAULT}\n{policy}\n");
        fs::write(options.state_dir.join("roles.cedar"), roles).unwrap();
    })
    .await
}

fn forbid(action: &str) -> String {
    format!(
        "@id(\"not here\")\nforbid (principal is User, action == Action::\"{action}\", resource);"
    )
}

/// Calls `exec` for an agent; the question about it, as another person hears it.
async fn asked(gateway: &TestGateway, listener: &mut Wire) -> Value {
    call(gateway).await;
    listener.event("exec.approval.requested").await["payload"].clone()
}

async fn call(gateway: &TestGateway) -> tokio::task::JoinHandle<Value> {
    let mut wire = gateway.client(&["operator.read", "operator.write"]).await;
    let args = json!({"command": "touch made.txt"});
    let params = json!({"name": "exec", "args": args, "sessionKey": "main"});
    tokio::spawn(async move { wire.ask("tools.invoke", params).await })
}

fn assert_refused(answer: &Value, right: &str) {
    assert_eq!(answer["ok"], false, "{right}: {answer}");
    let error = &answer["error"];
    assert_eq!(error["code"], "FORBIDDEN", "{right}: {answer}");
    assert_eq!(error["details"]["reason"], "ROLE_FORBIDS", "{answer}");
    assert_eq!(error["details"]["right"], right, "{answer}");
    assert_eq!(error["details"]["policy"], "not here", "{answer}");
}

#[tokio::test]
async fn each_right_that_is_forbidden_is_refused_and_recorded() {
    let text = json!({"document": "{}"});
    let named = json!({"name": "a"});
    for (right, calls) in [
        (
            "policy.read",
            vec![
                ("gatehouse.policy.get", json!({})),
                ("gatehouse.policy.validate", text.clone()),
                ("gatehouse.policy.check", json!({"command": "ls"})),
                ("gatehouse.policy.simulate", json!({})),
                ("exec.approvals.get", json!({})),
            ],
        ),
        (
            "policy.change",
            vec![
                ("gatehouse.policy.set", json!({"baseHash": "x"})),
                ("exec.approvals.set", json!({"file": {"version": 1}})),
            ],
        ),
        ("grant.read", vec![("gatehouse.grants.list", json!({}))]),
        (
            "grant.revoke",
            vec![("gatehouse.grants.revoke", json!({"id": "x"}))],
        ),
        (
            "audit.read",
            vec![
                ("gatehouse.audit.list", json!({})),
                ("gatehouse.audit.get", json!({"seq": 1})),
                ("gatehouse.audit.verify", json!({})),
                ("gatehouse.policy.simulate", json!({})),
                ("gatehouse.grants.preview", json!({"pattern": "ls *"})),
            ],
        ),
        (
            "audit.export",
            vec![
                ("gatehouse.audit.export", json!({"format": "jsonl"})),
                ("gatehouse.audit.seal", json!({"before": 0})),
            ],
        ),
        (
            "credential.list",
            vec![("gatehouse.credentials.list", json!({}))],
        ),
        (
            "credential.manage",
            vec![
                ("gatehouse.credentials.delete", named.clone()),
                ("gatehouse.credentials.expire", named.clone()),
                ("gatehouse.credentials.rotateMasterKey", json!({})),
            ],
        ),
    ] {
        let gateway = gateway(&forbid(right)).await;
        let mut wire = gateway.client(&ALL_SCOPES).await;
        let mut count = 0;
        for (method, params) in calls {
            assert_refused(&wire.request(method, params).await, right);
            count += 1;
        }
        let rows = gateway.running.app().store.audit_rows(0, 1_000).await;
        let rows = rows.unwrap();
        let refused: Vec<_> = rows.iter().filter(|r| r.kind == "access.refused").collect();
        assert_eq!(refused.len(), count, "{right}");
        assert!(refused[0].bytes.contains(right), "{}", refused[0].bytes);
    }
}

#[tokio::test]
async fn who_is_refused_over_and_over_does_not_fill_the_audit() {
    let gateway = gateway(&forbid("credential.list")).await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let more = 25;
    for _ in 0..MOST_A_MINUTE + more {
        let answer = wire.request("gatehouse.credentials.list", json!({})).await;
        assert_refused(&answer, "credential.list");
    }
    let TestGateway { running, state } = gateway;
    running.stop("the test is over").await;
    let store = SqliteGatewayStore::open(state.path(), 0).await;
    let rows = store.unwrap().audit_rows(0, 1_000).await.unwrap();
    let refused: Vec<Value> = rows
        .iter()
        .filter(|row| row.kind == "access.refused")
        .map(|row| serde_json::from_str(&row.bytes).unwrap())
        .collect();
    // A minute may have gone by in between.
    let whole = refused
        .iter()
        .filter(|record| record["detail"]["leftOut"].is_null());
    let left_out = refused
        .iter()
        .filter_map(|record| record["detail"]["leftOut"].as_u64());
    let (whole, left_out) = (whole.count() as u64, left_out.sum::<u64>());
    assert!(left_out > 0, "{whole} were recorded one by one");
    assert_eq!(whole + left_out, MOST_A_MINUTE + more, "none is lost");
    let last = refused.last().unwrap().to_string();
    assert!(last.contains("credential.list"), "{last}");
}

#[tokio::test]
async fn whoever_may_not_decide_decides_by_none_of_the_ways() {
    let gateway = gateway(&forbid("approval.decide")).await;
    let mut wire = another_person(&gateway).await;
    // Nobody may answer, so nothing is asked for an agent; another client asks for itself.
    let ask = json!({"command": "ls", "twoPhase": true, "agentId": "main"});
    let mut asker = gateway.client(&ALL_SCOPES).await;
    let unanswerable = asker.ask("exec.approval.request", ask).await;
    assert_eq!(unanswerable["decision"], "deny", "{unanswerable}");
    let denied = call(&gateway).await.await.unwrap();
    assert_eq!(denied["ok"], false, "{denied}");

    let id = unanswerable["id"].clone();
    for (method, params) in [
        (
            "approval.resolve",
            json!({"id": id, "kind": "exec", "decision": "allow-once"}),
        ),
        (
            "exec.approval.resolve",
            json!({"id": id, "decision": "deny"}),
        ),
        (
            "gatehouse.approvals.resolve",
            json!({"id": id, "decision": "once"}),
        ),
        (
            "gatehouse.approvals.resolve",
            json!({"id": id, "decision": "once", "editedCommand": "ls"}),
        ),
        ("gatehouse.approvals.revoke", json!({"id": id})),
    ] {
        assert_refused(&wire.request(method, params).await, "approval.decide");
    }
    let batch = json!({"items": [{"id": id, "digest": "x"}], "decision": "deny"});
    let batch = wire.ask("gatehouse.approvals.resolveBatch", batch).await;
    let error = &batch["results"][0]["error"];
    assert_eq!(error["details"]["right"], "approval.decide", "{batch}");
}

#[tokio::test]
async fn one_who_may_decide_answers_what_another_may_not() {
    let principal = gatehouse_protocol::device::DeviceKey::from_seed([9; 32]).device_id();
    let principal = principal.as_str();
    let policy = format!(
        "@id(\"not here\")\nforbid (principal == User::\"device:{principal}\", \
         action == Action::\"approval.decide\", resource) when {{ resource.agent == \"main\" }};"
    );
    let gateway = gateway(&policy).await;
    let mut may = another_person(&gateway).await;
    let mut may_not = gateway.client(&ALL_SCOPES).await;
    let question = asked(&gateway, &mut may).await;
    let once = json!({"id": question["id"], "decision": "once"});
    let refused = may_not
        .request("gatehouse.approvals.resolve", once.clone())
        .await;
    assert_refused(&refused, "approval.decide");
    let answered = may.ask("gatehouse.approvals.resolve", once).await;
    assert_eq!(answered["applied"], true, "{answered}");
}

#[tokio::test]
async fn whoever_may_not_see_approvals_sees_none_and_hears_of_none() {
    let principal = gatehouse_protocol::device::DeviceKey::from_seed([9; 32]).device_id();
    let principal = principal.as_str();
    let policy = format!(
        "@id(\"not here\")\nforbid (principal == User::\"device:{principal}\", \
         action == Action::\"approval.read\", resource);"
    );
    let gateway = gateway(&policy).await;
    let mut may = another_person(&gateway).await;
    let mut may_not = gateway.client(&ALL_SCOPES).await;
    let question = asked(&gateway, &mut may).await;
    let id = json!({"id": question["id"]});
    for (method, params) in [
        ("exec.approval.list", json!({})),
        ("approval.history", json!({})),
        ("exec.approval.get", id.clone()),
        ("approval.get", id.clone()),
        ("gatehouse.approvals.get", id.clone()),
        ("exec.approval.waitDecision", id.clone()),
        (
            "sessions.messages.subscribe",
            json!({"key": "main", "includeApprovals": true}),
        ),
    ] {
        assert_refused(&may_not.request(method, params).await, "approval.read");
    }
    let heard = |wire: &Wire| {
        let mut events = wire.events.iter();
        events.any(|event| event["event"].as_str().unwrap().contains("approval"))
    };
    assert!(!heard(&may_not), "{:?}", may_not.events);
    let seen = may.ask("exec.approval.list", json!({})).await;
    assert_eq!(seen[0]["id"], question["id"]);
}

#[tokio::test]
async fn the_roles_that_come_with_it_let_people_do_what_their_scopes_do() {
    let gateway = gateway("").await;
    for (scopes, method, ok) in [
        (vec!["operator.read"], "gatehouse.audit.list", true),
        (vec!["operator.read"], "gatehouse.policy.get", true),
        (vec!["operator.read"], "gatehouse.grants.list", true),
        (vec!["operator.read"], "gatehouse.credentials.list", true),
        (vec!["operator.write"], "gatehouse.audit.verify", true),
        (vec!["operator.approvals"], "exec.approval.list", true),
        (vec!["operator.read"], "exec.approval.list", false),
        (vec!["operator.read"], "gatehouse.audit.export", false),
    ] {
        let mut wire = gateway.client(&scopes).await;
        let answer = wire.request(method, json!({})).await;
        let by_scope = answer["error"]["message"] == "missing scope: operator.admin"
            || answer["error"]["message"] == "missing scope: operator.approvals";
        assert_eq!(answer["ok"], ok, "{scopes:?} {method}: {answer}");
        assert_eq!(!ok, by_scope, "{scopes:?} {method}: {answer}");
    }
}

#[tokio::test]
async fn a_permit_that_asks_is_a_refusal_for_people() {
    let policy = "@require_approval(\"two of us read the audit together\")\n\
                  permit (principal is User, action == Action::\"audit.read\", resource);";
    let gateway = gateway(policy).await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let answer = wire.request("gatehouse.audit.list", json!({})).await;
    let error = &answer["error"];
    assert_eq!(error["code"], "FORBIDDEN", "{answer}");
    assert!(error.to_string().contains("two of us"), "{answer}");
}
