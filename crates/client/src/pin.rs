//! The fingerprint of a certificate that a person decided to trust.

use sha2::{Digest, Sha256};

/// SHA-256 of a leaf certificate (DER). With it, a self-signed certificate is as good as any.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CertificatePin([u8; 32]);

/// Not a SHA-256 fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint is 64 hexadecimal digits, with or without colons")]
pub struct PinError;

impl CertificatePin {
    /// Reads `sha256:AB:CD:…`, `AB:CD:…` or `abcd…`.
    pub fn parse(text: &str) -> Result<Self, PinError> {
        let text = text.trim();
        let text = match text.get(..7) {
            Some(label) if label.eq_ignore_ascii_case("sha256:") => &text[7..],
            _ => text,
        };
        let digits: Vec<u8> = match text.len() {
            64 => text.bytes().collect(),
            95 if text.split(':').all(|pair| pair.len() == 2) => {
                text.bytes().filter(|byte| *byte != b':').collect()
            }
            _ => return Err(PinError),
        };
        let mut pin = [0; 32];
        for (byte, pair) in pin.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Self(pin))
    }

    /// The fingerprint of a certificate in DER.
    pub fn of_certificate(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }
}

fn digit(byte: u8) -> Result<u8, PinError> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
        .ok_or(PinError)
}

impl std::fmt::Display for CertificatePin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ":" };
            write!(f, "{separator}{byte:02X}")?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for CertificatePin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CertificatePin({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_spelling_is_the_same_pin() {
        let pin = CertificatePin::of_certificate(b"certificate");
        let colons = pin.to_string();
        let bare = colons.replace(':', "").to_lowercase();
        assert_eq!(CertificatePin::parse(&colons), Ok(pin));
        assert_eq!(CertificatePin::parse(&bare), Ok(pin));
        assert_eq!(CertificatePin::parse(&format!("sha256:{colons}")), Ok(pin));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "sha256:", "abc", &"g".repeat(64), &"é".repeat(32)] {
            assert_eq!(CertificatePin::parse(text), Err(PinError), "{text}");
        }
    }
}
