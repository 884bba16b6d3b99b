//! The queue of one session, as a state machine without time, tasks or input and output.
//!
//! It holds the rule that a session has one run at a time, and that every input ends exactly once: it starts
//! a run, is read by one, or is withdrawn with a reason.

use std::collections::VecDeque;

use tokio::time::{Duration, Instant};

use super::request::QueueMode;

/// First lines of dropped inputs that a run is told, at most.
const MOST_DROPPED: usize = 50;

/// How a queue behaves; OpenClaw's `messages.queue`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueRules {
    /// Inputs that may wait for a run of their own, and as many for the run that is at work; 20 in OpenClaw.
    pub cap: usize,
    /// What happens to one more.
    pub overflow: Overflow,
    /// The quiet time before waiting inputs start; 500 ms in OpenClaw.
    pub debounce: Duration,
}

impl Default for QueueRules {
    fn default() -> Self {
        Self {
            cap: 20,
            overflow: Overflow::Summarize,
            debounce: Duration::from_millis(500),
        }
    }
}

/// What happens when a queue is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// The oldest is dropped, and the next run is told its first line.
    Summarize,
    /// The oldest is dropped.
    Old,
    /// The newest is refused.
    New,
}

/// An input that waits.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Item<T> {
    pub(crate) run_id: String,
    pub(crate) mode: QueueMode,
    /// Whether others may steer the run that it starts.
    pub(crate) steerable: bool,
    /// One line of it, should it be dropped.
    pub(crate) line: String,
    pub(crate) payload: T,
}

/// What a run starts with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Batch<T> {
    /// At least one; the run takes the id of the first.
    pub(crate) items: Vec<Item<T>>,
    /// First lines of inputs that a full queue dropped since the last run.
    pub(crate) dropped: Vec<String>,
}

/// What is to be done about a change.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step<T> {
    Start(Batch<T>),
    /// Tell the active run to stop.
    Stop {
        run_id: String,
        why: StopWhy,
    },
    /// The input waits, at this position from 1.
    Waits {
        run_id: String,
        position: usize,
    },
    /// The input will never run.
    Withdraw {
        item: Item<T>,
        why: Withdrawal,
    },
}

/// Why an active run is told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StopWhy {
    Requested,
    Interrupted,
}

/// Why an input never runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Withdrawal {
    Aborted,
    Overflowed,
}

/// The active run.
#[derive(Debug)]
struct Active {
    run_id: String,
    /// Inputs that it read since it began; stopping one of them stops it.
    merged: Vec<String>,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Reads what comes before its next step.
    Steerable,
    /// Reads nothing any more.
    Closing,
    Stopping,
}

/// The queue of one session.
#[derive(Debug)]
pub(crate) struct Lane<T> {
    rules: QueueRules,
    active: Option<Active>,
    /// For the active run to read.
    steers: VecDeque<Item<T>>,
    /// For later runs.
    waiting: VecDeque<Item<T>>,
    dropped: VecDeque<String>,
    /// Those before them, whose first lines are not kept.
    dropped_before: usize,
    quiet_until: Option<Instant>,
}

impl<T> Lane<T> {
    pub(crate) fn new(rules: QueueRules) -> Self {
        Self {
            rules,
            active: None,
            steers: VecDeque::new(),
            waiting: VecDeque::new(),
            dropped: VecDeque::new(),
            dropped_before: 0,
            quiet_until: None,
        }
    }

    /// Whether one more input would only be dropped, or crowd a run that does not come to read: to be refused before it
    /// is taken. What is taken all the same waits for a run of its own.
    pub(crate) fn is_full_for(&self, mode: QueueMode) -> bool {
        match mode {
            QueueMode::Interrupt => {
                let waiting = self.waiting.iter();
                let interrupts = waiting.filter(|item| item.mode == QueueMode::Interrupt);
                interrupts.count() >= self.rules.cap.max(1)
            }
            QueueMode::Steer if self.is_steerable() => self.are_steers_full(),
            _ => self.rules.overflow == Overflow::New && self.is_queue_full(),
        }
    }

