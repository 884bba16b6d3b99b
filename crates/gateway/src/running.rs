//! One process at a time on a state folder. Two would each take the other's runs for dead, and answer the same
//! approvals. What is locked is `running.json`, which says where the gateway of the folder listens: the lock
//! tells whether it still runs, also after a crash; the file has no secret.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::StartError;
use crate::private;

const NAME: &str = "running.json";

/// A gateway that runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunRecord {
    pub pid: u32,
    /// For clients of this machine.
    pub url: String,
    pub started_at_ms: u64,
    /// Of the certificate, to pin it.
    pub fingerprint: Option<String>,
    /// The program it is a part of, where it has no process of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
}

/// The hold on a state folder. The system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct StateLock {
    file: File,
    path: PathBuf,
}

impl StateLock {
    /// Takes it, or says who has it.
    pub fn take(state_dir: &Path) -> Result<Self, StartError> {
        let failed = |source| StartError::State {
            what: format!("{} cannot be used", state_dir.display()),
            source,
        };
        private::make_folder(state_dir).map_err(failed)?;
        let path = state_dir.join(NAME);
        let file = open(&path).map_err(failed)?;
        if is_locked(&file).map_err(failed)? {
            return Err(StartError::StateInUse {
                folder: state_dir.to_owned(),
                process: read(&path).map(|record| record.pid),
            });
        }
        Ok(Self { file, path })
    }

    /// Says where the gateway listens.
    pub(crate) fn write(&mut self, record: &RunRecord) -> io::Result<()> {
        let text = serde_json::to_string(record)?;
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(text.as_bytes())?;
        self.file.sync_all()
    }
}

impl Drop for StateLock {
    fn drop(&mut self) {
        // A record that stays behind is not locked, which says the same.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The gateway that runs in a state folder now.
pub fn running(state_dir: &Path) -> io::Result<Option<RunRecord>> {
    let path = state_dir.join(NAME);
    let Ok(file) = OpenOptions::new().read(true).write(true).open(&path) else {
        return Ok(None);
    };
    Ok(if is_locked(&file)? { read(&path) } else { None })
}

fn read(path: &Path) -> Option<RunRecord> {
    let mut text = String::new();
    File::open(path).ok()?.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Takes the lock if it is free; it stays with the open file.
fn is_locked(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> RunRecord {
        RunRecord {
            pid: 7,
            url: "ws://127.0.0.1:1".into(),
            started_at_ms: 1,
            fingerprint: None,
            within: None,
        }
    }

    #[test]
    fn a_folder_has_one_gateway_at_a_time_and_says_where() {
        let folder = tempfile::tempdir().unwrap();
        let mut lock = StateLock::take(folder.path()).unwrap();
        lock.write(&record()).unwrap();
        assert_eq!(running(folder.path()).unwrap(), Some(record()));
        let second = StateLock::take(folder.path()).unwrap_err();
        assert!(matches!(
            second,
            StartError::StateInUse {
                process: Some(7),
                ..
            }
        ));
        drop(lock);
        assert_eq!(running(folder.path()).unwrap(), None);
        assert!(StateLock::take(folder.path()).is_ok());
    }

    #[test]
    fn what_a_crash_left_behind_runs_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let text = serde_json::to_string(&record()).unwrap();
        std::fs::write(folder.path().join(NAME), text).unwrap();
        assert_eq!(running(folder.path()).unwrap(), None);
        assert!(StateLock::take(folder.path()).is_ok());
    }
}
