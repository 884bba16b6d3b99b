//! What verifying needs of a row: its hash and what it says of its place. Each row by itself, so that many can
//! be worked on at once.

use std::borrow::Cow;
use std::sync::mpsc;

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

/// A text that is borrowed from the record unless something in it is escaped. As a type of its own, because serde
/// copies what is in an `Option<Cow<str>>`.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

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
    agent: Option<Text<'a>>,
    #[serde(borrow, default)]
    session: Option<Text<'a>>,
    #[serde(borrow, default)]
    run: Option<Text<'a>>,
    #[serde(borrow, default)]
    verdict: Option<Text<'a>>,
    #[serde(default)]
    intent: Option<u64>,
    #[serde(borrow, default)]
    what: Option<Text<'a>>,
    #[serde(borrow, default)]
    resource: Option<Text<'a>>,
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
    let what = said(&record.what);
    let resource = said(&record.resource);
    let text = match (what, resource) {
        (Some(one), None) | (None, Some(one)) => columns.text == one,
        _ => columns.text == search_text(what, resource),
    };
    text && record.ts == columns.at
        && record.kind == columns.kind
        && said(&record.agent) == columns.agent
        && said(&record.session) == columns.session
        && said(&record.run) == columns.run
        && said(&record.verdict) == columns.verdict
        && record.intent == columns.intent
}

fn said<'a>(text: &'a Option<Text<'_>>) -> Option<&'a str> {
    text.as_ref().map(|text| &*text.0)
}

/// Digests rows on `threads` threads, and hands them on in their order while later ones are still worked on.
pub(super) fn digest_each(rows: &[Row<'_>], threads: usize, mut take: impl FnMut(&Digested)) {
    /// What a thread does at a time. Fewer rows than these are done before a thread has begun.
    const SHARE: usize = 512;
    let shares: Vec<_> = rows.chunks(SHARE).collect();
    let threads = threads.clamp(1, shares.len().max(1));
    if threads == 1 {
        return rows.iter().for_each(|row| take(&digest(row)));
    }
    std::thread::scope(|scope| {
        let work = |first| {
            let (sender, done) = mpsc::sync_channel(2);
            let shares = &shares;
            scope.spawn(move || {
                for share in shares.iter().skip(first).step_by(threads) {
                    let digested: Vec<_> = share.iter().map(digest).collect();
                    if sender.send(digested).is_err() {
                        return;
                    }
                }
            });
            done
        };
        let workers: Vec<_> = (0..threads).map(work).collect();
        for worker in workers.iter().cycle().take(shares.len()) {
            let digested = worker.recv().expect("digesting does not panic");
            digested.iter().for_each(&mut take);
        }
    });
}
