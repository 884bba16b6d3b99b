//! Sessions: one row each, listed without their transcripts.

use async_trait::async_trait;
use gatehouse_audit::Draft;

use super::{GrantRecord, Witness};
use crate::{Millis, Result};

/// How the latest run of a session stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SessionStatus {
    /// Nothing has run yet.
    #[default]
    Idle,
    Running,
    Done,
    Failed,
    /// Aborted by a person.
    Killed,
    Timeout,
    /// The process ended while it ran.
    Interrupted,
}

/// Tokens, and what they cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TokenUsage {
    pub input: i64,
    pub output: i64,
    pub cache_read: i64,
    pub cache_write: i64,
    /// Tokens that the context held at the last call of the model. Of a call without the conversation none, and then it
    /// stays what it was.
    pub context: i64,
    /// In US dollars; none where a price is not known.
    pub cost_usd: Option<f64>,
}

/// A session.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionRow {
    /// Such as `agent:main:main`. Never changes.
    pub key: String,
    /// Names the conversation: a reset gives the key a new one.
    pub session_id: String,
    pub agent: String,
    /// A word of the caller's, such as `direct`.
    pub kind: String,
    pub label: Option<String>,
    pub display_name: Option<String>,
    pub group: Option<String>,
    /// Model, thinking level and such, as JSON.
    pub overrides: String,
    /// What else the caller keeps, as JSON.
    pub extra: String,
    pub created_at: Millis,
    /// What the list is sorted by.
    pub updated_at: Millis,
    /// When a message was last added.
    pub activity_at: Option<Millis>,
    /// When a person last read it.
    pub read_at: Option<Millis>,
    /// The beginning of the latest message's text.
    pub preview: Option<String>,
    pub status: SessionStatus,
    pub last_run: Option<String>,
    pub started_at: Option<Millis>,
    pub ended_at: Option<Millis>,
    pub usage: TokenUsage,
    pub pinned_at: Option<Millis>,
    pub archived_at: Option<Millis>,
    pub parent: Option<String>,
    pub spawned_by: Option<String>,
    /// How many sessions were spawned to get here; 0 for one that a person began.
    pub depth: i64,
}

/// What the list is sorted by, the latest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SessionOrder {
    #[default]
    Updated,
    Activity,
}

/// Which sessions to list.
#[derive(Clone, Debug, Default)]
pub struct SessionFilter {
    pub agent: Option<String>,
    pub label: Option<String>,
    pub group: Option<String>,
    pub spawned_by: Option<String>,
    pub parent: Option<String>,
    pub status: Option<SessionStatus>,
    /// Archived ones alone, the others alone, or (none) both.
    pub archived: Option<bool>,
    pub updated_since: Option<Millis>,
    /// A part of the key, label, name or preview, in any case.
    pub search: Option<String>,
    pub order: SessionOrder,
    pub offset: u32,
    /// None for all.
    pub limit: Option<u32>,
}

/// A page of the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionList {
    pub rows: Vec<SessionRow>,
    /// How many match, on this page or not.
    pub total: u64,
}

/// A named group of sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionGroup {
    pub name: String,
    pub json: String,
}

/// A change to a row, run inside of the transaction that writes it. It must not change the key.
pub type SessionChange = Box<dyn FnOnce(&mut SessionRow) + Send>;

/// What the audit says of a change, by the row before and after it. None where there is nothing to say.
pub type SessionWitness = Box<dyn FnOnce(&SessionRow, &SessionRow) -> Option<Draft> + Send>;

#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Adds a session with an empty transcript; gives the one that is there already back and changes nothing.
    async fn session_create(&self, row: SessionRow) -> Result<Option<SessionRow>>;
    async fn session(&self, key: &str) -> Result<Option<SessionRow>>;
    async fn session_by_id(&self, session_id: &str) -> Result<Option<SessionRow>>;
    async fn sessions(&self, filter: &SessionFilter) -> Result<SessionList>;
    /// Changes a session in one step with reading it. None where there is none of that key.
    async fn session_change(&self, key: &str, change: SessionChange) -> Result<Option<SessionRow>>;
    /// As `session_change`, with what the audit says of the row before and after, written in the same step.
    async fn session_change_recorded(
        &self,
        key: &str,
        change: SessionChange,
        say: SessionWitness,
    ) -> Result<Option<SessionRow>>;
    /// Archives the transcript and begins an empty one under a new session id. Usage begins at nothing. What was
    /// granted for the session ends with it, and `ended` is written of each grant, in the same step.
    async fn session_reset(
        &self,
        key: &str,
        session_id: &str,
        at: Millis,
        ended: Option<Witness<GrantRecord>>,
    ) -> Result<Option<SessionRow>>;
    /// Makes `row` with a copy of the live transcript of `from`, up to and with the entry `through`, or all of
    /// it. None where `from` or `through` does not exist, or `row` exists already.
    async fn session_fork(
        &self,
        from: &str,
        through: Option<&str>,
        row: SessionRow,
    ) -> Result<Option<SessionRow>>;
    /// Forgets a session with all its transcripts and what was granted for it, or, where `only` is given, only the one of
    /// that id. Says whether there was one. `ended` is written of each grant, in the same step.
    async fn session_delete(
        &self,
        key: &str,
        only: Option<&str>,
        at: Millis,
        ended: Option<Witness<GrantRecord>>,
    ) -> Result<bool>;

    /// In their order. A group that a session is put into comes to be in the list, at its end.
    async fn groups(&self) -> Result<Vec<SessionGroup>>;
    /// Replaces the list of groups. Where it leaves out some that sessions are in, gives these with how many, and changes
    /// nothing.
    async fn groups_put(&self, groups: Vec<SessionGroup>) -> Result<Vec<(String, u64)>>;
    /// Deletes a group; its sessions are in none then. Gives how many those were.
    async fn group_delete(&self, name: &str) -> Result<u64>;
    /// Renames a group and what the sessions in it say. False where there is none, or `to` exists.
    async fn group_rename(&self, from: &str, to: &str) -> Result<bool>;
}
