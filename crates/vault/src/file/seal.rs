//! The cryptography of the encrypted file: Argon2id makes the key, XChaCha20-Poly1305 seals.
//!
//! Each seal is bound to its place: the associated data names the file (by its salt) and the entry, so a
//! sealed text moved under another name, or in from another file, does not open.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, AeadInOut, Generate, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::format::{ALGORITHM, Kdf, KdfCost, SALT, Sealed, bytes_of, text_of};
use crate::{Damage, Secret};

/// The key of one file, wiped when it is dropped.
pub(super) struct FileKey {
    key: Zeroizing<[u8; 32]>,
    salt: String,
}

/// What a seal is for.
#[derive(Clone, Copy)]
pub(super) enum Purpose<'a> {
    /// The digest of all entries.
    Whole,
    /// The value of the entry with this account.
    Entry(&'a str),
}

/// The parameters of a new file, with a salt of its own.
pub(super) fn new_kdf(cost: KdfCost) -> Kdf {
    let salt = <[u8; SALT]>::generate();
    Kdf {
        algorithm: ALGORITHM.to_owned(),
        cost,
        salt: text_of(&salt),
    }
}

/// Makes the key. Slow and large on purpose: not on an async thread.
pub(super) fn derive(passphrase: &Secret, kdf: &Kdf) -> Result<FileKey, Damage> {
    let KdfCost {
        memory_kib,
        passes,
        lanes,
    } = kdf.cost;
    let mut key = Zeroizing::new([0; 32]);
    let params =
        Params::new(memory_kib, passes, lanes, Some(key.len())).map_err(|_| Damage::Parameters)?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(
            passphrase.expose().as_bytes(),
            &bytes_of(&kdf.salt),
            &mut *key,
        )
        .map_err(|_| Damage::Parameters)?;
    Ok(FileKey {
        key,
        salt: kdf.salt.clone(),
    })
}

impl FileKey {
    /// Whether it is the key of the file with these parameters.
    pub(super) fn fits(&self, kdf: &Kdf) -> bool {
        self.salt == kdf.salt
    }

    pub(super) fn seal(&self, purpose: Purpose<'_>, plain: &[u8]) -> Sealed {
        let nonce = XNonce::generate();
        let aad = self.associated(purpose);
        let text = self
            .cipher()
            .encrypt(
                &nonce,
                Payload {
                    msg: plain,
                    aad: aad.as_bytes(),
                },
            )
            .expect("sealing fails only past 256 GiB");
        Sealed {
            nonce: text_of(&nonce),
            text: text_of(&text),
        }
    }

    /// What was sealed for this purpose; none when key, place or text is another.
    pub(super) fn open(&self, purpose: Purpose<'_>, sealed: &Sealed) -> Option<Zeroizing<Vec<u8>>> {
        let nonce = XNonce::try_from(bytes_of(&sealed.nonce).as_slice()).ok()?;
        let mut text = Zeroizing::new(bytes_of(&sealed.text));
        let aad = self.associated(purpose);
        self.cipher()
            .decrypt_in_place(&nonce, aad.as_bytes(), &mut *text)
            .ok()?;
        Some(text)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.key).into())
    }

    fn associated(&self, purpose: Purpose<'_>) -> String {
        let salt = &self.salt;
        match purpose {
            Purpose::Whole => format!("gatehouse-secrets/1/{salt}/whole"),
            Purpose::Entry(account) => format!("gatehouse-secrets/1/{salt}/entry/{account}"),
        }
    }
}
