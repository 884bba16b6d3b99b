//! Where the log ends, kept in a file beside the state with each write: see `gatehouse_audit::tail`.
//!
//! The file is written in place, in one piece that is smaller than a page, and nobody waits for the disk: a process that
//! is killed leaves it whole. Only where the computer goes down may it be older than the database.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use gatehouse_audit::tail::{End, Tail, TailKey};
use gatehouse_audit::verify::{BreakKind, Broken};
use gatehouse_store::gateway::{AuditLeaf, AuditWatch};

use super::keeper::{self, Commands};
use crate::private;

/// How many bytes are written: more than a line can have, and less than a page.
const ROOM: usize = 512;

/// Stands behind that where the log went on without its key. Nobody can prove it without the key, so that anybody can
/// put it there: what came then is unproven, and that is said for good.
const LEFT_OFF: &[u8] = b"written on without the key\n";

/// Where Linux says which start of the computer this is.
const BOOT: &str = "/proc/sys/kernel/random/boot_id";

/// The file, to be read.
#[derive(Clone)]
pub struct TailFile {
    path: PathBuf,
    key: Arc<TailKey>,
}

/// What is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// There is none.
    Nothing,
    /// The key of the log did not write it.
    Foreign,
    Told {
        tail: Tail,
        may_lag: bool,
    },
}

impl std::fmt::Debug for TailFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TailFile")
    }
}

impl TailFile {
    /// By the secret bytes of the log's key.
    pub fn new(path: &Path, seed: &[u8; 32]) -> Self {
        Self {
            path: path.to_owned(),
            key: Arc::new(TailKey::of(seed)),
        }
    }

    /// What it says now. A file that is being written may be read half old, half new: it is read again.
    pub(super) fn read(&self) -> Kept {
        for _ in 0..3 {
            match std::fs::read(&self.path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Kept::Nothing,
                Err(_) => return Kept::Foreign,
                Ok(bytes) => {
                    let (line, rest) = bytes.split_at(bytes.len().min(ROOM));
                    let line = std::str::from_utf8(line).unwrap_or_default().trim_end();
                    if let Some(tail) = Tail::read(line, &self.key) {
                        let same_boot = !tail.boot.is_empty() && tail.boot == boot();
                        let may_lag = !rest.is_empty() || !(tail.is_on_disk || same_boot);
                        return Kept::Told { tail, may_lag };
                    }
                }
            }
        }
        Kept::Foreign
    }

    /// Which start of the gateway it is from; 0 where there is none.
    pub(super) fn start(&self) -> u64 {
        match self.read() {
            Kept::Told { tail, .. } => tail.start,
            Kept::Nothing | Kept::Foreign => 0,
        }
    }

    /// Begins a new file at the end that there is, of the start of this number, and gives what writes it from then on.
    pub(super) fn begin(self, end: End, start: u64, commands: Commands) -> io::Result<TailWriter> {
        let tail = Tail {
            before: end,
            after: end,
            boot: boot(),
            is_on_disk: false,
            start,
        };
        if let Some(folder) = self.path.parent() {
            private::make_folder(folder)?;
        }
        private::replace(&self.path, &padded(&tail, &self.key))?;
        let file = OpenOptions::new().write(true).open(&self.path)?;
        Ok(TailWriter {
            key: self.key,
            state: Mutex::new((tail, file)),
            commands,
        })
    }
}

/// Notes in the file that is there that the log goes on without it being written.
pub(super) fn leave_off(path: &Path) -> io::Result<()> {
    match OpenOptions::new().append(true).open(path) {
        Ok(mut file) => {
            file.write_all(LEFT_OFF)?;
            file.sync_all()
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn padded(tail: &Tail, key: &TailKey) -> Vec<u8> {
    let mut bytes = tail.write(key).into_bytes();
    bytes.resize(ROOM, b' ');
    bytes
}

/// Nothing where no system says it.
fn boot() -> String {
    let said = std::fs::read_to_string(BOOT).unwrap_or_default();
    said.trim().to_owned()
}

/// Writes the file, told by the store.
pub(super) struct TailWriter {
    key: Arc<TailKey>,
    state: Mutex<(Tail, File)>,
    commands: Commands,
}

impl TailWriter {
    /// Writes what `change` makes of it.
    fn put(&self, change: impl FnOnce(&mut Tail)) -> io::Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (tail, file) = &mut *state;
        let mut next = tail.clone();
        change(&mut next);
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&padded(&next, &self.key))?;
        // What says that it was waited for has to be on the disk, and must not be left there when it no longer holds.
        if next.is_on_disk || tail.is_on_disk {
            file.sync_all()?;
        }
        *tail = next;
        Ok(())
    }

    /// Waits for the disk, where nothing more is going to be written.
    pub(super) fn rest(&self) {
        if let Err(error) = self.put(|tail| tail.is_on_disk = true) {
            tracing::error!(%error, "the end of the audit could not be kept outside of it");
        }
    }

    /// Where the log should be, and is not: somebody else wrote into it.
    fn miss(&self, found: End) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let told = &state.0;
        if found == told.before || found == told.after {
            return;
        }
        let known = told.after.size;
        let (seq, kind, text) = if found.size < known {
            let text = format!(
                "the log ended after {} records while the gateway ran, which had written {known}",
                found.size
            );
            (found.size + 1, BreakKind::RolledBack, text)
        } else if found.size > known {
            let text = format!(
                "record {} was not written by the gateway, which ran meanwhile",
                known + 1
            );
            (known + 1, BreakKind::Inserted, text)
        } else {
            let text = format!("record {known} was changed while the gateway ran");
            (known, BreakKind::Changed, text)
        };
        keeper::found(&self.commands, Broken { seq, kind, text });
    }
}

impl AuditWatch for TailWriter {
    fn ahead(&self, from: AuditLeaf, to: AuditLeaf) -> io::Result<()> {
        self.miss(end(from));
        self.put(|tail| {
            tail.before = end(from);
            tail.after = end(to);
            tail.is_on_disk = false;
        })
    }

    fn reached(&self) {
        // What was told ahead of the commit holds as well.
        if let Err(error) = self.put(|tail| tail.before = tail.after) {
            tracing::error!(%error, "the end of the audit could not be kept outside of it");
        }
    }
}

pub(super) fn end(leaf: AuditLeaf) -> End {
    End {
        size: leaf.seq,
        leaf: leaf.leaf,
    }
}
