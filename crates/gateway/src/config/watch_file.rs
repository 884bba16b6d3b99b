//! Notices that the configuration file may have changed. The folder is watched, because editors put a new file
//! in the old one's place. What changed is for the desk to find out.

use std::path::Path;

use notify::{RecursiveMode, Watcher};
use tokio::sync::mpsc;

use super::ConfigPlace;

/// Keeps watching while it lives.
pub(crate) struct FileWatch {
    _watcher: notify::RecommendedWatcher,
}

/// Watches a file's folder. None where the system cannot, which leaves the configuration as it is until the
/// next start.
pub(crate) fn watch_file(path: &Path) -> (Option<FileWatch>, mpsc::Receiver<()>) {
    watch(path, &[path])
}

/// Watches the file that is read, and the one that is written, which lies beside it and may be there later.
pub(crate) fn watch_place(place: &ConfigPlace) -> (Option<FileWatch>, mpsc::Receiver<()>) {
    watch(&place.read_from, &[&place.read_from, &place.write_to])
}

/// Watches the folder of a path for files of these names.
fn watch(path: &Path, files: &[&Path]) -> (Option<FileWatch>, mpsc::Receiver<()>) {
    let (touched, receiver) = mpsc::channel(1);
    let names: Vec<_> = files
        .iter()
        .filter_map(|path| path.file_name().map(ToOwned::to_owned))
        .collect();
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let concerns = event.is_ok_and(|event| {
            !event.kind.is_access()
                && event.paths.iter().any(|path| {
                    path.file_name()
                        .is_some_and(|name| names.iter().any(|own| own == name))
                })
        });
        if concerns {
            // One that waits already says the same.
            let _ = touched.try_send(());
        }
    });
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let watcher = watcher.and_then(|mut watcher| {
        watcher.watch(
            folder.unwrap_or(Path::new(".")),
            RecursiveMode::NonRecursive,
        )?;
        Ok(FileWatch { _watcher: watcher })
    });
    if let Err(error) = &watcher {
        tracing::warn!(%error, "the configuration file is not watched");
    }
    (watcher.ok(), receiver)
}
