//! Whether what proves a log is there at all. A log that was ever signed has a key, a head and the checkpoint that
//! the head counts; who takes one of them away must not get to hear that the rest is intact. Who takes all of them away
//! leaves a log that looks young, and is longer than a young one gets.

use super::{BreakKind, Broken};

/// A log of more records than these was signed, whatever became of it: the first checkpoint is due after 256, and these
/// are four times as many, for a busy log goes on while it is signed.
pub const MOST_UNSIGNED: u64 = 1_024;

/// What there is beside the records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// The first record, or size, that something signed is about; none where nothing was ever signed.
    pub first: Option<u64>,
    /// The largest size that was signed and is still there.
    pub last: u64,
    pub has_key: bool,
    /// How many records there are.
    pub size: u64,
    /// The size that the head counts, 0 before the first checkpoint; none where there is no head.
    pub head: Option<u64>,
}

impl Proof {
    /// What is not there and should be.
    pub fn missing(&self) -> Vec<Broken> {
        let mut missing = Vec::new();
        if let Some(first) = self.first {
            if !self.has_key {
                let text = "the log was signed, and its key is not to be had: nothing that was signed can be checked";
                missing.push(broken(first, BreakKind::KeyMissing, text.to_owned()));
            }
            if self.head.is_none() {
                let text = format!(
                    "the head that is kept outside of the log is not to be had: whether the log went on after {} records is not known",
                    self.last
                );
                missing.push(broken(self.last, BreakKind::HeadMissing, text));
            }
        }
        if self.first.is_none() && self.size > MOST_UNSIGNED {
            let text = format!(
                "the log has {} records and not one checkpoint, which the first few hundred get: what proved it was taken away, or its key was never to be had",
                self.size
            );
            missing.push(broken(1, BreakKind::CheckpointMissing, text));
        }
        if let Some(head) = self.head.filter(|head| *head > self.last) {
            let text = format!(
                "the head that is kept outside of the log counts {head} signed records, and their checkpoint is not there"
            );
            missing.push(broken(head, BreakKind::CheckpointMissing, text));
        }
        missing
    }
}

fn broken(seq: u64, kind: BreakKind, text: String) -> Broken {
    Broken { seq, kind, text }
}

#[cfg(test)]
mod tests {
    use super::BreakKind::{CheckpointMissing, HeadMissing, KeyMissing};
    use super::*;

    fn missing(
        first: Option<u64>,
        last: u64,
        has_key: bool,
        head: Option<u64>,
    ) -> Vec<(u64, BreakKind)> {
        let proof = Proof {
            first,
            last,
            has_key,
            head,
            size: last,
        };
        let missing = proof.missing().into_iter();
        missing.map(|broken| (broken.seq, broken.kind)).collect()
    }

    #[test]
    fn a_log_that_was_signed_has_a_key_a_head_and_the_checkpoint_that_it_counts() {
        for (proof, wanted) in [
            (missing(Some(10), 94, true, Some(94)), vec![]),
            (
                missing(Some(10), 94, false, Some(94)),
                vec![(10, KeyMissing)],
            ),
            (missing(Some(10), 94, true, None), vec![(94, HeadMissing)]),
            (
                missing(Some(10), 94, false, None),
                vec![(10, KeyMissing), (94, HeadMissing)],
            ),
            (
                missing(None, 0, true, Some(94)),
                vec![(94, CheckpointMissing)],
            ),
            (
                missing(Some(10), 70, true, Some(94)),
                vec![(94, CheckpointMissing)],
            ),
        ] {
            assert_eq!(proof, wanted);
        }
    }

    #[test]
    fn a_log_without_a_checkpoint_is_no_longer_than_a_young_one_gets() {
        let of = |size, first| Proof {
            size,
            first,
            has_key: true,
            head: Some(0),
            ..Proof::default()
        };
        assert_eq!(of(MOST_UNSIGNED, None).missing(), []);
        let found = of(MOST_UNSIGNED + 1, None).missing();
        assert_eq!((found[0].seq, found[0].kind), (1, CheckpointMissing));
        assert_eq!(of(1_000_000, Some(10)).missing(), []);
    }

    #[test]
    fn a_young_log_and_one_that_was_killed_between_checkpoint_and_head_lack_nothing() {
        for (first, last, has_key, head) in [
            (None, 0, false, None),
            (None, 0, true, Some(0)),
            (Some(10), 10, true, Some(0)),
            (Some(10), 94, true, Some(70)),
        ] {
            assert_eq!(missing(first, last, has_key, head), []);
        }
    }
}
