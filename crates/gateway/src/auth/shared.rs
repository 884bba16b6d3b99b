//! The secret that all clients of a gateway share: a token or a password. Kept as a hash only.
//!
//! A generated token has 256 bits of randomness, which no one guesses: SHA-256 is enough to keep it. A password
//! or a token that a person chose can be guessed, so at rest it is kept by argon2; while the gateway runs, the
//! one that was proven right once is recognised by SHA-256 with a key of this process, so that a reconnect
//! does not take a tenth of a second.

use ipnet::IpNet;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Compares what was presented with what is expected, in the same time for every wrong guess of a length.
#[derive(Clone)]
pub struct SharedSecret {
    digest: [u8; 32],
}

impl SharedSecret {
    /// From the secret itself, which is not kept.
    pub fn of(text: &str) -> Self {
        Self {
            digest: Sha256::digest(text.trim().as_bytes()).into(),
        }
    }

    /// Whether this is the secret. Hashing first makes the comparison independent of where a guess goes wrong,
    /// and of its length.
    pub fn matches(&self, presented: &str) -> bool {
        let other: [u8; 32] = Sha256::digest(presented.trim().as_bytes()).into();
        self.digest.ct_eq(&other).into()
    }
}

/// How this gateway authenticates. No `Debug`: it holds the hash of a secret.
#[derive(Clone)]
pub enum AuthSettings {
    /// Anyone from this machine. Refused on any other address.
    None,
    Token(SharedSecret),
    Password(SharedSecret),
    /// A proxy in front has authenticated the person.
    TrustedProxy {
        proxies: Vec<IpNet>,
    },
}
