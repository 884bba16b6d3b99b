//! Sealed segments: records that were dropped when their time was over, of which only so much is kept that
//! what came after them still verifies.
//!
//! What proves that they were sealed is signed for that: any checkpoint counts records that there were, and would be
//! proof enough for whoever cuts the front of a log off. Segments of earlier versions have but a checkpoint, and hold
//! where a record of the log says that they were sealed.

use serde::{Deserialize, Serialize};

use crate::checkpoint::Checkpoint;
use crate::hash::Hash;
use crate::note::{self, NoteError, Signer, Verifier};
use crate::proof;
use crate::tree::Frontier;

/// How the signed line begins that says what was sealed.
const SEALED: &str = "sealed ";

/// What is left of the records `first` to `last`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    pub first: u64,
    pub last: u64,
    /// The times of its first and last record.
    pub from_at: i64,
    pub to_at: i64,
    pub sealed_at: i64,
    /// The hash of the last one, which the next record holds.
    pub leaf: Hash,
    /// The right edge of the tree with `last` leaves.
    pub frontier: Vec<u8>,
    /// The checkpoint of `last` records, with the line that they were sealed.
    pub note: String,
    /// That the tree goes on from the one of the segment before (RFC 6962, section 2.1.2).
    pub proof: Vec<Hash>,
}

/// Why a segment is not what was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SegmentError {
    #[error("its signature is wrong: {0}")]
    Note(#[from] NoteError),
    #[error("it does not go on where the one before ends")]
    Gap,
    #[error("its tree is not the one that was signed")]
    Root,
    #[error("its tree does not go on from the one before")]
    Inconsistent,
    #[error("what was signed is the sealing of others")]
    Others,
}

impl Segment {
    /// Signs that these records were sealed.
    pub fn signed(mut self, signer: &Signer) -> Result<Self, NoteError> {
        let tree = Frontier::from_bytes(self.last, &self.frontier).ok_or(NoteError::Malformed)?;
        let checkpoint = Checkpoint {
            origin: signer.name().to_owned(),
            size: self.last,
            root: tree.root(),
            at: Some(self.sealed_at),
        };
        self.note = signer.sign(&format!("{}{}\n", checkpoint.text(), self.line()))?;
        Ok(self)
    }

    /// What is signed beside the checkpoint.
    fn line(&self) -> String {
        let Self { first, last, .. } = self;
        let (from_at, to_at, leaf) = (self.from_at, self.to_at, self.leaf.to_hex());
        format!("{SEALED}{first}-{last}, from {from_at} to {to_at}, hash {leaf}")
    }

    /// Whether it was signed that these records were sealed, and not only that there were so many.
    pub fn is_signed_as_sealed(&self, keys: &[Verifier]) -> bool {
        let signed = note::open(&self.note, keys).ok().and_then(sealing);
        signed.is_some_and(|line| line == self.line())
    }

    /// The tree that goes on after this segment, if it is the one that was signed.
    pub fn check(
        &self,
        before: Option<&Self>,
        keys: &[Verifier],
    ) -> Result<Frontier, SegmentError> {
        let checkpoint = Checkpoint::open(&self.note, keys)?;
        let ended = before.map_or(0, |before| before.last);
        if self.first != ended + 1 || self.last < self.first || checkpoint.size != self.last {
            return Err(SegmentError::Gap);
        }
        // One of an earlier version has no such line.
        let is_said = sealing(note::open(&self.note, keys)?).is_some();
        let is_other = checkpoint.at != Some(self.sealed_at) || !self.is_signed_as_sealed(keys);
        if is_said && is_other {
            return Err(SegmentError::Others);
        }
        let frontier = Frontier::from_bytes(self.last, &self.frontier);
        let frontier = frontier.ok_or(SegmentError::Root)?;
        // The last leaf stands in the edge alone where the number of leaves is odd.
        let alone = frontier.subtree(self.last - 1, self.last);
        if frontier.root() != checkpoint.root || alone.is_some_and(|leaf| leaf != self.leaf) {
            return Err(SegmentError::Root);
        }
        let Some(before) = before else {
            return Ok(frontier);
        };
        let old = Frontier::from_bytes(before.last, &before.frontier).unwrap_or_default();
        let goes_on = proof::consistent(
            old.size(),
            old.root(),
            self.last,
            checkpoint.root,
            &self.proof,
        );
        goes_on
            .then_some(frontier)
            .ok_or(SegmentError::Inconsistent)
    }
}

/// The line of a signed text that says what was sealed.
fn sealing(text: &str) -> Option<&str> {
    text.lines().skip(3).find(|line| line.starts_with(SEALED))
}

/// A segment as a line of an export.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SegmentLine {
    first: u64,
    last: u64,
    from_at: i64,
    to_at: i64,
    sealed_at: i64,
    leaf: String,
    frontier: Vec<String>,
    note: String,
    proof: Vec<String>,
}

impl From<&Segment> for SegmentLine {
    fn from(segment: &Segment) -> Self {
        let frontier = segment.frontier.chunks(32).filter_map(Hash::from_slice);
        Self {
            first: segment.first,
            last: segment.last,
            from_at: segment.from_at,
            to_at: segment.to_at,
            sealed_at: segment.sealed_at,
            leaf: segment.leaf.to_hex(),
            frontier: frontier.map(Hash::to_hex).collect(),
            note: segment.note.clone(),
            proof: segment.proof.iter().map(|hash| hash.to_hex()).collect(),
        }
    }
}

impl SegmentLine {
    pub(crate) fn segment(self) -> Option<Segment> {
        let hashes = |texts: &[String]| -> Option<Vec<Hash>> {
            texts.iter().map(|text| Hash::from_hex(text)).collect()
        };
        let frontier = hashes(&self.frontier)?;
        Some(Segment {
            first: self.first,
            last: self.last,
            from_at: self.from_at,
            to_at: self.to_at,
            sealed_at: self.sealed_at,
            leaf: Hash::from_hex(&self.leaf)?,
            frontier: frontier.iter().flat_map(|hash| hash.0).collect(),
            note: self.note,
            proof: hashes(&self.proof)?,
        })
    }
}
