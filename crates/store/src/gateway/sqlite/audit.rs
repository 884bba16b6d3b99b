//! The audit's records. The end of the chain is read and moved inside of the transaction that writes.

use std::sync::Arc;

use async_trait::async_trait;
use gatehouse_audit::segment::Segment;
use gatehouse_audit::{Actor, Draft, Hash, Prepared, Sealed};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite};

use super::{SqliteGatewayStore, sealed};
use crate::gateway::{
    Appended, AuditCheckpoint, AuditFilter, AuditLeaf, AuditPage, AuditRow, AuditStore, AuditWatch,
};
use crate::sqlite::database::Connection;
use crate::{Millis, Result};

type Done<T> = std::result::Result<T, sqlx::Error>;

const COLUMNS: &str = "seq, at, kind, agent, session, run, verdict, intent, text, bytes, leaf";

/// Read in a way that no value can fail: a record that somebody changed has to be shown by verifying it, and
/// must not look like a damaged file.
const READ: &str = "seq, CAST(at AS INTEGER), CAST(kind AS BLOB), CAST(agent AS BLOB), \
    CAST(session AS BLOB), CAST(run AS BLOB), CAST(verdict AS BLOB), CAST(intent AS INTEGER), \
    CAST(text AS BLOB), CAST(bytes AS BLOB), CAST(leaf AS BLOB)";

const LEAVES: &str = "SELECT seq, CAST(leaf AS BLOB) FROM audit_record WHERE seq > ? \
    ORDER BY seq LIMIT ?";

/// The end of the chain, which a sealed segment can be.
const LAST: &str = "SELECT seq, CAST(leaf AS BLOB) FROM (SELECT seq, leaf FROM audit_record \
    ORDER BY seq DESC LIMIT 1) UNION ALL SELECT last, CAST(leaf AS BLOB) FROM audit_segment \
    ORDER BY 1 DESC LIMIT 1";

/// How many rows one statement inserts: eleven values each, and SQLite takes 32,766 of them.
const ROWS: usize = 256;

/// The longest page: a thousand records are about half a megabyte.
const MOST_LISTED: u32 = 1_000;

#[async_trait]
impl AuditStore for SqliteGatewayStore {
    fn audit_watched(&self, watch: Arc<dyn AuditWatch>) {
        self.writer.watched(watch);
    }

    fn audit_adopted(&self) -> bool {
        self.adopted
    }

    async fn audit_append(&self, drafts: Vec<Draft>) -> Result<Vec<Appended>> {
        let drafts = drafts.into_iter().map(|draft| match &self.scrub {
            Some(scrub) => scrub(draft),
            None => draft,
        });
        let prepared = drafts.map(Draft::prepare).collect();
        let appended = self.writer.append(prepared).await;
        let appended = self
            .room
            .hears(appended.map_err(|e| self.database.failed(e)))?;
        self.room.is_there();
        Ok(appended)
    }

    async fn audit_list(&self, filter: &AuditFilter) -> Result<AuditPage> {
        let limit = filter.limit.min(MOST_LISTED);
        let mut query = list_query(filter, limit);
        let rows = query.build().fetch_all(&self.database.read);
        let mut rows: Vec<_> = self
            .read(async { rows.await?.iter().map(record).collect() })
            .await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        Ok(AuditPage { rows, more })
    }

    async fn audit_row(&self, seq: u64) -> Result<Option<AuditRow>> {
        let mut query = select(" WHERE seq = ");
        query.push_bind(number(seq));
        let row = query.build().fetch_optional(&self.database.read);
        self.read(async { row.await?.as_ref().map(record).transpose() })
            .await
    }

    async fn audit_rows(&self, after: u64, limit: u32) -> Result<Vec<AuditRow>> {
        let mut query = select(" WHERE seq > ");
        query.push_bind(number(after));
        query.push(" ORDER BY seq LIMIT ").push_bind(limit);
        let rows = query.build().fetch_all(&self.database.read);
        self.read(async { rows.await?.iter().map(record).collect() })
            .await
    }

