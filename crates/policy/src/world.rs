//! What is known of the machine and of the session, passed in by the caller.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Which shell reads the command.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Dialect {
    #[default]
    Posix,
    PowerShell,
    Cmd,
}

/// The machine, as far as the analysis may know it. Paths are absolute and use `/`.
#[derive(Clone)]
pub struct World<'a> {
    pub dialect: Dialect,
    pub cwd: String,
    /// The agent's workspace; what lies below it is the agent's to change.
    pub workspace: String,
    pub home: String,
    pub user: String,
    /// Folders for what is temporary.
    pub tmp: Vec<String>,
    /// Variables whose value is known. `HOME`, `PWD`, `USER` and `TMPDIR` need not be named.
    pub variables: BTreeMap<String, String>,
    /// Beside the built-in list: the gateway's own state, policy and sockets.
    pub protected: Vec<String>,
    /// Ports of this machine that belong to gateways of ours.
    pub own_ports: Vec<u16>,
    pub ignore_case: bool,
    pub taint: Taint,
    pub files: &'a dyn WorldFiles,
}

/// What the analysis may ask about files. Each question is a step of the budget.
pub trait WorldFiles {
    /// The path with links resolved as far as it exists; none where that is not known.
    fn resolve(&self, path: &str) -> Option<String>;
    /// The text of a small file that decides what runs: `package.json`, a `Makefile`, a script.
    fn text(&self, path: &str) -> Option<String>;
    /// Whether the path names a folder; none where that is not known.
    fn is_dir(&self, path: &str) -> Option<bool>;
    /// What lies in a folder, at most so many names; a link to a folder is followed.
    fn list(&self, _folder: &str, _most: usize) -> Listing {
        Listing::default()
    }
    /// The paths that a pattern of the shell matches, in their order and as the pattern leads to them; none where that
    /// is not known, or there are too many.
    fn matching(&self, _pattern: &str) -> Option<Vec<String>> {
        None
    }
    /// Whether a file may have been made or changed since a time, in milliseconds since the Unix epoch.
    fn changed_since(&self, _path: &str, _time: i64) -> bool {
        true
    }
}

/// What lies in a folder, as far as that is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    pub entries: Vec<Entry>,
    pub extent: Extent,
}

/// One name in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    pub link: bool,
    /// Whether it is a folder itself; a link to one is none.
    pub folder: bool,
}

/// How much of a folder is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// All of it; nothing where there is no such folder.
    Whole,
    /// There may be more.
    #[default]
    Unknown,
    /// There is more than was asked for.
    TooMuch,
}

/// What was done before that matters for what a session does next.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taint {
    /// It read what authenticates someone; the paths.
    pub secrets: BTreeSet<String>,
    /// Files that it, or another session, wrote.
    pub written: BTreeSet<String>,
    /// Files that came from the network or were decoded.
    pub fetched: BTreeSet<String>,
    /// Files that hold what was read of a secret.
    pub carrying: BTreeSet<String>,
    /// Files that were written and whose names nobody said, by how their paths begin: what an archive held, the pieces
    /// of a file.
    pub below: BTreeMap<String, Below>,
}

impl Taint {
    /// Adds what was done beside it.
    pub fn join(&mut self, other: &Self) {
        self.secrets.extend(other.secrets.iter().cloned());
        self.written.extend(other.written.iter().cloned());
        self.fetched.extend(other.fetched.iter().cloned());
        self.carrying.extend(other.carrying.iter().cloned());
        for (begin, below) in &other.below {
            self.lies_below(begin, *below);
        }
    }

    pub(crate) fn lies_below(&mut self, begin: &str, below: Below) {
        let kept = self.below.entry(begin.to_owned()).or_insert(below);
        kept.fetched |= below.fetched;
        kept.since = match (kept.since, below.since) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
}

/// How files came to lie where their paths begin alike.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Below {
    /// They came from the network or were decoded.
    pub fetched: bool,
    /// From when on, in milliseconds since the Unix epoch; what is older lay there before. None for what is still to
    /// happen.
    pub since: Option<i64>,
}

/// Knows nothing of any file.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFiles;

impl WorldFiles for NoFiles {
    fn resolve(&self, _: &str) -> Option<String> {
        None
    }

    fn text(&self, _: &str) -> Option<String> {
        None
    }

    fn is_dir(&self, _: &str) -> Option<bool> {
        None
    }
}

impl fmt::Debug for World<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World")
            .field("dialect", &self.dialect)
            .field("cwd", &self.cwd)
            .field("workspace", &self.workspace)
            .finish_non_exhaustive()
    }
}
