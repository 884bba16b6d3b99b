//! The folder of bundled plugins for a v3 gateway: see [`super::quirks::PLUGINS_FOLDER_FOR_V3`].
//!
//! Each module re-exports the published one. Links to it would be shorter, but the gateway refuses a link that
//! leads out of the folder.

use std::{fs, io, path::Path};

use crate::peers;

const PLUGIN: &str = "speech-core";

pub(super) fn lay_out(folder: &Path) -> io::Result<()> {
    let published = peers::installed(&format!("openclaw-v3/dist/extensions/{PLUGIN}"))
        .map_err(|error| io::Error::new(io::ErrorKind::NotFound, error.to_string()))?;
    let ours = folder.join(PLUGIN);
    fs::create_dir_all(&ours)?;
    for entry in fs::read_dir(published)? {
        let entry = entry?;
        let target = ours.join(entry.file_name());
        if entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "js")
        {
            fs::write(target, format!("export * from {:?};\n", entry.path()))?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
