//! `tools.invoke`: one tool, without a turn of an agent.

use gatehouse_protocol::MethodScope;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::once::once;
use crate::router::{Cx, MethodError, MethodTable};
use crate::runs::DirectCalls;
use crate::web::{ToolCall, ToolCalls, ToolFailure};

pub(super) fn register(table: &mut MethodTable) {
    table.operator("tools.invoke", MethodScope::Write, invoke);
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct InvokeParams {
    name: String,
    #[serde(default)]
    args: Option<Value>,
    #[serde(default)]
    session_key: Option<String>,
    #[serde(default)]
    agent_id: Option<String>,
    /// The governor asks where it must; this adds nothing.
    #[serde(default, rename = "confirm")]
    _confirm: Option<bool>,
    #[serde(default)]
    idempotency_key: Option<String>,
    #[serde(default, rename = "conversationReadOrigin")]
    _origin: Option<String>,
}

async fn invoke(cx: Cx, params: InvokeParams) -> Result<Value, MethodError> {
    let key = params.idempotency_key.clone();
    let input = json!([
        params.name,
        params.args,
        params.session_key,
        params.agent_id
    ]);
    once(&cx.app, "tools.invoke", key.as_deref(), &input, || {
        invoked(&cx, params)
    })
    .await
}

async fn invoked(cx: &Cx, params: InvokeParams) -> Result<Value, MethodError> {
    let app = &cx.app;
    let calls = DirectCalls::new(app.runs.clone(), app.sessions.clone(), app.stopping.clone());
    let tool = params.name.clone();
    let call = ToolCall {
        tool: params.name,
        args: params.args.unwrap_or_else(|| json!({})),
        session_key: params.session_key,
        agent_id: params.agent_id,
        idempotency_key: None,
    };
    let (code, message) = match calls.call(call).await {
        Ok(output) => {
            return Ok(json!({"ok": true, "toolName": tool, "output": output, "source": "core"}));
        }
        Err(ToolFailure::NotAvailable) => ("not_found", format!("there is no tool {tool}")),
        Err(ToolFailure::Input(reason)) => ("invalid_input", reason),
        Err(ToolFailure::Denied(reason)) => ("forbidden", reason),
        Err(ToolFailure::Failed(reason)) => ("tool_error", reason),
    };
    Ok(json!({
        "ok": false, "toolName": tool, "source": "core",
        "error": {"code": code, "message": message},
    }))
}
