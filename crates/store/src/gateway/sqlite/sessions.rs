//! The sessions' rows.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite};

use super::grants::{self, Of};
use super::rows::Word;
use super::{SqliteGatewayStore, groups, transcripts};
use crate::gateway::{
    GrantRecord, SessionChange, SessionFilter, SessionGroup, SessionList, SessionOrder, SessionRow,
    SessionStatus, SessionStore, SessionWitness, TokenUsage, Witness,
};
use crate::sqlite::database::Connection;
use crate::{Millis, Result};

type Done<T> = std::result::Result<T, sqlx::Error>;

const COLUMNS: &str = "key, session_id, agent, kind, label, display_name, group_name, overrides, \
    extra, created_at, updated_at, activity_at, read_at, preview, status, last_run, started_at, \
    ended_at, input, output, cache_read, cache_write, context, cost_usd, pinned_at, archived_at, \
    parent, spawned_by, depth";

const PUT: &str = "INSERT INTO session (key, session_id, agent, kind, label, display_name, \
    group_name, overrides, extra, created_at, updated_at, activity_at, read_at, preview, status, \
    last_run, started_at, ended_at, input, output, cache_read, cache_write, context, cost_usd, \
    pinned_at, archived_at, parent, spawned_by, depth) VALUES \
    (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
    ON CONFLICT (key) DO UPDATE SET \
    session_id = excluded.session_id, agent = excluded.agent, kind = excluded.kind, label = \
    excluded.label, display_name = excluded.display_name, group_name = excluded.group_name, \
    overrides = excluded.overrides, extra = excluded.extra, created_at = \
    excluded.created_at, updated_at = excluded.updated_at, activity_at = \
    excluded.activity_at, read_at = excluded.read_at, preview = excluded.preview, status = \
    excluded.status, last_run = excluded.last_run, started_at = excluded.started_at, \
    ended_at = excluded.ended_at, input = excluded.input, output = excluded.output, \
    cache_read = excluded.cache_read, cache_write = excluded.cache_write, context = \
    excluded.context, cost_usd = excluded.cost_usd, pinned_at = excluded.pinned_at, \
    archived_at = excluded.archived_at, parent = excluded.parent, spawned_by = \
    excluded.spawned_by, depth = excluded.depth";

#[async_trait]
impl SessionStore for SqliteGatewayStore {
    async fn session_create(&self, row: SessionRow) -> Result<Option<SessionRow>> {
        self.write(move |c| Box::pin(create(c, row))).await
    }

    async fn session(&self, key: &str) -> Result<Option<SessionRow>> {
        self.read(find(&self.database.read, "key", key)).await
    }

    async fn session_by_id(&self, session_id: &str) -> Result<Option<SessionRow>> {
        self.read(find(&self.database.read, "session_id", session_id))
            .await
    }

    async fn sessions(&self, filter: &SessionFilter) -> Result<SessionList> {
        self.read(list(&self.database.read, filter)).await
    }

    async fn session_change(&self, key: &str, change: SessionChange) -> Result<Option<SessionRow>> {
        self.session_change_recorded(key, change, Box::new(|_, _| None))
            .await
    }

    async fn session_change_recorded(
        &self,
        key: &str,
        change: SessionChange,
        say: SessionWitness,
    ) -> Result<Option<SessionRow>> {
        let (key, scrub) = (key.to_owned(), self.scrub.clone());
        self.write(move |c| {
            Box::pin(async move {
                let Some(before) = find(&mut *c, "key", &key).await? else {
                    return Ok(None);
                };
                let mut row = before.clone();
                change(&mut row);
                row.key = key;
                put(c, &row).await?;
                let said = say(&before, &row);
                let said = match (said, scrub) {
                    (Some(draft), Some(scrub)) => Some(scrub(draft)),
                    (said, _) => said,
                };
                grants::say(c, true, said).await?;
                Ok(Some(row))
            })
        })
        .await
    }

    async fn session_reset(
        &self,
        key: &str,
        session_id: &str,
        at: Millis,
        ended: Option<Witness<GrantRecord>>,
    ) -> Result<Option<SessionRow>> {
        let (key, session_id) = (key.to_owned(), session_id.to_owned());
        let ended = self.scrubbed(ended);
        self.write(move |c| {
            Box::pin(async move {
                let row = reset(c, &key, session_id, at).await?;
                if row.is_some() {
                    grants::revoke_all(c, Of::Session(&key), at, ended.as_ref()).await?;
                }
                Ok(row)
            })
        })
        .await
    }

