//! What a credential is called, what kind it is of, and how long its secret may be.

use std::fmt;

use crate::Secret;

use super::CredentialError;

/// The longest name, in characters.
const LONGEST_NAME: usize = 128;

/// The shortest secret, in bytes. What is shorter can be guessed, and cannot be told from ordinary text in output.
pub const SHORTEST_SECRET: usize = 8;

/// The longest secret, in bytes: a certificate with its chain.
pub const LONGEST_SECRET: usize = 8192;

/// A name: a letter, then letters, digits, `_` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CredentialName(String);

impl CredentialName {
    pub fn new(name: &str) -> Result<Self, CredentialError> {
        let rest = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-');
        let begins = name.bytes().next().is_some_and(|c| c.is_ascii_alphabetic());
        if begins && name.len() <= LONGEST_NAME && name.bytes().all(rest) {
            Ok(Self(name.to_owned()))
        } else {
            Err(CredentialError::BadName)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CredentialName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a credential is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CredentialKind {
    ApiKey,
    OauthToken,
    Password,
    Certificate,
    SshKey,
    ServiceAccount,
}

impl CredentialKind {
    pub const ALL: [Self; 6] = [
        Self::ApiKey,
        Self::OauthToken,
        Self::Password,
        Self::Certificate,
        Self::SshKey,
        Self::ServiceAccount,
    ];

    /// Its word, on the wire and in the rows.
    pub fn word(self) -> &'static str {
        match self {
            Self::ApiKey => "api_key",
            Self::OauthToken => "oauth_token",
            Self::Password => "password",
            Self::Certificate => "certificate",
            Self::SshKey => "ssh_key",
            Self::ServiceAccount => "service_account",
        }
    }

    pub fn from_word(word: &str) -> Result<Self, CredentialError> {
        let found = Self::ALL.into_iter().find(|kind| kind.word() == word);
        found.ok_or(CredentialError::BadKind)
    }
}

/// Whether a value may be kept: its length, and that it can be given to a process, which ends text at a NUL.
pub(super) fn check_secret(secret: &Secret) -> Result<(), CredentialError> {
    let length = secret.expose().len();
    if !(SHORTEST_SECRET..=LONGEST_SECRET).contains(&length) {
        return Err(CredentialError::BadLength { length });
    }
    if secret.expose().contains('\0') {
        return Err(CredentialError::NulInSecret);
    }
    Ok(())
}
