//! Groups of sessions. Each that a session is in is in the list, whichever way it came to be in it.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqlitePool};

use crate::gateway::SessionGroup;
use crate::sqlite::database::Connection;

type Done<T> = Result<T, sqlx::Error>;

pub(super) async fn all(pool: &SqlitePool) -> Done<Vec<SessionGroup>> {
    let rows = sqlx::query("SELECT name, json FROM session_group ORDER BY position");
    rows.fetch_all(pool).await?.iter().map(group).collect()
}

/// Adds one at the end, where it is not there.
pub(super) async fn register(c: &mut Connection, name: &str) -> Done<()> {
    sqlx::query(
        "INSERT OR IGNORE INTO session_group (name, position, json) \
         SELECT ?, coalesce(max(position), -1) + 1, '{}' FROM session_group",
    )
    .bind(name)
    .execute(c)
    .await?;
    Ok(())
}

/// Replaces the list, unless it leaves out groups that have sessions: gives those, with how many.
pub(super) async fn put(c: &mut Connection, groups: Vec<SessionGroup>) -> Done<Vec<(String, u64)>> {
    let in_use = left_out(c, &groups).await?;
    if !in_use.is_empty() {
        return Ok(in_use);
    }
    sqlx::query("DELETE FROM session_group")
        .execute(&mut *c)
        .await?;
    for (position, group) in groups.iter().enumerate() {
        sqlx::query("INSERT OR REPLACE INTO session_group (name, position, json) VALUES (?, ?, ?)")
            .bind(&group.name)
            .bind(i64::try_from(position).unwrap_or(i64::MAX))
            .bind(&group.json)
            .execute(&mut *c)
            .await?;
    }
    Ok(Vec::new())
}

async fn left_out(c: &mut Connection, groups: &[SessionGroup]) -> Done<Vec<(String, u64)>> {
    let used: Vec<(String, i64)> = sqlx::query_as(
        "SELECT name, count(*) FROM session_group JOIN session ON group_name = name \
         GROUP BY name ORDER BY min(position)",
    )
    .fetch_all(c)
    .await?;
    let left = used.into_iter();
    let left = left.filter(|(name, _)| groups.iter().all(|group| group.name != *name));
    Ok(left
        .map(|(name, members)| (name, u64::try_from(members).unwrap_or(0)))
        .collect())
}

/// Takes it from the list and from its sessions; gives how many those were.
pub(super) async fn delete(c: &mut Connection, name: String) -> Done<u64> {
    sqlx::query("DELETE FROM session_group WHERE name = ?")
        .bind(&name)
        .execute(&mut *c)
        .await?;
    let left = sqlx::query("UPDATE session SET group_name = NULL WHERE group_name = ?")
        .bind(&name)
        .execute(c)
        .await?;
    Ok(left.rows_affected())
}

pub(super) async fn rename(c: &mut Connection, from: String, to: String) -> Done<bool> {
    let renamed = sqlx::query("UPDATE OR IGNORE session_group SET name = ? WHERE name = ?")
        .bind(&to)
        .bind(&from)
        .execute(&mut *c)
        .await?;
    if renamed.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query("UPDATE session SET group_name = ? WHERE group_name = ?")
        .bind(&to)
        .bind(&from)
        .execute(c)
        .await?;
    Ok(true)
}

fn group(row: &SqliteRow) -> Done<SessionGroup> {
    Ok(SessionGroup {
        name: row.try_get(0)?,
        json: row.try_get(1)?,
    })
}
