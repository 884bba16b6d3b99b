//! What agents' actions replaced, and how it comes back.

use gatehouse_audit::Draft;
use gatehouse_protocol::MethodScope;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::audit::done_by;
use crate::govern::undo::{Kept, UndoError};
use crate::router::{Cx, MethodError, MethodTable};

pub(super) fn register(table: &mut MethodTable) {
    table.operator("gatehouse.undo.list", MethodScope::Read, list);
    table.operator("gatehouse.undo.restore", MethodScope::Write, restore);
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct ListParams {
    session_key: Option<String>,
}

async fn list(cx: Cx, params: ListParams) -> Result<Value, MethodError> {
    let (undo, now) = (cx.app.undo.clone(), cx.app.approvals.now());
    let listed = tokio::task::spawn_blocking(move || {
        undo.tidy(now)?;
        undo.list(params.session_key.as_deref())
    });
    let listed = listed.await.map_err(MethodError::internal)?;
    let items = listed.map_err(MethodError::internal)?;
    let items: Vec<Value> = items.iter().map(view).collect();
    Ok(json!({"items": items}))
}

fn view(kept: &Kept) -> Value {
    json!({
        "id": kept.id,
        "at": kept.at,
        "path": kept.path,
        "what": kept.what,
        "size": kept.size,
        "sessionKey": kept.session_key,
        "toolCallId": kept.tool_call_id,
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RestoreParams {
    id: String,
}

async fn restore(cx: Cx, params: RestoreParams) -> Result<Value, MethodError> {
    let (undo, now) = (cx.app.undo.clone(), cx.app.approvals.now());
    let id = params.id.clone();
    let restored = tokio::task::spawn_blocking(move || undo.restore(&id, now)).await;
    let path = match restored.map_err(MethodError::internal)? {
        Ok(path) => path,
        Err(UndoError::Io(error)) => return Err(MethodError::internal(error)),
        Err(refused) => return Err(MethodError::invalid(refused.to_string())),
    };
    let shown = path.display().to_string();
    let draft = Draft {
        resource: Some(shown.clone()),
        ..done_by(
            &cx.caller,
            "undo.restored",
            format!("{shown} was given back"),
        )
    };
    cx.app.audit.event(draft).await?;
    Ok(json!({"restored": path}))
}
