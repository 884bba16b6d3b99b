//! Writing to a conversation: `chat.send`, `chat.abort`, `chat.inject`.

use std::time::Duration;

use gatehouse_agent::QueueMode;
use gatehouse_agent::message::{AssistantMessage, Content, Message, StopReason, Usage};
use gatehouse_agent::provider::Thinking;
use gatehouse_protocol::MethodScope;
use gatehouse_store::gateway::{RunRecord, RunState};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

pub(super) use super::attachment::Attachment;
use super::attachment::image;
use super::expected::{Seen, field, may_send};
use crate::broadcast::Topic;
use crate::once::{once, same_input_elsewhere};
use crate::router::{Cx, MethodError, MethodTable};
use crate::runs::{Input, Submitted, new_entry};
use crate::sessions::SessionName;
use crate::settings;

/// The capability without which no tool event is sent.
const TOOL_EVENTS: &str = "tool-events";

pub(super) fn register(table: &mut MethodTable) {
    table.operator("chat.send", MethodScope::Write, send);
    table.operator("chat.abort", MethodScope::Write, abort);
    table.operator("chat.inject", MethodScope::Admin, inject);
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SendParams {
    session_key: String,
    #[serde(default)]
    agent_id: Option<String>,
    #[serde(default)]
    session_id: Option<String>,
    #[serde(default, deserialize_with = "field")]
    expected_leaf_entry_id: Option<Option<String>>,
    #[serde(default)]
    expected_permission_mode: Option<String>,
    #[serde(default)]
    expected_tool_overrides: Option<Value>,
    #[serde(default)]
    expected_session_routing_contract: Option<String>,
    message: String,
    #[serde(default)]
    thinking: Option<String>,
    #[serde(default)]
    queue_mode: Option<Queue>,
    #[serde(default)]
    attachments: Vec<Attachment>,
    #[serde(default)]
    timeout_ms: Option<u64>,
    /// What looks like a word for the gateway itself is one for the agent.
    #[serde(default)]
    suppress_command_interpretation: bool,
    idempotency_key: String,
}

/// The published words for what an input does to a busy session.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Queue {
    Steer,
    Followup,
    Collect,
    Interrupt,
}

async fn send(cx: Cx, params: SendParams) -> Result<Value, MethodError> {
    let name = cx
        .app
        .sessions
        .name(&params.session_key, params.agent_id.as_deref());
    let key = params.idempotency_key.clone();
    let said = said(&name, &params.message, &params.attachments);
    let seen = params.seen();
    let is_for_agent = params.suppress_command_interpretation;
    if let Some(command) = command(&params.message).filter(|_| !is_for_agent) {
        return once(&cx.app, "chat.send", Some(&key), &said, || {
            obey(&cx, &name, command, &key, &seen)
        })
        .await;
    }
    let known = cx.app.store.run(&key).await?;
    let answer = once(&cx.app, "chat.send", Some(&key), &said, || {
        sent(&cx, name, params, &said)
    })
    .await?;
    Ok(as_it_stands(answer, known.as_ref()))
}

/// The same key has the same answer; but where the gateway ended under the run, nobody was told how it ended, and
/// nobody is to wait for it.
pub(super) fn as_it_stands(mut answer: Value, known: Option<&RunRecord>) -> Value {
    let cut_off = known.filter(|run| run.state == RunState::Interrupted);
    if let Some(run) = cut_off.filter(|run| answer["runId"] == *run.id) {
        answer["status"] = json!(status_of(Some(run)));
    }
    answer
}

/// What makes one message another than the next.
pub(super) fn said(name: &SessionName, message: &str, attachments: &[Attachment]) -> Value {
    json!([name.key, message, attachments])
}

