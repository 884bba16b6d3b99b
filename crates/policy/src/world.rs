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
    /// The paths that a pattern of the shell matches, in their order and as the pattern leads to them; none where that
    /// is not known, or there are too many.
    fn matching(&self, pattern: &str) -> Option<Vec<String>>;
}

/// What a session did before that matters for what it does next.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taint {
    /// It read what authenticates someone; the paths.
    pub secrets: BTreeSet<String>,
    /// Files that it wrote.
    pub written: BTreeSet<String>,
    /// Files that came from the network or were decoded.
    pub fetched: BTreeSet<String>,
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

    fn matching(&self, _: &str) -> Option<Vec<String>> {
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
