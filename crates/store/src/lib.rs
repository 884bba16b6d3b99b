//! What the application remembers between starts, behind one interface.
//!
//! Two kinds of things, told apart because they are lost differently: *records* (the gateways, the settings,
//! the inbox), which nothing else knows, and the *cache* of sessions and messages, which the gateways can
//! give again. Payloads are JSON text that this crate does not read, so it knows nothing of the protocol.
//! It holds no secret: those are the vault's. What a gateway of our own persists is in [`gateway`].

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod bounds;
mod error;
pub mod gateway;
mod record;
mod sqlite;

use async_trait::async_trait;

pub use bounds::Bounds;
pub use error::{StoreError, StoreNotice};
pub use record::{
    GatewayRecord, InboxPhase, InboxRecord, MessageBatch, MessageHit, MessagePage, MessageRecord,
    Millis, SessionBatch, SessionKey, SessionRecord,
};

pub use sqlite::SqliteCache;

/// The result of every call.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// What is remembered. Each writing call is one transaction: after it returned, a killed process comes
/// back with it; before, with all or nothing of it.
#[async_trait]
pub trait Cache: Send + Sync {
    /// All gateways, in the order they were added.
    async fn gateways(&self) -> Result<Vec<GatewayRecord>>;
    /// Adds a gateway, or replaces the one of the same id.
    async fn gateway_put(&self, gateway: &GatewayRecord) -> Result<()>;
    /// Notes when a gateway was last heard from. An earlier time than the one noted, and an unknown
    /// gateway, change nothing.
    async fn gateway_seen(&self, id: &str, at: Millis) -> Result<()>;
    /// Forgets a gateway with its sessions, messages and inbox items.
    async fn gateway_remove(&self, id: &str) -> Result<()>;

    /// A setting's JSON.
    async fn setting(&self, name: &str) -> Result<Option<String>>;
    async fn setting_put(&self, name: &str, json: &str) -> Result<()>;

    /// A gateway's sessions, the latest first; those without a time come last.
    async fn sessions(&self, gateway: &str) -> Result<Vec<SessionRecord>>;
    /// Writes a gateway's sessions.
    async fn sessions_write(&self, gateway: &str, batch: SessionBatch) -> Result<()>;

    /// Writes messages of one session. Past the bounds, the oldest go.
    async fn messages_write(&self, session: &SessionKey, batch: MessageBatch) -> Result<()>;
    /// The latest messages, or the latest before the message `before`; oldest first. Where `before` is
    /// not (or no longer) here the page is empty.
    async fn messages_page(
        &self,
        session: &SessionKey,
        before: Option<&str>,
        limit: u32,
    ) -> Result<MessagePage>;
    /// Messages that hold every word of `text`, the last one also as the beginning of a word. The best
    /// match first. Nothing in `text` is an operator.
    async fn messages_search(&self, text: &str, limit: u32) -> Result<Vec<MessageHit>>;

    /// Writes and removes inbox items. Past the bound, the items decided longest ago go; a waiting one never.
    async fn inbox_write(&self, upsert: &[InboxRecord], remove: &[String]) -> Result<()>;
    /// Every item that waits, the oldest first.
    async fn inbox_waiting(&self) -> Result<Vec<InboxRecord>>;
    /// What was decided, the latest first.
    async fn inbox_history(&self, limit: u32) -> Result<Vec<InboxRecord>>;

    /// What a person should know about how the store was opened.
    fn notices(&self) -> Vec<StoreNotice>;
    /// Ends the connections; later calls fail with [`StoreError::Closed`].
    async fn close(&self);
}
