//! What can go wrong with keeping a secret. No variant carries a secret or bytes out of a store.

use std::path::PathBuf;
use std::time::Duration;

use crate::ChoiceReason;

/// Why a secret could not be kept, read or forgotten.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("a secret's name has an empty part or a character that is not printable ASCII")]
    BadKey,
    #[error("no place for secrets is ready: {}", .0.words())]
    ChoiceNeeded(ChoiceReason),
    #[error("the keychain is locked")]
    KeychainLocked,
    #[error("the keychain did not answer within {0:?}")]
    KeychainTimedOut(Duration),
    /// The text is the keychain's own and names the failed step. It holds nothing that was stored.
    #[error("the keychain failed: {0}")]
    KeychainFailed(String),
    #[error("the encrypted file waits for its passphrase")]
    PassphraseNeeded,
    #[error("the passphrase does not open the encrypted file")]
    WrongPassphrase,
    #[error("a passphrase needs at least {min} characters")]
    PassphraseTooShort { min: usize },
    #[error("the encrypted file {path} is damaged: {damage}")]
    FileDamaged { path: PathBuf, damage: Damage },
    #[error("could not {action} {path}")]
    File {
        action: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// The work was ended from outside: the application is shutting down, or it panicked.
    #[error("the work was interrupted: {0}")]
    Interrupted(String),
    #[error("a secret read back from its new place was not what had been written; the old is kept")]
    MoveNotVerified,
}

/// What is wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    #[error("it cannot be read as one of our files")]
    Unreadable,
    #[error("it was written by a later version")]
    LaterVersion,
    #[error("its checksum does not fit")]
    Checksum,
    #[error("its parameters are outside of what this version writes")]
    Parameters,
    #[error("an entry was altered, moved, added or taken out")]
    Entry,
}