    async fn audit_leaves(&self, after: u64, limit: u32) -> Result<Vec<AuditLeaf>> {
        let rows = sqlx::query(LEAVES)
            .bind(number(after))
            .bind(limit)
            .fetch_all(&self.database.read);
        self.read(async { rows.await?.iter().map(leaf).collect() })
            .await
    }

    async fn audit_open(&self, kind: &str, after: u64) -> Result<Vec<AuditRow>> {
        let mut query = select(" AS said WHERE kind = ");
        query.push_bind(kind.to_owned());
        query.push(" AND seq > ").push_bind(number(after));
        query.push(" AND NOT EXISTS (SELECT 1 FROM audit_record WHERE intent = said.seq)");
        query.push(" ORDER BY seq");
        let rows = query.build().fetch_all(&self.database.read);
        self.read(async { rows.await?.iter().map(record).collect() })
            .await
    }

    async fn audit_checkpoint_put(&self, checkpoint: AuditCheckpoint) -> Result<()> {
        self.write_audit(move |c| Box::pin(sealed::put_checkpoint(c, checkpoint)))
            .await
    }

    async fn audit_checkpoints(&self, after: u64, limit: u32) -> Result<Vec<AuditCheckpoint>> {
        self.read(sealed::checkpoints(&self.database.read, after, limit))
            .await
    }

    async fn audit_checkpoint_latest(&self) -> Result<Option<AuditCheckpoint>> {
        self.read(sealed::latest_checkpoint(&self.database.read))
            .await
    }

    async fn audit_seal(&self, segment: Segment) -> Result<()> {
        self.write_audit(move |c| Box::pin(sealed::seal(c, segment)))
            .await
    }

    async fn audit_segments(&self) -> Result<Vec<Segment>> {
        self.read(sealed::segments(&self.database.read)).await
    }
}

fn select(rest: &'static str) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new("SELECT ");
    query.push(READ).push(" FROM audit_record").push(rest);
    query
}

/// One more than the limit is asked for: it says whether there are more.
pub(super) fn list_query(filter: &AuditFilter, limit: u32) -> QueryBuilder<Sqlite> {
    let mut query = select(" WHERE seq < ");
    query.push_bind(filter.before.map_or(i64::MAX, number));
    for (column, value) in [
        (" AND agent = ", &filter.agent),
        (" AND session = ", &filter.session),
        (" AND verdict = ", &filter.verdict),
    ] {
        if let Some(value) = value {
            query.push(column).push_bind(value.clone());
        }
    }
    if let Some(since) = filter.since {
        query.push(" AND at >= ").push_bind(since);
    }
    if !filter.kinds.is_empty() {
        let mut kinds = query.push(" AND kind IN (").separated(", ");
        for kind in &filter.kinds {
            kinds.push_bind(kind.clone());
        }
        query.push(")");
    }
    if let Some(text) = &filter.text {
        query.push(" AND text LIKE ").push_bind(containing(text));
        query.push(" ESCAPE '\\'");
    }
    query.push(" ORDER BY seq DESC LIMIT ");
    query.push_bind(i64::from(limit) + 1);
    query
}

/// A pattern for `LIKE` in which nothing of `text` is an operator.
fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

/// Adds records after the last one there is, or after the last that was sealed away.
pub(super) async fn append<'a>(
    c: &mut Connection,
    drafts: impl IntoIterator<Item = &'a Prepared>,
) -> Done<Vec<Appended>> {
    let last = last(c).await?;
    append_after(c, last, drafts).await
}

/// Adds records after the one that is known to be the last.
pub(super) async fn append_after<'a>(
    c: &mut Connection,
    last: AuditLeaf,
    drafts: impl IntoIterator<Item = &'a Prepared>,
) -> Done<Vec<Appended>> {
    let AuditLeaf {
        mut seq,
        leaf: mut prev,
    } = last;
    let mut records = Vec::new();
    for draft in drafts {
        seq += 1;
        let sealed = draft.seal(seq, prev);
        prev = sealed.leaf;
        records.push((draft.draft(), sealed));
    }
    for records in records.chunks(ROWS) {
        insert(c, records).await?;
    }
    let place = |(_, sealed): &(_, Sealed)| Appended {
        seq: sealed.seq,
        leaf: sealed.leaf,
    };
    Ok(records.iter().map(place).collect())
}

