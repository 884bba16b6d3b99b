//! What a recorded approval looks like on the wire: the published events and snapshots.

use gatehouse_store::gateway::{ApprovalRecord, ApprovalState};
use serde_json::{Map, Value, json};

/// Where the recorded request keeps the entry for an answer "always".
pub(crate) const ALWAYS: &str = "allowAlways";

/// The recorded request.
pub(crate) fn request(record: &ApprovalRecord) -> Map<String, Value> {
    // We wrote it ourselves; were it damaged, an approval without a text could still be denied.
    serde_json::from_str(&record.request).unwrap_or_default()
}

/// The request as others see it: without what an answer "always" would add.
fn shown(record: &ApprovalRecord) -> Map<String, Value> {
    let mut request = request(record);
    request.remove(ALWAYS);
    request
}

/// `exec.approval.requested`, and an item of `exec.approval.list`.
pub(crate) fn pending(record: &ApprovalRecord) -> Value {
    json!({
        "id": record.id,
        "approvalKind": record.kind,
        "createdAtMs": record.created_at,
        "expiresAtMs": record.expires_at,
        "request": shown(record),
    })
}

/// `exec.approval.resolved`. Whatever ends a question without an answer counts as a denial.
pub(crate) fn resolved(record: &ApprovalRecord) -> Value {
    json!({
        "id": record.id,
        "decision": decision(record),
        "resolvedBy": resolver(record).get("label").cloned().unwrap_or_default(),
        "ts": record.settled_at,
        "request": shown(record),
    })
}

/// The word that holds; none while it is pending.
pub(crate) fn decision(record: &ApprovalRecord) -> Option<String> {
    match record.state {
        ApprovalState::Pending => None,
        ApprovalState::Allowed => record.decision.clone(),
        _ => Some("deny".to_owned()),
    }
}

/// The answer of `exec.approval.get`.
pub(crate) fn summary(record: &ApprovalRecord) -> Value {
    let request = request(record);
    json!({
        "id": record.id,
        "commandText": request.get("command"),
        "commandPreview": null,
        "allowedDecisions": request.get("allowedDecisions"),
        "host": request.get("host"),
        "nodeId": request.get("nodeId"),
        "agentId": record.agent,
        "expiresAtMs": record.expires_at,
    })
}

/// `ApprovalSnapshot` of the published schema.
pub(crate) fn snapshot(record: &ApprovalRecord) -> Value {
    let mut snapshot = json!({
        "id": record.id,
        "urlPath": format!("/approve/{}", record.id),
        "createdAtMs": record.created_at,
        "expiresAtMs": record.expires_at,
        "presentation": presentation(record),
        "status": status(record.state),
    });
    if record.state == ApprovalState::Pending {
        if let Some(session) = &record.session {
            snapshot["sourceSessionKey"] = json!(session);
        }
        return snapshot;
    }
    snapshot["resolvedAtMs"] = json!(record.settled_at.unwrap_or(record.created_at));
    snapshot["source"] = source(record);
    snapshot["reason"] = json!(reason(record));
    snapshot["resolver"] = public_resolver(record);
    if let (ApprovalState::Allowed | ApprovalState::Denied, Some(word)) =
        (record.state, &record.decision)
    {
        snapshot["decision"] = json!(word);
    }
    snapshot
}

/// `session.approval`.
pub(crate) fn session_event(record: &ApprovalRecord, updated_at_ms: u64) -> Value {
    let pending = record.state == ApprovalState::Pending;
    json!({
        "sessionKey": record.session,
        "updatedAtMs": updated_at_ms,
        "phase": if pending { "pending" } else { "terminal" },
        "approval": snapshot(record),
    })
}

fn presentation(record: &ApprovalRecord) -> Value {
    let request = request(record);
    let field = |name: &str| request.get(name).cloned().unwrap_or_default();
    json!({
        "kind": "exec",
        "commandText": field("command"),
        "commandPreview": null,
        "warningText": field("warningText"),
        "host": field("host"),
        "nodeId": field("nodeId"),
        "agentId": record.agent,
        "allowedDecisions": field("allowedDecisions"),
    })
}

fn status(state: ApprovalState) -> &'static str {
    match state {
        ApprovalState::Pending => "pending",
        ApprovalState::Allowed => "allowed",
        ApprovalState::Denied => "denied",
        ApprovalState::Expired => "expired",
        ApprovalState::Cancelled => "cancelled",
    }
}

fn reason(record: &ApprovalRecord) -> &str {
    let fallback = match record.state {
        ApprovalState::Expired => "timeout",
        ApprovalState::Cancelled => "run-aborted",
        _ => "user",
    };
    record.reason.as_deref().unwrap_or(fallback)
}

fn source(record: &ApprovalRecord) -> Value {
    let mut source = Map::new();
    if let Some(agent) = &record.agent {
        source.insert("agentId".into(), json!(agent));
    }
    if let Some(session) = &record.session {
        source.insert("sessionKey".into(), json!(session));
    }
    Value::Object(source)
}

fn resolver(record: &ApprovalRecord) -> Map<String, Value> {
    let kept = record.resolver.as_deref();
    kept.and_then(|json| serde_json::from_str(json).ok())
        .unwrap_or_default()
}

/// The resolver without the name that only the event shows.
fn public_resolver(record: &ApprovalRecord) -> Value {
    let mut resolver = resolver(record);
    resolver.remove("label");
    if !resolver.contains_key("kind") {
        resolver.insert("kind".into(), json!("system"));
    }
    Value::Object(resolver)
}
