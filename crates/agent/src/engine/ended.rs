//! Which runs are known, and how those that ended lately did.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use tokio::sync::oneshot;

use super::request::RunOutcome;

type Waiter = oneshot::Sender<Option<RunOutcome>>;

/// Bounded memory of runs.
pub(crate) struct EndedRuns {
    keep: usize,
    runs: HashMap<String, Known>,
    order: VecDeque<String>,
}

enum Known {
    Live {
        waiters: Vec<Waiter>,
        /// Inputs that end when this run does.
        carried: Vec<String>,
    },
    Ended(RunOutcome),
}

impl EndedRuns {
    pub(crate) fn new(keep: usize) -> Self {
        Self {
            keep,
            runs: HashMap::new(),
            order: VecDeque::new(),
        }
    }

    /// False when the id is known already.
    pub(crate) fn begin(&mut self, run_id: &str) -> bool {
        if self.runs.contains_key(run_id) {
            return false;
        }
        let live = Known::Live {
            waiters: Vec::new(),
            carried: Vec::new(),
        };
        self.runs.insert(run_id.to_owned(), live);
        true
    }

    pub(crate) fn knows(&self, run_id: &str) -> bool {
        self.runs.contains_key(run_id)
    }

    pub(crate) fn forget(&mut self, run_id: &str) {
        self.runs.remove(run_id);
    }

    /// From now on `run_id` ends when `into` does.
    pub(crate) fn merge(&mut self, run_id: &str, into: &str) {
        if let Some(Known::Live { carried, .. }) = self.runs.get_mut(into) {
            carried.push(run_id.to_owned());
        }
    }

    pub(crate) fn end(&mut self, outcome: RunOutcome) {
        let run_id = outcome.run_id.to_string();
        let known = self
            .runs
            .insert(run_id.clone(), Known::Ended(outcome.clone()));
        self.order.push_back(run_id);
        if let Some(Known::Live { waiters, carried }) = known {
            for waiter in waiters {
                // One that went away needs no answer.
                let _ = waiter.send(Some(outcome.clone()));
            }
            for run_id in carried {
                let run_id = Arc::from(run_id);
                self.end(RunOutcome {
                    run_id,
                    ..outcome.clone()
                });
            }
        }
        while self.order.len() > self.keep {
            if let Some(oldest) = self.order.pop_front() {
                self.runs.remove(&oldest);
            }
        }
    }

    /// Answers when the run has ended, at once if it has or is not known.
    pub(crate) fn when_ended(&mut self, run_id: &str, waiter: Waiter) {
        match self.runs.get_mut(run_id) {
            Some(Known::Live { waiters, .. }) => {
                waiters.retain(|waiter| !waiter.is_closed());
                waiters.push(waiter);
            }
            Some(Known::Ended(outcome)) => {
                let _ = waiter.send(Some(outcome.clone()));
            }
            None => {
                let _ = waiter.send(None);
            }
        }
    }
}
