//! Credentials: every condition is a part of the statement or of its transaction.

use async_trait::async_trait;
use gatehouse_audit::Draft;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::SqliteGatewayStore;
use super::grants::say;
use crate::gateway::{
    CredentialHeader, CredentialKey, CredentialRecord, CredentialStore, CredentialVersion, PutSaid,
};
use crate::sqlite::database::Connection;
use crate::{Millis, Result};

type Done<T> = std::result::Result<T, sqlx::Error>;

const HEADER: &str =
    "SELECT vault_id, key_id, next_key_id, former_key_id, key_check FROM credential_header";

const ALL: &str = "SELECT id, name, kind, created_at, rotated_at, expires_at, max_uses, bounds, version, \
     revision, uses, last_used_at FROM credential ORDER BY name";

const ONE: &str = "SELECT id, name, kind, created_at, rotated_at, expires_at, max_uses, bounds, version, \
     revision, uses, last_used_at FROM credential WHERE name = ?";

#[async_trait]
impl CredentialStore for SqliteGatewayStore {
    async fn credential_header(&self) -> Result<Option<CredentialHeader>> {
        let row = sqlx::query(HEADER).fetch_optional(&self.database.read);
        self.read(async { row.await?.as_ref().map(header).transpose() })
            .await
    }

    async fn credential_header_swap(
        &self,
        seen: Option<&CredentialHeader>,
        new: &CredentialHeader,
    ) -> Result<bool> {
        let (seen, new) = (seen.cloned(), new.clone());
        self.write(move |c| Box::pin(swap_header(c, seen, new)))
            .await
    }

    async fn credential_rewrap(
        &self,
        seen: &CredentialHeader,
        new: &CredentialHeader,
        keys: Vec<CredentialKey>,
        audit: Option<Draft>,
    ) -> Result<bool> {
        let (seen, new) = (seen.clone(), new.clone());
        let audit = self.scrubbed_draft(audit);
        self.write(move |c| {
            Box::pin(async move {
                let changed = rewrap(c, seen, new, keys).await?;
                say(c, changed, audit).await
            })
        })
        .await
    }

    async fn credentials(&self) -> Result<Vec<CredentialRecord>> {
        let rows = sqlx::query(ALL).fetch_all(&self.database.read);
        self.read(async { rows.await?.iter().map(credential).collect() })
            .await
    }

    async fn credential(&self, name: &str) -> Result<Option<CredentialRecord>> {
        let row = sqlx::query(ONE)
            .bind(name)
            .fetch_optional(&self.database.read);
        self.read(async { row.await?.as_ref().map(credential).transpose() })
            .await
    }

    async fn credential_versions(&self, id: &str) -> Result<Vec<CredentialVersion>> {
        let rows = sqlx::query(
            "SELECT version, created_at, usable_until, wrapped, sealed FROM credential_version \
             WHERE credential = ? ORDER BY version DESC",
        )
        .bind(id)
        .fetch_all(&self.database.read);
        self.read(async { rows.await?.iter().map(version).collect() })
            .await
    }

    async fn credential_put(
        &self,
        key_id: &str,
        credential: CredentialRecord,
        version: CredentialVersion,
        audit: Option<PutSaid>,
    ) -> Result<bool> {
        let key_id = key_id.to_owned();
        let (new, replaced) = audit.map(|said| (said.new, said.replaced)).unzip();
        let (new, replaced) = (self.scrubbed_draft(new), self.scrubbed_draft(replaced));
        self.write(move |c| {
            Box::pin(async move {
                let Some(put) = put(c, key_id, credential, version).await? else {
                    return Ok(false);
                };
                let audit = match put {
                    Put::New => new,
                    Put::InPlace => replaced,
                };
                say(c, true, audit).await
            })
        })
        .await
    }

