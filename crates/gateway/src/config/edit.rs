//! What a client sees of the configuration's file, and what it may ask to be changed there.

use std::path::{Path, PathBuf};

use futures_util::future::BoxFuture;
use gatehouse_store::StoreError;
use serde_json::Value;

use super::changes::Change;
use super::file::ConfigPlace;
use super::{ConfigError, Mistake};

/// The file as it is, good or not.
#[derive(Clone)]
pub struct FileState {
    pub place: ConfigPlace,
    pub exists: bool,
    /// Without secrets, as is everything here.
    pub raw: String,
    pub parsed: Value,
    pub hash: String,
    /// What is wrong with it; the configuration in force is then an earlier one.
    pub mistakes: Vec<Mistake>,
    /// Paths of what it says otherwise than at the start, and that counts from the next one.
    pub waiting: Vec<String>,
}

/// What a client wants to write.
#[derive(Debug, Clone)]
pub enum Edit {
    /// The whole file.
    Replace(String),
    /// RFC 7396, with the paths of lists that are replaced, in place of merged by the ids of their entries or kept whole.
    Merge(String, Vec<String>),
}

/// An edit that was made.
pub struct Edited {
    pub file: FileState,
    /// Values that changed, and whether each takes effect now.
    pub changes: Vec<Change>,
    /// Where the text with a person's comments was kept, if the edit lost any.
    pub comments: Option<PathBuf>,
}

/// Records what is about to be changed, and where, before the file is written. If this fails, it is not.
pub(crate) type Recorder =
    Box<dyn FnOnce(&[Change], &Path) -> BoxFuture<'static, Result<(), StoreError>> + Send>;

/// Why an edit was not made.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    #[error("config base hash required; re-run config.get and retry")]
    NoBase,
    #[error("config changed since last load; re-run config.get and retry")]
    Conflict,
    #[error("a hidden secret has no value to stand for")]
    Sentinel,
    #[error("the edit would drop entries of the list {0}; name it in replacePaths")]
    ListWouldShrink(String),
    #[error(
        "an id stands twice in the list {0} or in the edit; name the list in replacePaths to replace it"
    )]
    IdTwice(String),
    #[error(transparent)]
    Invalid(#[from] ConfigError),
    #[error("{} cannot be read; mend it by hand", .0.display())]
    Unreadable(PathBuf),
    #[error("the gateway runs without a configuration file")]
    NoFile,
    /// It could not be recorded, so nothing was written.
    #[error(transparent)]
    NotRecorded(StoreError),
}
