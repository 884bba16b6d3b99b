//! `POST /tools/invoke`: one tool, without a turn of an agent. Shapes and statuses are those of the published
//! "Tools invoke API", and so is the list of what is denied, with this gateway's names beside.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use axum::{RequestExt, body::Body};
use gatehouse_protocol::{ErrorCode, MethodScope, Scope};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Web, reply};
use crate::auth::{AuthMethod, scope_cap};
use crate::once::once;
use crate::router::{MethodError, one_agent};

/// A tool, as a request asks for it.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall {
    pub tool: String,
    pub args: Value,
    /// Absent for the main session.
    pub session_key: Option<String>,
    pub agent_id: Option<String>,
    pub idempotency_key: Option<String>,
}

/// Why a tool did not do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolFailure {
    /// There is no such tool, or policy does not offer it.
    NotAvailable,
    /// The input is wrong.
    Input(String),
    /// Policy says no to exactly this.
    Denied(String),
    /// Anything else; the words are safe to show.
    Failed(String),
}

/// Runs tools under the gateway's governor.
#[async_trait]
pub trait ToolCalls: Send + Sync {
    async fn call(&self, call: ToolCall) -> Result<Value, ToolFailure>;
}

/// Never over HTTP, unless the configuration says otherwise.
const DENIED: [&str; 12] = [
    "exec",
    "spawn",
    "shell",
    "fs_write",
    "fs_delete",
    "fs_move",
    "apply_patch",
    "sessions_spawn",
    "sessions_send",
    "cron",
    "gateway",
    "nodes",
];
/// What does the same here under another name.
const DENIED_HERE: [&str; 3] = ["write", "edit", "process"];
/// Of the reference document alone: it would wait for a person at a terminal.
const INTERACTIVE: &str = "whatsapp_login";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Invoke {
    #[serde(default)]
    tool: Option<String>,
    /// Goes before `tool`.
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    action: Option<String>,
    #[serde(default)]
    args: Option<Map<String, Value>>,
    #[serde(default)]
    session_key: Option<String>,
    #[serde(default)]
    agent_id: Option<String>,
    #[serde(default)]
    idempotency_key: Option<String>,
    #[serde(default)]
    dry_run: bool,
}

pub(super) async fn invoke(
    State(web): State<Web>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    request: Request<Body>,
) -> Response {
    if request.method() != Method::POST {
        return reply::method_not_allowed("POST");
    }
    match web.admit(from, request.headers()).await {
        Err(refusal) => return reply::unauthorized(&refusal),
        Ok(method) if !may_invoke(method, request.headers()) => {
            return reply::error(403, "forbidden", "missing scope: operator.write");
        }
        Ok(_) => {}
    }
    // Read only now: a stranger's megabytes are not waited for.
    let reading = request.extract::<Bytes, _>();
    let body = match tokio::time::timeout(web.app.limits.handshake, reading).await {
        Err(_) => return reply::error(408, "request_timeout", "the request took too long"),
        Ok(Err(_)) => return reply::error(413, "payload_too_large", "the request is too large"),
        Ok(Ok(body)) => body,
    };
    let call = match ToolCall::read(&body) {
        Ok(call) => call,
        Err(message) => return reply::error(400, "invalid_request", &message),
    };
    let missing = || {
        let message = format!("Tool not available: {}", call.tool);
        reply::error(404, "not_found", &message)
    };
    let Some(tools) = web.parts.tools.as_ref().filter(|_| web.offers(&call.tool)) else {
        return missing();
    };
    let input = json!([call.tool, call.args, call.session_key, call.agent_id]);
    let key = call.idempotency_key.as_deref();
    let (app, tools, of_call) = (web.app.clone(), Arc::clone(tools), call.clone());
    let kept = key.map(str::to_owned);
    // A client that hangs up must neither cut the call off nor leave its key without an answer.
    let called = web.app.tasks.spawn(async move {
        let work = || async { tools.call(of_call).await.map_err(NotDone::Call) };
        once(&app, "POST /tools/invoke", kept.as_deref(), &input, work).await
    });
    let ended = || Err(MethodError::unavailable("the call ended early").into());
    match called.await.unwrap_or_else(|_| ended()) {
        Ok(result) => reply::json(200, &json!({"ok": true, "result": result})),
        Err(NotDone::Call(ToolFailure::NotAvailable)) => missing(),
        Err(NotDone::Call(ToolFailure::Input(message))) => {
            reply::error(400, "tool_error", &message)
        }
        Err(NotDone::Call(ToolFailure::Denied(message))) => {
            reply::error(403, "tool_call_blocked", &message)
        }
        Err(NotDone::Call(ToolFailure::Failed(message))) => {
            reply::error(500, "tool_error", &message)
        }
        Err(NotDone::Kept(error)) if error.code == ErrorCode::InvalidRequest => {
            reply::error(400, "invalid_request", &error.message)
        }
        Err(NotDone::Kept(error)) => reply::error(503, "unavailable", &error.message),
    }
}

