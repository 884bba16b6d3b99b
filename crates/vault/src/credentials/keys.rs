//! Keys of the envelope: the master key, and how its id and it are made.

use chacha20poly1305::aead::Generate;
use zeroize::Zeroizing;

use crate::Secret;

/// Bytes of a key of XChaCha20-Poly1305.
pub(super) const KEY: usize = 32;

/// The key that wraps data keys. Wiped when it is dropped.
pub struct MasterKey(Zeroizing<[u8; KEY]>);

impl MasterKey {
    pub(super) fn generate() -> Self {
        Self(Zeroizing::new(<[u8; KEY]>::generate()))
    }

    pub(super) fn bytes(&self) -> &[u8; KEY] {
        &self.0
    }

    /// As a shelf keeps it: 64 hexadecimal digits.
    pub(super) fn to_text(&self) -> Secret {
        let mut text = String::with_capacity(2 * KEY);
        for byte in self.0.iter() {
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from_digit(digit.into(), 16).unwrap_or_default());
            }
        }
        Secret::new(text)
    }

    pub(super) fn from_text(text: &Secret) -> Option<Self> {
        let digits = text.expose().as_bytes();
        if digits.len() != 2 * KEY {
            return None;
        }
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let mut bytes = Zeroizing::new([0; KEY]);
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let value = digit(pair[0])? * 16 + digit(pair[1])?;
            *byte = u8::try_from(value).ok()?;
        }
        Some(Self(bytes))
    }
}

/// 128 random bits in hexadecimal digits, for the ids of keys, credentials and the set of rows.
pub(super) fn new_id() -> String {
    let bytes = <[u8; 16]>::generate();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
