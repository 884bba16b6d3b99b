//! The tools that a model may call, and how a call becomes an action.
//!
//! A tool works in two steps: it resolves its arguments to an [`Effect`], which is shown to the governor, and
//! runs exactly that effect once it was allowed. Nothing happens in the first step.

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;
use serde_json::{Value, json};
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use crate::{
    engine::{Budget, Engine, Seat},
    govern::Effect,
    launch::Launch,
    message::{Content, text_of},
    secrets::Secrets,
};

pub mod exec;
pub mod files;
mod invoke;
pub mod memory;
pub mod process;
pub mod sessions;
pub mod web;

use exec::{Exec, ExecOptions, Processes};
use process::Process;

pub(crate) use invoke::{Invocation, Invoker};

/// How a tool is told to a model.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolSpec {
    pub name: &'static str,
    /// For people: a short name.
    pub label: &'static str,
    pub description: &'static str,
    /// JSON Schema of the arguments.
    pub parameters: Value,
}

/// What a call came to, or what it has so far.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolOutput {
    pub content: Vec<Content>,
    /// For programs; never sent to the model.
    pub details: Option<Value>,
    pub is_error: bool,
}

impl ToolOutput {
    /// A success with a text.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            content: vec![Content::text(text)],
            details: None,
            is_error: false,
        }
    }

    /// A failure with its reason.
    pub fn error(reason: impl Into<String>) -> Self {
        Self {
            is_error: true,
            ..Self::text(reason)
        }
    }

    /// A success that is a value: the model reads it as JSON.
    pub fn json(value: Value) -> Self {
        let text = serde_json::to_string_pretty(&value).expect("a value is always JSON");
        Self::text(text).with_details(value)
    }

    #[must_use]
    pub fn with_details(mut self, details: Value) -> Self {
        self.details = Some(details);
        self
    }

    /// The text blocks.
    pub fn plain(&self) -> String {
        text_of(&self.content)
    }

    /// A call that could not be made. Programs are told apart by `status` what was wrong with the call itself.
    pub(crate) fn failed(error: &ToolError) -> Self {
        let output = Self::error(error.to_string());
        match error {
            ToolError::Arguments(_) | ToolError::Path(_) => {
                output.with_details(json!({ "status": "invalid" }))
            }
            ToolError::Unknown(_) | ToolError::Io { .. } | ToolError::Failed(_) => output,
        }
    }

    pub(crate) fn denied(reason: &str, code: Option<&str>) -> Self {
        let mut details = json!({ "status": "denied", "reason": reason });
        if let Some(code) = code {
            details["code"] = json!(code);
        }
        Self::error(reason).with_details(details)
    }
}

/// A call that cannot be made.
#[derive(Debug, Error)]
pub enum ToolError {
    #[error("there is no tool {0}")]
    Unknown(String),
    #[error("{0}")]
    Arguments(String),
    /// The path leads out of the workspace, or is refused for another reason.
    #[error("{0}")]
    Path(String),
    #[error("{doing}: {source}")]
    Io {
        doing: String,
        #[source]
        source: std::io::Error,
    },
    #[error("{0}")]
    Failed(String),
}

impl ToolError {
    /// `doing` says what was tried: `cannot read notes.txt`.
    pub(crate) fn io(doing: impl Into<String>, source: std::io::Error) -> Self {
        Self::Io {
            doing: doing.into(),
            source,
        }
    }
}

/// Something that a model may call.
#[async_trait]
pub trait Tool: Send + Sync {
    fn spec(&self) -> ToolSpec;

    /// What the arguments mean here and now. Touches nothing.
    async fn resolve(&self, arguments: &Value, call: &CallContext) -> Result<Effect, ToolError>;

    /// Does what was resolved and allowed, and nothing else. When `call.cancel` fires it comes to an end
    /// soon, with whatever it started.
    async fn run(
        &self,
        effect: &Effect,
        arguments: &Value,
        call: &CallContext,
    ) -> Result<ToolOutput, ToolError>;

    /// Does what was judged and opened for it. Only a tool that starts processes is given such.
    async fn launch(
        &self,
        _launch: &Launch,
        effect: &Effect,
        arguments: &Value,
        call: &CallContext,
    ) -> Result<ToolOutput, ToolError> {
        self.run(effect, arguments, call).await
    }
}

/// What a call belongs to.
#[derive(Clone)]
pub struct CallContext {
    pub agent_id: Arc<str>,
    pub session_key: Arc<str>,
    pub run_id: Arc<str>,
    pub tool_call_id: String,
    /// The agent's workspace: absolute, links resolved.
    pub workspace: PathBuf,
    /// How deep the run is below one that a person started.
    pub depth: u32,
    /// Fires when the run is stopped.
    pub cancel: CancellationToken,
    /// Takes output while the tool still runs.
    pub progress: Arc<dyn Fn(ToolOutput) + Send + Sync>,
    /// The engine of the run, for tools that start others. None for a call outside of a run.
    pub engine: Option<Engine>,
    /// Credentials by reference, and what takes secrets out of output.
    pub secrets: Secrets,
    /// What the run may cost, for tools that start others.
    pub budget: Budget,
    /// The keys of the sessions whose words the run follows.
    pub told_by: Arc<[String]>,
    /// The run's place, which a tool gives back that waits for somebody else.
    pub seat: Seat,
}

/// The tools of an engine, by name.
#[derive(Clone, Default)]
pub struct Toolbox {
    tools: Vec<Arc<dyn Tool>>,
}

impl Toolbox {
    /// The tools that need nothing of a gateway: commands, files, memory. With `processes`, what takes long
    /// goes to the background.
    pub fn standard(exec: ExecOptions, processes: Option<Processes>) -> Self {
        let mut toolbox = Self::default();
        match processes {
            None => toolbox.add(Exec::new(exec)),
            Some(processes) => {
                toolbox.add(Exec::with_background(exec, processes.clone()));
                toolbox.add(Process::new(processes));
            }
        }
        files::add_to(&mut toolbox);
        memory::add_to(&mut toolbox);
        toolbox
    }

    /// Adds a tool, in place of one with the same name.
    pub fn add(&mut self, tool: impl Tool + 'static) {
        let name = tool.spec().name;
        self.tools.retain(|known| known.spec().name != name);
        self.tools.push(Arc::new(tool));
    }

    /// In the order they were added.
    pub fn specs(&self) -> Vec<ToolSpec> {
        self.tools.iter().map(|tool| tool.spec()).collect()
    }

    pub(crate) fn find(&self, name: &str) -> Option<Arc<dyn Tool>> {
        let found = self.tools.iter().find(|tool| tool.spec().name == name);
        found.cloned()
    }
}
