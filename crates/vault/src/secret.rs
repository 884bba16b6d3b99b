//! The type a secret travels in.
//!
//! It has no `Debug`, `Display` or `Serialize`, so that it cannot reach a log, an error or the page by
//! being part of something larger. Its memory is wiped when it is dropped.

use zeroize::Zeroizing;

/// A token, password, passphrase or private key.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(value: impl Into<String>) -> Self {
        Self(Zeroizing::new(value.into()))
    }

    /// The value in the clear. Keep the borrow short and copy it into nothing that can be printed.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether both hold the same value. Takes as long for a near miss as for a far one.
    pub fn matches(&self, other: &Self) -> bool {
        let (a, b) = (self.0.as_bytes(), other.0.as_bytes());
        a.len() == b.len() && a.iter().zip(b).fold(0, |seen, (x, y)| seen | (x ^ y)) == 0
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self::new(value)
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_matches_only_the_same_value() {
        let secret = Secret::new("pass");
        assert!(secret.matches(&Secret::new("pass")));
        for other in ["Pass", "pas", "pass ", ""] {
            assert!(
                !secret.matches(&Secret::new(other)),
                "{other:?} is another value"
            );
        }
    }
}
