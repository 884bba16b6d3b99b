//! What the command line adds to the gateway to run it headless: the shared secret, the
//! page, and the log. What the gateway itself is, is `gatehouse-gateway`'s.

pub(crate) mod keys;
mod lines;
pub(crate) mod log;
mod log_file;
pub(crate) mod page;
pub(crate) mod secret;
mod signals;
pub(crate) mod theirs;

use std::path::{Path, PathBuf};

use crate::args::StateDir;
use crate::environment::Environment;
use crate::failure::Failure;

pub(crate) use signals::signalled;

/// The state folder that is meant.
pub(crate) fn state_dir(given: &StateDir, environment: &Environment) -> Result<PathBuf, Failure> {
    let folder = given.state_dir.clone().or_else(|| environment.state_dir());
    let folder = folder.ok_or_else(|| {
        Failure::configuration("there is no home folder to keep the gateway's state in")
            .next("give one with --state-dir")
    })?;
    // What is answered and recorded is read in other folders.
    Ok(std::path::absolute(folder)?)
}

/// A state folder that nothing can be kept in.
pub(crate) fn unusable(folder: &Path, error: &std::io::Error) -> Failure {
    Failure::configuration(format!("{} cannot be used: {error}", folder.display()))
        .next("name another folder with --state-dir")
}
