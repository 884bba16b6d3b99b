//! The fleet: the handle that surfaces hold. Starts everything, ends it, and tells what changes.
//!
//! Its methods are in `api`, one file per area.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gatehouse_protocol::ClientInfo;
use gatehouse_store::{Cache, GatewayRecord, StoreNotice};
use gatehouse_vault::SecretVault;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{Notify, broadcast, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::core::{
    ANSWERS, AnswerDesk, Core, CoreHandle, Entry, InboxDesk, Outlet, Scribe, SessionDesk, Sleep,
    tell_how_secrets_stand,
};
use crate::credentials::{Safe, own_gateway};
use crate::deeds::{BEHIND, Deed};
use crate::discover::Environment;
use crate::drafts::Drafts;
use crate::error::FleetError;
use crate::inbox::{InboxEvent, Item};
use crate::losses;
use crate::notices::NoticeCommand;
use crate::view::{
    GatewayId, GatewayView, InboxChange, LossView, NotificationDetail, SecretStoreView,
    SessionsChange, Settings,
};

/// Changes that a slow listener may be behind; then it is told that it missed some and reads snapshots.
const EVENTS: usize = 256;

/// Notices on their way to the shell.
const NOTICES: usize = 64;

/// Items of the inbox's history that are read at the start.
const HISTORY: u32 = 200;

/// How long the end may take: goodbyes to gateways, the last writes.
const SHUTDOWN: Duration = Duration::from_secs(5);

/// The setting under which all of a person's settings are kept.
pub(crate) const SETTINGS: &str = "settings";

/// What the fleet is started with. Nothing is read from the process's own environment.
pub struct FleetOptions {
    /// Where the app keeps its data. The cache writes there; the fleet itself only what could not be read.
    pub data_dir: PathBuf,
    pub cache: Arc<dyn Cache>,
    pub vault: Arc<dyn SecretVault>,
    pub environment: Environment,
    pub clock: Clock,
    pub client: ClientInfo,
}

/// Something changed. Each carries what a surface needs to show it.
#[derive(Clone, Debug)]
pub enum FleetEvent {
    GatewaysChanged(Vec<GatewayView>),
    InboxChanged(InboxChange),
    SessionsChanged(SessionsChange),
    SecretsChanged(SecretStoreView),
    SettingsChanged(Settings),
}

/// All gateways of one person. A cheap handle; one fleet per process.
#[derive(Clone)]
pub struct Fleet {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) core: CoreHandle,
    pub(crate) cache: Arc<dyn Cache>,
    pub(crate) safe: Safe,
    pub(crate) clock: Clock,
    pub(crate) environment: Environment,
    /// Somebody wants the gateway of this process started again.
    pub(crate) own_again: Notify,
    /// What one change of the rules puts back must not be another's.
    pub(crate) changing_answers: tokio::sync::Mutex<()>,
    events: broadcast::Sender<FleetEvent>,
    pub(crate) deeds: broadcast::Sender<Deed>,
    notices: Mutex<Option<mpsc::Receiver<NoticeCommand>>>,
    tracker: TaskTracker,
    cancel: CancellationToken,
}

impl Fleet {
    /// Loads what was known and starts to connect. Waits for the store, never for a network.
    pub async fn start(options: FleetOptions) -> Result<Self, FleetError> {
        let FleetOptions {
            cache,
            vault,
            environment,
            clock,
            client,
            data_dir,
        } = options;
        let (handle, inlets) = crate::core::channel();
        let (events, _) = broadcast::channel(EVENTS);
        let (deeds, _) = broadcast::channel(BEHIND);
        let (to_shell, notices) = mpsc::channel(NOTICES);
        let tracker = TaskTracker::new();
        let cancel = CancellationToken::new();
        let safe = Safe::new(vault);
        let mut core = Core {
            handle: handle.clone(),
            clock: clock.clone(),
            client,
            safe: safe.clone(),
            scribe: Scribe::start(cache.clone(), &tracker),
            tracker: tracker.clone(),
            cancel: cancel.clone(),
            events: events.clone(),
            deeds: deeds.clone(),
            outlet: Outlet::new(to_shell),
            gateways: std::collections::BTreeMap::new(),
            gateways_changed: true,
            device: None,
            inbox: InboxDesk::default(),
            sessions: SessionDesk::default(),
            chats: std::collections::HashMap::new(),
            unsent: std::collections::HashMap::new(),
            drafts: Drafts::default(),
            settings: Settings::default(),
            losses: Vec::new(),
            answers: AnswerDesk::default(),
            epochs: 0,
            secrets_asked: None,
            flush_at: None,
            sleep: Sleep::default(),
        };
        restore(&mut core, cache.as_ref(), &data_dir).await?;
        let ids: Vec<GatewayId> = core.gateways.keys().cloned().collect();
        for id in ids.iter().filter(|id| **id != own_gateway()) {
            core.connect(id);
        }
        let standing = safe.vault().standing();
        tracker.spawn(core.run(inlets));
        tracker.spawn(tell_how_secrets_stand(
            standing,
            handle.clone(),
            cancel.clone(),
        ));
        let notices = Mutex::new(Some(notices));
        let shared = Shared {
            core: handle,
            cache,
            safe,
            clock,
            environment,
            own_again: Notify::new(),
            changing_answers: tokio::sync::Mutex::default(),
            events,
            deeds,
            notices,
            tracker,
            cancel,
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Ends all connections and writes what is left. Bounded in time.
    pub async fn shutdown(&self) {
        self.shared.cancel.cancel();
        self.shared.tracker.close();
        if tokio::time::timeout(SHUTDOWN, self.shared.tracker.wait())
            .await
            .is_err()
        {
            tracing::warn!("not everything ended in time");
        }
        self.shared.cache.close().await;
    }

    /// What changes from now on. A listener that lags is told so and reads the snapshots again.
    pub fn subscribe(&self) -> broadcast::Receiver<FleetEvent> {
        self.shared.events.subscribe()
    }

    /// What to notify the person of. There is one notifier: a second call gets a stream that has ended.
    pub fn notices(&self) -> mpsc::Receiver<NoticeCommand> {
        let notices = self.shared.notices.lock();
        let taken = notices.unwrap_or_else(PoisonError::into_inner).take();
        taken.unwrap_or_else(|| mpsc::channel(1).1)
    }

    pub(crate) fn publish(&self, event: FleetEvent) {
        // To whoever listens; nobody may.
        let _ = self.shared.events.send(event);
    }

    pub(crate) async fn call<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Core) -> T + Send + 'static,
    ) -> Result<T, FleetError> {
        self.shared.core.call(job).await
    }
}

