//! The walk along the chain.

use std::collections::BTreeMap;

use super::digest::{Digested, Row, Said, digest_each};
use super::doubt::Doubt;
use super::said::SaidOfLog;
use super::{BreakKind, Broken, Checked, Head, Report};
use crate::checkpoint::Checkpoint;
use crate::hash::Hash;
use crate::note::Verifier as Key;
use crate::segment::{Segment, SegmentError};
use crate::statement::Statement;
use crate::tree::Frontier;

/// Verifies a log. Give it the segments, the checkpoints and the head that there are, then the rows in their
/// order, then ask.
pub struct Verifier {
    keys: Vec<Key>,
    threads: usize,
    /// Roots that are known, by the size of their tree.
    pub(super) anchors: BTreeMap<u64, Vec<Anchor>>,
    pub(super) chain: Chain,
    segment: Option<Segment>,
    said: SaidOfLog,
    records: u64,
    stage: Stage,
    /// What is wrong but is no record.
    beside: Option<Broken>,
    /// The head counts records that were sealed away.
    head_is_sealed: bool,
}

/// A root that the log has to have at a size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Anchor {
    pub(super) root: Hash,
    pub(super) by: By,
}

/// Who knows a root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Checkpoint { at: Option<i64> },
    Head,
}

impl Anchor {
    pub(super) fn is_head(&self) -> bool {
        self.by == By::Head
    }
}

enum Stage {
    Walking,
    Doubting(Doubt),
    Ended(Broken),
}

/// What was walked and found right.
#[derive(Default)]
pub(super) struct Chain {
    pub(super) tree: Frontier,
    /// The tree without the last record.
    pub(super) before: Frontier,
    /// How many records were sealed away.
    pub(super) sealed: u64,
    pub(super) last: Option<Link>,
    /// The hash that the next record has to hold.
    pub(super) prev: Option<Hash>,
    /// The largest size whose root was found right.
    pub(super) good: u64,
    /// The roots that the tree had to have at its present size.
    pub(super) wanted: Vec<Anchor>,
    pub(super) checked: Option<Checked>,
}

/// A record in the chain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) seq: u64,
    pub(super) prev: Hash,
    pub(super) leaf: Hash,
    /// Whether the hash that is stored beside it is its own.
    pub(super) hashed: bool,
}

impl Chain {
    pub(super) fn prev(&self) -> Hash {
        self.prev.unwrap_or(Hash::ZERO)
    }

    /// The number that the next record has to have.
    pub(super) fn next(&self) -> u64 {
        self.tree.size() + 1
    }
}

impl Verifier {
    /// Checkpoints count if one of `keys` signed them. The work of
    /// hashing is shared by `threads`.
    pub fn new(keys: Vec<Key>, threads: usize) -> Self {
        Self {
            keys,
            threads,
            anchors: BTreeMap::new(),
            chain: Chain::default(),
            segment: None,
            said: SaidOfLog::default(),
            records: 0,
            stage: Stage::Walking,
            beside: None,
            head_is_sealed: false,
        }
    }

    /// A segment that was sealed away, in their order and before any row.
    pub fn segment(&mut self, segment: Segment) {
        if self.records > 0 {
            // It would speak for records that were just shown as others.
            let text = "a sealed segment stands after a record".to_owned();
            return self.note(self.due(), BreakKind::Inserted, text);
        }
        let checked = if self.keys.is_empty() {
            // Without a key nothing that was signed is looked at.
            Frontier::from_bytes(segment.last, &segment.frontier).ok_or(SegmentError::Root)
        } else {
            segment.check(self.segment.as_ref(), &self.keys)
        };
        match checked {
            Ok(tree) => {
                self.chain.good = tree.size();
                self.chain.tree = tree;
            }
            Err(error) => {
                let text = format!(
                    "the sealed records {} to {} are not what was sealed: {error}",
                    segment.first, segment.last
                );
                self.note(segment.first, BreakKind::Changed, text);
                let tree = Frontier::from_bytes(segment.last, &segment.frontier);
                self.chain.tree = tree.unwrap_or_default();
            }
        }
        self.hold_against_anchors(&segment);
        self.chain.sealed = segment.last;
        self.chain.prev = Some(segment.leaf);
        self.segment = Some(segment);
    }

