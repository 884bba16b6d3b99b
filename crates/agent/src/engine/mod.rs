//! The engine: takes inputs for sessions, runs one at a time for each, and tells how they end.
//!
//! It keeps nothing itself: transcripts are the journal's, decisions the governor's, settings the profiles'.

mod actor;
mod answer;
mod ask;
mod begin;
mod budget;
mod calls;
mod coalesce;
mod compact;
mod direct;
mod draft;
mod ended;
mod estimate;
mod families;
mod lane;
mod parts;
mod repeats;
mod request;
mod run;
mod seat;
mod stop;
mod tellers;

use std::{sync::Arc, time::Duration};

use tokio::sync::{mpsc, oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    event::{Emitter, RunIds},
    journal::NewInput,
    message::{Content, Message, UserMessage},
};
use actor::{Actor, Command, Room, Submission};
use lane::Item;
use parts::Shared;

pub use budget::Budget;
pub use direct::{DirectError, ToolRequest};
pub use lane::{Overflow, QueueRules};
pub use parts::{EngineOptions, EngineParts};
pub use request::{
    AbortCause, Accepted, ActiveRun, AgentProfile, Origin, Profiles, QueueMode, RunOutcome,
    RunRequest, RunStatus, SubmitError, Task, ToolLayer, ToolPolicy, Waited,
};
pub use seat::Seat;

/// Commands that may wait for the actor.
const COMMANDS: usize = 256;

/// A handle to a running engine. The engine ends when the last one is dropped, or by [`Engine::stop`].
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
    commands: mpsc::Sender<Command>,
    runs: TaskTracker,
    /// Nothing begins any more; what is at work goes on.
    closing: CancellationToken,
    shutdown: CancellationToken,
}

/// A handle that does not keep the engine alive.
pub(crate) struct WeakEngine {
    shared: Arc<Shared>,
    commands: mpsc::WeakSender<Command>,
    runs: TaskTracker,
    /// Nothing begins any more; what is at work goes on.
    closing: CancellationToken,
    shutdown: CancellationToken,
}

impl WeakEngine {
    pub(crate) fn upgrade(&self) -> Option<Engine> {
        Some(Engine {
            shared: self.shared.clone(),
            commands: self.commands.upgrade()?,
            runs: self.runs.clone(),
            closing: self.closing.clone(),
            shutdown: self.shutdown.clone(),
        })
    }
}

impl Engine {
    /// Starts an engine on the current runtime.
    pub fn start(parts: EngineParts) -> Self {
        let shared = Arc::new(Shared::new(parts));
        let (commands, received) = mpsc::channel(COMMANDS);
        let runs = TaskTracker::new();
        let shutdown = CancellationToken::new();
        let closing = shutdown.child_token();
        let engine = Self {
            shared,
            commands,
            runs,
            closing,
            shutdown,
        };
        tokio::spawn(Actor::new(engine.downgrade(), received).run());
        engine
    }

    pub(crate) fn downgrade(&self) -> WeakEngine {
        WeakEngine {
            shared: self.shared.clone(),
            commands: self.commands.downgrade(),
            runs: self.runs.clone(),
            closing: self.closing.clone(),
            shutdown: self.shutdown.clone(),
        }
    }

    /// Takes an input. Once this returns, the input is durable and will run, or waits, even if the caller
    /// goes away before.
    pub async fn submit(&self, request: RunRequest) -> Result<Accepted, SubmitError> {
        if request.task == Task::Reply && !has_substance(&request.content) {
            return Err(SubmitError::Empty);
        }
        let engine = self.clone();
        let taken = tokio::spawn(async move { engine.take(request).await });
        taken.await.unwrap_or(Err(SubmitError::Stopping))
    }

    async fn take(&self, mut request: RunRequest) -> Result<Accepted, SubmitError> {
        let given = request.run_id.take();
        let run_id = given.unwrap_or_else(|| self.shared.randomness.id());
        let id = run_id.clone();
        let room = Room {
            session_key: request.session_key.clone(),
            mode: request.queue,
            is_asked_for: request.origin == Origin::Person,
        };
        self.ask(|reply| Command::Reserve {
            run_id: id,
            room,
            reply,
        })
        .await
        .ok_or(SubmitError::Stopping)??;
        let message = Message::User(UserMessage {
            content: request.content.clone(),
            timestamp: self.shared.clock.now_ms(),
        });
        if let Err(error) = self.accept(&request, &run_id, &message).await {
            let _ = self.commands.send(Command::Release { run_id }).await;
            return Err(error);
        }
        let item = self.item(run_id.clone(), request, message);
        let sent = self.commands.send(Command::Submit(Box::new(item))).await;
        sent.map_err(|_| SubmitError::Stopping)?;
        Ok(Accepted { run_id })
    }

