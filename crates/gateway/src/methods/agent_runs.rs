//! Running by agent: `agent`, `agent.wait`, `wake`.

use std::time::Duration;

use gatehouse_agent::provider::ModelRef;
use gatehouse_agent::{QueueMode, RunOutcome, RunStatus, Waited};
use gatehouse_protocol::MethodScope;
use gatehouse_store::gateway::{RunRecord, RunState};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::chat::{Attachment, content, said, submitted, submitted_by, thinking};
use super::expected::may_send;
use super::send::known_channel;
use super::session_write::{expect, known_model};
use crate::once::once;
use crate::router::{Cx, MethodError, MethodTable};
use crate::runs::Input;
use crate::sessions::SessionName;

/// How long `agent.wait` waits when it does not say.
const WAIT_MS: u64 = 30_000;

/// No run is waited for longer than this; `agent.wait` can go on.
const AGENT_WITHIN: Duration = Duration::from_secs(48 * 3600);

pub(super) fn register(table: &mut MethodTable) {
    table.operator("agent", MethodScope::Dynamic, agent);
    table.operator("agent.wait", MethodScope::Write, wait);
    table.operator("wake", MethodScope::Write, wake);
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AgentParams {
    message: String,
    #[serde(default)]
    agent_id: Option<String>,
    #[serde(default)]
    session_key: Option<String>,
    #[serde(default)]
    session_id: Option<String>,
    /// The session that the caller saw.
    #[serde(default)]
    expected_existing_session_id: Option<String>,
    #[serde(default)]
    provider: Option<String>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    thinking: Option<String>,
    #[serde(default)]
    attachments: Vec<Attachment>,
    /// In seconds.
    #[serde(default)]
    timeout: Option<u64>,
    #[serde(default)]
    extra_system_prompt: Option<String>,
    /// Bring the answer to a channel as well.
    #[serde(default)]
    deliver: bool,
    #[serde(default)]
    best_effort_deliver: bool,
    #[serde(default)]
    channel: Option<String>,
    #[serde(default)]
    reply_channel: Option<String>,
    /// Whom the answer would be brought to.
    #[serde(default)]
    to: Option<String>,
    #[serde(default)]
    reply_to: Option<String>,
    idempotency_key: String,
}

impl AgentParams {
    /// Refuses a delivery that would never come, unless it was asked for as far as it is possible.
    fn can_be_delivered(&self) -> Result<(), MethodError> {
        if !self.deliver || self.best_effort_deliver {
            return Ok(());
        }
        let channel = self.reply_channel.as_deref().or(self.channel.as_deref());
        known_channel(channel.unwrap_or_default().trim())?;
        match self.reply_to.as_ref().or(self.to.as_ref()) {
            None => Ok(()),
            Some(to) => Err(MethodError::invalid(format!(
                "an answer cannot be brought to {to}: it stands in its session; leave out deliver or say bestEffortDeliver"
            ))),
        }
    }
}

/// Answers twice, as the published gateway does: that it was accepted, and how it ended. `agent.wait` says the
/// latter to whoever did not ask here.
async fn agent(cx: Cx, params: AgentParams) -> Result<Value, MethodError> {
    cx.require(match params.model.is_some() || params.provider.is_some() {
        true => MethodScope::Admin,
        false => MethodScope::Write,
    })?;
    params.can_be_delivered()?;
    let name = session_of(&cx, &params).await?;
    cx.app.runs.known_agent(&name).await?;
    let key = params.idempotency_key.clone();
    let said = said(&name, &params.message, &params.attachments);
    let work = || async {
        expect(&cx, &name, params.expected_existing_session_id.as_deref()).await?;
        if params.deliver {
            may_send(&cx, &name).await?;
        }
        let mut input = Input::text(name.clone(), params.idempotency_key, "");
        input.content = content(params.message, params.attachments)?;
        input.thinking = thinking(params.thinking.as_deref())?;
        input.model = model(&cx, params.provider.as_deref(), params.model.as_deref())?;
        input.timeout = params.timeout.filter(|s| *s > 0).map(Duration::from_secs);
        input.extra_system = params.extra_system_prompt;
        input.created_via = "run";
        let run = submitted_by("agent", &said, &cx, input).await?;
        Ok(json!({
            "runId": run["runId"],
            "status": "accepted",
            "sessionKey": name.key,
            "acceptedAt": cx.now_ms(),
        }))
    };
    let accepted: Result<_, MethodError> = once(&cx.app, "agent", Some(&key), &said, work).await;
    let accepted = accepted?;
    cx.answer_early(&accepted);
    let run_id = accepted["runId"].as_str().unwrap_or_default();
    match cx.app.runs.engine.wait(run_id, AGENT_WITHIN).await {
        Waited::Ended(outcome) => done(run_id, &outcome),
        // The same key again, after the run was over or before the gateway last started.
        Waited::Pending | Waited::Unknown => match cx.app.store.run(run_id).await? {
            Some(run) => Ok(recorded(&run)),
            None => Ok(accepted),
        },
    }
}

/// The last answer of `agent`.
fn done(run_id: &str, outcome: &RunOutcome) -> Result<Value, MethodError> {
    if outcome.status != RunStatus::Done {
        let why = outcome.error.as_deref().unwrap_or("the run was stopped");
        return Err(MethodError::unavailable(why));
    }
    let payloads = match outcome.text.is_empty() || outcome.silent {
        true => json!([]),
        false => json!([{"text": outcome.text, "mediaUrl": null}]),
    };
    Ok(json!({
        "runId": run_id,
        "status": "ok",
        "summary": "completed",
        "result": {"payloads": payloads, "meta": {}},
    }))
}

async fn session_of(cx: &Cx, params: &AgentParams) -> Result<SessionName, MethodError> {
    let sessions = &cx.app.sessions;
    if let Some(id) = &params.session_id
        && params.session_key.is_none()
        && let Some(row) = sessions.store.session_by_id(id).await?
    {
        return Ok(sessions.name(&row.key, None));
    }
    let key = params.session_key.as_deref().unwrap_or("main");
    Ok(sessions.name(key, params.agent_id.as_deref()))
}

/// The model of one run. Without one a provider says nothing that could be done.
fn model(
    cx: &Cx,
    provider: Option<&str>,
    model: Option<&str>,
) -> Result<Option<ModelRef>, MethodError> {
    let Some(model) = model else {
        return match provider {
            Some(_) => Err(MethodError::invalid("provider needs model beside it")),
            None => Ok(None),
        };
    };
    let name = match provider {
        Some(provider) => format!("{provider}/{model}"),
        None => model.to_owned(),
    };
    let whole = known_model(cx, Some(&name))?;
    Ok(whole.as_deref().and_then(ModelRef::parse))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WaitParams {
    run_id: String,
    #[serde(default)]
    timeout_ms: Option<u64>,
}

async fn wait(cx: Cx, params: WaitParams) -> Result<Value, MethodError> {
    let timeout = Duration::from_millis(params.timeout_ms.unwrap_or(WAIT_MS));
    match cx.app.runs.engine.wait(&params.run_id, timeout).await {
        Waited::Ended(outcome) => Ok(ended(&params.run_id, &outcome)),
        Waited::Pending => Ok(json!({"runId": params.run_id, "status": "timeout"})),
        // It may have ended before the gateway last started.
        Waited::Unknown => match cx.app.store.run(&params.run_id).await? {
            Some(run) => Ok(recorded(&run)),
            None => Ok(json!({"runId": params.run_id, "status": "timeout"})),
        },
    }
}

fn ended(run_id: &str, outcome: &RunOutcome) -> Value {
    let status = match outcome.status {
        RunStatus::Done => "ok",
        RunStatus::TimedOut => "timeout",
        _ => "error",
    };
    let mut answer = json!({
        "runId": run_id,
        "status": status,
        "startedAt": outcome.started_at_ms,
        "endedAt": outcome.ended_at_ms,
    });
    if status != "ok" {
        answer["error"] = json!(outcome.error.as_deref().unwrap_or("aborted"));
    }
    answer
}

fn recorded(run: &RunRecord) -> Value {
    let status = match run.state {
        RunState::Ended => "ok",
        RunState::Running | RunState::TimedOut => "timeout",
        RunState::Failed | RunState::Aborted | RunState::Interrupted => "error",
    };
    let mut answer = json!({
        "runId": run.id, "status": status, "startedAt": run.started_at, "endedAt": run.ended_at,
    });
    if status == "error" {
        let kept: Value = serde_json::from_str(&run.json).unwrap_or_default();
        let why = match run.state {
            RunState::Interrupted => json!("the gateway stopped while it ran"),
            _ => kept.get("error").cloned().unwrap_or(json!("aborted")),
        };
        answer["error"] = why;
    }
    answer
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WakeParams {
    mode: WakeMode,
    text: String,
    #[serde(default)]
    session_key: Option<String>,
    #[serde(default)]
    agent_id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WakeMode {
    Now,
    NextHeartbeat,
}

/// Tells an agent something: at once, or after what it does now.
async fn wake(cx: Cx, params: WakeParams) -> Result<Value, MethodError> {
    let key = params.session_key.as_deref().unwrap_or("main");
    let name = cx.app.sessions.name(key, params.agent_id.as_deref());
    let mut input = Input::text(name, Uuid::new_v4().to_string(), params.text);
    input.queue = match params.mode {
        WakeMode::Now => QueueMode::Steer,
        WakeMode::NextHeartbeat => QueueMode::Followup,
    };
    input.created_via = "internal";
    submitted(&cx, input).await?;
    Ok(json!({"ok": true}))
}
