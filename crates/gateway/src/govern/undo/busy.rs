//! What is being kept or given back now, which nobody who tidies or makes room may take away.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Held while room is made and while something is dropped, never while something is copied.
#[derive(Debug, Clone, Default)]
pub(super) struct Busy(Arc<Mutex<Held>>);

/// The folders that are in use, each with the bytes that it will take; twice where two use one.
#[derive(Debug, Default)]
pub(super) struct Held(Vec<(PathBuf, u64)>);

/// A folder that is in use until this is dropped.
#[derive(Debug)]
pub(super) struct InUse {
    busy: Busy,
    own: PathBuf,
}

impl Busy {
    /// Whoever panicked left a whole list.
    pub(super) fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn in_use(&self, held: &mut Held, own: PathBuf, size: u64) -> InUse {
        held.0.push((own.clone(), size));
        InUse {
            busy: self.clone(),
            own,
        }
    }
}

impl Held {
    pub(super) fn has(&self, own: &Path) -> bool {
        self.0.iter().any(|(held, _)| held == own)
    }

    /// The bytes that what is in use in a folder will take.
    pub(super) fn size_in(&self, folder: &Path) -> u64 {
        let inside = self
            .0
            .iter()
            .filter(|(own, _)| own.parent() == Some(folder));
        inside.map(|(_, size)| size).sum()
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        let mut held = self.busy.lock();
        if let Some(at) = held.0.iter().position(|(own, _)| *own == self.own) {
            held.0.swap_remove(at);
        }
    }
}
