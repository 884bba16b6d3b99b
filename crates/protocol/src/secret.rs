//! A text that must not leak: no `Debug`, no `Display`, no `Serialize`, wiped when dropped.
//! Where it is kept is not decided here; that is the vault's business.

use zeroize::{Zeroize, ZeroizeOnDrop};

/// A token or password. The only ways to its text are [`Secret::expose`] and the connect frame.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret, trimmed as gateways trim it; `None` when nothing is left.
    pub fn new(text: impl Into<String>) -> Option<Self> {
        let mut raw: String = text.into();
        let trimmed = raw.trim().to_owned();
        raw.zeroize();
        if trimmed.is_empty() {
            None
        } else {
            Some(Self(trimmed))
        }
    }

    /// The text itself. Every call is a place where it can leak.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether two secrets are the same.
    pub fn same_as(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    pub(crate) fn to_wire<S: serde::Serializer>(
        secret: &Option<Self>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match secret {
            Some(secret) => serializer.serialize_str(&secret.0),
            None => serializer.serialize_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_secret_is_no_secret() {
        assert!(Secret::new("  \n").is_none());
        assert_eq!(Secret::new(" abc\n").unwrap().expose(), "abc");
    }
}
