//! State folders of other users: nothing is to be seen there, and what looks like "no gateway" may be one that runs.

use std::io;
use std::path::Path;

use gatehouse_gateway::{RunRecord, running};

use crate::failure::Failure;

/// The gateway that runs in a folder of this user's.
pub(crate) fn running_in(folder: &Path) -> Result<Option<RunRecord>, Failure> {
    may_look(folder)?;
    running(folder).map_err(|error| said(folder, error))
}

/// Whether this user may look into a folder; one that is not there is no other's.
pub(crate) fn may_look(folder: &Path) -> Result<(), Failure> {
    match std::fs::read_dir(folder) {
        Err(error) if is_kept_back(&error) => Err(said(folder, error)),
        _ => Ok(()),
    }
}

/// What to do where a folder is another user's.
pub(crate) fn kept_back(folder: &Path) -> Failure {
    let shown = folder.display();
    let (whose, switch) = match owner(folder) {
        Some(user) => (format!("the user {user}'s"), format!("sudo -u '#{user}'")),
        None => ("another user's".to_owned(), "sudo -u NAME".to_owned()),
    };
    Failure::configuration(format!("the state folder {shown} is {whose}")).next(format!(
        "run this as that user: `{switch} gatehouse gateway … --state-dir {shown}`; or name a folder of yours with \
         --state-dir"
    ))
}

/// The number of the user whose folder it is, where that is somebody else and can be seen.
#[cfg(unix)]
pub(crate) fn owner(folder: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    let user = std::fs::metadata(folder).ok()?.uid();
    (user != rustix::process::geteuid().as_raw()).then_some(user)
}

#[cfg(not(unix))]
pub(crate) fn owner(_: &Path) -> Option<u32> {
    None
}

fn is_kept_back(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied
}

fn said(folder: &Path, error: io::Error) -> Failure {
    match is_kept_back(&error) {
        true => kept_back(folder),
        false => super::unusable(folder, &error),
    }
}
