//! Messages: written in batches, read in pages from the end, bounded.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::SqliteCache;
use super::database::Connection;
use super::transaction::begin;
use crate::{Bounds, MessageBatch, MessagePage, MessageRecord, SessionKey};

type Result<T> = std::result::Result<T, sqlx::Error>;

const TOUCH: &str = "INSERT INTO transcript (gateway, session, written) \
    VALUES (?, ?, (SELECT ifnull(max(written), 0) + 1 FROM transcript)) \
    ON CONFLICT (gateway, session) DO UPDATE SET written = excluded.written RETURNING id";

/// A message that is written again as it was costs nothing: history is refilled after every reconnect.
const PUT: &str = "INSERT INTO message (transcript, id, position, at, json, text) \
    VALUES (?, ?, ?, ?, ?, ?) \
    ON CONFLICT (transcript, id) DO UPDATE SET position = excluded.position, at = excluded.at, \
    json = excluded.json, text = excluded.text \
    WHERE position <> excluded.position OR at IS NOT excluded.at OR json <> excluded.json \
    OR text <> excluded.text";

pub(super) const LATEST: &str = "SELECT id, position, at, json, text FROM message \
    WHERE transcript = (SELECT id FROM transcript WHERE gateway = ?1 AND session = ?2) \
    ORDER BY position DESC, id DESC LIMIT ?3";

pub(super) const BEFORE: &str = "SELECT id, position, at, json, text FROM message \
    WHERE transcript = (SELECT id FROM transcript WHERE gateway = ?1 AND session = ?2) \
    AND (position, id) < (SELECT position, id FROM message WHERE id = ?4 AND transcript = \
        (SELECT id FROM transcript WHERE gateway = ?1 AND session = ?2)) \
    ORDER BY position DESC, id DESC LIMIT ?3";

pub(super) const DROP_OLDEST: &str = "DELETE FROM message WHERE row IN \
    (SELECT row FROM message WHERE transcript = ? ORDER BY position, id LIMIT ?)";

impl SqliteCache {
    pub(super) async fn write_messages(
        &self,
        session: &SessionKey,
        batch: &MessageBatch,
    ) -> Result<()> {
        let mut transaction = begin(&self.cache.write).await?;
        let transcript = touch(&mut transaction, session).await?;
        if batch.whole {
            forget_others(&mut transaction, transcript, &batch.upsert).await?;
        }
        for id in &batch.remove {
            sqlx::query("DELETE FROM message WHERE transcript = ? AND id = ?")
                .bind(transcript)
                .bind(id)
                .execute(&mut *transaction)
                .await?;
        }
        for message in &batch.upsert {
            put(&mut transaction, transcript, message).await?;
        }
        trim_session(
            &mut transaction,
            transcript,
            self.bounds.messages_per_session,
        )
        .await?;
        trim_all(&mut transaction, &self.bounds).await?;
        transaction.commit().await
    }

    pub(super) async fn read_page(
        &self,
        session: &SessionKey,
        before: Option<&str>,
        limit: u32,
    ) -> Result<MessagePage> {
        let sql = if before.is_some() { BEFORE } else { LATEST };
        // One more than asked for tells whether there are older ones.
        let query = sqlx::query(sql)
            .bind(&session.gateway)
            .bind(&session.session)
            .bind(i64::from(limit) + 1);
        let query = if let Some(before) = before {
            query.bind(before)
        } else {
            query
        };
        let mut rows = query.fetch_all(&self.cache.read).await?;
        let has_older = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let messages = rows.iter().rev().map(message).collect::<Result<_>>()?;
        Ok(MessagePage {
            messages,
            has_older,
        })
    }
}

async fn touch(connection: &mut Connection, session: &SessionKey) -> Result<i64> {
    sqlx::query_scalar(TOUCH)
        .bind(&session.gateway)
        .bind(&session.session)
        .fetch_one(connection)
        .await
}

async fn put(connection: &mut Connection, transcript: i64, message: &MessageRecord) -> Result<()> {
    sqlx::query(PUT)
        .bind(transcript)
        .bind(&message.id)
        .bind(message.position)
        .bind(message.at)
        .bind(&message.json)
        .bind(&message.text)
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets every message of the transcript that is not among `kept`.
async fn forget_others(
    connection: &mut Connection,
    transcript: i64,
    kept: &[MessageRecord],
) -> Result<()> {
    let kept: std::collections::HashSet<&str> = kept.iter().map(|m| m.id.as_str()).collect();
    let known: Vec<(i64, String)> =
        sqlx::query_as("SELECT row, id FROM message WHERE transcript = ?")
            .bind(transcript)
            .fetch_all(&mut *connection)
            .await?;
    for (row, _) in known.iter().filter(|(_, id)| !kept.contains(id.as_str())) {
        sqlx::query("DELETE FROM message WHERE row = ?")
            .bind(row)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Drops the oldest messages of a session that has more than its share.
async fn trim_session(connection: &mut Connection, transcript: i64, bound: u32) -> Result<()> {
    let messages: i64 = sqlx::query_scalar("SELECT messages FROM transcript WHERE id = ?")
        .bind(transcript)
        .fetch_one(&mut *connection)
        .await?;
    drop_oldest(connection, transcript, messages - i64::from(bound)).await
}

/// Drops the oldest messages of the session that was written longest ago, until everything fits.
async fn trim_all(connection: &mut Connection, bounds: &Bounds) -> Result<()> {
    let byte_bound = i64::try_from(bounds.message_bytes).unwrap_or(i64::MAX);
    loop {
        let (messages, bytes): (i64, i64) = sqlx::query_as(
            "SELECT ifnull(sum(messages), 0), ifnull(sum(bytes), 0) FROM transcript",
        )
        .fetch_one(&mut *connection)
        .await?;
        let too_many = messages - i64::from(bounds.messages);
        if too_many <= 0 && bytes <= byte_bound {
            return Ok(());
        }
        let (transcript, held): (i64, i64) = sqlx::query_as(
            "SELECT id, messages FROM transcript WHERE messages > 0 ORDER BY written LIMIT 1",
        )
        .fetch_one(&mut *connection)
        .await?;
        // How many messages hold the bytes that are too many is not known: a tenth at a time.
        let share = if too_many > 0 {
            too_many
        } else {
            held / 10 + 1
        };
        drop_oldest(connection, transcript, share.min(held)).await?;
    }
}

async fn drop_oldest(connection: &mut Connection, transcript: i64, count: i64) -> Result<()> {
    if count > 0 {
        sqlx::query(DROP_OLDEST)
            .bind(transcript)
            .bind(count)
            .execute(connection)
            .await?;
    }
    Ok(())
}

fn message(row: &SqliteRow) -> Result<MessageRecord> {
    Ok(MessageRecord {
        id: row.try_get(0)?,
        position: row.try_get(1)?,
        at: row.try_get(2)?,
        json: row.try_get(3)?,
        text: row.try_get(4)?,
    })
}
