//! One process at a time on a state folder. Two would each take the other's runs for dead, and answer the same
//! approvals. What is locked is `running.json`, which says where the gateway of the folder listens: the lock
//! tells whether it still runs, also after a crash; the file has no secret.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

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

/// How often it is tried while others only look, or while the one before takes its record away: a second in all, and a
/// look takes no thousandth of that.
const TRIES: u32 = 100;
const BETWEEN_TRIES: Duration = Duration::from_millis(10);

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
        for _ in 0..TRIES {
            let file = open(&path).map_err(failed)?;
            match hold(&file).map_err(failed)? {
                Hold::Ours if is_at(&file, &path) => return Ok(Self { file, path }),
                Hold::Another => break,
                Hold::Ours | Hold::Readers => std::thread::sleep(BETWEEN_TRIES),
            }
        }
        Err(StartError::StateInUse {
            folder: state_dir.to_owned(),
            process: read(&path).map(|record| record.pid),
        })
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
    let file = match OpenOptions::new().read(true).write(true).open(&path) {
        Ok(file) => file,
        // One that is kept from us may run all the same.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Err(error),
        Err(_) => return Ok(None),
    };
    // Shared, so that a look keeps no gateway from starting.
    match file.try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => Ok(read(&path)),
        Err(TryLockError::Error(error)) => Err(error),
    }
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

/// Who has the lock.
enum Hold {
    Ours,
    /// Nobody who runs: some look whether anybody does.
    Readers,
    Another,
}

/// Takes the lock if it is free; it stays with the open file.
fn hold(file: &File) -> io::Result<Hold> {
    match file.try_lock() {
        Ok(()) => return Ok(Hold::Ours),
        Err(TryLockError::WouldBlock) => {}
        Err(TryLockError::Error(error)) => return Err(error),
    }
    match file.try_lock_shared() {
        Ok(()) => file.unlock().map(|()| Hold::Readers),
        Err(TryLockError::WouldBlock) => Ok(Hold::Another),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether a file is still the one of its path: the gateway before takes its record away as it ends, and the lock on what
/// is gone keeps nobody out.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let (Ok(own), Ok(there)) = (file.metadata(), std::fs::metadata(path)) else {
        return false;
    };
    (own.dev(), own.ino()) == (there.dev(), there.ino())
}

/// Elsewhere an open file cannot be taken away.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
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
    fn whoever_looks_whether_a_gateway_runs_keeps_none_from_starting() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        let (looks, is_looking) = (open(&path).unwrap(), std::sync::mpsc::channel());
        looks.lock_shared().unwrap();
        assert_eq!(running(folder.path()).unwrap(), None);
        let place = folder.path().to_owned();
        let starts = std::thread::spawn(move || {
            is_looking.0.send(()).unwrap();
            StateLock::take(&place).map(drop)
        });
        is_looking.1.recv().unwrap();
        drop(looks);
        starts.join().unwrap().unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn the_lock_on_a_record_that_was_taken_away_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        let before = open(&path).unwrap();
        assert!(is_at(&before, &path));
        std::fs::remove_file(&path).unwrap();
        assert!(!is_at(&before, &path));
        let _own = StateLock::take(folder.path()).unwrap();
        assert!(!is_at(&before, &path));
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
