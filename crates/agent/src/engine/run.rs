//! One run: input, model, tools, model again, until there is nothing more to do.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt;
use thiserror::Error;
use tokio::sync::oneshot;

use super::{
    Engine,
    actor::{Command, Input, Submission},
    answer::Answer,
    lane::Batch,
    parts::Shared,
    repeats::Repeats,
    request::{AgentProfile, Origin, RunOutcome, RunRequest, RunStatus, Task},
    seat::Seat,
    stop::{StopCause, StopSignal},
};
use crate::{
    event::{Emitter, RunEventKind},
    heartbeat,
    journal::JournalError,
    message::{AssistantMessage, Message, StopReason, ToolCall, Usage},
    provider::ProviderError,
    tools::ToolSpec,
    transcript,
};

/// A run that has begun.
pub(crate) struct Run {
    pub(super) shared: Arc<Shared>,
    pub(super) emitter: Arc<Emitter>,
    pub(super) stop: Arc<StopSignal>,
    engine: Engine,
    pub(super) inputs: Vec<Input>,
    pub(super) dropped: Vec<String>,
    pub(super) request: RunRequest,
    /// The sessions whose words it follows.
    pub(super) told_by: Vec<String>,
    pub(super) profile: Option<AgentProfile>,
    /// The transcript as the model sees it.
    pub(super) context: Vec<Message>,
    pub(super) usage: Usage,
    /// The text of the last assistant message.
    text: String,
    /// Assistant messages so far, those of failed calls included.
    pub(super) items: u32,
    /// Model calls that were answered.
    turns: u32,
    /// How long the context has to be for another try at a compaction, after one that failed.
    pub(super) compacts_from: u64,
    pub(super) repeats: Repeats,
    /// How deep it is below a run that a person started, as its session is.
    pub(super) depth: u32,
    pub(super) seat: Seat,
    /// Made once, from what the workspace holds when the run begins.
    pub(super) system: String,
    pub(super) started_at_ms: Option<u64>,
}

/// A run cannot go on.
#[derive(Debug, Error)]
pub(crate) enum RunError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Model(#[from] ProviderError),
    #[error("{0}")]
    Profile(String),
    #[error("the conversation could not be compacted: {0}")]
    NotCompacted(String),
    #[error("the run made {0} model calls and was ended there")]
    TooManyTurns(u32),
    #[error("the run went over its budget: {0}")]
    OverBudget(String),
    #[error(
        "the run has a budget in dollars, which cannot be kept: the configuration gives no cost for {0}"
    )]
    Unpriced(String),
    #[error(
        "the run made the same call again and again with the same result, and was ended there: {0}"
    )]
    Circle(String),
}

impl RunError {
    fn stop_reason(&self) -> StopReason {
        match self {
            Self::Model(ProviderError::Withheld) => StopReason::Refused,
            _ => StopReason::Error,
        }
    }
}

/// How the turns of a run ended, when they did not fail.
enum Finish {
    Done(StopReason),
    Stopped(StopCause),
}

impl Run {
    pub(crate) fn new(
        shared: Arc<Shared>,
        engine: Engine,
        batch: Batch<Submission>,
        stop: Arc<StopSignal>,
    ) -> Self {
        let lead = &batch.items[0].payload;
        Self {
            shared,
            emitter: lead.emitter.clone(),
            stop,
            engine,
            request: lead.request.clone(),
            told_by: Vec::new(),
            inputs: batch.items,
            dropped: batch.dropped,
            profile: None,
            context: Vec::new(),
            usage: Usage::default(),
            text: String::new(),
            items: 0,
            turns: 0,
            compacts_from: 0,
            repeats: Repeats::new(true),
            depth: 0,
            seat: Seat::default(),
            system: String::new(),
            started_at_ms: None,
        }
    }

    /// Runs, and says how it ended whatever happens.
    pub(crate) async fn supervised(self) -> RunOutcome {
        let (emitter, clock) = (self.emitter.clone(), self.shared.clock.clone());
        let (journal, key) = (
            self.shared.journal.clone(),
            self.request.session_key.clone(),
        );
        let ended = AssertUnwindSafe(self.perform()).catch_unwind().await;
        let outcome = ended.unwrap_or_else(|_| RunOutcome {
            run_id: emitter.run_id().clone(),
            status: RunStatus::Failed,
            text: String::new(),
            error: Some("the run ended by an internal fault".into()),
            stop_reason: StopReason::Error,
            usage: Usage::default(),
            started_at_ms: None,
            ended_at_ms: clock.now_ms(),
            silent: false,
        });
        journal.end(&key, emitter.run_id()).await;
        emitter.emit(RunEventKind::Ended(outcome.clone()));
        outcome
    }

