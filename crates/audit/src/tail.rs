//! Where the log ends, told outside of it with each write, and by a key that is not beside it.
//!
//! Checkpoints sign the log from time to time, and say nothing of the records after the last one. So the end is told
//! before each commit: where it was, and where it will be. A log that was left is at one of the two; at any other place
//! somebody cut it off, added to it or wrote it anew. Every record holds the hash of the one before, so that the last
//! hash speaks for all of them.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::hash::Hash;
use crate::verify::{BreakKind, Broken};

/// An end of the log: how many records there are, and the hash of the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    pub size: u64,
    pub leaf: Hash,
}

impl End {
    /// That of a log without records.
    pub const NONE: Self = Self {
        size: 0,
        leaf: Hash::ZERO,
    };
}

/// What is told of the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tail {
    /// Where the log was when this was written.
    pub before: End,
    /// Where it is when what was being written is committed.
    pub after: End,
    /// Which start of the computer it was. What is written without waiting for the disk is there whatever becomes of
    /// the process, and may not be when the computer went down.
    pub boot: String,
    /// It was waited for the disk.
    pub is_on_disk: bool,
    /// Which start of the gateway on this log it was, from 1; 0 where an earlier version wrote it.
    pub start: u64,
}

/// What authenticates it, worked out of the key that signs the log.
pub struct TailKey(Zeroizing<[u8; 32]>);

/// Tells this use of the log's key from any other.
const PURPOSE: &[u8] = b"gatehouse audit tail 1";

impl TailKey {
    /// From the 32 secret bytes of the log's key.
    pub fn of(seed: &[u8; 32]) -> Self {
        let key = mac(seed, PURPOSE).finalize().into_bytes();
        Self(Zeroizing::new(key.into()))
    }
}

fn mac(key: &[u8; 32], text: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key may have any length");
    mac.update(text);
    mac
}

/// As it is written.
#[derive(Serialize, Deserialize)]
struct Line {
    before: (u64, String),
    after: (u64, String),
    boot: String,
    disk: bool,
    #[serde(default)]
    start: u64,
}

impl Tail {
    /// A line that says it, with its proof.
    pub fn write(&self, key: &TailKey) -> String {
        let end = |end: &End| (end.size, end.leaf.to_hex());
        let line = Line {
            before: end(&self.before),
            after: end(&self.after),
            boot: self.boot.clone(),
            disk: self.is_on_disk,
            start: self.start,
        };
        let line = serde_json::to_string(&line).expect("numbers and texts are JSON");
        let proof = mac(&key.0, line.as_bytes()).finalize().into_bytes();
        format!("{} {line}", Hash(proof.into()))
    }

    /// Reads such a line; none where the key did not write it.
    pub fn read(line: &str, key: &TailKey) -> Option<Self> {
        let (proof, line) = line.split_once(' ')?;
        let proof = Hash::from_hex(proof)?;
        mac(&key.0, line.as_bytes()).verify_slice(&proof.0).ok()?;
        let line: Line = serde_json::from_str(line).ok()?;
        let end = |(size, leaf): (u64, String)| {
            let leaf = Hash::from_hex(&leaf)?;
            Some(End { size, leaf })
        };
        Some(Self {
            before: end(line.before)?,
            after: end(line.after)?,
            boot: line.boot,
            is_on_disk: line.disk,
            start: line.start,
        })
    }

    /// Holds what there is against it.
    pub fn check(&self, there: &There<'_>) -> Verdict {
        let end = there.end;
        if end == self.before || end == self.after {
            return Verdict::Right;
        }
        let told = if end.size < self.before.size || there.may_lag {
            self.before
        } else {
            self.after
        };
        if end.size < told.size {
            return Verdict::Broken(cut(end.size, told.size));
        }
        if (there.leaf)(told.size).is_some_and(|leaf| leaf != told.leaf) {
            return Verdict::Broken(anew(there.signed, told.size));
        }
        if there.may_lag {
            return Verdict::Unproven {
                first: told.size + 1,
                last: end.size,
            };
        }
        Verdict::Broken(added(told.size + 1))
    }

    /// Holds what was read of a log that is being written against what was told before, `self`, and after that.
    pub fn check_while_written(&self, later: &Self, there: &There<'_>) -> Verdict {
        if self == later {
            return self.check(there);
        }
        let (end, least) = (there.end, self.before);
        if end.size < least.size {
            return Verdict::Broken(cut(end.size, least.size));
        }
        if (there.leaf)(least.size).is_some_and(|leaf| leaf != least.leaf) {
            return Verdict::Broken(anew(there.signed, least.size));
        }
        if end.size > later.after.size {
            return Verdict::Broken(added(later.after.size + 1));
        }
        Verdict::Right
    }
}