    async fn credential_change(
        &self,
        key_id: &str,
        credential: CredentialRecord,
        versions: Vec<CredentialVersion>,
        audit: Option<Draft>,
    ) -> Result<bool> {
        let (key_id, audit) = (key_id.to_owned(), self.scrubbed_draft(audit));
        self.write(move |c| {
            Box::pin(async move {
                let changed = change(c, key_id, credential, versions).await?;
                say(c, changed, audit).await
            })
        })
        .await
    }

    async fn credential_remove(&self, name: &str, audit: Option<Draft>) -> Result<bool> {
        let (name, audit) = (name.to_owned(), self.scrubbed_draft(audit));
        self.write(move |c| {
            Box::pin(async move {
                let removed = remove(c, &name).await?;
                say(c, removed, audit).await
            })
        })
        .await
    }

    async fn credential_used(&self, id: &str, revision: i64, at: Millis) -> Result<bool> {
        let id = id.to_owned();
        self.write(move |c| Box::pin(used(c, id, revision, at)))
            .await
    }

    async fn credential_versions_expire(&self, at: Millis) -> Result<u64> {
        self.write(move |c| {
            Box::pin(async move {
                let gone = sqlx::query("DELETE FROM credential_version WHERE usable_until <= ?")
                    .bind(at)
                    .execute(c)
                    .await?;
                Ok(gone.rows_affected())
            })
        })
        .await
    }
}

async fn swap_header(
    c: &mut Connection,
    seen: Option<CredentialHeader>,
    new: CredentialHeader,
) -> Done<bool> {
    let row = sqlx::query(HEADER).fetch_optional(&mut *c).await?;
    let there = row.as_ref().map(header).transpose()?;
    if there != seen {
        return Ok(false);
    }
    sqlx::query(
        "INSERT INTO credential_header (one, vault_id, key_id, next_key_id, former_key_id, key_check) \
         VALUES (1, ?, ?, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET vault_id = excluded.vault_id, \
         key_id = excluded.key_id, next_key_id = excluded.next_key_id, \
         former_key_id = excluded.former_key_id, key_check = excluded.key_check",
    )
    .bind(new.vault_id)
    .bind(new.key_id)
    .bind(new.next_key_id)
    .bind(new.former_key_id)
    .bind(new.key_check)
    .execute(c)
    .await?;
    Ok(true)
}

async fn rewrap(
    c: &mut Connection,
    seen: CredentialHeader,
    new: CredentialHeader,
    keys: Vec<CredentialKey>,
) -> Done<bool> {
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM credential_version")
        .fetch_one(&mut *c)
        .await?;
    if usize::try_from(count) != Ok(keys.len()) || !swap_header(c, Some(seen), new).await? {
        return Ok(false);
    }
    for key in keys {
        let changed = sqlx::query(
            "UPDATE credential_version SET wrapped = ? WHERE credential = ? AND version = ?",
        )
        .bind(key.wrapped)
        .bind(key.credential)
        .bind(key.version)
        .execute(&mut *c)
        .await?;
        if changed.rows_affected() != 1 {
            // As many as there are, and yet another one: an error takes the whole transaction back.
            return Err(sqlx::Error::RowNotFound);
        }
    }
    Ok(true)
}

async fn is_in_force(c: &mut Connection, key_id: &str) -> Done<bool> {
    let found: Option<i64> =
        sqlx::query_scalar("SELECT one FROM credential_header WHERE key_id = ?")
            .bind(key_id)
            .fetch_optional(c)
            .await?;
    Ok(found.is_some())
}

/// What a credential came to that was put.
enum Put {
    New,
    InPlace,
}

