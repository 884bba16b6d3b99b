//! Inputs on their way to the engine: the session is there, the watch knows whose run it is, and the same
//! words sent twice in a moment run once.

use std::time::Duration;

use gatehouse_agent::message::Content;
use gatehouse_agent::provider::{ModelRef, Thinking};
use gatehouse_agent::{Budget, Engine, Origin, Point, QueueMode, RunRequest, SubmitError, Task};
use gatehouse_store::gateway::SessionRow;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Registered, Registration, RunWatch};
use crate::agents::Agents;
use crate::hex::hex;
use crate::once::used_for_another;
use crate::router::MethodError;
use crate::sessions::{Change, KEY_LENGTH, Overrides, SessionName, Sessions};

/// What is to be run.
#[derive(Debug, Clone)]
pub struct Input {
    pub name: SessionName,
    /// Becomes the run's id.
    pub run_id: String,
    pub content: Vec<Content>,
    pub task: Task,
    pub origin: Origin,
    pub queue: QueueMode,
    pub model: Option<ModelRef>,
    pub thinking: Option<Thinking>,
    pub timeout: Option<Duration>,
    pub extra_system: Option<String>,
    /// What it may cost, with all that it starts.
    pub budget: Budget,
    /// The sessions whose words it carries.
    pub told_by: Vec<String>,
    /// How a session that it makes came to be.
    pub created_via: &'static str,
    /// Whether the same content a moment ago is the same input, while its run is at work.
    pub dedupe: bool,
    /// What it was written after: it is taken only if nothing came since.
    pub after: Option<Point>,
}

/// What became of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submitted {
    Started(String),
    /// This run is known already, or does what was asked.
    Known(String),
}

/// A handle to the runs.
#[derive(Clone)]
pub struct Runs {
    pub engine: Engine,
    pub watch: RunWatch,
    sessions: Sessions,
    agents: Agents,
}

impl Input {
    /// A text, which steers a busy session.
    pub fn text(name: SessionName, run_id: String, text: impl Into<String>) -> Self {
        Self {
            name,
            run_id,
            content: vec![Content::text(text)],
            task: Task::Reply,
            origin: Origin::Person,
            queue: QueueMode::Steer,
            model: None,
            thinking: None,
            timeout: None,
            extra_system: None,
            budget: Budget::default(),
            told_by: Vec::new(),
            created_via: "operator",
            dedupe: false,
            after: None,
        }
    }

    fn fingerprint(&self) -> String {
        let content = serde_json::to_vec(&self.content).expect("content has only string keys");
        format!("{}\n{}", self.name.key, hex(Sha256::digest(content)))
    }
}

impl Runs {
    pub fn new(engine: Engine, watch: RunWatch, sessions: Sessions, agents: Agents) -> Self {
        Self {
            engine,
            watch,
            sessions,
            agents,
        }
    }

    pub(super) fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// Refuses a session of an agent that there is not, or whose key is none, before anything is kept of it.
    pub async fn known_agent(&self, name: &SessionName) -> Result<(), MethodError> {
        if !name.is_sound() {
            return Err(MethodError::invalid(format!(
                "a session's key has at most {KEY_LENGTH} characters, and none that are hidden or break a line"
            )));
        }
        match self.agents.find(&name.agent).await? {
            Some(_) => Ok(()),
            None => Err(MethodError::invalid(format!(
                "unknown agent id \"{}\"",
                name.agent
            ))),
        }
    }

    /// Gives an input to the engine. When this returns it is durable.
    pub async fn submit(&self, input: Input) -> Result<Submitted, MethodError> {
        match self.sessions.store.run(&input.run_id).await? {
            Some(run) if run.session != input.name.key => return Err(used_for_another()),
            Some(_) => return Ok(Submitted::Known(input.run_id)),
            None => {}
        }
        self.known_agent(&input.name).await?;
        let (mut row, _) = self.sessions.ensure(&input.name, input.created_via).await?;
        if let (Origin::Person, Some(text)) = (&input.origin, first_text(&input.content)) {
            self.sessions.name_by(&mut row, text).await?;
        }
        let fingerprint = input.dedupe.then(|| input.fingerprint());
        let registration = Registration {
            run_id: input.run_id.clone(),
            session_key: row.key.clone(),
            session_id: row.session_id.clone(),
            agent_id: row.agent.clone(),
            accepted_at_ms: u64::try_from(self.sessions.now()).unwrap_or_default(),
        };
        let registered = self.watch.register(registration, fingerprint).await;
        if let Registered::Same(same) = registered {
            return Ok(Submitted::Known(same));
        }
        let mut entry = Entry {
            watch: &self.watch,
            run_id: input.run_id.clone(),
            is_kept: registered == Registered::There,
        };
        match self.engine.submit(request(input, &row)).await {
            Ok(accepted) => {
                entry.is_kept = true;
                self.sessions.publish(&row, &Change::Reason("send"));
                Ok(Submitted::Started(accepted.run_id))
            }
            Err(SubmitError::DuplicateRun(known)) => Ok(Submitted::Known(known)),
            Err(error) => Err(refused(error)),
        }
    }
}

/// A run that was registered: in the end the watch is told what became of it, also where nobody waits any more.
struct Entry<'w> {
    watch: &'w RunWatch,
    run_id: String,
    /// The engine has its input, or had it before.
    is_kept: bool,
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        match self.is_kept {
            true => self.watch.kept(&self.run_id),
            false => self.watch.forget(&self.run_id),
        }
    }
}

fn request(input: Input, row: &SessionRow) -> RunRequest {
    let overrides = Overrides::of(row);
    let own_model = overrides.model.as_deref().and_then(ModelRef::parse);
    let own_thinking = overrides
        .thinking_level
        .as_deref()
        .and_then(Thinking::parse);
    RunRequest {
        run_id: Some(input.run_id),
        session_key: row.key.clone(),
        agent_id: row.agent.clone(),
        content: input.content,
        task: input.task,
        queue: input.queue,
        origin: input.origin,
        model: input.model.or(own_model),
        thinking: input.thinking.or(own_thinking),
        extra_system: input.extra_system,
        timeout: input.timeout,
        budget: input.budget,
        told_by: input.told_by,
        after: input.after,
    }
}

fn first_text(content: &[Content]) -> Option<&str> {
    content.iter().find_map(|part| match part {
        Content::Text { text } => Some(text.as_str()),
        _ => None,
    })
}

/// The published words and reason.
pub(crate) fn conversation_went_on() -> MethodError {
    MethodError::invalid("active branch changed; review and retry")
        .with_details(json!({"reason": "active-leaf-changed"}))
}

fn refused(error: SubmitError) -> MethodError {
    match error {
        SubmitError::Empty => MethodError::invalid("message or attachment required"),
        full @ SubmitError::Full(_) => {
            MethodError::unavailable(full.to_string()).retry_after(5_000)
        }
        SubmitError::Overtaken => conversation_went_on(),
        SubmitError::Stopping => {
            MethodError::unavailable("the gateway is stopping").retry_after(1_000)
        }
        other => MethodError::internal(other),
    }
}
