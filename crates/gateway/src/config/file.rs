//! The file: where it is, and how it is written so that a crash leaves either the old one or the new one whole.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::ConfigError;
use super::read::MAX_BYTES;
use crate::hex::hex;
use crate::private;

/// Our own name for the file, and the published gateway's.
pub(crate) const OWN_NAME: &str = "gatehouse.json";
pub(crate) const PUBLISHED_NAME: &str = "openclaw.json";

/// Where a configuration is read from, and where it goes when it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigPlace {
    pub read_from: PathBuf,
    /// Never another program's file: what was read from an `openclaw.json` is written beside it.
    pub write_to: PathBuf,
}

impl ConfigPlace {
    /// The file that was named, or the one in the state folder. An `openclaw.json` is read when there is no
    /// file of our own beside it.
    pub fn find(named: Option<&Path>, state_dir: &Path) -> Self {
        let own = state_dir.join(OWN_NAME);
        let published = state_dir.join(PUBLISHED_NAME);
        let read_from = match named {
            Some(path) => path.to_owned(),
            None if !own.exists() && published.exists() => published,
            None => own,
        };
        let is_published = read_from
            .file_name()
            .is_some_and(|name| name == PUBLISHED_NAME);
        let write_to = match is_published {
            true => read_from.with_file_name(OWN_NAME),
            false => read_from.clone(),
        };
        let mut place = Self {
            read_from,
            write_to,
        };
        place.prefer_own();
        place
    }

    /// Once there is a file of our own, what it says holds: what was changed here is in no other.
    pub(crate) fn prefer_own(&mut self) {
        if self.write_to.exists() {
            self.read_from.clone_from(&self.write_to);
        }
    }

    /// The text; none when there is no file, which is a configuration too.
    pub fn text(&self) -> Result<Option<Zeroizing<String>>, ConfigError> {
        let failed = |source| ConfigError::Read {
            path: self.read_from.clone(),
            source,
        };
        match std::fs::metadata(&self.read_from) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
            Ok(found) if found.len() > MAX_BYTES => {
                return Err(failed(std::io::Error::other("the file is too large")));
            }
            Ok(_) => {}
        }
        // Keys may stand in it in the clear, until they are moved out.
        let bytes = Zeroizing::new(std::fs::read(&self.read_from).map_err(failed)?);
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| failed(std::io::Error::other("the file is not UTF-8")))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Ok(Some(Zeroizing::new(text.to_owned())))
    }

    /// Writes a text in place of the file. `backup` is kept beside it as `.bak`.
    pub fn write(&self, text: &str, backup: Option<&str>) -> Result<(), ConfigError> {
        let path = &self.write_to;
        if let Some(before) = backup {
            replace(&path.with_extension("json.bak"), before)?;
        }
        replace(path, text)
    }
}

impl ConfigPlace {
    /// Keeps a text of the file with its comments beside it, and says where.
    pub(super) fn keep_comments(&self, text: &str) -> Result<PathBuf, ConfigError> {
        let path = self.write_to.with_extension("json.comments");
        replace(&path, text)?;
        Ok(path)
    }
}

/// The opaque name of one state of the file.
pub(crate) fn revision(text: &str) -> String {
    hex(Sha256::digest(text.as_bytes()))
}

/// Readable by its owner alone, whole or not at all.
fn replace(path: &Path, text: &str) -> Result<(), ConfigError> {
    let failed = |source| ConfigError::Write {
        path: path.to_owned(),
        source,
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(failed)?;
    private::replace(path, text.as_bytes()).map_err(failed)
}
