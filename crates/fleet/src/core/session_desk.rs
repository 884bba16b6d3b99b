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

    /// The row of which nothing was heard for the longest leaves where there are too many; one that waits for the person
    /// after all others.
    fn make_room(&mut self, gateway: &GatewayId) {
        if self.of(gateway).count() < MOST_ROWS {
            return;
        }
        let stalest = self
            .of(gateway)
            .min_by_key(|(_, row)| (row.waits, row.touched));
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn home() -> GatewayId {
        GatewayId("home".to_owned())
    }

    /// Puts the nth session of a gateway there, as an event tells of it.
    fn put(desk: &mut SessionDesk, gateway: &GatewayId, n: usize, waits: bool) -> Key {
        let row: SessionRow = serde_json::from_value(json!({"key": format!("s{n}")})).unwrap();
        let key = (gateway.clone(), row.key.clone());
        let touched = desk.next();
        desk.put(gateway, row, waits, touched);
        key
    }

    /// As many sessions as are held, the first of which waits for the person.
    fn full() -> SessionDesk {
        let mut desk = SessionDesk::default();
        for n in 0..MOST_ROWS {
            put(&mut desk, &home(), n, n == 0);
        }
        desk
    }

    #[test]
    fn a_thousand_sessions_of_a_gateway_are_held_and_the_next_takes_the_place_of_the_stalest() {
        let mut desk = full();
        assert_eq!(desk.of(&home()).count(), 1_000);
        // Something was heard of it just now, and it stays where it is.
        let heard_of = put(&mut desk, &home(), 1, false);
        assert!(desk.removed.is_empty(), "{:?}", desk.removed);

        let new = put(&mut desk, &home(), 5_000, false);
        assert_eq!(desk.of(&home()).count(), 1_000);
        assert!(desk.rows.contains_key(&new) && desk.rows.contains_key(&heard_of));
        let stalest = (home(), "s2".to_owned());
        assert_eq!(desk.removed, BTreeSet::from([stalest.clone()]), "is told");
        assert_eq!(desk.deleted, BTreeSet::from([stalest]), "leaves the store");
    }

    #[test]
    fn a_session_that_waits_for_the_person_leaves_after_all_others() {
        let mut desk = full();
        for n in 0..MOST_ROWS {
            put(&mut desk, &home(), 5_000 + n, false);
        }
        let waits = (home(), "s0".to_owned());
        assert!(desk.rows.contains_key(&waits), "though it is the stalest");
    }

    #[test]
    fn the_many_sessions_of_one_gateway_take_no_place_from_those_of_another() {
        let mut desk = SessionDesk::default();
        let lab = GatewayId("lab".to_owned());
        put(&mut desk, &lab, 0, false);
        for n in 0..2 * MOST_ROWS {
            put(&mut desk, &home(), n, false);
        }
        assert_eq!(desk.of(&lab).count(), 1);
        assert_eq!(desk.snapshot().sessions.len(), MOST_ROWS + 1);
    }
}
