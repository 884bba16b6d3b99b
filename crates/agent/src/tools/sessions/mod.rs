//! Tools about sessions: `sessions_list`, `sessions_history`, `sessions_send`, `sessions_spawn` and
//! `session_status`.
//!
//! What a session is, and which ones an agent may see, is the gateway's business: it implements [`Sessions`].

mod spawn;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{CallContext, Tool, ToolError, ToolOutput, ToolSpec, Toolbox, files::arguments};
use crate::{engine::Budget, govern::Effect};

pub use spawn::SessionsSpawn;

/// Who asks.
#[derive(Clone, Debug)]
pub struct Caller {
    pub agent_id: String,
    pub session_key: String,
    pub run_id: String,
    /// What its run may cost, with all that it starts.
    pub budget: Budget,
    /// The keys of the sessions whose words its run follows.
    pub told_by: Vec<String>,
}

/// The session of a sub-agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildSession {
    pub session_key: String,
    pub agent_id: String,
    /// The session of the run that spawned it.
    pub parent: String,
    pub label: Option<String>,
    pub task: String,
    /// How deep below a person's session: 1 and more.
    pub depth: u32,
}

/// Why nothing was told of a session. Both are sentences for the model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// The call names one that is not there, or not for this agent.
    #[error("{0}")]
    Unknown(String),
    #[error("{0}")]
    Failed(String),
}

impl From<String> for SessionError {
    fn from(words: String) -> Self {
        Self::Failed(words)
    }
}

impl From<&str> for SessionError {
    fn from(words: &str) -> Self {
        Self::Failed(words.to_owned())
    }
}

impl From<SessionError> for ToolError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Unknown(words) => Self::Arguments(words),
            SessionError::Failed(words) => Self::Failed(words),
        }
    }
}

/// The gateway's sessions, as far as an agent may see them.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// `params` as OpenClaw's `sessions_list` takes them.
    async fn list(&self, caller: &Caller, params: &Value) -> Result<Value, SessionError>;

    /// `params` as OpenClaw's `sessions_history` takes them.
    async fn history(
        &self,
        caller: &Caller,
        key: &str,
        params: &Value,
    ) -> Result<Value, SessionError>;

    /// Gives a message to another session and waits so long for its answer; zero does not wait.
    async fn send(
        &self,
        caller: &Caller,
        key: &str,
        message: &str,
        wait: Duration,
    ) -> Result<Value, SessionError>;

    /// What is known of a session.
    async fn status(&self, caller: &Caller, key: &str) -> Result<Value, SessionError>;

    /// Makes a sub-agent's session known, before its run is submitted.
    async fn create_child(&self, caller: &Caller, child: &ChildSession) -> Result<(), String>;
}

/// Adds all of them.
pub fn add_to(toolbox: &mut Toolbox, sessions: Arc<dyn Sessions>) {
    for ask in [Ask::List, Ask::History, Ask::Send, Ask::Status] {
        toolbox.add(SessionTool {
            sessions: sessions.clone(),
            ask,
        });
    }
    toolbox.add(SessionsSpawn::new(sessions));
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    List,
    History,
    Send,
    Status,
}

struct SessionTool {
    sessions: Arc<dyn Sessions>,
    ask: Ask,
}

/// OpenClaw's tools of this name take more, which its clients send: what is not known here is passed over.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Arguments {
    #[serde(default)]
    session_key: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    timeout_seconds: Option<f64>,
}

/// How long `sessions_send` waits when the call does not say.
const WAIT: Duration = Duration::from_secs(30);

/// How long it waits at most: whoever waits longer asks for the history later.
const LONGEST_WAIT: Duration = Duration::from_secs(10 * 60);

impl Arguments {
    fn key<'a>(&'a self, call: &'a CallContext) -> &'a str {
        self.session_key.as_deref().unwrap_or(&call.session_key)
    }

    fn wait(&self) -> Duration {
        let asked = self.timeout_seconds.map(|seconds| seconds.max(0.0));
        asked
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .map_or(WAIT, |asked| asked.min(LONGEST_WAIT))
    }
}

