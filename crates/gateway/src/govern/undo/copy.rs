//! Copies of files, links and folders, without what a build makes again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::UndoLimits;

/// Folders that a tool fills again.
const MADE_AGAIN: &[&str] = &["node_modules", "__pycache__", ".venv", ".gradle", ".next"];

/// A folder that holds this file says of itself that it can be made again (<https://bford.info/cachedir/>).
const CACHE_TAG: &str = "CACHEDIR.TAG";

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

/// Copies a file, a link or a folder to a path where there is nothing.
pub(super) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let metadata = from.symlink_metadata()?;
    if metadata.is_symlink() {
        return link(&fs::read_link(from)?, to);
    }
    if metadata.is_file() {
        return fs::copy(from, to).map(drop);
    }
    if !metadata.is_dir() {
        return Ok(());
    }
    fs::create_dir(to)?;
    let mut waiting = vec![(from.to_owned(), to.to_owned())];
    let mut made = vec![(to.to_owned(), metadata.permissions())];
    while let Some((from, to)) = waiting.pop() {
        for (path, metadata) in entries(&from)? {
            let to = to.join(path.file_name().unwrap_or_default());
            if metadata.is_dir() {
                fs::create_dir(&to)?;
                made.push((to.clone(), metadata.permissions()));
                waiting.push((path, to));
            } else if metadata.is_symlink() {
                link(&fs::read_link(&path)?, &to)?;
            } else if metadata.is_file() {
                fs::copy(&path, &to)?;
            }
        }
    }
    // Last, as a folder that may not be written to takes no files.
    for (folder, permissions) in made.into_iter().rev() {
        fs::set_permissions(folder, permissions)?;
    }
    Ok(())
}

/// Removes whatever is at a path.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match path.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// What a folder holds, without what is made again. A folder's `.git` is its history, and large.
pub(super) fn entries(folder: &Path) -> io::Result<Vec<(PathBuf, fs::Metadata)>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let metadata = path.symlink_metadata()?;
        let is_history = path.file_name().is_some_and(|name| name == ".git");
        if metadata.is_dir() && (is_history || is_made_again(&path)) {
            continue;
        }
        all.push((path, metadata));
    }
    Ok(all)
}

fn is_made_again(folder: &Path) -> bool {
    let name = folder.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| MADE_AGAIN.contains(&name)) || folder.join(CACHE_TAG).is_file()
}

#[cfg(unix)]
fn link(target: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, to)
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> io::Result<()> {
    // Making one takes rights there; the link is not kept.
    Ok(())
}
