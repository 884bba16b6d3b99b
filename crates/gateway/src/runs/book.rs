//! Notes in the store how runs begin and end, in order, and tells those who watch the list after it is noted.
//! A task of its own, so that a delta never waits for the disk.

use std::collections::VecDeque;
use std::time::Duration;

use gatehouse_agent::{AbortCause, RunEvent, RunEventKind, RunOutcome, RunStatus};
use gatehouse_store::StoreError;
use gatehouse_store::gateway::{RunRecord, RunState};
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::translate::stop_word;
use crate::sessions::{Change, Sessions};

/// A handle to the book.
#[derive(Clone)]
pub struct RunBook {
    lines: mpsc::UnboundedSender<Line>,
}

struct Line {
    run_id: String,
    session: String,
    agent: String,
    at: i64,
    what: What,
}

enum What {
    Began,
    Ended(Box<RunOutcome>),
}

impl RunBook {
    /// Starts the book. It ends when the last handle is gone and all was noted.
    pub(crate) fn start(sessions: Sessions) -> (Self, impl Future<Output = ()>) {
        // No bound, since a line must not be lost nor hold a run up: two for each run, and runs are bounded by the
        // queues of their sessions.
        let (lines, inbox) = mpsc::unbounded_channel();
        (Self { lines }, keep(sessions, inbox))
    }

    /// Takes what is to be noted of an event.
    pub(super) fn hears(&self, event: &RunEvent) {
        let what = match &event.kind {
            RunEventKind::Started { .. } => What::Began,
            RunEventKind::Ended(outcome) => What::Ended(Box::new(outcome.clone())),
            _ => return,
        };
        let line = Line {
            run_id: event.run_id.to_string(),
            session: event.session_key.to_string(),
            agent: event.agent_id.to_string(),
            at: i64::try_from(event.ts_ms).unwrap_or(i64::MAX),
            what,
        };
        // The book ends only with the gateway; what it misses then is noted at the next start.
        let _ = self.lines.send(line);
    }
}

/// How long after the end of a run could not be noted it is tried again.
const AGAIN: Duration = Duration::from_secs(2);

async fn keep(sessions: Sessions, mut inbox: mpsc::UnboundedReceiver<Line>) {
    // Runs whose end could not be noted, as on a full disk: without it they would go on for ever.
    let mut left = VecDeque::new();
    // Not put off by what comes meanwhile.
    let mut again = tokio::time::interval(AGAIN);
    again.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let line = tokio::select! {
            biased;
            _ = again.tick(), if !left.is_empty() => {
                note_left(&sessions, &mut left).await;
                continue;
            }
            line = inbox.recv() => line,
        };
        let Some(line) = line else { break };
        let noted = note(&sessions, &line).await;
        tell(&sessions, &line).await;
        if let Err(error) = noted {
            tracing::error!(%error, run = %line.run_id, "a run could not be noted");
            if matches!(line.what, What::Ended(_)) {
                left.push_back(line);
            }
        }
    }
    note_left(&sessions, &mut left).await;
}

/// Notes what is left, as far as it can be.
async fn note_left(sessions: &Sessions, left: &mut VecDeque<Line>) {
    while let Some(line) = left.pop_front() {
        match note(sessions, &line).await {
            Ok(()) => tell(sessions, &line).await,
            Err(_) => {
                left.push_front(line);
                return;
            }
        }
    }
}

async fn note(sessions: &Sessions, line: &Line) -> Result<(), StoreError> {
    match &line.what {
        What::Began => began(sessions, line).await,
        What::Ended(outcome) => ended(sessions, line, outcome).await,
    }
}

async fn tell(sessions: &Sessions, line: &Line) {
    let phase = match line.what {
        What::Began => "start",
        What::Ended(_) => "end",
    };
    let run_id = line.run_id.clone();
    let change = Change::Run { phase, run_id };
    sessions.changed(&line.session, change).await;
}

/// Most often the journal has noted it already, before anything of the run was seen.
async fn began(sessions: &Sessions, line: &Line) -> Result<(), StoreError> {
    let run = RunRecord::begun(&line.run_id, &line.session, &line.agent, line.at);
    sessions.store.run_begin(run).await.map(drop)
}

async fn ended(sessions: &Sessions, line: &Line, outcome: &RunOutcome) -> Result<(), StoreError> {
    // What the next start runs has not ended.
    if still_waits(sessions, line, outcome).await? {
        return Ok(());
    }
    // An input that never began to run ends all the same: who waits for it must find it.
    began(sessions, line).await?;
    let json = json!({
        "stopReason": stop_word(outcome),
        "error": outcome.error,
        "text": outcome.text,
    });
    let at = i64::try_from(outcome.ended_at_ms).unwrap_or(i64::MAX);
    let json = json.to_string();
    let ended = sessions
        .store
        .run_end(&line.run_id, state(outcome.status), at, &json);
    ended.await.map(drop)
}

/// Whether it is an input that the stop came before, which is kept for the next start.
async fn still_waits(
    sessions: &Sessions,
    line: &Line,
    outcome: &RunOutcome,
) -> Result<bool, StoreError> {
    let stopped = outcome.status == RunStatus::Aborted(AbortCause::Shutdown);
    if !stopped || outcome.started_at_ms.is_some() {
        return Ok(false);
    }
    let waiting = sessions.store.inputs(Some(&line.session)).await?;
    Ok(waiting.iter().any(|input| input.id == line.run_id))
}

fn state(status: RunStatus) -> RunState {
    match status {
        RunStatus::Done => RunState::Ended,
        RunStatus::Failed | RunStatus::Dropped => RunState::Failed,
        RunStatus::Aborted(_) => RunState::Aborted,
        RunStatus::TimedOut => RunState::TimedOut,
    }
}
