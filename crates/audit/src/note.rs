//! Signed notes (C2SP, <https://c2sp.org/signed-note>) with Ed25519: a text, an empty line, and for each
//! signature a line with the key's name, its short id and the signature.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::hash::Hash;

/// The signature type of Ed25519.
const ED25519: u8 = 1;

/// More signature lines than these are not read, as in Go's implementation.
const MOST_SIGNATURES: usize = 100;

/// Why a note is not to be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    #[error("the note is malformed")]
    Malformed,
    #[error("a signature of a known key is wrong")]
    Invalid,
    #[error("no known key signed the note")]
    Unsigned,
    #[error("the key is malformed")]
    Key,
}

/// Signs notes.
pub struct Signer {
    name: String,
    key: SigningKey,
}

impl Signer {
    /// A key by its 32 secret bytes, under a name without spaces and `+`.
    pub fn new(name: &str, seed: &[u8; 32]) -> Result<Self, NoteError> {
        if !is_name(name) {
            return Err(NoteError::Key);
        }
        Ok(Self {
            name: name.to_owned(),
            key: SigningKey::from_bytes(seed),
        })
    }

    /// A key whose name ends with the beginning of its own hash.
    pub(crate) fn named_by_key(prefix: &str, seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed);
        let hash = Hash(Sha256::digest(key.verifying_key().as_bytes()).into());
        Self {
            name: format!("{prefix}{}", &hash.to_hex()[..16]),
            key,
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// What checks this key's signatures.
    pub fn verifier(&self) -> Verifier {
        Verifier {
            name: self.name.clone(),
            key: self.key.verifying_key(),
        }
    }

    /// Signs a text, which ends with a new line and holds no other control character.
    pub fn sign(&self, text: &str) -> Result<String, NoteError> {
        if !is_text(text) {
            return Err(NoteError::Malformed);
        }
        let mut signature = self.verifier().id().to_vec();
        signature.extend(self.key.sign(text.as_bytes()).to_bytes());
        let signature = STANDARD.encode(signature);
        Ok(format!("{text}\n— {} {signature}\n", self.name))
    }
}

/// The public half of a key. As text: `name+id+base64`, what others call a vkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    key: VerifyingKey,
}

impl Verifier {
    pub fn read(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::Key);
        };
        let bytes = STANDARD.decode(key).map_err(|_| NoteError::Key)?;
        let Some((&ED25519, key)) = bytes.split_first() else {
            return Err(NoteError::Key);
        };
        let key: &[u8; 32] = key.try_into().map_err(|_| NoteError::Key)?;
        let key = VerifyingKey::from_bytes(key).map_err(|_| NoteError::Key)?;
        let verifier = Self {
            name: name.to_owned(),
            key,
        };
        if is_name(name) && hex(verifier.id()) == id {
            Ok(verifier)
        } else {
            Err(NoteError::Key)
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first four bytes of the hash of name, type and key.
    fn id(&self) -> [u8; 4] {
        let mut hasher = Sha256::new();
        hasher.update(self.name.as_bytes());
        hasher.update([b'\n', ED25519]);
        hasher.update(self.key.as_bytes());
        let hash = hasher.finalize();
        [hash[0], hash[1], hash[2], hash[3]]
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![ED25519];
        key.extend(self.key.as_bytes());
        write!(
            f,
            "{}+{}+{}",
            self.name,
            hex(self.id()),
            STANDARD.encode(key)
        )
    }
}

/// The text of a note that one of the keys signed. A wrong signature of any of them refuses the note.
pub fn open<'n>(note: &'n str, keys: &[Verifier]) -> Result<&'n str, NoteError> {
    let (body, signatures) = note.rsplit_once("\n\n").ok_or(NoteError::Malformed)?;
    let text = &note[..=body.len()];
    if !is_text(text) || !signatures.ends_with('\n') {
        return Err(NoteError::Malformed);
    }
    let mut signed = false;
    for (n, line) in signatures.lines().enumerate() {
        let (name, id, signature) = signature(line).ok_or(NoteError::Malformed)?;
        if n >= MOST_SIGNATURES {
            return Err(NoteError::Malformed);
        }
        let known = keys.iter().find(|key| key.name == name && key.id() == id);
        let Some(known) = known else { continue };
        let signature = Signature::from_slice(&signature).map_err(|_| NoteError::Invalid)?;
        let right = known.key.verify_strict(text.as_bytes(), &signature);
        right.map_err(|_| NoteError::Invalid)?;
        signed = true;
    }
    signed.then_some(text).ok_or(NoteError::Unsigned)
}

fn signature(line: &str) -> Option<(&str, [u8; 4], Vec<u8>)> {
    let (name, encoded) = line.strip_prefix("— ")?.split_once(' ')?;
    let bytes = STANDARD.decode(encoded).ok()?;
    let (id, signature) = bytes.split_first_chunk::<4>()?;
    (is_name(name) && !signature.is_empty()).then(|| (name, *id, signature.to_vec()))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '+' || c < ' ')
}

fn is_text(text: &str) -> bool {
    text.ends_with('\n') && !text.contains(|c: char| c < ' ' && c != '\n')
}

fn hex(id: [u8; 4]) -> String {
    format!("{:08x}", u32::from_be_bytes(id))
}
