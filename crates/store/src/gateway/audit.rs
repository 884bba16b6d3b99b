//! The audit's records: added at the end of a hash chain, read, and never changed.
//!
//! The number, the former record's hash and the leaf are worked out inside of the transaction that writes, so
//! that concurrent writers make one chain. Appends that wait together are written together.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use gatehouse_audit::segment::Segment;
use gatehouse_audit::verify::{Columns, Row};
use gatehouse_audit::{Draft, Hash};

use super::ApprovalRecord;
use crate::{Millis, Result};

/// What the audit says of an approval or a grant that has changed, made of the record as it then is. It runs inside of
/// the transaction: it has to be quick.
pub struct Witness<R = ApprovalRecord>(Arc<dyn Fn(&R) -> Draft + Send + Sync>);

impl<R> Clone for Witness<R> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<R: 'static> Witness<R> {
    pub fn new(say: impl Fn(&R) -> Draft + Send + Sync + 'static) -> Self {
        Self(Arc::new(say))
    }

    /// The same, with what it says scrubbed.
    pub(super) fn scrubbed(self, scrub: Scrub) -> Self {
        Self::new(move |record| scrub(self.of(record)))
    }

    pub(super) fn of(&self, record: &R) -> Draft {
        (self.0)(record)
    }
}

impl<R> fmt::Debug for Witness<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Witness")
    }
}

/// What every draft goes through before it is written, whoever wrote it: secrets are taken out here.
pub type Scrub = Arc<dyn Fn(Draft) -> Draft + Send + Sync>;

/// Where a record was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    pub seq: u64,
    pub leaf: Hash,
}

/// A record with the columns it is found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// From 1, without a gap.
    pub seq: u64,
    pub at: Millis,
    pub kind: String,
    pub agent: Option<String>,
    pub session: Option<String>,
    pub run: Option<String>,
    pub verdict: Option<String>,
    pub intent: Option<u64>,
    pub text: String,
    /// The canonical JSON.
    pub bytes: String,
    pub leaf: Hash,
}

impl AuditRow {
    /// As verifying wants it.
    pub fn row(&self) -> Row<'_> {
        Row {
            bytes: &self.bytes,
            columns: Some(Columns {
                seq: self.seq,
                leaf: self.leaf,
                at: self.at,
                kind: &self.kind,
                agent: self.agent.as_deref(),
                session: self.session.as_deref(),
                run: self.run.as_deref(),
                verdict: self.verdict.as_deref(),
                intent: self.intent,
                text: &self.text,
            }),
        }
    }
}

/// A signed root of the first `size` records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditCheckpoint {
    pub size: u64,
    pub at: Millis,
    /// The signed note.
    pub note: String,
    /// The right edge of the tree, to go on from.
    pub frontier: Vec<u8>,
}

/// A record's hash alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditLeaf {
    pub seq: u64,
    pub leaf: Hash,
}

/// Is told where the chain ends, before that is so and when it is. A chain without records ends at number 0.
pub trait AuditWatch: Send + Sync {
    /// Before a commit that takes the chain from one end to another. Where it fails, nothing is committed.
    fn ahead(&self, from: AuditLeaf, to: AuditLeaf) -> std::io::Result<()>;
    /// After that commit, and before anyone is told of it.
    fn reached(&self);
}

/// Which records to list. What is not given narrows nothing.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Only what is older than this number.
    pub before: Option<u64>,
    /// Only what is not older than this time.
    pub since: Option<Millis>,
    /// Empty for all.
    pub kinds: Vec<String>,
    pub agent: Option<String>,
    pub session: Option<String>,
    pub verdict: Option<String>,
    /// Part of what was done or of what it was done to, in either case of ASCII letters.
    pub text: Option<String>,
    pub limit: u32,
}

/// Records, the latest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditPage {
    pub rows: Vec<AuditRow>,
    /// Whether there are older ones.
    pub more: bool,
}

#[async_trait]
pub trait AuditStore: Send + Sync {
    /// From now on `watch` is told of every commit that adds records, whoever adds them.
    fn audit_watched(&self, watch: Arc<dyn AuditWatch>);
    /// Whether records from before the chain were put into it when the store was opened, where nothing could have signed
    /// them yet.
    fn audit_adopted(&self) -> bool {
        false
    }
    /// Adds records, all or none, and says where they were put.
    async fn audit_append(&self, drafts: Vec<Draft>) -> Result<Vec<Appended>>;
    /// Records from the latest on.
    async fn audit_list(&self, filter: &AuditFilter) -> Result<AuditPage>;
    async fn audit_row(&self, seq: u64) -> Result<Option<AuditRow>>;
    /// Records after the number `after`, in order.
    async fn audit_rows(&self, after: u64, limit: u32) -> Result<Vec<AuditRow>>;
    /// The hashes of the records after the number `after`, in order.
    async fn audit_leaves(&self, after: u64, limit: u32) -> Result<Vec<AuditLeaf>>;
    /// The records of `kind` after the number `after` that no record names as its intent.
    async fn audit_open(&self, kind: &str, after: u64) -> Result<Vec<AuditRow>>;

    /// Keeps a checkpoint. One of its size that is there stays as it is.
    async fn audit_checkpoint_put(&self, checkpoint: AuditCheckpoint) -> Result<()>;
    /// Checkpoints of more than `after` records, the smallest first.
    async fn audit_checkpoints(&self, after: u64, limit: u32) -> Result<Vec<AuditCheckpoint>>;
    async fn audit_checkpoint_latest(&self) -> Result<Option<AuditCheckpoint>>;
    /// Drops the records of a segment, and the checkpoints before its end, and keeps the segment for them.
    async fn audit_seal(&self, segment: Segment) -> Result<()>;
    /// In their order.
    async fn audit_segments(&self) -> Result<Vec<Segment>>;
}
