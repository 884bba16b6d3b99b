//! Where folders cannot be held open the resolved path is used as it is.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::Path;
use std::time::UNIX_EPOCH;

use super::{Entry, Held, Kind};

/// Making one takes rights there; links are not kept.
pub(in super::super) const KEEPS_LINKS: bool = false;

pub(in super::super) type ModeBits = u32;

pub(in super::super) fn hold(folder: &Path) -> io::Result<Held> {
    Ok(folder.to_owned())
}

pub(in super::super) fn is_link_refused(_: i32) -> bool {
    false
}

pub(in super::super) fn look(folder: &Held, name: &OsStr) -> io::Result<Option<Entry>> {
    let metadata = match folder.join(name).symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        metadata => metadata?,
    };
    let kind = match metadata.file_type() {
        kind if kind.is_symlink() => Kind::Link,
        kind if kind.is_dir() => Kind::Folder,
        kind if kind.is_file() => Kind::File,
        _ => Kind::Other,
    };
    let changed = metadata.modified()?.duration_since(UNIX_EPOCH);
    let changed = changed.map(|since| since.as_nanos()).unwrap_or_default();
    Ok(Some(Entry {
        kind,
        size: metadata.len(),
        changed: i128::try_from(changed).unwrap_or_default(),
        number: 0,
        mode: 0,
    }))
}

pub(in super::super) fn names(folder: &Held) -> io::Result<Vec<OsString>> {
    let entries = fs::read_dir(folder)?;
    entries.map(|entry| Ok(entry?.file_name())).collect()
}

pub(in super::super) fn open_folder(folder: &Held, name: &OsStr) -> io::Result<Held> {
    Ok(folder.join(name))
}

pub(in super::super) fn make_folder(folder: &Held, name: &OsStr) -> io::Result<Held> {
    let made = folder.join(name);
    fs::create_dir(&made)?;
    Ok(made)
}

pub(in super::super) fn set_mode(_: &Held, _: ModeBits) -> io::Result<()> {
    Ok(())
}

pub(in super::super) fn copy_file(
    from: &Held,
    name: &OsStr,
    to: &Held,
    to_name: &OsStr,
) -> io::Result<()> {
    fs::copy(from.join(name), to.join(to_name)).map(drop)
}

pub(in super::super) fn copy_link(_: &Held, _: &OsStr, _: &Held, _: &OsStr) -> io::Result<()> {
    Ok(())
}

pub(in super::super) fn unlink(folder: &Held, name: &OsStr) -> io::Result<()> {
    fs::remove_file(folder.join(name))
}

pub(in super::super) fn remove_folder(folder: &Held, name: &OsStr) -> io::Result<()> {
    fs::remove_dir(folder.join(name))
}

/// Gives what is under a name another one, which must be free.
pub(in super::super) fn rename(folder: &Held, from: &OsStr, to: &OsStr) -> io::Result<()> {
    if look(folder, to)?.is_some() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    fs::rename(folder.join(from), folder.join(to))
}

pub(super) fn exchange(_: &Held, _: &OsStr, _: &OsStr) -> io::Result<bool> {
    Ok(false)
}
