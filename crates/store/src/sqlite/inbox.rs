//! Inbox items: every one that waits, and a bounded history of what was decided.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::SqliteCache;
use super::transaction::begin;
use crate::{InboxPhase, InboxRecord};

type Result<T> = std::result::Result<T, sqlx::Error>;

const WAITING: &str = "SELECT key, gateway, created_at, decided_at, json FROM inbox_item \
                       WHERE decided_at IS NULL ORDER BY created_at, key";

const HISTORY: &str = "SELECT key, gateway, created_at, decided_at, json FROM inbox_item \
                       WHERE decided_at IS NOT NULL ORDER BY decided_at DESC, key DESC LIMIT ?";

const PUT: &str = "INSERT OR REPLACE INTO inbox_item (key, gateway, created_at, decided_at, json) \
                   VALUES (?, ?, ?, ?, ?)";

const TRIM: &str = "DELETE FROM inbox_item WHERE key IN \
    (SELECT key FROM inbox_item WHERE decided_at IS NOT NULL \
     ORDER BY decided_at DESC, key DESC LIMIT -1 OFFSET ?)";

impl SqliteCache {
    pub(super) async fn write_inbox(
        &self,
        upsert: &[InboxRecord],
        remove: &[String],
    ) -> Result<()> {
        let mut transaction = begin(&self.records.write).await?;
        for key in remove {
            sqlx::query("DELETE FROM inbox_item WHERE key = ?")
                .bind(key)
                .execute(&mut *transaction)
                .await?;
        }
        for item in upsert {
            sqlx::query(PUT)
                .bind(&item.key)
                .bind(&item.gateway)
                .bind(item.created_at)
                .bind(decided_at(item.phase))
                .bind(&item.json)
                .execute(&mut *transaction)
                .await?;
        }
        sqlx::query(TRIM)
            .bind(self.bounds.inbox_history)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }

    pub(super) async fn read_waiting(&self) -> Result<Vec<InboxRecord>> {
        let rows = sqlx::query(WAITING).fetch_all(&self.records.read).await?;
        rows.iter().map(item).collect()
    }

    pub(super) async fn read_history(&self, limit: u32) -> Result<Vec<InboxRecord>> {
        let rows = sqlx::query(HISTORY)
            .bind(limit)
            .fetch_all(&self.records.read)
            .await?;
        rows.iter().map(item).collect()
    }
}

fn decided_at(phase: InboxPhase) -> Option<i64> {
    match phase {
        InboxPhase::Waiting => None,
        InboxPhase::Decided { at } => Some(at),
    }
}

fn item(row: &SqliteRow) -> Result<InboxRecord> {
    let decided: Option<i64> = row.try_get(3)?;
    Ok(InboxRecord {
        key: row.try_get(0)?,
        gateway: row.try_get(1)?,
        created_at: row.try_get(2)?,
        phase: decided.map_or(InboxPhase::Waiting, |at| InboxPhase::Decided { at }),
        json: row.try_get(4)?,
    })
}
