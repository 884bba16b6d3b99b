//! Opens what a command needs, and keeps it open: its folder, its programs, its scripts.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fs::File,
    io,
    path::{Path, PathBuf},
};

use super::{
    Digests, LaunchError,
    digests::{Identity, Known, read_whole},
    find::{Beginning, Search},
};

pub(super) struct Folder {
    pub(super) path: PathBuf,
    pub(super) identity: Identity,
    pub(super) handle: Option<File>,
}

/// A program, as a word of a command names it.
pub(super) enum Program {
    Found {
        /// Links resolved.
        path: PathBuf,
        content: Content,
        /// Begins with `#!`, or is text for a shell: it is read through its path.
        is_script: bool,
    },
    /// There is none of that name.
    Missing,
}

/// A file as it was opened.
pub(super) struct Content {
    /// None where it may be run and not read.
    pub(super) known: Option<Known>,
    pub(super) identity: Identity,
    pub(super) handle: Option<File>,
}

impl Folder {
    pub(super) fn open(path: &Path) -> Result<Self, LaunchError> {
        // A folder has no handle of this kind on Windows.
        let handle = File::open(path);
        let handle = if cfg!(unix) {
            Some(handle.map_err(LaunchError::at(path))?)
        } else {
            handle.ok()
        };
        let metadata = match &handle {
            Some(handle) => handle.metadata(),
            None => std::fs::metadata(path),
        };
        let metadata = metadata.map_err(LaunchError::at(path))?;
        if !metadata.is_dir() {
            return Err(LaunchError {
                path: path.to_owned(),
                source: io::ErrorKind::NotADirectory.into(),
            });
        }
        Ok(Self {
            path: path.to_owned(),
            identity: Identity::of(&metadata),
            handle,
        })
    }
}

impl Content {
    /// Whether it is still what a path leads to, unchanged.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        std::fs::metadata(path).is_ok_and(|now| Identity::of(&now) == self.identity)
    }

    /// None where it may be run and not read.
    pub(super) fn sha256(&self) -> Option<&str> {
        self.known.as_ref().map(|known| known.sha256.as_str())
    }

    /// None where it may be run and not read.
    pub(super) fn begins(&self) -> Option<&Beginning> {
        self.known.as_ref().map(|known| &known.begins)
    }

    /// The hash, or for a file that cannot be read which file it is and since when it is unchanged.
    pub(super) fn seen(&self) -> Cow<'_, str> {
        match self.sha256() {
            Some(sha256) => sha256.into(),
            None => format!("unread:{:?}", self.identity).into(),
        }
    }
}

/// Opens one after the other.
pub(super) struct Opener<'a> {
    pub(super) search: Search,
    pub(super) digests: &'a Digests,
    pub(super) now_ms: u64,
    pub(super) programs: BTreeMap<String, Program>,
    pub(super) scripts: BTreeMap<PathBuf, Content>,
}

impl Opener<'_> {
    pub(super) fn program(&mut self, name: &str) -> Result<(), LaunchError> {
        if self.programs.contains_key(name) {
            return Ok(());
        }
        let Some(path) = self.search.real_program(name) else {
            self.programs.insert(name.to_owned(), Program::Missing);
            return Ok(());
        };
        let content = self.content(&path)?;
        let (is_script, interpreter) = match content.begins() {
            Some(Beginning::Names(interpreter)) => (true, Some(interpreter.clone())),
            Some(Beginning::Text) => (true, None),
            Some(Beginning::Binary) | None => (false, None),
        };
        let program = Program::Found {
            path,
            is_script,
            content,
        };
        self.programs.insert(name.to_owned(), program);
        match interpreter {
            // An interpreter of an interpreter is not looked for: the system reads four levels, people none.
            Some(interpreter) if !self.programs.contains_key(&interpreter) => {
                self.program(&interpreter)
            }
            _ => Ok(()),
        }
    }

    pub(super) fn script(&mut self, path: &Path) -> Result<(), LaunchError> {
        let Ok(path) = path.canonicalize() else {
            return Ok(());
        };
        if !path.is_file() {
            return Ok(());
        }
        let content = self.content(&path)?;
        self.scripts.insert(path, content);
        Ok(())
    }

    fn content(&self, path: &Path) -> Result<Content, LaunchError> {
        let handle = match File::open(path) {
            Ok(handle) => handle,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                let metadata = std::fs::metadata(path).map_err(LaunchError::at(path))?;
                return Ok(Content {
                    known: None,
                    identity: Identity::of(&metadata),
                    handle: None,
                });
            }
            Err(error) => return Err(LaunchError::at(path)(error)),
        };
        let (identity, known) =
            read_whole(&handle, self.digests, self.now_ms).map_err(LaunchError::at(path))?;
        Ok(Content {
            known: Some(known),
            identity,
            handle: Some(handle),
        })
    }
}
