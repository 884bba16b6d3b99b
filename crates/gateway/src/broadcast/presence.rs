//! Who is there: one entry for this gateway and one for each device, instance or connection. Every change
//! moves the version; a crowd that arrives at once is announced once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use gatehouse_protocol::model::presence::PresenceEntry;
use serde_json::json;
use tokio::time::Instant;

use super::{ConnId, Event, EventKind, StateVersion};
use crate::clock::Clock;

/// What is shown, and its versions.
#[derive(Debug, Clone, PartialEq)]
pub struct PresenceBoard {
    pub entries: Vec<PresenceEntry>,
    pub version: StateVersion,
}

/// The least time between two announcements.
const SETTLE: Duration = Duration::from_millis(250);
/// The most entries that are shown; the published gateway keeps as many.
const MOST: usize = 200;
/// An entry that somebody announced and did not repeat is forgotten, in milliseconds.
const ANNOUNCED_FOR: u64 = 5 * 60 * 1000;

pub(super) struct PresenceBook {
    clock: Clock,
    own: PresenceEntry,
    /// By key: a device, an instance, or a connection that has neither.
    entries: BTreeMap<String, Shown>,
    keys: BTreeMap<ConnId, String>,
    version: StateVersion,
    due: Option<Instant>,
    shown_at: Option<Instant>,
}

struct Shown {
    entry: PresenceEntry,
    connections: usize,
    /// For an entry without a connection: when it is forgotten.
    until: u64,
}

impl PresenceBook {
    pub(super) fn new(clock: Clock, own: PresenceEntry) -> Self {
        let version = StateVersion {
            presence: 1,
            health: 1,
        };
        Self {
            clock,
            own,
            entries: BTreeMap::new(),
            keys: BTreeMap::new(),
            version,
            due: None,
            shown_at: None,
        }
    }

    pub(super) fn join(&mut self, conn: ConnId, entry: &PresenceEntry) {
        let key = key_of(entry).unwrap_or_else(|| format!("conn:{}", conn.0));
        let shown = self.entries.entry(key.clone()).or_insert_with(|| Shown {
            entry: entry.clone(),
            connections: 0,
            until: 0,
        });
        shown.connections += 1;
        shown.entry = entry.clone();
        self.keys.insert(conn, key);
        self.touch();
    }

    pub(super) fn leave(&mut self, conn: ConnId) {
        let Some(key) = self.keys.remove(&conn) else {
            return;
        };
        if let Some(shown) = self.entries.get_mut(&key) {
            shown.connections = shown.connections.saturating_sub(1);
            if shown.connections == 0 {
                self.entries.remove(&key);
                self.touch();
            }
        }
    }

    pub(super) fn announce(&mut self, entry: PresenceEntry) {
        let now = self.clock.now_ms();
        self.entries
            .retain(|_, shown| shown.connections > 0 || shown.until > now);
        let key = key_of(&entry)
            .or_else(|| entry.host.clone())
            .unwrap_or_else(|| "announced".to_owned());
        if self.entries.len() >= MOST && !self.entries.contains_key(&key) {
            return;
        }
        let until = now + ANNOUNCED_FOR;
        let shown = self.entries.entry(key).or_insert_with(|| Shown {
            entry: entry.clone(),
            connections: 0,
            until,
        });
        shown.until = until;
        shown.entry = entry;
        self.touch();
    }

    pub(super) fn set_health(&mut self, version: u64) {
        self.version.health = version;
    }

    fn touch(&mut self) {
        self.version.presence += 1;
        let earliest = self.shown_at.map(|shown| shown + SETTLE);
        self.due = self.due.or(Some(earliest.unwrap_or_else(Instant::now)));
    }

    /// Done when a change is to be told; waits for ever while there is none.
    pub(super) async fn due(&self) {
        match self.due {
            Some(due) => tokio::time::sleep_until(due).await,
            None => std::future::pending().await,
        }
    }

    /// The announcement of what changed since the last one.
    pub(super) fn changed(&mut self) -> Option<Event> {
        self.due = None;
        self.shown_at = Some(Instant::now());
        let presence = self.list();
        Event::versioned(
            EventKind::PRESENCE,
            &json!({ "presence": presence }),
            self.version,
        )
    }

    pub(super) fn board(&self) -> Arc<PresenceBoard> {
        Arc::new(PresenceBoard {
            entries: self.list(),
            version: self.version,
        })
    }

    /// This gateway first, then the newest.
    fn list(&self) -> Vec<PresenceEntry> {
        let mut others: Vec<&PresenceEntry> = self.entries.values().map(|s| &s.entry).collect();
        others.sort_by_key(|entry| std::cmp::Reverse(entry.ts));
        others.truncate(MOST);
        let own = PresenceEntry {
            ts: Some(self.clock.now_ms()),
            ..self.own.clone()
        };
        std::iter::once(own)
            .chain(others.into_iter().cloned())
            .collect()
    }
}

fn key_of(entry: &PresenceEntry) -> Option<String> {
    entry
        .device_id
        .clone()
        .or_else(|| entry.instance_id.clone())
}
