//! Approvals: ask, wait, list, read, answer. Both families of methods answer from the same registry.

use gatehouse_protocol::MethodScope;
use gatehouse_protocol::error::{REASON_ALREADY_RESOLVED, REASON_APPROVAL_NOT_FOUND};
use gatehouse_protocol::untrusted::is_plain;
use gatehouse_store::gateway::{ApprovalRecord, ApprovalState};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::govern::{
    AnswerError, ApprovalsError, ChoiceError, Decision, LONGEST_GRANT_MS, Question, can_answer,
    wire,
};
use crate::hex::hex;
use crate::router::{Caller, Cx, MethodError, MethodTable, NoParams};

/// How long a question waits that does not say; and the bounds of what it may say.
const TIMEOUT_MS: u64 = 30 * 60 * 1000;
const SHORTEST_MS: u64 = 1_000;
const LONGEST_MS: u64 = 24 * 60 * 60 * 1000;

/// A command longer than this is not shown whole, so it is not asked about.
pub(super) const LONGEST_COMMAND: usize = 256 * 1024;

/// In bytes. The published schema has no limit; people name questions by their ids, in a terminal and in a path.
const LONGEST_ID: usize = 128;

pub(super) fn register(table: &mut MethodTable) {
    let scope = MethodScope::Approvals;
    table.operator("exec.approval.request", scope, request);
    table.operator("exec.approval.waitDecision", scope, wait_decision);
    table.operator("exec.approval.list", scope, list);
    table.operator("exec.approval.get", scope, get_exec);
    table.operator("exec.approval.resolve", scope, resolve_exec);
    table.operator("plugin.approval.list", scope, none_waits);
    table.operator("openclaw.approval.list", scope, none_waits);
    table.operator("exec.approval.grants.list", scope, standing_grants);
    table.operator("exec.approval.grants.revoke", scope, revoke_standing_grant);
    table.operator("approval.get", scope, get);
    table.operator("approval.resolve", scope, resolve);
    table.operator("approval.history", scope, history);
}