    async fn perform(mut self) -> RunOutcome {
        let result = self.within_limits().await;
        if let Err(error) = &result {
            tracing::warn!(%error, run_id = %self.emitter.run_id(), "a run failed");
        }
        let result = match result {
            Ok(finish) => Ok(finish),
            // The conversation is as it was before.
            Err(error) if self.request.task == Task::Compact => Err(error),
            Err(error) => Err(self.end_with(error).await),
        };
        let (status, stop_reason, error) = match result {
            Ok(Finish::Done(reason)) => (RunStatus::Done, reason, None),
            Ok(Finish::Stopped(cause)) => {
                let sentence = cause.sentence().to_owned();
                (cause.status(), StopReason::Aborted, Some(sentence))
            }
            Err(error) => (
                RunStatus::Failed,
                error.stop_reason(),
                Some(error.to_string()),
            ),
        };
        let silent = status == RunStatus::Done
            && self.request.origin == Origin::Heartbeat
            && heartbeat::has_nothing_to_say(&self.text);
        RunOutcome {
            run_id: self.emitter.run_id().clone(),
            status,
            text: self.text,
            error,
            stop_reason,
            usage: self.usage,
            started_at_ms: self.started_at_ms,
            ended_at_ms: self.shared.clock.now_ms(),
            silent,
        }
    }

    /// Waits for room, then runs under the time limit.
    async fn within_limits(&mut self) -> Result<Finish, RunError> {
        let (shared, stop) = (self.shared.clone(), self.stop.clone());
        // Whoever begins it: what wakes a sub-agent's session later makes a run of a sub-agent.
        let depth = shared.profiles.depth(&self.request.session_key).await;
        self.depth = depth.max(self.request.origin.depth());
        self.seat = shared.seat(self.depth);
        let _seated = self.seat.until_dropped();
        self.sit_down().await;
        let limit = self.request.timeout.or(shared.options.run_timeout);
        let out_of_time = async {
            let Some(limit) = limit else {
                return std::future::pending().await;
            };
            tokio::time::sleep(limit).await;
            stop.stop(StopCause::TimedOut);
            std::future::pending().await
        };
        tokio::select! {
            finish = self.turns() => finish,
            // Only pulls the signal; the turns end by it, in good order.
            never = out_of_time => never,
        }
    }

    /// Waits for a place, unless the run has one or was stopped.
    async fn sit_down(&self) {
        tokio::select! {
            biased;
            () = self.stop.token().cancelled() => {}
            () = self.seat.take() => {}
        }
    }

    async fn turns(&mut self) -> Result<Finish, RunError> {
        self.begin().await?;
        if self.request.task == Task::Compact {
            let compacted = self.compact_on_request().await;
            if let Some(cause) = self.stop.cause() {
                return Ok(Finish::Stopped(cause));
            }
            self.text = compacted?;
            return Ok(Finish::Done(StopReason::Stop));
        }
        loop {
            // It was given back where a call waited for somebody.
            self.sit_down().await;
            if let Some(cause) = self.stop.cause() {
                return self.end_stopped(cause, None).await;
            }
            self.check_limits()?;
            self.compact_when_full().await?;
            let answer = self.ask().await?;
            self.turns += 1;
            let mut message = match answer {
                Answer::Whole(message) => message,
                Answer::Failed(error) => return Err(error.into()),
                Answer::Stopped(message) => {
                    let cause = self.stop.cause();
                    let cause = cause.expect("only the signal stops an answer");
                    return self.end_stopped(cause, Some(message)).await;
                }
            };
            transcript::tell_calls_apart(&self.context, &mut message);
            let calls: Vec<ToolCall> = message.tool_calls().cloned().collect();
            let reason = message.stop_reason;
            self.keep_answer(message).await?;
            let steers = if calls.is_empty() {
                self.finishing().await
            } else {
                self.make_calls(&calls).await?
            };
            if calls.is_empty() && steers.is_empty() {
                return Ok(Finish::Done(reason));
            }
            self.read_inputs(steers).await?;
        }
    }

