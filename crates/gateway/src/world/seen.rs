//! What was seen of the machine while a command was judged.

use std::cell::RefCell;
use std::collections::BTreeMap;

use gatehouse_policy::{Listing, WorldFiles};
use sha2::{Digest, Sha256};

use super::MachineFiles;
use crate::hex::hex;

/// What was seen of the machine while a command was judged: what was judged has to be what runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The paths whose text was read, each with its SHA-256 in hex.
    pub read: BTreeMap<String, String>,
    /// The paths that lead elsewhere than they say, and where.
    pub links: BTreeMap<String, String>,
    /// What patterns matched.
    pub matches: BTreeMap<String, Vec<String>>,
}

/// The files of this machine, with a memory of what was seen. The first look holds: a second one that differs is a
/// change as well.
#[derive(Debug, Default)]
pub struct SeenFiles(RefCell<Seen>);

impl SeenFiles {
    pub fn seen(self) -> Seen {
        self.0.into_inner()
    }
}

impl WorldFiles for SeenFiles {
    fn resolve(&self, path: &str) -> Option<String> {
        let found = MachineFiles.resolve(path)?;
        // What leads through the process that looks says nothing of the one that will run.
        let of_a_process = ["/proc/", "/dev/"].iter().any(|own| path.starts_with(own));
        if found != path && !of_a_process {
            let links = &mut self.0.borrow_mut().links;
            links
                .entry(path.to_owned())
                .or_insert_with(|| found.clone());
        }
        Some(found)
    }

    fn text(&self, path: &str) -> Option<String> {
        let text = MachineFiles.text(path)?;
        let read = &mut self.0.borrow_mut().read;
        read.entry(path.to_owned())
            .or_insert_with(|| hash_of(&text));
        Some(text)
    }

    fn matching(&self, pattern: &str) -> Option<Vec<String>> {
        let found = MachineFiles.matching(pattern)?;
        let matches = &mut self.0.borrow_mut().matches;
        matches
            .entry(pattern.to_owned())
            .or_insert_with(|| found.clone());
        Some(found)
    }

    fn is_dir(&self, path: &str) -> Option<bool> {
        MachineFiles.is_dir(path)
    }

    fn list(&self, folder: &str, most: usize) -> Listing {
        MachineFiles.list(folder, most)
    }

    fn changed_since(&self, path: &str, time: i64) -> bool {
        MachineFiles.changed_since(path, time)
    }
}

/// SHA-256 in hex.
pub(crate) fn hash_of(text: &str) -> String {
    hex(Sha256::digest(text.as_bytes()))
}
