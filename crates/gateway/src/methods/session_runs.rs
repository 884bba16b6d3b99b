//! Running by session: `sessions.send`, `.steer`, `.abort`, `.compact`.

use std::time::Duration;

use gatehouse_agent::{QueueMode, RunStatus, Task, Waited};
use gatehouse_protocol::MethodScope;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::chat::{Attachment, as_it_stands, content, said, submitted_by, thinking};
use super::expected::may_send;
use crate::once::once;
use crate::router::{Cx, MethodError, MethodTable};
use crate::runs::Input;
use crate::sessions::{Change, SessionName};

pub(super) fn register(table: &mut MethodTable) {
    table.operator("sessions.send", MethodScope::Write, send);
    table.operator("sessions.steer", MethodScope::Write, steer);
    table.operator("sessions.abort", MethodScope::Write, abort);
    table.operator("sessions.compact", MethodScope::Admin, compact);
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SendParams {
    key: String,
    #[serde(default)]
    agent_id: Option<String>,
    message: String,
    #[serde(default)]
    thinking: Option<String>,
    #[serde(default)]
    attachments: Vec<Attachment>,
    #[serde(default)]
    timeout_ms: Option<u64>,
    #[serde(default)]
    idempotency_key: Option<String>,
}

async fn send(cx: Cx, params: SendParams) -> Result<Value, MethodError> {
    run(cx, "sessions.send", params, QueueMode::Followup).await
}

/// The running run reads it; where none runs, one begins.
async fn steer(cx: Cx, params: SendParams) -> Result<Value, MethodError> {
    run(cx, "sessions.steer", params, QueueMode::Steer).await
}

async fn run(
    cx: Cx,
    method: &'static str,
    params: SendParams,
    queue: QueueMode,
) -> Result<Value, MethodError> {
    let name = cx
        .app
        .sessions
        .name(&params.key, params.agent_id.as_deref());
    if cx.app.store.session(&name.key).await?.is_none() && !name.is_main() {
        return Err(MethodError::invalid(format!(
            "session not found: {}",
            params.key
        )));
    }
    let key = params.idempotency_key.clone();
    let said = said(&name, &params.message, &params.attachments);
    let work = || async {
        may_send(&cx, &name).await?;
        let run_id = key.clone().unwrap_or_else(|| Uuid::new_v4().to_string());
        let mut input = Input::text(name, run_id, "");
        input.content = content(params.message, params.attachments)?;
        input.queue = queue;
        input.thinking = thinking(params.thinking.as_deref())?;
        input.timeout = params
            .timeout_ms
            .filter(|ms| *ms > 0)
            .map(Duration::from_millis);
        submitted_by(method, &said, &cx, input).await
    };
    let known = match &key {
        Some(key) => cx.app.store.run(key).await?,
        None => None,
    };
    let answer: Result<_, MethodError> = once(&cx.app, method, key.as_deref(), &said, work).await;
    Ok(as_it_stands(answer?, known.as_ref()))
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct AbortParams {
    key: Option<String>,
    run_id: Option<String>,
    agent_id: Option<String>,
    clear_queued: Option<bool>,
}

async fn abort(cx: Cx, params: AbortParams) -> Result<Value, MethodError> {
    let Some(name) = whose(&cx, &params).await? else {
        return Ok(json!({"ok": true, "abortedRunId": null, "status": "no-active-run"}));
    };
    // Without a run's id, what waits goes with what runs unless it is to stay.
    let active = cx.app.runs.engine.active(&name.key).await;
    let only_active = params.clear_queued == Some(false);
    let run_id = match (&params.run_id, only_active) {
        (Some(id), _) => Some(id.clone()),
        (None, true) => active.as_ref().map(|run| run.run_id.clone()),
        (None, false) => None,
    };
    let hit = cx.app.runs.engine.abort(&name.key, run_id.as_deref()).await;
    if !hit.is_empty() {
        cx.app
            .sessions
            .changed(&name.key, Change::Reason("abort"))
            .await;
    }
    let status = if hit.is_empty() {
        "no-active-run"
    } else {
        "aborted"
    };
    Ok(json!({"ok": true, "abortedRunId": hit.first(), "status": status}))
}

/// The session that is meant: by its key, or by a run of it.
async fn whose(cx: &Cx, params: &AbortParams) -> Result<Option<SessionName>, MethodError> {
    if let Some(key) = &params.key {
        return Ok(Some(cx.app.sessions.name(key, params.agent_id.as_deref())));
    }
    let Some(run_id) = &params.run_id else {
        return Err(MethodError::invalid("key or runId required"));
    };
    let run = cx.app.store.run(run_id).await?;
    Ok(run.map(|run| cx.app.sessions.name(&run.session, None)))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CompactParams {
    key: String,
    #[serde(default)]
    agent_id: Option<String>,
    #[serde(default)]
    max_lines: Option<u64>,
}

/// The longest that a summary may take.
const COMPACT_WITHIN: Duration = Duration::from_secs(300);

/// Puts a summary in place of the older part of the context, and waits for it.
async fn compact(cx: Cx, params: CompactParams) -> Result<Value, MethodError> {
    if params.max_lines.is_some() {
        return Err(MethodError::invalid(
            "maxLines is not available on this gateway: without it, older messages are summarised",
        ));
    }
    let name = cx
        .app
        .sessions
        .name(&params.key, params.agent_id.as_deref());
    let answer = |compacted: bool, reason: Option<&str>| {
        let mut answer = json!({"ok": true, "key": name.key, "compacted": compacted});
        if let Some(reason) = reason {
            answer["reason"] = json!(reason);
        }
        Ok(answer)
    };
    let transcript = cx.app.store.entries_page(&name.key, None, 1).await?;
    if transcript.total == 0 {
        return answer(false, Some("no transcript"));
    }
    if cx.app.runs.engine.active(&name.key).await.is_some() {
        return Err(MethodError::invalid(
            "the session is busy; retry when its run is over",
        ));
    }
    let archived = async || cx.app.store.archived(&name.key).await.map(|all| all.len());
    let before = archived().await?;
    let run_id = Uuid::new_v4().to_string();
    let mut input = Input::text(name.clone(), run_id.clone(), "");
    input.content = Vec::new();
    input.task = Task::Compact;
    input.queue = QueueMode::Followup;
    cx.app.runs.submit(input).await?;
    match cx.app.runs.engine.wait(&run_id, COMPACT_WITHIN).await {
        Waited::Ended(outcome) if outcome.status == RunStatus::Done => {
            if archived().await? == before {
                return answer(false, Some("nothing to compact"));
            }
            cx.app
                .sessions
                .changed(&name.key, Change::Reason("compact"))
                .await;
            answer(true, None)
        }
        Waited::Ended(outcome) => answer(false, outcome.error.as_deref().or(Some("failed"))),
        Waited::Pending | Waited::Unknown => {
            answer(false, Some("it takes longer than is waited for"))
        }
    }
}
