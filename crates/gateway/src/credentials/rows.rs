//! The vault's rows in the gateway's store.

use std::sync::Arc;

use async_trait::async_trait;
use gatehouse_store::gateway::{
    CredentialHeader, CredentialKey, CredentialRecord, CredentialVersion, GatewayStore,
};
use gatehouse_vault::credentials::{
    Bounds, CredentialKind, CredentialName, CredentialRow, CredentialRows, Header, Millis,
    Rewrapped, RowsError, Sealed, VersionRow,
};
use serde::{Deserialize, Serialize};

use super::said::Said;

/// Bytes of a nonce of XChaCha20-Poly1305, which stands before what was sealed with it.
const NONCE: usize = 24;

/// The rows of a store.
pub(super) struct StoreRows {
    pub(super) store: Arc<dyn GatewayStore>,
    /// Whose changes come this way, to be recorded in the step that makes them. None where nothing is changed.
    pub(super) said: Option<Said>,
}

type Done<T> = Result<T, RowsError>;

#[async_trait]
impl CredentialRows for StoreRows {
    async fn header(&self) -> Done<Option<Header>> {
        let header = self
            .store
            .credential_header()
            .await
            .map_err(RowsError::new)?;
        header.map(header_of).transpose()
    }

    async fn header_swap(&self, seen: Option<&Header>, new: &Header) -> Done<bool> {
        let (seen, new) = (seen.map(header_record), header_record(new));
        let swapped = self.store.credential_header_swap(seen.as_ref(), &new).await;
        swapped.map_err(RowsError::new)
    }

    async fn rewrap(&self, seen: &Header, new: &Header, wrapped: Vec<Rewrapped>) -> Done<bool> {
        let keys = wrapped.into_iter().map(|one| CredentialKey {
            credential: one.id,
            version: one.version.into(),
            wrapped: bytes(&one.wrapped),
        });
        let keys: Vec<_> = keys.collect();
        let audit = self.said.as_ref().map(|said| said.master_key(keys.len()));
        let (seen, new) = (header_record(seen), header_record(new));
        let done = self.store.credential_rewrap(&seen, &new, keys, audit).await;
        done.map_err(RowsError::new)
    }

    async fn credentials(&self) -> Done<Vec<CredentialRow>> {
        let all = self.store.credentials().await.map_err(RowsError::new)?;
        all.into_iter().map(row_of).collect()
    }

    async fn credential(&self, name: &CredentialName) -> Done<Option<CredentialRow>> {
        let found = self.store.credential(name.as_str()).await;
        found.map_err(RowsError::new)?.map(row_of).transpose()
    }

    async fn versions(&self, id: &str) -> Done<Vec<VersionRow>> {
        let all = self
            .store
            .credential_versions(id)
            .await
            .map_err(RowsError::new)?;
        all.into_iter().map(version_of).collect()
    }

    async fn put(&self, key_id: &str, row: &CredentialRow, version: &VersionRow) -> Done<bool> {
        let audit = self.said.as_ref().map(|said| said.put(row));
        let (credential, version) = (record(row)?, version_record(version));
        let put = self
            .store
            .credential_put(key_id, credential, version, audit);
        put.await.map_err(RowsError::new)
    }

    async fn change(
        &self,
        key_id: &str,
        row: &CredentialRow,
        versions: &[VersionRow],
    ) -> Done<bool> {
        let audit = self.said.as_ref().map(|said| said.change(row, versions));
        let versions = versions.iter().map(version_record).collect();
        let changed = self
            .store
            .credential_change(key_id, record(row)?, versions, audit);
        changed.await.map_err(RowsError::new)
    }

    async fn delete(&self, name: &CredentialName) -> Done<bool> {
        let audit = self.said.as_ref().map(|said| said.deletion(name));
        let gone = self.store.credential_remove(name.as_str(), audit).await;
        gone.map_err(RowsError::new)
    }

