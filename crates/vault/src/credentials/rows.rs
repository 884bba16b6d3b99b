//! What is kept of credentials, and what whoever keeps it has to do.

use async_trait::async_trait;

use super::{Bounds, CredentialKind, CredentialName};

/// Milliseconds since 1970.
pub type Millis = i64;

/// What is true of all credentials together. There is one, from the first credential on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Names this set of rows inside of each seal.
    pub vault_id: String,
    /// The master key that wraps all data keys.
    pub key_id: String,
    /// Made and not in force: a change of the master key is under way.
    pub next_key_id: Option<String>,
    /// No longer in force, and not yet gone from its shelf.
    pub former_key_id: Option<String>,
    /// A known text sealed with the master key, by which another key is told.
    pub check: Sealed,
}

/// A nonce and what was sealed with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    pub nonce: Vec<u8>,
    pub text: Vec<u8>,
}

/// One credential without its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialRow {
    pub id: String,
    pub name: CredentialName,
    pub kind: CredentialKind,
    pub created_at: Millis,
    pub rotated_at: Option<Millis>,
    pub expires_at: Option<Millis>,
    pub max_uses: Option<u64>,
    pub bounds: Bounds,
    /// The version in force.
    pub version: u32,
    /// Counts changes, so that two at once are noticed.
    pub revision: u64,
    pub uses: u64,
    pub last_used_at: Option<Millis>,
}

/// One value of a credential, sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRow {
    pub version: u32,
    pub created_at: Millis,
    /// The end of its grace; none for the version in force.
    pub usable_until: Option<Millis>,
    /// Its data key, under the master key.
    pub wrapped: Sealed,
    /// The value, under its data key.
    pub sealed: Sealed,
}

/// A data key under another master key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrapped {
    pub id: String,
    pub version: u32,
    pub wrapped: Sealed,
}

/// The rows could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the credentials' rows: {0}")]
pub struct RowsError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl RowsError {
    pub fn new(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

/// Keeps the rows. Each writing call is one transaction: after it returned, a killed process comes back with it;
/// before, with all or nothing of it. `false` says that nothing was written, because the rows are not as the
/// caller saw them.
#[async_trait]
pub trait CredentialRows: Send + Sync {
    async fn header(&self) -> Result<Option<Header>, RowsError>;

    /// Writes the header if the one that is there is `seen`.
    async fn header_swap(&self, seen: Option<&Header>, new: &Header) -> Result<bool, RowsError>;

    /// Writes the header if the one that is there is `seen`, and all data keys; they have to be all there are.
    async fn rewrap(
        &self,
        seen: &Header,
        new: &Header,
        wrapped: Vec<Rewrapped>,
    ) -> Result<bool, RowsError>;

    /// All credentials, by name.
    async fn credentials(&self) -> Result<Vec<CredentialRow>, RowsError>;

    async fn credential(&self, name: &CredentialName) -> Result<Option<CredentialRow>, RowsError>;

    /// The versions of a credential, the newest first.
    async fn versions(&self, id: &str) -> Result<Vec<VersionRow>, RowsError>;

    /// Adds a credential in place of the one of its name with all of its versions, if `key_id` is in force.
    async fn put(
        &self,
        key_id: &str,
        row: &CredentialRow,
        version: &VersionRow,
    ) -> Result<bool, RowsError>;

    /// Writes a credential and all its versions in place of those that are there, if `key_id` is in force and its
    /// revision is the one before. Its uses stay as they are.
    async fn change(
        &self,
        key_id: &str,
        row: &CredentialRow,
        versions: &[VersionRow],
    ) -> Result<bool, RowsError>;

    /// Forgets a credential with all its versions. False when there is none.
    async fn delete(&self, name: &CredentialName) -> Result<bool, RowsError>;

    /// Counts a use at `at`, unless the credential has expired by then, is used up, or is not at this revision.
    async fn used(&self, id: &str, revision: u64, at: Millis) -> Result<bool, RowsError>;

    /// Forgets versions whose grace has ended at `at`; says how many.
    async fn forget_versions(&self, at: Millis) -> Result<u64, RowsError>;
}
