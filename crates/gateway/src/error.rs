//! Why a gateway could not start, or could not stay.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::config::ConfigError;

/// A start that failed, in the words of what went wrong first.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration cannot be used. Every mistake is in it, with its path.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The combination of options is refused for safety: without authentication beyond this machine, for example.
    #[error("{0}")]
    Unsafe(String),
    #[error("cannot listen on {address}: {source}")]
    Bind {
        address: SocketAddr,
        #[source]
        source: std::io::Error,
    },
    #[error("{what}: {source}")]
    State {
        what: String,
        #[source]
        source: std::io::Error,
    },
    #[error(
        "another gateway works in {}{} already: stop it, add it by its address, or choose another state folder",
        folder.display(),
        process.map(|id| format!(" (process {id})")).unwrap_or_default()
    )]
    StateInUse {
        folder: PathBuf,
        process: Option<u32>,
    },
    #[error("TLS: {0}")]
    Tls(String),
    /// The randomness of the system is not to be had; nothing secret can be made without it.
    #[error("no randomness: {0}")]
    Randomness(String),
    #[error("the store: {0}")]
    Store(String),
}

impl StartError {
    /// The status that a command ends with: 78 for what has to be set right first, the state folder too
    /// (`EX_CONFIG` of sysexits.h), 1 for the rest.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) | Self::Unsafe(_) | Self::Tls(_) | Self::State { .. } => 78,
            _ => 1,
        }
    }
}
