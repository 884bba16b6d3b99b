//! The task behind the approvals: who waits for which answer, what expires when, and what is announced.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use gatehouse_store::gateway::{
    ApprovalRecord, ApprovalState, GatewayStore, Resolution, Resolved, Witness,
};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::broadcast::{Audience, Delivery, Event, EventKind, Hub, Topic};
use crate::govern::approvals::moment::Moment;
use crate::govern::approvals::wire;
use crate::govern::approvals::witness;
use crate::router::Caller;

/// How soon a store that failed is asked again.
const AGAIN: Duration = Duration::from_secs(1);

/// The longest sleep: a clock that was set forward is noticed within it.
const LONGEST: Duration = Duration::from_secs(30);

pub(super) enum Command {
    Asked(Box<ApprovalRecord>),
    Settled(Box<ApprovalRecord>),
    /// One more person said yes; it still waits.
    Counted(Box<ApprovalRecord>),
    /// Who is to be told, and that it is listened for from now on.
    Wait(
        String,
        oneshot::Sender<Box<ApprovalRecord>>,
        oneshot::Sender<()>,
    ),
    /// Nobody waits for the answer any more.
    Withdraw(String),
}

/// Whether a connection may see a question.
pub(crate) type MaySee = Arc<dyn Fn(&Caller, &ApprovalRecord) -> bool + Send + Sync>;

pub(super) struct RegistryTask {
    store: Arc<dyn GatewayStore>,
    hub: Hub,
    may_see: MaySee,
    moment: Moment,
    inbox: mpsc::UnboundedReceiver<Command>,
    waiters: HashMap<String, Vec<oneshot::Sender<Box<ApprovalRecord>>>>,
    /// When the next one expires, in milliseconds since the epoch.
    next: Option<i64>,
}

impl RegistryTask {
    pub(super) fn new(
        store: Arc<dyn GatewayStore>,
        hub: Hub,
        may_see: MaySee,
        moment: Moment,
        inbox: mpsc::UnboundedReceiver<Command>,
    ) -> Self {
        Self {
            store,
            hub,
            may_see,
            moment,
            inbox,
            waiters: HashMap::new(),
            // At once: what expired while the gateway was down is noted first.
            next: Some(0),
        }
    }

    pub(super) async fn run(mut self) {
        self.end_those_of_the_future().await;
        loop {
            let due = self.due();
            tokio::select! {
                biased;
                command = self.inbox.recv() => match command {
                    Some(command) => self.handle(command).await,
                    None => return,
                },
                () = due => self.expire().await,
            }
        }
    }

    /// A clock that was set back while the gateway was down must not give a question more time than it had.
    async fn end_those_of_the_future(&mut self) {
        let now = self.now();
        let Ok(waiting) = self.store.approvals_pending().await else {
            return;
        };
        for record in waiting.into_iter().filter(|r| r.created_at > now) {
            let resolution = Resolution {
                state: ApprovalState::Expired,
                reason: Some("clock".to_owned()),
                at: now,
                ..Resolution::default()
            };
            match self
                .store
                .approval_resolve(&record.id, resolution, self.witness())
                .await
            {
                Ok(Resolved::Won(record)) => self.settled(record),
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "could not end an approval of the future"),
            }
        }
    }

    fn due(&self) -> impl Future<Output = ()> + use<> {
        let now = self.now();
        let wait = self.next.map(|next| {
            let ms = u64::try_from(next.saturating_sub(now)).unwrap_or(0);
            Duration::from_millis(ms).min(LONGEST)
        });
        let until = wait.map(|wait| Instant::now() + wait);
        async move {
            match until {
                Some(until) => tokio::time::sleep_until(until).await,
                None => std::future::pending().await,
            }
        }
    }

    async fn handle(&mut self, command: Command) {
        match command {
            Command::Asked(record) => {
                self.next = Some(
                    self.next
                        .map_or(record.expires_at, |next| next.min(record.expires_at)),
                );
                self.announce(EventKind::EXEC_APPROVAL_REQUESTED, &record, wire::pending);
                self.announce_in_session(&record);
            }
            Command::Settled(record) => self.settled(*record),
            // The same question once more, with how far it has come.
            Command::Counted(record) => {
                self.announce(EventKind::EXEC_APPROVAL_REQUESTED, &record, wire::pending);
            }
            Command::Wait(id, tell, listening) => {
                self.waiters.retain(|_, all| {
                    all.retain(|waiter| !waiter.is_closed());
                    !all.is_empty()
                });
                self.waiters.entry(id).or_default().push(tell);
                // Who gave up meanwhile needs to know nothing.
                let _ = listening.send(());
            }
            Command::Withdraw(id) => self.withdraw(&id).await,
        }
    }

    /// Tells those who wait and those who watch.
    fn settled(&mut self, record: ApprovalRecord) {
        self.announce(EventKind::EXEC_APPROVAL_RESOLVED, &record, wire::resolved);
        self.announce_in_session(&record);
        for waiter in self.waiters.remove(&record.id).unwrap_or_default() {
            // Who stopped waiting needs no answer.
            let _ = waiter.send(Box::new(record.clone()));
        }
    }

    async fn withdraw(&mut self, id: &str) {
        let resolution = Resolution {
            state: ApprovalState::Cancelled,
            reason: Some("run-aborted".to_owned()),
            at: self.now(),
            ..Resolution::default()
        };
        match self
            .store
            .approval_resolve(id, resolution, self.witness())
            .await
        {
            Ok(Resolved::Won(record) | Resolved::Expired(record)) => self.settled(record),
            Ok(_) => {}
            // It stays pending until it expires; nobody waits that it could let through.
            Err(error) => tracing::warn!(%error, id, "could not withdraw an approval"),
        }
    }

    async fn expire(&mut self) {
        let now = self.now();
        let expired = match self.store.approvals_expire(now, self.witness()).await {
            Ok(expired) => expired,
            Err(error) => {
                tracing::warn!(%error, "could not note expired approvals");
                let again = i64::try_from(AGAIN.as_millis()).unwrap_or(i64::MAX);
                self.next = Some(now.saturating_add(again));
                return;
            }
        };
        for record in expired {
            self.settled(record);
        }
        self.next = match self.store.approvals_pending().await {
            Ok(waiting) => waiting.iter().map(|record| record.expires_at).min(),
            Err(_) => Some(now.saturating_add(1_000)),
        };
    }

    fn announce(
        &self,
        kind: EventKind,
        record: &ApprovalRecord,
        payload: impl Fn(&ApprovalRecord) -> Value,
    ) {
        if let Some(event) = self.event(kind, record, &payload(record)) {
            self.hub
                .publish(event, Audience::Everyone, Delivery::Required);
        }
    }

    fn announce_in_session(&self, record: &ApprovalRecord) {
        let Some(session) = &record.session else {
            return;
        };
        let now = u64::try_from(self.now()).unwrap_or_default();
        let payload = wire::session_event(record, now);
        if let Some(event) = self.event(EventKind::SESSION_APPROVAL, record, &payload) {
            let topic = Topic::SessionApprovals(session.clone());
            self.hub
                .publish(event, Audience::Topics(vec![topic]), Delivery::Required);
        }
    }

    /// For those who may see the question.
    fn event(&self, kind: EventKind, record: &ApprovalRecord, payload: &Value) -> Option<Event> {
        let (may_see, record) = (Arc::clone(&self.may_see), record.clone());
        Event::only_for(kind, payload, move |caller| may_see(caller, &record))
    }

    fn witness(&self) -> Option<Witness> {
        witness::of_approval(self.now())
    }

    fn now(&self) -> i64 {
        self.moment.now()
    }
}
