//! The approvals document: `exec.approvals.get` and `exec.approvals.set`.

use gatehouse_protocol::{ErrorCode, MethodScope};
use serde::Deserialize;
use serde_json::{Value, json};

use super::grants::ended;
use crate::audit::done_by;
use crate::govern::{ApprovalsDocument, DocumentError};
use crate::router::{Cx, MethodError, MethodTable};

pub(super) fn register(table: &mut MethodTable) {
    table.operator("exec.approvals.get", MethodScope::Admin, get);
    table.operator("exec.approvals.set", MethodScope::Admin, set);
}

#[derive(Debug, Deserialize)]
struct Anything {}

async fn get(cx: Cx, _: Anything) -> Result<Value, MethodError> {
    snapshot(&cx).await
}

async fn snapshot(cx: &Cx) -> Result<Value, MethodError> {
    let (document, hash, exists) = cx.app.exec_modes.document(cx.app.approvals.now()).await?;
    let defaults = cx.app.exec_modes.defaults().await?;
    Ok(json!({
        "path": format!("{}#exec_approvals", cx.app.state_dir.join("gateway.sqlite3").display()),
        "exists": exists,
        "hash": hash,
        "file": document,
        "resolvedDefaults": {
            "security": defaults.security,
            "ask": defaults.ask,
            "askFallback": defaults.fallback,
            "autoAllowSkills": false,
        },
    }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SetParams {
    file: ApprovalsDocument,
    #[serde(default)]
    base_hash: Option<String>,
}

async fn set(cx: Cx, params: SetParams) -> Result<Value, MethodError> {
    let now = cx.app.approvals.now();
    let base = params.base_hash.as_deref();
    let what = "the approvals document was replaced".to_owned();
    let said = done_by(&cx.caller, "policy.changed", what);
    let said = cx.app.audit.dated(said);
    let ended = ended(&cx, "the approvals document leaves its entry out");
    let modes = &cx.app.exec_modes;
    let replaced = modes.replace(params.file, base, now, (said, ended)).await;
    replaced.map_err(|error| match error {
        DocumentError::Store(error) => error.into(),
        other => MethodError::new(ErrorCode::InvalidRequest, other.to_string()),
    })?;
    snapshot(&cx).await
}
