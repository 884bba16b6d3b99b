//! Tokens that nobody chose: how every one of them is made, and what is kept of one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::hex::hex;

/// 256 random bits as text.
///
/// # Errors
/// Where the system gives no randomness.
pub fn random_token() -> Result<String, getrandom::Error> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    getrandom::fill(bytes.as_mut_slice())?;
    Ok(URL_SAFE_NO_PAD.encode(bytes.as_slice()))
}

/// What is kept of a token. It has 256 bits that nobody chose, so a plain hash is enough.
pub fn token_hash(token: &str) -> String {
    hex(digest(token))
}

/// As [`token_hash`], in bytes.
pub(super) fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.trim().as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_tokens_are_the_same() {
        let (one, other) = (random_token().unwrap(), random_token().unwrap());
        assert_eq!(one.len(), 43, "256 bits");
        assert_ne!(one, other);
        assert_ne!(token_hash(&one), token_hash(&other));
    }
}
