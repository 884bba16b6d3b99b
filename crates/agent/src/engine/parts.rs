//! What every run of an engine shares.

use std::{sync::Arc, time::Duration};

use tokio::sync::Semaphore;

use super::{lane::QueueRules, request::Profiles, seat::Seat};
use crate::{
    ambient::{Clock, Randomness},
    event::RunSink,
    govern::Governor,
    journal::Journal,
    provider::Backoff,
    secrets::Secrets,
    tools::{Invoker, Toolbox},
};

/// What an engine is made of.
pub struct EngineParts {
    pub journal: Arc<dyn Journal>,
    pub governor: Arc<dyn Governor>,
    pub profiles: Arc<dyn Profiles>,
    pub sink: Arc<dyn RunSink>,
    /// What tools may use without the model seeing it.
    pub secrets: Secrets,
    pub toolbox: Toolbox,
    pub clock: Arc<dyn Clock>,
    pub randomness: Arc<dyn Randomness>,
    pub options: EngineOptions,
}

/// Limits and times.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    pub queue: QueueRules,
    /// How long a run may take when its request does not say; OpenClaw's default is 48 hours.
    pub run_timeout: Option<Duration>,
    /// The shortest time between two deltas of an answer.
    pub delta_every: Duration,
    /// A model that sends nothing for so long has failed.
    pub model_silence: Duration,
    /// Runs at the same time that people started; OpenClaw takes the larger of 8 and four for each core.
    pub concurrent_runs: usize,
    /// Sub-agents at the same time.
    pub concurrent_subagents: usize,
    /// How deep sub-agents may start sub-agents: 1 means that only a person's run may. OpenClaw's default is 5.
    pub subagent_depth: u32,
    /// How failed model calls are made again.
    pub backoff: Backoff,
    /// Model calls in one run; a loop ends there.
    pub most_turns: u32,
    /// Outcomes kept for [`super::Engine::wait`].
    pub kept_outcomes: usize,
}

impl Default for EngineOptions {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            queue: QueueRules::default(),
            run_timeout: Some(Duration::from_secs(48 * 60 * 60)),
            delta_every: Duration::from_millis(30),
            model_silence: Duration::from_secs(120),
            concurrent_runs: (cores * 4).max(8),
            concurrent_subagents: 8,
            subagent_depth: 5,
            backoff: Backoff::default(),
            most_turns: 200,
            kept_outcomes: 1_000,
        }
    }
}

/// The parts as runs use them.
pub(crate) struct Shared {
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) profiles: Arc<dyn Profiles>,
    pub(crate) sink: Arc<dyn RunSink>,
    pub(crate) invoker: Invoker,
    pub(crate) secrets: Secrets,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) randomness: Arc<dyn Randomness>,
    pub(crate) options: EngineOptions,
    people: Arc<Semaphore>,
    subagents: Arc<Semaphore>,
}

impl Shared {
    pub(crate) fn new(parts: EngineParts) -> Self {
        let people = Semaphore::new(parts.options.concurrent_runs.max(1));
        let subagents = Semaphore::new(parts.options.concurrent_subagents.max(1));
        Self {
            journal: parts.journal,
            profiles: parts.profiles,
            sink: parts.sink,
            invoker: Invoker {
                toolbox: parts.toolbox,
                governor: parts.governor,
            },
            secrets: parts.secrets,
            clock: parts.clock,
            randomness: parts.randomness,
            options: parts.options,
            people: Arc::new(people),
            subagents: Arc::new(subagents),
        }
    }

    /// A place for a run so deep below a person's.
    pub(crate) fn seat(&self, depth: u32) -> Seat {
        Seat::in_room(match depth {
            0 => &self.people,
            _ => &self.subagents,
        })
    }
}
