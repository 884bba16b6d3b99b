//! The one who knows every connection: who is there, who subscribed to what. One task owns it; others
//! hold the cloneable [`Hub`]. Events go out in the order in which they were published.
//!
//! A connection joins when its handshake is done and leaves when its socket is gone. Its subscriptions
//! leave with it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use gatehouse_protocol::model::presence::PresenceEntry;
use tokio::sync::{mpsc, oneshot, watch};

use super::presence::{PresenceBoard, PresenceBook};
use super::{Audience, Delivery, Event, Outbox};
use crate::clock::Clock;
use crate::router::Caller;

/// Names one connection for as long as the gateway runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnId(pub u64);

/// What a connection can subscribe to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Topic {
    /// `sessions.changed`.
    Sessions,
    /// The messages of one session, by its key.
    Session(String),
    /// The approvals of one session, by its key.
    SessionApprovals(String),
    /// The tool events of one session's runs, by its key; for those who can show them.
    SessionTools(String),
    /// The tool events of one run.
    RunTools(String),
}

/// A connection as the hub knows it.
#[derive(Debug)]
pub struct Member {
    pub caller: Arc<Caller>,
    pub outbox: Outbox,
    pub presence: PresenceEntry,
}

/// A handle to the hub.
#[derive(Debug, Clone)]
pub struct Hub {
    commands: mpsc::UnboundedSender<Command>,
    presence: watch::Receiver<Arc<PresenceBoard>>,
}

enum Command {
    Join(Member),
    Leave(ConnId),
    Subscribe(ConnId, Vec<Topic>, oneshot::Sender<bool>),
    Unsubscribe(ConnId, Topic),
    Publish(Event, Audience, Delivery),
    Announce(PresenceEntry),
    CloseWhere(Predicate, u16, String),
    Members(oneshot::Sender<Vec<Arc<Caller>>>),
    Health(u64),
}

type Predicate = Box<dyn Fn(&Caller) -> bool + Send>;

impl Hub {
    /// Starts the hub. It ends when the last handle is gone.
    pub fn start(clock: Clock, own_entry: PresenceEntry) -> (Self, impl Future<Output = ()>) {
        // No bound, since whoever publishes must not wait. The task waits for nothing: it puts each event into the
        // outboxes, which are bounded, as fast as it comes.
        let (commands, inbox) = mpsc::unbounded_channel();
        let book = PresenceBook::new(clock, own_entry);
        let (board, presence) = watch::channel(book.board());
        let task = HubTask {
            inbox,
            members: BTreeMap::new(),
            topics: HashMap::new(),
            book,
            board,
        };
        (Self { commands, presence }, task.run())
    }

    /// Lets a connection in whose handshake is done.
    pub fn join(&self, member: Member) {
        self.tell(Command::Join(member));
    }

    pub(crate) fn leave(&self, conn: ConnId) {
        self.tell(Command::Leave(conn));
    }

    /// Subscribes a connection. When this returns, every event published from then on reaches it.
    /// False when the connection is gone.
    pub async fn subscribe(&self, conn: ConnId, topic: Topic) -> bool {
        self.subscribe_all(conn, vec![topic]).await
    }

    /// Subscribes a connection to all of these in one step: what it says next cannot come between them.
    pub async fn subscribe_all(&self, conn: ConnId, topics: Vec<Topic>) -> bool {
        let (done, answer) = oneshot::channel();
        self.tell(Command::Subscribe(conn, topics, done));
        answer.await.unwrap_or(false)
    }

    pub fn unsubscribe(&self, conn: ConnId, topic: Topic) {
        self.tell(Command::Unsubscribe(conn, topic));
    }

    /// Sends an event to those of the audience that may see it. Never waits.
    pub fn publish(&self, event: Event, audience: Audience, delivery: Delivery) {
        self.tell(Command::Publish(event, audience, delivery));
    }

    /// Puts an entry of somebody's own making on the presence board (`system-event`).
    pub fn announce(&self, entry: PresenceEntry) {
        self.tell(Command::Announce(entry));
    }

    /// Tells the hub the version of the health snapshot, which presence events carry too.
    pub(crate) fn health_version(&self, version: u64) {
        self.tell(Command::Health(version));
    }

    /// Ends every connection that the predicate holds for.
    pub fn close_where(
        &self,
        predicate: impl Fn(&Caller) -> bool + Send + 'static,
        code: u16,
        reason: impl Into<String>,
    ) {
        let reason = reason.into();
        self.tell(Command::CloseWhere(Box::new(predicate), code, reason));
    }

    /// Who is connected now.
    pub async fn members(&self) -> Vec<Arc<Caller>> {
        let (done, answer) = oneshot::channel();
        self.tell(Command::Members(done));
        answer.await.unwrap_or_default()
    }

    /// Who is there, as it is shown; and the snapshot's versions.
    pub fn presence(&self) -> Arc<PresenceBoard> {
        self.presence.borrow().clone()
    }

