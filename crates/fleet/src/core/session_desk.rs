//! What is known of all sessions, with what surfaces and store have not heard yet.

use std::collections::{BTreeMap, BTreeSet};

use gatehouse_protocol::model::session::SessionRow;
use gatehouse_store::SessionRecord;

use crate::inbox::EpochMs;
use crate::sessions;
use crate::view::{GatewayId, SessionRef, SessionView, SessionsSnapshot};

pub(super) type Key = (GatewayId, String);

/// Sessions of one gateway that are held: twice what its list is read to. Events tell of more.
const MOST_ROWS: usize = 1_000;

/// One session.
pub(super) struct Row {
    pub(super) row: SessionRow,
    /// From the cache, not yet from the gateway.
    pub(super) cached: bool,
    pub(super) waits: bool,
    /// Order of the last fact about it.
    pub(super) touched: u64,
}

/// All sessions, with what surfaces and store have not heard yet.
#[derive(Default)]
pub(crate) struct SessionDesk {
    pub(super) rows: BTreeMap<Key, Row>,
    /// Gateways whose list is asked for; true where it has to be asked for again.
    pub(super) asked: BTreeMap<GatewayId, bool>,
    /// Gateways whose list could not be had: when it is asked for again, and how often it was.
    pub(super) due: BTreeMap<GatewayId, (EpochMs, u32)>,
    /// Gateways that have never answered since they were added or the app started.
    pub(super) loading: BTreeSet<GatewayId>,
    pub(super) loading_changed: bool,
    pub(super) revision: u32,
    pub(super) counter: u64,
    pub(super) changed: BTreeSet<Key>,
    pub(super) removed: BTreeSet<Key>,
    pub(super) unwritten: BTreeSet<Key>,
    pub(super) deleted: BTreeSet<Key>,
}

impl SessionDesk {
    /// What the cache had.
    pub(crate) fn restore(&mut self, gateway: &GatewayId, records: Vec<SessionRecord>) {
        for record in records {
            let Ok(row) = serde_json::from_str::<SessionRow>(&record.json) else {
                continue;
            };
            let row = Row {
                row,
                cached: true,
                waits: false,
                touched: 0,
            };
            self.rows.insert((gateway.clone(), record.key), row);
        }
    }

    pub(crate) fn running_at(&self, gateway: &GatewayId) -> u32 {
        let running = self
            .of(gateway)
            .filter(|(_, r)| !r.cached && sessions::is_running(&r.row))
            .count();
        u32::try_from(running).unwrap_or(u32::MAX)
    }

    pub(crate) fn view(&self, session: &SessionRef) -> Option<SessionView> {
        let key = (session.gateway.clone(), session.key.clone());
        self.rows.get(&key).map(|row| row.view(&key.0))
    }

    pub(crate) fn snapshot(&self) -> SessionsSnapshot {
        let mut sessions: Vec<_> = self
            .rows
            .iter()
            .map(|((gateway, _), row)| row.view(gateway))
            .collect();
        sessions.sort_by(|a, b| {
            b.updated_at
                .unwrap_or(0.0)
                .total_cmp(&a.updated_at.unwrap_or(0.0))
        });
        SessionsSnapshot {
            revision: self.revision,
            sessions,
            loading: self.loading.iter().cloned().collect(),
        }
    }

    pub(super) fn of(&self, gateway: &GatewayId) -> impl Iterator<Item = (&Key, &Row)> {
        let first = (gateway.clone(), String::new());
        self.rows
            .range(first..)
            .take_while(move |((g, _), _)| g == gateway)
    }

    pub(super) fn keys_of(&self, gateway: &GatewayId) -> Vec<Key> {
        self.of(gateway).map(|(key, _)| key.clone()).collect()
    }

    pub(super) fn next(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    pub(super) fn set_loading(&mut self, gateway: &GatewayId, loading: bool) {
        let changed = match loading {
            true => self.loading.insert(gateway.clone()),
            false => self.loading.remove(gateway),
        };
        self.loading_changed |= changed;
    }

    /// Puts a row in its place. What it was doing before, where it was there.
    pub(super) fn put(
        &mut self,
        gateway: &GatewayId,
        row: SessionRow,
        waits: bool,
        touched: u64,
    ) -> Option<bool> {
        let key = (gateway.clone(), row.key.clone());
        let before = self.rows.get(&key);
        let ran = before
            .filter(|r| !r.cached)
            .map(|r| sessions::is_running(&r.row));
        if before.is_none() {
            self.make_room(gateway);
        }
        let before = self.rows.get(&key);
        let same = before.is_some_and(|r| r.row == row && !r.cached && r.waits == waits);
        self.rows.insert(
            key.clone(),
            Row {
                row,
                cached: false,
                waits,
                touched,
            },
        );
        if !same {
            self.removed.remove(&key);
            self.changed.insert(key.clone());
            self.unwritten.insert(key);
        }
        ran
    }

    /// The row of which nothing was heard for the longest leaves where there are too many.
    fn make_room(&mut self, gateway: &GatewayId) {
        if self.of(gateway).count() < MOST_ROWS {
            return;
        }
        let stalest = self.of(gateway).min_by_key(|(_, row)| row.touched);
        if let Some(key) = stalest.map(|(key, _)| key.clone()) {
            self.remove(&key);
        }
    }

    pub(super) fn remove(&mut self, key: &Key) {
        if self.rows.remove(key).is_some() {
            self.changed.remove(key);
            self.unwritten.remove(key);
            self.removed.insert(key.clone());
            self.deleted.insert(key.clone());
        }
    }

    /// Forgets a gateway's sessions; the store does so by itself.
    pub(crate) fn forget(&mut self, gateway: &GatewayId) {
        for key in self.keys_of(gateway) {
            self.remove(&key);
            self.deleted.remove(&key);
        }
        self.due.remove(gateway);
        self.set_loading(gateway, false);
    }
}

impl Row {
    pub(super) fn view(&self, gateway: &GatewayId) -> SessionView {
        sessions::view(gateway, &self.row, self.waits, self.cached)
    }
}
