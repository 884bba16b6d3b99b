//! The one task that owns everything the fleet knows: gateways, inbox, sessions, open chats, settings.
//!
//! Calls from surfaces come in as jobs, facts from connections as messages; nothing here waits for a network, a
//! disk or a keychain. What has to wait is spawned and comes back as a job. Changes go out together about every
//! 30 ms, notices at once.

mod answers;
mod chat_approvals;
mod chats;
mod context;
mod entry;
mod events;
mod flush;
mod gateway_view;
mod gateways;
mod inbox;
mod keeping;
mod lost;
mod open_chat;
mod others;
mod outlet;
mod scribe;
mod secrets;
mod sending;
mod session_desk;
mod sessions;
mod sleep;
mod troubles;
mod unsent;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use gatehouse_client::{ConnectionEvent, ConnectionState};
use gatehouse_protocol::ClientInfo;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::chat::Unsent;
use crate::clock::Clock;
use crate::credentials::Safe;
use crate::deeds::Deed;
use crate::drafts::Drafts;
use crate::error::FleetError;
use crate::fleet::FleetEvent;
use crate::view::{GatewayId, LossView, SessionRef, Settings};

pub(crate) use answers::{ANSWERS, AnswerDesk};
pub(crate) use chats::{OPENS_WITH, ROW_TEXT};
pub(crate) use entry::{Entry, kind_word};
pub(crate) use gateway_view::problem_view;
pub(crate) use gateways::config;
pub(crate) use inbox::InboxDesk;
pub(crate) use open_chat::OpenChat;
pub(crate) use outlet::Outlet;
pub(crate) use scribe::{Scribe, Write};
pub(crate) use secrets::{secret_store_view, tell_how_secrets_stand};
pub(crate) use session_desk::SessionDesk;
pub(crate) use sleep::Sleep;

/// Changes wait this long for others: two frames, so that a stream of tokens costs the page one update each.
const COALESCE: Duration = Duration::from_millis(30);

/// How often time-outs, expiries and retries are looked at.
const TICK: Duration = Duration::from_secs(1);

const JOBS: usize = 256;
const FACTS: usize = 64;

type Job = Box<dyn FnOnce(&mut Core) + Send>;

/// A fact from a gateway's connection.
pub(crate) struct Fact {
    pub(crate) gateway: GatewayId,
    /// Which of the gateway's connections: an edited gateway gets a new one.
    pub(crate) epoch: u64,
    pub(crate) news: News,
}

pub(crate) enum News {
    Event(ConnectionEvent),
    State(ConnectionState),
}

/// A way to the core.
#[derive(Clone)]
pub(crate) struct CoreHandle {
    jobs: mpsc::Sender<Job>,
    pub(crate) facts: mpsc::Sender<Fact>,
}

impl CoreHandle {
    /// Runs `job` in the core and gives back what it answers.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Core) -> T + Send + 'static,
    ) -> Result<T, FleetError> {
        let (reply, answer) = oneshot::channel();
        let job = move |core: &mut Core| {
            // Whoever asked may have gone; the work is done all the same.
            let _ = reply.send(job(core));
        };
        self.tell(job).await?;
        answer.await.map_err(|_| FleetError::Stopped)
    }

    /// Runs `job` in the core some time soon.
    pub(crate) async fn tell(
        &self,
        job: impl FnOnce(&mut Core) + Send + 'static,
    ) -> Result<(), FleetError> {
        self.jobs
            .send(Box::new(job))
            .await
            .map_err(|_| FleetError::Stopped)
    }
}

/// The receiving ends of a [`CoreHandle`].
pub(crate) struct Inlets {
    jobs: mpsc::Receiver<Job>,
    facts: mpsc::Receiver<Fact>,
}

/// The ways to a core that is still to be started.
pub(crate) fn channel() -> (CoreHandle, Inlets) {
    let (jobs, job_queue) = mpsc::channel(JOBS);
    let (facts, fact_queue) = mpsc::channel(FACTS);
    (
        CoreHandle { jobs, facts },
        Inlets {
            jobs: job_queue,
            facts: fact_queue,
        },
    )
}

/// Everything.
pub(crate) struct Core {
    pub(crate) handle: CoreHandle,
    pub(crate) clock: Clock,
    pub(crate) client: ClientInfo,
    pub(crate) safe: Safe,
    pub(crate) scribe: Scribe,
    pub(crate) tracker: TaskTracker,
    pub(crate) cancel: CancellationToken,
    pub(crate) events: broadcast::Sender<FleetEvent>,
    pub(crate) deeds: broadcast::Sender<Deed>,
    pub(crate) outlet: Outlet,
    pub(crate) gateways: BTreeMap<GatewayId, Entry>,
    pub(crate) gateways_changed: bool,
    /// This installation's id at every gateway, once the device key was loaded.
    pub(crate) device: Option<String>,
    pub(crate) inbox: InboxDesk,
    pub(crate) sessions: SessionDesk,
    pub(crate) chats: HashMap<SessionRef, OpenChat>,
    pub(crate) unsent: HashMap<SessionRef, Vec<Unsent>>,
    pub(crate) drafts: Drafts,
    pub(crate) settings: Settings,
    /// What could not be read, at this start or an earlier one, and nobody has seen yet.
    pub(crate) losses: Vec<LossView>,
    pub(crate) answers: AnswerDesk,
    pub(crate) epochs: u64,
    /// When it was last asked how secrets stand.
    pub(crate) secrets_asked: Option<Instant>,
    pub(crate) flush_at: Option<Instant>,
    pub(crate) sleep: Sleep,
}

impl Core {
    /// Runs until it is cancelled.
    pub(crate) async fn run(mut self, mut inlets: Inlets) {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let cancel = self.cancel.clone();
        loop {
            let flush_at = self.flush_at;
            let due = async move {
                match flush_at {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = cancel.cancelled() => break,
                Some(job) = inlets.jobs.recv() => job(&mut self),
                () = due => self.flush(),
                _ = tick.tick() => self.tick(),
                Some(fact) = inlets.facts.recv() => self.fact(fact),
            }
            self.outlet.send();
        }
        self.keep_all_seen();
        self.flush();
        self.hand_over_inbox();
    }

    fn tick(&mut self) {
        let now = self.now();
        self.drafts.expire(now);
        self.inbox_event(crate::inbox::InboxEvent::Tick);
        self.notice_lost_gateways();
        self.look_for_secrets();
        self.tick_chats();
        self.look_for_sleep();
        self.list_sessions_again();
        self.keep_answers_again();
        self.write_inbox();
    }

    pub(crate) fn now(&self) -> crate::inbox::EpochMs {
        self.clock.now()
    }

    /// Something changed that surfaces or the store have to hear of.
    pub(crate) fn touch(&mut self) {
        self.flush_at
            .get_or_insert_with(|| Instant::now() + COALESCE);
    }

    /// Runs something that waits, and brings what came of it back.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
        then: impl FnOnce(&mut Self, T) + Send + 'static,
    ) {
        let handle = self.handle.clone();
        let cancel = self.cancel.clone();
        self.tracker.spawn(async move {
            tokio::select! {
                biased;
                () = cancel.cancelled() => {}
                done = work => {
                    // The core stops before its tasks do.
                    let _ = handle.tell(move |core| then(core, done)).await;
                }
            }
        });
    }
}
