//! Replaces a file in one step: whoever reads finds the old content or the new, also after a crash.
//!
//! The content is written to a temporary file beside it, synced, and renamed over it. Whatever goes through
//! here is encrypted or not secret, or for its owner alone as the temporary file is too (the key file).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::VaultError;

/// The end of a temporary file's name.
const TEMPORARY: &str = ".writing";

/// Replaces `path` by `content`, readable by its owner alone.
pub(crate) fn replace(path: &Path, content: &[u8]) -> Result<(), VaultError> {
    let temporary = temporary(path);
    write_synced(&temporary, content).map_err(|e| failed("write", &temporary, e))?;
    fs::rename(&temporary, path).map_err(|e| failed("replace", path, e))?;
    sync_folder(path).map_err(|e| failed("sync the folder of", path, e))
}

/// Keeps other processes, and other threads, from changing what a file says while this one does: held from before it is
/// read until it was replaced. The lock is a file of its own, because what it is for is replaced; it stays.
pub(crate) fn lock(path: &Path) -> Result<File, VaultError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|e| failed("open", path, e))?;
    file.lock().map_err(|e| failed("lock", path, e))?;
    Ok(file)
}

/// Where the new content waits for the rename.
pub(crate) fn temporary(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(TEMPORARY);
    name.into()
}

/// Makes the folder, for its owner alone where it is new.
pub(crate) fn make_folder(folder: &Path) -> Result<(), VaultError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(folder)
        .map_err(|e| failed("make", folder, e))
}

/// Removes a file; one that is not there is fine.
pub(crate) fn remove(path: &Path) -> Result<(), VaultError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(failed("remove", path, e)),
        _ => Ok(()),
    }
}

pub(crate) fn failed(action: &'static str, path: &Path, source: io::Error) -> VaultError {
    VaultError::File {
        action,
        path: path.to_owned(),
        source,
    }
}

fn write_synced(path: &Path, content: &[u8]) -> io::Result<()> {
    // One that a crash left may have other permissions: begin with a new one.
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// The rename itself reaches the disk with the folder. Windows has no such call and needs none.
fn sync_folder(path: &Path) -> io::Result<()> {
    match folder_of(path) {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

/// The folder that a file is in: of a bare name, the one that the process works in.
fn folder_of(path: &Path) -> Option<&Path> {
    let folder = path.parent()?;
    let is_bare = folder.as_os_str().is_empty();
    Some(if is_bare { Path::new(".") } else { folder })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_name_is_in_the_folder_that_the_process_works_in() {
        for (path, folder) in [
            ("keys", "."),
            ("./keys", "."),
            ("a/keys", "a"),
            ("/keys", "/"),
        ] {
            assert_eq!(
                folder_of(Path::new(path)),
                Some(Path::new(folder)),
                "{path}"
            );
            File::open(folder_of(Path::new("keys")).unwrap()).unwrap();
        }
    }
}
