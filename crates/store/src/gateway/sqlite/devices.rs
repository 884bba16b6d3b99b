//! Paired devices and the hashes of their tokens.

use async_trait::async_trait;
use gatehouse_audit::Draft;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::grants::say;
use super::{SqliteGatewayStore, pairing};
use crate::gateway::{
    DeviceRecord, DeviceStore, DeviceToken, PairingRecord, PairingState, SETUP_CODE_KEPT_MS,
};
use crate::sqlite::database::Connection;
use crate::{Millis, Result};

type Done<T> = std::result::Result<T, sqlx::Error>;

#[async_trait]
impl DeviceStore for SqliteGatewayStore {
    async fn devices(&self) -> Result<Vec<DeviceRecord>> {
        let rows = sqlx::query(
            "SELECT id, public_key, name, approved_at, last_seen_at, json FROM device \
             ORDER BY approved_at, id",
        )
        .fetch_all(&self.database.read);
        self.read(async { rows.await?.iter().map(device).collect() })
            .await
    }

    async fn device(&self, id: &str) -> Result<Option<DeviceRecord>> {
        let row = sqlx::query(
            "SELECT id, public_key, name, approved_at, last_seen_at, json FROM device WHERE id = ?",
        )
        .bind(id)
        .fetch_optional(&self.database.read);
        self.read(async { row.await?.as_ref().map(device).transpose() })
            .await
    }

    async fn device_put(&self, device: DeviceRecord, audit: Option<Draft>) -> Result<()> {
        let audit = self.scrubbed_draft(audit);
        self.write(move |c| {
            Box::pin(async move {
                put(c, &device).await?;
                say(c, true, audit).await.map(drop)
            })
        })
        .await
    }

