//! Search over the words of live transcripts (FTS5).

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqlitePool};

use crate::gateway::{EntryHit, EntrySearch};
use crate::sqlite::search::expression;

type Done<T> = Result<T, sqlx::Error>;

/// A hit list longer than this is not read by a person.
const MOST_HITS: u32 = 500;

/// 24 words around the match fill two lines.
const HITS: &str = "SELECT transcript.key, transcript.session_id, entry.id, entry.at, entry.role, \
    snippet(entry_words, 0, '', '', '…', 24), entry_words.rank \
    FROM entry_words JOIN entry ON entry.row = entry_words.rowid \
    JOIN transcript ON transcript.id = entry.transcript AND transcript.archived_at IS NULL \
    WHERE entry_words MATCH ";

pub(super) async fn search(pool: &SqlitePool, search: &EntrySearch) -> Done<Vec<EntryHit>> {
    let Some(expression) = expression(&search.text) else {
        return Ok(Vec::new());
    };
    let mut query = QueryBuilder::<Sqlite>::new(HITS);
    query.push_bind(expression);
    if let Some(key) = &search.key {
        query.push(" AND transcript.key = ").push_bind(key.clone());
    }
    if let Some(agent) = &search.agent {
        query.push(" AND transcript.key IN (SELECT key FROM session WHERE agent = ");
        query.push_bind(agent.clone()).push(")");
    }
    query.push(" ORDER BY entry_words.rank, entry.row DESC LIMIT ");
    query.push_bind(search.limit.min(MOST_HITS));
    let rows = query.build().fetch_all(pool).await?;
    rows.iter().map(hit).collect()
}

fn hit(row: &SqliteRow) -> Done<EntryHit> {
    // FTS5's rank is the smaller, the better the match.
    let rank: f64 = row.try_get(6)?;
    Ok(EntryHit {
        key: row.try_get(0)?,
        session_id: row.try_get(1)?,
        id: row.try_get(2)?,
        at: row.try_get(3)?,
        role: row.try_get(4)?,
        excerpt: row.try_get(5)?,
        score: -rank,
    })
}