impl SendParams {
    fn seen(&self) -> Seen {
        // What steers goes into the run that is at work, whatever that has written meanwhile; as published.
        let steers = matches!(self.queue_mode, Some(Queue::Steer));
        Seen {
            session_id: self.session_id.clone(),
            leaf: self.expected_leaf_entry_id.clone().filter(|_| !steers),
            permission_mode: self.expected_permission_mode.clone(),
            tool_overrides: self.expected_tool_overrides.clone(),
            routing: self.expected_session_routing_contract.clone(),
        }
    }
}

async fn sent(
    cx: &Cx,
    name: SessionName,
    params: SendParams,
    said: &Value,
) -> Result<Value, MethodError> {
    // What was accepted before is told again, whatever came after it.
    let seen = params.seen();
    if cx.app.store.run(&params.idempotency_key).await?.is_none() {
        may_send(cx, &name).await?;
        seen.check(cx, &name, &params.idempotency_key).await?;
    }
    let mut input = Input::text(name, params.idempotency_key, "");
    input.content = content(params.message, params.attachments)?;
    let usual = || settings::queue_mode(&cx.app.config.current());
    input.queue = params.queue_mode.map_or_else(usual, Queue::mode);
    input.thinking = thinking(params.thinking.as_deref())?;
    input.timeout = params
        .timeout_ms
        .filter(|ms| *ms > 0)
        .map(Duration::from_millis);
    input.dedupe = true;
    input.after = seen.point();
    submitted_by("chat.send", said, cx, input).await
}

/// Gives an input to the engine and answers with its run. A caller that can show tools follows them.
pub(super) async fn submitted(cx: &Cx, input: Input) -> Result<Value, MethodError> {
    if cx.caller.has_cap(TOOL_EVENTS) {
        let topic = Topic::RunTools(input.run_id.clone());
        cx.app.hub.subscribe(cx.caller.conn, topic).await;
    }
    Ok(match cx.app.runs.submit(input).await? {
        Submitted::Started(run_id) => json!({"runId": run_id, "status": "started"}),
        Submitted::Known(run_id) => {
            let status = status_of(cx.app.store.run(&run_id).await?.as_ref());
            json!({"runId": run_id, "status": status})
        }
    })
}

/// The published word for how a known run stands. Nobody is to wait for the end of one that is over.
fn status_of(run: Option<&RunRecord>) -> &'static str {
    match run.map(|run| run.state) {
        None | Some(RunState::Running) => "in_flight",
        Some(RunState::Ended) => "ok",
        Some(_) => "error",
    }
}

/// [`submitted`] for an input whose key `method` was given. What the key's run was asked by another method is
/// compared, so that other words are refused and not taken for a run that never had them.
pub(super) async fn submitted_by(
    method: &str,
    said: &Value,
    cx: &Cx,
    input: Input,
) -> Result<Value, MethodError> {
    let key = input.run_id.clone();
    let answer = submitted(cx, input).await?;
    if answer["status"] != "started" && answer["runId"] == *key {
        same_input_elsewhere(&cx.app, method, &key, said).await?;
    }
    Ok(answer)
}

/// How much a model is to think. A word that is none would leave it at what it is.
pub(super) fn thinking(word: Option<&str>) -> Result<Option<Thinking>, MethodError> {
    let Some(word) = word.filter(|word| !word.trim().is_empty()) else {
        return Ok(None);
    };
    match Thinking::parse(word) {
        Some(level) => Ok(Some(level)),
        None => Err(MethodError::invalid(format!(
            "thinking must be one of {}",
            Thinking::WORDS.join(", ")
        ))),
    }
}

/// A message's blocks. Files other than images have no place in a message here.
pub(super) fn content(
    message: String,
    attachments: Vec<Attachment>,
) -> Result<Vec<Content>, MethodError> {
    let mut content = Vec::new();
    without_null(&message)?;
    if !message.trim().is_empty() {
        content.push(Content::text(message));
    }
    for file in attachments {
        content.push(image(file)?);
    }
    if content.is_empty() {
        return Err(MethodError::invalid("message or attachment required"));
    }
    Ok(content)
}

