//! Runs: which have begun, and how they ended. A run that the process did not live to end is `Interrupted`.

use async_trait::async_trait;

use crate::{Millis, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    Running,
    Ended,
    Failed,
    Aborted,
    TimedOut,
    /// The process ended while it ran; noted when the store is opened.
    Interrupted,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRecord {
    pub id: String,
    pub session: String,
    pub agent: String,
    pub state: RunState,
    pub started_at: Millis,
    pub ended_at: Option<Millis>,
    pub json: String,
}

impl RunRecord {
    /// One that runs.
    pub fn begun(id: &str, session: &str, agent: &str, started_at: Millis) -> Self {
        Self {
            id: id.to_owned(),
            session: session.to_owned(),
            agent: agent.to_owned(),
            state: RunState::Running,
            started_at,
            ended_at: None,
            json: "{}".to_owned(),
        }
    }
}

#[async_trait]
pub trait RunStore: Send + Sync {
    /// Notes a run, and in its session that it runs. False, and nothing changed, where the id is known.
    async fn run_begin(&self, run: RunRecord) -> Result<bool>;
    /// Ends a run that runs. None where there is none of that id that still runs.
    async fn run_end(
        &self,
        id: &str,
        state: RunState,
        at: Millis,
        json: &str,
    ) -> Result<Option<RunRecord>>;
    async fn run(&self, id: &str) -> Result<Option<RunRecord>>;
    /// A session's runs, the latest first.
    async fn runs(&self, session: &str, limit: u32) -> Result<Vec<RunRecord>>;
    /// Those that were found running when this store was opened, and are `Interrupted` since.
    fn interrupted(&self) -> Vec<RunRecord>;
}