    /// Takes an input.
    pub(crate) fn submit(&mut self, item: Item<T>, now: Instant) -> Vec<Step<T>> {
        let mut steps = Vec::new();
        match item.mode {
            QueueMode::Interrupt => self.interrupt(item, &mut steps),
            QueueMode::Steer if self.is_steerable() && !self.are_steers_full() => {
                let run_id = item.run_id.clone();
                self.steers.push_back(item);
                let position = self.steers.len();
                steps.push(Step::Waits { run_id, position });
            }
            mode => {
                let busy = self.active.is_some() || !self.waiting.is_empty();
                if busy && mode != QueueMode::Steer {
                    self.quiet_until = Some(now + self.rules.debounce);
                }
                self.enqueue(item, busy, &mut steps);
            }
        }
        steps.extend(self.next(now));
        steps
    }

    /// What the active run has to read before its next step.
    pub(crate) fn take_steers(&mut self, run_id: &str) -> Vec<Item<T>> {
        let Some(active) = self.active.as_mut().filter(|a| a.run_id == run_id) else {
            return Vec::new();
        };
        let items: Vec<_> = self.steers.drain(..).collect();
        active.merged.extend(items.iter().map(|i| i.run_id.clone()));
        items
    }

    /// The active run has nothing more to do. Either it gets more to read, or it reads nothing any more.
    pub(crate) fn finishing(&mut self, run_id: &str) -> Vec<Item<T>> {
        let items = self.take_steers(run_id);
        if items.is_empty()
            && let Some(active) = self.active.as_mut().filter(|a| a.run_id == run_id)
            && active.phase == Phase::Steerable
        {
            active.phase = Phase::Closing;
        }
        items
    }

    /// The active run has ended. What it did not read gets a run of its own.
    pub(crate) fn ended(&mut self, run_id: &str, now: Instant) -> Vec<Step<T>> {
        if self.active.as_ref().is_none_or(|a| a.run_id != run_id) {
            return Vec::new();
        }
        self.active = None;
        while let Some(item) = self.steers.pop_back() {
            self.waiting.push_front(item);
        }
        self.next(now)
    }

    /// Stops one input or run, or everything of the session: first what waits, then the run.
    pub(crate) fn abort(&mut self, run_id: Option<&str>) -> Vec<Step<T>> {
        let mut steps = Vec::new();
        for queue in [&mut self.steers, &mut self.waiting] {
            let (gone, kept): (VecDeque<_>, VecDeque<_>) = queue
                .drain(..)
                .partition(|item| run_id.is_none_or(|id| id == item.run_id));
            *queue = kept;
            let why = Withdrawal::Aborted;
            steps.extend(gone.into_iter().map(|item| Step::Withdraw { item, why }));
        }
        let hit = |active: &Active| {
            run_id.is_none_or(|id| id == active.run_id || active.merged.iter().any(|m| m == id))
        };
        if self.active.as_ref().is_some_and(hit) {
            steps.extend(self.stop(StopWhy::Requested));
        }
        steps
    }

    /// To be called when [`Lane::deadline`] has passed.
    pub(crate) fn tick(&mut self, now: Instant) -> Vec<Step<T>> {
        self.next(now)
    }