/// What is kept is text, which some of its readers end at such a byte. The published words.
fn without_null(message: &str) -> Result<(), MethodError> {
    match message.contains('\0') {
        true => Err(MethodError::invalid("message must not contain null bytes")),
        false => Ok(()),
    }
}

/// What a message says to the gateway itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SlashCommand {
    Stop,
    New,
}

fn command(message: &str) -> Option<SlashCommand> {
    match message.trim() {
        "/stop" | "/abort" => Some(SlashCommand::Stop),
        "/new" | "/reset" => Some(SlashCommand::New),
        _ => None,
    }
}

async fn obey(
    cx: &Cx,
    name: &SessionName,
    command: SlashCommand,
    run_id: &str,
    seen: &Seen,
) -> Result<Value, MethodError> {
    match command {
        SlashCommand::Stop => {
            cx.app.runs.engine.abort(&name.key, None).await;
        }
        SlashCommand::New => {
            seen.check(cx, name, run_id).await?;
            super::session_write::reset_session(cx, name).await?;
        }
    }
    Ok(json!({"runId": run_id, "status": "ok"}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AbortParams {
    session_key: String,
    #[serde(default)]
    agent_id: Option<String>,
    #[serde(default)]
    run_id: Option<String>,
}

async fn abort(cx: Cx, params: AbortParams) -> Result<Value, MethodError> {
    let name = cx
        .app
        .sessions
        .name(&params.session_key, params.agent_id.as_deref());
    let run_ids = cx
        .app
        .runs
        .engine
        .abort(&name.key, params.run_id.as_deref())
        .await;
    Ok(json!({"ok": true, "aborted": !run_ids.is_empty(), "runIds": run_ids}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct InjectParams {
    session_key: String,
    #[serde(default)]
    agent_id: Option<String>,
    message: String,
    #[serde(default)]
    label: Option<String>,
}

/// Puts a message of the assistant into the transcript without a run.
async fn inject(cx: Cx, params: InjectParams) -> Result<Value, MethodError> {
    without_null(&params.message)?;
    let sessions = &cx.app.sessions;
    let name = sessions.name(&params.session_key, params.agent_id.as_deref());
    let text = match &params.label {
        Some(label) => format!("[{label}]\n\n{}", params.message),
        None => params.message.clone(),
    };
    let id = put(&cx, &name, text, "gateway-injected").await?;
    Ok(json!({"ok": true, "messageId": id}))
}

/// Writes a message of the assistant that no model wrote, and shows it to those who watch. Its id.
pub(super) async fn put(
    cx: &Cx,
    name: &SessionName,
    text: String,
    model: &str,
) -> Result<String, MethodError> {
    let message = Message::Assistant(AssistantMessage {
        content: vec![Content::text(text)],
        provider: "gateway".to_owned(),
        model: model.to_owned(),
        usage: Usage::default(),
        stop_reason: StopReason::Stop,
        error_message: None,
        timestamp: cx.now_ms(),
    });
    let id = Uuid::new_v4().to_string();
    let entry = new_entry(&message, &id, id.clone());
    let sessions = &cx.app.sessions;
    let numbers = sessions
        .store
        .entries_append(&name.key, vec![entry])
        .await?;
    let Some(numbers) = numbers else {
        return Err(MethodError::invalid("session not found"));
    };
    let seq = numbers.first().copied().unwrap_or_default();
    if let Some(row) = sessions.store.session(&name.key).await? {
        let shown = serde_json::to_value(&message).unwrap_or_default();
        sessions.said(&row, &shown, &id, seq);
    }
    Ok(id)
}

impl Queue {
    pub(super) fn mode(self) -> QueueMode {
        match self {
            Self::Steer => QueueMode::Steer,
            Self::Followup => QueueMode::Followup,
            Self::Collect => QueueMode::Collect,
            Self::Interrupt => QueueMode::Interrupt,
        }
    }
}
