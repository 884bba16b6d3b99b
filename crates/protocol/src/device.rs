//! The identity of this device: an Ed25519 key whose public half names it, and the proof that a
//! connect carries. The key is made and kept elsewhere; here it only signs.
//!
//! Source: "Device identity and pairing" of the gateway protocol's auth page. The payloads were
//! compared byte for byte with the reference client's (`tests/signature.rs` holds the vectors).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use crate::lenient::Extra;

/// The private key of this device. No `Debug`, no `Serialize`, wiped when dropped.
#[derive(Clone)]
pub struct DeviceKey(SigningKey);

/// What a gateway knows this device by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DeviceId(String);

impl DeviceKey {
    /// The key that belongs to 32 random bytes, which are wiped.
    pub fn from_seed(mut seed: [u8; 32]) -> Self {
        let key = Self(SigningKey::from_bytes(&seed));
        seed.zeroize();
        key
    }

    /// The 32 bytes, for the vault to keep.
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// Hex SHA-256 of the raw public key.
    pub fn device_id(&self) -> DeviceId {
        DeviceId::of(&self.0.verifying_key())
    }

    /// The raw public key, base64url without padding.
    pub fn public_key(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.verifying_key().as_bytes())
    }

    /// A signature over a payload, base64url without padding.
    pub fn sign(&self, payload: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.0.sign(payload.as_bytes()).to_bytes())
    }
}

impl DeviceId {
    fn of(key: &VerifyingKey) -> Self {
        let digest = Sha256::digest(key.as_bytes());
        Self(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for DeviceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which signature payload is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofVersion {
    /// Without platform and device family; still accepted by every gateway seen.
    V2,
    /// Binds platform and device family too.
    V3,
}

/// All that a device proof is bound to.
pub struct ProofClaims<'a> {
    pub client_id: &'a str,
    pub client_mode: &'a str,
    pub role: &'a str,
    pub scopes: &'a [String],
    /// The `ts` of the challenge, in milliseconds.
    pub signed_at_ms: u64,
    /// The secret that the same connect presents as `auth.token` or `auth.bootstrapToken`.
    pub token: Option<&'a str>,
    pub nonce: &'a str,
    pub platform: &'a str,
    pub device_family: Option<&'a str>,
}

/// The `device` part of a connect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeviceProof {
    pub id: String,
    pub public_key: String,
    pub signature: String,
    pub signed_at: u64,
    pub nonce: String,
}

impl ProofClaims<'_> {
    /// The text that is signed. It holds the token, so it is wiped.
    pub fn payload(&self, version: ProofVersion, device: &DeviceId) -> Zeroizing<String> {
        let scopes = self.scopes.join(",");
        let signed_at = self.signed_at_ms.to_string();
        let platform = ascii_folded(self.platform);
        let family = ascii_folded(self.device_family.unwrap_or_default());
        let label = match version {
            ProofVersion::V2 => "v2",
            ProofVersion::V3 => "v3",
        };
        let mut parts = vec![
            label,
            device.as_str(),
            self.client_id,
            self.client_mode,
            self.role,
            &scopes,
            &signed_at,
            self.token.unwrap_or_default(),
            self.nonce,
        ];
        if version == ProofVersion::V3 {
            parts.extend([platform.as_str(), family.as_str()]);
        }
        Zeroizing::new(parts.join("|"))
    }

    /// The proof for a connect.
    pub fn prove(&self, version: ProofVersion, key: &DeviceKey) -> DeviceProof {
        let id = key.device_id();
        let signature = key.sign(&self.payload(version, &id));
        DeviceProof {
            id: id.0,
            public_key: key.public_key(),
            signature,
            signed_at: self.signed_at_ms,
            nonce: self.nonce.to_owned(),
        }
    }
}

/// What is wrong with a device proof, in the order in which a gateway looks. The clock is the gateway's own
/// business: whether `signedAt` is recent enough is decided there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofFault {
    #[error("device public key invalid")]
    PublicKey,
    #[error("device identity mismatch")]
    DeviceId,
    #[error("device nonce required")]
    NonceMissing,
    #[error("device nonce mismatch")]
    NonceMismatch,
    #[error("device signature invalid")]
    Signature,
}

impl DeviceProof {
    /// Checks that this proof was made with the key it names, for exactly these claims. Returns the version
    /// that was signed and the device's id.
    pub fn verify(&self, claims: &ProofClaims<'_>) -> Result<(ProofVersion, DeviceId), ProofFault> {
        let key = decoded(&self.public_key).ok_or(ProofFault::PublicKey)?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| ProofFault::PublicKey)?;
        let id = DeviceId::of(&key);
        if id.0 != self.id {
            return Err(ProofFault::DeviceId);
        }
        match self.nonce.trim() {
            "" => return Err(ProofFault::NonceMissing),
            nonce if nonce != claims.nonce => return Err(ProofFault::NonceMismatch),
            _ => {}
        }
        let signature = decoded(&self.signature).ok_or(ProofFault::Signature)?;
        let signature = Signature::from_bytes(&signature);
        [ProofVersion::V3, ProofVersion::V2]
            .into_iter()
            .find(|version| {
                let payload = claims.payload(*version, &id);
                key.verify_strict(payload.as_bytes(), &signature).is_ok()
            })
            .map(|version| (version, id))
            .ok_or(ProofFault::Signature)
    }
}

