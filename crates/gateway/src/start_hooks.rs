//! What runs once at each start: the commands of `hooks.start`, in their order, and then what is written in `BOOT.md`.
//! A command is an `exec` of the default agent in a session of its own: policy and audit are those of any other, and
//! so is the denial where nobody is connected who could be asked. One that fails, or is denied, is told in the log, and
//! the next one runs.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::boot;
use crate::runs::DirectCalls;
use crate::state::App;
use crate::web::{ToolCall, ToolCalls, ToolFailure};

/// Their session, within the default agent.
const SESSION: &str = "hook:start";
/// Of what a command that failed said, this much goes into the log.
const TOLD: usize = 500;

/// One command, as the configuration has it: the text alone, or with its limits.
#[derive(Deserialize)]
#[serde(untagged)]
enum StartHook {
    Command(String),
    Limited {
        command: String,
        #[serde(default, rename = "timeoutSeconds")]
        timeout_seconds: Option<u64>,
    },
}

impl StartHook {
    fn args(&self) -> Value {
        match self {
            Self::Command(command) => json!({ "command": command }),
            Self::Limited {
                command,
                timeout_seconds: None,
            } => json!({ "command": command }),
            Self::Limited {
                command,
                timeout_seconds: Some(seconds),
            } => json!({ "command": command, "timeout": seconds }),
        }
    }
}

pub(crate) async fn run(app: App) {
    let config = app.config.current();
    let hooks = config.at("hooks.start").cloned();
    let hooks = hooks.map(serde_json::from_value::<Vec<StartHook>>);
    match hooks.transpose() {
        Ok(hooks) => run_all(&app, &hooks.unwrap_or_default()).await,
        Err(error) => tracing::error!(%error, "hooks.start cannot be read; none of it runs"),
    }
    if !app.stopping.is_cancelled() {
        boot::run(app).await;
    }
}

async fn run_all(app: &App, hooks: &[StartHook]) {
    let calls = DirectCalls::new(app.runs.clone(), app.sessions.clone(), app.stopping.clone());
    for (number, hook) in (1..).zip(hooks) {
        if app.stopping.is_cancelled() {
            return;
        }
        let called = calls.call(ToolCall {
            tool: "exec".to_owned(),
            args: hook.args(),
            session_key: Some(SESSION.to_owned()),
            agent_id: Some(app.agents.defaults().agent_id),
            idempotency_key: None,
        });
        match called.await {
            Ok(_) => tracing::info!(number, "a start hook has run"),
            Err(failure) => {
                let reason = reason(&failure);
                tracing::warn!(number, %reason, "a start hook did not do it; the start goes on");
            }
        }
    }
}

fn reason(failure: &ToolFailure) -> String {
    let text = match failure {
        ToolFailure::NotAvailable => "the default agent has no exec",
        ToolFailure::Input(text) | ToolFailure::Denied(text) | ToolFailure::Failed(text) => text,
    };
    text.chars().take(TOLD).collect()
}
