//! Transcripts: generations of entries, one of them live.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqlitePool};

use super::{SqliteGatewayStore, drafts, inputs, words};
use crate::gateway::{
    ArchivedTranscript, Draft, Entry, EntryHit, EntryPage, EntrySearch, Follows, NewEntry,
    TranscriptStore, WaitingInput,
};
use crate::sqlite::database::Connection;
use crate::{Millis, Result};

type Done<T> = std::result::Result<T, sqlx::Error>;

/// A preview fills two lines of a list.
const PREVIEW: usize = 240;

pub(super) const LATEST: &str = "SELECT seq, id, at, role, run, json FROM entry WHERE transcript = \
    (SELECT id FROM transcript WHERE key = ? AND archived_at IS NULL) \
    AND seq < ? ORDER BY seq DESC LIMIT ?";
const AFTER: &str = "SELECT seq, id, at, role, run, json FROM entry WHERE transcript = \
    (SELECT id FROM transcript WHERE key = ? AND archived_at IS NULL) \
    AND seq > ? ORDER BY seq LIMIT ?";
const ONE: &str = "SELECT seq, id, at, role, run, json FROM entry WHERE transcript = \
    (SELECT id FROM transcript WHERE key = ? AND archived_at IS NULL) AND id = ?";
const OF_ARCHIVED: &str =
    "SELECT seq, id, at, role, run, json FROM entry WHERE transcript = ? ORDER BY seq";
const ADD: &str = "INSERT INTO entry (transcript, seq, id, at, role, run, json, text) \
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

#[async_trait]
impl TranscriptStore for SqliteGatewayStore {
    async fn entries_append(&self, key: &str, entries: Vec<NewEntry>) -> Result<Option<Vec<i64>>> {
        let key = key.to_owned();
        self.write(move |c| Box::pin(append(c, key, None, entries)))
            .await
    }

    async fn entries_append_in(
        &self,
        key: &str,
        session_id: &str,
        entries: Vec<NewEntry>,
    ) -> Result<Option<Vec<i64>>> {
        let (key, session_id) = (key.to_owned(), session_id.to_owned());
        self.write(move |c| Box::pin(append(c, key, Some(session_id), entries)))
            .await
    }

    async fn input_put(&self, input: WaitingInput) -> Result<()> {
        self.write(move |c| Box::pin(inputs::put(c, input))).await
    }

    async fn input_put_after(&self, input: WaitingInput, follows: Follows) -> Result<bool> {
        self.write(move |c| Box::pin(inputs::put_after(c, input, follows)))
            .await
    }

    async fn input_follows(&self, key: &str, id: &str, follows: &Follows) -> Result<bool> {
        self.read(async {
            let mut reader = self.database.read.begin().await?;
            inputs::follows(&mut reader, key, id, follows).await
        })
        .await
    }

    async fn input_remove(&self, id: &str) -> Result<bool> {
        let id = id.to_owned();
        self.write(move |c| Box::pin(async move { inputs::remove(c, &id).await }))
            .await
    }

    async fn inputs(&self, key: Option<&str>) -> Result<Vec<WaitingInput>> {
        self.read(inputs::waiting(&self.database.read, key)).await
    }

    async fn draft_put(&self, draft: Draft) -> Result<()> {
        self.write(move |c| Box::pin(drafts::put(c, draft))).await
    }

    async fn drafts(&self) -> Result<Vec<Draft>> {
        self.read(drafts::all(&self.database.read)).await
    }

    async fn draft_remove(&self, key: &str) -> Result<()> {
        let key = key.to_owned();
        self.write(move |c| Box::pin(async move { drafts::remove(c, &key).await }))
            .await
    }

    async fn entries_page(&self, key: &str, before: Option<i64>, limit: u32) -> Result<EntryPage> {
        self.read(page(&self.database.read, key, before, limit))
            .await
    }

    async fn entries_after(&self, key: &str, after: i64, limit: u32) -> Result<Vec<Entry>> {
        let rows = sqlx::query(AFTER)
            .bind(key)
            .bind(after)
            .bind(limit)
            .fetch_all(&self.database.read);
        self.read(async { rows.await?.iter().map(entry).collect() })
            .await
    }

    async fn entries(&self, key: &str) -> Result<Vec<Entry>> {
        self.entries_after(key, 0, u32::MAX).await
    }

    async fn entry(&self, key: &str, id: &str) -> Result<Option<Entry>> {
        let row = sqlx::query(ONE)
            .bind(key)
            .bind(id)
            .fetch_optional(&self.database.read);
        self.read(async { row.await?.as_ref().map(entry).transpose() })
            .await
    }

