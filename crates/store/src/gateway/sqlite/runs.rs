//! Runs, and what their sessions say of them.

use async_trait::async_trait;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::SqliteGatewayStore;
use super::rows::Word;
use crate::gateway::{RunRecord, RunState, RunStore, SessionStatus};
use crate::sqlite::database::Connection;
use crate::{Millis, Result};

type Done<T> = std::result::Result<T, sqlx::Error>;

#[async_trait]
impl RunStore for SqliteGatewayStore {
    async fn run_begin(&self, run: RunRecord) -> Result<bool> {
        self.write(move |c| Box::pin(begin(c, run))).await
    }

    async fn run_end(
        &self,
        id: &str,
        state: RunState,
        at: Millis,
        json: &str,
    ) -> Result<Option<RunRecord>> {
        let (id, json) = (id.to_owned(), json.to_owned());
        self.write(move |c| Box::pin(end(c, id, state, at, json)))
            .await
    }

    async fn run(&self, id: &str) -> Result<Option<RunRecord>> {
        let row = sqlx::query(
            "SELECT id, key, agent, state, started_at, ended_at, json FROM run WHERE id = ?",
        )
        .bind(id)
        .fetch_optional(&self.database.read);
        self.read(async { row.await?.as_ref().map(run).transpose() })
            .await
    }

    async fn runs(&self, session: &str, limit: u32) -> Result<Vec<RunRecord>> {
        let rows = sqlx::query(
            "SELECT id, key, agent, state, started_at, ended_at, json FROM run WHERE key = ? \
             ORDER BY started_at DESC LIMIT ?",
        )
        .bind(session)
        .bind(limit)
        .fetch_all(&self.database.read);
        self.read(async { rows.await?.iter().map(run).collect() })
            .await
    }

    fn interrupted(&self) -> Vec<RunRecord> {
        self.interrupted.clone()
    }
}

async fn begin(c: &mut Connection, run: RunRecord) -> Done<bool> {
    let added = sqlx::query(
        "INSERT OR IGNORE INTO run (id, key, agent, state, started_at, ended_at, json) \
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&run.id)
    .bind(&run.session)
    .bind(&run.agent)
    .bind(run.state.word())
    .bind(run.started_at)
    .bind(run.ended_at)
    .bind(&run.json)
    .execute(&mut *c)
    .await?;
    if added.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query(
        "UPDATE session SET status = 'running', last_run = ?, started_at = ?, ended_at = NULL, \
         updated_at = max(updated_at, ?) WHERE key = ?",
    )
    .bind(&run.id)
    .bind(run.started_at)
    .bind(run.started_at)
    .bind(&run.session)
    .execute(c)
    .await?;
    Ok(true)
}

async fn end(
    c: &mut Connection,
    id: String,
    state: RunState,
    at: Millis,
    json: String,
) -> Done<Option<RunRecord>> {
    let row = sqlx::query(
        "UPDATE run SET state = ?, ended_at = ?, json = ? WHERE id = ? AND state = 'running' \
         RETURNING id, key, agent, state, started_at, ended_at, json",
    )
    .bind(state.word())
    .bind(at)
    .bind(json)
    .bind(&id)
    .fetch_optional(&mut *c)
    .await?;
    let Some(ended) = row.as_ref().map(run).transpose()? else {
        return Ok(None);
    };
    // A later run of the same session is not ended by an earlier one.
    sqlx::query(
        "UPDATE session SET status = ?, ended_at = ?, updated_at = max(updated_at, ?) \
         WHERE key = ? AND last_run = ?",
    )
    .bind(status(state).word())
    .bind(at)
    .bind(at)
    .bind(&ended.session)
    .bind(&id)
    .execute(c)
    .await?;
    Ok(Some(ended))
}

/// Ends every run that a former process left running.
pub(super) async fn interrupt(c: &mut Connection, now: Millis) -> Done<Vec<RunRecord>> {
    let rows = sqlx::query(
        "UPDATE run SET state = 'interrupted', ended_at = max(started_at, ?) \
         WHERE state = 'running' RETURNING id, key, agent, state, started_at, ended_at, json",
    )
    .bind(now)
    .fetch_all(&mut *c)
    .await?;
    sqlx::query(
        "UPDATE session SET status = 'interrupted', ended_at = max(coalesce(started_at, 0), ?) \
         WHERE status = 'running'",
    )
    .bind(now)
    .execute(c)
    .await?;
    rows.iter().map(run).collect()
}

fn status(state: RunState) -> SessionStatus {
    match state {
        RunState::Running => SessionStatus::Running,
        RunState::Ended => SessionStatus::Done,
        RunState::Failed => SessionStatus::Failed,
        RunState::Aborted => SessionStatus::Killed,
        RunState::TimedOut => SessionStatus::Timeout,
        RunState::Interrupted => SessionStatus::Interrupted,
    }
}

fn run(row: &SqliteRow) -> Done<RunRecord> {
    Ok(RunRecord {
        id: row.try_get(0)?,
        session: row.try_get(1)?,
        agent: row.try_get(2)?,
        state: RunState::column(row, 3)?,
        started_at: row.try_get(4)?,
        ended_at: row.try_get(5)?,
        json: row.try_get(6)?,
    })
}