/// Why there is no result.
enum NotDone {
    Call(ToolFailure),
    /// The answer of the key could not be had.
    Kept(MethodError),
}

impl From<MethodError> for NotDone {
    fn from(error: MethodError) -> Self {
        Self::Kept(error)
    }
}

/// Who came in without a secret may have been given less by whoever is in front. As published, a secret is all or nothing.
fn may_invoke(method: AuthMethod, headers: &HeaderMap) -> bool {
    let Some(cap) = scope_cap(headers).filter(|_| !method.is_shared_secret()) else {
        return true;
    };
    let scopes: Vec<Scope> = cap.iter().map(|name| Scope::from(name.as_str())).collect();
    MethodScope::Write.allowed_by(&scopes)
}

impl Web {
    fn offers(&self, tool: &str) -> bool {
        let config = self.app.config.current();
        let lists = &config.gateway.tools;
        let named = |list: &[String]| list.iter().any(|own| own == tool);
        let by_default =
            DENIED.contains(&tool) || DENIED_HERE.contains(&tool) || tool == INTERACTIVE;
        !named(&lists.deny) && (!by_default || named(&lists.allow))
    }
}

/// The first field of a body that has another type than it is to have, and which that is.
fn misfit(body: &[u8]) -> Option<String> {
    let sent: Map<String, Value> = serde_json::from_slice(body).ok()?;
    let fits = |name: &str, value: &Value| match name {
        "args" => (value.is_null() || value.is_object(), "an object"),
        "dryRun" => (value.is_boolean(), "true or false"),
        "tool" | "name" | "action" | "sessionKey" | "agentId" | "idempotencyKey" => {
            (value.is_null() || value.is_string(), "a string")
        }
        _ => (true, ""),
    };
    sent.iter().find_map(|(name, value)| {
        let (is_one, kind) = fits(name, value);
        (!is_one).then(|| format!("/{name}: must be {kind}"))
    })
}

impl ToolCall {
    /// Reads the body of a request. The error is a sentence for whoever sent it.
    pub fn read(body: &[u8]) -> Result<Self, String> {
        let invoke: Invoke = serde_json::from_slice(body).map_err(|error| match misfit(body) {
            Some(field) => format!("invalid tools.invoke body: at {field}"),
            None => format!("invalid JSON body: {error}"),
        })?;
        if invoke.dry_run {
            return Err("dryRun is not supported here: nothing was done".to_owned());
        }
        let tool = invoke
            .name
            .or(invoke.tool)
            .map(|name| name.trim().to_owned());
        let tool = tool
            .filter(|name| !name.is_empty())
            .ok_or("tools.invoke requires body.tool")?;
        if let (Some(key), Some(agent)) = (&invoke.session_key, &invoke.agent_id) {
            one_agent(key, agent).map_err(|error| error.message)?;
        }
        let mut args = invoke.args.unwrap_or_default();
        if let Some(action) = invoke.action {
            args.entry("action").or_insert(Value::String(action));
        }
        Ok(Self {
            tool,
            args: Value::Object(args),
            session_key: invoke
                .session_key
                .filter(|key| key != "main" && !key.is_empty()),
            agent_id: invoke.agent_id,
            idempotency_key: invoke.idempotency_key.filter(|key| !key.is_empty()),
        })
    }
}
