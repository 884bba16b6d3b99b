//! Hashes of files, and how they begin, remembered for as long as a file has not changed.

use std::{
    collections::HashMap,
    fs::{File, Metadata},
    io::{self, Read},
    sync::{Mutex, MutexGuard, PoisonError},
};

use sha2::{Digest, Sha256};

use super::find::{Beginning, LONGEST_LINE};
use crate::govern::hex;

/// A file that changed so lately may change again within one step of the file system's clock, and look the same:
/// its hash is not kept. Git calls such an entry racily clean.
const LATELY_MS: u128 = 2_000;

/// More programs than a person's machine runs in a day.
const MOST: usize = 1_024;

/// Which file, and since when it is unchanged. The time of change cannot be set back by its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    pub(super) dev: u64,
    pub(super) ino: u64,
    size: u64,
    modified_ns: i128,
    changed_ns: i128,
}

impl Identity {
    #[cfg(unix)]
    pub(super) fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        let ns = |seconds: i64, ns: i64| i128::from(seconds) * 1_000_000_000 + i128::from(ns);
        Self {
            dev: metadata.dev(),
            ino: metadata.ino(),
            size: metadata.size(),
            modified_ns: ns(metadata.mtime(), metadata.mtime_nsec()),
            changed_ns: ns(metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    #[cfg(not(unix))]
    pub(super) fn of(metadata: &Metadata) -> Self {
        let modified = metadata.modified().ok();
        let since = modified.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        let ns = since.map_or(0, |since| i128::try_from(since.as_nanos()).unwrap_or(0));
        Self {
            dev: 0,
            ino: 0,
            size: metadata.len(),
            modified_ns: ns,
            changed_ns: ns,
        }
    }
}

/// What is known of a file's content.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) sha256: String,
    pub(super) begins: Beginning,
}

/// Hashes that are known. One for a gateway.
#[derive(Default)]
pub struct Digests {
    /// Held for a look-up at a time, never over a read.
    known: Mutex<HashMap<Identity, Known>>,
}

impl Digests {
    fn find(&self, identity: &Identity) -> Option<Known> {
        self.lock().get(identity).cloned()
    }

    fn keep(&self, identity: Identity, read: &Known, now_ms: u64) {
        // On Windows a file's identity says too little.
        let age_ms = u128::from(now_ms).saturating_sub(
            u128::try_from(identity.changed_ns.max(identity.modified_ns)).unwrap_or(0) / 1_000_000,
        );
        if cfg!(not(unix)) || age_ms < LATELY_MS {
            return;
        }
        let mut known = self.lock();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(identity, read.clone());
    }

    /// Whoever panicked left whole entries.
    fn lock(&self) -> MutexGuard<'_, HashMap<Identity, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The file's identity and content. A file that changes while it is read is an error.
pub(super) fn read_whole(
    file: &File,
    digests: &Digests,
    now_ms: u64,
) -> io::Result<(Identity, Known)> {
    let identity = Identity::of(&file.metadata()?);
    if let Some(known) = digests.find(&identity) {
        return Ok((identity, known));
    }
    let (mut hash, mut head) = (Sha256::new(), Vec::new());
    let mut reader = file;
    let mut buffer = vec![0; 128 * 1024];
    loop {
        match reader.read(&mut buffer)? {
            0 => break,
            count => {
                let read = &buffer[..count];
                hash.update(read);
                head.extend(read.iter().take(LONGEST_LINE - head.len()));
            }
        }
    }
    if Identity::of(&file.metadata()?) != identity {
        return Err(io::Error::other("it changed while it was read"));
    }
    let read = Known {
        sha256: hex(&hash.finalize()),
        begins: Beginning::of(&head),
    };
    digests.keep(identity, &read, now_ms);
    Ok((identity, read))
}
