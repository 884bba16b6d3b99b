//! Answers that are still being written, as far as they have come.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqlitePool};

use crate::gateway::{Draft, NewEntry};
use crate::sqlite::database::Connection;

type Done<T> = Result<T, sqlx::Error>;

pub(super) async fn put(c: &mut Connection, draft: Draft) -> Done<()> {
    sqlx::query("INSERT OR REPLACE INTO draft (key, session_id, run, json) VALUES (?, ?, ?, ?)")
        .bind(draft.key)
        .bind(draft.session_id)
        .bind(draft.run)
        .bind(draft.json)
        .execute(c)
        .await?;
    Ok(())
}

/// Forgets the draft that an entry is the answer of.
pub(super) async fn superseded_by(c: &mut Connection, key: &str, entry: &NewEntry) -> Done<()> {
    if entry.role != "assistant" {
        return Ok(());
    }
    sqlx::query("DELETE FROM draft WHERE key = ? AND run = ?")
        .bind(key)
        .bind(&entry.run)
        .execute(c)
        .await?;
    Ok(())
}

pub(super) async fn remove(c: &mut Connection, key: &str) -> Done<()> {
    sqlx::query("DELETE FROM draft WHERE key = ?")
        .bind(key)
        .execute(c)
        .await?;
    Ok(())
}

pub(super) async fn all(pool: &SqlitePool) -> Done<Vec<Draft>> {
    let rows = sqlx::query("SELECT key, session_id, run, json FROM draft ORDER BY key");
    rows.fetch_all(pool).await?.iter().map(draft).collect()
}

fn draft(row: &SqliteRow) -> Done<Draft> {
    Ok(Draft {
        key: row.try_get(0)?,
        session_id: row.try_get(1)?,
        run: row.try_get(2)?,
        json: row.try_get(3)?,
    })
}
