//! The machine as the analysis of a command may know it: folders, and what files say, read where they are asked for.
//! Nothing is written and nothing is kept; what was read is looked at again before anything runs.

mod seen;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use gatehouse_policy::place::matches;
use gatehouse_policy::{Dialect, Entry, Extent, Listing, Taint, World, WorldFiles};

use crate::config::Env;

pub(crate) use self::seen::hash_of;
pub use self::seen::{Seen, SeenFiles};

/// The largest script or manifest that is read, in bytes. A larger one counts as not known.
const MAX_TEXT: u64 = 256 * 1024;
/// The most links and folders of one path that are looked at; the systems themselves stop at forty links.
const MAX_PARTS: usize = 256;
/// The most names that are looked at for one pattern, and the most paths that it may match to be told one by one.
const MAX_NAMES: usize = 4_096;
const MAX_MATCHES: usize = 256;

/// What holds for all commands on this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    pub home: String,
    pub user: String,
    /// Folders for what is temporary.
    pub tmp: Vec<String>,
    /// The gateway's own state, policy and sockets.
    pub protected: Vec<String>,
    /// Ports of this machine that belong to gateways of ours.
    pub own_ports: Vec<u16>,
    /// Where a command looks for the programs that it names without a path.
    pub search: Vec<PathBuf>,
}

impl Surroundings {
    /// Taken from the variables of a process. What is protected is known to the caller.
    pub fn of(env: &Env) -> Self {
        let get = |names: &[&str]| {
            let found = names
                .iter()
                .find_map(|name| env.get(*name).filter(|value| !value.is_empty()));
            found.cloned().unwrap_or_default()
        };
        let own = get(&["TMPDIR", "TEMP", "TMP"]);
        let mut tmp: Vec<_> = [own.as_str(), "/tmp", "/var/tmp"]
            .into_iter()
            .filter(|folder| Path::new(folder).is_absolute())
            .map(|folder| slashes(Path::new(folder)))
            .collect();
        tmp.dedup();
        Self {
            home: slashes(Path::new(&get(&["HOME", "USERPROFILE"]))),
            user: get(&["USER", "LOGNAME", "USERNAME"]),
            tmp,
            protected: Vec::new(),
            own_ports: Vec::new(),
            search: std::env::split_paths(&get(&["PATH"])).collect(),
        }
    }

    /// The world that a command would run in. `cwd` and `workspace` are absolute.
    pub fn world(
        &self,
        dialect: Dialect,
        cwd: &Path,
        workspace: &Path,
        taint: &Taint,
    ) -> World<'static> {
        World {
            dialect,
            cwd: slashes(cwd),
            workspace: slashes(workspace),
            home: self.home.clone(),
            user: self.user.clone(),
            tmp: self.tmp.clone(),
            // A command gets a clean environment, so that no other variable has a value that is known.
            variables: BTreeMap::new(),
            protected: self.protected.clone(),
            own_ports: self.own_ports.clone(),
            ignore_case: cfg!(any(windows, target_os = "macos")),
            taint: taint.clone(),
            files: &MachineFiles,
        }
    }
}

/// The files of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct MachineFiles;

impl WorldFiles for MachineFiles {
    /// What exists of the path is resolved, the rest is added as it is. None where something on the way cannot be
    /// looked at.
    fn resolve(&self, path: &str) -> Option<String> {
        let path = Path::new(path);
        let mut rest = Vec::new();
        for folder in path.ancestors().take(MAX_PARTS) {
            match folder.canonicalize() {
                Ok(found) => {
                    let whole = rest
                        .iter()
                        .rev()
                        .fold(found, |whole: PathBuf, part| whole.join(part));
                    return Some(slashes(&whole));
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    // A link whose target is not there leads somewhere all the same.
                    if folder.is_symlink() {
                        return dangling(folder, &rest);
                    }
                    rest.push(folder.file_name()?);
                }
                Err(_) => return None,
            }
        }
        None
    }

