//! Grants: answers that hold beyond one question. Each is listed, ends, and can be taken back.

use async_trait::async_trait;
use gatehouse_audit::Draft;

use crate::{Millis, Result};

/// What a grant is held against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GrantKind {
    /// One action, by the digest of all that it is.
    #[default]
    Exact,
    /// Every command that a pattern matches.
    Pattern,
}

/// An answer that holds beyond one question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrantRecord {
    pub id: String,
    pub kind: GrantKind,
    /// The command it was made for, or the pattern.
    pub text: String,
    /// Of the action, for an exact one.
    pub digest: Option<String>,
    pub agent: String,
    /// The only session it holds in; none for every one of the agent.
    pub session: Option<String>,
    /// The folder that it was given for. A pattern answers there alone.
    pub cwd: Option<String>,
    /// What asked when it was given, in words of the caller's. A pattern answers nothing else.
    pub answers: Vec<String>,
    pub created_at: Millis,
    /// Who gave it, as a person knows them.
    pub created_by: String,
    pub expires_at: Option<Millis>,
    pub uses: u64,
    pub last_used_at: Option<Millis>,
    pub revoked_at: Option<Millis>,
}

#[async_trait]
pub trait GrantStore: Send + Sync {
    /// The grants that hold at `now`, the latest first; of one agent, or all.
    async fn grants(&self, agent: Option<&str>, now: Millis) -> Result<Vec<GrantRecord>>;
    /// Counts a use, and writes `audit` in the same step. False where it does not hold any more: then nothing may run
    /// by it.
    async fn grant_use(&self, id: &str, at: Millis, audit: Option<Draft>) -> Result<bool>;
    /// Takes a grant back with the entry of the allow-list that shows it, and writes `audit`, in the
    /// same step. False where there is none that holds.
    async fn grant_revoke(&self, id: &str, at: Millis, audit: Option<Draft>) -> Result<bool>;
}
