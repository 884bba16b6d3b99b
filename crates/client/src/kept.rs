//! The device's key and token as they lie in a vault, the same for everything that keeps them. Which vault, and under
//! what name, is its keeper's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatehouse_protocol::{DeviceKey, DeviceToken, Secret};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::CredentialError;

/// A new device key, and the text that it is kept as.
pub fn new_device_key() -> Result<(DeviceKey, Zeroizing<String>), CredentialError> {
    let mut seed = Zeroizing::new([0_u8; 32]);
    getrandom::fill(&mut *seed).map_err(|e| CredentialError::Unavailable(e.to_string()))?;
    let text = Zeroizing::new(STANDARD.encode(*seed));
    Ok((DeviceKey::from_seed(*seed), text))
}

/// A key that cannot be read is not replaced: with another one every gateway would ask for a new pairing.
pub fn read_device_key(text: &str) -> Result<DeviceKey, CredentialError> {
    let damaged = || CredentialError::Unavailable("the device key is damaged".to_owned());
    let bytes = Zeroizing::new(STANDARD.decode(text).map_err(|_| damaged())?);
    let seed: [u8; 32] = bytes.as_slice().try_into().map_err(|_| damaged())?;
    let seed = Zeroizing::new(seed);
    Ok(DeviceKey::from_seed(*seed))
}

/// A device token as it lies in the vault. It exists only while it is written.
#[derive(Serialize)]
struct KeptToken<'a> {
    token: &'a str,
    role: &'a str,
    scopes: &'a [String],
    issued_at_ms: Option<u64>,
}

#[derive(Deserialize)]
struct ReadToken {
    token: String,
    role: String,
    scopes: Vec<String>,
    issued_at_ms: Option<u64>,
}

/// The text that a device token is kept as.
pub fn device_token_text(token: &DeviceToken) -> Result<Zeroizing<String>, CredentialError> {
    let kept = KeptToken {
        token: token.token.expose(),
        role: &token.role,
        scopes: &token.scopes,
        issued_at_ms: token.issued_at_ms,
    };
    let json = serde_json::to_string(&kept);
    json.map(Zeroizing::new)
        .map_err(|error| CredentialError::Unavailable(error.to_string()))
}

/// None where it is damaged: the gateway issues another one.
pub fn read_device_token(text: &str) -> Option<DeviceToken> {
    let read: ReadToken = serde_json::from_str(text).ok()?;
    Some(DeviceToken {
        token: Secret::new(read.token)?,
        role: read.role,
        scopes: read.scopes,
        issued_at_ms: read.issued_at_ms,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_as_the_same_device() {
        let (made, text) = new_device_key().unwrap();
        let read = read_device_key(&text).unwrap();
        assert_eq!(read.device_id(), made.device_id());
        // As earlier versions kept it.
        assert!(read_device_key("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=").is_ok());
    }

    #[test]
    fn a_damaged_key_is_an_error_and_not_another_key() {
        for damaged in ["", "not base64!", "AQEB"] {
            assert!(read_device_key(damaged).is_err(), "{damaged:?}");
        }
    }

    #[test]
    fn a_token_comes_back_whole_and_a_damaged_one_not_at_all() {
        let kept = r#"{"token":"t","role":"operator","scopes":["operator.read"],"issued_at_ms":7}"#;
        let read = read_device_token(kept).unwrap();
        assert_eq!(read.scopes, ["operator.read"]);
        assert_eq!(device_token_text(&read).unwrap().as_str(), kept);
        for damaged in ["", "{}", r#"{"token":"","role":"operator","scopes":[]}"#] {
            assert!(read_device_token(damaged).is_none(), "{damaged:?}");
        }
    }
}
