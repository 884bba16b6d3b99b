//! The inbox in the store: what changed stays to be written until the store has it.

use std::collections::BTreeMap;
use std::time::Duration;

use gatehouse_store::{InboxPhase, InboxRecord, StoreError};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use super::scribe::InboxBatch;
use super::{Core, Write};
use crate::inbox::{Item, Phase};
use crate::view::ItemKey;

/// A person's decision waits so long for the store. One that fails or hangs must not keep them from deciding.
const KEPT_WITHIN: Duration = Duration::from_secs(2);

/// Until a write that failed is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// What the store does not have yet, each with the number of its latest change.
#[derive(Default)]
pub(super) struct Unkept {
    items: BTreeMap<ItemKey, u64>,
    forgotten: BTreeMap<ItemKey, u64>,
    changes: u64,
    /// One write at a time; what changes meanwhile goes out together after it.
    is_writing: bool,
    not_before: Option<Instant>,
    /// Decisions that wait until a change is written.
    waiting: Vec<(u64, oneshot::Sender<bool>)>,
}

impl Unkept {
    pub(super) fn changed(&mut self, key: ItemKey) {
        self.changes += 1;
        self.items.insert(key, self.changes);
    }

    /// It left the inbox, and the store as well where it is `gone`: its gateway is not there any more.
    pub(super) fn left(&mut self, key: ItemKey, gone: bool) {
        self.items.remove(&key);
        if gone {
            self.changes += 1;
            self.forgotten.insert(key, self.changes);
        }
    }

    fn is_empty(&self) -> bool {
        self.items.is_empty() && self.forgotten.is_empty()
    }

    fn settle(&mut self, upto: u64, kept: bool) {
        if kept {
            self.items.retain(|_, change| *change > upto);
            self.forgotten.retain(|_, change| *change > upto);
        }
        let (told, waiting) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|(change, _)| *change <= upto);
        self.waiting = waiting;
        for (_, decision) in told {
            // It may have stopped waiting.
            let _ = decision.send(kept);
        }
    }
}

impl Core {
    /// Hands to the store what it does not have, unless it is being written or has just failed.
    pub(super) fn write_inbox(&mut self) {
        let unkept = &self.inbox.unkept;
        let later = unkept.not_before.is_some_and(|at| Instant::now() < at);
        if !unkept.is_writing && !later {
            self.hand_over_inbox();
        }
    }

    /// What is still to be written, whatever is being written: the last words of a core that ends.
    pub(super) fn hand_over_inbox(&mut self) {
        if self.inbox.unkept.is_empty() {
            return;
        }
        let (done, written) = oneshot::channel();
        let batch = self.unkept_inbox();
        if self.scribe.write(Write::Inbox { batch, done }).is_err() {
            // Too much waits to be written.
            return self.touch();
        }
        self.inbox.unkept.is_writing = true;
        let upto = self.inbox.unkept.changes;
        self.spawn(written, move |core, written| {
            core.inbox_written(upto, written.unwrap_or(Err(StoreError::Closed)));
        });
    }

    fn inbox_written(&mut self, upto: u64, written: Result<(), StoreError>) {
        let unkept = &mut self.inbox.unkept;
        unkept.is_writing = false;
        unkept.not_before = None;
        unkept.settle(upto, written.is_ok());
        if let Err(error) = written {
            tracing::warn!(%error, "the inbox could not be written; it is tried again");
            unkept.not_before = Some(Instant::now() + RETRY);
        }
        self.write_inbox();
    }

    /// Writes an item's decision down. Tells whether that was done in time.
    pub(super) fn keep_decision(&mut self, key: &ItemKey) -> impl Future<Output = bool> + use<> {
        let (tell, told) = oneshot::channel();
        let unkept = &mut self.inbox.unkept;
        match unkept.items.get(key) {
            Some(change) => unkept.waiting.push((*change, tell)),
            None => drop(tell.send(true)),
        }
        self.write_inbox();
        async move {
            let kept = matches!(timeout(KEPT_WITHIN, told).await, Ok(Ok(true)));
            if !kept {
                tracing::warn!("a decision is not written down");
            }
            kept
        }
    }

    /// All that the store is not known to have. What is being written is in it: that may fail.
    pub(super) fn unkept_inbox(&self) -> InboxBatch {
        let desk = &self.inbox;
        let items = desk.unkept.items.keys();
        let upsert = items.filter_map(|key| desk.inbox.item(key));
        let remove = desk.unkept.forgotten.keys().map(|key| key.0.clone());
        InboxBatch {
            upsert: upsert.filter_map(record).collect(),
            remove: remove.collect(),
        }
    }
}

fn record(item: &Item) -> Option<InboxRecord> {
    let phase = match item.phase {
        Phase::Ended { .. } => InboxPhase::Decided { at: item.ended_at },
        _ => InboxPhase::Waiting,
    };
    Some(InboxRecord {
        key: item.key().0,
        gateway: item.gateway.0.clone(),
        created_at: item.request.created_at,
        phase,
        json: serde_json::to_string(item).ok()?,
    })
}
