//! What a gateway persists, behind one interface: sessions and their transcripts, runs, approvals, devices,
//! answers to idempotency keys, usage, agents, settings and the audit.
//!
//! The records are plain: `json`, `overrides` and `extra` are the caller's own text, never read here, so this
//! knows nothing of the protocol. No secret is kept in the clear: of a token only its hash, and a credential only
//! sealed, with a key that is not here. The interface is the sum of
//! one trait for each area; a contract suite says what every store has to do.

mod approval;
mod audit;
mod credential;
mod device;
mod grant;
mod ledger;
mod run;
mod session;
mod sqlite;
mod transcript;

use async_trait::async_trait;

use crate::StoreNotice;

pub use approval::{
    AllowEntry, AllowListChange, ApprovalRecord, ApprovalState, ApprovalStore, Consumed, Created,
    Resolution, Resolved,
};
pub use audit::{
    Appended, AuditCheckpoint, AuditFilter, AuditLeaf, AuditPage, AuditRow, AuditStore, AuditWatch,
    Scrub, Witness,
};
pub use credential::{
    CredentialHeader, CredentialKey, CredentialRecord, CredentialStore, CredentialVersion, PutSaid,
};
pub use device::{
    DeviceRecord, DeviceStore, DeviceToken, PairingRecord, PairingState, SETUP_CODE_KEPT_MS,
};
pub use grant::{GrantKind, GrantRecord, GrantStore};
pub use ledger::{
    AgentRecord, Claim, ClockChange, LedgerStore, UsageBy, UsageQuery, UsageRecord, UsageTotal,
};
pub use run::{RunRecord, RunState, RunStore};
pub use session::{
    SessionChange, SessionFilter, SessionGroup, SessionList, SessionOrder, SessionRow,
    SessionStatus, SessionStore, SessionWitness, TokenUsage,
};
pub use sqlite::SqliteGatewayStore;
pub use transcript::{
    ArchivedTranscript, Draft, Entry, EntryHit, EntryPage, EntrySearch, Follows, NewEntry,
    TranscriptStore, WaitingInput,
};

/// Everything a gateway persists. Each writing call is one transaction: after it returned, a killed process
/// comes back with it; before, with all or nothing of it.
#[async_trait]
pub trait GatewayStore:
    SessionStore
    + TranscriptStore
    + RunStore
    + ApprovalStore
    + GrantStore
    + DeviceStore
    + LedgerStore
    + AuditStore
    + CredentialStore
{
    /// What a person should know about how the store was opened.
    fn notices(&self) -> Vec<StoreNotice>;
    /// A number that grows with each write but the audit's own, before its caller is told: while it stays the
    /// same, so does what was read of anything but the audit. None for a store that others may write to as well.
    fn revision(&self) -> Option<u64>;
    /// Whether what comes next can be kept: where the last write found the disk full, it is tried.
    async fn check_room(&self) -> crate::Result<()>;
    /// Ends the connections after the writes that were under way; later calls fail with
    /// [`StoreError::Closed`](crate::StoreError::Closed).
    async fn close(&self);
}