    async fn used(&self, id: &str, revision: u64, at: Millis) -> Done<bool> {
        let used = self.store.credential_used(id, signed(revision), at).await;
        used.map_err(RowsError::new)
    }

    async fn forget_versions(&self, at: Millis) -> Done<u64> {
        let gone = self.store.credential_versions_expire(at).await;
        gone.map_err(RowsError::new)
    }
}

/// How bounds stand in a row.
#[derive(Serialize, Deserialize)]
struct BoundsJson {
    hosts: Vec<String>,
    tools: Vec<String>,
}

fn record(row: &CredentialRow) -> Done<CredentialRecord> {
    let bounds = BoundsJson {
        hosts: row.bounds.hosts().to_vec(),
        tools: row.bounds.tools().to_vec(),
    };
    Ok(CredentialRecord {
        id: row.id.clone(),
        name: row.name.to_string(),
        kind: row.kind.word().to_owned(),
        created_at: row.created_at,
        rotated_at: row.rotated_at,
        expires_at: row.expires_at,
        max_uses: row.max_uses.map(signed),
        bounds: serde_json::to_string(&bounds).map_err(RowsError::new)?,
        version: row.version.into(),
        revision: signed(row.revision),
        uses: signed(row.uses),
        last_used_at: row.last_used_at,
    })
}

fn row_of(record: CredentialRecord) -> Done<CredentialRow> {
    let bounds: BoundsJson = serde_json::from_str(&record.bounds).map_err(RowsError::new)?;
    Ok(CredentialRow {
        id: record.id,
        name: CredentialName::new(&record.name).map_err(RowsError::new)?,
        kind: CredentialKind::from_word(&record.kind).map_err(RowsError::new)?,
        created_at: record.created_at,
        rotated_at: record.rotated_at,
        expires_at: record.expires_at,
        max_uses: record.max_uses.map(unsigned).transpose()?,
        bounds: Bounds::new(bounds.hosts, bounds.tools).map_err(RowsError::new)?,
        version: number(record.version)?,
        revision: unsigned(record.revision)?,
        uses: unsigned(record.uses)?,
        last_used_at: record.last_used_at,
    })
}

fn version_record(row: &VersionRow) -> CredentialVersion {
    CredentialVersion {
        version: row.version.into(),
        created_at: row.created_at,
        usable_until: row.usable_until,
        wrapped: bytes(&row.wrapped),
        sealed: bytes(&row.sealed),
    }
}

fn version_of(record: CredentialVersion) -> Done<VersionRow> {
    Ok(VersionRow {
        version: number(record.version)?,
        created_at: record.created_at,
        usable_until: record.usable_until,
        wrapped: sealed(record.wrapped)?,
        sealed: sealed(record.sealed)?,
    })
}

fn header_record(header: &Header) -> CredentialHeader {
    CredentialHeader {
        vault_id: header.vault_id.clone(),
        key_id: header.key_id.clone(),
        next_key_id: header.next_key_id.clone(),
        former_key_id: header.former_key_id.clone(),
        key_check: bytes(&header.check),
    }
}

fn header_of(record: CredentialHeader) -> Done<Header> {
    Ok(Header {
        vault_id: record.vault_id,
        key_id: record.key_id,
        next_key_id: record.next_key_id,
        former_key_id: record.former_key_id,
        check: sealed(record.key_check)?,
    })
}

fn bytes(sealed: &Sealed) -> Vec<u8> {
    [sealed.nonce.as_slice(), &sealed.text].concat()
}

fn sealed(mut bytes: Vec<u8>) -> Done<Sealed> {
    if bytes.len() < NONCE {
        return Err(RowsError::new("a sealed text is too short"));
    }
    let text = bytes.split_off(NONCE);
    Ok(Sealed { nonce: bytes, text })
}

fn number(stored: i64) -> Done<u32> {
    u32::try_from(stored).map_err(RowsError::new)
}

fn unsigned(stored: i64) -> Done<u64> {
    u64::try_from(stored).map_err(RowsError::new)
}

/// SQLite's numbers are signed; nothing here comes near their end.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
