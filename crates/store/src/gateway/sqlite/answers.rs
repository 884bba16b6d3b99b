//! Answers to idempotency keys, and usage.

use std::fmt::Write;

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqlitePool};

use crate::Millis;
use crate::gateway::{
    Claim, ClockChange, TokenUsage, UsageBy, UsageQuery, UsageRecord, UsageTotal,
};
use crate::sqlite::database::Connection;

type Done<T> = Result<T, sqlx::Error>;

pub(super) async fn claim(
    c: &mut Connection,
    key: String,
    now: Millis,
    expires_at: Millis,
) -> Done<Claim> {
    let first = sqlx::query(
        "INSERT INTO answer (key, json, expires_at) VALUES (?, NULL, ?) \
         ON CONFLICT (key) DO UPDATE SET json = NULL, expires_at = excluded.expires_at \
         WHERE answer.expires_at <= ?",
    )
    .bind(&key)
    .bind(expires_at)
    .bind(now)
    .execute(&mut *c)
    .await?
    .rows_affected()
        > 0;
    if first {
        return Ok(Claim::First);
    }
    let json: Option<String> = sqlx::query_scalar("SELECT json FROM answer WHERE key = ?")
        .bind(&key)
        .fetch_one(c)
        .await?;
    Ok(json.map_or(Claim::Pending, Claim::Answered))
}

pub(super) async fn put(
    c: &mut Connection,
    key: String,
    json: String,
    expires_at: Millis,
) -> Done<()> {
    sqlx::query("INSERT OR REPLACE INTO answer (key, json, expires_at) VALUES (?, ?, ?)")
        .bind(key)
        .bind(json)
        .bind(expires_at)
        .execute(c)
        .await?;
    Ok(())
}

/// Takes a claim back; an answer stays.
pub(super) async fn release(c: &mut Connection, key: String) -> Done<()> {
    sqlx::query("DELETE FROM answer WHERE key = ? AND json IS NULL")
        .bind(key)
        .execute(c)
        .await?;
    Ok(())
}

pub(super) async fn expire(c: &mut Connection, now: Millis) -> Done<u64> {
    let gone = sqlx::query("DELETE FROM answer WHERE expires_at <= ?")
        .bind(now)
        .execute(c)
        .await?;
    Ok(gone.rows_affected())
}

pub(super) async fn add_usage(c: &mut Connection, usage: UsageRecord) -> Done<()> {
    sqlx::query(
        "INSERT INTO usage (at, day, session, agent, run, provider, model, input, output, \
         cache_read, cache_write, context, cost_usd) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(usage.at)
    .bind(&usage.day)
    .bind(&usage.session)
    .bind(&usage.agent)
    .bind(&usage.run)
    .bind(&usage.provider)
    .bind(&usage.model)
    .bind(usage.tokens.input)
    .bind(usage.tokens.output)
    .bind(usage.tokens.cache_read)
    .bind(usage.tokens.cache_write)
    .bind(usage.tokens.context)
    .bind(usage.tokens.cost_usd)
    .execute(&mut *c)
    .await?;
    sqlx::query(
        "UPDATE session SET input = input + ?, output = output + ?, cache_read = cache_read + ?, \
         cache_write = cache_write + ?, context = coalesce(nullif(?, 0), context), \
         cost_usd = CASE WHEN ? IS NULL THEN cost_usd ELSE coalesce(cost_usd, 0) + ? END \
         WHERE key = ?",
    )
    .bind(usage.tokens.input)
    .bind(usage.tokens.output)
    .bind(usage.tokens.cache_read)
    .bind(usage.tokens.cache_write)
    .bind(usage.tokens.context)
    .bind(usage.tokens.cost_usd)
    .bind(usage.tokens.cost_usd)
    .bind(&usage.session)
    .execute(c)
    .await?;
    Ok(())
}

pub(super) async fn totals(
    pool: &SqlitePool,
    query: &UsageQuery,
    by: UsageBy,
) -> Done<Vec<UsageTotal>> {
    let day = day(&query.clocks);
    let group = match by {
        UsageBy::Day => day.as_str(),
        UsageBy::Session => "session",
        UsageBy::Model => "provider || '/' || model",
        UsageBy::Agent => "agent",
        UsageBy::All => "''",
    };
    let mut sql = QueryBuilder::<Sqlite>::new("SELECT ");
    sql.push(group).push(
        ", count(*), count(*) - count(cost_usd), sum(input), sum(output), sum(cache_read), \
         sum(cache_write), max(context), sum(cost_usd) FROM usage WHERE TRUE",
    );
    for (column, is, value) in [
        (day.as_str(), " >= ", &query.from),
        (day.as_str(), " <= ", &query.to),
        ("session", " = ", &query.session),
        ("agent", " = ", &query.agent),
    ] {
        if let Some(value) = value {
            sql.push(" AND ").push(column).push(is);
            sql.push_bind(value.clone());
        }
    }
    sql.push(" GROUP BY 1 ORDER BY 1");
    let rows = sql.build().fetch_all(pool).await?;
    rows.iter().map(total).collect()
}

/// The day of a record: as it was noted in UTC, or reckoned from its time. Nothing but numbers is written into it.
fn day(clocks: &[ClockChange]) -> String {
    let Some(first) = clocks.first() else {
        return "day".to_owned();
    };
    let mut ahead = String::from("CASE");
    for change in clocks.iter().skip(1).rev() {
        // Writing to a string does not fail.
        let _ = write!(
            ahead,
            " WHEN at >= {} THEN {}",
            change.since, change.ahead_ms
        );
    }
    let ahead = match clocks.len() {
        1 => first.ahead_ms.to_string(),
        _ => format!("{ahead} ELSE {} END", first.ahead_ms),
    };
    // A time that no calendar has keeps the day that it was noted with.
    format!("coalesce(date((at + {ahead}) / 1000, 'unixepoch'), day)")
}

fn total(row: &SqliteRow) -> Done<UsageTotal> {
    let count = |index: usize| -> Done<u64> {
        Ok(u64::try_from(row.try_get::<i64, _>(index)?).unwrap_or(0))
    };
    Ok(UsageTotal {
        group: row.try_get(0)?,
        calls: count(1)?,
        unpriced: count(2)?,
        tokens: tokens(row, 3)?,
    })
}

/// Six columns from `first` on.
fn tokens(row: &SqliteRow, first: usize) -> Done<TokenUsage> {
    Ok(TokenUsage {
        input: row.try_get(first)?,
        output: row.try_get(first + 1)?,
        cache_read: row.try_get(first + 2)?,
        cache_write: row.try_get(first + 3)?,
        context: row.try_get(first + 4)?,
        cost_usd: row.try_get(first + 5)?,
    })
}

pub(super) async fn records(
    pool: &SqlitePool,
    session: &str,
    limit: u32,
) -> Done<Vec<UsageRecord>> {
    let rows = sqlx::query(
        "SELECT at, day, session, agent, run, provider, model, input, output, cache_read, \
         cache_write, context, cost_usd FROM usage WHERE session = ? \
         ORDER BY at DESC, row DESC LIMIT ?",
    )
    .bind(session)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter().map(record).collect()
}

fn record(row: &SqliteRow) -> Done<UsageRecord> {
    Ok(UsageRecord {
        at: row.try_get(0)?,
        day: row.try_get(1)?,
        session: row.try_get(2)?,
        agent: row.try_get(3)?,
        run: row.try_get(4)?,
        provider: row.try_get(5)?,
        model: row.try_get(6)?,
        tokens: tokens(row, 7)?,
    })
}
