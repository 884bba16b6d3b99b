//! Approvals: what waits for a person's answer, and the entries that allow without one.
//!
//! `Pending` becomes `Allowed`, `Denied`, `Expired` or `Cancelled`; `Allowed` becomes `Consumed`, `Expired` or
//! `Revoked`. Each is a compare-and-swap on the state before, so of two answers one wins and the other is shown
//! the record. What was allowed can be consumed once, in its time, and only by the action of the digest that was
//! asked for. Nobody answers their own question with yes, and where two people are asked for, two must say it.
//! What the audit says of a change is written in the change's own transaction: there is neither without the other.

use async_trait::async_trait;
use gatehouse_audit::Draft;

use super::{GrantRecord, Witness};
use crate::{Millis, Result};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ApprovalState {
    #[default]
    Pending,
    /// A person said yes, and it has not run yet.
    Allowed,
    Denied,
    /// Nobody answered in its time, or what was allowed did not run in it.
    Expired,
    /// Withdrawn by who asked, such as a run that was aborted.
    Cancelled,
    /// What was allowed has begun to run.
    Consumed,
    /// A person took the yes back before it was used.
    Revoked,
}

/// A question to a person, and its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// Who asked: a principal, who cannot say yes to it.
    pub requester: Option<String>,
    /// Which person that is, where several principals can be one: they cannot say yes by another one either.
    pub requester_person: Option<String>,
    /// How many people must say yes; 0 counts as one.
    pub approvers: u32,
    /// Who has said yes so far: people, each once.
    pub approved_by: Vec<String>,
    /// Whether the gateway itself runs what is allowed. Then a yes that is not used in its time expires; else it
    /// is the asker's to keep.
    pub bound: bool,
}

/// An entry of the allow-list.
///
/// One with the id of a grant shows that grant to those who read the list: it is there as long as the grant holds,
/// and each goes with the other.
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
#[derive(Clone, Debug, Default)]
pub struct Resolution {
    /// One of the settled states.
    pub state: ApprovalState,
    pub decision: Option<String>,
    pub reason: Option<String>,
    pub resolver: Option<String>,
    pub at: Millis,
    /// The principal who answers; none where nobody does.
    pub by: Option<String>,
    /// Which person a yes counts as, where that is not the principal: several principals can be one person.
    pub person: Option<String>,
    /// Added to the allow-list in the same transaction, if this answer wins.
    pub allow: Option<AllowEntry>,
    /// Added to the grants in the same transaction, if this answer wins.
    pub grant: Option<GrantRecord>,
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
    /// A yes that was counted; more people must say it.
    Counted(ApprovalRecord),
    /// A yes of a person whose yes was counted before; it stands as it was.
    Again(ApprovalRecord),
    /// Nobody says yes to their own question; it stands as it was.
    Own(ApprovalRecord),
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
    /// It was allowed, and its time to run is over; this call noted it where none had.
    Late,
    /// It was not allowed: pending, denied, cancelled, revoked, or expired before an answer.
    NotAllowed,
    Unknown,
}

/// What takes the place of the allow-list.
#[derive(Clone, Debug, Default)]
pub struct AllowListChange {
    pub entries: Vec<AllowEntry>,
    /// The setting beside them, its name and its new value.
    pub setting: Option<(String, String)>,
    /// What it is a change of: the entries as they are at the time of the change, and the setting's value. It is not
    /// made where they are others by then.
    pub only_from: Option<(Vec<AllowEntry>, Option<String>)>,
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
    /// expired. Whoever is not told `Lost`, `Again`, `Own` or `Unknown` has changed the record, and `audit` is written.
    async fn approval_resolve(
        &self,
        id: &str,
        resolution: Resolution,
        audit: Option<Witness>,
    ) -> Result<Resolved>;
    /// Takes what was allowed, for the action of this digest. `audit` is written if it may run now, or if its
    /// time was over and this call noted it.
    async fn approval_consume(
        &self,
        id: &str,
        digest: &str,
        at: Millis,
        audit: Option<Witness>,
    ) -> Result<Consumed>;
    /// Takes a yes back that was not used yet. Gives the record as it now is where this call did it.
    async fn approval_revoke(
        &self,
        id: &str,
        resolver: Option<&str>,
        at: Millis,
        audit: Option<Witness>,
    ) -> Result<Option<ApprovalRecord>>;
    /// Notes every one that has expired at `now`, pending or allowed and bound, and gives them; `audit` is written for
    /// each.
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

    /// The allow-list in its order as it is at `now`; of one agent with those of every agent (`*`), or all.
    async fn allow_entries(&self, agent: Option<&str>, now: Millis) -> Result<Vec<AllowEntry>>;
    /// Adds an entry. One of the same agent and patterns that is there already stays as it is, and nothing is added,
    /// unless that one shows a grant.
    async fn allow_entry_add(&self, entry: AllowEntry) -> Result<()>;
    /// Replaces the whole list and the setting beside it in one step with what the audit says of it, and says whether
    /// it did: not when something was first. Grants whose entries are left out are taken back at `at`, and `ended` is
    /// written of each.
    async fn allow_entries_replace(
        &self,
        change: AllowListChange,
        at: Millis,
        audit: Option<Draft>,
        ended: Option<Witness<GrantRecord>>,
    ) -> Result<bool>;
    /// Notes what an entry let through last.
    async fn allow_entry_used(
        &self,
        id: &str,
        at: Millis,
        command: &str,
        resolved: Option<&str>,
    ) -> Result<()>;
}
