//! After the first break: which record is the bad one, and what was done to it.
//!
//! One row alone does not say. Two records that claim the same number are told apart by the one that comes
//! after, which holds the hash of the right one; a record that is missed may come up later.

use std::collections::BTreeMap;

use super::digest::{Digested, Said};
use super::walk::{Anchor, Chain, Link};
use super::{BreakKind, Broken};
use crate::hash::Hash;

type Anchors = BTreeMap<u64, Vec<Anchor>>;

/// What is not clear yet.
pub(super) enum Doubt {
    /// The record has the right number and does not hold the hash of the one before: one of them was changed.
    Link(Link),
    /// The root over all up to the last record is not the one that is known.
    Root { by_head_alone: bool },
    /// Two records have the same number and hold the same hash: one of them was inserted.
    Rivals { first: Link, second: Link },
    /// The record has another number than the one that is due.
    Order(Order),
}

/// What was heard since a record with another number came.
pub(super) struct Order {
    found: Link,
    /// The number of the row right after it.
    next: Option<u64>,
    /// Whether the record that was due came later.
    due_came: bool,
    /// Whether another one came that claims the found one's number.
    claimed_again: bool,
    /// Whether the one before the found one came, and is what it holds the hash of.
    goes_on: Option<bool>,
}

impl Doubt {
    pub(super) fn link(link: Link) -> Self {
        Self::Link(link)
    }

    pub(super) fn root(by_head_alone: bool) -> Self {
        Self::Root { by_head_alone }
    }

    pub(super) fn rivals(first: Link, second: Link) -> Self {
        Self::Rivals { first, second }
    }

    pub(super) fn order(found: Link) -> Self {
        Self::Order(Order {
            found,
            next: None,
            due_came: false,
            claimed_again: false,
            goes_on: None,
        })
    }

    /// Takes one more row, which may settle it.
    pub(super) fn hear(
        &mut self,
        row: &Digested,
        chain: &Chain,
        anchors: &Anchors,
    ) -> Option<Broken> {
        match self {
            Self::Link(link) => Some(settle_link(*link, row.said, chain)),
            Self::Root { by_head_alone } => {
                let by_head_alone = *by_head_alone;
                match self.rival_of_last(row, chain) {
                    Some(rivals) => {
                        *self = rivals;
                        None
                    }
                    None => Some(settle_root(by_head_alone, row.said, chain)),
                }
            }
            Self::Rivals { first, second } => {
                let said = row.said.filter(|said| said.seq == chain.next())?;
                // A copy cannot be told from its original: the second one is named.
                Some(if said.prev == first.leaf {
                    inserted(chain.next())
                } else if said.prev == second.leaf {
                    inserted(chain.next() - 1)
                } else {
                    settle_rivals(*second, chain, anchors)
                })
            }
            Self::Order(order) => {
                order.hear(row, chain.next());
                None
            }
        }
    }

    /// No further row comes.
    pub(super) fn end(self, chain: &Chain, anchors: &Anchors) -> Broken {
        match self {
            Self::Link(link) => end_link(link, chain, anchors),
            Self::Root { by_head_alone } => settle_root(by_head_alone, None, chain),
            Self::Rivals { second, .. } => settle_rivals(second, chain, anchors),
            Self::Order(order) => order.settle(chain),
        }
    }

    /// Whether the row claims the place of the last record, whose root is not the one that is known.
    fn rival_of_last(&self, row: &Digested, chain: &Chain) -> Option<Self> {
        let (Said { seq, prev }, last) = (row.said?, chain.last?);
        let second = Link {
            seq,
            prev,
            leaf: row.leaf,
            hashed: row.hashed,
        };
        let claims = (seq, prev) == (last.seq, last.prev);
        claims.then_some(Self::Rivals {
            first: last,
            second,
        })
    }
}

impl Order {
    fn hear(&mut self, row: &Digested, due: u64) {
        let Some(Said { seq, prev: _ }) = row.said else {
            self.next.get_or_insert(0);
            return;
        };
        self.next.get_or_insert(seq);
        self.due_came |= seq == due;
        self.claimed_again |= seq == self.found.seq;
        if seq.checked_add(1) == Some(self.found.seq) {
            self.goes_on = Some(row.leaf == self.found.prev);
        }
    }

