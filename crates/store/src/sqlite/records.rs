//! Gateways and settings.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::database::Connection;
use super::transaction::begin;
use super::{SqliteCache, backup};
use crate::{GatewayRecord, Millis};

type Result<T> = std::result::Result<T, sqlx::Error>;

const GATEWAYS: &str = "SELECT id, name, url, pin, credential, credential_saved_at, paused, added_at, \
                        last_seen, json FROM gateway ORDER BY added_at, id";

const PUT_GATEWAY: &str = "INSERT OR REPLACE INTO gateway \
    (id, name, url, pin, credential, credential_saved_at, paused, added_at, last_seen, json) \
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

impl SqliteCache {
    pub(super) async fn read_gateways(&self) -> Result<Vec<GatewayRecord>> {
        let rows = sqlx::query(GATEWAYS).fetch_all(&self.records.read).await?;
        rows.iter().map(gateway).collect()
    }

    pub(super) async fn write_gateway(&self, record: &GatewayRecord) -> Result<()> {
        let mut connection = self.records.write.acquire().await?;
        put_gateway(&mut connection, record).await?;
        self.back_up(&mut connection).await
    }

    pub(super) async fn write_seen(&self, id: &str, at: Millis) -> Result<()> {
        // Not backed up: it is written often and only ever said as "last seen".
        sqlx::query(
            "UPDATE gateway SET last_seen = ?1 WHERE id = ?2 AND ifnull(last_seen, ?1 - 1) < ?1",
        )
        .bind(at)
        .bind(id)
        .execute(&self.records.write)
        .await?;
        Ok(())
    }

    pub(super) async fn remove_gateway(&self, id: &str) -> Result<()> {
        let mut transaction = begin(&self.records.write).await?;
        sqlx::query("DELETE FROM inbox_item WHERE gateway = ?")
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("DELETE FROM gateway WHERE id = ?")
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        let mut connection = self.records.write.acquire().await?;
        self.back_up(&mut connection).await
    }

    pub(super) async fn read_setting(&self, name: &str) -> Result<Option<String>> {
        sqlx::query_scalar("SELECT json FROM setting WHERE name = ?")
            .bind(name)
            .fetch_optional(&self.records.read)
            .await
    }

    pub(super) async fn write_setting(&self, name: &str, json: &str) -> Result<()> {
        let mut connection = self.records.write.acquire().await?;
        put_setting(&mut connection, name, json).await?;
        self.back_up(&mut connection).await
    }

    /// Writes the copy of gateways and settings. It holds the writing connection meanwhile, so that an
    /// older copy cannot overtake a newer one. A copy that cannot be written is no reason to fail a change
    /// that is already on the disk.
    async fn back_up(&self, connection: &mut Connection) -> Result<()> {
        let Some(path) = self.backup.clone() else {
            return Ok(());
        };
        let copy = backup::Copy {
            gateways: read_gateways_on(connection).await?,
            settings: read_settings_on(connection).await?,
        };
        let written = tokio::task::spawn_blocking(move || backup::write(&path, &copy)).await;
        if let Err(cause) = written.map_err(std::io::Error::other).flatten() {
            tracing::warn!(%cause, "could not write the copy of gateways and settings");
        }
        Ok(())
    }

    /// Fills a database that was begun anew from the copy, where there is one. Says how many gateways came
    /// back. That it was done is written with it, so a process killed before it is done does it again.
    pub(super) async fn restore(&self) -> Result<usize> {
        let mut transaction = begin(&self.records.write).await?;
        let begun: i64 = sqlx::query_scalar("PRAGMA user_version")
            .fetch_one(&mut *transaction)
            .await?;
        if begun != 0 {
            return Ok(0);
        }
        let copy = self
            .backup
            .as_deref()
            .and_then(backup::read)
            .unwrap_or_default();
        for gateway in &copy.gateways {
            put_gateway(&mut transaction, gateway).await?;
        }
        for (name, json) in &copy.settings {
            put_setting(&mut transaction, name, json).await?;
        }
        sqlx::query("PRAGMA user_version = 1")
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(copy.gateways.len())
    }
}

async fn read_gateways_on(connection: &mut Connection) -> Result<Vec<GatewayRecord>> {
    let rows = sqlx::query(GATEWAYS).fetch_all(connection).await?;
    rows.iter().map(gateway).collect()
}

async fn read_settings_on(connection: &mut Connection) -> Result<Vec<(String, String)>> {
    sqlx::query_as("SELECT name, json FROM setting ORDER BY name")
        .fetch_all(connection)
        .await
}

async fn put_gateway(connection: &mut Connection, record: &GatewayRecord) -> Result<()> {
    sqlx::query(PUT_GATEWAY)
        .bind(&record.id)
        .bind(&record.name)
        .bind(&record.url)
        .bind(&record.pin)
        .bind(&record.credential)
        .bind(record.credential_saved_at)
        .bind(record.paused)
        .bind(record.added_at)
        .bind(record.last_seen)
        .bind(&record.json)
        .execute(connection)
        .await?;
    Ok(())
}

async fn put_setting(connection: &mut Connection, name: &str, json: &str) -> Result<()> {
    sqlx::query("INSERT OR REPLACE INTO setting (name, json) VALUES (?, ?)")
        .bind(name)
        .bind(json)
        .execute(connection)
        .await?;
    Ok(())
}

fn gateway(row: &SqliteRow) -> Result<GatewayRecord> {
    Ok(GatewayRecord {
        id: row.try_get(0)?,
        name: row.try_get(1)?,
        url: row.try_get(2)?,
        pin: row.try_get(3)?,
        credential: row.try_get(4)?,
        credential_saved_at: row.try_get(5)?,
        paused: row.try_get(6)?,
        added_at: row.try_get(7)?,
        last_seen: row.try_get(8)?,
        json: row.try_get(9)?,
    })
}