    /// Of the roots that were known before the segment came, that of its end can be held against it. Those of the
    /// records inside of it cannot any more: all that is left to say is that the log goes further.
    fn hold_against_anchors(&mut self, segment: &Segment) {
        let later = self.anchors.split_off(&(segment.last + 1));
        let mut passed = std::mem::replace(&mut self.anchors, later);
        let root = self.chain.tree.root();
        let at_its_end = passed.remove(&segment.last).unwrap_or_default();
        if at_its_end.iter().any(|anchor| anchor.root != root) {
            let text = format!(
                "the sealed records up to {} are others than those that the head kept outside of the log knows",
                segment.last
            );
            self.note(segment.first, BreakKind::RolledBack, text);
        }
        self.head_is_sealed |= !passed.is_empty();
    }

    /// A checkpoint of the log, before the row after its last. `size` is what it is kept under.
    pub fn checkpoint(&mut self, size: u64, note: &str, at: i64) {
        match Checkpoint::open(note, &self.keys) {
            Ok(checkpoint) => {
                let signed = checkpoint.at;
                if signed.is_some_and(|signed| signed != at) {
                    let text = format!(
                        "the time that is kept beside the checkpoint of {size} records is not the one that was signed"
                    );
                    self.note(size, BreakKind::BadSignature, text);
                }
                let by = By::Checkpoint { at: signed };
                self.anchor(checkpoint.size, checkpoint.root, by);
            }
            Err(error) => {
                let text = format!("the checkpoint of {size} records does not hold: {error}");
                self.note(size, BreakKind::BadSignature, text);
            }
        }
    }

    /// As [`Self::checkpoint`], with the right edge of its tree, from which the log goes on at the next start.
    pub fn kept_checkpoint(&mut self, size: u64, note: &str, at: i64, frontier: &[u8]) {
        self.checkpoint(size, note, at);
        let Ok(signed) = Checkpoint::open(note, &self.keys) else {
            return;
        };
        let tree = Frontier::from_bytes(size, frontier);
        if tree.is_none_or(|tree| tree.root() != signed.root) {
            let text = format!(
                "the tree that is kept beside the checkpoint of {size} records is not the one that was signed"
            );
            self.note(size, BreakKind::Changed, text);
        }
    }

    /// The head that was kept elsewhere.
    pub fn head(&mut self, head: Head) {
        if head.size > 0 {
            self.anchor(head.size, head.root, By::Head);
        }
    }

    /// The first of the keys.
    pub(crate) fn key(&self) -> Option<&Key> {
        self.keys.first()
    }

    /// The number of the record that is due.
    pub(crate) fn due(&self) -> u64 {
        self.chain.next()
    }

    /// What nobody can prove, as is known from elsewhere.
    pub fn unproven(&mut self, statement: Statement) {
        self.said.unproven(statement);
    }

    /// What was found wrong at an earlier time and is known from elsewhere.
    pub fn note(&mut self, seq: u64, kind: BreakKind, text: String) {
        let earlier = self.beside.as_ref().is_none_or(|beside| seq < beside.seq);
        if earlier {
            self.beside = Some(Broken { seq, kind, text });
        }
    }

    fn anchor(&mut self, size: u64, root: Hash, by: By) {
        let anchor = Anchor { root, by };
        if size > self.chain.tree.size() {
            self.anchors.entry(size).or_default().push(anchor);
        } else if size == self.chain.tree.size() && matches!(self.stage, Stage::Walking) {
            self.chain.wanted.push(anchor);
            self.check_root();
        }
    }

