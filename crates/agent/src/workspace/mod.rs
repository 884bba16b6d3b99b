//! The agent's workspace: which files its path tools may touch, and how they are opened.
//!
//! A path is resolved first, links and all, to the place it means ([`Workspace::resolve`]); that place is shown
//! to the governor. It is then opened step by step from the workspace's own folder without following a link
//! ([`Workspace::open`] and the others), so that what was swapped in between is refused instead of followed.
//! Commands that the tool `exec` runs are not held by this.

mod open;
mod resolve;

use std::{
    fs::File,
    io::{self, Read, Write},
    path::{Component, Path, PathBuf},
};

use thiserror::Error;

pub use open::Missing;

/// A folder of the workspace that is held open; its path, where folders cannot be.
#[cfg(unix)]
pub type HeldFolder = std::os::fd::OwnedFd;
/// A folder of the workspace that is held open; its path, where folders cannot be.
#[cfg(not(unix))]
pub type HeldFolder = PathBuf;

/// A path that the tools do not touch, or an error on the way.
#[derive(Debug, Error)]
pub enum PathError {
    #[error("{} is outside of the workspace", .0.display())]
    Outside(PathBuf),
    #[error("{} has too many links", .0.display())]
    TooManyLinks(PathBuf),
    #[error("{0} is not a usable path")]
    Malformed(String),
    #[error("{} is not an ordinary file", .0.display())]
    NotAFile(PathBuf),
    #[error("{} is larger than {limit} bytes", path.display())]
    TooLarge { path: PathBuf, limit: u64 },
    #[error("{} exists already", .0.display())]
    Exists(PathBuf),
    #[error("{}: {source}", path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

impl PathError {
    fn io(path: &Path, source: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}

/// Whether a last link of a path is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastLink {
    Follow,
    /// The link itself is meant.
    Keep,
}

/// What to do about a file that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    Replace,
    Refuse,
}

