//! What the audit says of an approval: made of the record as it then is, in the transaction that changed it.

use gatehouse_audit::{Actor, Draft};
use gatehouse_store::gateway::{ApprovalRecord, ApprovalState, Witness};
use serde_json::{Value, json};

use super::wire;

/// Says what a change at a time made of a record.
pub(super) fn of_approval(now: i64) -> Option<Witness> {
    Some(Witness::new(move |record| draft(record, now)))
}

fn draft(record: &ApprovalRecord, now: i64) -> Draft {
    let request = wire::request(record);
    let resolver = wire::resolver(record);
    let state = word(record);
    let command = request.get("command").and_then(Value::as_str);
    Draft {
        ts: now,
        kind: format!("approval.{state}"),
        actor: actor(record, resolver.get("label").and_then(Value::as_str)),
        agent: record.agent.clone(),
        session: record.session.clone(),
        run: record.run.clone(),
        action: Some(record.kind.clone()),
        what: command.map(str::to_owned),
        request_digest: Some(record.digest.clone()),
        outcome: Some(state.to_owned()),
        approval_id: Some(record.id.clone()),
        detail: Some(json!({
            "decision": record.decision,
            "choice": resolver.get("choice"),
            "note": resolver.get("note"),
            "device": resolver.get("id"),
            "reason": record.reason,
            "approvers": record.approvers,
            "approvedBy": record.approved_by,
            "expiresAt": record.expires_at,
            "grant": resolver.get(wire::GRANT),
        })),
        ..Draft::default()
    }
}

fn word(record: &ApprovalRecord) -> &'static str {
    match record.state {
        ApprovalState::Pending if record.approved_by.is_empty() => "asked",
        ApprovalState::Pending => "counted",
        ApprovalState::Allowed => "allowed",
        ApprovalState::Denied => "denied",
        ApprovalState::Expired => "expired",
        ApprovalState::Cancelled => "cancelled",
        ApprovalState::Consumed => "consumed",
        ApprovalState::Revoked => "revoked",
    }
}

fn actor(record: &ApprovalRecord, label: Option<&str>) -> Actor {
    match (record.state, label) {
        (ApprovalState::Pending | ApprovalState::Consumed, _) => match &record.agent {
            Some(agent) => Actor::agent(agent),
            None => Actor::gateway(),
        },
        (_, Some(label)) => Actor::new("operator", label),
        (_, None) => Actor::gateway(),
    }
}
