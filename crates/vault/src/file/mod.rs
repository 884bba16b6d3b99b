//! The encrypted file: secrets under a passphrase, for where there is no keychain.
//!
//! It keeps values from whoever gets at the file without the passphrase, and notices every change to it but
//! one: an older file put in the place of a newer one. Each change replaces the whole file in one step, under
//! a lock that a second process respects. Nothing here asks a person anything; every call blocks.

mod format;
mod seal;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

pub use format::KdfCost;
use format::{Body, LARGEST, Sealed, digest};
use seal::{FileKey, Purpose};

use crate::{Damage, Secret, SecretKey, VaultError, atomic};

/// An encrypted file that its passphrase has opened.
pub(crate) struct OpenFile {
    path: PathBuf,
    key: FileKey,
}

/// What can be said of the file without its passphrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inspection {
    Missing,
    Sound,
    /// Altered, or the system does not let us read it.
    Damaged,
}

/// Looks at the file without a passphrase.
pub(crate) fn inspect(path: &Path) -> Inspection {
    match load(path) {
        Ok(Some(_)) => Inspection::Sound,
        Ok(None) => Inspection::Missing,
        Err(cause) => {
            tracing::warn!(%cause, "the encrypted file cannot be used");
            Inspection::Damaged
        }
    }
}

impl OpenFile {
    /// Makes a new file that holds `entries`, in the place of one that is there.
    pub(crate) fn create(
        path: &Path,
        passphrase: &Secret,
        cost: KdfCost,
        entries: &BTreeMap<SecretKey, Secret>,
    ) -> Result<Self, VaultError> {
        let kdf = seal::new_kdf(cost);
        let key = seal::derive(passphrase, &kdf).map_err(|damage| damaged(path, damage))?;
        let seal = |(name, value)| seal_entry(&key, name, value);
        let sealed: BTreeMap<String, Sealed> = entries.iter().map(seal).collect();
        let whole = key.seal(Purpose::Whole, &digest(&sealed));
        let file = Self {
            path: path.to_owned(),
            key,
        };
        for (name, value) in entries {
            // It may take the place of the only other copy.
            if !file
                .open_entry(name, &sealed[name.account()])?
                .matches(value)
            {
                return Err(VaultError::MoveNotVerified);
            }
        }
        let _lock = lock(path)?;
        atomic::replace(path, &Body::new(kdf, whole, sealed).to_bytes())?;
        Ok(file)
    }

    /// Opens the file; none where there is none.
    pub(crate) fn open(path: &Path, passphrase: &Secret) -> Result<Option<Self>, VaultError> {
        let Some(body) = load(path)? else {
            return Ok(None);
        };
        let key = seal::derive(passphrase, &body.kdf).map_err(|damage| damaged(path, damage))?;
        let file = Self {
            path: path.to_owned(),
            key,
        };
        file.verify(&body)?;
        Ok(Some(file))
    }

    pub(crate) fn get(&self, key: &SecretKey) -> Result<Option<Secret>, VaultError> {
        let body = self.read()?;
        body.entries
            .get(key.account())
            .map(|sealed| self.open_entry(key, sealed))
            .transpose()
    }

    /// Everything in the file.
    pub(crate) fn all(&self) -> Result<BTreeMap<SecretKey, Secret>, VaultError> {
        let body = self.read()?;
        let open = |(account, sealed): (&String, &Sealed)| {
            let key = SecretKey::new(account).map_err(|_| damaged(&self.path, Damage::Entry))?;
            let value = self.open_entry(&key, sealed)?;
            Ok((key, value))
        };
        body.entries.iter().map(open).collect()
    }

    pub(crate) fn put(&self, key: &SecretKey, value: &Secret) -> Result<(), VaultError> {
        self.change(|entries| {
            let (account, sealed) = seal_entry(&self.key, key, value);
            entries.insert(account, sealed);
        })
    }

    pub(crate) fn delete(&self, key: &SecretKey) -> Result<(), VaultError> {
        self.change(|entries| {
            entries.remove(key.account());
        })
    }

    /// Whether it is still what was opened.
    pub(crate) fn check(&self) -> Result<(), VaultError> {
        self.read().map(drop)
    }

    fn change(&self, apply: impl FnOnce(&mut BTreeMap<String, Sealed>)) -> Result<(), VaultError> {
        let _lock = lock(&self.path)?;
        let mut body = self.read()?;
        apply(&mut body.entries);
        body.seal = self.key.seal(Purpose::Whole, &digest(&body.entries));
        atomic::replace(&self.path, &body.to_bytes())
    }

    /// The file as it is now: another process may have changed it.
    fn read(&self) -> Result<Body, VaultError> {
        let body = load(&self.path)?.ok_or_else(|| {
            atomic::failed("read", &self.path, io::Error::from(io::ErrorKind::NotFound))
        })?;
        if !self.key.fits(&body.kdf) {
            // Another process gave it another passphrase.
            return Err(VaultError::PassphraseNeeded);
        }
        self.verify(&body)?;
        Ok(body)
    }

    /// The sealed digest opens with the right passphrase only, and fits only the entries it was made for.
    fn verify(&self, body: &Body) -> Result<(), VaultError> {
        let opened = self
            .key
            .open(Purpose::Whole, &body.seal)
            .ok_or(VaultError::WrongPassphrase)?;
        if opened.as_slice() == digest(&body.entries) {
            Ok(())
        } else {
            Err(damaged(&self.path, Damage::Entry))
        }
    }

    fn open_entry(&self, key: &SecretKey, sealed: &Sealed) -> Result<Secret, VaultError> {
        let plain = self
            .key
            .open(Purpose::Entry(key.account()), sealed)
            .ok_or_else(|| damaged(&self.path, Damage::Entry))?;
        let text = std::str::from_utf8(&plain).map_err(|_| damaged(&self.path, Damage::Entry))?;
        Ok(Secret::new(text))
    }
}

fn seal_entry(key: &FileKey, name: &SecretKey, value: &Secret) -> (String, Sealed) {
    let sealed = key.seal(Purpose::Entry(name.account()), value.expose().as_bytes());
    (name.account().to_owned(), sealed)
}

fn load(path: &Path) -> Result<Option<Body>, VaultError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(atomic::failed("open", path, e)),
    };
    let mut bytes = Vec::new();
    let read = file.take(LARGEST + 1).read_to_end(&mut bytes);
    read.map_err(|e| atomic::failed("read", path, e))?;
    if bytes.len() as u64 > LARGEST {
        return Err(damaged(path, Damage::Unreadable));
    }
    Body::from_bytes(&bytes)
        .map(Some)
        .map_err(|damage| damaged(path, damage))
}

/// Held while the file is changed.
fn lock(path: &Path) -> Result<File, VaultError> {
    atomic::lock(&path.with_extension("lock"))
}

fn damaged(path: &Path, damage: Damage) -> VaultError {
    VaultError::FileDamaged {
        path: path.to_owned(),
        damage,
    }
}
