//! A change of place: copy, verify, remember the choice, and only then delete the old.
//!
//! Killed anywhere in between, the next start finds the old place whole or the new one whole. What cannot be
//! read at that time (a locked file, an absent keychain) is not moved, and is not deleted either.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::{Desk, SystemVault, blocking, standing_as_state};
use crate::file::OpenFile;
use crate::keychain::Standing;
use crate::ledger::{Ledger, free_name};
use crate::{Choice, KdfCost, Place, Secret, SecretKey, SecretStoreState, VaultError, atomic};

/// The shortest passphrase for a new file. It is a floor, not advice: the advice is the page's.
const SHORTEST_PASSPHRASE: usize = 8;

type Entries = BTreeMap<SecretKey, Secret>;

impl SystemVault {
    pub(super) async fn move_to(
        &self,
        choice: Choice,
        passphrase: Option<Secret>,
    ) -> Result<SecretStoreState, VaultError> {
        let mut desk = self.desk.write().await;
        if choice == Choice::Keychain {
            let standing = self.keychain.standing().await;
            if standing != Standing::Ready {
                return Ok(standing_as_state(standing));
            }
        }
        let from = desk.place().ok();
        let entries = self.gather(&desk).await?;
        let file = match choice.place() {
            Place::EncryptedFile => Some(self.file_for(choice, passphrase, &desk, &entries).await?),
            Place::Keychain | Place::Memory => None,
        };
        self.begin_anew_where_unreadable(&mut desk).await?;
        if from != Some(choice.place()) {
            self.copy(&mut desk, choice.place(), &entries, file.as_ref())
                .await?;
        }
        self.settle(&mut desk, from, choice.place(), &entries, file)
            .await?;
        Ok(self.look(&desk).await)
    }

    /// Everything that can be read where secrets live now.
    async fn gather(&self, desk: &Desk) -> Result<Entries, VaultError> {
        let Ok(ledger) = desk.ledger() else {
            return Ok(Entries::new());
        };
        match desk.place()? {
            Place::Memory => Ok(desk.memory.clone()),
            Place::Keychain => self.gather_keychain(ledger).await,
            Place::EncryptedFile => {
                let Some(file) = desk.file.clone() else {
                    return Ok(Entries::new());
                };
                match blocking(move || file.all()).await {
                    // Broken, vanished, or under another passphrase by now: there is nothing to carry.
                    Err(
                        VaultError::FileDamaged { .. }
                        | VaultError::File { .. }
                        | VaultError::PassphraseNeeded,
                    ) => Ok(Entries::new()),
                    other => other,
                }
            }
        }
    }

    async fn gather_keychain(&self, ledger: &Ledger) -> Result<Entries, VaultError> {
        let mut entries = Entries::new();
        if ledger.keychain.is_empty() || self.keychain.standing().await != Standing::Ready {
            return Ok(entries);
        }
        for key in &ledger.keychain {
            if let Some(value) = self.keychain.get(key).await? {
                entries.insert(key.clone(), value);
            }
        }
        Ok(entries)
    }

    /// The encrypted file that was chosen, open: the one that is there, or a new one with the entries in it.
    async fn file_for(
        &self,
        choice: Choice,
        passphrase: Option<Secret>,
        desk: &Desk,
        entries: &Entries,
    ) -> Result<Arc<OpenFile>, VaultError> {
        let passphrase = passphrase.ok_or(VaultError::PassphraseNeeded)?;
        let carried = desk.file.is_some() && desk.place().ok() == Some(Place::EncryptedFile);
        let plan = Plan {
            path: self.file_path.clone(),
            cost: self.cost,
            passphrase,
            entries: entries.clone(),
            anew: choice == Choice::NewEncryptedFile,
            // What was read out of the old file is in the new one: its copy is not needed.
            keep_old: !carried || entries.is_empty(),
        };
        blocking(move || plan.carry_out()).await.map(Arc::new)
    }