/// Brings back what the store has: settings, gateways, sessions, and every item that was not seen to end.
async fn restore(core: &mut Core, cache: &dyn Cache, folder: &Path) -> Result<(), FleetError> {
    restore_settings(core, cache, folder).await?;
    for record in cache.gateways().await? {
        let id = GatewayId(record.id.clone());
        restore_sessions(core, cache, &id, &record).await;
        core.gateways.insert(id, Entry::new(record));
    }
    let mut records = cache.inbox_waiting().await?;
    records.extend(cache.inbox_history(HISTORY).await?.into_iter().rev());
    let known = |item: &Item| core.gateways.contains_key(&item.gateway);
    let read = records
        .iter()
        .filter_map(|record| serde_json::from_str::<Item>(&record.json).ok());
    let items = read.filter(known).collect();
    core.inbox_event(InboxEvent::Restored { items });
    Ok(())
}

/// Brings back what a person set. What of it cannot be read is taken for the worst, and said.
async fn restore_settings(
    core: &mut Core,
    cache: &dyn Cache,
    folder: &Path,
) -> Result<(), FleetError> {
    let mut unread = Vec::new();
    if let Some((settings, json)) = kept::<Settings>(cache, SETTINGS).await? {
        core.settings = settings;
        if let Some(json) = json {
            // It may have been said, and shows less.
            core.settings.notifications.detail = NotificationDetail::Private;
            let aside = losses::put_aside(cache, folder, SETTINGS, &json).await?;
            unread.push(LossView::Settings { aside });
        }
    }
    let inbox_was_lost = cache
        .notices()
        .iter()
        .any(|notice| matches!(notice, StoreNotice::RecordsSetAside { .. }));
    if let Some((book, json)) = kept(cache, ANSWERS).await? {
        core.answers.book = book;
        // A refusal may be among what could not be read, and what was left to the person is not known any more.
        core.answers.book.paused |= json.is_some() || inbox_was_lost;
        if let Some(json) = json {
            let aside = losses::put_aside(cache, folder, ANSWERS, &json).await?;
            unread.push(LossView::Rules { aside });
        }
    }
    core.losses = losses::at_start(cache, unread).await?;
    Ok(())
}

/// What is kept under a name, and all of it as it was written where not all could be read.
async fn kept<T: Default + Serialize + DeserializeOwned>(
    cache: &dyn Cache,
    name: &str,
) -> Result<Option<(T, Option<String>)>, FleetError> {
    let Some(json) = cache.setting(name).await? else {
        return Ok(None);
    };
    let (read, whole) = crate::salvage::read(&json);
    if !whole {
        tracing::error!(name, "not all that was kept could be read; it is put aside");
    }
    Ok(Some((read, (!whole).then_some(json))))
}

/// Sessions are a cache: without them the list is only empty for a moment.
async fn restore_sessions(
    core: &mut Core,
    cache: &dyn Cache,
    id: &GatewayId,
    record: &GatewayRecord,
) {
    match cache.sessions(&record.id).await {
        Ok(sessions) => core.sessions.restore(id, sessions),
        Err(error) => tracing::warn!(%error, "cached sessions could not be read"),
    }
}
