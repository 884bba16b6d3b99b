//! What is wrong with a configuration: every mistake, with its path and what was perhaps meant.

use std::path::PathBuf;

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read {}: {source}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("cannot write {}: {source}", path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{} is not JSON5: {message}", path.display())]
    Syntax { path: PathBuf, message: String },
    /// It had settings, and has become empty or is gone while they were in force.
    #[error("{} is empty or gone; write {{}} to go without settings", path.display())]
    Emptied { path: PathBuf },
    #[error("{}", listed(.0))]
    Mistakes(Vec<Mistake>),
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}{}", hint(.suggestion))]
pub struct Mistake {
    /// Dotted, as `gateway.auth.mode`.
    pub path: String,
    pub problem: String,
    /// A name that exists and looks like the one that does not.
    pub suggestion: Option<String>,
}

fn hint(suggestion: &Option<String>) -> String {
    suggestion
        .as_ref()
        .map(|name| format!(" (did you mean \"{name}\"?)"))
        .unwrap_or_default()
}

fn listed(mistakes: &[Mistake]) -> String {
    let lines: Vec<String> = mistakes.iter().map(Mistake::to_string).collect();
    lines.join("\n")
}
