//! `gatehouse.audit.*`: the audit, listed, verified and exported.

use gatehouse_audit::Record;
use gatehouse_protocol::MethodScope::{Admin, Read};
use gatehouse_store::gateway::AuditFilter;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::audit::{AuditView, ExportFormat, done_by, report_json};
use crate::router::{Cx, MethodError, MethodTable, NoParams};

pub(super) fn register(table: &mut MethodTable) {
    table.operator("gatehouse.audit.list", Read, list);
    table.operator("gatehouse.audit.get", Read, get);
    table.operator("gatehouse.audit.verify", Read, verify);
    table.operator("gatehouse.audit.export", Admin, export);
    table.operator("gatehouse.audit.seal", Admin, seal);
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
    let records: Vec<_> = page.rows.iter().map(AuditView::of).collect();
    Ok(json!({"records": records, "more": page.more, "size": size, "root": root.to_hex()}))
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
        "record": AuditView::of(&row), "leaf": row.leaf.to_hex(), "previous": previous.unwrap_or_default(),
    }))
}

async fn verify(cx: Cx, _: NoParams) -> Result<Value, MethodError> {
    let report = cx.app.audit.verify().await?;
    Ok(report_json(&report, cx.app.audit.verifier()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SealParams {
    /// Milliseconds since 1970: what was signed before is dropped.
    before: i64,
}

async fn seal(cx: Cx, params: SealParams) -> Result<Value, MethodError> {
    let by = done_by(&cx.caller, "audit.sealed", String::new());
    match cx.app.audit.seal(params.before, by).await? {
        Ok(dropped) => Ok(json!({"sealed": dropped})),
        Err(broken) => Err(MethodError::invalid(format!(
            "the audit is broken, and nothing of it is dropped: {}",
            broken.text
        ))),
    }
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
