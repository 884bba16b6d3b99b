//! JSON lines: the records' own bytes, and between them what is needed to verify them without the gateway.
//!
//! - `{"audit":1,"key":"…"}` first: the version of this form, and the key that signs (a C2SP verifier key).
//! - `{"segment":{…}}` for each segment that was sealed away.
//! - the records, in their order. A record is the line that begins with neither of the other members.
//! - `{"at":…,"checkpoint":"…","size":…}` after the record that a checkpoint counts last.
//! - `{"at":…,"end":"…","size":…}` last: what was signed for this export, so that none is cut off unseen.

use serde::Deserialize;
use serde_json::json;

use crate::checkpoint::Checkpoint;
use crate::note::Verifier as Key;
use crate::segment::{Segment, SegmentLine};
use crate::verify::{BreakKind, Broken, Head, Report, Row, Verifier};

/// The first line.
pub fn header_line(key: &Key) -> String {
    line(&json!({"audit": 1, "key": key.to_string()}))
}

/// A checkpoint's line.
pub fn checkpoint_line(size: u64, note: &str, at: i64) -> String {
    line(&json!({"at": at, "checkpoint": note, "size": size}))
}

/// The last line.
pub fn end_line(size: u64, note: &str, at: i64) -> String {
    line(&json!({"at": at, "end": note, "size": size}))
}

/// A segment's line.
pub fn segment_line(segment: &Segment) -> String {
    line(&json!({"segment": SegmentLine::from(segment)}))
}

fn line(value: &serde_json::Value) -> String {
    format!("{value}\n")
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Beside {
    Header {
        #[serde(rename = "audit")]
        _version: u32,
        key: String,
    },
    Segment {
        segment: SegmentLine,
    },
    Checkpoint {
        at: i64,
        checkpoint: String,
        size: u64,
    },
    End {
        end: String,
        size: u64,
    },
}

/// Verifies an export, line by line.
pub struct ExportVerifier {
    verifier: Verifier,
    /// Whether the key is the one that the export itself names.
    trusting: bool,
    head: Option<Head>,
    threads: usize,
    begun: bool,
    /// What its last line says.
    end: Option<Checkpoint>,
}

impl ExportVerifier {
    /// With a key the export has to be signed by it; without, by the one that its first line names, which
    /// proves that it is whole but not whose it is.
    pub fn new(key: Option<Key>, head: Option<Head>, threads: usize) -> Self {
        let trusting = key.is_none();
        Self {
            verifier: verifier(key, head, threads),
            trusting,
            head,
            threads,
            begun: false,
            end: None,
        }
    }

    /// The key that the export is held against.
    pub fn key(&self) -> Option<&Key> {
        self.verifier.key()
    }

    /// The next lines.
    pub fn lines<'l>(&mut self, lines: impl IntoIterator<Item = &'l str>) {
        let mut rows = Vec::new();
        for line in lines {
            if line.is_empty() {
                continue;
            }
            if let Some(end) = &self.end {
                let text = "something stands after the end of the export".to_owned();
                self.verifier.note(end.size + 1, BreakKind::Inserted, text);
            }
            // A record's first member is "action" or "actor": what stands beside is told by its own.
            let beside = ["{\"audit\":", "{\"segment\":", "{\"at\":"];
            if beside.iter().any(|start| line.starts_with(start)) {
                self.verifier.rows(&rows);
                rows.clear();
                self.beside(line);
            } else {
                self.begun = true;
                rows.push(Row {
                    bytes: line,
                    columns: None,
                });
            }
        }
        self.verifier.rows(&rows);
    }

    fn beside(&mut self, line: &str) {
        match serde_json::from_str(line) {
            Ok(Beside::Header { key, .. }) if self.trusting && !self.begun => {
                self.verifier = verifier(Key::read(&key).ok(), self.head, self.threads);
            }
            Ok(Beside::Header { .. }) => {}
            Ok(Beside::Segment { segment }) => match segment.segment() {
                Some(segment) => self.verifier.segment(segment),
                None => self.unreadable(),
            },
            Ok(Beside::Checkpoint {
                at,
                checkpoint,
                size,
            }) => self.verifier.checkpoint(size, &checkpoint, at),
            Ok(Beside::End { end, size }) => self.end(&end, size),
            Err(_) => self.unreadable(),
        }
        self.begun = true;
    }

    fn end(&mut self, note: &str, size: u64) {
        let keys: Vec<Key> = self.key().cloned().into_iter().collect();
        match Checkpoint::open_end(note, &keys) {
            Ok(end) => self.end = Some(end),
            Err(error) => {
                let text = format!("the end of the export does not hold: {error}");
                self.verifier.note(size, BreakKind::BadSignature, text);
            }
        }
    }

    fn unreadable(&mut self) {
        let text = "a line of the export cannot be read".to_owned();
        let seq = self.verifier.due();
        self.verifier.note(seq, BreakKind::BadJson, text);
    }

    /// What was found. An export that does not say where it ends, or has nothing before that, proves nothing.
    pub fn finish(self) -> Report {
        let end = self.end;
        let mut report = self.verifier.finish();
        if report.broken.is_none() {
            report.broken = unproven(&report, end.as_ref());
        }
        report
    }
}

/// What keeps an export from being whole in which nothing is wrong.
fn unproven(report: &Report, end: Option<&Checkpoint>) -> Option<Broken> {
    let counted = report.checkpoint.map_or(0, |checkpoint| checkpoint.size);
    let size = report.size;
    let (seq, kind, text) = match end {
        _ if size == 0 => (
            1,
            BreakKind::Truncated,
            "there are no records in the export".to_owned(),
        ),
        _ if counted < size => (
            size + 1,
            BreakKind::Truncated,
            format!(
                "no checkpoint counts the records after {counted}: they are not proven, and more may be missing"
            ),
        ),
        None => (
            size + 1,
            BreakKind::Truncated,
            format!(
                "the export does not say that it ends after {size} records: more may be missing"
            ),
        ),
        Some(end) if end.size > size => (
            size + 1,
            BreakKind::Truncated,
            format!(
                "there are {size} records, and the end of the export counts {}",
                end.size
            ),
        ),
        Some(end) if (end.size, end.root) != (size, report.root) => (
            end.size + 1,
            BreakKind::Inserted,
            format!(
                "the end of the export is that of {} other records",
                end.size
            ),
        ),
        Some(_) => return None,
    };
    Some(Broken { seq, kind, text })
}

fn verifier(key: Option<Key>, head: Option<Head>, threads: usize) -> Verifier {
    let mut verifier = Verifier::new(key.into_iter().collect(), threads);
    if let Some(head) = head {
        verifier.head(head);
    }
    verifier
}