    fn tell(&self, command: Command) {
        // The hub ends only when the gateway does; what is said to it then has no reader left.
        let _ = self.commands.send(command);
    }
}

struct HubTask {
    inbox: mpsc::UnboundedReceiver<Command>,
    members: BTreeMap<ConnId, Joined>,
    topics: HashMap<Topic, HashSet<ConnId>>,
    book: PresenceBook,
    board: watch::Sender<Arc<PresenceBoard>>,
}

struct Joined {
    member: Member,
    topics: HashSet<Topic>,
}

impl HubTask {
    async fn run(mut self) {
        loop {
            tokio::select! {
                biased;
                command = self.inbox.recv() => match command {
                    Some(command) => self.handle(command),
                    None => return,
                },
                () = self.book.due() => self.show_presence(),
            }
        }
    }

    fn handle(&mut self, command: Command) {
        match command {
            Command::Join(member) => self.join(member),
            Command::Leave(conn) => self.leave(conn),
            Command::Subscribe(conn, topics, done) => {
                // The asker may have given up; the subscription stands all the same.
                let _ = done.send(self.subscribe(conn, topics));
            }
            Command::Unsubscribe(conn, topic) => self.unsubscribe(conn, &topic),
            Command::Publish(event, audience, delivery) => {
                self.publish(&event, &audience, delivery);
            }
            Command::Announce(entry) => self.book.announce(entry),
            Command::Health(version) => {
                self.book.set_health(version);
                self.board.send_replace(self.book.board());
            }
            Command::CloseWhere(predicate, code, reason) => {
                for joined in self
                    .members
                    .values()
                    .filter(|j| predicate(&j.member.caller))
                {
                    joined.member.outbox.close(code, reason.clone());
                }
            }
            Command::Members(done) => {
                let callers = self.members.values().map(|j| Arc::clone(&j.member.caller));
                // Nobody waits any more: nothing to tell.
                let _ = done.send(callers.collect());
            }
        }
    }

    fn join(&mut self, member: Member) {
        let conn = member.caller.conn;
        self.book.join(conn, &member.presence);
        let topics = HashSet::new();
        self.members.insert(conn, Joined { member, topics });
    }

    fn leave(&mut self, conn: ConnId) {
        let Some(joined) = self.members.remove(&conn) else {
            return;
        };
        for topic in joined.topics {
            self.forget(conn, &topic);
        }
        self.book.leave(conn);
    }

    fn subscribe(&mut self, conn: ConnId, topics: Vec<Topic>) -> bool {
        let Some(joined) = self.members.get_mut(&conn) else {
            return false;
        };
        for topic in topics {
            joined.topics.insert(topic.clone());
            self.topics.entry(topic).or_default().insert(conn);
        }
        true
    }

    fn unsubscribe(&mut self, conn: ConnId, topic: &Topic) {
        if let Some(joined) = self.members.get_mut(&conn) {
            joined.topics.remove(topic);
        }
        self.forget(conn, topic);
    }

    fn forget(&mut self, conn: ConnId, topic: &Topic) {
        if let Some(subscribers) = self.topics.get_mut(topic) {
            subscribers.remove(&conn);
            if subscribers.is_empty() {
                self.topics.remove(topic);
            }
        }
    }

    fn publish(&self, event: &Event, audience: &Audience, delivery: Delivery) {
        match audience {
            Audience::Everyone => {
                let all = self.members.values();
                all.for_each(|joined| deliver(joined, event, delivery));
            }
            Audience::Topics(topics) => {
                let conns: HashSet<ConnId> = topics
                    .iter()
                    .filter_map(|topic| self.topics.get(topic))
                    .flatten()
                    .copied()
                    .collect();
                self.deliver_to(conns.iter(), event, delivery);
            }
            Audience::Connections(conns) => self.deliver_to(conns.iter(), event, delivery),
            Audience::Capable(topic, cap) => {
                let conns = self.topics.get(topic).into_iter().flatten();
                let joined = conns.filter_map(|conn| self.members.get(conn));
                joined
                    .filter(|joined| joined.member.caller.has_cap(cap))
                    .for_each(|joined| deliver(joined, event, delivery));
            }
        }
    }

    fn deliver_to<'a>(
        &self,
        conns: impl Iterator<Item = &'a ConnId>,
        event: &Event,
        delivery: Delivery,
    ) {
        conns
            .filter_map(|conn| self.members.get(conn))
            .for_each(|joined| deliver(joined, event, delivery));
    }

    fn show_presence(&mut self) {
        let event = self.book.changed();
        self.board.send_replace(self.book.board());
        if let Some(event) = event {
            self.publish(&event, &Audience::Everyone, Delivery::DropIfSlow);
        }
    }
}

fn deliver(joined: &Joined, event: &Event, delivery: Delivery) {
    if event.admits(&joined.member.caller) {
        joined.member.outbox.event(event, delivery);
    }
}
