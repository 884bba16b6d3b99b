//! Proofs of RFC 6962: that a record is in a tree, and that a tree is the beginning of a larger one.
//!
//! A proof is made from a function that gives the root over a range of leaves, so that the ranges that were
//! sealed away can come from a [`Frontier`] and the others from the leaves.

use crate::hash::{Hash, node_hash};
use crate::tree::Frontier;

/// The path from a leaf to the root (RFC 6962, section 2.1.1); none where there is no such leaf.
pub fn inclusion(leaves: &[Hash], index: u64) -> Option<Vec<Hash>> {
    let (mut first, mut end) = (0, leaves.len() as u64);
    if index >= end {
        return None;
    }
    let mut path = Vec::new();
    while end - first > 1 {
        let middle = first + split(end - first);
        if index < middle {
            path.push(over(leaves, middle, end));
            end = middle;
        } else {
            path.push(over(leaves, first, middle));
            first = middle;
        }
    }
    path.reverse();
    Some(path)
}

/// Whether the path leads from the leaf to the root (RFC 9162, section 2.1.3.2).
pub fn includes(leaf: Hash, index: u64, size: u64, path: &[Hash], root: Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last, mut hash) = (index, size - 1, leaf);
    for step in path {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(*step, hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(hash, *step);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && hash == root
}

/// That the tree of the first `old` leaves is the beginning of that of all (RFC 6962, section 2.1.2).
pub fn consistency(leaves: &[Hash], old: u64) -> Option<Vec<Hash>> {
    let size = leaves.len() as u64;
    (old <= size).then(|| consistency_over(old, size, &|first, end| over(leaves, first, end)))
}

/// That a tree of which only the edge is left goes on as the one with `added` after it.
pub fn extension(old: &Frontier, added: &[Hash]) -> Vec<Hash> {
    let size = old.size() + added.len() as u64;
    consistency_over(old.size(), size, &|first, end| {
        old.subtree(first, end).unwrap_or_else(|| {
            let from = first.saturating_sub(old.size());
            over(added, from, end - old.size().min(end))
        })
    })
}

fn consistency_over(old: u64, size: u64, root: &dyn Fn(u64, u64) -> Hash) -> Vec<Hash> {
    let mut proof = Vec::new();
    if old == 0 || old == size {
        return proof;
    }
    let (mut first, mut end) = (0, size);
    // Where the old tree is a subtree as a whole, its root is known to whoever checks.
    let mut whole = true;
    while end != old {
        let middle = first + split(end - first);
        if old <= middle {
            proof.push(root(middle, end));
            end = middle;
        } else {
            proof.push(root(first, middle));
            first = middle;
            whole = false;
        }
    }
    if !whole {
        proof.push(root(first, end));
    }
    proof.reverse();
    proof
}

/// Whether the proof leads from the one root to the other (RFC 9162, section 2.1.4.2).
pub fn consistent(old: u64, old_root: Hash, size: u64, root: Hash, proof: &[Hash]) -> bool {
    if old > size || (old == size && old_root != root) {
        return false;
    }
    if old == 0 || old == size {
        return proof.is_empty();
    }
    let mut steps = proof.iter().copied();
    let start = if old.is_power_of_two() {
        Some(old_root)
    } else {
        steps.next()
    };
    let Some(start) = start else { return false };
    let (mut node, mut last) = (old - 1, size - 1);
    let up = node.trailing_ones();
    node >>= up;
    last >>= up;
    let (mut was, mut is) = (start, start);
    for step in steps {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            was = node_hash(step, was);
            is = node_hash(step, is);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            is = node_hash(is, step);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && was == old_root && is == root
}

/// The root over a range of leaves.
fn over(leaves: &[Hash], first: u64, end: u64) -> Hash {
    let range = usize::try_from(first).ok().zip(usize::try_from(end).ok());
    let leaves = range.and_then(|(first, end)| leaves.get(first..end));
    leaves
        .unwrap_or_default()
        .iter()
        .copied()
        .collect::<Frontier>()
        .root()
}

/// The largest power of two below `size`, which is at least 2.
fn split(size: u64) -> u64 {
    1 << (63 - (size - 1).leading_zeros())
}
