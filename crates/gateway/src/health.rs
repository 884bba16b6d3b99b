//! The health snapshot: what `health` answers and the hello carries. One task refreshes it; a change moves
//! its version and is broadcast. Sections beyond the gateway's own are added by their owners.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, oneshot, watch};

use crate::broadcast::{Audience, Delivery, Event, EventKind, Hub};
use crate::clock::Clock;

/// A snapshot and its version.
#[derive(Debug, Clone)]
pub struct Health {
    pub version: u64,
    pub snapshot: Map<String, Value>,
}

/// A handle to the task that owns the snapshot.
#[derive(Debug, Clone)]
pub struct HealthMonitor {
    now: watch::Receiver<Arc<Health>>,
    sections: mpsc::UnboundedSender<Change>,
}

enum Change {
    Section(&'static str, Value),
    Refresh(oneshot::Sender<Arc<Health>>),
}

/// How often the snapshot is refreshed; the published gateway's interval.
const REFRESH: Duration = Duration::from_secs(60);

impl HealthMonitor {
    /// Starts the owner of the snapshot. It ends when the last handle is gone.
    pub(crate) fn start(
        clock: Clock,
        hub: Hub,
        default_agent: &str,
    ) -> (Self, impl Future<Output = ()> + use<>) {
        let first = Arc::new(Health {
            version: 1,
            snapshot: first_snapshot(clock.now_ms(), default_agent),
        });
        let (sender, now) = watch::channel(first);
        // No bound: who asks waits for the answer; sections come once a minute, and with a change of the configuration.
        let (sections, inbox) = mpsc::unbounded_channel();
        let keeper = Keeper {
            clock,
            hub,
            sender,
            inbox,
        };
        (Self { now, sections }, keeper.run())
    }

    /// The snapshot as it was last refreshed.
    pub fn current(&self) -> Arc<Health> {
        self.now.borrow().clone()
    }

    /// A snapshot of this moment.
    pub async fn refreshed(&self) -> Arc<Health> {
        let (done, answer) = oneshot::channel();
        if self.sections.send(Change::Refresh(done)).is_err() {
            return self.current();
        }
        match answer.await {
            Ok(health) => health,
            Err(_) => self.current(),
        }
    }

    /// Puts a section (`agents`, `sessions`, …) into the snapshot, in place of what was there.
    pub fn set_section(&self, name: &'static str, value: Value) {
        // Without an owner the gateway is stopping and nobody asks.
        let _ = self.sections.send(Change::Section(name, value));
    }
}

struct Keeper {
    clock: Clock,
    hub: Hub,
    sender: watch::Sender<Arc<Health>>,
    inbox: mpsc::UnboundedReceiver<Change>,
}

impl Keeper {
    async fn run(mut self) {
        let mut refresh = tokio::time::interval(REFRESH);
        refresh.tick().await;
        loop {
            tokio::select! {
                biased;
                change = self.inbox.recv() => match change {
                    Some(Change::Section(name, value)) => self.set(name, value),
                    Some(Change::Refresh(done)) => {
                        self.stamp();
                        // The asker may have gone.
                        let _ = done.send(self.sender.borrow().clone());
                    }
                    None => return,
                },
                _ = refresh.tick() => {
                    self.stamp();
                    self.announce();
                }
            }
        }
    }

    fn set(&mut self, name: &'static str, value: Value) {
        let before = self.sender.borrow().clone();
        if before.snapshot.get(name) == Some(&value) {
            return;
        }
        let mut next = Health::clone(&before);
        next.version += 1;
        next.snapshot.insert(name.to_owned(), value);
        next.snapshot
            .insert("ts".to_owned(), json!(self.clock.now_ms()));
        self.hub.health_version(next.version);
        self.sender.send_replace(Arc::new(next));
        self.announce();
    }

    fn stamp(&mut self) {
        let mut next = Health::clone(&self.sender.borrow());
        next.snapshot
            .insert("ts".to_owned(), json!(self.clock.now_ms()));
        self.sender.send_replace(Arc::new(next));
    }

    fn announce(&self) {
        let health = self.sender.borrow().clone();
        let version = crate::broadcast::StateVersion {
            presence: self.hub.presence().version.presence,
            health: health.version,
        };
        if let Some(event) = Event::versioned(EventKind::HEALTH, &health.snapshot, version) {
            self.hub
                .publish(event, Audience::Everyone, Delivery::DropIfSlow);
        }
    }
}

fn first_snapshot(now_ms: u64, default_agent: &str) -> Map<String, Value> {
    let snapshot = json!({
        "ok": true,
        "ts": now_ms,
        "durationMs": 0,
        "channels": {},
        "channelOrder": [],
        "channelLabels": {},
        "heartbeatSeconds": 0,
        "defaultAgentId": default_agent,
        "agents": [],
        "sessions": {"path": "", "count": 0, "recent": []},
        "plugins": {"loaded": [], "errors": []},
    });
    match snapshot {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