    async fn entries_replace(
        &self,
        key: &str,
        session_id: &str,
        reason: &str,
        at: Millis,
        replaced: Vec<String>,
        by: NewEntry,
    ) -> Result<Option<i64>> {
        let (key, reason) = (key.to_owned(), reason.to_owned());
        let session_id = session_id.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                let live = live(c, &key).await?;
                let Some(live) = live.filter(|live| live.session_id == session_id) else {
                    return Ok(None);
                };
                archive(c, &key, &reason, at).await?;
                // One number is left out, so that whoever has read to the end sees a gap and not a continuation.
                let first = live.next_seq.saturating_add(1);
                begin(c, &key, &live.session_id, at, first).await?;
                let numbers = append(c, key.clone(), Some(session_id), vec![by]).await?;
                keep_others(c, &key, live.id, &replaced).await?;
                Ok(numbers.and_then(|numbers| numbers.first().copied()))
            })
        })
        .await
    }

    async fn archived(&self, key: &str) -> Result<Vec<ArchivedTranscript>> {
        let rows = sqlx::query(
            "SELECT id, session_id, archived_at, reason, entries FROM transcript \
             WHERE key = ? AND archived_at IS NOT NULL ORDER BY id DESC",
        )
        .bind(key)
        .fetch_all(&self.database.read);
        self.read(async { rows.await?.iter().map(archived).collect() })
            .await
    }

    async fn archived_entries(&self, transcript: i64) -> Result<Vec<Entry>> {
        let rows = sqlx::query(OF_ARCHIVED)
            .bind(transcript)
            .fetch_all(&self.database.read);
        self.read(async { rows.await?.iter().map(entry).collect() })
            .await
    }

    async fn entries_search(&self, search: &EntrySearch) -> Result<Vec<EntryHit>> {
        self.read(words::search(&self.database.read, search)).await
    }
}

/// The live transcript of a session.
struct Live {
    id: i64,
    session_id: String,
    next_seq: i64,
}

async fn live(c: &mut Connection, key: &str) -> Done<Option<Live>> {
    let row = sqlx::query(
        "SELECT id, session_id, next_seq FROM transcript WHERE key = ? AND archived_at IS NULL",
    )
    .bind(key)
    .fetch_optional(c)
    .await?;
    row.map(|row| {
        Ok(Live {
            id: row.try_get(0)?,
            session_id: row.try_get(1)?,
            next_seq: row.try_get(2)?,
        })
    })
    .transpose()
}

/// Begins an empty transcript; the one before must be archived.
pub(super) async fn begin(
    c: &mut Connection,
    key: &str,
    session_id: &str,
    at: Millis,
    next_seq: i64,
) -> Done<()> {
    sqlx::query("INSERT INTO transcript (key, session_id, begun_at, next_seq) VALUES (?, ?, ?, ?)")
        .bind(key)
        .bind(session_id)
        .bind(at)
        .bind(next_seq)
        .execute(c)
        .await?;
    Ok(())
}

/// Puts the live transcript away.
pub(super) async fn archive(c: &mut Connection, key: &str, reason: &str, at: Millis) -> Done<()> {
    sqlx::query(
        "UPDATE transcript SET archived_at = ?, reason = ? WHERE key = ? AND archived_at IS NULL",
    )
    .bind(at)
    .bind(reason)
    .bind(key)
    .execute(c)
    .await?;
    Ok(())
}

async fn append(
    c: &mut Connection,
    key: String,
    session_id: Option<String>,
    entries: Vec<NewEntry>,
) -> Done<Option<Vec<i64>>> {
    let live = live(c, &key).await?;
    let is_meant = |live: &Live| session_id.as_ref().is_none_or(|id| *id == live.session_id);
    let Some(mut live) = live.filter(is_meant) else {
        return Ok(None);
    };
    let mut numbers = Vec::with_capacity(entries.len());
    let mut added = None;
    let mut preview = None;
    for entry in &entries {
        if let Some(input) = &entry.input {
            inputs::remove(c, input).await?;
        }
        drafts::superseded_by(c, &key, entry).await?;
        if let Some(number) = number_of(c, live.id, &entry.id).await? {
            numbers.push(number);
            continue;
        }
        add(c, &live, entry).await?;
        numbers.push(live.next_seq);
        live.next_seq += 1;
        added = added.max(Some(entry.at));
        if !entry.text.is_empty() {
            preview = Some(entry.text.chars().take(PREVIEW).collect::<String>());
        }
    }
    if let Some(at) = added {
        sqlx::query(
            "UPDATE session SET updated_at = max(updated_at, ?), \
             activity_at = max(coalesce(activity_at, 0), ?), preview = coalesce(?, preview) \
             WHERE key = ?",
        )
        .bind(at)
        .bind(at)
        .bind(preview)
        .bind(&key)
        .execute(c)
        .await?;
    }
    Ok(Some(numbers))
}