    async fn session_fork(
        &self,
        from: &str,
        through: Option<&str>,
        row: SessionRow,
    ) -> Result<Option<SessionRow>> {
        let (from, through) = (from.to_owned(), through.map(str::to_owned));
        self.write(move |c| {
            Box::pin(async move {
                let Some(end) = transcripts::end(c, &from, through.as_deref()).await? else {
                    return Ok(None);
                };
                if create(c, row.clone()).await?.is_some() {
                    return Ok(None);
                }
                transcripts::copy(c, &from, end, &row.key).await?;
                Ok(Some(row))
            })
        })
        .await
    }

    async fn session_delete(
        &self,
        key: &str,
        only: Option<&str>,
        at: Millis,
        ended: Option<Witness<GrantRecord>>,
    ) -> Result<bool> {
        let (key, ended) = (key.to_owned(), self.scrubbed(ended));
        let only = only.map(str::to_owned);
        self.write(move |c| {
            Box::pin(async move {
                let id = sqlx::query_scalar("SELECT session_id FROM session WHERE key = ?");
                let id: Option<String> = id.bind(&key).fetch_optional(&mut *c).await?;
                if only.is_some() && only != id {
                    return Ok(false);
                }
                for sql in [
                    "DELETE FROM transcript WHERE key = ?",
                    "DELETE FROM input WHERE key = ?",
                    "DELETE FROM draft WHERE key = ?",
                ] {
                    sqlx::query(sql).bind(&key).execute(&mut *c).await?;
                }
                let gone = sqlx::query("DELETE FROM session WHERE key = ?")
                    .bind(&key)
                    .execute(&mut *c)
                    .await?;
                grants::revoke_all(c, Of::Session(&key), at, ended.as_ref()).await?;
                Ok(gone.rows_affected() > 0)
            })
        })
        .await
    }

    async fn groups(&self) -> Result<Vec<SessionGroup>> {
        self.read(groups::all(&self.database.read)).await
    }

    async fn groups_put(&self, groups: Vec<SessionGroup>) -> Result<Vec<(String, u64)>> {
        self.write(move |c| Box::pin(groups::put(c, groups))).await
    }

    async fn group_delete(&self, name: &str) -> Result<u64> {
        let name = name.to_owned();
        self.write(move |c| Box::pin(groups::delete(c, name))).await
    }

    async fn group_rename(&self, from: &str, to: &str) -> Result<bool> {
        let (from, to) = (from.to_owned(), to.to_owned());
        self.write(move |c| Box::pin(groups::rename(c, from, to)))
            .await
    }
}

/// Adds a row with an empty transcript, or gives the one back that is there.
async fn create(c: &mut Connection, row: SessionRow) -> Done<Option<SessionRow>> {
    if let Some(there) = find(&mut *c, "key", &row.key).await? {
        return Ok(Some(there));
    }
    put(c, &row).await?;
    transcripts::begin(c, &row.key, &row.session_id, row.created_at, 1).await?;
    Ok(None)
}

async fn reset(
    c: &mut Connection,
    key: &str,
    session_id: String,
    at: Millis,
) -> Done<Option<SessionRow>> {
    let Some(mut row) = find(&mut *c, "key", key).await? else {
        return Ok(None);
    };
    transcripts::archive(c, key, "reset", at).await?;
    transcripts::begin(c, key, &session_id, at, 1).await?;
    row.session_id = session_id;
    row.updated_at = at;
    row.activity_at = None;
    row.preview = None;
    row.status = SessionStatus::Idle;
    row.last_run = None;
    row.started_at = None;
    row.ended_at = None;
    row.usage = TokenUsage::default();
    put(c, &row).await?;
    Ok(Some(row))
}

/// One session by a column that is unique.
pub(super) async fn find<'e>(
    executor: impl sqlx::Executor<'e, Database = Sqlite>,
    column: &str,
    value: &str,
) -> Done<Option<SessionRow>> {
    let mut query = QueryBuilder::<Sqlite>::new("SELECT ");
    query
        .push(COLUMNS)
        .push(" FROM session WHERE ")
        .push(column);
    query.push(" = ").push_bind(value.to_owned());
    let row = query.build().fetch_optional(executor).await?;
    row.as_ref().map(session).transpose()
}

async fn list(pool: &sqlx::SqlitePool, filter: &SessionFilter) -> Done<SessionList> {
    let rows = page_query(filter).build().fetch_all(pool).await?;
    let rows: Vec<SessionRow> = rows.iter().map(session).collect::<Done<_>>()?;
    let shown = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    // A page that is not full tells the total without counting.
    let short = filter.limit.is_none_or(|limit| shown < u64::from(limit));
    if short && (shown > 0 || filter.offset == 0) {
        let total = shown + u64::from(filter.offset);
        return Ok(SessionList { rows, total });
    }
    let mut count = QueryBuilder::<Sqlite>::new("SELECT count(*) FROM session WHERE TRUE");
    narrow(&mut count, filter);
    let total: i64 = count.build_query_scalar().fetch_one(pool).await?;
    Ok(SessionList {
        rows,
        total: u64::try_from(total).unwrap_or(0),
    })
}

