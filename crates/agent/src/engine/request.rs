//! What is asked of the engine, and what it answers.

use std::{path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use thiserror::Error;

use super::budget::Budget;
use crate::{
    journal::{JournalError, Point},
    message::{Content, StopReason, Usage},
    prompt::PromptOptions,
    provider::{ModelRef, Models, Thinking},
};

/// An input for a session.
#[derive(Clone, Debug)]
pub struct RunRequest {
    /// The caller's id for it; one is made when there is none.
    pub run_id: Option<String>,
    pub session_key: String,
    pub agent_id: String,
    /// Empty for a [`Task::Compact`].
    pub content: Vec<Content>,
    pub task: Task,
    /// What to do when the session is busy.
    pub queue: QueueMode,
    pub origin: Origin,
    /// The model to use instead of the agent's own.
    pub model: Option<ModelRef>,
    pub thinking: Option<Thinking>,
    /// Added to the system prompt, for this run alone.
    pub extra_system: Option<String>,
    /// How long the run may take, waiting left out; the engine's own limit when none.
    pub timeout: Option<Duration>,
    pub budget: Budget,
    /// The keys of the sessions whose words it carries, where it is no person's: the one that sent it, and those that
    /// had told that one.
    pub told_by: Vec<String>,
    /// What it was written after: it is taken only if nothing came since.
    pub after: Option<Point>,
}

impl RunRequest {
    /// A person's text, steering a busy session.
    pub fn text(session_key: &str, agent_id: &str, text: impl Into<String>) -> Self {
        Self {
            run_id: None,
            session_key: session_key.to_owned(),
            agent_id: agent_id.to_owned(),
            content: vec![Content::text(text)],
            task: Task::Reply,
            queue: QueueMode::Steer,
            origin: Origin::Person,
            model: None,
            thinking: None,
            extra_system: None,
            timeout: None,
            budget: Budget::default(),
            told_by: Vec::new(),
            after: None,
        }
    }
}

/// What a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Task {
    /// Answers the input.
    #[default]
    Reply,
    /// Puts a summary in place of the older part of the context. The summary is the outcome's text.
    Compact,
}

/// What an input does to a session with a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum QueueMode {
    /// The active run reads it before its next tool or model call.
    #[default]
    Steer,
    /// It gets a run of its own after the active one.
    Followup,
    /// Everything that waits becomes one run after the active one.
    Collect,
    /// The active run is stopped and this one starts.
    Interrupt,
}

/// Who started a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Person,
    /// The heartbeat timer.
    Heartbeat,
    /// The gateway itself: start hooks, `BOOT.md`, announcements of finished sub-agents.
    Gateway,
    /// A run of a parent session, `depth` levels below a person.
    Subagent {
        depth: u32,
    },
}

impl Origin {
    pub(crate) fn depth(self) -> u32 {
        match self {
            Self::Subagent { depth } => depth,
            _ => 0,
        }
    }
}

/// The input is durable and will run, or waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    pub run_id: String,
}

/// The input was not taken.
#[derive(Debug, Error)]
pub enum SubmitError {
    #[error("the input is empty")]
    Empty,
    /// The same id runs, waits, or ended a short while ago.
    #[error("the run id {0} is in use")]
    DuplicateRun(String),
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The conversation went on since what the input was written after.
    #[error("the conversation has gone on meanwhile")]
    Overtaken,
    #[error("the engine is stopping")]
    Stopping,
    /// So many wait in the session already.
    #[error("{0} messages wait in this session already; wait until they are read, or stop its run")]
    Full(usize),
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct RunOutcome {
    pub run_id: Arc<str>,
    pub status: RunStatus,
    /// The text of the last assistant message.
    pub text: String,
    /// For [`RunStatus::Failed`]: what went wrong, for a person to read. For others why it ended early.
    pub error: Option<String>,
    pub stop_reason: StopReason,
    /// Over all model calls of the run.
    pub usage: Usage,
    /// None when the input never began to run.
    pub started_at_ms: Option<u64>,
    pub ended_at_ms: u64,
    /// The heartbeat had nothing to say; no one needs to see the text.
    pub silent: bool,
}

/// The ways a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunStatus {
    Done,
    Failed,
    Aborted(AbortCause),
    /// The run's own time limit.
    TimedOut,
    /// Its input was dropped from a full queue.
    Dropped,
}

/// Who stopped a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AbortCause {
    /// A person, or a client for one.
    Requested,
    /// A newer input in mode [`QueueMode::Interrupt`].
    Interrupted,
    /// The engine stops.
    Shutdown,
}

/// What [`super::Engine::wait`] found.
#[derive(Clone, Debug, PartialEq)]
pub enum Waited {
    Ended(RunOutcome),
    /// It still runs or waits.
    Pending,
    /// No such run, or it ended too long ago.
    Unknown,
}

/// The run of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveRun {
    pub run_id: String,
    /// It was told to stop and has not ended yet.
    pub stopping: bool,
    /// Inputs that wait for their turn or for the run to read them, oldest first.
    pub waiting: Vec<String>,
}

/// What the engine needs to know about an agent, asked anew for every run.
#[async_trait]
pub trait Profiles: Send + Sync {
    /// # Errors
    /// A sentence for a person, when there is no such agent or its settings cannot be used.
    async fn profile(&self, agent_id: &str, session_key: &str) -> Result<AgentProfile, String>;

    /// How deep a session is below a person's: 0 for those that people talk in, 1 and more for those of sub-agents.
    async fn depth(&self, session_key: &str) -> u32;
}

/// An agent's settings for a session.
#[derive(Clone)]
pub struct AgentProfile {
    /// Made when it is missing.
    pub workspace: PathBuf,
    /// The first is used; the others when it fails, in order.
    pub models: Vec<ModelRef>,
    /// All models of the configuration.
    pub catalog: Arc<Models>,
    pub tools: ToolPolicy,
    pub thinking: Option<Thinking>,
    pub prompt: PromptOptions,
    /// The most of a context that is used, where that is less than the model takes.
    pub context_tokens: Option<u64>,
    /// For runs whose request has none; a new one for each.
    pub budget: Budget,
    /// Whether a run that goes in circles is ended.
    pub ends_circles: bool,
}

/// Which tools an agent has: those that every layer leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolPolicy {
    pub layers: Vec<ToolLayer>,
}

/// Names of tools; `*` stands for any letters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolLayer {
    /// Only these, when given.
    pub allow: Option<Vec<String>>,
    /// Never these.
    pub deny: Vec<String>,
}

impl ToolPolicy {
    pub fn permits(&self, tool: &str) -> bool {
        self.layers.iter().all(|layer| layer.permits(tool))
    }
}

impl ToolLayer {
    fn permits(&self, tool: &str) -> bool {
        let named = |list: &[String]| list.iter().any(|pattern| is_meant(pattern, tool));
        !named(&self.deny) && self.allow.as_deref().is_none_or(named)
    }
}

fn is_meant(pattern: &str, name: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(rest) = name.strip_prefix(before) else {
        return false;
    };
    (0..=rest.len()).any(|from| rest.is_char_boundary(from) && is_meant(after, &rest[from..]))
}