    /// A compaction has no input to keep.
    async fn accept(
        &self,
        request: &RunRequest,
        run_id: &str,
        message: &Message,
    ) -> Result<(), SubmitError> {
        if request.task == Task::Compact {
            return Ok(());
        }
        let journal = &self.shared.journal;
        let input = NewInput {
            session_key: &request.session_key,
            run_id,
            message,
            request,
        };
        let Some(point) = &request.after else {
            return Ok(journal.accept(&input).await?);
        };
        match journal.accept_after(point, &input).await? {
            true => Ok(()),
            false => Err(SubmitError::Overtaken),
        }
    }

    fn item(&self, run_id: String, request: RunRequest, message: Message) -> Item<Submission> {
        let ids = RunIds {
            run_id: Arc::from(run_id.as_str()),
            session_key: Arc::from(request.session_key.as_str()),
            agent_id: Arc::from(request.agent_id.as_str()),
        };
        let shared = &self.shared;
        let is_heartbeat = request.origin == Origin::Heartbeat;
        let emitter = Emitter::new(shared.sink.clone(), shared.clock.clone(), ids, is_heartbeat);
        let text = message.text();
        let line = text.lines().next().unwrap_or_default();
        Item {
            run_id,
            mode: request.queue,
            // What a person says must not end up in a run whose answer nobody is shown.
            steerable: !is_heartbeat && request.task == Task::Reply,
            line: line.chars().take(160).collect(),
            payload: Submission {
                request,
                message,
                emitter: Arc::new(emitter),
            },
        }
    }

    /// Stops a run or an input of a session, or all of them; all, with those of the sub-agents that are at work below
    /// it. Returns the ids that were hit; a run that is among them ends a little later.
    pub async fn abort(&self, session_key: &str, run_id: Option<&str>) -> Vec<String> {
        let session_key = session_key.to_owned();
        let run_id = run_id.map(str::to_owned);
        let hit = self.ask(|reply| Command::Abort {
            session_key,
            run_id,
            reply,
        });
        hit.await.unwrap_or_default()
    }

    /// To be called before a sub-agent's first input is submitted. What is returned comes when its session is done, and
    /// not at all when it was given up.
    pub(crate) async fn begin_child(
        &self,
        parent: &str,
        child: &str,
    ) -> oneshot::Receiver<RunOutcome> {
        let (told, outcome) = oneshot::channel();
        let command = Command::BeginChild {
            parent: parent.to_owned(),
            child: child.to_owned(),
            told,
        };
        // Without an actor nothing comes.
        let _ = self.commands.send(command).await;
        outcome
    }

    /// What came of a sub-agent was told, or will not be.
    pub(crate) async fn end_child(&self, parent: &str, child: &str) {
        let (parent, child) = (parent.to_owned(), child.to_owned());
        let _ = self
            .commands
            .send(Command::EndChild { parent, child })
            .await;
    }

    /// Waits until a run has ended, but no longer than `timeout`.
    pub async fn wait(&self, run_id: &str, timeout: Duration) -> Waited {
        let id = run_id.to_owned();
        let outcome = self.ask(|reply| Command::Await { run_id: id, reply });
        match tokio::time::timeout(timeout, outcome).await {
            Err(_) => Waited::Pending,
            Ok(Some(Some(outcome))) => Waited::Ended(outcome),
            Ok(_) => Waited::Unknown,
        }
    }

    /// The run of a session, if it has one.
    pub async fn active(&self, session_key: &str) -> Option<ActiveRun> {
        let session_key = session_key.to_owned();
        self.ask(|reply| Command::Active { session_key, reply })
            .await?
    }

    /// Changes the rules of the queues that exist; what waits already keeps waiting.
    pub async fn set_queue_rules(&self, rules: QueueRules) {
        // An engine that stopped has no queues.
        let _ = self.commands.send(Command::SetRules(rules)).await;
    }

    /// How deep sub-agents may start sub-agents.
    pub(crate) fn subagent_depth(&self) -> u32 {
        self.shared.options.subagent_depth
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.shared.clock.now_ms()
    }

    pub(crate) fn fresh_id(&self) -> String {
        self.shared.randomness.id()
    }

    /// Takes nothing more, and waits until the runs that are at work have ended by themselves, but no longer than
    /// `patience`. What waits for its turn is kept for the next start. True when all ended.
    pub async fn drain(&self, patience: Duration) -> bool {
        self.closing.cancel();
        self.runs.close();
        tokio::time::timeout(patience, self.runs.wait())
            .await
            .is_ok()
    }

    /// Stops all runs and waits until they have written their last word, but no longer than `grace`.
    /// True when all did.
    pub async fn stop(&self, grace: Duration) -> bool {
        self.shutdown.cancel();
        self.runs.close();
        tokio::time::timeout(grace, self.runs.wait()).await.is_ok()
    }

    async fn ask<R>(&self, command: impl FnOnce(oneshot::Sender<R>) -> Command) -> Option<R> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.ok()?;
        answer.await.ok()
    }
}

fn has_substance(content: &[Content]) -> bool {
    content.iter().any(|block| match block {
        Content::Text { text } => !text.trim().is_empty(),
        _ => true,
    })
}

#[cfg(all(test, unix))]
mod tests;
