//! One process at a time on a state folder. Two would each take the other's runs for dead, and answer the same
//! approvals.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::error::StartError;

/// Held while a gateway runs; the system lets go of it when the process ends, however it ends.
pub(crate) struct StateLock {
    _file: File,
}

impl StateLock {
    pub(crate) fn take(state_dir: &Path) -> Result<Self, StartError> {
        let failed = |source| StartError::State {
            what: format!("{} cannot be used", state_dir.display()),
            source,
        };
        std::fs::create_dir_all(state_dir).map_err(failed)?;
        let path = state_dir.join("state.lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StartError::StateInUse(state_dir.to_owned())),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_gateway_on_the_same_folder_is_refused_until_the_first_ends() {
        let folder = tempfile::tempdir().unwrap();
        let first = StateLock::take(folder.path()).unwrap();
        let second = StateLock::take(folder.path());
        assert!(matches!(second, Err(StartError::StateInUse(_))));
        drop(first);
        assert!(StateLock::take(folder.path()).is_ok());
    }
}
