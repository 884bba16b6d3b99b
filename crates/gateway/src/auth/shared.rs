//! The secret that all clients of a gateway share: a token or a password. Kept as a hash only.
//!
//! A generated token has 256 bits of randomness, which no one guesses: SHA-256 is enough to keep it, and a
//! slow hash would only cost every connect a tenth of a second. What a person chose can be guessed, so at rest
//! it is kept by argon2; the one that was proven right is remembered, hashed with a key of this process.

use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier};
use ipnet::IpNet;
use subtle::ConstantTimeEq;

use super::IdentityRules;
use super::token::digest;
use crate::hex::hex;

/// Compares what was presented with what is expected, in the same time for every wrong guess.
#[derive(Clone)]
pub struct SharedSecret(Kind);

#[derive(Clone)]
enum Kind {
    /// SHA-256 of the secret.
    Digest([u8; 32]),
    /// A PHC string of argon2.
    Slow(String),
}

/// What marks a SHA-256 at rest.
const DIGEST_PREFIX: &str = "sha256:";

/// A hash at rest that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("neither \"sha256:\" with 64 hexadecimal digits nor a hash of argon2")]
pub struct UnreadableHash;

impl SharedSecret {
    /// From the secret itself, which is not kept. For a secret that lives only as long as this process.
    pub fn of(text: &str) -> Self {
        Self(Kind::Digest(digest(text)))
    }

    /// From a hash at rest.
    pub fn from_hash(hash: &str) -> Result<Self, UnreadableHash> {
        if let Some(hex) = hash.strip_prefix(DIGEST_PREFIX) {
            return unhex(hex)
                .map(|bytes| Self(Kind::Digest(bytes)))
                .ok_or(UnreadableHash);
        }
        match PasswordHash::new(hash) {
            Ok(_) => Ok(Self(Kind::Slow(hash.to_owned()))),
            Err(_) => Err(UnreadableHash),
        }
    }

    /// What may be kept of a secret of 256 random bits.
    pub fn hash_random(text: &str) -> String {
        format!("{DIGEST_PREFIX}{}", hex(digest(text)))
    }

    /// What may be kept of a secret that a person chose. Takes a tenth of a second on purpose.
    pub fn hash_chosen(text: &str) -> Result<String, UnreadableHash> {
        let hash = Argon2::default().hash_password(text.trim().as_bytes());
        hash.map(|hash| hash.to_string())
            .map_err(|_| UnreadableHash)
    }

    /// Whether this is the secret. Hashing first makes the comparison independent of where a guess goes wrong.
    /// May take a tenth of a second: call it off the async threads when [`Self::is_slow`].
    pub fn matches(&self, presented: &str) -> bool {
        match &self.0 {
            Kind::Digest(own) => own.ct_eq(&digest(presented)).into(),
            Kind::Slow(hash) => {
                let presented = presented.trim().as_bytes();
                let checked = Argon2::default().verify_password(presented, hash.as_str());
                checked.is_ok()
            }
        }
    }

    pub fn is_slow(&self) -> bool {
        matches!(self.0, Kind::Slow(_))
    }
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(bytes)
}

/// How this gateway authenticates. No `Debug`: it holds the hash of a secret.
#[derive(Clone)]
pub enum AuthSettings {
    /// Anyone from this machine. Refused on any other address.
    None,
    Token(SharedSecret),
    Password(SharedSecret),
    /// A proxy in front has authenticated the person; clients of this machine may use the secret.
    TrustedProxy {
        rules: IdentityRules,
        proxies: Vec<IpNet>,
        local: Option<SharedSecret>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_at_rest_recognises_its_secret_and_no_other() {
        let random = SharedSecret::from_hash(&SharedSecret::hash_random("abc")).unwrap();
        let chosen = SharedSecret::from_hash(&SharedSecret::hash_chosen("abc").unwrap()).unwrap();
        for secret in [random, chosen] {
            assert!(secret.matches("abc") && secret.matches(" abc\n"));
            assert!(!secret.matches("abd") && !secret.matches(""));
        }
    }

    #[test]
    fn nonsense_is_no_hash() {
        for text in [
            "",
            "sha256:",
            "sha256:zz",
            "abc",
            &format!("sha256:{}", "é".repeat(32)),
        ] {
            assert!(SharedSecret::from_hash(text).is_err(), "{text}");
        }
    }
}
