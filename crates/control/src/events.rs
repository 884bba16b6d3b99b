//! What a browser is told as it happens: one stream of server-sent events for each open tab.
//!
//! A tab's stream carries the fleet's changes and the updates of the transcripts that this tab opened. A browser
//! allows six connections to a server, so everything goes over one, and the page holds it while it is looked at.
//!
//! A transcript has one reader in the fleet and any number of tabs here. Each tab that opens it takes the fleet's
//! snapshot anew, so the others are told to start again from the same one.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::response::sse::Event;
use gatehouse_fleet::view::{ChatSnapshot, ChatUpdate, SessionRef};
use gatehouse_fleet::{Fleet, FleetError, FleetEvent};
use serde::Serialize;
use tokio::{
    sync::{broadcast, mpsc},
    task::JoinHandle,
};

/// Events on their way to a tab. One that falls further behind loses its stream, opens it again and reads
/// everything anew.
const QUEUE: usize = 512;

/// Tabs of one browser that are looked at, or were a moment ago. Far more than a browser opens: over plain HTTP it
/// stops at six.
const MOST_TABS: usize = 64;

/// A transcript's update is waited with for a slow tab, because the fleet coalesces meanwhile; for no longer than
/// this, because the other tabs wait as well.
const PATIENCE: Duration = Duration::from_secs(5);

/// The open tabs of a browser.
#[derive(Default, Clone)]
pub(crate) struct Streams {
    /// Never locked over an await.
    tabs: Arc<Mutex<HashMap<String, Tab>>>,
    /// The reader of each transcript. Held while one is opened or closed, so that the two do not cross.
    readers: Arc<tokio::sync::Mutex<HashMap<SessionRef, Reader>>>,
}

struct Tab {
    events: mpsc::Sender<Event>,
    chats: HashSet<SessionRef>,
}

/// Ends with what it reads for.
struct Reader(JoinHandle<()>);

impl Reader {
    /// Once this returns, nothing that it had read is on its way any more.
    async fn end(mut self) {
        self.0.abort();
        // That it was stopped is what was asked for.
        let _ = (&mut self.0).await;
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Why a transcript was not opened.
pub(crate) enum NotOpened {
    NoSuchTab,
    Fleet(FleetError),
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
        let chats = HashSet::new();
        tabs.insert(name.to_owned(), Tab { events, chats });
        Some(receiver)
    }

    /// Opens a transcript in a tab: what it is now, and from here on its updates over the tab's stream.
    pub(crate) async fn open_chat(
        &self,
        fleet: &Fleet,
        name: &str,
        session: SessionRef,
    ) -> Result<ChatSnapshot, NotOpened> {
        let mut readers = self.readers.lock().await;
        if !self.lock().contains_key(name) {
            return Err(NotOpened::NoSuchTab);
        }
        let opened = fleet.chat_open(session.clone()).await;
        let (snapshot, updates) = opened.map_err(NotOpened::Fleet)?;
        if let Some(former) = readers.remove(&session) {
            former.end().await;
        }
        self.start_again(name, &session, &snapshot);
        if let Some(tab) = self.lock().get_mut(name) {
            tab.chats.insert(session.clone());
        }
        let reading = self.clone().read(fleet.clone(), session.clone(), updates);
        readers.insert(session, Reader(tokio::spawn(reading)));
        Ok(snapshot)
    }

    /// Ends a transcript in a tab, and in the fleet once no tab has it open.
    pub(crate) async fn close_chat(
        &self,
        fleet: &Fleet,
        name: &str,
        session: &SessionRef,
    ) -> Result<(), FleetError> {
        let mut readers = self.readers.lock().await;
        if let Some(tab) = self.lock().get_mut(name) {
            tab.chats.remove(session);
        }
        if !self.readers_of(session).is_empty() {
            return Ok(());
        }
        if let Some(reader) = readers.remove(session) {
            reader.end().await;
        }
        fleet.chat_close(session.clone()).await
    }

    /// What was on its way to the other tabs is in the snapshot that one of them took.
    fn start_again(&self, opener: &str, session: &SessionRef, snapshot: &ChatSnapshot) {
        let snapshot = snapshot.clone();
        let updates = &[ChatUpdate::Reset { snapshot }];
        let Some(event) = event("chat", &ChatUpdates { session, updates }) else {
            return;
        };
        self.lock().retain(|name, tab| {
            let others = name != opener && tab.chats.contains(session);
            !others || tab.events.try_send(event.clone()).is_ok()
        });
    }

    /// Sends a transcript's updates to the tabs that have it open, until none has.
    async fn read(
        self,
        fleet: Fleet,
        session: SessionRef,
        mut updates: mpsc::Receiver<Vec<ChatUpdate>>,
    ) {
        while let Some(updates) = updates.recv().await {
            let (of, updates) = (&session, updates.as_slice());
            let chat = ChatUpdates {
                session: of,
                updates,
            };
            let Some(event) = event("chat", &chat) else {
                continue;
            };
            let tabs = self.readers_of(of);
            if tabs.is_empty() {
                // By a task of its own: closing ends this one.
                let (streams, nobody) = (self.clone(), "");
                tokio::spawn(
                    async move { streams.close_chat(&fleet, nobody, &session).await.ok() },
                );
                return;
            }
            for (name, tab) in tabs {
                let sent = tokio::time::timeout(PATIENCE, tab.send(event.clone())).await;
                if !matches!(sent, Ok(Ok(()))) {
                    self.lock().remove(&name);
                }
            }
        }
    }

    fn readers_of(&self, session: &SessionRef) -> Vec<(String, mpsc::Sender<Event>)> {
        let tabs = self.lock();
        let with_it = tabs
            .iter()
            .filter(|(_, tab)| tab.chats.contains(session) && !tab.events.is_closed());
        with_it
            .map(|(name, tab)| (name.clone(), tab.events.clone()))
            .collect()
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
