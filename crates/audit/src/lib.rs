//! The tamper-evident record of what agents did, who allowed it and what came of it.
//!
//! A record is a line of canonical JSON (RFC 8785) that holds the hash of the line before it; its own hash is
//! a leaf of a Merkle tree (RFC 6962), whose root is signed from time to time as a checkpoint (C2SP). Nothing
//! here reads a file, a clock or a key store: records come in, and proofs and findings come out.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod canonical;
pub mod checkpoint;
pub mod export;
mod hash;
pub mod kinds;
pub mod note;
pub mod proof;
mod record;
pub mod segment;
mod statement;
pub mod tail;
mod tree;
pub mod verify;

pub use hash::{Hash, leaf_hash, node_hash};
pub use record::{Actor, Draft, NOT_RUN, Prepared, Record, Sealed, UNKNOWN_OUTCOME, VERSION};
pub use statement::Statement;
pub use tree::Frontier;
