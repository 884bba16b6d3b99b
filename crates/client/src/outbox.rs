//! Events on their way to their owner.
//!
//! The choice made here: events wait in a small queue and a backlog bounded in bytes; when the backlog is
//! full nothing more is read from the socket, so that the gateway waits and not our memory. But answers
//! come over the same socket, and an owner that awaits an answer before it takes its next event would wait
//! for itself. So an owner that takes nothing for `stall_deadline` loses the backlog of running text and
//! gets a `Gap` in its place, which it has to understand anyway, because gateways drop events as well.
//! Approvals, questions and pairings are not shed; only when they alone fill the backlog do they go too,
//! and the `Gap` makes the owner list them again.

use std::collections::VecDeque;

use gatehouse_protocol::GatewayEvent;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::config::Limits;
use crate::event::{ConnectionEvent, Generation};

pub(crate) struct Outbox {
    queue: mpsc::Sender<ConnectionEvent>,
    backlog: VecDeque<Waiting>,
    bytes: usize,
    limit: usize,
    stall: std::time::Duration,
    /// Since when the backlog is full and nothing was taken.
    stalled_since: Option<Instant>,
}

struct Waiting {
    event: ConnectionEvent,
    bytes: usize,
}

/// What one event costs besides its text, so that a flood of tiny ones is bounded as well.
const OVERHEAD: usize = 512;

impl Outbox {
    pub(crate) fn new(queue: mpsc::Sender<ConnectionEvent>, limits: &Limits) -> Self {
        Self {
            queue,
            backlog: VecDeque::new(),
            bytes: 0,
            limit: limits.backlog_bytes,
            stall: limits.stall_deadline,
            stalled_since: None,
        }
    }

    /// Takes an event that was `bytes` long on the wire.
    pub(crate) fn push(&mut self, event: ConnectionEvent, bytes: usize) {
        let bytes = bytes + OVERHEAD;
        self.bytes += bytes;
        self.backlog.push_back(Waiting { event, bytes });
        if self.is_full() && self.stalled_since.is_none() {
            self.stalled_since = Some(Instant::now());
        }
    }

    /// No more may be read from the socket.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes >= self.limit
    }

    /// When to give up on an owner that takes nothing.
    pub(crate) fn stall_deadline(&self) -> Option<Instant> {
        self.stalled_since.map(|since| since + self.stall)
    }

    /// Moves one event to the queue; waits for room in it, and for ever without an event. Safe to drop.
    pub(crate) async fn deliver(&mut self) {
        if self.backlog.is_empty() {
            return std::future::pending().await;
        }
        let Ok(permit) = self.queue.reserve().await else {
            // Nobody listens any more; requests still work.
            self.backlog.clear();
            self.bytes = 0;
            self.stalled_since = None;
            return;
        };
        let Some(waiting) = self.backlog.pop_front() else {
            return;
        };
        permit.send(waiting.event);
        self.bytes -= waiting.bytes;
        self.stalled_since = self.is_full().then(Instant::now);
    }

    /// Replaces what can be fetched again by a `Gap`.
    pub(crate) fn shed(&mut self, generation: Generation) {
        let only_lasting = self
            .backlog
            .iter()
            .all(|waiting| is_lasting(&waiting.event));
        let mut missing: Option<(u64, u64)> = None;
        let waiting = std::mem::take(&mut self.backlog);
        self.bytes = 0;
        for entry in waiting {
            let keep = is_lasting(&entry.event) && !(only_lasting && is_request(&entry.event));
            if keep {
                self.bytes += entry.bytes;
                self.backlog.push_back(entry);
                continue;
            }
            let seq = sequence_of(&entry.event);
            missing = Some(match (missing, seq) {
                (Some((first, _)), Some(seq)) => (first, seq + 1),
                (None, Some(seq)) => (seq, seq + 1),
                (Some(span), None) => span,
                (None, None) => (0, 0),
            });
        }
        let (expected, got) = missing.unwrap_or_default();
        let gap = ConnectionEvent::Gap {
            generation,
            expected,
            got,
        };
        self.bytes += OVERHEAD;
        self.backlog.push_back(Waiting {
            event: gap,
            bytes: OVERHEAD,
        });
        self.stalled_since = None;
    }
}

/// Changes of the connection itself, and what waits for a person.
fn is_lasting(event: &ConnectionEvent) -> bool {
    match event {
        ConnectionEvent::Up { .. } | ConnectionEvent::Down { .. } => true,
        event => is_request(event),
    }
}

fn is_request(event: &ConnectionEvent) -> bool {
    use GatewayEvent as E;
    let ConnectionEvent::Event { event, .. } = event else {
        return false;
    };
    matches!(
        event,
        E::ExecApprovalRequested(_)
            | E::ExecApprovalResolved(_)
            | E::PluginApprovalRequested(_)
            | E::PluginApprovalResolved(_)
            | E::SystemApprovalRequested(_)
            | E::SystemApprovalResolved(_)
            | E::SessionApproval(_)
            | E::QuestionRequested(_)
            | E::QuestionResolved(_)
            | E::DevicePairRequested(_)
            | E::DevicePairResolved(_)
            | E::NodePairRequested(_)
            | E::NodePairResolved(_)
            | E::Unreadable { .. }
    )
}

fn sequence_of(event: &ConnectionEvent) -> Option<u64> {
    match event {
        ConnectionEvent::Event { seq, .. } => *seq,
        ConnectionEvent::Gap { expected, .. } => Some(*expected),
        _ => None,
    }
}
