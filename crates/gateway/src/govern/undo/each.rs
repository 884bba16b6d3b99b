//! What an action may do to a folder that is not its own to lose: the workspace, or one that it writes into. Which of
//! the files there are meant is not known before it runs, so each is kept by itself, and one that is still as it was
//! is not offered. Of more files than are kept nothing is: half of them would look like all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::{Kept, UndoBox, UndoWhat, Whose, copy};

impl UndoBox {
    /// Keeps what an action is about to replace. What cannot be kept is lost, and said in the log.
    pub fn keep_all(&self, whose: &Whose<'_>, targets: Vec<(PathBuf, UndoWhat)>, now: i64) {
        let (folders, named): (Vec<_>, Vec<_>) = targets
            .into_iter()
            .partition(|(path, what)| is_by_files(whose.workspace, path, *what));
        for (path, what) in &named {
            note(self.keep(whose, path, *what, now));
        }
        for (folder, what) in &folders {
            note(self.keep_each(whose, folder, *what, &named, now));
        }
    }

    fn keep_each(
        &self,
        whose: &Whose<'_>,
        folder: &Path,
        what: UndoWhat,
        named: &[(PathBuf, UndoWhat)],
        now: i64,
    ) -> io::Result<()> {
        let Some(files) = self.files_below(folder)? else {
            tracing::debug!("there is more in the folder than is kept one by one");
            return Ok(());
        };
        let is_named = |file: &Path| named.iter().any(|(path, _)| file.starts_with(path));
        for (file, changed) in files.into_iter().filter(|(file, _)| !is_named(file)) {
            let about = |kept| Kept {
                unless_from: changed,
                ..kept
            };
            self.keep_noting(whose, &file, what, now, about)?;
        }
        Ok(())
    }

    /// The files of a folder with when each was changed last; none where they are too many.
    fn files_below(&self, folder: &Path) -> io::Result<Option<Vec<Dated>>> {
        let (mut files, mut total, mut seen) = (Vec::new(), 0u64, 0usize);
        let mut waiting = vec![folder.canonicalize()?];
        while let Some(folder) = waiting.pop() {
            for (path, metadata) in copy::entries(&folder)? {
                seen += 1;
                if metadata.is_dir() {
                    waiting.push(path);
                } else {
                    total = total.saturating_add(metadata.len());
                    files.push((path, changed_at(&metadata)));
                }
                let is_much = files.len() > self.limits.each || seen > self.limits.entries;
                if is_much || total > self.limits.each_bytes {
                    return Ok(None);
                }
            }
        }
        Ok(Some(files))
    }
}

/// A file, and when it was changed last.
type Dated = (PathBuf, Option<u64>);

fn note<T>(kept: io::Result<T>) {
    if let Err(error) = kept {
        tracing::warn!(%error, "something could not be kept before it is replaced");
    }
}

/// Whether a target stands for files in it: the workspace, which cannot be replaced as a whole without what is newer
/// in it, and a folder that is written to.
fn is_by_files(workspace: &Path, path: &Path, what: UndoWhat) -> bool {
    let is_workspace = || match (workspace.canonicalize(), path.canonicalize()) {
        (Ok(workspace), Ok(path)) => workspace == path,
        _ => false,
    };
    path.is_dir() && (what == UndoWhat::Overwrote || is_workspace())
}

/// Whether a file that was kept because it may have been meant was not touched.
pub(super) fn is_untouched(kept: &Kept) -> bool {
    let Some(before) = kept.unless_from else {
        return false;
    };
    let there = kept.path.symlink_metadata();
    there.is_ok_and(|there| {
        changed_at(&there) == Some(before) && (!there.is_file() || there.len() == kept.size)
    })
}

fn changed_at(metadata: &fs::Metadata) -> Option<u64> {
    let since = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(since.as_nanos()).ok()
}
