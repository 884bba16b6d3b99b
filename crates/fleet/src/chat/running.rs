//! What the session does now, in one line, and stopping it.
//!
//! More than one run may go on: one that was found when the app started or that another client began, and one of
//! a message of ours. What waits for the person is shown before what works, and a stop means all of it.

use super::Transcript;
use super::log::Origin;
use crate::view::{ChatUpdate, ItemKey, MessageState, Millis, RunView};

/// What to ask the gateway to stop.
pub struct Abort {
    /// The run to name. None where another may go on beside it: then the session's runs are meant.
    pub run: Option<String>,
    /// All that is known to go on.
    pub of: Vec<String>,
    pub updates: Vec<ChatUpdate>,
}

/// What goes on. A run that is known only to be there has no name.
struct Shown {
    run: String,
    waiting: Option<Option<ItemKey>>,
    phase: Option<String>,
    since: Millis,
}

impl Transcript {
    /// Says what the session's run does, when that changed.
    pub(super) fn sync_run(&mut self, out: &mut Vec<ChatUpdate>) {
        let run = self.run_view();
        if run != self.run {
            self.run = run.clone();
            out.push(ChatUpdate::Run { run });
        }
    }

    fn run_view(&self) -> RunView {
        let Some(shown) = self.shown() else {
            return RunView::Idle;
        };
        let Shown {
            run,
            waiting,
            phase,
            since,
        } = shown;
        if !self.online {
            return RunView::Unknown { run };
        }
        if self.aborting.contains(&run) {
            return RunView::Aborting { run };
        }
        match waiting {
            Some(item) => RunView::WaitingForApproval { run, item, since },
            None => RunView::Running { run, phase, since },
        }
    }

    fn shown(&self) -> Option<Shown> {
        let active = || self.runs.iter().rev().filter(|run| run.ended.is_none());
        let certain = || active().filter(|run| !run.doubtful);
        if let Some(run) = certain().find(|run| run.waiting.is_some()) {
            let waiting = run.waiting.as_ref()?;
            return Some(Shown {
                run: run.id.clone(),
                waiting: Some(waiting.item.clone()),
                phase: None,
                since: waiting.since,
            });
        }
        if let Some(waits) = self.waits_without_a_run() {
            return Some(waits);
        }
        if let Some(run) = certain().next().or_else(|| active().next()) {
            return Some(Shown {
                run: run.id.clone(),
                waiting: run.waiting.as_ref().map(|waiting| waiting.item.clone()),
                phase: run.phase.clone(),
                since: run.waiting.as_ref().map_or(run.since, |w| w.since),
            });
        }
        let (run, since) = self.elsewhere.clone()?;
        Some(Shown {
            run,
            waiting: None,
            phase: None,
            since,
        })
    }

    /// An approval that the inbox told of, of a run that nothing else is known of, or not yet.
    fn waits_without_a_run(&self) -> Option<Shown> {
        let is_told = self.loaded && !self.cached;
        if is_told && self.elsewhere.is_none() {
            return None;
        }
        let is_followed = |approval: &str| {
            let mut waiting = self.runs.iter().filter_map(|run| run.waiting.as_ref());
            waiting.any(|waiting| waiting.approval == approval)
        };
        let mut open = self.approvals.iter().rev().filter(|known| known.is_open());
        let known = open.find(|known| !is_followed(known.id()))?;
        let elsewhere = self.elsewhere.as_ref().map(|(run, _)| run.clone());
        Some(Shown {
            run: elsewhere.unwrap_or_default(),
            waiting: Some(known.item(&self.session.gateway)),
            phase: None,
            since: known.since,
        })
    }

    /// Begins to stop what goes on, or none when nothing does.
    pub fn abort_begin(&mut self) -> Option<Abort> {
        let shown = self.shown()?.run;
        let mut of = self.active_ids();
        if !of.contains(&shown) {
            of.push(shown);
        }
        self.aborting.clone_from(&of);
        let mut updates = Vec::new();
        self.sync_run(&mut updates);
        Some(Abort {
            run: self.only_run(),
            of,
            updates,
        })
    }

    fn active_ids(&self) -> Vec<String> {
        let active = self.runs.iter().filter(|run| run.ended.is_none());
        let elsewhere = self.elsewhere.iter().map(|(run, _)| run.clone());
        active.map(|run| run.id.clone()).chain(elsewhere).collect()
    }

    /// The run that certainly goes on alone: begun before our eyes, and nothing waits that is not its own.
    fn only_run(&self) -> Option<String> {
        let mut active = self.runs.iter().filter(|run| run.ended.is_none());
        let run = active.next()?;
        let is_alone = active.next().is_none() && self.elsewhere.is_none();
        let is_seen = !run.doubtful && !run.adopted;
        let is_its_own = |call: &str| self.run_of_call(call) == Some(&run.id);
        let mut open = self.approvals.iter().filter(|known| known.is_open());
        let all_its_own = open.all(|known| known.call().is_some_and(is_its_own));
        (is_alone && is_seen && all_its_own).then(|| run.id.clone())
    }

    /// The run that a call was made by, where its message tells.
    pub(super) fn run_of_call(&self, call: &str) -> Option<&String> {
        let (at, _) = self.log.tool(call)?;
        match &self.log.entries[at].origin {
            Origin::Live { run } | Origin::Row { run: Some(run) } => Some(run),
            Origin::Row { run: None } | Origin::Ours { .. } => None,
        }
    }

    /// The gateway stopped these runs. What they had said stays.
    pub fn abort_confirmed(&mut self, runs: &[String], now: Millis) -> Vec<ChatUpdate> {
        let mut out = Vec::new();
        self.aborting.clear();
        for run in runs {
            let known = self.runs.iter().rposition(|known| known.id == *run);
            if let Some(at) = known
                && self.runs[at].ended.is_none()
            {
                self.end_run(at, MessageState::Aborted, now, &mut out);
            }
        }
        // One without a name is among them, as far as can be told.
        let is_stopped = |run: &String| runs.contains(run) || (run.is_empty() && !runs.is_empty());
        self.elsewhere.take_if(|(run, _)| is_stopped(run));
        self.sync_run(&mut out);
        out
    }

    /// Whether any of these goes on.
    pub fn goes_on(&self, runs: &[String]) -> bool {
        self.active_ids().iter().any(|run| runs.contains(run))
    }

    /// The gateway did not stop the run: it goes on.
    pub fn abort_failed(&mut self) -> Vec<ChatUpdate> {
        let mut out = Vec::new();
        self.aborting.clear();
        self.sync_run(&mut out);
        out
    }

    /// The gateway says that nothing runs: an abort that came too late, or a run that it forgot.
    pub fn nothing_runs(&mut self, now: Millis) -> Vec<ChatUpdate> {
        let mut out = Vec::new();
        self.aborting.clear();
        self.elsewhere = None;
        while let Some(at) = self.runs.iter().position(|run| run.ended.is_none()) {
            self.end_run(at, MessageState::Done, now, &mut out);
        }
        self.sync_run(&mut out);
        out
    }
}
