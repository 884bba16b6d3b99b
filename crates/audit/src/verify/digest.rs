//! What verifying needs of a row: its hash and what it says of its place. Each row by itself, so that many can
//! be worked on at once.

use std::borrow::Cow;

use serde::Deserialize;

use crate::hash::{Hash, leaf_hash};
use crate::record::{VERSION, search_text};

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
}

/// What a record says of its place in the chain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    pub(super) seq: u64,
    pub(super) prev: Hash,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    v: u32,
    seq: u64,
    #[serde(borrow)]
    prev: Cow<'a, str>,
    ts: i64,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    agent: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    session: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    run: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    verdict: Option<Cow<'a, str>>,
    #[serde(default)]
    intent: Option<u64>,
    #[serde(borrow, default)]
    what: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    resource: Option<Cow<'a, str>>,
}

pub(super) fn digest(row: &Row<'_>) -> Digested {
    let leaf = leaf_hash(row.bytes.as_bytes());
    let envelope = serde_json::from_str::<Envelope<'_>>(row.bytes).ok();
    let said = envelope.as_ref().and_then(|envelope| {
        Some(Said {
            seq: envelope.seq,
            prev: Hash::from_hex(&envelope.prev).filter(|_| envelope.v == VERSION)?,
        })
    });
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
    }
}

fn says(record: &Envelope<'_>, columns: &Columns<'_>) -> bool {
    let what = record.what.as_deref();
    let resource = record.resource.as_deref();
    let text = match (what, resource) {
        (Some(one), None) | (None, Some(one)) => columns.text == one,
        _ => columns.text == search_text(what, resource),
    };
    text && record.ts == columns.at
        && record.kind == columns.kind
        && record.agent.as_deref() == columns.agent
        && record.session.as_deref() == columns.session
        && record.run.as_deref() == columns.run
        && record.verdict.as_deref() == columns.verdict
        && record.intent == columns.intent
}

/// Digests rows on `threads` threads.
pub(super) fn digest_all(rows: &[Row<'_>], threads: usize) -> Vec<Digested> {
    /// Fewer rows than these are done before a thread has begun.
    const WORTH_A_THREAD: usize = 256;
    let threads = threads.clamp(1, rows.len() / WORTH_A_THREAD + 1);
    if threads == 1 {
        return rows.iter().map(digest).collect();
    }
    let share = rows.len().div_ceil(threads);
    std::thread::scope(|scope| {
        let work = |rows| scope.spawn(move || rows_digested(rows));
        let workers: Vec<_> = rows.chunks(share).map(work).collect();
        let done = workers.into_iter().map(|worker| worker.join());
        done.flat_map(|part| part.expect("digesting does not panic"))
            .collect()
    })
}

fn rows_digested(rows: &[Row<'_>]) -> Vec<Digested> {
    rows.iter().map(digest).collect()
}
