//! Checkpoints of the audit, and the segments that were sealed away.

use gatehouse_audit::Hash;
use gatehouse_audit::segment::Segment;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqlitePool};

use super::audit::{hash, number, text, unsigned};
use crate::gateway::AuditCheckpoint;
use crate::sqlite::database::Connection;

type Done<T> = std::result::Result<T, sqlx::Error>;

// Read in a way that no value can fail, as the records are.
const CHECKPOINTS: &str = "SELECT size, CAST(at AS INTEGER), CAST(note AS BLOB), \
    CAST(frontier AS BLOB) FROM audit_checkpoint WHERE size > ? ORDER BY size LIMIT ?";
const LATEST: &str = "SELECT size, CAST(at AS INTEGER), CAST(note AS BLOB), \
    CAST(frontier AS BLOB) FROM audit_checkpoint ORDER BY size DESC LIMIT 1";
const SEGMENTS: &str = "SELECT CAST(first AS INTEGER), last, CAST(from_at AS INTEGER), \
    CAST(to_at AS INTEGER), CAST(sealed_at AS INTEGER), CAST(leaf AS BLOB), \
    CAST(frontier AS BLOB), CAST(note AS BLOB), CAST(proof AS BLOB) FROM audit_segment \
    ORDER BY last";

pub(super) async fn put_checkpoint(c: &mut Connection, checkpoint: AuditCheckpoint) -> Done<()> {
    sqlx::query(
        "INSERT INTO audit_checkpoint (size, at, note, frontier) VALUES (?, ?, ?, ?) \
         ON CONFLICT (size) DO NOTHING",
    )
    .bind(number(checkpoint.size))
    .bind(checkpoint.at)
    .bind(checkpoint.note)
    .bind(checkpoint.frontier)
    .execute(c)
    .await?;
    Ok(())
}

pub(super) async fn checkpoints(
    pool: &SqlitePool,
    after: u64,
    limit: u32,
) -> Done<Vec<AuditCheckpoint>> {
    let rows = sqlx::query(CHECKPOINTS)
        .bind(number(after))
        .bind(limit)
        .fetch_all(pool)
        .await?;
    rows.iter().map(checkpoint).collect()
}

pub(super) async fn latest_checkpoint(pool: &SqlitePool) -> Done<Option<AuditCheckpoint>> {
    let row = sqlx::query(LATEST).fetch_optional(pool).await?;
    row.as_ref().map(checkpoint).transpose()
}

pub(super) async fn seal(c: &mut Connection, segment: Segment) -> Done<()> {
    let proof: Vec<u8> = segment.proof.iter().flat_map(|hash| hash.0).collect();
    sqlx::query(
        "INSERT INTO audit_segment (last, first, from_at, to_at, sealed_at, leaf, frontier, note, \
         proof) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(number(segment.last))
    .bind(number(segment.first))
    .bind(segment.from_at)
    .bind(segment.to_at)
    .bind(segment.sealed_at)
    .bind(segment.leaf.0.to_vec())
    .bind(segment.frontier)
    .bind(segment.note)
    .bind(proof)
    .execute(&mut *c)
    .await?;
    for drop in [
        "DELETE FROM audit_record WHERE seq <= ?",
        "DELETE FROM audit_checkpoint WHERE size < ?",
    ] {
        sqlx::query(drop)
            .bind(number(segment.last))
            .execute(&mut *c)
            .await?;
    }
    Ok(())
}

pub(super) async fn segments(pool: &SqlitePool) -> Done<Vec<Segment>> {
    let rows = sqlx::query(SEGMENTS).fetch_all(pool).await?;
    rows.iter().map(segment).collect()
}

fn checkpoint(row: &SqliteRow) -> Done<AuditCheckpoint> {
    Ok(AuditCheckpoint {
        size: unsigned(row.try_get(0)?),
        at: row.try_get(1)?,
        note: text(row, 2)?.unwrap_or_default(),
        frontier: row.try_get(3)?,
    })
}

fn segment(row: &SqliteRow) -> Done<Segment> {
    let proof: &[u8] = row.try_get(8)?;
    Ok(Segment {
        first: unsigned(row.try_get(0)?),
        last: unsigned(row.try_get(1)?),
        from_at: row.try_get(2)?,
        to_at: row.try_get(3)?,
        sealed_at: row.try_get(4)?,
        leaf: hash(row, 5)?,
        frontier: row.try_get(6)?,
        note: text(row, 7)?.unwrap_or_default(),
        proof: proof.chunks(32).filter_map(Hash::from_slice).collect(),
    })
}