    /// The next rows.
    pub fn rows(&mut self, rows: &[Row<'_>]) {
        digest_each(rows, self.threads, |digested| self.row(digested));
    }

    fn row(&mut self, row: &Digested) {
        self.records += 1;
        match &mut self.stage {
            Stage::Walking => self.walk(row),
            Stage::Doubting(doubt) => {
                if let Some(broken) = doubt.hear(row, &self.chain, &self.anchors) {
                    self.stage = Stage::Ended(broken);
                }
            }
            Stage::Ended(_) => {}
        }
    }

    fn walk(&mut self, row: &Digested) {
        let expected = self.chain.next();
        if row.place.is_some_and(|place| place > expected) {
            return self.broken(expected, BreakKind::Missing, "is not there");
        }
        let Some(Said { seq, prev }) = row.said else {
            return if row.hashed {
                self.broken(expected, BreakKind::BadJson, "is no record")
            } else {
                self.changed(expected)
            };
        };
        let link = Link {
            seq,
            prev,
            leaf: row.leaf,
            hashed: row.hashed,
        };
        if seq != expected {
            let rival = self
                .chain
                .last
                .filter(|last| (last.seq, last.prev) == (seq, prev));
            return self.doubt(match rival {
                Some(first) => Doubt::rivals(first, link),
                None => Doubt::order(link),
            });
        }
        if !row.hashed || !row.told {
            return self.changed(expected);
        }
        if prev != self.chain.prev() {
            return self.doubt(Doubt::link(link));
        }
        self.accept(link);
        if let Some(statement) = row.statement {
            self.said.hear(seq, statement);
        }
    }

    fn accept(&mut self, link: Link) {
        let chain = &mut self.chain;
        chain.before.copy_from(&chain.tree);
        chain.tree.push(link.leaf);
        chain.prev = Some(link.leaf);
        chain.last = Some(link);
        chain.wanted.clear();
        let size = chain.tree.size();
        let anchored = self.anchors.first_key_value();
        if anchored.is_some_and(|(first, _)| *first <= size) {
            let (_, wanted) = self.anchors.pop_first().unwrap_or_default();
            self.chain.wanted = wanted;
            self.check_root();
        }
    }

    /// Holds the roots that the tree has to have against the one that it has.
    fn check_root(&mut self) {
        let chain = &mut self.chain;
        let (size, root) = (chain.tree.size(), chain.tree.root());
        let known = chain.wanted.iter().copied();
        let (right, wrong): (Vec<Anchor>, Vec<Anchor>) =
            known.partition(|anchor| anchor.root == root);
        let at = right.iter().find_map(|anchor| match anchor.by {
            By::Checkpoint { at } => Some(at),
            By::Head => None,
        });
        if let Some(at) = at {
            chain.checked = Some(Checked { size, root, at });
        }
        if wrong.is_empty() {
            chain.good = size;
            return;
        }
        let by_head_alone = wrong.iter().all(Anchor::is_head);
        self.doubt(Doubt::root(by_head_alone));
    }

    fn doubt(&mut self, doubt: Doubt) {
        self.stage = Stage::Doubting(doubt);
    }

    fn changed(&mut self, seq: u64) {
        self.broken(seq, BreakKind::Changed, "is not what was written");
    }

    fn broken(&mut self, seq: u64, kind: BreakKind, what: &str) {
        let text = format!("record {seq} {what}");
        self.stage = Stage::Ended(Broken { seq, kind, text });
    }

    /// What was found, after the last row.
    pub fn finish(mut self) -> Report {
        if matches!(self.stage, Stage::Walking) {
            self.miss_the_sealing();
        }
        let broken = match self.stage {
            Stage::Walking => self.cut_off(),
            Stage::Doubting(doubt) => Some(doubt.end(&self.chain, &self.anchors)),
            Stage::Ended(broken) => Some(broken),
        };
        let beside = self.beside.take();
        let broken = match (broken, beside) {
            (Some(broken), Some(beside)) if beside.seq < broken.seq => Some(beside),
            (broken, beside) => broken.or(beside),
        };
        Report {
            records: self.records,
            size: self.chain.tree.size(),
            root: self.chain.tree.root(),
            checkpoint: self.chain.checked,
            head_is_sealed: self.head_is_sealed,
            unproven: self.said.into_unproven(),
            broken,
        }
    }

    /// That the last segment was sealed by the gateway is signed, or a record says it. Those before it hold with it: it
    /// begins where they end.
    fn miss_the_sealing(&mut self) {
        let Some(segment) = self.segment.as_ref() else {
            return;
        };
        let (first, last) = (segment.first, segment.last);
        let is_known = self.keys.is_empty()
            || segment.is_signed_as_sealed(&self.keys)
            || self.said.is_sealed(first, last);
        if !is_known {
            let text = format!(
                "records {first} to {last} are not there, and nothing proves that the gateway sealed them away"
            );
            self.note(first, BreakKind::Missing, text);
        }
    }

    /// Whether something is known of records after the last one.
    fn cut_off(&self) -> Option<Broken> {
        let size = self.chain.tree.size();
        let later = |counts: &dyn Fn(&Anchor) -> bool| {
            let sizes = self.anchors.iter().rev();
            sizes
                .filter(|(_, anchors)| anchors.iter().any(counts))
                .map(|(size, _)| *size)
                .next()
        };
        let seq = size + 1;
        if let Some(known) = later(&|anchor| !anchor.is_head()) {
            let text =
                format!("the log ends after {size} records, and a checkpoint counts {known}");
            let kind = BreakKind::Truncated;
            return Some(Broken { seq, kind, text });
        }
        let known = later(&Anchor::is_head)?;
        let text = format!(
            "the log ends after {size} records, and the head kept outside of it counts {known}"
        );
        let kind = BreakKind::RolledBack;
        Some(Broken { seq, kind, text })
    }
}
