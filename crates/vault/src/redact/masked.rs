//! A secret that is kept for long, so that it does not lie in memory as it is.
//!
//! Not encryption: the mask lies beside it. It keeps the value out of a core dump that is searched for it, out of
//! a swapped page that is looked at, and out of the hands of `strings`.

use chacha20poly1305::aead::Generate;
use zeroize::Zeroizing;

use crate::Secret;

/// A secret under a mask of its own length.
pub(super) struct Masked {
    mask: Zeroizing<Vec<u8>>,
    under: Zeroizing<Vec<u8>>,
}

impl Masked {
    pub(super) fn new(secret: &Secret) -> Self {
        let value = secret.expose().as_bytes();
        let mut mask = Zeroizing::new(Vec::with_capacity(value.len() + BLOCK));
        while mask.len() < value.len() {
            mask.extend_from_slice(&<[u8; BLOCK]>::generate());
        }
        let mut under = Zeroizing::new(Vec::with_capacity(value.len()));
        under.extend(
            value
                .iter()
                .zip(mask.iter())
                .map(|(byte, mask)| byte ^ mask),
        );
        Self { mask, under }
    }

    /// Whether it is this one. Takes as long for a near miss as for a far one.
    pub(super) fn matches(&self, secret: &Secret) -> bool {
        let value = secret.expose().as_bytes();
        let masked = self.under.iter().zip(self.mask.iter()).map(|(a, b)| a ^ b);
        value.len() == self.under.len()
            && masked.zip(value).fold(0, |seen, (a, b)| seen | (a ^ b)) == 0
    }

    /// The value, for as long as the borrow is needed.
    pub(super) fn reveal(&self) -> Secret {
        let mut value = String::with_capacity(self.under.len());
        let bytes = self.under.iter().zip(self.mask.iter()).map(|(a, b)| a ^ b);
        let mut clear = Zeroizing::new(Vec::with_capacity(self.under.len()));
        clear.extend(bytes);
        value.push_str(std::str::from_utf8(&clear).unwrap_or_default());
        Secret::new(value)
    }
}

/// Bytes of the mask that are asked of the system at once.
const BLOCK: usize = 32;