    fn text(&self, path: &str) -> Option<String> {
        // Opening a pipe waits for its other end, so that it is looked at before; whoever swaps it holds up itself.
        let about = std::fs::metadata(path).ok()?;
        if !about.is_file() || about.len() > MAX_TEXT {
            return None;
        }
        let mut text = String::new();
        let mut file = File::open(path).ok()?.take(MAX_TEXT + 1);
        let length = file.read_to_string(&mut text).ok()?;
        (length as u64 <= MAX_TEXT).then_some(text)
    }

    fn is_dir(&self, path: &str) -> Option<bool> {
        match std::fs::metadata(path) {
            Ok(about) => Some(about.is_dir()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some(false),
            Err(_) => None,
        }
    }

    fn list(&self, folder: &str, most: usize) -> Listing {
        use std::io::ErrorKind::{NotADirectory, NotFound};
        match std::fs::read_dir(folder) {
            Ok(entries) => listing(entries, most),
            Err(error) if matches!(error.kind(), NotFound | NotADirectory) => Listing {
                entries: Vec::new(),
                extent: Extent::Whole,
            },
            Err(_) => Listing::default(),
        }
    }

    fn matching(&self, pattern: &str) -> Option<Vec<String>> {
        let mut found = vec![String::new()];
        let mut names = 0;
        for part in pattern.split('/').skip(1) {
            let mut next = Vec::new();
            for folder in &found {
                if !part.contains(['*', '?', '[', '\\']) {
                    next.extend(existing(format!("{folder}/{part}")));
                    continue;
                }
                let Ok(entries) = std::fs::read_dir(format!("{folder}/")) else {
                    continue;
                };
                for entry in entries.flatten() {
                    names += 1;
                    if names > MAX_NAMES || next.len() >= MAX_MATCHES {
                        return None;
                    }
                    let name = entry.file_name().to_string_lossy().into_owned();
                    if matches(part, &name) {
                        next.push(format!("{folder}/{name}"));
                    }
                }
            }
            found = next;
        }
        found.sort_unstable();
        Some(found)
    }

    /// By when the file system last noted a change, which nobody who unpacks an archive can set.
    #[cfg(unix)]
    fn changed_since(&self, path: &str, time: i64) -> bool {
        use std::os::unix::fs::MetadataExt;
        let Ok(about) = std::fs::metadata(path) else {
            return true;
        };
        let millis = about.ctime().saturating_mul(1_000) + about.ctime_nsec() / 1_000_000;
        // File systems round down, by two seconds at the most.
        millis.saturating_add(2_000) >= time
    }
}

fn listing(mut entries: std::fs::ReadDir, most: usize) -> Listing {
    let mut listing = Listing {
        entries: Vec::new(),
        extent: Extent::Whole,
    };
    for entry in entries.by_ref().take(most) {
        let Some(entry) = entry.ok().and_then(|entry| {
            let kind = entry.file_type().ok()?;
            Some(Entry {
                name: entry.file_name().into_string().ok()?,
                link: kind.is_symlink(),
                folder: kind.is_dir(),
            })
        }) else {
            // A name that is no text cannot be told of.
            listing.extent = Extent::Unknown;
            continue;
        };
        listing.entries.push(entry);
    }
    if entries.next().is_some() {
        listing.extent = Extent::TooMuch;
    }
    listing
}

/// The path, if anything is there, be it a link that leads nowhere.
fn existing(path: String) -> Option<String> {
    std::fs::symlink_metadata(&path).is_ok().then_some(path)
}

/// Where a link leads whose target does not exist, one step of it.
fn dangling(link: &Path, rest: &[&std::ffi::OsStr]) -> Option<String> {
    let target = std::fs::read_link(link).ok()?;
    let folder = link.parent()?.canonicalize().ok()?;
    let whole = rest
        .iter()
        .rev()
        .fold(folder.join(target), |whole, part| whole.join(part));
    Some(slashes(&whole))
}

/// With `/`, and on Windows without the prefix of its long paths.
fn slashes(path: &Path) -> String {
    let text = path.to_string_lossy();
    if cfg!(windows) {
        return text.trim_start_matches(r"\\?\").replace('\\', "/");
    }
    text.into_owned()
}

#[cfg(test)]
mod tests;
