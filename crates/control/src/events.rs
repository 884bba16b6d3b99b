//! What a browser is told as it happens: one stream of server-sent events for each open tab.
//!
//! A tab's stream carries the fleet's changes and the updates of the transcripts that this tab opened. A browser
//! allows six connections to a server, so everything goes over one.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::response::sse::Event;
use gatehouse_fleet::view::{ChatUpdate, SessionRef};
use gatehouse_fleet::{Fleet, FleetEvent};
use serde::Serialize;
use tokio::{
    sync::{broadcast, mpsc},
    task::AbortHandle,
};

/// Events on their way to a tab. One that falls further behind loses its stream, opens it again and reads
/// everything anew.
const QUEUE: usize = 512;

/// Tabs of one browser.
const MOST_TABS: usize = 16;

/// The open tabs of a browser. The map is never locked over an await.
#[derive(Default, Clone)]
pub(crate) struct Streams {
    tabs: Arc<Mutex<HashMap<String, Tab>>>,
}

struct Tab {
    events: mpsc::Sender<Event>,
    chats: HashMap<SessionRef, AbortHandle>,
}

impl Drop for Tab {
    fn drop(&mut self) {
        for chat in self.chats.values() {
            chat.abort();
        }
    }
}

#[derive(Serialize)]
struct ChatUpdates<'a> {
    session: &'a SessionRef,
    updates: &'a [ChatUpdate],
}

impl Streams {
    /// Starts to carry the fleet's changes to every tab. Ends with the fleet.
    pub(crate) fn start(fleet: &Fleet) -> Self {
        let streams = Self::default();
        tokio::spawn(streams.clone().carry(fleet.subscribe()));
        streams
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lock().values().all(|tab| tab.events.is_closed())
    }

    /// Opens a tab's stream under a name that the tab chose. A stream of that name that was open ends.
    pub(crate) fn open(&self, name: &str) -> Option<mpsc::Receiver<Event>> {
        let (events, receiver) = mpsc::channel(QUEUE);
        let mut tabs = self.lock();
        tabs.retain(|_, tab| !tab.events.is_closed());
        if tabs.len() >= MOST_TABS && !tabs.contains_key(name) {
            return None;
        }
        let chats = HashMap::new();
        tabs.insert(name.to_owned(), Tab { events, chats });
        Some(receiver)
    }

    /// Sends a transcript's updates to the tab that opened it, until either ends.
    pub(crate) fn carry_chat(
        &self,
        name: &str,
        session: SessionRef,
        mut updates: mpsc::Receiver<Vec<ChatUpdate>>,
    ) -> bool {
        let mut tabs = self.lock();
        let Some(tab) = tabs.get_mut(name) else {
            return false;
        };
        let (events, of) = (tab.events.clone(), session.clone());
        let task = tokio::spawn(async move {
            while let Some(updates) = updates.recv().await {
                let (session, updates) = (&of, updates.as_slice());
                let Some(event) = event("chat", &ChatUpdates { session, updates }) else {
                    continue;
                };
                // Waiting is right here: the fleet coalesces what a slow reader has not taken.
                if events.send(event).await.is_err() {
                    break;
                }
            }
        });
        if let Some(former) = tab.chats.insert(session, task.abort_handle()) {
            former.abort();
        }
        true
    }

    /// Ends a transcript's updates in every tab of the browser, and says whether a tab still had it open.
    pub(crate) fn end_chat(&self, session: &SessionRef) {
        for tab in self.lock().values_mut() {
            if let Some(task) = tab.chats.remove(session) {
                task.abort();
            }
        }
    }

    async fn carry(self, mut changes: broadcast::Receiver<FleetEvent>) {
        loop {
            match changes.recv().await {
                Ok(change) => self.tell(&change),
                // Missed some: a tab that opens its stream again reads the snapshots.
                Err(broadcast::error::RecvError::Lagged(_)) => self.lock().clear(),
                Err(broadcast::error::RecvError::Closed) => break,
            }
        }
        self.lock().clear();
    }

    fn tell(&self, change: &FleetEvent) {
        let event = match change {
            FleetEvent::GatewaysChanged(it) => event("gatewaysChanged", it),
            FleetEvent::InboxChanged(it) => event("inboxChanged", it),
            FleetEvent::SessionsChanged(it) => event("sessionsChanged", it),
            FleetEvent::SecretsChanged(it) => event("secretsChanged", it),
            FleetEvent::SettingsChanged(it) => event("settingsChanged", it),
        };
        let Some(event) = event else { return };
        self.lock()
            .retain(|_, tab| tab.events.try_send(event.clone()).is_ok());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Tab>> {
        self.tabs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An event whose data is JSON on one line.
fn event(name: &str, payload: &impl Serialize) -> Option<Event> {
    match Event::default().event(name).json_data(payload) {
        Ok(event) => Some(event),
        Err(error) => {
            tracing::error!(%error, name, "an event could not be written");
            None
        }
    }
}