fn caller(call: &CallContext) -> Caller {
    Caller {
        agent_id: call.agent_id.to_string(),
        session_key: call.session_key.to_string(),
        run_id: call.run_id.to_string(),
        budget: call.budget.clone(),
        told_by: call.told_by.to_vec(),
    }
}

#[async_trait]
impl Tool for SessionTool {
    fn spec(&self) -> ToolSpec {
        match self.ask {
            Ask::List => ToolSpec {
                name: "sessions_list",
                label: "Sessions",
                description: "List sessions, newest first.",
                parameters: json!({
                    "type": "object",
                    "properties": {
                        "limit": { "type": "integer", "minimum": 1 },
                        "activeMinutes": { "type": "integer", "minimum": 1 },
                        "search": { "type": "string" },
                        "kinds": { "type": "array", "items": { "type": "string", "enum": ["main", "subagent", "group", "cron", "hook", "other"] } },
                    },
                }),
            },
            Ask::History => ToolSpec {
                name: "sessions_history",
                label: "Session history",
                description: "Read the newest messages of a session.",
                parameters: json!({
                    "type": "object",
                    "required": ["sessionKey"],
                    "properties": {
                        "sessionKey": { "type": "string" },
                        "limit": { "type": "integer", "minimum": 1 },
                        "includeTools": { "type": "boolean" },
                    },
                }),
            },
            Ask::Send => ToolSpec {
                name: "sessions_send",
                label: "Session send",
                description: "Give a message to another session, and wait for its answer or not.",
                parameters: json!({
                    "type": "object",
                    "required": ["sessionKey", "message"],
                    "properties": {
                        "sessionKey": { "type": "string" },
                        "message": { "type": "string" },
                        "timeoutSeconds": { "type": "number", "minimum": 0, "description": "0 does not wait; 600 is the longest." },
                    },
                }),
            },
            Ask::Status => ToolSpec {
                name: "session_status",
                label: "Session status",
                description: "Show the model, usage and state of a session; this one when none is named.",
                parameters: json!({
                    "type": "object",
                    "properties": { "sessionKey": { "type": "string" } },
                }),
            },
        }
    }

    async fn resolve(&self, given: &Value, call: &CallContext) -> Result<Effect, ToolError> {
        let parsed: Arguments = arguments(given)?;
        let named = parsed.session_key.is_some();
        if !named && matches!(self.ask, Ask::History | Ask::Send) {
            let text = "the argument `sessionKey` is missing";
            return Err(ToolError::Arguments(text.into()));
        }
        let (action, target) = match self.ask {
            Ask::List => ("list", ""),
            Ask::History => ("history", parsed.key(call)),
            Ask::Send => ("send", parsed.key(call)),
            Ask::Status => ("status", parsed.key(call)),
        };
        Ok(Effect::Session {
            action: action.to_owned(),
            target: target.to_owned(),
        })
    }

    async fn run(
        &self,
        _effect: &Effect,
        given: &Value,
        call: &CallContext,
    ) -> Result<ToolOutput, ToolError> {
        let parsed: Arguments = arguments(given)?;
        let (caller, key) = (caller(call), parsed.key(call));
        let sessions = &self.sessions;
        let work = async {
            match self.ask {
                Ask::List => Ok(sessions.list(&caller, given).await?),
                Ask::History => Ok(sessions.history(&caller, key, given).await?),
                Ask::Status => Ok(sessions.status(&caller, key).await?),
                Ask::Send => {
                    let message = parsed.message.as_deref().unwrap_or_default();
                    if message.trim().is_empty() {
                        return Err(ToolError::Arguments(
                            "the argument `message` is empty".into(),
                        ));
                    }
                    if key == &*call.session_key {
                        return Err(ToolError::Arguments(
                            "a session cannot send to itself".into(),
                        ));
                    }
                    let wait = parsed.wait();
                    if !wait.is_zero() {
                        call.seat.give_back();
                    }
                    Ok(sessions.send(&caller, key, message, wait).await?)
                }
            }
        };
        let result = tokio::select! {
            biased;
            () = call.cancel.cancelled() => Err(ToolError::Failed("the run was stopped".into())),
            result = work => result,
        };
        Ok(ToolOutput::json(result?))
    }
}

#[cfg(test)]
mod tests;
