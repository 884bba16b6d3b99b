//! Decisions whose fate is in doubt on a real gateway: it hangs while one is on its way, or another gateway has a
//! request of the same id.

use std::time::Duration;

use gatehouse_fleet::view::{Decision, PhaseView};
use gatehouse_testkit::gateway::{GatewayOptions, Version};
use gatehouse_testkit::operator::Operator;
use serde_json::json;

use crate::desk::Desk;
use crate::peers::{own, shared};

const HOUR: Duration = Duration::from_secs(3600);

/// Asks for an approval under an id of our choice.
async fn asks(operator: &Operator, id: &str, command: &str) {
    let request = json!({ "id": id, "command": command, "cwd": "/", "host": "gateway",
        "security": "allowlist", "ask": "on-miss", "agentId": "main",
        "sessionKey": "agent:main:main", "timeoutMs": 600_000, "twoPhase": true });
    let accepted = operator.call("exec.approval.request", request).await;
    assert_eq!(accepted.unwrap()["id"], id);
}

fn decided(phase: &PhaseView) -> Option<(Decision, bool)> {
    match phase {
        PhaseView::Decided {
            decision,
            by_this_app,
            ..
        } => Some((*decision, *by_this_app)),
        _ => None,
    }
}

pub(crate) async fn a_decision_that_a_hanging_gateway_may_not_have_taken_counts_once(
    version: Version,
) {
    let gateway = own(version, GatewayOptions::default()).await;
    let operator = gateway.operator().await.unwrap();
    let desk = Desk::new().await;
    let id = desk.join(&gateway.url(), "home", gateway.secret()).await;
    let command = "echo decided while it hung";
    operator.raise_exec_approval(command, HOUR).await.unwrap();
    let item = desk.waits(&id, command).await;

    // Every socket stays open, and nothing is heard any more.
    gateway.freeze();
    desk.decide(&item, Decision::Deny).await.unwrap();
    let away = desk
        .item(&id, command, |phase| {
            matches!(
                phase,
                PhaseView::Unreachable {
                    was_deciding: Some(Decision::Deny),
                    ..
                }
            )
        })
        .await;
    let second = desk.decide(&away, Decision::AllowOnce).await;
    assert_eq!(second, Err("notConnected".to_owned()));

    gateway.thaw();
    let back = desk
        .item(&id, command, |phase| {
            matches!(phase, PhaseView::Waiting { .. } | PhaseView::Decided { .. })
        })
        .await;
    // Not taken from a connection that was given up meanwhile: it says so, and is the person's again.
    if let PhaseView::Waiting { problem } = &back.phase {
        assert_eq!(problem.as_ref().unwrap().code, "unconfirmed");
        desk.decide(&back, Decision::Deny).await.unwrap();
    }
    let ended = desk.ended(&id, command).await;
    assert_eq!(decided(&ended), Some((Decision::Deny, true)), "{ended:?}");
}

pub(crate) async fn requests_of_one_id_on_two_gateways_are_decided_each_on_its_own() {
    let first = shared(Version::V4).await;
    let second = own(Version::V4, GatewayOptions::default()).await;
    let desk = Desk::new().await;
    let home = desk.join(&first.url(), "home", first.secret()).await;
    let work = desk.join(&second.url(), "work", second.secret()).await;
    let operators = [
        first.operator().await.unwrap(),
        second.operator().await.unwrap(),
    ];
    for operator in &operators {
        asks(operator, "one-id", "echo one id").await;
    }
    let at_home = desk.waits(&home, "echo one id").await;
    let at_work = desk.waits(&work, "echo one id").await;
    desk.decide(&at_home, Decision::AllowOnce).await.unwrap();
    let ended = desk.ended(&home, "echo one id").await;
    assert_eq!(decided(&ended), Some((Decision::AllowOnce, true)));
    let still = desk.waits(&work, "echo one id").await;
    assert_eq!(still, at_work, "nothing was decided here");
    desk.decide(&still, Decision::Deny).await.unwrap();
    desk.ended(&work, "echo one id").await;
    for (operator, decision) in operators.iter().zip(["allow-once", "deny"]) {
        let record = operator.call("approval.get", json!({ "id": "one-id" }));
        assert_eq!(record.await.unwrap()["approval"]["decision"], decision);
    }
}
