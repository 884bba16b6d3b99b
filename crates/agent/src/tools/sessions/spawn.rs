//! The tool `sessions_spawn`: gives a task to a sub-agent in a session of its own.
//!
//! The call returns at once. When the sub-agent is done, and those that it spawned itself are, its last answer is
//! submitted to the session that spawned it. When the run that spawned it is stopped, or later that session, so is the
//! sub-agent.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::{ChildSession, Sessions, caller};
use crate::{
    engine::{Engine, Origin, QueueMode, RunOutcome, RunRequest, RunStatus},
    govern::Effect,
    provider::ModelRef,
    tools::{CallContext, Tool, ToolError, ToolOutput, ToolSpec, files::arguments},
};

/// The tool.
pub struct SessionsSpawn {
    sessions: Arc<dyn Sessions>,
}

impl SessionsSpawn {
    pub fn new(sessions: Arc<dyn Sessions>) -> Self {
        Self { sessions }
    }
}

/// OpenClaw's tools of this name take more, which its clients send: what is not known here is passed over.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Arguments {
    task: String,
    #[serde(default)]
    label: Option<String>,
    #[serde(default)]
    agent_id: Option<String>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    run_timeout_seconds: Option<u64>,
}

impl Arguments {
    fn agent_id<'a>(&'a self, call: &'a CallContext) -> &'a str {
        self.agent_id.as_deref().unwrap_or(&call.agent_id)
    }

    fn model(&self) -> Result<Option<ModelRef>, ToolError> {
        let Some(name) = self.model.as_deref() else {
            return Ok(None);
        };
        let wrong = || ToolError::Arguments(format!("{name} is no provider/model"));
        ModelRef::parse(name).map(Some).ok_or_else(wrong)
    }
}

#[async_trait]
impl Tool for SessionsSpawn {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: "sessions_spawn",
            label: "Spawn",
            description: "Give a task to a sub-agent in a session of its own. Returns at once; the answer arrives as a message when it is done.",
            parameters: json!({
                "type": "object",
                "required": ["task"],
                "properties": {
                    "task": { "type": "string", "description": "All that the sub-agent needs to know." },
                    "label": { "type": "string", "description": "A short name for it." },
                    "agentId": { "type": "string", "description": "The agent itself, which is meant without it." },
                    "model": { "type": "string", "description": "provider/model" },
                    "runTimeoutSeconds": { "type": "integer", "minimum": 0 },
                },
            }),
        }
    }

    async fn resolve(&self, given: &Value, call: &CallContext) -> Result<Effect, ToolError> {
        let parsed: Arguments = arguments(given)?;
        parsed.model()?;
        if parsed.task.trim().is_empty() {
            return Err(ToolError::Arguments("the argument `task` is empty".into()));
        }
        Ok(Effect::Session {
            action: "spawn".to_owned(),
            target: parsed.agent_id(call).to_owned(),
        })
    }

    async fn run(
        &self,
        _effect: &Effect,
        given: &Value,
        call: &CallContext,
    ) -> Result<ToolOutput, ToolError> {
        let parsed: Arguments = arguments(given)?;
        let none = || ToolError::Failed("sub-agents need a run to start from".into());
        let engine = call.engine.clone().ok_or_else(none)?;
        let depth = call.depth + 1;
        let most = engine.subagent_depth();
        if depth > most {
            let text =
                format!("sub-agents may be {most} levels deep here, and this would be {depth}");
            return Err(ToolError::Failed(text));
        }
        let agent_id = parsed.agent_id(call).to_owned();
        let child = ChildSession {
            session_key: format!("agent:{agent_id}:subagent:{}", engine.fresh_id()),
            agent_id,
            parent: call.session_key.to_string(),
            label: parsed.label.clone(),
            task: parsed.task.clone(),
            depth,
        };
        let made = self.sessions.create_child(&caller(call), &child).await;
        made.map_err(ToolError::Failed)?;
        let request = request(&parsed, &child, call)?;
        let outcome = engine.begin_child(&child.parent, &child.session_key).await;
        let run_id = match engine.submit(request).await {
            Ok(accepted) => accepted.run_id,
            Err(error) => {
                engine.end_child(&child.parent, &child.session_key).await;
                return Err(ToolError::Failed(error.to_string()));
            }
        };
        let output = json!({
            "status": "accepted",
            "childSessionKey": child.session_key,
            "runId": run_id,
        });
        tokio::spawn(follow(engine, call.clone(), child, outcome));
        Ok(ToolOutput::json(output))
    }
}

fn request(
    parsed: &Arguments,
    child: &ChildSession,
    call: &CallContext,
) -> Result<RunRequest, ToolError> {
    let text = format!("[Subagent Task]\n{}", parsed.task);
    let seconds = parsed.run_timeout_seconds.filter(|seconds| *seconds > 0);
    Ok(RunRequest {
        origin: Origin::Subagent { depth: child.depth },
        queue: QueueMode::Followup,
        model: parsed.model()?,
        timeout: seconds.map(Duration::from_secs),
        budget: call.budget.clone(),
        told_by: call.told_by.to_vec(),
        ..RunRequest::text(&child.session_key, &child.agent_id, text)
    })
}

/// Until the sub-agent is done and its parent knows.
async fn follow(
    engine: Engine,
    call: CallContext,
    child: ChildSession,
    outcome: oneshot::Receiver<RunOutcome>,
) {
    let outcome = tokio::select! {
        biased;
        () = call.cancel.cancelled() => {
            engine.abort(&child.session_key, None).await;
            None
        }
        outcome = outcome => outcome.ok(),
    };
    if let Some(outcome) = outcome {
        announce(&engine, &call, &child, &outcome).await;
    }
    // Not before the parent has heard of it: it is not done either until it has answered that.
    engine.end_child(&child.parent, &child.session_key).await;
}

async fn announce(engine: &Engine, call: &CallContext, child: &ChildSession, told: &RunOutcome) {
    let name = child.label.as_deref().unwrap_or(&child.session_key);
    let how = match told.status {
        RunStatus::Done => "is done",
        RunStatus::Failed => "failed",
        RunStatus::TimedOut => "ran out of time",
        RunStatus::Aborted(_) | RunStatus::Dropped => "was stopped",
    };
    let error = told.error.as_deref().unwrap_or_default();
    let text = format!("[Subagent Result] {name} {how}.\n{}\n{error}", told.text);
    let request = RunRequest {
        origin: Origin::Gateway,
        queue: QueueMode::Steer,
        budget: call.budget.clone(),
        // Whoever had it begun is still obeyed when it is done; what it says itself was asked for.
        told_by: call.told_by.to_vec(),
        ..RunRequest::text(&child.parent, &call.agent_id, text.trim_end())
    };
    if let Err(error) = engine.submit(request).await {
        tracing::warn!(%error, session = child.parent, "a sub-agent's answer was not delivered");
    }
}
