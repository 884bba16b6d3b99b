//! Requests to be paired, and setup codes.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Sqlite, SqlitePool};

use super::devices;
use super::rows::Word;
use crate::Millis;
use crate::gateway::{DeviceRecord, PairingRecord, PairingState, SETUP_CODE_KEPT_MS};
use crate::sqlite::database::Connection;

type Done<T> = Result<T, sqlx::Error>;

pub(super) async fn put(c: &mut Connection, request: PairingRecord) -> Done<Vec<String>> {
    let superseded = sqlx::query_scalar(
        "UPDATE pairing SET state = 'superseded', settled_at = ? \
         WHERE device = ? AND state = 'pending' RETURNING id",
    )
    .bind(request.created_at)
    .bind(&request.device)
    .fetch_all(&mut *c)
    .await?;
    sqlx::query(
        "INSERT INTO pairing (id, device, state, created_at, expires_at, settled_at, json) \
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&request.id)
    .bind(&request.device)
    .bind(request.state.word())
    .bind(request.created_at)
    .bind(request.expires_at)
    .bind(request.settled_at)
    .bind(&request.json)
    .execute(c)
    .await?;
    Ok(superseded)
}

pub(super) async fn find<'e>(
    executor: impl sqlx::Executor<'e, Database = Sqlite>,
    id: &str,
) -> Done<Option<PairingRecord>> {
    let row = sqlx::query(
        "SELECT id, device, state, created_at, expires_at, settled_at, json FROM pairing WHERE id = ?",
    )
    .bind(id)
    .fetch_optional(executor)
    .await?;
    row.as_ref().map(pairing).transpose()
}

pub(super) async fn pending(pool: &SqlitePool, now: Millis) -> Done<Vec<PairingRecord>> {
    let rows = sqlx::query(
        "SELECT id, device, state, created_at, expires_at, settled_at, json FROM pairing \
         WHERE state = 'pending' AND expires_at > ? ORDER BY created_at, id",
    )
    .bind(now)
    .fetch_all(pool)
    .await?;
    rows.iter().map(pairing).collect()
}

pub(super) async fn settle(
    c: &mut Connection,
    id: String,
    state: PairingState,
    at: Millis,
    device: Option<DeviceRecord>,
) -> Done<Option<PairingRecord>> {
    sqlx::query(
        "UPDATE pairing SET state = 'expired', settled_at = expires_at \
         WHERE state = 'pending' AND expires_at <= ?",
    )
    .bind(at)
    .execute(&mut *c)
    .await?;
    let settled = sqlx::query(
        "UPDATE pairing SET state = ?, settled_at = ? WHERE id = ? AND state = 'pending'",
    )
    .bind(state.word())
    .bind(at)
    .bind(&id)
    .execute(&mut *c)
    .await?
    .rows_affected()
        > 0;
    if !settled {
        return Ok(None);
    }
    if let Some(device) = &device {
        devices::put(c, device).await?;
    }
    find(c, &id).await
}

pub(super) async fn put_code(
    c: &mut Connection,
    hash: String,
    expires_at: Millis,
    json: String,
) -> Done<()> {
    sqlx::query("INSERT OR REPLACE INTO setup_code (hash, expires_at, json) VALUES (?, ?, ?)")
        .bind(hash)
        .bind(expires_at)
        .bind(json)
        .execute(c)
        .await?;
    Ok(())
}

/// Takes a code for a device; those that are no longer kept go with it.
pub(super) async fn take_code(
    c: &mut Connection,
    hash: String,
    device: String,
    now: Millis,
) -> Done<Option<String>> {
    sqlx::query("DELETE FROM setup_code WHERE expires_at <= ?")
        .bind(now.saturating_sub(SETUP_CODE_KEPT_MS))
        .execute(&mut *c)
        .await?;
    sqlx::query_scalar(
        "UPDATE setup_code SET json = json_set(json, '$.takenBy', ?2) \
         WHERE hash = ?1 AND expires_at > ?3 AND json_extract(json, '$.isBurned') IS NULL \
         AND ifnull(json_extract(json, '$.takenBy'), ?2) = ?2 RETURNING json",
    )
    .bind(hash)
    .bind(device)
    .bind(now)
    .fetch_optional(c)
    .await
}

/// Adds to what is kept about a code.
pub(super) async fn note_code(c: &mut Connection, setup_id: String, note: String) -> Done<bool> {
    let noted = sqlx::query(
        "UPDATE setup_code SET json = json_patch(json, ?2) \
         WHERE json_extract(json, '$.setupId') = ?1",
    )
    .bind(setup_id)
    .bind(note)
    .execute(c)
    .await?;
    Ok(noted.rows_affected() > 0)
}

/// Burns the codes that a device came with: what was taken away from it, it does not get again.
pub(super) async fn burn_codes(c: &mut Connection, device: &str) -> Done<()> {
    sqlx::query(
        "UPDATE setup_code SET json = json_set(json, '$.isBurned', json('true')) \
         WHERE json_extract(json, '$.takenBy') = ?",
    )
    .bind(device)
    .execute(c)
    .await?;
    Ok(())
}

fn pairing(row: &SqliteRow) -> Done<PairingRecord> {
    Ok(PairingRecord {
        id: row.try_get(0)?,
        device: row.try_get(1)?,
        state: PairingState::column(row, 2)?,
        created_at: row.try_get(3)?,
        expires_at: row.try_get(4)?,
        settled_at: row.try_get(5)?,
        json: row.try_get(6)?,
    })
}
