//! What stands in the encrypted file, and the checks that need no passphrase.
//!
//! JSON on one line. Names of secrets are in the clear, they tell which gateways there are and no more;
//! values are sealed. The checksum is against accidents only: against a person who means it, there is the
//! sealed digest (see `seal`).

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Damage;

const FORMAT: &str = "gatehouse-secrets";
pub(super) const VERSION: u32 = 1;

/// Far more than all secrets of a thousand gateways. A larger file is not read into memory.
pub(super) const LARGEST: u64 = 8 * 1024 * 1024;

/// How dear a guess of the passphrase is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KdfCost {
    pub memory_kib: u32,
    pub passes: u32,
    pub lanes: u32,
}

impl Default for KdfCost {
    /// The second recommended choice of RFC 9106, section 4: for where 2 GiB are too much.
    fn default() -> Self {
        Self {
            memory_kib: 64 * 1024,
            passes: 3,
            lanes: 4,
        }
    }
}

impl KdfCost {
    /// Bounds what a file may make us spend before its passphrase is even checked.
    fn holds(self) -> bool {
        let lanes = (1..=16).contains(&self.lanes);
        lanes
            && (1..=32).contains(&self.passes)
            && (8 * self.lanes..=1 << 20).contains(&self.memory_kib)
    }
}

/// How the passphrase becomes the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Kdf {
    pub(super) algorithm: String,
    pub(super) cost: KdfCost,
    /// 16 random bytes in base64; also names the file inside of each seal.
    pub(super) salt: String,
}

/// Something sealed with XChaCha20-Poly1305, in base64.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sealed {
    pub(super) nonce: String,
    pub(super) text: String,
}

/// The file without its checksum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    format: String,
    version: u32,
    pub(super) kdf: Kdf,
    /// The digest of all entries, sealed: opens with the right passphrase only, and fits only these entries.
    pub(super) seal: Sealed,
    pub(super) entries: BTreeMap<String, Sealed>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    checksum: String,
    body: Body,
}

/// As much as a later version is sure to keep.
#[derive(Deserialize)]
struct Header {
    body: HeaderBody,
}

#[derive(Deserialize)]
struct HeaderBody {
    format: String,
    version: u32,
}

impl Body {
    pub(super) fn new(kdf: Kdf, seal: Sealed, entries: BTreeMap<String, Sealed>) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            kdf,
            seal,
            entries,
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let whole = Whole {
            checksum: checksum(self),
            body: self.clone(),
        };
        json(&whole)
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, Damage> {
        let header: Header = serde_json::from_slice(bytes).map_err(|_| Damage::Unreadable)?;
        if header.body.format != FORMAT {
            return Err(Damage::Unreadable);
        }
        if header.body.version > VERSION {
            return Err(Damage::LaterVersion);
        }
        let whole: Whole = serde_json::from_slice(bytes).map_err(|_| Damage::Unreadable)?;
        if whole.checksum != checksum(&whole.body) {
            return Err(Damage::Checksum);
        }
        let kdf = &whole.body.kdf;
        if kdf.algorithm != ALGORITHM || !kdf.cost.holds() || bytes_of(&kdf.salt).len() != SALT {
            return Err(Damage::Parameters);
        }
        Ok(whole.body)
    }
}

pub(super) const ALGORITHM: &str = "argon2id";
pub(super) const SALT: usize = 16;

/// A digest over names, nonces and sealed texts, each with its length, so that no two sets of entries
/// have the same one.
pub(super) fn digest(entries: &BTreeMap<String, Sealed>) -> [u8; 32] {
    let mut digest = Sha256::new();
    for (account, sealed) in entries {
        for part in [account, &sealed.nonce, &sealed.text] {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
    }
    digest.finalize().into()
}

pub(super) fn text_of(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes behind base64; nothing where it is none, which then has the wrong length.
pub(super) fn bytes_of(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap_or_default()
}

fn checksum(body: &Body) -> String {
    text_of(&Sha256::digest(json(body)))
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("plain structs with string keys always serialise")
}
