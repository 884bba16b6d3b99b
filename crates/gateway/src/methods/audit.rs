//! `gatehouse.audit.*`: the audit, listed, verified and exported.

use gatehouse_audit::verify::Broken;
use gatehouse_audit::{Actor, Record};
use gatehouse_protocol::MethodScope::{Admin, Read};
use gatehouse_store::gateway::{AuditFilter, AuditRow};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::audit::{ExportFormat, done_by};
use crate::router::{Cx, MethodError, MethodTable, NoParams};

pub(super) fn register(table: &mut MethodTable) {
    table.operator("gatehouse.audit.list", Read, list);
    table.operator("gatehouse.audit.get", Read, get);
    table.operator("gatehouse.audit.verify", Read, verify);
    table.operator("gatehouse.audit.export", Admin, export);
}

/// The longest page of a list, and what is shown unasked.
const MOST_LISTED: u32 = 500;
const USUALLY_LISTED: u32 = 100;

/// The longest page of an export.
const MOST_EXPORTED: u32 = 2_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ListParams {
    #[serde(default)]
    before: Option<u64>,
    #[serde(default)]
    limit: Option<u32>,
    #[serde(default)]
    kinds: Vec<String>,
    #[serde(default)]
    agent_id: Option<String>,
    #[serde(default)]
    session_key: Option<String>,
    #[serde(default)]
    verdict: Option<String>,
    #[serde(default)]
    text: Option<String>,
}

/// A record, as it is shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditView {
    seq: u64,
    at: i64,
    kind: String,
    actor: Actor,
    agent_id: Option<String>,
    session_key: Option<String>,
    what: String,
    verdict: Option<String>,
    rules: Vec<String>,
    approval_id: Option<String>,
    policy_version: Option<String>,
    outcome: Option<String>,
    /// The whole record, redacted before it was written.
    json: Value,
}

async fn list(cx: Cx, params: ListParams) -> Result<Value, MethodError> {
    let filter = AuditFilter {
        before: params.before,
        since: None,
        kinds: params.kinds,
        agent: params.agent_id,
        session: params.session_key,
        verdict: params.verdict,
        text: params.text.filter(|text| !text.is_empty()),
        limit: params.limit.unwrap_or(USUALLY_LISTED).clamp(1, MOST_LISTED),
    };
    let page = cx.app.store.audit_list(&filter).await?;
    let (size, root) = cx.app.audit.head().await;
    let records: Vec<_> = page.rows.iter().map(shown).collect();
    Ok(json!({"records": records, "more": page.more, "size": size, "root": root.to_hex()}))
}

/// What somebody made of a record so that it cannot be read is shown as it is.
pub(crate) fn shown(row: &AuditRow) -> AuditView {
    let json = serde_json::from_str(&row.bytes).unwrap_or_else(|_| json!(row.bytes));
    let draft = Record::read(&row.bytes).map(|record| record.draft);
    let draft = draft.unwrap_or_default();
    AuditView {
        seq: row.seq,
        at: row.at,
        kind: row.kind.clone(),
        actor: draft.actor,
        agent_id: row.agent.clone(),
        session_key: row.session.clone(),
        what: draft
            .what
            .or(draft.action)
            .unwrap_or_else(|| row.kind.clone()),
        verdict: row.verdict.clone(),
        rules: draft.rules,
        approval_id: draft.approval_id,
        policy_version: draft.policy_version,
        outcome: draft.outcome,
        json,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GetParams {
    seq: u64,
}

async fn get(cx: Cx, params: GetParams) -> Result<Value, MethodError> {
    let row = cx.app.store.audit_row(params.seq).await?;
    let row = row.ok_or_else(|| MethodError::invalid("there is no record of this number"))?;
    let previous = Record::read(&row.bytes).map(|record| record.prev);
    Ok(json!({
        "record": shown(&row), "leaf": row.leaf.to_hex(), "previous": previous.unwrap_or_default(),
    }))
}

async fn verify(cx: Cx, _: NoParams) -> Result<Value, MethodError> {
    let report = cx.app.audit.verify().await?;
    let checkpoint = report.checkpoint.map(
        |checked| json!({"size": checked.size, "root": checked.root.to_hex(), "at": checked.at}),
    );
    let key = cx.app.audit.verifier().map(ToString::to_string);
    Ok(json!({
        "intact": report.intact(), "records": report.records, "checkpoint": checkpoint,
        "broken": report.broken.as_ref().map(broken), "size": report.size,
        "root": report.root.to_hex(), "key": key,
    }))
}

fn broken(broken: &Broken) -> Value {
    json!({"seq": broken.seq, "kind": broken.kind.word(), "text": broken.text})
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExportParams {
    format: ExportFormat,
    #[serde(default)]
    after: Option<u64>,
    #[serde(default)]
    limit: Option<u32>,
}

async fn export(cx: Cx, params: ExportParams) -> Result<Value, MethodError> {
    if params.after.is_none() {
        let what = format!("the audit was exported as {:?}", params.format);
        let exported = done_by(&cx.caller, "audit.exported", what);
        cx.app.audit.event(exported).await?;
    }
    let limit = params
        .limit
        .unwrap_or(MOST_EXPORTED)
        .clamp(1, MOST_EXPORTED);
    let page = cx
        .app
        .audit
        .export(params.format, params.after, limit)
        .await?;
    Ok(json!({"text": page.text, "next": page.next}))
}
