//! What is kept of taint, and how much of it.
//!
//! It is read at each decision and written whole at each change, so it has a bound. What comes after a set is full is
//! never left out: it is kept less exactly, which takes more for tainted and not less. What was exact before stays so.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// Files of one kind that are known by their paths: what agents write in a year of work, and a megabyte of text.
pub(super) const MOST_FILES: usize = 10_000;

/// Secrets of one session that are known by their paths.
pub(super) const MOST_SECRETS: usize = 1_000;

/// Beginnings of paths; every decision compares its paths with all of them.
pub(super) const MOST_BELOW: usize = 1_000;

/// Stands for secrets that are not told apart any more. Whoever has it counts as one who read a secret.
pub(super) const MORE: &str = "more than can be told apart";

#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Kept {
    pub(super) secrets: BTreeSet<String>,
    pub(super) written: BTreeSet<String>,
    pub(super) fetched: BTreeSet<String>,
    pub(super) carrying: BTreeSet<String>,
    pub(super) below: BTreeMap<String, KeptBelow>,
    /// Sessions whose answers come to this one.
    pub(super) heard: BTreeSet<String>,
}

#[derive(Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct KeptBelow {
    pub(super) fetched: bool,
    pub(super) since: i64,
}

impl Kept {
    pub(super) fn read(&mut self, secret: &str) {
        if !added(&mut self.secrets, MOST_SECRETS, secret) {
            self.secrets.insert(MORE.to_owned());
        }
    }

    /// When there are too many, whatever changes from now on in the folder of one counts as written.
    pub(super) fn wrote(&mut self, path: &str, now: i64) {
        if !added(&mut self.written, MOST_FILES, path) {
            let (fetched, since) = (false, now);
            self.lies_below(folder(path), KeptBelow { fetched, since });
        }
    }

    /// When there are too many, whatever changes from now on counts as written, wherever it is; and since a file of a
    /// workspace does not count as fetched by that, all sessions count as ones that read a secret, so that none brings
    /// anything out unasked.
    pub(super) fn fetched(&mut self, path: &str, now: i64) {
        if !added(&mut self.fetched, MOST_FILES, path) {
            let (fetched, since) = (true, now);
            self.lies_below("/", KeptBelow { fetched, since });
            self.secrets.insert(MORE.to_owned());
        }
    }

    /// When there are too many, any file may hold a secret: all sessions count as ones that read one.
    pub(super) fn carries(&mut self, path: &str) {
        if !added(&mut self.carrying, MOST_FILES, path) {
            self.secrets.insert(MORE.to_owned());
        }
    }

    /// When there are too many, one beginning stands for all paths.
    pub(super) fn lies_below(&mut self, begin: &str, below: KeptBelow) {
        let is_full = self.below.len() >= MOST_BELOW && !self.below.contains_key(begin);
        let begin = if is_full { "/" } else { begin };
        let kept = self.below.entry(begin.to_owned()).or_insert(below);
        kept.fetched |= below.fetched;
        kept.since = kept.since.min(below.since);
    }
}

/// Whether it is in the set now.
fn added(set: &mut BTreeSet<String>, most: usize, one: &str) -> bool {
    if set.contains(one) {
        return true;
    }
    let has_room = set.len() < most;
    if has_room {
        set.insert(one.to_owned());
    }
    has_room
}

/// With its slash.
fn folder(path: &str) -> &str {
    path.rfind('/').map_or("/", |at| &path[..=at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_a_path_ends_in_its_slash() {
        for (path, expected) in [("/ws/a/b", "/ws/a/"), ("/b", "/"), ("b", "/")] {
            assert_eq!(folder(path), expected);
        }
    }
}
