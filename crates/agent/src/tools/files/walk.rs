//! The files below a folder, as searches see them: what `.gitignore` names is left out, links are not followed.

use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use crate::tools::ToolError;

/// Every file below `folder`, sorted within each folder. Ends early when the run is stopped.
pub(crate) fn files(folder: &Path, cancel: CancellationToken) -> impl Iterator<Item = PathBuf> {
    let walk = ignore::WalkBuilder::new(folder)
        .follow_links(false)
        .hidden(false)
        .require_git(false)
        // Rules from outside of the workspace say nothing about it.
        .parents(false)
        .git_global(false)
        .sort_by_file_name(std::ffi::OsStr::cmp)
        .filter_entry(|entry| entry.file_name() != ".git")
        .build();
    walk.take_while(move |_| !cancel.is_cancelled())
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .map(ignore::DirEntry::into_path)
}

/// A pattern for paths below the folder of a search: without a slash it matches names at any depth.
pub(super) fn glob(pattern: &str) -> Result<globset::GlobMatcher, ToolError> {
    let anywhere = if pattern.contains('/') {
        pattern.to_owned()
    } else {
        format!("**/{pattern}")
    };
    let glob = globset::GlobBuilder::new(&anywhere)
        .literal_separator(true)
        .build();
    let glob = glob.map_err(|error| ToolError::Arguments(error.to_string()))?;
    Ok(glob.compile_matcher())
}
