//! Sub-agents that are at work: under which session each began, and who is told what came of it.
//!
//! A sub-agent is done when its session is quiet and those that it began itself are done: until then what it said last
//! is not its answer.

use std::collections::HashMap;

use tokio::sync::oneshot;

use super::request::RunOutcome;

/// Who is below whom, as long as somebody is to be told.
#[derive(Default)]
pub(crate) struct Families {
    below: HashMap<String, Vec<String>>,
    waiting: Vec<Waiting>,
}

struct Waiting {
    session: String,
    last: Option<RunOutcome>,
    told: oneshot::Sender<RunOutcome>,
}

impl Families {
    /// A sub-agent is about to begin. `told` hears how its last run ended once it is done, or nothing when it was given
    /// up.
    pub(crate) fn begin(
        &mut self,
        parent: String,
        child: String,
        told: oneshot::Sender<RunOutcome>,
    ) {
        self.waiting.push(Waiting {
            session: child.clone(),
            last: None,
            told,
        });
        self.below.entry(parent).or_default().push(child);
    }

    /// What came of it was told, or will not be.
    pub(crate) fn end(&mut self, parent: &str, child: &str) {
        if let Some(below) = self.below.get_mut(parent) {
            below.retain(|session| session != child);
            if below.is_empty() {
                self.below.remove(parent);
            }
        }
    }

    pub(crate) fn run_ended(&mut self, session: &str, outcome: &RunOutcome) {
        let waiting = self.waiting.iter_mut();
        for waiting in waiting.filter(|waiting| waiting.session == session) {
            waiting.last = Some(outcome.clone());
        }
    }

    /// Everything that is at work below a session, of which nobody is told any more.
    pub(crate) fn give_up_below(&mut self, session: &str) -> Vec<String> {
        let mut given_up = Vec::new();
        let mut open = vec![session.to_owned()];
        while let Some(session) = open.pop() {
            let below = self.below.remove(&session).unwrap_or_default();
            given_up.extend(below.iter().cloned());
            open.extend(below);
        }
        self.waiting
            .retain(|waiting| !given_up.contains(&waiting.session));
        given_up
    }

    /// Tells of those that are done.
    pub(crate) fn settle(&mut self, is_quiet: impl Fn(&str) -> bool) {
        for mut waiting in std::mem::take(&mut self.waiting) {
            let session = &waiting.session;
            let is_done = !self.below.contains_key(session) && is_quiet(session);
            if is_done && let Some(outcome) = waiting.last.take() {
                // One that went away needs no answer.
                let _ = waiting.told.send(outcome);
            } else if !waiting.told.is_closed() {
                self.waiting.push(waiting);
            }
        }
    }
}
