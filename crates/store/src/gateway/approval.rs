//! Approvals: what waits for a person's answer, and the entries that allow without one.
//!
//! An approval is settled once. Every way to settle it (an answer, expiry, being withdrawn) is a
//! compare-and-swap on `Pending`, so of two answers one wins and the other is shown the record. What was
//! allowed can be consumed once, and only by the action of the digest that was asked for. What the audit says
//! of a change is written in the change's own transaction: there is neither without the other.

use async_trait::async_trait;

use super::Witness;
use crate::{Millis, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApprovalState {
    Pending,
    Allowed,
    Denied,
    Expired,
    /// Withdrawn by who asked, such as a run that was aborted.
    Cancelled,
}

/// A question to a person, and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalRecord {
    pub id: String,
    /// A word of the caller's, such as `exec`.
    pub kind: String,
    pub state: ApprovalState,
    pub created_at: Millis,
    /// From this time on nobody can answer it.
    pub expires_at: Millis,
    pub agent: Option<String>,
    pub session: Option<String>,
    pub run: Option<String>,
    /// Of exactly what will run.
    pub digest: String,
    /// What was asked, as JSON.
    pub request: String,
    /// The word that was chosen, such as `allow-once`.
    pub decision: Option<String>,
    pub reason: Option<String>,
    /// Who answered, as JSON.
    pub resolver: Option<String>,
    pub settled_at: Option<Millis>,
    /// When the action that was allowed began to run.
    pub consumed_at: Option<Millis>,
}

/// An entry of the allow-list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowEntry {
    pub id: String,
    /// `*` for every agent.
    pub agent: String,
    pub pattern: String,
    pub arg_pattern: Option<String>,
    /// Where it came from, such as `allow-always`.
    pub source: Option<String>,
    /// The command it was made for.
    pub command: Option<String>,
    pub added_at: Millis,
    pub last_used_at: Option<Millis>,
    pub last_command: Option<String>,
    pub last_resolved: Option<String>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Resolution {
    /// One of the settled states.
    pub state: ApprovalState,
    pub decision: Option<String>,
    pub reason: Option<String>,
    pub resolver: Option<String>,
    pub at: Millis,
    /// Added to the allow-list in the same transaction, if this answer wins.
    pub allow: Option<AllowEntry>,
}

/// What became of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// It is recorded; the record as it now is.
    Won(ApprovalRecord),
    /// Something else was first; the record that stands.
    Lost(ApprovalRecord),
    /// Its time was over, and this call noted it.
    Expired(ApprovalRecord),
    Unknown,
}

/// What became of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    New,
    /// One of that id was there; it is unchanged.
    Exists(Box<ApprovalRecord>),
}

/// Whether what was allowed may run now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consumed {
    /// It may, this once.
    Now(Box<ApprovalRecord>),
    /// It is another action than the one that was asked for.
    Differs,
    /// It has been consumed before.
    Before,
    /// It was not allowed: pending, denied, expired or cancelled.
    NotAllowed,
    Unknown,
}

#[async_trait]
pub trait ApprovalStore: Send + Sync {
    /// `audit` is written if this call makes the record.
    async fn approval_create(
        &self,
        approval: ApprovalRecord,
        audit: Option<Witness>,
    ) -> Result<Created>;
    /// Settles an approval that is pending and has not expired at `resolution.at`. One that has is noted as
    /// expired. Whoever is not told `Lost` or `Unknown` has changed the record, and `audit` is written.
    async fn approval_resolve(
        &self,
        id: &str,
        resolution: Resolution,
        audit: Option<Witness>,
    ) -> Result<Resolved>;
    /// Takes what was allowed, for the action of this digest. `audit` is written if it may run now.
    async fn approval_consume(
        &self,
        id: &str,
        digest: &str,
        at: Millis,
        audit: Option<Witness>,
    ) -> Result<Consumed>;
    /// Notes every pending one that has expired at `now`, and gives those; `audit` is written for each.
    async fn approvals_expire(
        &self,
        now: Millis,
        audit: Option<Witness>,
    ) -> Result<Vec<ApprovalRecord>>;
    async fn approval(&self, id: &str) -> Result<Option<ApprovalRecord>>;
    /// What waits, the oldest first.
    async fn approvals_pending(&self) -> Result<Vec<ApprovalRecord>>;
    /// What was settled, the latest first; with `before`, what comes after that one in this order.
    async fn approvals_history(
        &self,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<ApprovalRecord>>;

    /// The allow-list in its order; of one agent with those of every agent (`*`), or all.
    async fn allow_entries(&self, agent: Option<&str>) -> Result<Vec<AllowEntry>>;
    /// Adds an entry. An entry of the same agent and patterns that is there already stays as it is.
    async fn allow_entry_add(&self, entry: AllowEntry) -> Result<()>;
    /// Replaces the whole list and the setting `name` beside it in one step.
    async fn allow_entries_replace(
        &self,
        entries: Vec<AllowEntry>,
        setting: Option<(String, String)>,
    ) -> Result<()>;
    /// Notes what an entry let through last.
    async fn allow_entry_used(
        &self,
        id: &str,
        at: Millis,
        command: &str,
        resolved: Option<&str>,
    ) -> Result<()>;
}