    /// When waiting inputs may start, if that is only a matter of time.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let only_time = self.active.is_none() && !self.waiting.is_empty();
        self.quiet_until.filter(|_| only_time)
    }

    /// The active run, and whether it was told to stop.
    pub(crate) fn active(&self) -> Option<(&str, bool)> {
        let active = self.active.as_ref()?;
        Some((&active.run_id, active.phase == Phase::Stopping))
    }

    /// Inputs that wait, oldest first.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &str> {
        let items = self.steers.iter().chain(&self.waiting);
        items.map(|item| item.run_id.as_str())
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.is_quiet() && self.dropped.is_empty()
    }

    /// Nothing runs, and nothing waits.
    pub(crate) fn is_quiet(&self) -> bool {
        self.active.is_none() && self.steers.is_empty() && self.waiting.is_empty()
    }

    pub(crate) fn set_rules(&mut self, rules: QueueRules) {
        self.rules = rules;
    }

    fn is_queue_full(&self) -> bool {
        self.waiting.len() >= self.rules.cap.max(1)
    }

    fn are_steers_full(&self) -> bool {
        self.steers.len() >= self.rules.cap.max(1)
    }

    fn is_steerable(&self) -> bool {
        let active = self.active.as_ref();
        active.is_some_and(|active| active.phase == Phase::Steerable)
    }

    fn interrupt(&mut self, item: Item<T>, steps: &mut Vec<Step<T>>) {
        steps.extend(self.stop(StopWhy::Interrupted));
        if self.active.is_some() {
            let run_id = item.run_id.clone();
            steps.push(Step::Waits {
                run_id,
                position: 1,
            });
        }
        // Behind those that interrupted before it and wait for the same run to stop.
        let before = self
            .waiting
            .iter()
            .take_while(|waits| waits.mode == item.mode);
        self.waiting.insert(before.count(), item);
        self.quiet_until = None;
    }

    fn enqueue(&mut self, item: Item<T>, busy: bool, steps: &mut Vec<Step<T>>) {
        if self.is_queue_full() {
            let why = Withdrawal::Overflowed;
            if self.rules.overflow == Overflow::New {
                steps.push(Step::Withdraw { item, why });
                return;
            }
            if let Some(oldest) = self.waiting.pop_front() {
                if self.rules.overflow == Overflow::Summarize {
                    self.note_dropped(oldest.line.clone());
                }
                steps.push(Step::Withdraw { item: oldest, why });
            }
        }
        if busy {
            let run_id = item.run_id.clone();
            let position = self.waiting.len() + 1;
            steps.push(Step::Waits { run_id, position });
        }
        self.waiting.push_back(item);
    }

    fn stop(&mut self, why: StopWhy) -> Option<Step<T>> {
        let active = self.active.as_mut()?;
        if active.phase == Phase::Stopping {
            return None;
        }
        active.phase = Phase::Stopping;
        let run_id = active.run_id.clone();
        Some(Step::Stop { run_id, why })
    }

    fn next(&mut self, now: Instant) -> Vec<Step<T>> {
        let quiet = self.quiet_until.is_some_and(|until| until > now);
        if self.active.is_some() || quiet || self.waiting.is_empty() {
            return Vec::new();
        }
        self.quiet_until = None;
        let items = self.take_batch();
        let Some(first) = items.first() else {
            return Vec::new();
        };
        self.active = Some(Active {
            run_id: first.run_id.clone(),
            merged: items.iter().skip(1).map(|i| i.run_id.clone()).collect(),
            phase: if first.steerable {
                Phase::Steerable
            } else {
                Phase::Closing
            },
        });
        let dropped = self.take_dropped();
        vec![Step::Start(Batch { items, dropped })]
    }

    /// A run that is told of thousands has no room left for what it is to do.
    fn note_dropped(&mut self, line: String) {
        self.dropped.push_back(line);
        if self.dropped.len() > MOST_DROPPED {
            self.dropped.pop_front();
            self.dropped_before += 1;
        }
    }

    fn take_dropped(&mut self) -> Vec<String> {
        let before = std::mem::take(&mut self.dropped_before);
        let before = (before > 0).then(|| format!("({before} earlier ones)"));
        before.into_iter().chain(self.dropped.drain(..)).collect()
    }

    /// One input, or all at the front that want to be collected.
    fn take_batch(&mut self) -> Vec<Item<T>> {
        let collected = self
            .waiting
            .iter()
            .take_while(|item| item.mode == QueueMode::Collect)
            .count();
        self.waiting.drain(..collected.max(1)).collect()
    }
}

#[cfg(test)]
#[path = "lane_tests.rs"]
mod tests;
