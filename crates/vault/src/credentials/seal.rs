//! The cryptography of credentials: XChaCha20-Poly1305 with random nonces of 192 bits.
//!
//! Each seal is bound to its place by associated data: parts with their lengths before them, so that no two
//! places have the same. A value is bound to the set of rows, its credential's id and name, its version, the type,
//! the bounds, the limits and the end of its grace; a data key to the master key, the credential and the version.

use chacha20poly1305::aead::{Aead, AeadInOut, Generate, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::keys::KEY;
use super::{CredentialRow, Header, MasterKey, Millis, Sealed, VersionRow};
use crate::Secret;

/// What the header's check says, once opened.
const CHECK: &[u8] = b"gatehouse credentials";

/// Where a value stands: what its seal is bound to.
pub(super) struct Place<'a> {
    pub(super) vault_id: &'a str,
    pub(super) row: &'a CredentialRow,
    pub(super) version: u32,
    pub(super) usable_until: Option<Millis>,
}

/// A data key, wiped when it is dropped.
pub(super) struct DataKey(Zeroizing<[u8; KEY]>);

/// The check of a new header.
pub(super) fn check_of(master: &MasterKey, vault_id: &str, key_id: &str) -> Sealed {
    seal(master.bytes(), &check_place(vault_id, key_id), CHECK)
}

/// Whether a master key is the one of these rows.
pub(super) fn fits(master: &MasterKey, header: &Header) -> bool {
    let place = check_place(&header.vault_id, &header.key_id);
    open(master.bytes(), &place, &header.check).is_some_and(|text| text.as_slice() == CHECK)
}

fn check_place(vault_id: &str, key_id: &str) -> Vec<u8> {
    joined(&[
        b"gatehouse-credentials/1/check",
        vault_id.as_bytes(),
        key_id.as_bytes(),
    ])
}

impl DataKey {
    pub(super) fn generate() -> Self {
        Self(Zeroizing::new(<[u8; KEY]>::generate()))
    }

    pub(super) fn wrap(&self, master: &MasterKey, place: &WrapPlace<'_>) -> Sealed {
        seal(master.bytes(), &place.associated(), self.0.as_slice())
    }

    /// None when key, place or text is another.
    pub(super) fn unwrap(
        master: &MasterKey,
        place: &WrapPlace<'_>,
        wrapped: &Sealed,
    ) -> Option<Self> {
        let bytes = open(master.bytes(), &place.associated(), wrapped)?;
        let mut key = Zeroizing::new([0; KEY]);
        if bytes.len() != KEY {
            return None;
        }
        key.copy_from_slice(&bytes);
        Some(Self(key))
    }

    pub(super) fn seal(&self, place: &Place<'_>, secret: &Secret) -> Sealed {
        seal(&self.0, &place.associated(), secret.expose().as_bytes())
    }

    /// None when key, place or text is another.
    pub(super) fn open(&self, place: &Place<'_>, sealed: &Sealed) -> Option<Secret> {
        let bytes = open(&self.0, &place.associated(), sealed)?;
        // One allocation of the right size, so that no copy is left behind.
        let text = std::str::from_utf8(&bytes).ok()?;
        Some(Secret::new(text))
    }
}

/// Where a data key stands.
pub(super) struct WrapPlace<'a> {
    pub(super) vault_id: &'a str,
    pub(super) key_id: &'a str,
    pub(super) id: &'a str,
    pub(super) version: u32,
}

impl WrapPlace<'_> {
    fn associated(&self) -> Vec<u8> {
        joined(&[
            b"gatehouse-credentials/1/key",
            self.vault_id.as_bytes(),
            self.key_id.as_bytes(),
            self.id.as_bytes(),
            &self.version.to_le_bytes(),
        ])
    }
}

impl Place<'_> {
    fn associated(&self) -> Vec<u8> {
        let row = self.row;
        joined(&[
            b"gatehouse-credentials/1/value",
            self.vault_id.as_bytes(),
            row.id.as_bytes(),
            row.name.as_str().as_bytes(),
            &self.version.to_le_bytes(),
            row.kind.word().as_bytes(),
            &row.bounds.digest(),
            &optional(row.expires_at.map(Millis::to_le_bytes)),
            &optional(row.max_uses.map(u64::to_le_bytes)),
            &optional(self.usable_until.map(Millis::to_le_bytes)),
        ])
    }
}

/// Nothing, or the number: told apart by the length.
fn optional(number: Option<[u8; 8]>) -> Vec<u8> {
    number.map(Vec::from).unwrap_or_default()
}

fn joined(parts: &[&[u8]]) -> Vec<u8> {
    let mut all = Vec::new();
    for part in parts {
        all.extend_from_slice(&(part.len() as u64).to_le_bytes());
        all.extend_from_slice(part);
    }
    all
}

fn seal(key: &[u8; KEY], place: &[u8], plain: &[u8]) -> Sealed {
    let nonce = XNonce::generate();
    let payload = Payload {
        msg: plain,
        aad: place,
    };
    let text = XChaCha20Poly1305::new(key.into()).encrypt(&nonce, payload);
    Sealed {
        nonce: nonce.to_vec(),
        text: text.expect("sealing fails only past 256 GiB"),
    }
}

fn open(key: &[u8; KEY], place: &[u8], sealed: &Sealed) -> Option<Zeroizing<Vec<u8>>> {
    let nonce = XNonce::try_from(sealed.nonce.as_slice()).ok()?;
    let mut text = Zeroizing::new(sealed.text.clone());
    XChaCha20Poly1305::new(key.into())
        .decrypt_in_place(&nonce, place, &mut *text)
        .ok()?;
    Some(text)
}

/// The value of a version, if everything fits.
pub(super) fn value(
    master: &MasterKey,
    header: &Header,
    row: &CredentialRow,
    version: &VersionRow,
) -> Option<Secret> {
    let key = DataKey::unwrap(
        master,
        &wrap_place(header, row, version.version),
        &version.wrapped,
    )?;
    key.open(&place(header, row, version), &version.sealed)
}

pub(super) fn wrap_place<'a>(
    header: &'a Header,
    row: &'a CredentialRow,
    version: u32,
) -> WrapPlace<'a> {
    WrapPlace {
        vault_id: &header.vault_id,
        key_id: &header.key_id,
        id: &row.id,
        version,
    }
}

fn place<'a>(header: &'a Header, row: &'a CredentialRow, version: &VersionRow) -> Place<'a> {
    Place {
        vault_id: &header.vault_id,
        row,
        version: version.version,
        usable_until: version.usable_until,
    }
}

/// A new version of a value, with a data key of its own.
pub(super) fn version(
    master: &MasterKey,
    header: &Header,
    row: &CredentialRow,
    secret: &Secret,
    (number, created_at, usable_until): (u32, Millis, Option<Millis>),
) -> VersionRow {
    let key = DataKey::generate();
    let place = Place {
        vault_id: &header.vault_id,
        row,
        version: number,
        usable_until,
    };
    VersionRow {
        version: number,
        created_at,
        usable_until,
        wrapped: key.wrap(master, &wrap_place(header, row, number)),
        sealed: key.seal(&place, secret),
    }
}