/// The number and the leaf that the next record goes on from.
pub(super) async fn last(c: &mut Connection) -> Done<AuditLeaf> {
    let row = sqlx::query(LAST).fetch_optional(c).await?;
    let none = AuditLeaf {
        seq: 0,
        leaf: Hash::ZERO,
    };
    row.map_or(Ok(none), |row| leaf(&row))
}

async fn insert(c: &mut Connection, records: &[(&Draft, Sealed)]) -> Done<()> {
    let mut query = QueryBuilder::<Sqlite>::new("INSERT INTO audit_record (");
    query.push(COLUMNS).push(") ");
    query.push_values(records, |mut row, (draft, sealed)| {
        row.push_bind(number(sealed.seq))
            .push_bind(draft.ts)
            .push_bind(draft.kind.clone())
            .push_bind(draft.agent.clone())
            .push_bind(draft.session.clone())
            .push_bind(draft.run.clone())
            .push_bind(draft.verdict.clone())
            .push_bind(draft.intent.map(number))
            .push_bind(draft.search_text())
            .push_bind(sealed.bytes.clone())
            .push_bind(sealed.leaf.0.to_vec());
    });
    query.build().execute(c).await?;
    Ok(())
}

/// Puts the rows from before the chain into it, in their order and with their numbers. Says whether there were any.
pub(super) async fn adopt(c: &mut Connection) -> Done<bool> {
    let there: Option<i64> =
        sqlx::query_scalar("SELECT 1 FROM sqlite_schema WHERE name = 'audit_former'")
            .fetch_optional(&mut *c)
            .await?;
    if there.is_none() {
        return Ok(false);
    }
    let mut after = 0_i64;
    loop {
        let rows = sqlx::query(
            "SELECT seq, at, kind, json FROM audit_former WHERE seq > ? ORDER BY seq LIMIT 256",
        )
        .bind(after)
        .fetch_all(&mut *c)
        .await?;
        let Some(newest) = rows.last() else {
            break;
        };
        after = newest.try_get(0)?;
        let drafts: Vec<_> = rows.iter().map(former).collect::<Done<_>>()?;
        append(c, &drafts).await?;
    }
    sqlx::query("DROP TABLE audit_former").execute(c).await?;
    Ok(after > 0)
}

fn former(row: &SqliteRow) -> Done<Prepared> {
    let json: String = row.try_get(3)?;
    let request = serde_json::from_str(&json).unwrap_or(serde_json::Value::String(json));
    let draft = Draft {
        ts: row.try_get::<Millis, _>(1)?,
        kind: row.try_get(2)?,
        actor: Actor::gateway(),
        request: Some(request),
        ..Draft::default()
    };
    Ok(draft.prepare())
}

/// SQLite's integers are signed; no log grows past them.
pub(super) fn number(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

fn leaf(row: &SqliteRow) -> Done<AuditLeaf> {
    Ok(AuditLeaf {
        seq: unsigned(row.try_get(0)?),
        leaf: hash(row, 1)?,
    })
}

fn record(row: &SqliteRow) -> Done<AuditRow> {
    Ok(AuditRow {
        seq: unsigned(row.try_get(0)?),
        at: row.try_get(1)?,
        kind: text(row, 2)?.unwrap_or_default(),
        agent: text(row, 3)?,
        session: text(row, 4)?,
        run: text(row, 5)?,
        verdict: text(row, 6)?,
        intent: row.try_get::<Option<i64>, _>(7)?.map(unsigned),
        text: text(row, 8)?.unwrap_or_default(),
        bytes: text(row, 9)?.unwrap_or_default(),
        leaf: hash(row, 10)?,
    })
}

pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

pub(super) fn text(row: &SqliteRow, index: usize) -> Done<Option<String>> {
    let bytes: Option<&[u8]> = row.try_get(index)?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned()))
}

/// A hash of another length is that of nothing.
pub(super) fn hash(row: &SqliteRow, index: usize) -> Done<Hash> {
    let bytes: Option<&[u8]> = row.try_get(index)?;
    Ok(bytes.and_then(Hash::from_slice).unwrap_or(Hash::ZERO))
}
