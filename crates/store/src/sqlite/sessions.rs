//! The sessions of each gateway.

use std::collections::HashSet;

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::SqliteCache;
use super::database::Connection;
use super::transaction::begin;
use crate::{SessionBatch, SessionRecord};

type Result<T> = std::result::Result<T, sqlx::Error>;

/// SQLite sorts NULL before every number, so descending puts the sessions without a time last.
pub(super) const SESSIONS: &str = "SELECT key, updated_at, json FROM session WHERE gateway = ? \
                        ORDER BY updated_at DESC, key";

const PUT: &str = "INSERT INTO session (gateway, key, updated_at, json) VALUES (?, ?, ?, ?) \
    ON CONFLICT (gateway, key) DO UPDATE SET updated_at = excluded.updated_at, json = excluded.json \
    WHERE updated_at IS NOT excluded.updated_at OR json <> excluded.json";

/// The sessions past the bound, the latest of which stay.
const PAST_BOUND: &str = "SELECT key FROM session WHERE gateway = ? \
                          ORDER BY updated_at DESC, key LIMIT -1 OFFSET ?";

impl SqliteCache {
    pub(super) async fn read_sessions(&self, gateway: &str) -> Result<Vec<SessionRecord>> {
        let rows = sqlx::query(SESSIONS)
            .bind(gateway)
            .fetch_all(&self.cache.read)
            .await?;
        rows.iter().map(session).collect()
    }

    pub(super) async fn write_sessions(&self, gateway: &str, batch: &SessionBatch) -> Result<()> {
        let mut transaction = begin(&self.cache.write).await?;
        for key in &batch.remove {
            remove(&mut transaction, gateway, key).await?;
        }
        if batch.whole {
            keep_only(&mut transaction, gateway, &batch.upsert).await?;
        }
        for record in &batch.upsert {
            sqlx::query(PUT)
                .bind(gateway)
                .bind(&record.key)
                .bind(record.updated_at)
                .bind(&record.json)
                .execute(&mut *transaction)
                .await?;
        }
        let past_bound: Vec<String> = sqlx::query_scalar(PAST_BOUND)
            .bind(gateway)
            .bind(self.bounds.sessions_per_gateway)
            .fetch_all(&mut *transaction)
            .await?;
        for key in &past_bound {
            remove(&mut transaction, gateway, key).await?;
        }
        transaction.commit().await
    }

    pub(super) async fn remove_gateway_sessions(&self, gateway: &str) -> Result<()> {
        let mut transaction = begin(&self.cache.write).await?;
        for sql in [
            "DELETE FROM session WHERE gateway = ?",
            "DELETE FROM transcript WHERE gateway = ?",
        ] {
            sqlx::query(sql)
                .bind(gateway)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await
    }

    /// Every gateway that something is cached of.
    pub(super) async fn cached_gateways(&self) -> Result<Vec<String>> {
        sqlx::query_scalar("SELECT gateway FROM session UNION SELECT gateway FROM transcript")
            .fetch_all(&self.cache.read)
            .await
    }
}

/// Forgets the sessions that the gateway no longer lists. Messages of a session that was never listed
/// stay: a chat may be opened before the list arrives.
async fn keep_only(
    connection: &mut Connection,
    gateway: &str,
    listed: &[SessionRecord],
) -> Result<()> {
    let listed: HashSet<&str> = listed.iter().map(|record| record.key.as_str()).collect();
    let known: Vec<String> = sqlx::query_scalar("SELECT key FROM session WHERE gateway = ?")
        .bind(gateway)
        .fetch_all(&mut *connection)
        .await?;
    for key in known.iter().filter(|key| !listed.contains(key.as_str())) {
        remove(connection, gateway, key).await?;
    }
    Ok(())
}

/// Forgets a session with its messages.
async fn remove(connection: &mut Connection, gateway: &str, key: &str) -> Result<()> {
    for sql in [
        "DELETE FROM session WHERE gateway = ? AND key = ?",
        "DELETE FROM transcript WHERE gateway = ? AND session = ?",
    ] {
        sqlx::query(sql)
            .bind(gateway)
            .bind(key)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

fn session(row: &SqliteRow) -> Result<SessionRecord> {
    Ok(SessionRecord {
        key: row.try_get(0)?,
        updated_at: row.try_get(1)?,
        json: row.try_get(2)?,
    })
}