    async fn device_seen(&self, id: &str, at: Millis) -> Result<()> {
        let id = id.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                sqlx::query("UPDATE device SET last_seen_at = ? WHERE id = ?")
                    .bind(at)
                    .bind(id)
                    .execute(c)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    async fn device_remove(&self, id: &str, audit: Option<Draft>) -> Result<bool> {
        let (id, audit) = (id.to_owned(), self.scrubbed_draft(audit));
        self.write(move |c| {
            Box::pin(async move {
                pairing::burn_codes(c, &id).await?;
                let gone = sqlx::query("DELETE FROM device WHERE id = ?")
                    .bind(id)
                    .execute(&mut *c)
                    .await?;
                say(c, gone.rows_affected() > 0, audit).await
            })
        })
        .await
    }

    async fn device_token_put(&self, token: DeviceToken, audit: Option<Draft>) -> Result<()> {
        let audit = self.scrubbed_draft(audit);
        self.write(move |c| {
            Box::pin(async move {
                if token.rotated_at.is_some() {
                    pairing::burn_codes(c, &token.device).await?;
                }
                put_token(c, token).await?;
                say(c, true, audit).await.map(drop)
            })
        })
        .await
    }

    async fn device_tokens(&self, device: &str) -> Result<Vec<DeviceToken>> {
        let rows = sqlx::query(
            "SELECT device, role, hash, scopes, created_at, rotated_at, revoked_at, last_used_at \
             FROM device_token WHERE device = ? ORDER BY role",
        )
        .bind(device)
        .fetch_all(&self.database.read);
        self.read(async { rows.await?.iter().map(token).collect() })
            .await
    }

    async fn device_token_by_hash(&self, hash: &str) -> Result<Option<DeviceToken>> {
        let row = sqlx::query(
            "SELECT device, role, hash, scopes, created_at, rotated_at, revoked_at, last_used_at \
             FROM device_token WHERE hash = ?",
        )
        .bind(hash)
        .fetch_optional(&self.database.read);
        self.read(async { row.await?.as_ref().map(token).transpose() })
            .await
    }

    async fn device_token_used(&self, device: &str, role: &str, at: Millis) -> Result<()> {
        let (device, role) = (device.to_owned(), role.to_owned());
        self.write(move |c| {
            Box::pin(async move {
                sqlx::query(
                    "UPDATE device_token SET last_used_at = ? WHERE device = ? AND role = ?",
                )
                .bind(at)
                .bind(device)
                .bind(role)
                .execute(c)
                .await?;
                Ok(())
            })
        })
        .await
    }

    async fn device_token_revoke(
        &self,
        device: &str,
        role: &str,
        at: Millis,
        audit: Option<Draft>,
    ) -> Result<bool> {
        let (device, role) = (device.to_owned(), role.to_owned());
        let audit = self.scrubbed_draft(audit);
        self.write(move |c| {
            Box::pin(async move {
                pairing::burn_codes(c, &device).await?;
                let revoked = sqlx::query(
                    "UPDATE device_token SET revoked_at = ? \
                     WHERE device = ? AND role = ? AND revoked_at IS NULL",
                )
                .bind(at)
                .bind(device)
                .bind(role)
                .execute(&mut *c)
                .await?;
                say(c, revoked.rows_affected() > 0, audit).await
            })
        })
        .await
    }

    async fn pairing_put(&self, request: PairingRecord) -> Result<Vec<String>> {
        self.write(move |c| Box::pin(pairing::put(c, request)))
            .await
    }

    async fn pairing(&self, id: &str) -> Result<Option<PairingRecord>> {
        self.read(pairing::find(&self.database.read, id)).await
    }

    async fn pairings_pending(&self, now: Millis) -> Result<Vec<PairingRecord>> {
        self.read(pairing::pending(&self.database.read, now)).await
    }

    async fn pairing_settle(
        &self,
        id: &str,
        state: PairingState,
        at: Millis,
        device: Option<DeviceRecord>,
        audit: Option<Draft>,
    ) -> Result<Option<PairingRecord>> {
        let (id, audit) = (id.to_owned(), self.scrubbed_draft(audit));
        self.write(move |c| {
            Box::pin(async move {
                let settled = pairing::settle(c, id, state, at, device).await?;
                say(c, settled.is_some(), audit).await?;
                Ok(settled)
            })
        })
        .await
    }

    async fn setup_code_put(
        &self,
        hash: &str,
        expires_at: Millis,
        json: &str,
        audit: Option<Draft>,
    ) -> Result<()> {
        let (hash, json) = (hash.to_owned(), json.to_owned());
        let audit = self.scrubbed_draft(audit);
        self.write(move |c| {
            Box::pin(async move {
                pairing::put_code(c, hash, expires_at, json).await?;
                say(c, true, audit).await.map(drop)
            })
        })
        .await
    }

    async fn setup_code_take(
        &self,
        hash: &str,
        device: &str,
        now: Millis,
    ) -> Result<Option<String>> {
        let (hash, device) = (hash.to_owned(), device.to_owned());
        self.write(move |c| Box::pin(pairing::take_code(c, hash, device, now)))
            .await
    }

    async fn setup_code_note(&self, setup_id: &str, note: &str) -> Result<bool> {
        let (setup_id, note) = (setup_id.to_owned(), note.to_owned());
        self.write(move |c| Box::pin(pairing::note_code(c, setup_id, note)))
            .await
    }

    async fn setup_code(&self, setup_id: &str, now: Millis) -> Result<Option<String>> {
        let json = sqlx::query_scalar(
            "SELECT json FROM setup_code \
             WHERE json_extract(json, '$.setupId') = ? AND expires_at > ?",
        )
        .bind(setup_id)
        .bind(now.saturating_sub(SETUP_CODE_KEPT_MS))
        .fetch_optional(&self.database.read);
        self.read(json).await
    }
}

pub(super) async fn put(c: &mut Connection, device: &DeviceRecord) -> Done<()> {
    sqlx::query(
        "INSERT INTO device (id, public_key, name, approved_at, last_seen_at, json) \
         VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET public_key = excluded.public_key, \
         name = excluded.name, approved_at = excluded.approved_at, \
         last_seen_at = excluded.last_seen_at, json = excluded.json",
    )
    .bind(&device.id)
    .bind(&device.public_key)
    .bind(&device.name)
    .bind(device.approved_at)
    .bind(device.last_seen_at)
    .bind(&device.json)
    .execute(c)
    .await?;
    Ok(())
}

async fn put_token(c: &mut Connection, token: DeviceToken) -> Done<()> {
    sqlx::query(
        "INSERT INTO device_token (device, role, hash, scopes, created_at, rotated_at, revoked_at, \
         last_used_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) \
         ON CONFLICT (device, role) DO UPDATE SET hash = excluded.hash, scopes = excluded.scopes, \
         created_at = excluded.created_at, rotated_at = excluded.rotated_at, \
         revoked_at = excluded.revoked_at, last_used_at = excluded.last_used_at",
    )
    .bind(&token.device)
    .bind(&token.role)
    .bind(&token.hash)
    .bind(&token.scopes)
    .bind(token.created_at)
    .bind(token.rotated_at)
    .bind(token.revoked_at)
    .bind(token.last_used_at)
    .execute(c)
    .await?;
    Ok(())
}

fn device(row: &SqliteRow) -> Done<DeviceRecord> {
    Ok(DeviceRecord {
        id: row.try_get(0)?,
        public_key: row.try_get(1)?,
        name: row.try_get(2)?,
        approved_at: row.try_get(3)?,
        last_seen_at: row.try_get(4)?,
        json: row.try_get(5)?,
    })
}

fn token(row: &SqliteRow) -> Done<DeviceToken> {
    Ok(DeviceToken {
        device: row.try_get(0)?,
        role: row.try_get(1)?,
        hash: row.try_get(2)?,
        scopes: row.try_get(3)?,
        created_at: row.try_get(4)?,
        rotated_at: row.try_get(5)?,
        revoked_at: row.try_get(6)?,
        last_used_at: row.try_get(7)?,
    })
}
