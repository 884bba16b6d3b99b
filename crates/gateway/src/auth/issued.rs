//! Tokens that this gateway gives to devices. Only their hash is kept (`token`).
//!
//! A client that comes with the shared secret gets its device token with every hello, the same one each time:
//! it is derived from that secret, which is at hand just then, and from a random salt beside the device's
//! record. Neither the secret nor the salt alone makes it, and a new salt ends it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatehouse_protocol::Secret;
use sha2::{Digest, Sha256};

/// A token on its way to its device.
#[derive(Clone)]
pub struct IssuedToken {
    pub token: Secret,
    pub role: String,
    pub scopes: Vec<String>,
    pub issued_at_ms: u64,
}

/// The token of one device in one role.
pub(super) fn derive(secret: &str, salt: &str, device: &str, role: &str) -> Option<Secret> {
    let mut hasher = Sha256::new();
    for part in ["gatehouse device token", secret.trim(), salt, device, role] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    // Hashed twice, so that the first hash cannot be continued.
    let token = Sha256::digest(hasher.finalize());
    Secret::new(URL_SAFE_NO_PAD.encode(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_the_same_again_and_differs_with_every_part() {
        let make = |parts: [&str; 4]| {
            let token = derive(parts[0], parts[1], parts[2], parts[3]).unwrap();
            token.expose().to_owned()
        };
        let token = make(["secret", "salt", "device", "operator"]);
        assert_eq!(token, make(["secret", "salt", "device", "operator"]));
        assert_eq!(token.len(), 43);
        for other in [
            ["secre", "tsalt", "device", "operator"],
            ["secret", "salt2", "device", "operator"],
            ["secret", "salt", "device2", "operator"],
            ["secret", "salt", "device", "node"],
        ] {
            assert_ne!(token, make(other));
        }
    }
}
