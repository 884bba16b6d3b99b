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
    let (id, looked) = (params.id.clone(), undo.clone());
    let found = tokio::task::spawn_blocking(move || looked.find(&id)).await;
    let found = found.map_err(MethodError::internal)?;
    let kept = found.ok_or_else(|| MethodError::invalid(UndoError::Unknown.to_string()))?;
    // What cannot be recorded is not done.
    let said = "is about to be given back";
    let intent = cx.app.audit.event(record(&cx, &kept, BEFORE, said)).await?;
    let restored = tokio::task::spawn_blocking(move || undo.restore(&params.id, now)).await;
    let restored = restored.map_err(MethodError::internal)?;
    let outcome = match &restored {
        Ok(_) => Draft {
            outcome: Some("ok".to_owned()),
            ..record(&cx, &kept, RESTORED, "was given back")
        },
        Err(error) => {
            let said = format!("was not given back: {error}");
            Draft {
                outcome: Some("error".to_owned()),
                ..record(&cx, &kept, FAILED, &said)
            }
        }
    };
    let outcome = Draft {
        intent: Some(intent),
        ..outcome
    };
    cx.app.audit.note(outcome).await;
    match restored {
        Ok(path) => Ok(json!({"restored": path})),
        Err(UndoError::Io(error)) => Err(MethodError::internal(error)),
        Err(refused) => Err(MethodError::invalid(refused.to_string())),
    }
}

const BEFORE: &str = "undo.restoring";
const RESTORED: &str = "undo.restored";
const FAILED: &str = "undo.failed";

fn record(cx: &Cx, kept: &Kept, kind: &str, said: &str) -> Draft {
    let shown = kept.path.display().to_string();
    Draft {
        session: Some(kept.session_key.clone()),
        resource: Some(shown.clone()),
        ..done_by(&cx.caller, kind, format!("{shown} {said}"))
    }
}