    fn settle(&self, chain: &Chain) -> Broken {
        let due = chain.next();
        let seq = self.found.seq;
        if self.due_came {
            let moved = seq > due && !self.claimed_again && self.goes_on == Some(true);
            return if moved {
                let text = format!("record {seq} stands in the place of record {due}");
                broken(due, BreakKind::Reordered, text)
            } else {
                inserted(due)
            };
        }
        let in_place = self.found.prev == chain.prev() || self.next == Some(due + 1);
        if in_place || (seq > due && !self.found.hashed) {
            changed(due)
        } else if seq > due {
            broken(
                due,
                BreakKind::Missing,
                format!("record {due} is not there"),
            )
        } else {
            inserted(due)
        }
    }
}

/// `next` vouches for the record that it holds the hash of.
fn settle_link(link: Link, next: Option<Said>, chain: &Chain) -> Broken {
    let due = chain.next();
    let Some(next) = next else {
        return changed(due);
    };
    if next.seq == due && next.prev == chain.prev() {
        return inserted(due);
    }
    let vouched = next.seq == due + 1 && next.prev == link.leaf;
    if vouched {
        changed_before(due, chain)
    } else {
        changed(due)
    }
}

/// The last record of all has nothing after it; a known root says which of the last two is right.
fn end_link(link: Link, chain: &Chain, anchors: &Anchors) -> Broken {
    let due = chain.next();
    let mut tree = chain.before.clone();
    tree.push(link.prev);
    tree.push(link.leaf);
    let known = anchors
        .get(&due)
        .is_some_and(|anchors| has(anchors, tree.root()));
    if known {
        changed_before(due, chain)
    } else {
        changed(due)
    }
}

/// The record at `due` is right, and does not go on from the one before.
fn changed_before(due: u64, chain: &Chain) -> Broken {
    let fixed = chain.good >= due - 1 && chain.sealed < due - 1;
    if due == 1 || fixed {
        changed(due)
    } else {
        changed(due - 1)
    }
}

fn settle_root(by_head_alone: bool, next: Option<Said>, chain: &Chain) -> Broken {
    let size = chain.tree.size();
    let last = chain.last.map(|last| last.leaf);
    let vouched = next.is_some_and(|next| Some(next.prev) == last);
    if !vouched {
        return changed(size);
    }
    // Every record holds the hash of the one before, so all from the changed one on were written anew.
    let first = chain.good + 1;
    if by_head_alone {
        let text = format!(
            "the records from {first} on are others than those that the head kept outside of the log knows"
        );
        return broken(first, BreakKind::RolledBack, text);
    }
    let text = if first == size {
        format!("record {first} and all after it were written anew")
    } else {
        format!("the records from {first}, or from a later one up to {size}, were written anew")
    };
    broken(first, BreakKind::Changed, text)
}

/// Nothing vouches for either of two that claim one number: a known root may, or the first to come is right.
fn settle_rivals(second: Link, chain: &Chain, anchors: &Anchors) -> Broken {
    let size = chain.tree.size();
    let mut tree = chain.before.clone();
    tree.push(second.leaf);
    let root = tree.root();
    if root == chain.tree.root() {
        return inserted(size + 1);
    }
    let known = anchors.get(&size).is_some_and(|anchors| has(anchors, root));
    if known || has(&chain.wanted, root) {
        inserted(size)
    } else {
        inserted(size + 1)
    }
}

fn has(anchors: &[Anchor], root: Hash) -> bool {
    anchors.iter().any(|anchor| anchor.root == root)
}

fn changed(seq: u64) -> Broken {
    broken(
        seq,
        BreakKind::Changed,
        format!("record {seq} is not what was written"),
    )
}

fn inserted(place: u64) -> Broken {
    let text = format!("the record in place {place} was not written there");
    broken(place, BreakKind::Inserted, text)
}

fn broken(seq: u64, kind: BreakKind, text: String) -> Broken {
    Broken { seq, kind, text }
}
