//! By what the system has, as the `notify` crate knows it.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use notify::{RecursiveMode, Watcher};

/// Watches while it lives.
pub(super) struct Watched {
    _watcher: notify::RecommendedWatcher,
}

/// Tells the names in a folder of what may have changed there.
pub(super) fn watch(
    folder: &Path,
    tell: impl Fn(Option<&OsStr>) + Send + 'static,
) -> io::Result<Watched> {
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let Ok(event) = event else { return };
        if !event.kind.is_access() {
            event.paths.iter().for_each(|path| tell(path.file_name()));
        }
    });
    let mut watcher = watcher.map_err(io::Error::other)?;
    let watched = watcher.watch(folder, RecursiveMode::NonRecursive);
    watched.map_err(io::Error::other)?;
    Ok(Watched { _watcher: watcher })
}