/// A folder that path tools stay inside of.
#[derive(Clone, Debug)]
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// A folder that is there. The root itself may be reached by links.
    pub fn new(root: &Path) -> Result<Self, PathError> {
        let resolved = root.canonicalize();
        Ok(Self {
            root: resolved.map_err(|source| PathError::io(root, source))?,
        })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The place that a path means, absolute and without links. It need not exist. Relative paths begin at
    /// the root.
    pub fn resolve(&self, path: &str, last: LastLink) -> Result<PathBuf, PathError> {
        if path.contains('\0') {
            return Err(PathError::Malformed(path.replace('\0', "\u{fffd}")));
        }
        let resolved = resolve::resolve(&self.root.join(path), last)?;
        if resolved.starts_with(&self.root) {
            Ok(resolved)
        } else {
            Err(PathError::Outside(resolved))
        }
    }

    /// For people and models: the path from the root.
    pub fn shown<'a>(&self, resolved: &'a Path) -> &'a Path {
        let shown = resolved.strip_prefix(&self.root).unwrap_or(resolved);
        if shown.as_os_str().is_empty() {
            Path::new(".")
        } else {
            shown
        }
    }

    /// Holds a folder open, so that what is done in it is done there whatever its path comes to lead to.
    pub fn hold(&self, resolved: &Path, missing: Missing) -> Result<HeldFolder, PathError> {
        let names = self.inside(resolved)?;
        open::folder(&self.root, &names, missing).map_err(|source| PathError::io(resolved, source))
    }

    /// Opens an ordinary file for reading.
    pub fn open(&self, resolved: &Path) -> Result<File, PathError> {
        let (folder, name) = self.split(resolved)?;
        let file = open::folder(&self.root, &folder, open::Missing::Fail)
            .and_then(|folder| open::file(&folder, &name))
            .map_err(|source| PathError::io(resolved, source))?;
        let metadata = file
            .metadata()
            .map_err(|source| PathError::io(resolved, source))?;
        if metadata.is_file() {
            Ok(file)
        } else {
            Err(PathError::NotAFile(resolved.to_owned()))
        }
    }

    /// Reads a file of at most `limit` bytes.
    pub fn read(&self, resolved: &Path, limit: u64) -> Result<Vec<u8>, PathError> {
        let file = self.open(resolved)?;
        let mut bytes = Vec::new();
        file.take(limit + 1)
            .read_to_end(&mut bytes)
            .map_err(|source| PathError::io(resolved, source))?;
        if bytes.len() as u64 > limit {
            let path = resolved.to_owned();
            return Err(PathError::TooLarge { path, limit });
        }
        Ok(bytes)
    }

    /// Writes a whole file: beside it first, then in its place, so that a reader sees the old or the new.
    /// Folders on the way are made.
    pub fn write(
        &self,
        resolved: &Path,
        bytes: &[u8],
        existing: Existing,
    ) -> Result<(), PathError> {
        self.write_like(resolved, bytes, existing, resolved)
    }

    /// As [`Self::write`]; whoever may read, write and run the file `like` may do so with this one, if it is there.
    pub fn write_like(
        &self,
        resolved: &Path,
        bytes: &[u8],
        existing: Existing,
        like: &Path,
    ) -> Result<(), PathError> {
        let rights = match self.open(like) {
            Ok(like) => like.metadata().ok().map(|there| there.permissions()),
            Err(_) => None,
        };
        let (folder, name) = self.split(resolved)?;
        let wrong = |source: io::Error| match source.kind() {
            io::ErrorKind::AlreadyExists => PathError::Exists(resolved.to_owned()),
            _ => PathError::io(resolved, source),
        };
        let folder = open::folder(&self.root, &folder, open::Missing::Make).map_err(wrong)?;
        let draft = open::Draft::new(&folder, &name).map_err(wrong)?;
        let mut file = draft.file().map_err(wrong)?;
        if let Some(rights) = rights {
            // Not when it is made: the process's own mask would take some away.
            open::set_rights(&file, &rights).map_err(wrong)?;
        }
        file.write_all(bytes).map_err(wrong)?;
        file.sync_all().map_err(wrong)?;
        draft.put_in_place(existing).map_err(wrong)
    }

    /// Removes a file or a link.
    pub fn remove(&self, resolved: &Path) -> Result<(), PathError> {
        let (folder, name) = self.split(resolved)?;
        open::folder(&self.root, &folder, open::Missing::Fail)
            .and_then(|folder| open::remove(&folder, &name))
            .map_err(|source| PathError::io(resolved, source))
    }

    /// The entries of a folder, sorted by name; folders end in a slash.
    pub fn list(&self, resolved: &Path) -> Result<Vec<String>, PathError> {
        let inside = self.inside(resolved)?;
        let mut names = open::folder(&self.root, &inside, open::Missing::Fail)
            .and_then(|folder| open::entries(&folder))
            .map_err(|source| PathError::io(resolved, source))?;
        names.sort();
        Ok(names)
    }

    /// The names on the way from the root; a resolved path has no others.
    fn inside(&self, resolved: &Path) -> Result<Vec<std::ffi::OsString>, PathError> {
        let outside = || PathError::Outside(resolved.to_owned());
        let inside = resolved.strip_prefix(&self.root).map_err(|_| outside())?;
        inside
            .components()
            .map(|component| match component {
                Component::Normal(name) => Ok(name.to_owned()),
                _ => Err(outside()),
            })
            .collect()
    }

    fn split(
        &self,
        resolved: &Path,
    ) -> Result<(Vec<std::ffi::OsString>, std::ffi::OsString), PathError> {
        let mut names = self.inside(resolved)?;
        let last = names.pop();
        let name = last.ok_or_else(|| PathError::NotAFile(resolved.to_owned()))?;
        Ok((names, name))
    }
}

#[cfg(all(test, unix))]
mod tests;
