//! What a recorded approval looks like on the wire: the published events and snapshots.

use gatehouse_store::gateway::{AllowEntry, ApprovalRecord, ApprovalState, GrantKind, GrantRecord};
use serde_json::{Map, Value, json};

use super::answers::{Choice, GrantBasis};
use super::question::Decision;

/// Where the recorded request keeps the entry for an answer "always".
pub(crate) const ALWAYS: &str = "allowAlways";

/// Where the recorded request keeps what grants are made of.
pub(crate) const GRANT_BASIS: &str = "grantBasis";

/// Where the request says which of the gateway's own answers it takes.
pub(crate) const CHOICES: &str = "choices";

/// Where the request names the tool, of a call that is no command.
pub(crate) const TOOL: &str = "tool";

/// Where the recorded answer keeps the terms of what it grants.
pub(crate) const GRANT: &str = "grant";

/// The reasons that the published schema knows.
const PUBLISHED_REASONS: &[&str] = &[
    "user",
    "timeout",
    "run-aborted",
    "gateway-restart",
    "no-route",
];

/// The recorded request.
pub(crate) fn request(record: &ApprovalRecord) -> Map<String, Value> {
    // We wrote it ourselves; were it damaged, an approval without a text could still be denied.
    serde_json::from_str(&record.request).unwrap_or_default()
}

/// The request as others see it: without what an answer would add, with what a batch names it by.
fn shown(record: &ApprovalRecord) -> Map<String, Value> {
    let mut request = request(record);
    request.remove(ALWAYS);
    request.remove(GRANT_BASIS);
    if record.bound {
        request.insert("digest".into(), json!(record.digest));
    }
    if record.approvers > 1 {
        request.insert("approvers".into(), json!(record.approvers));
        request.insert("approvedBy".into(), json!(record.approved_by.len()));
        request.insert("approvedByPeople".into(), json!(record.approved_by));
    }
    request
}

/// The gateway's own words that a question takes. One of another client takes what its published words say.
pub(crate) fn choices(record: &ApprovalRecord) -> Vec<String> {
    let request = request(record);
    let texts = |name: &str| -> Vec<String> {
        let list = request.get(name).and_then(Value::as_array);
        let texts = list.into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    };
    if request.contains_key(CHOICES) {
        return texts(CHOICES);
    }
    let published = texts("allowedDecisions").into_iter();
    let own = published.filter_map(|word| Decision::parse(&word));
    own.map(|word| Choice::of(word).word().to_owned()).collect()
}

/// Whether a yes has to be for this question alone. Of one that was not judged here nothing is known.
pub(crate) fn is_one_by_one(record: &ApprovalRecord) -> bool {
    let request = request(record);
    let judged = request
        .get("analysis")
        .and_then(|judged| judged.get("dangerous"));
    record.approvers > 1 || judged != Some(&Value::Bool(false))
}

/// What grants of this question are made of.
pub(crate) fn grant_basis(record: &ApprovalRecord) -> Option<GrantBasis> {
    let basis = request(record).remove(GRANT_BASIS)?;
    serde_json::from_value(basis).ok()
}

/// The entry of the allow-list that was recorded with the question for an answer "always", which shows its grant.
pub(crate) fn always(record: &ApprovalRecord, grant: &GrantRecord) -> Option<AllowEntry> {
    let request = request(record);
    let entry = request.get(ALWAYS)?;
    let text = |name: &str| entry.get(name)?.as_str().map(str::to_owned);
    Some(AllowEntry {
        id: grant.id.clone(),
        agent: record.agent.clone()?,
        pattern: text("pattern")?,
        arg_pattern: Some(text("argPattern")?),
        source: Some(crate::govern::modes::allow_list::ALLOW_ALWAYS.to_owned()),
        added_at: grant.created_at,
        last_resolved: text("lastResolvedPath"),
        ..AllowEntry::default()
    })
}

/// What was granted, for whom and until when, as the audit says it.
pub(crate) fn terms(grant: &GrantRecord) -> Value {
    let kind = match grant.kind {
        GrantKind::Exact => "exact",
        GrantKind::Pattern => "pattern",
    };
    json!({
        "id": grant.id, "kind": kind, "text": grant.text, "digest": grant.digest, "agent": grant.agent,
        "session": grant.session, "cwd": grant.cwd, "answers": grant.answers, "by": grant.created_by,
        "expiresAt": grant.expires_at,
    })
}

/// What a person wrote for the agent with the answer.
pub(crate) fn note(record: &ApprovalRecord) -> Option<String> {
    let note = resolver(record).remove("note")?;
    note.as_str().map(str::to_owned)
}

/// The command that a person put in place of the one that was asked about.
pub(crate) fn edited(record: &ApprovalRecord) -> Option<String> {
    let edited = resolver(record).remove("edited")?;
    edited.as_str().map(str::to_owned)
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
        "choice": resolver(record).get("choice").cloned().unwrap_or_default(),
        "ts": record.settled_at,
        "request": shown(record),
    })
}

/// The word that holds; none while it is pending.
pub(crate) fn decision(record: &ApprovalRecord) -> Option<String> {
    match record.state {
        ApprovalState::Pending => None,
        ApprovalState::Allowed | ApprovalState::Consumed => record.decision.clone(),
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
    let answered = matches!(
        record.state,
        ApprovalState::Allowed | ApprovalState::Consumed | ApprovalState::Denied
    );
    if let (true, Some(word)) = (answered, &record.decision) {
        snapshot["decision"] = json!(word);
    }
    snapshot
}

/// How a question was answered, for our own clients: what the published snapshot has no place for. Null while it waits.
pub(crate) fn answer(record: &ApprovalRecord) -> Value {
    if record.state == ApprovalState::Pending {
        return Value::Null;
    }
    let resolver = resolver(record);
    let field = |name: &str| resolver.get(name).cloned().unwrap_or_default();
    json!({
        "by": field("label"),
        "deviceId": field("id"),
        "choice": field("choice"),
        "note": field("note"),
        "edited": field("edited"),
        "reason": record.reason,
    })
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
        ApprovalState::Allowed | ApprovalState::Consumed => "allowed",
        ApprovalState::Denied => "denied",
        ApprovalState::Expired => "expired",
        ApprovalState::Cancelled | ApprovalState::Revoked => "cancelled",
    }
}

fn reason(record: &ApprovalRecord) -> &str {
    let fallback = match record.state {
        ApprovalState::Expired => "timeout",
        ApprovalState::Cancelled | ApprovalState::Revoked => "run-aborted",
        _ => "user",
    };
    // A yes that was not used keeps its reason; of an expired one the published reason is the time.
    let kept = record.reason.as_deref();
    kept.filter(|reason| PUBLISHED_REASONS.contains(reason))
        .filter(|_| record.state != ApprovalState::Expired)
        .unwrap_or(fallback)
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

pub(super) fn resolver(record: &ApprovalRecord) -> Map<String, Value> {
    let kept = record.resolver.as_deref();
    kept.and_then(|json| serde_json::from_str(json).ok())
        .unwrap_or_default()
}

/// The resolver without the name that only the event shows.
fn public_resolver(record: &ApprovalRecord) -> Value {
    let mut resolver = resolver(record);
    for own in ["label", "choice", "note", "edited", GRANT] {
        resolver.remove(own);
    }
    if !resolver.contains_key("kind") {
        resolver.insert("kind".into(), json!("system"));
    }
    Value::Object(resolver)
}
