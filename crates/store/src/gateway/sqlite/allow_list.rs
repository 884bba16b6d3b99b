//! The allow-list's entries, in their order.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite};

use super::grants::{self, Of};
use super::ledger;
use crate::Millis;
use crate::gateway::{AllowEntry, AllowListChange, GrantRecord, Witness};
use crate::sqlite::database::Connection;

type Done<T> = Result<T, sqlx::Error>;

pub(super) async fn entries<'e>(
    executor: impl sqlx::Executor<'e, Database = Sqlite>,
    agent: Option<&str>,
    now: Millis,
) -> Done<Vec<AllowEntry>> {
    let mut query = QueryBuilder::<Sqlite>::new(
        "SELECT id, agent, pattern, arg_pattern, source, command, added_at, last_used_at, \
         last_command, last_resolved FROM allow_entry WHERE NOT EXISTS \
         (SELECT 1 FROM approval_grant WHERE approval_grant.id = allow_entry.id AND NOT (",
    );
    query.push(grants::HOLDS).push_bind(now).push(")))");
    if let Some(agent) = agent {
        query.push(" AND agent IN ('*', ");
        query.push_bind(agent.to_owned()).push(")");
    }
    query.push(" ORDER BY position");
    let rows = query.build().fetch_all(executor).await?;
    rows.iter().map(entry).collect()
}

/// Adds an entry at the end, unless one of the same agent and patterns is there that shows no grant: each of those
/// has its own.
pub(super) async fn add(c: &mut Connection, entry: &AllowEntry) -> Done<()> {
    sqlx::query(
        "INSERT INTO allow_entry (id, position, agent, pattern, arg_pattern, source, command, \
         added_at, last_used_at, last_command, last_resolved) \
         SELECT ?, (SELECT coalesce(max(position), 0) + 1 FROM allow_entry), ?, ?, ?, ?, ?, ?, ?, ?, ? \
         WHERE NOT EXISTS (SELECT 1 FROM allow_entry \
                           WHERE agent = ? AND pattern = ? AND arg_pattern IS ? \
                           AND id NOT IN (SELECT id FROM approval_grant))",
    )
    .bind(&entry.id)
    .bind(&entry.agent)
    .bind(&entry.pattern)
    .bind(&entry.arg_pattern)
    .bind(&entry.source)
    .bind(&entry.command)
    .bind(entry.added_at)
    .bind(entry.last_used_at)
    .bind(&entry.last_command)
    .bind(&entry.last_resolved)
    .bind(&entry.agent)
    .bind(&entry.pattern)
    .bind(&entry.arg_pattern)
    .execute(c)
    .await?;
    Ok(())
}

pub(super) async fn replace(
    c: &mut Connection,
    change: AllowListChange,
    at: Millis,
    ended: Option<&Witness<GrantRecord>>,
) -> Done<bool> {
    if !is_still(c, &change, at).await? {
        return Ok(false);
    }
    let (entries, setting) = (change.entries, change.setting);
    let shown = sqlx::query_scalar(
        "SELECT id FROM allow_entry WHERE id IN (SELECT id FROM approval_grant)",
    );
    for grant in shown.fetch_all(&mut *c).await? {
        let grant: String = grant;
        if entries.iter().all(|entry| entry.id != grant) {
            grants::revoke_all(c, Of::Id(&grant), at, ended).await?;
        }
    }
    sqlx::query("DELETE FROM allow_entry")
        .execute(&mut *c)
        .await?;
    for entry in &entries {
        add(c, entry).await?;
    }
    if let Some((name, json)) = setting {
        ledger::put_setting(c, &name, &json).await?;
    }
    Ok(true)
}

/// Whether the list is what the change is one of.
async fn is_still(c: &mut Connection, change: &AllowListChange, at: Millis) -> Done<bool> {
    let Some((were, was)) = &change.only_from else {
        return Ok(true);
    };
    if entries(&mut *c, None, at).await? != *were {
        return Ok(false);
    }
    match &change.setting {
        Some((name, _)) => Ok(ledger::setting(c, name).await? == *was),
        None => Ok(true),
    }
}

/// Removes the entries of an agent. Those that show grants go with them.
pub(super) async fn forget(c: &mut Connection, agent: &str) -> Done<()> {
    sqlx::query("DELETE FROM allow_entry WHERE agent = ?")
        .bind(agent)
        .execute(c)
        .await?;
    Ok(())
}

pub(super) async fn used(
    c: &mut Connection,
    id: String,
    at: Millis,
    command: String,
    resolved: Option<String>,
) -> Done<()> {
    sqlx::query(
        "UPDATE allow_entry SET last_used_at = ?, last_command = ?, last_resolved = ? WHERE id = ?",
    )
    .bind(at)
    .bind(command)
    .bind(resolved)
    .bind(id)
    .execute(c)
    .await?;
    Ok(())
}

fn entry(row: &SqliteRow) -> Done<AllowEntry> {
    Ok(AllowEntry {
        id: row.try_get(0)?,
        agent: row.try_get(1)?,
        pattern: row.try_get(2)?,
        arg_pattern: row.try_get(3)?,
        source: row.try_get(4)?,
        command: row.try_get(5)?,
        added_at: row.try_get(6)?,
        last_used_at: row.try_get(7)?,
        last_command: row.try_get(8)?,
        last_resolved: row.try_get(9)?,
    })
}
