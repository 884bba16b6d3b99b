//! Copies of files, links and folders, without what a build makes again.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::UndoLimits;
use super::at::{self, Entry, Held, Kind};

/// Folders that a tool fills again.
const MADE_AGAIN: &[&str] = &["node_modules", "__pycache__", ".venv", ".gradle", ".next"];

/// A folder that holds this file says of itself that it can be made again (<https://bford.info/cachedir/>).
const CACHE_TAG: &str = "CACHEDIR.TAG";

const HISTORY: &str = ".git";

/// How deep folders are copied: each is held open meanwhile, and a process may open about a thousand.
const DEEPEST: usize = 128;

/// How many bytes a copy would take. None where there is nothing to copy, or too much of it.
pub(super) fn measure(path: &Path, limits: &UndoLimits) -> io::Result<Option<u64>> {
    let Ok(metadata) = path.symlink_metadata() else {
        return Ok(None);
    };
    if !metadata.is_dir() {
        let is_plain = metadata.is_file() || metadata.is_symlink();
        let size = if metadata.is_file() {
            metadata.len()
        } else {
            0
        };
        return Ok((is_plain && size <= limits.file).then_some(size));
    }
    if is_made_again(path) {
        return Ok(None);
    }
    let (mut total, mut seen) = (0u64, 0usize);
    let mut waiting = vec![path.to_owned()];
    while let Some(folder) = waiting.pop() {
        for (path, metadata) in entries(&folder)? {
            seen += 1;
            if metadata.is_dir() {
                waiting.push(path);
            } else if metadata.is_file() {
                if metadata.len() > limits.file {
                    return Ok(None);
                }
                total = total.saturating_add(metadata.len());
            }
            if seen > limits.entries || total > limits.session {
                return Ok(None);
            }
        }
    }
    Ok(Some(total))
}

/// Copies a file, a link or a folder to a name where there is nothing.
pub(super) fn copy(from: &Held, name: &OsStr, to: &Held, to_name: &OsStr) -> io::Result<()> {
    copy_below(from, name, (to, to_name), DEEPEST)
}

fn copy_below(
    from: &Held,
    name: &OsStr,
    (to, to_name): (&Held, &OsStr),
    deeper: usize,
) -> io::Result<()> {
    let found = at::look(from, name)?.ok_or(io::ErrorKind::NotFound)?;
    match found.kind {
        Kind::File => return at::copy_file(from, name, to, to_name),
        Kind::Link => return at::copy_link(from, name, to, to_name),
        Kind::Other => return Ok(()),
        Kind::Folder if deeper == 0 => return Err(too_deep()),
        Kind::Folder => {}
    }
    let (from, to) = (at::open_folder(from, name)?, at::make_folder(to, to_name)?);
    for name in at::names(&from)? {
        if !is_left_out(&from, &name)? {
            copy_below(&from, &name, (&to, &name), deeper - 1)?;
        }
    }
    // Last, as a folder that may not be written to takes no files.
    at::set_mode(&to, found.mode)
}

/// All that is in a place, to see whether it has changed.
#[derive(Debug)]
pub(super) enum Survey {
    Whole(Vec<(PathBuf, Entry)>),
    /// A copy would be without this.
    LeavesOut(PathBuf),
}

impl Survey {
    /// Whether all is as it was, whatever name it goes by itself.
    pub(super) fn is_same(&self, before: &Self) -> bool {
        let (Self::Whole(now), Self::Whole(before)) = (self, before) else {
            return false;
        };
        let mut both = now.iter().zip(before);
        now.len() == before.len()
            && both.all(|((path, entry), (was, before))| {
                entry == before && path.components().skip(1).eq(was.components().skip(1))
            })
    }
}

/// Looks at everything that is under a name; of more than `most` files and folders a copy leaves something out.
pub(super) fn survey(folder: &Held, name: &OsStr, most: usize) -> io::Result<Survey> {
    let mut seen = Vec::new();
    let left_out = survey_below(folder, Path::new(name), most, &mut seen)?;
    Ok(left_out.map_or(Survey::Whole(seen), Survey::LeavesOut))
}

fn survey_below(
    folder: &Held,
    path: &Path,
    most: usize,
    seen: &mut Vec<(PathBuf, Entry)>,
) -> io::Result<Option<PathBuf>> {
    let name = path.file_name().unwrap_or_default();
    let found = at::look(folder, name)?.ok_or(io::ErrorKind::NotFound)?;
    let kind = found.kind;
    seen.push((path.to_owned(), found));
    let is_unkept = kind == Kind::Other || (kind == Kind::Link && !at::KEEPS_LINKS);
    let is_much = seen.len() > most || path.components().count() > DEEPEST;
    if is_unkept || is_much {
        return Ok(Some(path.to_owned()));
    }
    if kind != Kind::Folder {
        return Ok(None);
    }
    let folder = at::open_folder(folder, name)?;
    let mut names = at::names(&folder)?;
    names.sort();
    for name in names {
        let path = path.join(&name);
        if is_left_out(&folder, &name)? {
            return Ok(Some(path));
        }
        let left_out = survey_below(&folder, &path, most, seen)?;
        if left_out.is_some() {
            return Ok(left_out);
        }
    }
    Ok(None)
}

/// Removes whatever is under a name.
pub(super) fn remove(folder: &Held, name: &OsStr) -> io::Result<()> {
    match at::look(folder, name)?.map(|found| found.kind) {
        None => Ok(()),
        Some(Kind::Folder) => {
            let inner = at::open_folder(folder, name)?;
            // One that may not be written to gives nothing away, also not to its owner.
            at::set_mode(&inner, 0o700)?;
            for name in at::names(&inner)? {
                remove(&inner, &name)?;
            }
            at::remove_folder(folder, name)
        }
        Some(_) => at::unlink(folder, name),
    }
}

/// Removes a folder of the gateway's own, with what was copied into it.
pub(super) fn remove_own(own: &Path) -> io::Result<()> {
    let (Some(parent), Some(name)) = (own.parent(), own.file_name()) else {
        return Ok(());
    };
    remove(&at::hold(parent)?, name)
}

/// What a folder holds, without what is made again. A folder's `.git` is its history, and large.
pub(super) fn entries(folder: &Path) -> io::Result<Vec<(PathBuf, fs::Metadata)>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let metadata = path.symlink_metadata()?;
        let is_history = path.file_name().is_some_and(|name| name == HISTORY);
        if metadata.is_dir() && (is_history || is_made_again(&path)) {
            continue;
        }
        all.push((path, metadata));
    }
    Ok(all)
}

fn is_made_again(folder: &Path) -> bool {
    let tag = folder.join(CACHE_TAG).symlink_metadata();
    has_name_of_made_again(folder.file_name()) || tag.is_ok_and(|tag| tag.is_file())
}

/// As `entries` leaves it out.
fn is_left_out(folder: &Held, name: &OsStr) -> io::Result<bool> {
    let found = at::look(folder, name)?;
    if found.is_none_or(|found| found.kind != Kind::Folder) {
        return Ok(false);
    }
    if name == HISTORY || has_name_of_made_again(Some(name)) {
        return Ok(true);
    }
    at::has_file(&at::open_folder(folder, name)?, CACHE_TAG)
}

fn has_name_of_made_again(name: Option<&OsStr>) -> bool {
    let name = name.and_then(OsStr::to_str);
    name.is_some_and(|name| MADE_AGAIN.contains(&name))
}

fn too_deep() -> io::Error {
    io::Error::other(format!(
        "there are folders in it more than {DEEPEST} deep, which are not kept"
    ))
}
