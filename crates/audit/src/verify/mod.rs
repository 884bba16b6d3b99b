//! Verifying a log: a stream of rows, the signed checkpoints, and the head that was kept elsewhere.
//!
//! Each record is hashed, has to hold the hash of the one before, and the roots over them have to be those
//! that were signed. Where they are not, the first bad record is named with what was done to it. Some of that
//! shows only in the records that follow: a record that the next one does not vouch for was changed, one that
//! comes up later was moved. So after a break the rest is still listened to; see `doubt`.

mod digest;
mod doubt;
mod envelope;
mod proof;
mod said;
mod scanner;
mod walk;

use crate::hash::Hash;
use crate::statement::Statement;

pub use digest::{Columns, Row};
pub use proof::{MOST_UNSIGNED, Proof};
pub use walk::Verifier;

/// What is wrong with the first bad record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakKind {
    /// It is not what was written.
    Changed,
    /// It is not there, and later ones are.
    Missing,
    /// It was not there when the log was written.
    Inserted,
    /// Another record stands in its place, and it comes up later.
    Reordered,
    /// It and all later ones are not there, and a checkpoint of the log counts them.
    Truncated,
    /// It and all later ones are not there, or others are, and the head kept elsewhere knows them.
    RolledBack,
    /// The checkpoint of this size was not signed by the log's key.
    BadSignature,
    /// It is no record.
    BadJson,
    /// The head kept elsewhere, which a signed log has, is gone.
    HeadMissing,
    /// The checkpoint that the head kept elsewhere counts is gone.
    CheckpointMissing,
    /// The key that signed the log is gone.
    KeyMissing,
}

impl BreakKind {
    const ALL: [Self; 11] = [
        Self::Changed,
        Self::Missing,
        Self::Inserted,
        Self::Reordered,
        Self::Truncated,
        Self::RolledBack,
        Self::BadSignature,
        Self::BadJson,
        Self::HeadMissing,
        Self::CheckpointMissing,
        Self::KeyMissing,
    ];

    /// The kind that a word is for.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The word for it in answers and exports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::Inserted => "inserted",
            Self::Reordered => "reordered",
            Self::Truncated => "truncated",
            Self::RolledBack => "rolled-back",
            Self::BadSignature => "bad-signature",
            Self::BadJson => "bad-json",
            Self::HeadMissing => "head-missing",
            Self::CheckpointMissing => "checkpoint-missing",
            Self::KeyMissing => "key-missing",
        }
    }
}

/// The first bad record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Its number, or its place where it has none.
    pub seq: u64,
    pub kind: BreakKind,
    /// A sentence for a person.
    pub text: String,
}

/// How many records a log had and their root, kept where whoever can write the log cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub size: u64,
    pub root: Hash,
}

/// A checkpoint that was found right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    pub size: u64,
    pub root: Hash,
    /// When it was signed, as the note says itself; none of an older one, whose time is not proven.
    pub at: Option<i64>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// How many rows were looked at.
    pub records: u64,
    /// How many records the log has up to the last good one, with those that were sealed away.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// The last checkpoint that was found right.
    pub checkpoint: Option<Checked>,
    /// The head that was given ends inside of what was sealed away since: that the log goes on from there is all that
    /// it shows.
    pub head_is_sealed: bool,
    /// What nobody can prove, and nothing contradicts either: as records of the log say, and what shows now.
    pub unproven: Vec<Statement>,
    pub broken: Option<Broken>,
}

impl Report {
    /// Nothing in it contradicts what proves it. Of what is unproven nothing can be said.
    pub fn intact(&self) -> bool {
        self.broken.is_none()
    }

    /// Nobody can prove how it ends, and no record of it says so yet.
    pub fn is_end_unproven(&self) -> bool {
        let reaches = |said: &Statement| match *said {
            Statement::Unproven { last, .. } => last >= self.size,
            Statement::Sealed { .. } | Statement::Former { .. } => false,
        };
        self.unproven.iter().any(reaches)
    }

    /// Intact, and nothing of it is left unproven.
    pub fn is_proven(&self) -> bool {
        self.intact() && self.unproven.is_empty()
    }
}
