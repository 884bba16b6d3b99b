use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::{Entry, Held, Kind};

/// Whether links can be made anew.
pub(in super::super) const KEEPS_LINKS: bool = true;

const FOLDER: OFlags = OFlags::DIRECTORY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// As wide as the system's.
pub(in super::super) type ModeBits = rustix::fs::RawMode;

/// Opens a folder of the gateway's own.
pub(in super::super) fn hold(folder: &Path) -> io::Result<Held> {
    Ok(rustix::fs::open(folder, FOLDER, Mode::empty())?)
}

/// Whether the system's error says that a link was not followed.
pub(in super::super) fn is_link_refused(code: i32) -> bool {
    code == Errno::LOOP.raw_os_error()
}

pub(in super::super) fn look(folder: &Held, name: &OsStr) -> io::Result<Option<Entry>> {
    let stat = match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => return Ok(None),
        stat => stat?,
    };
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Folder,
        FileType::Symlink => Kind::Link,
        _ => Kind::Other,
    };
    Ok(Some(Entry {
        kind,
        size: u64::try_from(stat.st_size).unwrap_or_default(),
        changed: i128::from(stat.st_mtime) * 1_000_000_000 + i128::from(stat.st_mtime_nsec),
        number: stat.st_ino,
        mode: stat.st_mode & 0o7777,
    }))
}

pub(in super::super) fn names(folder: &Held) -> io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        let name = OsString::from_vec(entry?.file_name().to_bytes().to_vec());
        if name != "." && name != ".." {
            names.push(name);
        }
    }
    Ok(names)
}

pub(in super::super) fn open_folder(folder: &Held, name: &OsStr) -> io::Result<Held> {
    Ok(rustix::fs::openat(folder, name, FOLDER, Mode::empty())?)
}

/// Makes a folder that is its owner's alone for now.
pub(in super::super) fn make_folder(folder: &Held, name: &OsStr) -> io::Result<Held> {
    rustix::fs::mkdirat(folder, name, Mode::RWXU)?;
    open_folder(folder, name)
}

pub(in super::super) fn set_mode(folder: &Held, mode: ModeBits) -> io::Result<()> {
    Ok(rustix::fs::fchmod(folder, Mode::from_raw_mode(mode))?)
}

/// Copies a plain file, with its mode, to a name where there is nothing.
pub(in super::super) fn copy_file(
    from: &Held,
    name: &OsStr,
    to: &Held,
    to_name: &OsStr,
) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut source = File::from(rustix::fs::openat(from, name, flags, Mode::empty())?);
    let metadata = source.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is not an ordinary file any more"));
    }
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let made = rustix::fs::openat(to, to_name, flags, Mode::RUSR | Mode::WUSR)?;
    let mut made = File::from(made);
    io::copy(&mut source, &mut made)?;
    made.set_permissions(metadata.permissions())
}

pub(in super::super) fn copy_link(
    from: &Held,
    name: &OsStr,
    to: &Held,
    to_name: &OsStr,
) -> io::Result<()> {
    let target = rustix::fs::readlinkat(from, name, Vec::new())?;
    Ok(rustix::fs::symlinkat(target, to, to_name)?)
}

/// Removes a file or a link.
pub(in super::super) fn unlink(folder: &Held, name: &OsStr) -> io::Result<()> {
    Ok(rustix::fs::unlinkat(folder, name, AtFlags::empty())?)
}

/// Removes an empty folder.
pub(in super::super) fn remove_folder(folder: &Held, name: &OsStr) -> io::Result<()> {
    Ok(rustix::fs::unlinkat(folder, name, AtFlags::REMOVEDIR)?)
}

/// Gives what is under a name another one, which must be free.
pub(in super::super) fn rename(folder: &Held, from: &OsStr, to: &OsStr) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    match rustix::fs::renameat_with(folder, from, folder, to, rustix::fs::RenameFlags::NOREPLACE) {
        // Not every file system can.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
        renamed => return Ok(renamed?),
    }
    if look(folder, to)?.is_some() {
        return Err(Errno::EXIST.into());
    }
    Ok(rustix::fs::renameat(folder, from, folder, to)?)
}

/// Swaps two names in one step, where the file system can.
pub(super) fn exchange(folder: &Held, one: &OsStr, other: &OsStr) -> io::Result<bool> {
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    return match rustix::fs::renameat_with(
        folder,
        one,
        folder,
        other,
        rustix::fs::RenameFlags::EXCHANGE,
    ) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => Ok(false),
        swapped => Ok(swapped.map(|()| true)?),
    };
    #[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
    {
        let _ = (folder, one, other);
        Ok(false)
    }
}
