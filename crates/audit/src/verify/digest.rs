//! What verifying needs of a row: its hash and what it says of its place. Each row by itself, so that many can
//! be worked on at once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use super::envelope::{Envelope, Text};
use crate::hash::{Hash, leaf_hash};
use crate::record::{VERSION, search_text};
use crate::statement::Statement;

/// A row as it is stored or exported.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    pub bytes: &'a str,
    /// What a database keeps beside the bytes; an export keeps nothing.
    pub columns: Option<Columns<'a>>,
}

/// The copies out of a record that it is found by, and its hash.
#[derive(Clone, Copy, Debug)]
pub struct Columns<'a> {
    pub seq: u64,
    pub leaf: Hash,
    pub at: i64,
    pub kind: &'a str,
    pub agent: Option<&'a str>,
    pub session: Option<&'a str>,
    pub run: Option<&'a str>,
    pub verdict: Option<&'a str>,
    pub intent: Option<u64>,
    pub text: &'a str,
}

/// A row, hashed and read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Digested {
    /// The row's number in the database.
    pub(super) place: Option<u64>,
    pub(super) leaf: Hash,
    /// None where the bytes are no record.
    pub(super) said: Option<Said>,
    /// Whether the stored hash is that of the bytes.
    pub(super) hashed: bool,
    /// Whether the columns say what the bytes say.
    pub(super) told: bool,
    /// What it says of the log itself.
    pub(super) statement: Option<Statement>,
}

/// What a record says of its place in the chain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    pub(super) seq: u64,
    pub(super) prev: Hash,
}

pub(super) fn digest(row: &Row<'_>) -> Digested {
    let leaf = leaf_hash(row.bytes.as_bytes());
    let envelope = Envelope::read(row.bytes);
    let said = envelope.as_ref().and_then(|envelope| {
        Some(Said {
            seq: envelope.seq,
            prev: Hash::from_hex(&envelope.prev).filter(|_| envelope.v == VERSION)?,
        })
    });
    let statement = envelope
        .as_ref()
        .and_then(|envelope| Statement::read(&envelope.kind, said_text(&envelope.what)?));
    let columns = row.columns.as_ref();
    Digested {
        place: columns.map(|columns| columns.seq),
        leaf,
        said,
        hashed: columns.is_none_or(|columns| columns.leaf == leaf),
        told: match (columns, &envelope) {
            (Some(columns), Some(envelope)) => says(envelope, columns),
            _ => true,
        },
        statement,
    }
}

fn says(record: &Envelope<'_>, columns: &Columns<'_>) -> bool {
    let what = said_text(&record.what);
    let resource = said_text(&record.resource);
    let text = match (what, resource) {
        (Some(one), None) | (None, Some(one)) => columns.text == one,
        _ => columns.text == search_text(what, resource),
    };
    text && record.ts == columns.at
        && record.kind == columns.kind
        && said_text(&record.agent) == columns.agent
        && said_text(&record.session) == columns.session
        && said_text(&record.run) == columns.run
        && said_text(&record.verdict) == columns.verdict
        && record.intent == columns.intent
}

fn said_text<'a>(text: &'a Option<Text<'_>>) -> Option<&'a str> {
    text.as_ref().map(|text| &*text.0)
}

/// Digests rows on `threads` threads, of which this is one, and hands them on in their order while later ones are still
/// worked on.
pub(super) fn digest_each(rows: &[Row<'_>], threads: usize, mut take: impl FnMut(&Digested)) {
    /// What a thread does at a time. Fewer rows than these are done before a thread has begun.
    const SHARE: usize = 256;
    let shares = Shares {
        rows: rows.chunks(SHARE).collect(),
        begun: AtomicUsize::new(0),
    };
    let count = shares.rows.len();
    let threads = threads.clamp(1, count.max(1));
    if threads == 1 {
        return rows.iter().for_each(|row| take(&digest(row)));
    }
    std::thread::scope(|scope| {
        let (sender, done) = mpsc::channel();
        for _ in 1..threads {
            let (sender, shares) = (sender.clone(), &shares);
            scope.spawn(move || {
                while let Some(digested) = shares.digest_next() {
                    if sender.send(digested).is_err() {
                        return;
                    }
                }
            });
        }
        // Else nobody would hear of it where a thread panicked.
        drop(sender);
        let mut due = 0;
        let mut ready = BTreeMap::new();
        while due < count {
            ready.extend(done.try_iter());
            if let Some(digested) = ready.remove(&due) {
                let digested: Vec<Digested> = digested;
                digested.iter().for_each(&mut take);
                due += 1;
                continue;
            }
            let more = shares.digest_next().map_or_else(|| done.recv(), Ok);
            ready.extend([more.expect("digesting does not panic")]);
        }
    });
}

/// The rows, to be taken by whoever has nothing to do: the threads end at about the same time, however fast each is.
struct Shares<'r, 'a> {
    rows: Vec<&'r [Row<'a>]>,
    begun: AtomicUsize,
}

impl Shares<'_, '_> {
    /// The next ones that nobody has begun, digested, with their place; none where all are begun.
    fn digest_next(&self) -> Option<(usize, Vec<Digested>)> {
        let place = self.begun.fetch_add(1, Ordering::Relaxed);
        let rows = self.rows.get(place)?;
        Some((place, rows.iter().map(digest).collect()))
    }
}
