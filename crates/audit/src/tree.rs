//! The Merkle tree of RFC 6962 over the leaves of all records.
//!
//! Only the right edge is kept: the roots of the perfect subtrees that a tree of this size is made of, at most
//! one for each bit of the size. With it a leaf is added and the root is told in a few hashes.

use sha2::{Digest, Sha256};

use crate::hash::{Hash, node_hash};

/// A tree of a size, by its right edge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// The perfect subtrees, the largest first.
    edge: Vec<Hash>,
}

impl Frontier {
    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            let Some(left) = self.edge.pop() else { break };
            node = node_hash(left, node);
        }
        self.edge.push(node);
        self.size += 1;
    }

    /// The root (RFC 6962, section 2.1); of no leaves, the hash of nothing.
    pub fn root(&self) -> Hash {
        let mut edge = self.edge.iter().rev().copied();
        let Some(last) = edge.next() else {
            return Hash(Sha256::digest([]).into());
        };
        edge.fold(last, |right, left| node_hash(left, right))
    }

    /// Takes over what another one is, without asking for memory again.
    pub(crate) fn copy_from(&mut self, other: &Self) {
        self.size = other.size;
        self.edge.clone_from(&other.edge);
    }

    /// The edge's hashes one after another, the largest subtree first.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.edge.iter().flat_map(|hash| hash.0).collect()
    }

    /// Reads what `to_bytes` wrote of a tree of this size.
    pub fn from_bytes(size: u64, bytes: &[u8]) -> Option<Self> {
        let (hashes, rest) = bytes.as_chunks::<32>();
        let whole = rest.is_empty() && hashes.len() == size.count_ones() as usize;
        whole.then(|| Self {
            size,
            edge: hashes.iter().copied().map(Hash).collect(),
        })
    }

    /// The perfect subtree over the leaves from `first` up to before `end`, where it is one of the edge.
    pub(crate) fn subtree(&self, first: u64, end: u64) -> Option<Hash> {
        let mut at = 0;
        for (hash, bit) in self.edge.iter().zip(bits(self.size)) {
            if (at, at + bit) == (first, end) {
                return Some(*hash);
            }
            at += bit;
        }
        None
    }
}

impl Extend<Hash> for Frontier {
    fn extend<T: IntoIterator<Item = Hash>>(&mut self, leaves: T) {
        leaves.into_iter().for_each(|leaf| self.push(leaf));
    }
}

impl FromIterator<Hash> for Frontier {
    fn from_iter<T: IntoIterator<Item = Hash>>(leaves: T) -> Self {
        let mut tree = Self::default();
        tree.extend(leaves);
        tree
    }
}

/// The powers of two that a number is the sum of, the largest first.
fn bits(number: u64) -> impl Iterator<Item = u64> {
    (0..64)
        .rev()
        .map(|n| 1 << n)
        .filter(move |bit| number & bit != 0)
}