/// The query of one page.
pub(super) fn page_query(filter: &SessionFilter) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::<Sqlite>::new("SELECT ");
    query.push(COLUMNS).push(" FROM session WHERE TRUE");
    narrow(&mut query, filter);
    query.push(match filter.order {
        SessionOrder::Updated => " ORDER BY updated_at DESC, key",
        SessionOrder::Activity => " ORDER BY coalesce(activity_at, updated_at) DESC, key",
    });
    // Without a limit SQLite wants -1 to take an offset.
    query.push(" LIMIT ");
    query.push_bind(filter.limit.map_or(-1, i64::from));
    if filter.offset > 0 {
        query.push(" OFFSET ").push_bind(i64::from(filter.offset));
    }
    query
}

fn narrow(query: &mut QueryBuilder<Sqlite>, filter: &SessionFilter) {
    match filter.archived {
        Some(true) => query.push(" AND archived_at IS NOT NULL"),
        Some(false) => query.push(" AND archived_at IS NULL"),
        None => query,
    };
    for (column, wanted) in [
        ("agent", &filter.agent),
        ("label", &filter.label),
        ("group_name", &filter.group),
        ("spawned_by", &filter.spawned_by),
        ("parent", &filter.parent),
    ] {
        if let Some(wanted) = wanted {
            query.push(" AND ").push(column).push(" = ");
            query.push_bind(wanted.clone());
        }
    }
    if let Some(status) = filter.status {
        query.push(" AND status = ").push_bind(status.word());
    }
    if let Some(since) = filter.updated_since {
        query.push(" AND updated_at >= ").push_bind(since);
    }
    if let Some(text) = &filter.search {
        query.push(" AND instr(lower(key || char(10) || coalesce(label, '') || char(10) || ");
        query.push("coalesce(display_name, '') || char(10) || coalesce(preview, '')), lower(");
        query.push_bind(text.clone()).push(")) > 0");
    }
}

/// Writes a whole row.
pub(super) async fn put(c: &mut Connection, row: &SessionRow) -> Done<()> {
    if let Some(group) = &row.group {
        groups::register(c, group).await?;
    }
    sqlx::query(PUT)
        .bind(&row.key)
        .bind(&row.session_id)
        .bind(&row.agent)
        .bind(&row.kind)
        .bind(&row.label)
        .bind(&row.display_name)
        .bind(&row.group)
        .bind(&row.overrides)
        .bind(&row.extra)
        .bind(row.created_at)
        .bind(row.updated_at)
        .bind(row.activity_at)
        .bind(row.read_at)
        .bind(&row.preview)
        .bind(row.status.word())
        .bind(&row.last_run)
        .bind(row.started_at)
        .bind(row.ended_at)
        .bind(row.usage.input)
        .bind(row.usage.output)
        .bind(row.usage.cache_read)
        .bind(row.usage.cache_write)
        .bind(row.usage.context)
        .bind(row.usage.cost_usd)
        .bind(row.pinned_at)
        .bind(row.archived_at)
        .bind(&row.parent)
        .bind(&row.spawned_by)
        .bind(row.depth)
        .execute(c)
        .await?;
    Ok(())
}

fn session(row: &SqliteRow) -> Done<SessionRow> {
    Ok(SessionRow {
        key: row.try_get(0)?,
        session_id: row.try_get(1)?,
        agent: row.try_get(2)?,
        kind: row.try_get(3)?,
        label: row.try_get(4)?,
        display_name: row.try_get(5)?,
        group: row.try_get(6)?,
        overrides: row.try_get(7)?,
        extra: row.try_get(8)?,
        created_at: row.try_get(9)?,
        updated_at: row.try_get(10)?,
        activity_at: row.try_get(11)?,
        read_at: row.try_get(12)?,
        preview: row.try_get(13)?,
        status: SessionStatus::column(row, 14)?,
        last_run: row.try_get(15)?,
        started_at: row.try_get(16)?,
        ended_at: row.try_get(17)?,
        usage: TokenUsage {
            input: row.try_get(18)?,
            output: row.try_get(19)?,
            cache_read: row.try_get(20)?,
            cache_write: row.try_get(21)?,
            context: row.try_get(22)?,
            cost_usd: row.try_get(23)?,
        },
        pinned_at: row.try_get(24)?,
        archived_at: row.try_get(25)?,
        parent: row.try_get(26)?,
        spawned_by: row.try_get(27)?,
        depth: row.try_get(28)?,
    })
}
