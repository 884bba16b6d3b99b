//! Temporary folders that are cleared away even when a test process ends without dropping anything, as one
//! does that keeps its peers in a `static`.

use std::{fs, path::Path};

use tempfile::TempDir;

use crate::error::{During, TestkitError};

/// A folder named after its kind and this process. Folders of that kind whose process is gone are removed.
pub(crate) fn folder(kind: &str) -> Result<TempDir, TestkitError> {
    let prefix = format!("gatehouse-{kind}-");
    sweep(&prefix);
    let own = format!("{prefix}{}-", std::process::id());
    tempfile::Builder::new()
        .prefix(&own)
        .tempdir()
        .during("make a temporary folder")
}

fn sweep(prefix: &str) {
    let Ok(entries) = fs::read_dir(std::env::temp_dir()) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let owner = name
            .to_str()
            .and_then(|name| name.strip_prefix(prefix)?.split('-').next());
        let dead = owner
            .and_then(|id| id.parse::<u32>().ok())
            .is_some_and(|id| !is_alive(id));
        if dead {
            // Another test may be sweeping too.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn is_alive(process: u32) -> bool {
    Path::new("/proc").join(process.to_string()).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_a_process_that_is_gone_is_swept_away() {
        // Larger than any process id of Linux.
        let left = std::env::temp_dir().join("gatehouse-swept-4194999-abc");
        fs::create_dir_all(left.join("inside")).unwrap();
        let ours = folder("swept").unwrap();
        assert!(!left.exists());
        assert!(
            folder("swept").is_ok() && ours.path().exists(),
            "one's own stay"
        );
    }
}
