//! What a run tells while it goes on.
//!
//! Events are for watchers and may be lost with them; what must last goes through the [`crate::Journal`].

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use serde_json::Value;

use crate::{ambient::Clock, engine::RunOutcome, message::Usage, tools::ToolOutput};

/// One event of one run.
#[derive(Clone, Debug)]
pub struct RunEvent {
    pub run_id: Arc<str>,
    pub session_key: Arc<str>,
    pub agent_id: Arc<str>,
    /// Counts up from 1 within the run, without gaps.
    pub seq: u64,
    /// Milliseconds since the epoch.
    pub ts_ms: u64,
    /// The run was started by the heartbeat timer.
    pub is_heartbeat: bool,
    pub kind: RunEventKind,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum RunEventKind {
    /// The input waits for its turn; `position` counts from 1.
    Queued {
        position: usize,
    },
    /// The input was given to the run `into`, which goes on under its own id. The last event of this id.
    Merged {
        into: Arc<str>,
    },
    /// The run has begun.
    Started {
        started_at_ms: u64,
    },
    /// A model is about to be called.
    Model {
        provider: String,
        model: String,
    },
    /// A failed model call is about to be made again, or with another model.
    Retry {
        attempt: u32,
        delay_ms: u64,
        reason: String,
    },
    /// More of the answer. `item` counts the assistant messages of the run from 1; `text` is all of the item.
    Assistant {
        item: u32,
        text: Arc<str>,
        delta: String,
    },
    /// More of the model's thinking, likewise.
    Thinking {
        item: u32,
        text: Arc<str>,
        delta: String,
    },
    ToolStart {
        call_id: String,
        name: String,
        arguments: Value,
    },
    /// Output of a tool that still runs: the newest part of it, bounded.
    ToolUpdate {
        call_id: String,
        name: String,
        partial: ToolOutput,
    },
    ToolResult {
        call_id: String,
        name: String,
        output: ToolOutput,
    },
    /// The figures of the run so far.
    Usage {
        usage: Usage,
    },
    Compaction(CompactionPhase),
    /// The run is over. The last event of its id.
    Ended(RunOutcome),
}

/// How far a compaction is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompactionPhase {
    Started {
        tokens_before: u64,
    },
    Done {
        tokens_before: u64,
        tokens_after: u64,
    },
    Failed {
        reason: String,
    },
}

/// Takes the events of all runs, in order for each run. Must not block: a run waits for it.
pub trait RunSink: Send + Sync {
    fn emit(&self, event: RunEvent);
}

impl RunSink for tokio::sync::mpsc::UnboundedSender<RunEvent> {
    fn emit(&self, event: RunEvent) {
        // Without a receiver nobody watches, and nothing is lost that had to last.
        let _ = self.send(event);
    }
}

impl RunSink for tokio::sync::broadcast::Sender<RunEvent> {
    fn emit(&self, event: RunEvent) {
        // As above.
        let _ = self.send(event);
    }
}

/// Numbers and stamps the events of one run.
pub(crate) struct Emitter {
    sink: Arc<dyn RunSink>,
    clock: Arc<dyn Clock>,
    run_id: Arc<str>,
    session_key: Arc<str>,
    agent_id: Arc<str>,
    is_heartbeat: bool,
    seq: AtomicU64,
}

impl Emitter {
    pub(crate) fn new(
        sink: Arc<dyn RunSink>,
        clock: Arc<dyn Clock>,
        ids: RunIds,
        is_heartbeat: bool,
    ) -> Self {
        Self {
            sink,
            clock,
            run_id: ids.run_id,
            session_key: ids.session_key,
            agent_id: ids.agent_id,
            is_heartbeat,
            seq: AtomicU64::new(0),
        }
    }

    pub(crate) fn emit(&self, kind: RunEventKind) {
        self.sink.emit(RunEvent {
            run_id: self.run_id.clone(),
            session_key: self.session_key.clone(),
            agent_id: self.agent_id.clone(),
            seq: self.seq.fetch_add(1, Ordering::Relaxed) + 1,
            ts_ms: self.clock.now_ms(),
            is_heartbeat: self.is_heartbeat,
            kind,
        });
    }

    pub(crate) fn session_key(&self) -> &Arc<str> {
        &self.session_key
    }

    pub(crate) fn run_id(&self) -> &Arc<str> {
        &self.run_id
    }
}

/// Whose events they are.
pub(crate) struct RunIds {
    pub(crate) run_id: Arc<str>,
    pub(crate) session_key: Arc<str>,
    pub(crate) agent_id: Arc<str>,
}
