//! Pages of an export. JSON lines carry what is needed to verify them elsewhere, and end at a checkpoint.

use gatehouse_audit::Record;
use gatehouse_audit::checkpoint::Checkpoint;
use gatehouse_audit::export;
use gatehouse_audit::note::{NoteError, Signer, Verifier};
use gatehouse_audit::verify::Report;
use gatehouse_store::gateway::{AuditCheckpoint, AuditRow, AuditStore};
use gatehouse_store::{Millis, StoreError};

/// What is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    Jsonl,
    Csv,
    Otlp,
}

/// Part of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportPage {
    pub text: String,
    /// What the next page comes after; none at the end.
    pub next: Option<u64>,
}

/// A page ends after this many bytes, for it travels in one frame.
const LONGEST: usize = 1024 * 1024;

/// What stands before the first record.
pub async fn export_start<S: AuditStore + ?Sized>(
    store: &S,
    format: ExportFormat,
    key: Option<&Verifier>,
) -> Result<String, StoreError> {
    match format {
        ExportFormat::Csv => Ok(export::csv_header()),
        ExportFormat::Otlp => Ok(String::new()),
        ExportFormat::Jsonl => {
            let mut text = key.map(export::header_line).unwrap_or_default();
            for segment in store.audit_segments().await? {
                text.push_str(&export::segment_line(&segment));
            }
            Ok(text)
        }
    }
}

/// What stands after the last record: the size and the root of `last`, the checkpoint that the records went up to, signed
/// once more as the end of an export. Nothing where there is none.
pub fn export_end(
    format: ExportFormat,
    last: Option<&AuditCheckpoint>,
    signer: Option<&Signer>,
    at: Millis,
) -> Result<String, StoreError> {
    let (ExportFormat::Jsonl, Some(last), Some(signer)) = (format, last, signer) else {
        return Ok(String::new());
    };
    // One that was tampered with is not made right by signing it again.
    let Ok(checkpoint) = Checkpoint::open(&last.note, &[signer.verifier()]) else {
        return Ok(String::new());
    };
    let end = Checkpoint {
        at: Some(at),
        ..checkpoint
    };
    let note = end.sign_end(signer);
    let note = note.map_err(|error| StoreError::Failed(error.to_string()))?;
    Ok(export::end_line(end.size, &note, at))
}

/// As [`export_end`], of a log that was just found intact: what came after its last checkpoint is signed here, for the
/// gateway did not live to do so.
pub async fn export_proven_end<S: AuditStore + ?Sized>(
    store: &S,
    format: ExportFormat,
    signer: &Signer,
    proven: &Report,
    at: Millis,
) -> Result<String, StoreError> {
    if format != ExportFormat::Jsonl || proven.size == 0 {
        return Ok(String::new());
    }
    let failed = |error: NoteError| StoreError::Failed(error.to_string());
    let checkpoint = Checkpoint {
        origin: signer.name().to_owned(),
        size: proven.size,
        root: proven.root,
        at: Some(at),
    };
    let last = store.audit_checkpoint_latest().await?;
    let mut text = String::new();
    if last.is_none_or(|last| last.size != proven.size) {
        let note = checkpoint.sign(signer).map_err(failed)?;
        text = export::checkpoint_line(proven.size, &note, at);
    }
    let note = checkpoint.sign_end(signer).map_err(failed)?;
    text.push_str(&export::end_line(proven.size, &note, at));
    Ok(text)
}

/// Records after `after`, up to `until`.
pub async fn export_page<S: AuditStore + ?Sized>(
    store: &S,
    format: ExportFormat,
    after: u64,
    until: u64,
    limit: u32,
) -> Result<ExportPage, StoreError> {
    let mut rows = store.audit_rows(after, limit).await?;
    let read = rows.len();
    rows.retain(|row| row.seq <= until);
    let ended = read < limit as usize || rows.len() < read;
    let kept = within(&rows);
    let cut = kept < rows.len();
    rows.truncate(kept);
    let text = match format {
        ExportFormat::Jsonl => jsonl(store, &rows).await?,
        ExportFormat::Csv => rows
            .iter()
            .map(|row| export::csv_row(&record(row), row.leaf))
            .collect(),
        ExportFormat::Otlp => otlp(&rows),
    };
    let last = rows.last().map(|row| row.seq);
    Ok(ExportPage {
        text,
        next: last.filter(|last| (cut || !ended) && *last < until),
    })
}

/// How many rows fit a page; one always does.
fn within(rows: &[AuditRow]) -> usize {
    let mut bytes = 0;
    let fit = rows.iter().take_while(|row| {
        bytes += row.bytes.len();
        bytes <= LONGEST
    });
    fit.count().max(1)
}

async fn jsonl<S: AuditStore + ?Sized>(store: &S, rows: &[AuditRow]) -> Result<String, StoreError> {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return Ok(String::new());
    };
    // A page holds at most as many checkpoints as records.
    let limit = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    let checkpoints = store.audit_checkpoints(first.seq - 1, limit).await?;
    let mut checkpoints = checkpoints
        .into_iter()
        .filter(|checkpoint| checkpoint.size <= last.seq)
        .peekable();
    let mut text = String::new();
    for row in rows {
        text.push_str(&row.bytes);
        text.push('\n');
        if let Some(checkpoint) = checkpoints.next_if(|checkpoint| checkpoint.size == row.seq) {
            let line = export::checkpoint_line(checkpoint.size, &checkpoint.note, checkpoint.at);
            text.push_str(&line);
        }
    }
    Ok(text)
}

fn otlp(rows: &[AuditRow]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let records: Vec<_> = rows.iter().map(|row| (record(row), row.leaf)).collect();
    let records = records.iter().map(|(record, leaf)| (record, *leaf));
    format!("{}\n", export::otlp_document(records))
}

/// A record that cannot be read is still a line: what its columns say.
fn record(row: &AuditRow) -> Record {
    Record::read(&row.bytes).unwrap_or_else(|_| Record {
        v: 0,
        seq: row.seq,
        prev: String::new(),
        draft: gatehouse_audit::Draft {
            ts: row.at,
            kind: row.kind.clone(),
            what: Some(row.text.clone()),
            ..gatehouse_audit::Draft::default()
        },
    })
}
