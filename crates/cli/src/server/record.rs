//! That a gateway runs in a state folder: a locked file beside the state that says where it listens. The lock tells
//! whether it still runs, also after a crash; the file has no secret.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::failure::{Failure, FailureKind};

const NAME: &str = "running.json";

/// A running gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RunRecord {
    pub(crate) pid: u32,
    pub(crate) url: String,
    pub(crate) started_at_ms: u64,
    /// Of the certificate, to pin it.
    pub(crate) fingerprint: Option<String>,
}

/// The lock on a state folder. Given back when dropped.
pub(crate) struct StateLock {
    file: File,
    path: PathBuf,
}

impl StateLock {
    /// Takes it, or says who has it.
    pub(crate) fn take(state_dir: &Path) -> Result<Self, Failure> {
        make_folder(state_dir)?;
        let path = state_dir.join(NAME);
        let file = open(&path)?;
        if is_locked(&file)? {
            let other = read(&path).map(|record| format!(" (process {})", record.pid));
            return Err(Failure::new(
                FailureKind::General,
                "alreadyRunning",
                format!(
                    "a gateway runs in {} already{}",
                    state_dir.display(),
                    other.unwrap_or_default()
                ),
            )
            .next("`gatehouse gateway status` shows it; --state-dir names another folder"));
        }
        Ok(Self { file, path })
    }

    /// Says where the gateway listens.
    pub(crate) fn write(&mut self, record: &RunRecord) -> Result<(), Failure> {
        let text = serde_json::to_string(record).expect("a record of texts and numbers is JSON");
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(text.as_bytes())?;
        Ok(self.file.sync_all()?)
    }
}

impl Drop for StateLock {
    fn drop(&mut self) {
        // A record that stays behind is not locked, which says the same.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The gateway that runs in a state folder now.
pub(crate) fn running(state_dir: &Path) -> Result<Option<RunRecord>, Failure> {
    let path = state_dir.join(NAME);
    let Ok(file) = OpenOptions::new().read(true).write(true).open(&path) else {
        return Ok(None);
    };
    if !is_locked(&file)? {
        return Ok(None);
    }
    Ok(read(&path))
}

fn read(path: &Path) -> Option<RunRecord> {
    let mut text = String::new();
    File::open(path).ok()?.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

fn open(path: &Path) -> Result<File, Failure> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| unusable(path, &error))
}

/// Only this person may look into it.
fn make_folder(folder: &Path) -> Result<(), Failure> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(folder)
        .map_err(|error| unusable(folder, &error))
}

fn unusable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::configuration(format!("{} cannot be used: {error}", path.display()))
        .next("name another folder with --state-dir")
}

/// Takes the lock if it is free; it stays with the open file.
fn is_locked(file: &File) -> Result<bool, Failure> {
    match file.try_lock() {
        Ok(()) => Ok(false),
        Err(std::fs::TryLockError::WouldBlock) => Ok(true),
        Err(std::fs::TryLockError::Error(error)) => Err(error.into()),
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
        }
    }

    #[test]
    fn a_folder_has_one_gateway_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let mut lock = StateLock::take(folder.path()).ok().unwrap();
        lock.write(&record()).unwrap();
        assert_eq!(running(folder.path()).unwrap(), Some(record()));
        let second = StateLock::take(folder.path()).err().unwrap();
        assert_eq!(second.code, "alreadyRunning");
        drop(lock);
        assert_eq!(running(folder.path()).unwrap(), None);
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
