//! What can go wrong while a peer is started or spoken to, in words that say what to do about it.
//! `Debug` prints the same words: tests unwrap, and what they show must be readable.

use std::{fmt, path::PathBuf, time::Duration};

use serde_json::Value;

#[derive(thiserror::Error)]
pub enum TestkitError {
    #[error(
        "the program `{program}` is missing: install the Debian package `{package}` (`make test` does it)"
    )]
    MissingProgram {
        program: &'static str,
        package: &'static str,
    },

    #[error("the peers are not installed: {0} is missing. Run `make peers`")]
    PeersNotInstalled(PathBuf),

    #[error("{what} was not ready after {waited:?}. The end of its log:\n{log}")]
    NotReady {
        what: String,
        waited: Duration,
        log: String,
    },

    #[error("{what} ended on its own ({status}). The end of its log:\n{log}")]
    Ended {
        what: String,
        status: String,
        log: String,
    },

    #[error("the gateway refused {method}: {code}: {message} (details: {details})")]
    Refused {
        method: String,
        code: String,
        message: String,
        /// Boxed: how large a `Value` is depends on features that other crates ask of serde_json.
        details: Box<Value>,
    },

    #[error("{what} did not happen within {waited:?}")]
    TimedOut { what: String, waited: Duration },

    #[error("{what}: {source}")]
    Io {
        what: String,
        source: std::io::Error,
    },

    #[error("{0}")]
    Other(String),
}

impl fmt::Debug for TestkitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Says what was being done when an input or output error came up.
pub(crate) trait During<T> {
    fn during(self, what: impl Into<String>) -> Result<T, TestkitError>;
}

impl<T> During<T> for std::io::Result<T> {
    fn during(self, what: impl Into<String>) -> Result<T, TestkitError> {
        self.map_err(|source| TestkitError::Io {
            what: what.into(),
            source,
        })
    }
}