async fn number_of(c: &mut Connection, transcript: i64, id: &str) -> Done<Option<i64>> {
    sqlx::query_scalar("SELECT seq FROM entry WHERE transcript = ? AND id = ?")
        .bind(transcript)
        .bind(id)
        .fetch_optional(c)
        .await
}

async fn add(c: &mut Connection, live: &Live, entry: &NewEntry) -> Done<()> {
    sqlx::query(ADD)
        .bind(live.id)
        .bind(live.next_seq)
        .bind(&entry.id)
        .bind(entry.at)
        .bind(&entry.role)
        .bind(&entry.run)
        .bind(&entry.json)
        .bind(&entry.text)
        .execute(c)
        .await?;
    Ok(())
}

/// The number of the last entry of a copy that goes up to `through`; none where that does not exist.
pub(super) async fn end(c: &mut Connection, key: &str, through: Option<&str>) -> Done<Option<i64>> {
    let Some(live) = live(c, key).await? else {
        return Ok(None);
    };
    match through {
        Some(id) => number_of(c, live.id, id).await,
        None => Ok(Some(live.next_seq)),
    }
}

/// Copies the entries of one live transcript up to the number `end` into another, numbered anew.
pub(super) async fn copy(c: &mut Connection, from: &str, end: i64, to: &str) -> Done<()> {
    sqlx::query(
        "INSERT INTO entry (transcript, seq, id, at, role, run, json, text) \
         SELECT (SELECT id FROM transcript WHERE key = ? AND archived_at IS NULL), \
                row_number() OVER (ORDER BY seq), id, at, role, run, json, text \
         FROM entry WHERE transcript = \
                (SELECT id FROM transcript WHERE key = ? AND archived_at IS NULL) \
         AND seq <= ? ORDER BY seq",
    )
    .bind(to)
    .bind(from)
    .bind(end)
    .execute(c)
    .await?;
    Ok(())
}

/// Copies what is left of an archived transcript behind what the live one has.
async fn keep_others(c: &mut Connection, key: &str, from: i64, replaced: &[String]) -> Done<()> {
    let Some(to) = live(c, key).await? else {
        return Ok(());
    };
    sqlx::query(
        "INSERT INTO entry (transcript, seq, id, at, role, run, json, text) \
         SELECT ?, ? - 1 + row_number() OVER (ORDER BY seq), id, at, role, run, json, text \
         FROM entry WHERE transcript = ? AND id NOT IN (SELECT value FROM json_each(?)) \
         ORDER BY seq",
    )
    .bind(to.id)
    .bind(to.next_seq)
    .bind(from)
    .bind(serde_json::json!(replaced).to_string())
    .execute(c)
    .await?;
    Ok(())
}

async fn page(pool: &SqlitePool, key: &str, before: Option<i64>, limit: u32) -> Done<EntryPage> {
    // One more than asked for tells whether there is an older one.
    let rows = sqlx::query(LATEST)
        .bind(key)
        .bind(before.unwrap_or(i64::MAX))
        .bind(i64::from(limit) + 1)
        .fetch_all(pool)
        .await?;
    let has_older = rows.len() as u64 > u64::from(limit);
    let shown = rows.len() - usize::from(has_older);
    let newest_first = rows[..shown].iter().map(entry);
    let mut entries = newest_first.collect::<Done<Vec<_>>>()?;
    entries.reverse();
    let total = if has_older || before.is_some() {
        count(pool, key).await?
    } else {
        entries.len() as u64
    };
    Ok(EntryPage {
        entries,
        has_older,
        total,
    })
}

async fn count(pool: &SqlitePool, key: &str) -> Done<u64> {
    let entries: Option<i64> =
        sqlx::query_scalar("SELECT entries FROM transcript WHERE key = ? AND archived_at IS NULL")
            .bind(key)
            .fetch_optional(pool)
            .await?;
    Ok(u64::try_from(entries.unwrap_or(0)).unwrap_or(0))
}

fn entry(row: &SqliteRow) -> Done<Entry> {
    Ok(Entry {
        seq: row.try_get(0)?,
        id: row.try_get(1)?,
        at: row.try_get(2)?,
        role: row.try_get(3)?,
        run: row.try_get(4)?,
        json: row.try_get(5)?,
    })
}

fn archived(row: &SqliteRow) -> Done<ArchivedTranscript> {
    Ok(ArchivedTranscript {
        id: row.try_get(0)?,
        session_id: row.try_get(1)?,
        archived_at: row.try_get(2)?,
        reason: row.try_get(3)?,
        entries: u64::try_from(row.try_get::<i64, _>(4)?).unwrap_or(0),
    })
}
