//! What the analysis may know of this machine: folders, ports, and files that decide what runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gatehouse_policy::{Taint, World, WorldFiles};

/// The largest text that is read for an analysis. A manifest or a script that is larger is not known.
const LARGEST: u64 = 256 * 1024;

/// What does not change while the gateway runs.
#[derive(Clone)]
pub struct Surroundings(Arc<Facts>);

struct Facts {
    home: String,
    user: String,
    tmp: Vec<String>,
    protected: Vec<String>,
    own_ports: Vec<u16>,
}

impl Surroundings {
    /// `protected` are the gateway's own places, `own_ports` its ports.
    pub fn new(home: Option<&Path>, protected: &[PathBuf], own_ports: Vec<u16>) -> Self {
        let tmp = [std::env::temp_dir(), "/tmp".into(), "/var/tmp".into()];
        let mut tmp: Vec<String> = tmp.iter().map(|path| plain(path)).collect();
        tmp.sort();
        tmp.dedup();
        let user = std::env::var("USER").or_else(|_| std::env::var("USERNAME"));
        Self(Arc::new(Facts {
            home: home.map(plain).unwrap_or_default(),
            user: user.unwrap_or_default(),
            tmp,
            protected: protected.iter().map(|path| plain(path)).collect(),
            own_ports,
        }))
    }

    pub(super) fn home(&self) -> &str {
        &self.0.home
    }

    /// The world of one command.
    pub(super) fn world<'a>(
        &self,
        cwd: &Path,
        workspace: &Path,
        taint: Taint,
        files: &'a dyn WorldFiles,
    ) -> World<'a> {
        let facts = &self.0;
        World {
            dialect: gatehouse_policy::Dialect::Posix,
            cwd: plain(cwd),
            workspace: plain(workspace),
            home: facts.home.clone(),
            user: facts.user.clone(),
            tmp: facts.tmp.clone(),
            variables: std::collections::BTreeMap::new(),
            protected: facts.protected.clone(),
            own_ports: facts.own_ports.clone(),
            ignore_case: cfg!(any(target_os = "macos", windows)),
            taint,
            files,
        }
    }
}

fn plain(path: &Path) -> String {
    let text = path.to_string_lossy();
    if cfg!(windows) {
        text.replace('\\', "/")
    } else {
        text.into_owned()
    }
}

/// The files of this machine.
pub(super) struct DiskFiles;

impl WorldFiles for DiskFiles {
    fn resolve(&self, path: &str) -> Option<String> {
        let path = Path::new(path);
        // The part that is there, resolved; the rest as it is.
        let there = path.ancestors().find_map(|part| {
            let resolved = part.canonicalize().ok()?;
            Some((part, resolved))
        });
        let (part, resolved) = there?;
        let rest = path.strip_prefix(part).ok()?;
        let whole = if rest.as_os_str().is_empty() {
            resolved
        } else {
            resolved.join(rest)
        };
        Some(plain(&whole))
    }

    fn text(&self, path: &str) -> Option<String> {
        let metadata = std::fs::metadata(path).ok()?;
        if !metadata.is_file() || metadata.len() > LARGEST {
            return None;
        }
        std::fs::read_to_string(path).ok()
    }

    fn is_dir(&self, path: &str) -> Option<bool> {
        Some(std::fs::metadata(path).ok()?.is_dir())
    }
}
