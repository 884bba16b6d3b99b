//! Why a credential could not be kept or used. No variant carries a value.

use crate::VaultError;

use super::{LONGEST_SECRET, RowsError, SHORTEST_SECRET};

/// What can go wrong with credentials.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    #[error(
        "a name begins with a letter and has letters, digits, `_` and `-` after it, 128 characters at most"
    )]
    BadName,
    #[error("a type is api_key, oauth_token, password, certificate, ssh_key or service_account")]
    BadKind,
    #[error("a secret has {SHORTEST_SECRET} to {LONGEST_SECRET} bytes; this has {length}")]
    BadLength { length: usize },
    #[error("a secret cannot hold a NUL character")]
    NulInSecret,
    #[error("{0:?} names no host or tool that a credential can be bound to")]
    BadBound(String),
    #[error("a limit on uses is at least 1")]
    BadLimit,
    #[error("that time has passed")]
    InThePast,
    /// It ends at this time, in milliseconds since 1970.
    #[error(
        "it ends sooner already, and an end can only be brought nearer; set it anew to keep it longer"
    )]
    LaterEnd { end: i64 },
    #[error("there is no credential {0}")]
    Unknown(String),
    /// Another change came in between, twice.
    #[error("the credential was changed at the same time; look at it and try again")]
    Conflict,
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Row and seal do not fit: altered, moved, or given other limits.
    #[error("the credential {0} was altered where it is kept, so it is not used")]
    Altered(String),
    #[error("this gateway was given no place for the master key of credentials")]
    NoShelf,
    #[error("the master key of the credentials is not where it was kept")]
    KeyMissing,
    #[error("the master key does not fit these credentials")]
    WrongKey,
    #[error("a former master key could not be taken from where it is kept; that comes first")]
    KeyLeft,
    /// A key that is gone with the process would make every credential unreadable.
    #[error("secrets are kept in memory only here, and credentials would be lost with them")]
    NothingLasts,
    #[error("the key file {path}: {problem}")]
    KeyFile {
        path: std::path::PathBuf,
        problem: &'static str,
    },
    #[error(transparent)]
    Shelf(#[from] VaultError),
    #[error(transparent)]
    Rows(#[from] RowsError),
}

/// Why a credential may not be used now, or there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no credential {0}")]
    Unknown(String),
    #[error("the credential {0} has expired")]
    Expired(String),
    #[error("the credential {0} is used up")]
    UsedUp(String),
    #[error("the credential {name} is not bound to {to}")]
    NotBound { name: String, to: String },
}

impl Refusal {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "unknown",
            Self::Expired(_) => "expired",
            Self::UsedUp(_) => "used-up",
            Self::NotBound { .. } => "not-bound",
        }
    }
}
