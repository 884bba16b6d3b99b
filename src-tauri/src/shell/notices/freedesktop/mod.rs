//! Notices on Linux: our own client of `org.freedesktop.Notifications`.
//!
//! Not a library's, because the libraries take `ActionInvoked` from any process on the session bus for the
//! person's click; `link` takes it only from the owner of the service's name. One task owns all state: what
//! waits, what is shown of it, and the link to the bus. It survives the death of the daemon and of the bus,
//! and shows again what still waits when a daemon is back. What a killed run left on the screen, it takes away.
//!
//! Specification: <https://specifications.freedesktop.org/notification-spec/latest/>.

mod handle;
mod leftover;
mod link;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use gatehouse_fleet::view::{ItemKey, NotificationSupport};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};
use zbus::message::Sequence;
use zbus::names::OwnedUniqueName;

use self::handle::{Handle, Order};
use self::leftover::Leftovers;
use self::link::{CloseReason, Late, Link, Server, Signal};
use super::shown::Waiting;
use super::{Attention, Delivery, NoticeEvent, Notifier};

/// How soon a session bus that went away is looked for again.
const RETRY: Duration = Duration::from_secs(5);
/// How long the end waits for a server that is slow to say what it shows.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// More orders than can wait at once, as the inbox bounds what is pending.
const ORDERS: usize = 64;
/// More than can be on the screen at once, because each that is closed there is told of.
const EVENTS: usize = 256;

/// The bus on which the notification server is looked for.
#[derive(Clone, Debug)]
pub enum Bus {
    /// The one of the person's session.
    Session,
    At(String),
}

/// Starts the notifier on the session's bus. It ends when `cancel` fires, taking its notices away. What it shows
/// is written down in `shown`, for the start after a kill.
pub fn start(shown: PathBuf, tracker: &TaskTracker, cancel: CancellationToken) -> Notifier {
    start_on(Bus::Session, Some(shown), tracker, cancel)
}

/// Starts the notifier on a bus.
pub fn start_on(
    bus: Bus,
    shown: Option<PathBuf>,
    tracker: &TaskTracker,
    cancel: CancellationToken,
) -> Notifier {
    let (orders, inbox) = mpsc::channel(ORDERS);
    let (events, clicked) = mpsc::channel(EVENTS);
    let (support, seen) = watch::channel(NotificationSupport::None);
    let (not_shown, missing) = watch::channel(HashSet::new());
    let desk = NoticeActor {
        bus,
        waiting: Waiting::default(),
        link: None,
        given: HashMap::new(),
        left: Leftovers::nothing(),
        events,
        support,
        not_shown,
        unanswered: Unanswered::default(),
        ask_again: None,
    };
    tracker.spawn(desk.run(shown, inbox, cancel));
    Notifier {
        notices: Arc::new(Handle {
            orders,
            support: seen,
            not_shown: missing,
        }),
        events: clicked,
    }
}

struct NoticeActor {
    bus: Bus,
    waiting: Waiting,
    link: Option<Link>,
    /// When the server gave each id that is shown, or gave it again.
    given: HashMap<u32, Sequence>,
    left: Leftovers,
    events: mpsc::Sender<NoticeEvent>,
    support: watch::Sender<NotificationSupport>,
    not_shown: watch::Sender<HashSet<ItemKey>>,
    unanswered: Unanswered,
    /// When a server that did not answer is asked again: it may only have been slow, as at a login.
    ask_again: Option<Instant>,
}

/// How often in a row no server answered.
#[derive(Default)]
struct Unanswered(u32);

impl Unanswered {
    fn next(&mut self) -> Instant {
        let wait = RETRY.saturating_mul(1 << self.0.min(6));
        self.0 += 1;
        Instant::now() + wait
    }

    fn none(&mut self) -> Option<Instant> {
        self.0 = 0;
        None
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

impl NoticeActor {
    async fn run(
        mut self,
        shown: Option<PathBuf>,
        mut orders: mpsc::Receiver<Order>,
        cancel: CancellationToken,
    ) {
        self.left = Leftovers::load(shown).await;
        self.connect().await;
        let mut retry = tokio::time::interval(RETRY);
        retry.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = cancel.cancelled() => break,
                signal = next_signal(&mut self.link) => self.on_signal(signal).await,
                order = orders.recv() => match order {
                    Some(order) => self.on_order(order).await,
                    None => break,
                },
                _ = retry.tick(), if self.link.is_none() => self.connect().await,
                () = until(self.ask_again), if self.link.is_some() => self.greet().await,
            }
            self.write_down().await;
        }
        self.take_all_away().await;
        self.write_down().await;
    }

    /// What is on the screen now, for the start after a kill.
    async fn write_down(&mut self) {
        if let Some(server) = self.link.as_ref().and_then(Link::server_id) {
            self.left.keep(&server, self.waiting.ids()).await;
        }
    }

    async fn connect(&mut self) {
        match Link::open(&self.bus).await {
            Ok(link) => {
                self.link = Some(link);
                self.greet().await;
            }
            Err(error) => {
                tracing::debug!(%error, "there is no session bus");
                self.support.send_replace(NotificationSupport::None);
            }
        }
    }

