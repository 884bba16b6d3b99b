//! Files by their name in a folder that is held open, never through a link: what a process swaps for a link while
//! something is copied is refused or lands in the folder that was meant.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

pub(super) use gatehouse_agent::workspace::HeldFolder as Held;
use gatehouse_agent::workspace::{Missing, PathError, Workspace};

#[cfg(not(unix))]
mod elsewhere;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(super) use elsewhere::*;
#[cfg(unix)]
pub(super) use unix::*;

/// What is under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) kind: Kind,
    pub(super) size: u64,
    /// In nanoseconds since the epoch.
    pub(super) changed: i128,
    /// The file's number; 0 where files have none.
    pub(super) number: u64,
    /// The bits of its mode; 0 where files have none.
    pub(super) mode: ModeBits,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    Link,
    /// A socket, a pipe, a device.
    Other,
}

/// Opens a folder of the workspace, one name at a time from the workspace's own.
pub(super) fn hold_in(workspace: &Path, folder: &Path, missing: Missing) -> io::Result<Held> {
    let held = Workspace::new(workspace).and_then(|workspace| workspace.hold(folder, missing));
    held.map_err(|error| match error {
        PathError::Io { source, .. } => source,
        other => io::Error::new(io::ErrorKind::InvalidInput, other.to_string()),
    })
}

/// Whether a folder holds a plain file of that name.
pub(super) fn has_file(folder: &Held, name: &str) -> io::Result<bool> {
    let found = look(folder, OsStr::new(name))?;
    Ok(found.is_some_and(|found| found.kind == Kind::File))
}

/// Puts what is under each of two names under the other.
pub(super) fn swap(folder: &Held, one: &OsStr, other: &OsStr) -> io::Result<()> {
    if exchange(folder, one, other)? {
        return Ok(());
    }
    let between = unguessed("swapped");
    rename(folder, other, &between)?;
    if let Err(error) = rename(folder, one, other) {
        rename(folder, &between, other)?;
        return Err(error);
    }
    rename(folder, &between, one)
}

/// A hidden name that nobody could guess and put something under before.
pub(super) fn unguessed(what: &str) -> OsString {
    format!(".{}.{what}", uuid::Uuid::new_v4().simple()).into()
}