    /// Puts inputs into the transcript. Those that are not the run's own are told that it carries them.
    pub(super) async fn read_inputs(&mut self, inputs: Vec<Input>) -> Result<(), RunError> {
        for input in inputs {
            let emitter = &input.payload.emitter;
            if emitter.run_id() != self.emitter.run_id() {
                let into = self.emitter.run_id().clone();
                emitter.emit(RunEventKind::Merged { into });
            }
            self.follow(&input.payload.request.told_by).await?;
            let message = input.payload.message;
            let key = &self.request.session_key;
            let journal = &self.shared.journal;
            journal.append(key, &input.run_id, &message).await?;
            self.context.push(message);
        }
        Ok(())
    }

    pub(super) fn tools(&self) -> Vec<ToolSpec> {
        let policy = &self.profile().tools;
        let mut specs = self.shared.invoker.toolbox.specs();
        specs.retain(|spec| policy.permits(spec.name));
        specs
    }

    fn check_limits(&self) -> Result<(), RunError> {
        let most = self.shared.options.most_turns;
        if self.turns >= most {
            return Err(RunError::TooManyTurns(most));
        }
        self.request
            .budget
            .used_up()
            .map_or(Ok(()), |what| Err(RunError::OverBudget(what)))
    }

    pub(super) fn has_said_nothing(&self) -> bool {
        self.text.is_empty()
    }

    async fn keep_answer(&mut self, message: AssistantMessage) -> Result<(), RunError> {
        let message = Message::Assistant(message);
        let text = message.text();
        if !text.is_empty() {
            self.text = text;
        }
        self.keep(message).await?;
        let usage = self.usage;
        self.emitter.emit(RunEventKind::Usage { usage });
        Ok(())
    }

    /// The last word of a run that was stopped.
    async fn end_stopped(
        &mut self,
        cause: StopCause,
        partial: Option<AssistantMessage>,
    ) -> Result<Finish, RunError> {
        let now = self.shared.clock.now_ms();
        let last = partial.map_or_else(
            || transcript::ending(StopReason::Aborted, cause.sentence(), now),
            Message::Assistant,
        );
        let text = last.text();
        if !text.is_empty() {
            self.text = text;
        }
        self.keep(last).await?;
        Ok(Finish::Stopped(cause))
    }

    /// The last word of a run that failed. A transcript that cannot be written stays as it is.
    async fn end_with(&mut self, error: RunError) -> RunError {
        let now = self.shared.clock.now_ms();
        let last = transcript::ending(StopReason::Error, &error.to_string(), now);
        if let Err(second) = self.keep(last).await {
            tracing::warn!(error = %second, "the end of a failed run was not written");
        }
        error
    }

    /// Writes a message, durably, and adds it to the context.
    pub(super) async fn keep(&mut self, message: Message) -> Result<(), RunError> {
        let key = &self.request.session_key;
        let run_id = self.emitter.run_id();
        self.shared.journal.append(key, run_id, &message).await?;
        self.context.push(message);
        Ok(())
    }

    pub(super) async fn take_steers(&self) -> Vec<Input> {
        self.ask_actor(|session_key, run_id, reply| Command::TakeSteers {
            session_key,
            run_id,
            reply,
        })
        .await
    }

    async fn finishing(&self) -> Vec<Input> {
        self.ask_actor(|session_key, run_id, reply| Command::Finishing {
            session_key,
            run_id,
            reply,
        })
        .await
    }

    async fn ask_actor(
        &self,
        command: impl FnOnce(String, Arc<str>, oneshot::Sender<Vec<Input>>) -> Command,
    ) -> Vec<Input> {
        let (reply, answer) = oneshot::channel();
        let key = self.request.session_key.clone();
        let command = command(key, self.emitter.run_id().clone(), reply);
        if self.engine.commands.send(command).await.is_err() {
            return Vec::new();
        }
        answer.await.unwrap_or_default()
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(super) fn request(&self) -> &RunRequest {
        &self.request
    }

    pub(super) fn profile(&self) -> &AgentProfile {
        let profile = self.profile.as_ref();
        profile.expect("a run begins with its profile")
    }
}
