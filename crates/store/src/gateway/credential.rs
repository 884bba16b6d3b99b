//! Credentials, sealed: names and times in the clear, values and data keys as bytes that mean nothing here.

use async_trait::async_trait;
use gatehouse_audit::Draft;

use crate::{Millis, Result};

/// What is true of all credentials together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialHeader {
    pub vault_id: String,
    pub key_id: String,
    pub next_key_id: Option<String>,
    pub former_key_id: Option<String>,
    pub key_check: Vec<u8>,
}

/// One credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialRecord {
    pub id: String,
    pub name: String,
    pub kind: String,
    pub created_at: Millis,
    pub rotated_at: Option<Millis>,
    pub expires_at: Option<Millis>,
    pub max_uses: Option<i64>,
    /// The caller's own JSON.
    pub bounds: String,
    /// The version in force.
    pub version: i64,
    /// Counts changes.
    pub revision: i64,
    pub uses: i64,
    pub last_used_at: Option<Millis>,
}

/// One value of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialVersion {
    pub version: i64,
    pub created_at: Millis,
    pub usable_until: Option<Millis>,
    pub wrapped: Vec<u8>,
    pub sealed: Vec<u8>,
}

/// A data key that is sealed anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialKey {
    pub credential: String,
    pub version: i64,
    pub wrapped: Vec<u8>,
}

/// Keeps credentials. A writing call that answers `false` has written nothing, because what it was to change is
/// not as the caller saw it.
/// What the audit says of a credential that is put: where there was none of its name, and where there was one.
#[derive(Clone, Debug)]
pub struct PutSaid {
    pub new: Draft,
    pub replaced: Draft,
}

#[async_trait]
pub trait CredentialStore: Send + Sync {
    async fn credential_header(&self) -> Result<Option<CredentialHeader>>;
    /// Writes the header if the one that is there is `seen`.
    async fn credential_header_swap(
        &self,
        seen: Option<&CredentialHeader>,
        new: &CredentialHeader,
    ) -> Result<bool>;
    /// Writes the header if the one that is there is `seen`, and all data keys; they have to be all there are. What
    /// is changed here is recorded in the same step, and so are the three below.
    async fn credential_rewrap(
        &self,
        seen: &CredentialHeader,
        new: &CredentialHeader,
        keys: Vec<CredentialKey>,
        audit: Option<Draft>,
    ) -> Result<bool>;

    /// By name.
    async fn credentials(&self) -> Result<Vec<CredentialRecord>>;
    async fn credential(&self, name: &str) -> Result<Option<CredentialRecord>>;
    /// The newest first.
    async fn credential_versions(&self, id: &str) -> Result<Vec<CredentialVersion>>;

    /// Adds a credential in place of the one of its name, if the header's key is `key_id`.
    async fn credential_put(
        &self,
        key_id: &str,
        credential: CredentialRecord,
        version: CredentialVersion,
        audit: Option<PutSaid>,
    ) -> Result<bool>;
    /// Writes a credential and all of its versions, if the header's key is `key_id` and the revision that is there
    /// is the one before. Its uses stay as they are.
    async fn credential_change(
        &self,
        key_id: &str,
        credential: CredentialRecord,
        versions: Vec<CredentialVersion>,
        audit: Option<Draft>,
    ) -> Result<bool>;
    /// Forgets a credential with its versions.
    async fn credential_remove(&self, name: &str, audit: Option<Draft>) -> Result<bool>;
    /// Counts a use at `at`, unless it has expired by then, is used up, or is not at this revision.
    async fn credential_used(&self, id: &str, revision: i64, at: Millis) -> Result<bool>;
    /// Forgets versions that are usable until `at` or earlier.
    async fn credential_versions_expire(&self, at: Millis) -> Result<u64>;
}