/// None where another key is in force.
async fn put(
    c: &mut Connection,
    key_id: String,
    credential: CredentialRecord,
    version: CredentialVersion,
) -> Done<Option<Put>> {
    if !is_in_force(c, &key_id).await? {
        return Ok(None);
    }
    let put = match remove(c, &credential.name).await? {
        true => Put::InPlace,
        false => Put::New,
    };
    sqlx::query(
        "INSERT INTO credential (id, name, kind, created_at, rotated_at, expires_at, max_uses, bounds, \
         version, revision, uses, last_used_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&credential.id)
    .bind(credential.name)
    .bind(credential.kind)
    .bind(credential.created_at)
    .bind(credential.rotated_at)
    .bind(credential.expires_at)
    .bind(credential.max_uses)
    .bind(credential.bounds)
    .bind(credential.version)
    .bind(credential.revision)
    .bind(credential.uses)
    .bind(credential.last_used_at)
    .execute(&mut *c)
    .await?;
    add_version(c, &credential.id, version).await?;
    Ok(Some(put))
}

async fn change(
    c: &mut Connection,
    key_id: String,
    credential: CredentialRecord,
    versions: Vec<CredentialVersion>,
) -> Done<bool> {
    if !is_in_force(c, &key_id).await? {
        return Ok(false);
    }
    let changed = sqlx::query(
        "UPDATE credential SET rotated_at = ?, expires_at = ?, max_uses = ?, bounds = ?, version = ?, \
         revision = ? WHERE id = ? AND revision = ?",
    )
    .bind(credential.rotated_at)
    .bind(credential.expires_at)
    .bind(credential.max_uses)
    .bind(credential.bounds)
    .bind(credential.version)
    .bind(credential.revision)
    .bind(&credential.id)
    .bind(credential.revision - 1)
    .execute(&mut *c)
    .await?;
    if changed.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query("DELETE FROM credential_version WHERE credential = ?")
        .bind(&credential.id)
        .execute(&mut *c)
        .await?;
    for version in versions {
        add_version(c, &credential.id, version).await?;
    }
    Ok(true)
}

async fn add_version(c: &mut Connection, id: &str, version: CredentialVersion) -> Done<()> {
    sqlx::query(
        "INSERT INTO credential_version (credential, version, created_at, usable_until, wrapped, sealed) \
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(id)
    .bind(version.version)
    .bind(version.created_at)
    .bind(version.usable_until)
    .bind(version.wrapped)
    .bind(version.sealed)
    .execute(c)
    .await?;
    Ok(())
}

async fn remove(c: &mut Connection, name: &str) -> Done<bool> {
    let gone = sqlx::query("DELETE FROM credential WHERE name = ?")
        .bind(name)
        .execute(c)
        .await?;
    Ok(gone.rows_affected() > 0)
}

async fn used(c: &mut Connection, id: String, revision: i64, at: Millis) -> Done<bool> {
    let counted = sqlx::query(
        "UPDATE credential SET uses = uses + 1, last_used_at = ? WHERE id = ? AND revision = ? \
         AND (max_uses IS NULL OR uses < max_uses) AND (expires_at IS NULL OR expires_at > ?)",
    )
    .bind(at)
    .bind(id)
    .bind(revision)
    .bind(at)
    .execute(c)
    .await?;
    Ok(counted.rows_affected() > 0)
}

fn header(row: &SqliteRow) -> Done<CredentialHeader> {
    Ok(CredentialHeader {
        vault_id: row.try_get(0)?,
        key_id: row.try_get(1)?,
        next_key_id: row.try_get(2)?,
        former_key_id: row.try_get(3)?,
        key_check: row.try_get(4)?,
    })
}

fn credential(row: &SqliteRow) -> Done<CredentialRecord> {
    Ok(CredentialRecord {
        id: row.try_get(0)?,
        name: row.try_get(1)?,
        kind: row.try_get(2)?,
        created_at: row.try_get(3)?,
        rotated_at: row.try_get(4)?,
        expires_at: row.try_get(5)?,
        max_uses: row.try_get(6)?,
        bounds: row.try_get(7)?,
        version: row.try_get(8)?,
        revision: row.try_get(9)?,
        uses: row.try_get(10)?,
        last_used_at: row.try_get(11)?,
    })
}

fn version(row: &SqliteRow) -> Done<CredentialVersion> {
    Ok(CredentialVersion {
        version: row.try_get(0)?,
        created_at: row.try_get(1)?,
        usable_until: row.try_get(2)?,
        wrapped: row.try_get(3)?,
        sealed: row.try_get(4)?,
    })
}
