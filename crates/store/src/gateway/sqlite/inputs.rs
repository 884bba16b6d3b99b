//! Inputs that wait for their turn.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqlitePool};

use crate::gateway::WaitingInput;
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
