//! Notices that a file that people edit may have changed. The folder is watched, because editors put a new file
//! in the old one's place. What changed is for the caller to find out.

#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "others.rs")]
mod folder;

use std::ffi::OsStr;
use std::path::Path;

use tokio::sync::mpsc;

use super::ConfigPlace;

/// Keeps watching while it lives.
pub(crate) struct FileWatch {
    _folder: folder::Watched,
}

/// Watches files that lie in one folder. None where the system cannot, which leaves what was read of them as it is
/// until the next start.
pub(crate) fn watch_files(
    folder: &Path,
    names: &[&str],
) -> (Option<FileWatch>, mpsc::Receiver<()>) {
    let files: Vec<_> = names.iter().map(|name| folder.join(name)).collect();
    let files: Vec<_> = files.iter().map(AsRef::as_ref).collect();
    watch(folder, &files)
}

/// Watches the file that is read, and the one that is written, which lies beside it and may be there later.
pub(crate) fn watch_place(place: &ConfigPlace) -> (Option<FileWatch>, mpsc::Receiver<()>) {
    let folder = place.read_from.parent().unwrap_or(Path::new(""));
    watch(folder, &[&place.read_from, &place.write_to])
}

/// Watches a folder for files of these names.
fn watch(folder: &Path, files: &[&Path]) -> (Option<FileWatch>, mpsc::Receiver<()>) {
    let (touched, receiver) = mpsc::channel(1);
    let names = files.iter().filter_map(|path| path.file_name());
    let names: Vec<_> = names.map(ToOwned::to_owned).collect();
    let tell = move |name: Option<&OsStr>| {
        // What has no name may be about any of them.
        if name.is_none_or(|name| names.iter().any(|own| own == name)) {
            // One that waits already says the same.
            let _ = touched.try_send(());
        }
    };
    let named = !folder.as_os_str().is_empty();
    let watched = folder::watch(if named { folder } else { Path::new(".") }, tell);
    if let Err(error) = &watched {
        tracing::warn!(%error, folder = %folder.display(), "changes of the files in this folder are not noticed");
    }
    let watched = watched.ok().map(|_folder| FileWatch { _folder });
    (watched, receiver)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::*;

    /// Longer than any event takes to arrive on a busy machine.
    const PATIENCE: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn a_file_that_is_written_replaced_or_taken_away_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let (watch, mut touched) = watch_files(folder.path(), &["a.json", "b.json"]);
        assert!(watch.is_some());
        type Deed<'d> = (&'d str, Box<dyn Fn() -> std::io::Result<()> + 'd>);
        let deeds: [Deed<'_>; 5] = [
            ("written", Box::new(|| fs::write(at("a.json"), "1"))),
            ("written again", Box::new(|| fs::write(at("a.json"), "2"))),
            ("its other one", Box::new(|| fs::write(at("b.json"), "1"))),
            (
                "replaced",
                Box::new(|| {
                    fs::write(at("a.json.new"), "3")?;
                    fs::rename(at("a.json.new"), at("a.json"))
                }),
            ),
            ("taken away", Box::new(|| fs::remove_file(at("a.json")))),
        ];
        for (what, deed) in deeds {
            deed().unwrap();
            let told = tokio::time::timeout(PATIENCE, touched.recv()).await;
            assert_eq!(told, Ok(Some(())), "{what}");
            // The same deed may be told in steps.
            while tokio::time::timeout(Duration::from_millis(50), touched.recv())
                .await
                .is_ok()
            {}
        }
    }

    #[tokio::test]
    async fn what_lies_beside_it_is_not_told_of() {
        let folder = tempfile::tempdir().unwrap();
        let (_watch, mut touched) = watch_files(folder.path(), &["a.json"]);
        fs::write(folder.path().join("beside.sqlite3"), "1").unwrap();
        let early = tokio::time::timeout(Duration::from_millis(300), touched.recv()).await;
        assert!(early.is_err(), "told of what lies beside it");
        fs::write(folder.path().join("a.json"), "1").unwrap();
        assert_eq!(
            tokio::time::timeout(PATIENCE, touched.recv()).await,
            Ok(Some(()))
        );
    }

    #[tokio::test]
    async fn a_watch_that_is_dropped_ends_what_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let (watch, mut touched) = watch_files(folder.path(), &["a.json"]);
        drop(watch);
        let told = tokio::time::timeout(PATIENCE, touched.recv()).await;
        assert_eq!(told, Ok(None));
    }
}
