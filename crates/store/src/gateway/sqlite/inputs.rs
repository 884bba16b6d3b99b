//! Inputs that wait for their turn.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqlitePool};

use crate::gateway::{Follows, WaitingInput};
use crate::sqlite::database::Connection;

type Done<T> = Result<T, sqlx::Error>;

pub(super) async fn put(c: &mut Connection, input: WaitingInput) -> Done<()> {
    sqlx::query("INSERT OR IGNORE INTO input (id, key, at, json) VALUES (?, ?, ?, ?)")
        .bind(input.id)
        .bind(input.key)
        .bind(input.at)
        .bind(input.json)
        .execute(c)
        .await?;
    Ok(())
}

pub(super) async fn put_after(
    c: &mut Connection,
    input: WaitingInput,
    wanted: Follows,
) -> Done<bool> {
    let is_taken = follows(c, &input.key, &input.id, &wanted).await?;
    if is_taken {
        put(c, input).await?;
    }
    Ok(is_taken)
}

/// Whether nothing came since what the input `id` was written after.
pub(super) async fn follows(
    c: &mut Connection,
    key: &str,
    id: &str,
    wanted: &Follows,
) -> Done<bool> {
    let live: Option<(i64, String)> = sqlx::query_as(
        "SELECT id, session_id FROM transcript WHERE key = ? AND archived_at IS NULL",
    )
    .bind(key)
    .fetch_optional(&mut *c)
    .await?;
    let session_id = live.as_ref().map(|(_, session_id)| session_id);
    if wanted.session_id.is_some() && wanted.session_id.as_ref() != session_id {
        return Ok(false);
    }
    let transcript = live.map(|(id, _)| id);
    let last: Option<String> =
        sqlx::query_scalar("SELECT id FROM entry WHERE transcript = ? ORDER BY seq DESC LIMIT 1")
            .bind(transcript)
            .fetch_optional(&mut *c)
            .await?;
    if let (Some(_), Some(entry)) = (&wanted.session_id, &wanted.entry) {
        return is_there(c, transcript, entry).await;
    }
    Ok(last == wanted.entry && !others_wait(c, key, id).await?)
}

async fn is_there(c: &mut Connection, transcript: Option<i64>, entry: &str) -> Done<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM entry WHERE transcript = ? AND id = ?)")
        .bind(transcript)
        .bind(entry)
        .fetch_one(c)
        .await
}

async fn others_wait(c: &mut Connection, key: &str, id: &str) -> Done<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM input WHERE key = ? AND id <> ?)")
        .bind(key)
        .bind(id)
        .fetch_one(c)
        .await
}

pub(super) async fn remove(c: &mut Connection, id: &str) -> Done<bool> {
    let gone = sqlx::query("DELETE FROM input WHERE id = ?")
        .bind(id)
        .execute(c)
        .await?;
    Ok(gone.rows_affected() > 0)
}

pub(super) async fn waiting(pool: &SqlitePool, key: Option<&str>) -> Done<Vec<WaitingInput>> {
    let mut query = QueryBuilder::<Sqlite>::new("SELECT id, key, at, json FROM input");
    if let Some(key) = key {
        query.push(" WHERE key = ").push_bind(key.to_owned());
    }
    query.push(" ORDER BY at, rowid");
    let rows = query.build().fetch_all(pool).await?;
    rows.iter().map(input).collect()
}

fn input(row: &SqliteRow) -> Done<WaitingInput> {
    Ok(WaitingInput {
        id: row.try_get(0)?,
        key: row.try_get(1)?,
        at: row.try_get(2)?,
        json: row.try_get(3)?,
    })
}