    /// Asks who shows notices and what it can do, then shows what waits.
    async fn greet(&mut self) {
        let Some(link) = &mut self.link else { return };
        let support = match link.ask_server().await {
            Ok(Server {
                name,
                actions: true,
            }) => NotificationSupport::Actions { server: name },
            Ok(Server {
                name,
                actions: false,
            }) => NotificationSupport::NoActions { server: name },
            Err(error) => {
                info!(%error, "no notification server answers");
                NotificationSupport::None
            }
        };
        self.ask_again = match support {
            NotificationSupport::None => Some(self.unanswered.next()),
            _ => self.unanswered.none(),
        };
        info!(?support, "notifications");
        self.take_leftovers_away().await;
        self.forget_showings();
        let mut not_shown = HashSet::new();
        for key in self.waiting.to_show() {
            if self.deliver(&key, &support, Attention::Ask).await == Delivery::NeedsWindow {
                not_shown.insert(key);
            }
        }
        // First, so that whoever hears of the support finds what it means.
        self.not_shown.send_replace(not_shown);
        self.support.send_replace(support);
    }

    /// An earlier run was killed under them, or this server came back: what it shows of ours means nothing any more.
    async fn take_leftovers_away(&self) {
        let server = self.link.as_ref().and_then(Link::server_id);
        for id in server.map_or_else(Vec::new, |server| self.left.of(&server)) {
            self.close(id).await;
        }
    }

    async fn on_order(&mut self, order: Order) {
        match order {
            Order::Show {
                notice,
                attention,
                reply,
            } => {
                let key = notice.key.clone();
                let delivery = if self.waiting.put(notice, attention) {
                    let support = self.support.borrow().clone();
                    self.deliver(&key, &support, attention).await
                } else {
                    Delivery::Dismissed
                };
                let _ = reply.send(delivery);
            }
            Order::Withdraw { key } => {
                if let Some(id) = self.waiting.remove(&key) {
                    self.given.remove(&id);
                    self.close(id).await;
                }
            }
        }
    }

    async fn deliver(
        &mut self,
        key: &ItemKey,
        support: &NotificationSupport,
        attention: Attention,
    ) -> Delivery {
        let NotificationSupport::Actions { .. } = support else {
            return Delivery::NeedsWindow;
        };
        let (Some(link), Some((notice, replaces, showing))) =
            (&mut self.link, self.waiting.new_showing(key))
        else {
            return Delivery::NeedsWindow;
        };
        match link.notify(notice, replaces, &showing, attention).await {
            Ok((id, at)) => {
                self.given.insert(id, at);
                self.waiting.shown_as(key, id);
                Delivery::WithButtons
            }
            Err(error) => {
                warn!(%error, "a notice could not be shown");
                Delivery::NeedsWindow
            }
        }
    }

    async fn on_signal(&mut self, signal: Option<Signal>) {
        match signal {
            Some(Signal::Action { id, name }) => self.on_action(id, &name).await,
            Some(Signal::Closed { id, reason, at }) => self.on_closed(id, reason, at).await,
            Some(Signal::Owner(owner)) => self.on_owner(owner).await,
            Some(Signal::Late(late)) => self.on_late(late).await,
            None => {
                warn!("the session bus went away");
                self.link = None;
                self.forget_showings();
                self.support.send_replace(NotificationSupport::None);
            }
        }
    }

    /// The service changed hands. Asking may have started the server that this tells of: greet it once.
    async fn on_owner(&mut self, owner: Option<OwnedUniqueName>) {
        let greeted = self.link.as_ref().and_then(Link::server_owner);
        if owner.is_none() || owner.as_ref() != greeted {
            self.greet().await;
        }
    }

    /// A closing from before the server gave the id again is that of the notice before, which was closed as it was
    /// replaced: the one that took its place is on the screen.
    async fn on_closed(&mut self, id: u32, reason: CloseReason, at: Sequence) {
        if self.given.get(&id).is_some_and(|given| at < *given) {
            return;
        }
        self.given.remove(&id);
        let closed = self.waiting.closed(id, reason == CloseReason::Dismissed);
        self.tell(closed).await;
    }

    /// A notice that nobody counted on is on the screen. It is kept in mind while it shows what waits, so that it leaves
    /// with its item; else it leaves now.
    async fn on_late(&mut self, late: Late) {
        let Late {
            key,
            showing,
            id,
            at,
        } = late;
        if self.waiting.is_shown_by(&key, &showing) {
            self.given.insert(id, at);
            self.waiting.shown_as(&key, id);
        } else if !self.given.contains_key(&id) {
            self.close(id).await;
        }
    }

    async fn on_action(&mut self, id: u32, name: &str) {
        let clicked = self.waiting.clicked(id, name);
        self.tell(clicked).await;
    }

    fn forget_showings(&mut self) {
        self.given.clear();
        self.waiting.forget_showings();
    }

    async fn tell(&self, event: Option<NoticeEvent>) {
        if let Some(event) = event {
            let _ = self.events.send(event).await;
        }
    }

    async fn close(&self, id: u32) {
        let Some(link) = &self.link else { return };
        if let Err(error) = link.close(id).await {
            // Most often it is closed already, which some servers answer with an error.
            tracing::debug!(%error, "a notice could not be taken away");
        }
    }

    /// The app ends: a notice that stayed would have buttons that do nothing.
    async fn take_all_away(&mut self) {
        for id in self.waiting.take_ids() {
            self.close(id).await;
        }
        let _ = tokio::time::timeout(LAST_WORDS, self.take_late_ones_away()).await;
    }

    async fn take_late_ones_away(&mut self) {
        while let Some(link) = self.link.as_mut().filter(|link| !link.is_answered()) {
            match link.signal().await {
                Some(Signal::Late(late)) => self.close(late.id).await,
                Some(_) => {}
                None => return,
            }
        }
    }
}

/// The next signal, or none when the bus is gone; never, while there is no bus.
async fn next_signal(link: &mut Option<Link>) -> Option<Signal> {
    match link {
        Some(link) => link.signal().await,
        None => std::future::pending().await,
    }
}