/// Base64url of exactly `N` bytes; padding is tolerated as the reference gateway tolerates it.
fn decoded<const N: usize>(text: &str) -> Option<[u8; N]> {
    let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?;
    bytes.try_into().ok()
}

/// Trimmed, and only A to Z folded: what the gateway compares with.
fn ascii_folded(text: &str) -> String {
    text.trim().to_ascii_lowercase()
}

/// The challenge that a gateway opens with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    pub nonce: String,
    /// The gateway's clock in milliseconds; the `signedAt` of the proof.
    pub ts: u64,
}

impl Challenge {
    /// Reads the payload of `connect.challenge`. A challenge without a nonce or without a whole,
    /// non-negative `ts` is invalid.
    pub fn from_payload(payload: &serde_json::Value) -> Option<Self> {
        let nonce = payload.get("nonce")?.as_str()?.trim();
        let ts = payload.get("ts")?.as_u64()?;
        (!nonce.is_empty()).then(|| Self {
            nonce: nonce.to_owned(),
            ts,
        })
    }
}

/// A token that a gateway issued to this device.
#[derive(Clone)]
pub struct DeviceToken {
    pub token: crate::secret::Secret,
    pub role: String,
    /// The scopes of the grant; the next connect with this token asks for the same ones.
    pub scopes: Vec<String>,
    pub issued_at_ms: Option<u64>,
}

impl DeviceToken {
    /// Takes the token out of an `auth` object, so that it stays nowhere else.
    pub(crate) fn take(auth: &mut Extra, role: &str, scopes: &[String]) -> Option<Self> {
        let serde_json::Value::String(text) = auth.remove("deviceToken")? else {
            return None;
        };
        Some(Self {
            token: crate::secret::Secret::new(text)?,
            role: role.to_owned(),
            scopes: scopes.to_vec(),
            issued_at_ms: auth.get("issuedAtMs").and_then(serde_json::Value::as_u64),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_challenge_needs_a_nonce_and_a_whole_timestamp() {
        let read = |value: serde_json::Value| Challenge::from_payload(&value);
        assert!(read(json!({"nonce": "n", "ts": 1})).is_some());
        assert!(read(json!({"nonce": " ", "ts": 1})).is_none());
        assert!(read(json!({"nonce": "n", "ts": 1.5})).is_none());
        assert!(read(json!({"nonce": "n", "ts": -1})).is_none());
        assert!(read(json!({"nonce": "n"})).is_none());
    }

    fn claims<'a>(nonce: &'a str, token: &'a str, scopes: &'a [String]) -> ProofClaims<'a> {
        ProofClaims {
            client_id: "gateway-client",
            client_mode: "ui",
            role: "operator",
            scopes,
            signed_at_ms: 17,
            token: Some(token),
            nonce,
            platform: "linux",
            device_family: None,
        }
    }

    #[test]
    fn a_proof_holds_for_its_own_claims_and_for_no_others() {
        let key = DeviceKey::from_seed([3; 32]);
        let scopes = ["operator.read".to_owned()];
        for version in [ProofVersion::V2, ProofVersion::V3] {
            let made = claims("n", "t", &scopes).prove(version, &key);
            let checked = made.verify(&claims("n", "t", &scopes));
            assert_eq!(checked, Ok((version, key.device_id())));
            let other_token = made.verify(&claims("n", "other", &scopes));
            assert_eq!(other_token, Err(ProofFault::Signature));
            let fewer_scopes = made.verify(&claims("n", "t", &[]));
            assert_eq!(fewer_scopes, Err(ProofFault::Signature));
            let replayed = made.verify(&claims("m", "t", &scopes));
            assert_eq!(replayed, Err(ProofFault::NonceMismatch));
        }
    }

    #[test]
    fn a_proof_under_a_foreign_id_or_key_is_refused() {
        let scopes: [String; 0] = [];
        let claims = claims("n", "t", &scopes);
        let made = claims.prove(ProofVersion::V3, &DeviceKey::from_seed([3; 32]));
        let other = DeviceKey::from_seed([4; 32]);
        let mut forged = made.clone();
        forged.id = other.device_id().as_str().to_owned();
        assert_eq!(forged.verify(&claims), Err(ProofFault::DeviceId));
        forged.public_key = other.public_key();
        assert_eq!(forged.verify(&claims), Err(ProofFault::Signature));
        forged.public_key = "not a key".to_owned();
        assert_eq!(forged.verify(&claims), Err(ProofFault::PublicKey));
    }

    #[test]
    fn the_seed_brings_back_the_same_device() {
        let key = DeviceKey::from_seed([7; 32]);
        let again = DeviceKey::from_seed(*key.seed());
        assert_eq!(key.device_id(), again.device_id());
        assert_eq!(key.device_id().as_str().len(), 64);
    }
}
