//! Sessions as clients see them: what a key means (`key`), what a row looks like (`row`), and the news of
//! their changes. What is kept of them is the store's; what a method does with them is in `methods`.

mod channel;
mod kept;
mod key;
mod row;
mod title;

use std::sync::Arc;

use gatehouse_store::StoreError;
use gatehouse_store::gateway::{GatewayStore, SessionRow};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::broadcast::{Audience, Delivery, Event, EventKind, Hub, Topic};
use crate::clock::Clock;

pub(crate) use channel::{Lineage, Lineages, MOST_ABOVE, lineage_of};
pub(crate) use kept::{Kept, Weight};
pub use key::{KEY_LENGTH, SessionName, is_agent_id, other_agent};
pub use row::{Overrides, row as wire_row, sends_are_denied};

/// What a session has where it says nothing itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionDefaults {
    pub agent_id: String,
    pub model_provider: String,
    pub model: String,
    pub context_tokens: u64,
    pub thinking: String,
}

/// Why the list has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A word of the published gateway, such as `send` or `patch`.
    Reason(&'static str),
    /// A run of the session went on.
    Run { phase: &'static str, run_id: String },
}

/// A handle to the sessions.
#[derive(Clone)]
pub struct Sessions {
    pub store: Arc<dyn GatewayStore>,
    hub: Hub,
    clock: Clock,
    defaults: Arc<dyn Fn() -> SessionDefaults + Send + Sync>,
    pub(crate) lists: Arc<Kept<Listed>>,
    pub(crate) pages: Arc<Kept<HistoryPage>>,
    /// Held from the look whether a label is free to its being somebody's.
    pub(crate) labels: Arc<tokio::sync::Mutex<()>>,
    /// Held from the look at the groups to what is written of them.
    pub(crate) groups: Arc<tokio::sync::Mutex<()>>,
}

/// Rows of a list as they go out.
pub(crate) struct Listed {
    pub(crate) rows: Vec<Box<RawValue>>,
    pub(crate) total: u64,
}

/// A page of a conversation as it is kept, with what waits to be said in it.
pub(crate) struct HistoryPage {
    pub(crate) row: Option<SessionRow>,
    pub(crate) messages: Vec<Box<RawValue>>,
    pub(crate) pending: Value,
    /// The number of the last entry.
    pub(crate) last: i64,
    pub(crate) has_older: bool,
    pub(crate) total: u64,
}

impl Weight for Listed {
    fn bytes(&self) -> usize {
        self.rows.iter().map(|row| row.get().len()).sum()
    }
}

impl Weight for HistoryPage {
    fn bytes(&self) -> usize {
        let messages = self.messages.iter().map(|message| message.get().len());
        messages.sum::<usize>() + self.pending.to_string().len()
    }
}

impl Sessions {
    pub fn new(
        store: Arc<dyn GatewayStore>,
        hub: Hub,
        clock: Clock,
        defaults: impl Fn() -> SessionDefaults + Send + Sync + 'static,
    ) -> Self {
        Self {
            store,
            hub,
            clock,
            defaults: Arc::new(defaults),
            lists: Arc::default(),
            pages: Arc::default(),
            labels: Arc::default(),
            groups: Arc::default(),
        }
    }

    pub fn defaults(&self) -> SessionDefaults {
        (self.defaults)()
    }

    pub fn now(&self) -> i64 {
        i64::try_from(self.clock.now_ms()).unwrap_or(i64::MAX)
    }

    /// The full name of a session that a client named.
    pub fn name(&self, key: &str, agent: Option<&str>) -> SessionName {
        SessionName::new(key, agent, &self.defaults().agent_id)
    }

    /// A new row for a session, not kept yet.
    pub fn new_row(&self, name: &SessionName, created_via: &str) -> SessionRow {
        let now = self.now();
        SessionRow {
            key: name.key.clone(),
            session_id: Uuid::new_v4().to_string(),
            agent: name.agent.clone(),
            kind: name.kind().to_owned(),
            overrides: "{}".to_owned(),
            extra: json!({"createdVia": created_via}).to_string(),
            created_at: now,
            updated_at: now,
            ..SessionRow::default()
        }
    }

    /// The session of that name, made where there is none. Says whether it was made.
    pub async fn ensure(
        &self,
        name: &SessionName,
        created_via: &str,
    ) -> Result<(SessionRow, bool), StoreError> {
        if let Some(row) = self.store.session(&name.key).await? {
            return Ok((row, false));
        }
        let row = self.new_row(name, created_via);
        match self.store.session_create(row.clone()).await? {
            // Another was a moment faster.
            Some(there) => Ok((there, false)),
            None => {
                self.publish(&row, &Change::Reason("create"));
                Ok((row, true))
            }
        }
    }

    /// Lets the first thing that a person says name a session that has no name.
    pub(crate) async fn name_by(
        &self,
        row: &mut SessionRow,
        message: &str,
    ) -> Result<(), StoreError> {
        let Some(title) = title::derived(row, message) else {
            return Ok(());
        };
        let change = Box::new(move |row: &mut SessionRow| title::put(row, &title));
        if let Some(named) = self.store.session_change(&row.key, change).await? {
            *row = named;
        }
        Ok(())
    }

    /// A row as clients see it.
    pub fn wire(&self, row: &SessionRow) -> Map<String, Value> {
        wire_row(row, &self.defaults(), self.now())
    }

    /// Tells those who watch the list that a session has changed.
    pub async fn changed(&self, key: &str, change: Change) {
        match self.store.session(key).await {
            Ok(Some(row)) => self.publish(&row, &change),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, key, "a change could not be told"),
        }
    }

    /// Tells them of a row that was just read or written.
    pub fn publish(&self, row: &SessionRow, change: &Change) {
        let session = self.wire(row);
        // The published gateway sends the row twice: flat beside the reason, and as `session`.
        let mut payload = session.clone();
        payload.remove("key");
        payload.insert("sessionKey".into(), json!(row.key));
        payload.insert("agentId".into(), json!(row.agent));
        payload.insert("ts".into(), json!(self.now()));
        match change {
            Change::Reason(reason) => {
                payload.insert("reason".into(), json!(reason));
            }
            Change::Run { phase, run_id } => {
                payload.insert("phase".into(), json!(phase));
                payload.insert("runId".into(), json!(run_id));
            }
        }
        payload.insert("session".into(), Value::Object(session));
        self.send(&payload);
    }

    /// Tells them that a session is gone.
    pub fn gone(&self, key: &str, agent: &str) {
        let payload = json!({
            "sessionKey": key, "agentId": agent, "reason": "delete", "ts": self.now(),
        });
        self.send(&payload);
    }

    fn send<T: serde::Serialize>(&self, payload: &T) {
        if let Some(event) = Event::new(EventKind::SESSIONS_CHANGED, payload) {
            let audience = Audience::Topics(vec![Topic::Sessions]);
            self.hub.publish(event, audience, Delivery::Required);
        }
    }

    /// Tells those who follow a session of a message that is in its transcript now.
    pub fn said(&self, row: &SessionRow, message: &Value, id: &str, seq: i64) {
        let payload = json!({
            "sessionKey": row.key,
            "agentId": row.agent,
            "sessionId": row.session_id,
            "updatedAt": row.updated_at,
            "message": message,
            "messageId": id,
            "messageSeq": seq,
            "session": self.wire(row),
        });
        if let Some(event) = Event::new(EventKind::SESSION_MESSAGE, &payload) {
            let audience = Audience::Topics(vec![Topic::Session(row.key.clone())]);
            self.hub.publish(event, audience, Delivery::Required);
        }
    }
}