/// Here only commands ask. Clients that show every family read its list all the same.
async fn none_waits(_: Cx, _: NoParams) -> Result<Vec<Value>, MethodError> {
    Ok(Vec::new())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StandingGrantsParams {
    #[serde(default)]
    limit: Option<u32>,
}

/// The published standing grants are those of scheduled jobs, and each names its job. There are no such jobs here, and so
/// no such grants; those that people give here are in `gatehouse.grants.list`.
async fn standing_grants(_: Cx, params: StandingGrantsParams) -> Result<Value, MethodError> {
    if params
        .limit
        .is_some_and(|limit| !(1..=500).contains(&limit))
    {
        let reason = "at /limit: must be a whole number from 1 to 500";
        return Err(MethodError::params("exec.approval.grants.list", reason));
    }
    Ok(json!({ "grants": [] }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RevokeStandingGrantParams {
    grant_id: String,
}

async fn revoke_standing_grant(
    _: Cx,
    params: RevokeStandingGrantParams,
) -> Result<Value, MethodError> {
    if params.grant_id.is_empty() {
        let reason = "at /grantId: must not be empty";
        return Err(MethodError::params("exec.approval.grants.revoke", reason));
    }
    Ok(json!({ "outcome": "not-found" }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestParams {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    command: Option<String>,
    #[serde(default)]
    command_argv: Option<Vec<String>>,
    #[serde(default)]
    env: Option<Map<String, Value>>,
    #[serde(default)]
    cwd: Option<String>,
    #[serde(default)]
    node_id: Option<String>,
    #[serde(default)]
    host: Option<String>,
    #[serde(default)]
    security: Option<String>,
    #[serde(default)]
    ask: Option<String>,
    #[serde(default)]
    warning_text: Option<String>,
    #[serde(default)]
    unavailable_decisions: Vec<String>,
    #[serde(default)]
    agent_id: Option<String>,
    #[serde(default)]
    resolved_path: Option<String>,
    #[serde(default)]
    session_key: Option<String>,
    #[serde(default)]
    session_id: Option<String>,
    #[serde(default)]
    run_id: Option<String>,
    #[serde(default)]
    tool_call_id: Option<String>,
    #[serde(default)]
    timeout_ms: Option<u64>,
    #[serde(default)]
    two_phase: bool,
}

/// A client asks on its own behalf: it is told the answer, and runs what it asked about itself.
async fn request(cx: Cx, params: RequestParams) -> Result<Value, MethodError> {
    let two_phase = params.two_phase;
    let pending = match cx.app.approvals.ask(question(params, &cx.caller)?).await {
        Ok(pending) => pending,
        Err(ApprovalsError::Taken) => {
            return Err(MethodError::invalid("approval id already pending"));
        }
        Err(ApprovalsError::Store(error)) => return Err(error.into()),
    };
    if !reachable(&cx, &pending.record).await {
        let record = pending.detach();
        return no_route(&cx, &record).await;
    }
    let record = pending.detach();
    if two_phase {
        return Ok(json!({
            "status": "accepted",
            "id": record.id,
            "createdAtMs": record.created_at,
            "expiresAtMs": record.expires_at,
        }));
    }
    decision_of(&cx, &record.id).await
}

fn question(params: RequestParams, asker: &Caller) -> Result<Question, MethodError> {
    let command = params.command.as_deref().map(str::trim).unwrap_or_default();
    if command.is_empty() {
        return Err(MethodError::invalid("command is required"));
    }
    if command.len() > LONGEST_COMMAND {
        return Err(
            MethodError::invalid("command exceeds exec approval display limit")
                .with_details(json!({"reason": "EXEC_APPROVAL_COMMAND_DISPLAY_LIMIT"})),
        );
    }
    let mut env_keys: Vec<&String> = params.env.iter().flat_map(Map::keys).collect();
    env_keys.sort();
    let bound = json!({
        "command": command, "argv": params.command_argv, "cwd": params.cwd, "env": params.env,
        "agent": params.agent_id, "session": params.session_key, "path": params.resolved_path,
        "host": params.host, "node": params.node_id,
    });
    // Always is the asker's to keep: this gateway does not know what it would run.
    let asks_always = params.ask.as_deref() == Some("always");
    let never = |word: &str| {
        (word == "allow-always" && asks_always)
            || params.unavailable_decisions.iter().any(|no| no == word)
    };
    let allowed: Vec<&str> = ["allow-once", "allow-always", "deny"]
        .into_iter()
        .filter(|word| !never(word))
        .collect();
    let request = json!({
        "command": command,
        "commandArgv": params.command_argv,
        "envKeys": env_keys,
        "cwd": params.cwd,
        "nodeId": params.node_id,
        "host": params.host,
        "security": params.security,
        "ask": params.ask,
        "warningText": params.warning_text,
        "agentId": params.agent_id,
        "resolvedPath": params.resolved_path,
        "sessionKey": params.session_key,
        "sessionId": params.session_id,
        "runId": params.run_id,
        "toolCallId": params.tool_call_id,
        "allowedDecisions": allowed,
    });
    let timeout = params.timeout_ms.unwrap_or(TIMEOUT_MS);
    Ok(Question {
        id: own_id(params.id)?,
        agent: params.agent_id,
        session: params.session_key,
        run: params.run_id,
        digest: digest(&bound),
        request: request.as_object().cloned().unwrap_or_default(),
        timeout_ms: timeout.clamp(SHORTEST_MS, LONGEST_MS),
        always: None,
        grants: None,
        requester: Some(asker.principal()),
        requester_person: asker.vouched(),
        approvers: 1,
        bound: false,
    })
}

/// The asker's own id, if it is one that a person can read and type.
fn own_id(id: Option<String>) -> Result<Option<String>, MethodError> {
    let Some(id) = id.filter(|id| !id.trim().is_empty()) else {
        return Ok(None);
    };
    let is_typed = is_plain(&id) && !id.contains([' ', '/', '\\']);
    if id.len() > LONGEST_ID || !is_typed {
        return Err(MethodError::invalid(format!(
            "an approval id has at most {LONGEST_ID} bytes, and no spaces, slashes, control or invisible characters"
        )));
    }
    Ok(Some(id))
}

fn digest(bound: &Value) -> String {
    hex(Sha256::digest(bound.to_string()))
}

/// Whether anyone but the asker could answer, or the asker itself shows approvals.
async fn reachable(cx: &Cx, record: &ApprovalRecord) -> bool {
    let members = cx.app.hub.members().await;
    let (policy, agent) = (&cx.app.policy, record.agent.as_deref().unwrap_or_default());
    members
        .iter()
        .any(|caller| can_answer(caller, policy, agent))
}

/// Nobody can be asked: that is a denial, recorded as one.
async fn no_route(cx: &Cx, record: &ApprovalRecord) -> Result<Value, MethodError> {
    let settled = cx.app.approvals.no_route(&record.id).await?;
    Ok(decision(&settled.unwrap_or_else(|| record.clone())))
}

async fn decision_of(cx: &Cx, id: &str) -> Result<Value, MethodError> {
    match cx.app.approvals.settled(id).await? {
        Some(record) => Ok(decision(&record)),
        None => Err(MethodError::invalid("approval expired or not found")),
    }
}

fn decision(record: &ApprovalRecord) -> Value {
    // The published answer to no answer is null; what was decided is a word.
    let word = match record.state {
        ApprovalState::Allowed | ApprovalState::Consumed | ApprovalState::Denied => {
            wire::decision(record)
        }
        _ => None,
    };
    json!({
        "id": record.id,
        "decision": word,
        "createdAtMs": record.created_at,
        "expiresAtMs": record.expires_at,
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct IdParams {
    id: String,
}

async fn wait_decision(cx: Cx, params: IdParams) -> Result<Value, MethodError> {
    if let Some(record) = cx.app.store.approval(&params.id).await? {
        cx.may_see(&record).await?;
    }
    decision_of(&cx, &params.id).await
}

#[derive(Debug, Deserialize)]
struct Anything {}

async fn list(cx: Cx, _: Anything) -> Result<Value, MethodError> {
    let waiting = cx.seen(cx.app.approvals.pending().await?).await?;
    Ok(waiting.iter().map(wire::pending).collect())
}

async fn get_exec(cx: Cx, params: IdParams) -> Result<Value, MethodError> {
    let record = cx.app.store.approval(&params.id).await?;
    match record.filter(|record| record.state == ApprovalState::Pending) {
        Some(record) => {
            cx.may_see(&record).await?;
            Ok(wire::summary(&record))
        }
        None => Err(not_found()),
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResolveParams {
    id: String,
    decision: String,
    #[serde(default)]
    kind: Option<String>,
    /// Of an "always": how long it holds. No grant here holds longer than the longest.
    #[serde(default)]
    grant_expires_in_days: Option<u32>,
}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

async fn resolve_exec(cx: Cx, params: ResolveParams) -> Result<Value, MethodError> {
    answer(&cx, &params).await?;
    Ok(json!({"ok": true}))
}

/// First answer wins; a later one is shown the record that stands.
async fn resolve(cx: Cx, params: ResolveParams) -> Result<Value, MethodError> {
    if params.kind.as_deref().is_some_and(|kind| kind != "exec") {
        return Err(not_found());
    }
    let (record, applied) = match answered(&cx, &params).await? {
        Ok(record) => (record, true),
        Err(record) => (*record, false),
    };
    Ok(json!({"applied": applied, "approval": wire::snapshot(&record)}))
}

async fn answer(cx: &Cx, params: &ResolveParams) -> Result<(), MethodError> {
    match answered(cx, params).await? {
        Ok(_) => Ok(()),
        // One of several, whose yes stands.
        Err(record) if record.state == ApprovalState::Pending => Ok(()),
        // The same word again is no contradiction.
        Err(record) if record.decision.as_deref() == Some(&params.decision) => Ok(()),
        Err(_) => Err(MethodError::invalid("approval already resolved")
            .with_details(json!({"reason": REASON_ALREADY_RESOLVED}))),
    }
}

/// The record as this answer left it, or as another one had.
async fn answered(
    cx: &Cx,
    params: &ResolveParams,
) -> Result<Result<ApprovalRecord, Box<ApprovalRecord>>, MethodError> {
    let Some(decision) = Decision::parse(&params.decision) else {
        return Err(MethodError::invalid(format!(
            "invalid decision: {}",
            params.decision
        )));
    };
    let resolver = cx.decider(&params.id).await?;
    let approvals = &cx.app.approvals;
    let days = params.grant_expires_in_days;
    let answered = match days.filter(|_| decision == Decision::AllowAlways) {
        Some(days) => {
            let held = i64::from(days).saturating_mul(DAY_MS).min(LONGEST_GRANT_MS);
            let until = approvals.now().saturating_add(held);
            approvals.answer_until(&params.id, until, &resolver).await
        }
        None => approvals.answer(&params.id, decision, &resolver).await,
    };
    match answered {
        Ok(answered) => Ok(Ok(answered.record().clone())),
        Err(AnswerError::Settled(record) | AnswerError::Again(record)) => Ok(Err(record)),
        Err(other) => Err(refused(other)),
    }
}

/// Why an answer was not taken, on the wire.
pub(super) fn refused(error: AnswerError) -> MethodError {
    let reason = match &error {
        AnswerError::Unknown => return not_found(),
        AnswerError::Settled(_) => REASON_ALREADY_RESOLVED,
        AnswerError::Choice(ChoiceError::NotOffered(_)) => "APPROVAL_DECISION_UNAVAILABLE",
        AnswerError::Choice(ChoiceError::OneByOne) => "APPROVAL_ONE_BY_ONE",
        AnswerError::Choice(ChoiceError::Wrong(_)) => "APPROVAL_DECISION_INVALID",
        AnswerError::Again(_) => "APPROVAL_ALREADY_COUNTED",
        AnswerError::Edit(_) => "APPROVAL_EDIT_REFUSED",
        AnswerError::Own => "APPROVAL_OWN_REQUEST",
        AnswerError::Differs => "APPROVAL_DIGEST_MISMATCH",
        AnswerError::Store(_) => {
            let AnswerError::Store(error) = error else {
                return not_found();
            };
            return error.into();
        }
    };
    MethodError::invalid(error.to_string()).with_details(json!({"reason": reason}))
}

fn not_found() -> MethodError {
    MethodError::invalid("unknown or expired approval id").with_details(json!({
        "reason": REASON_APPROVAL_NOT_FOUND,
        "remediation": "Re-request the action.",
    }))
}

async fn get(cx: Cx, params: IdParams) -> Result<Value, MethodError> {
    match cx.app.store.approval(&params.id).await? {
        Some(record) => {
            cx.may_see(&record).await?;
            Ok(json!({"approval": wire::snapshot(&record)}))
        }
        None => Err(not_found()),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct HistoryParams {
    cursor: Option<String>,
    limit: Option<u32>,
    kind: Option<String>,
}

async fn history(cx: Cx, params: HistoryParams) -> Result<Value, MethodError> {
    if params.kind.as_deref().is_some_and(|kind| kind != "exec") {
        return Ok(json!({"items": []}));
    }
    let limit = params.limit.unwrap_or(50).clamp(1, 100);
    let store = &cx.app.store;
    // Without it there is no page behind it, and an empty one would look like the end.
    if let Some(cursor) = &params.cursor
        && store.approval(cursor).await?.is_none()
    {
        let reason = "at /cursor: is none that this gateway gave, or its approval is gone; begin without one";
        return Err(MethodError::params("approval.history", reason));
    }
    let mut records = store
        .approvals_history(params.cursor.as_deref(), limit + 1)
        .await?;
    let more = records.len() > limit as usize;
    records.truncate(limit as usize);
    let next = records.last().filter(|_| more).map(|last| last.id.clone());
    let records = cx.seen(records).await?;
    let items: Vec<Value> = records.iter().map(wire::snapshot).collect();
    let mut page = json!({"items": items});
    if let Some(next) = next {
        page["nextCursor"] = json!(next);
    }
    Ok(page)
}