    /// Only now is a choice being made: before it, an unreadable ledger is left as it is.
    async fn begin_anew_where_unreadable(&self, desk: &mut Desk) -> Result<(), VaultError> {
        if desk.ledger.is_none() {
            let path = self.ledger_path.clone();
            blocking(move || Ledger::set_aside(&path)).await?;
            self.keep_ledger(desk, Ledger::default()).await?;
        }
        Ok(())
    }

    /// Copies into the new place and reads back.
    async fn copy(
        &self,
        desk: &mut Desk,
        to: Place,
        entries: &Entries,
        file: Option<&Arc<OpenFile>>,
    ) -> Result<(), VaultError> {
        if to == Place::Keychain {
            let mut ledger = desk.ledger()?.clone();
            for key in entries.keys() {
                ledger.keychain.insert(key.clone());
                ledger.forget.remove(key);
            }
            self.keep_ledger(desk, ledger).await?;
        }
        for (key, value) in entries {
            let back = match (to, file) {
                (Place::Keychain, _) => {
                    self.keychain.put(key, value).await?;
                    self.keychain.get(key).await?
                }
                (_, Some(file)) => put_and_read(file, key, value).await?,
                (_, None) => {
                    desk.memory.insert(key.clone(), value.clone());
                    desk.memory.get(key).cloned()
                }
            };
            if !back.is_some_and(|back| back.matches(value)) {
                return Err(VaultError::MoveNotVerified);
            }
        }
        Ok(())
    }

    /// Remembers the choice, then deletes what was moved.
    async fn settle(
        &self,
        desk: &mut Desk,
        from: Option<Place>,
        to: Place,
        entries: &Entries,
        file: Option<Arc<OpenFile>>,
    ) -> Result<(), VaultError> {
        let mut ledger = desk.ledger()?.clone();
        ledger.place = Some(to);
        if from == Some(Place::Keychain) && to != Place::Keychain {
            ledger.keychain.retain(|key| !entries.contains_key(key));
            ledger.forget.extend(entries.keys().cloned());
        }
        if to == Place::EncryptedFile {
            ledger.drop_file = false;
        } else if from == Some(Place::EncryptedFile) {
            // A file that stayed locked was not moved and stays; so does one that could not be read.
            ledger.drop_file = desk.file.is_some() && !entries.is_empty();
        }
        self.keep_ledger(desk, ledger).await?;
        desk.file = file;
        desk.wrong = false;
        if to != Place::Memory {
            desk.memory.clear();
        }
        self.tidy(desk).await
    }
}

/// How to come by the encrypted file.
struct Plan {
    path: PathBuf,
    cost: KdfCost,
    passphrase: Secret,
    entries: Entries,
    anew: bool,
    keep_old: bool,
}

impl Plan {
    fn carry_out(self) -> Result<OpenFile, VaultError> {
        if !self.anew
            && let Some(file) = OpenFile::open(&self.path, &self.passphrase)?
        {
            return Ok(file);
        }
        if self.passphrase.expose().chars().count() < SHORTEST_PASSPHRASE {
            return Err(VaultError::PassphraseTooShort {
                min: SHORTEST_PASSPHRASE,
            });
        }
        if self.keep_old && self.path.exists() {
            // A copy, so that at no moment there is no file.
            let aside = free_name(&self.path);
            std::fs::copy(&self.path, &aside)
                .map_err(|e| atomic::failed("set aside", &self.path, e))?;
        }
        OpenFile::create(&self.path, &self.passphrase, self.cost, &self.entries)
    }
}

async fn put_and_read(
    file: &Arc<OpenFile>,
    key: &SecretKey,
    value: &Secret,
) -> Result<Option<Secret>, VaultError> {
    let (file, key, value) = (Arc::clone(file), key.clone(), value.clone());
    blocking(move || {
        file.put(&key, &value)?;
        file.get(&key)
    })
    .await
}
