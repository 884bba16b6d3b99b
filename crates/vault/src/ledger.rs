//! `secrets.json`: the person's choice, and what lies in the keychain. Holds nothing secret.
//!
//! A keychain cannot be asked reliably what it holds of ours, so the names are noted here: before a value
//! goes in, and until it is surely gone. That is what lets secrets be moved, and copies be forgotten.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{Place, SecretKey, VaultError, atomic};

const VERSION: u32 = 1;

/// What is remembered over restarts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ledger {
    /// Where secrets live. None: nothing was chosen yet, so the keychain is used as soon as it is there.
    pub(crate) place: Option<Place>,
    /// What may lie in the keychain.
    pub(crate) keychain: BTreeSet<SecretKey>,
    /// What is to be deleted from the keychain when it can be reached. Never also in `keychain`.
    pub(crate) forget: BTreeSet<SecretKey>,
    /// The encrypted file was moved elsewhere and is to be deleted.
    pub(crate) drop_file: bool,
}

/// How it stands in the file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    version: u32,
    place: Option<PlaceName>,
    #[serde(default)]
    keychain: Vec<String>,
    #[serde(default)]
    forget: Vec<String>,
    #[serde(default)]
    drop_file: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum PlaceName {
    Keychain,
    EncryptedFile,
    Memory,
}

impl Ledger {
    /// The ledger, a new one where there is none, or none where it cannot be read.
    pub(crate) fn load(path: &Path) -> Option<Self> {
        match std::fs::read(path) {
            Ok(bytes) => serde_json::from_slice::<Row>(&bytes).ok()?.into_ledger(),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Some(Self::default()),
            Err(_) => None,
        }
    }

    pub(crate) fn save(&self, path: &Path) -> Result<(), VaultError> {
        let names = |keys: &BTreeSet<SecretKey>| keys.iter().map(SecretKey::to_string).collect();
        let row = Row {
            version: VERSION,
            place: self.place.map(|place| match place {
                Place::Keychain => PlaceName::Keychain,
                Place::EncryptedFile => PlaceName::EncryptedFile,
                Place::Memory => PlaceName::Memory,
            }),
            keychain: names(&self.keychain),
            forget: names(&self.forget),
            drop_file: self.drop_file,
        };
        let json = serde_json::to_vec_pretty(&row).expect("a plain struct always serialises");
        atomic::replace(path, &json)
    }

    /// Puts a ledger that cannot be read under another name, so that a new one can be begun.
    pub(crate) fn set_aside(path: &Path) -> Result<(), VaultError> {
        match std::fs::rename(path, free_name(path)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                Err(atomic::failed("set aside", path, e))
            }
            _ => Ok(()),
        }
    }
}

/// A name beside `path` that is not taken.
pub(crate) fn free_name(path: &Path) -> PathBuf {
    let name = |n: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".set-aside-{n}"));
        PathBuf::from(name)
    };
    (1..)
        .map(name)
        .find(|name| !name.exists())
        .expect("the numbers do not run out")
}

impl Row {
    fn into_ledger(self) -> Option<Ledger> {
        let keys = |names: Vec<String>| {
            names
                .into_iter()
                .map(SecretKey::new)
                .collect::<Result<BTreeSet<_>, _>>()
                .ok()
        };
        if self.version != VERSION {
            return None;
        }
        Some(Ledger {
            place: self.place.map(|place| match place {
                PlaceName::Keychain => Place::Keychain,
                PlaceName::EncryptedFile => Place::EncryptedFile,
                PlaceName::Memory => Place::Memory,
            }),
            keychain: keys(self.keychain)?,
            forget: keys(self.forget)?,
            drop_file: self.drop_file,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Ledger;
    use crate::{Place, SecretKey};

    #[test]
    fn a_ledger_comes_back_as_it_was_saved() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets.json");
        assert_eq!(Ledger::load(&path), Some(Ledger::default()));
        let key = SecretKey::new("gateway/a/token").unwrap();
        let ledger = Ledger {
            place: Some(Place::EncryptedFile),
            keychain: [key].into(),
            forget: [SecretKey::device_identity()].into(),
            drop_file: true,
        };
        ledger.save(&path).unwrap();
        assert_eq!(Ledger::load(&path), Some(ledger));
    }

    #[test]
    fn a_ledger_that_cannot_be_read_is_not_taken_for_an_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets.json");
        let later = r#"{"version":2,"place":"keychain"}"#;
        let unknown = r#"{"version":1,"place":"cloud"}"#;
        let bad_name = r#"{"version":1,"place":null,"keychain":["a b"]}"#;
        for content in ["", "{", "[]", later, unknown, bad_name] {
            std::fs::write(&path, content).unwrap();
            assert_eq!(Ledger::load(&path), None, "{content}");
        }
    }
}