/// What there is of a log.
pub struct There<'a> {
    pub end: End,
    /// The hash of a record; none of one that was sealed away.
    pub leaf: &'a dyn Fn(u64) -> Option<Hash>,
    /// How many records a checkpoint counts.
    pub signed: u64,
    /// The log may have gone on after the last that was told: the computer went down before that was on the disk, or the
    /// key was not to be had.
    pub may_lag: bool,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Right,
    /// Nobody can say of these records whether the gateway wrote them.
    Unproven {
        first: u64,
        last: u64,
    },
    Broken(Broken),
}

fn cut(size: u64, told: u64) -> Broken {
    broken(
        size + 1,
        BreakKind::RolledBack,
        format!("the log ends after {size} records, and the gateway had written {told}"),
    )
}

fn added(seq: u64) -> Broken {
    let text = format!("record {seq} was not written by the gateway, nor what comes after it");
    broken(seq, BreakKind::Inserted, text)
}

fn anew(signed: u64, size: u64) -> Broken {
    let first = signed.min(size.saturating_sub(1)) + 1;
    let text = if first == size {
        format!("record {first} is not the one that the gateway wrote")
    } else {
        format!("the records from {first}, or from a later one up to {size}, were written anew")
    };
    broken(first, BreakKind::Changed, text)
}

fn broken(seq: u64, kind: BreakKind, text: String) -> Broken {
    Broken { seq, kind, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(size: u64) -> End {
        let leaf = Hash([u8::try_from(size).unwrap(); 32]);
        End { size, leaf }
    }

    fn tail(before: u64, after: u64) -> Tail {
        Tail {
            before: end(before),
            after: end(after),
            boot: "one".to_owned(),
            is_on_disk: false,
            start: 1,
        }
    }

    /// What is found of a log of `size` records, of which `other` is another than was written.
    fn found(tail: &Tail, size: u64, other: Option<u64>, may_lag: bool) -> Verdict {
        let leaf = |seq| {
            Some(End::NONE.leaf)
                .filter(|_| other == Some(seq))
                .or(Some(end(seq).leaf))
        };
        let there = There {
            end: End {
                size,
                leaf: leaf(size).unwrap(),
            },
            leaf: &leaf,
            signed: 4,
            may_lag,
        };
        tail.check(&there)
    }

    fn kind(verdict: Verdict) -> Option<(BreakKind, u64)> {
        match verdict {
            Verdict::Broken(broken) => Some((broken.kind, broken.seq)),
            _ => None,
        }
    }

    #[test]
    fn a_log_is_where_it_was_or_where_it_was_going_to_be() {
        use BreakKind::{Changed, Inserted, RolledBack};
        let told = tail(8, 10);
        for (size, other, wanted) in [
            (8, None, None),
            (10, None, None),
            (7, None, Some((RolledBack, 8))),
            (9, None, Some((RolledBack, 10))),
            (11, None, Some((Inserted, 11))),
            (10, Some(10), Some((Changed, 5))),
            (11, Some(10), Some((Changed, 5))),
        ] {
            assert_eq!(kind(found(&told, size, other, false)), wanted, "{size}");
        }
        assert_eq!(
            kind(found(&tail(0, 0), 1, None, false)),
            Some((Inserted, 1))
        );
        assert_eq!(found(&tail(0, 3), 0, None, false), Verdict::Right);
    }

    #[test]
    fn after_the_computer_went_down_more_is_unproven_and_less_is_still_cut() {
        let told = tail(8, 10);
        let unproven = Verdict::Unproven { first: 9, last: 12 };
        assert_eq!(found(&told, 12, None, true), unproven);
        let cut = Some((BreakKind::RolledBack, 8));
        assert_eq!(kind(found(&told, 7, None, true)), cut);
        let anew = Some((BreakKind::Changed, 5));
        assert_eq!(kind(found(&told, 12, Some(8), true)), anew);
    }

    #[test]
    fn while_it_is_written_a_log_is_between_what_was_told_before_and_after() {
        let (first, later) = (tail(8, 10), tail(20, 21));
        let at = |size| {
            let leaf = |seq| Some(end(seq).leaf);
            let there = There {
                end: end(size),
                leaf: &leaf,
                signed: 4,
                may_lag: false,
            };
            kind(first.check_while_written(&later, &there))
        };
        assert_eq!((at(8), at(15), at(21)), (None, None, None));
        assert_eq!(at(7), Some((BreakKind::RolledBack, 8)));
        assert_eq!(at(22), Some((BreakKind::Inserted, 22)));
    }

    #[test]
    fn only_the_key_of_the_log_can_tell_its_end() {
        let (key, other) = (TailKey::of(&[1; 32]), TailKey::of(&[2; 32]));
        let line = tail(8, 10).write(&key);
        assert_eq!(Tail::read(&line, &key), Some(tail(8, 10)));
        assert_eq!(Tail::read(&line, &other), None);
        assert_eq!(Tail::read(&line.replace("[10,", "[11,"), &key), None);
        assert_eq!(Tail::read("nonsense", &key), None);
    }
}
