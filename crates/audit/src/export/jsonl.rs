//! JSON lines: the records' own bytes, and between them what is needed to verify them without the gateway.
//!
//! - `{"audit":1,"key":"…"}` first: the version of this form, and the key that signs (a C2SP verifier key).
//! - `{"segment":{…}}` for each segment that was sealed away.
//! - the records, in their order. A record is the line that begins with neither of the other members.
//! - `{"at":…,"checkpoint":"…","size":…}` after the record that a checkpoint counts last.

use serde::Deserialize;
use serde_json::json;

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
}

/// Verifies an export, line by line.
pub struct ExportVerifier {
    verifier: Verifier,
    /// Whether the key is the one that the export itself names.
    trusting: bool,
    head: Option<Head>,
    threads: usize,
    begun: bool,
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
            Err(_) => self.unreadable(),
        }
        self.begun = true;
    }

    fn unreadable(&mut self) {
        let text = "a line of the export cannot be read".to_owned();
        let seq = self.verifier.due();
        self.verifier.note(seq, BreakKind::BadJson, text);
    }

    /// What was found. An export without any checkpoint that counts all of it proves nothing about its end.
    pub fn finish(self) -> Report {
        let mut report = self.verifier.finish();
        let counted = report.checkpoint.map_or(0, |checkpoint| checkpoint.size);
        if report.broken.is_none() && counted < report.size {
            report.broken = Some(Broken {
                // The last record is there; what may be missing begins after it.
                seq: report.size + 1,
                kind: BreakKind::Truncated,
                text: format!(
                    "no checkpoint counts the records after {counted}: they are not proven, and more may be missing"
                ),
            });
        }
        report
    }
}

fn verifier(key: Option<Key>, head: Option<Head>, threads: usize) -> Verifier {
    let mut verifier = Verifier::new(key.into_iter().collect(), threads);
    if let Some(head) = head {
        verifier.head(head);
    }
    verifier
}
