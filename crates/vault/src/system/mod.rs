//! The vault of the application: the keychain, or what the person chose where there is none.
//!
//! It keeps a choice until the person makes another one: a keychain that appears later changes nothing by
//! itself, and one that vanishes is said to be gone instead of being replaced by something weaker.
//! Every value that passes is made known to the redactor first.

mod moving;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tokio::sync::RwLock;
use tokio::task::spawn_blocking;

use crate::file::{Inspection, OpenFile, inspect};
use crate::keychain::{Keychain, Standing, SystemKeychain};
use crate::ledger::Ledger;
use crate::{
    Choice, ChoiceReason, KdfCost, Place, Redactor, Secret, SecretKey, SecretStoreState,
    SecretVault, VaultError, atomic,
};

/// Keeps secrets where the person wants them.
pub struct SystemVault {
    ledger_path: PathBuf,
    file_path: PathBuf,
    cost: KdfCost,
    keychain: Arc<dyn Keychain>,
    redactor: Redactor,
    /// Held over the calls of one operation, on purpose: reading goes side by side, while a change of place
    /// must see nobody between its copy and its delete. Every call inside has a deadline of its own, and the
    /// one that waits for a person, the keychain's prompt, is made without it.
    desk: RwLock<Desk>,
    /// What the last call found, for `place`.
    place: Mutex<Option<Place>>,
}

/// What is in hand.
struct Desk {
    /// None where `secrets.json` cannot be read.
    ledger: Option<Ledger>,
    /// The encrypted file, once its passphrase was given.
    file: Option<Arc<OpenFile>>,
    /// The last passphrase did not open it.
    wrong: bool,
    memory: BTreeMap<SecretKey, Secret>,
}

impl Desk {
    fn ledger(&self) -> Result<&Ledger, VaultError> {
        self.ledger
            .as_ref()
            .ok_or(VaultError::ChoiceNeeded(ChoiceReason::ChoiceUnreadable))
    }

    /// Where secrets live. Without a choice it is the keychain: that is what it is for.
    fn place(&self) -> Result<Place, VaultError> {
        Ok(self.ledger()?.place.unwrap_or(Place::Keychain))
    }

    fn file(&self) -> Result<Arc<OpenFile>, VaultError> {
        self.file.clone().ok_or(VaultError::PassphraseNeeded)
    }
}

impl SystemVault {
    /// Reads the choice that was made, from `folder`, which is made where it is missing. The keychain is
    /// not asked yet. What passes through the vault, `redactor` learns.
    pub fn open(folder: &Path, redactor: Redactor) -> Result<Self, VaultError> {
        Self::assemble(
            folder,
            redactor,
            Arc::new(SystemKeychain::new()),
            KdfCost::default(),
        )
    }

    /// As `open`, with another price for guessing the passphrase of a new file. For tests.
    pub fn open_with_cost(
        folder: &Path,
        redactor: Redactor,
        cost: KdfCost,
    ) -> Result<Self, VaultError> {
        Self::assemble(folder, redactor, Arc::new(SystemKeychain::new()), cost)
    }

    fn assemble(
        folder: &Path,
        redactor: Redactor,
        keychain: Arc<dyn Keychain>,
        cost: KdfCost,
    ) -> Result<Self, VaultError> {
        atomic::make_folder(folder)?;
        let ledger_path = folder.join("secrets.json");
        let ledger = Ledger::load(&ledger_path);
        Ok(Self {
            file_path: folder.join("secrets.vault"),
            cost,
            keychain,
            redactor,
            desk: RwLock::new(Desk {
                ledger,
                file: None,
                wrong: false,
                memory: BTreeMap::new(),
            }),
            place: Mutex::new(None),
            ledger_path,
        })
    }

    /// How things stand, asked afresh.
    async fn look(&self, desk: &Desk) -> SecretStoreState {
        let state = match desk.place() {
            Err(_) => SecretStoreState::ChoiceNeeded {
                reason: ChoiceReason::ChoiceUnreadable,
            },
            Ok(Place::Keychain) => self.look_at_keychain().await,
            Ok(Place::EncryptedFile) => self.look_at_file(desk).await,
            Ok(Place::Memory) => SecretStoreState::Ready(Place::Memory),
        };
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = match state {
            SecretStoreState::Ready(place) => Some(place),
            _ => None,
        };
        state
    }

    async fn look_at_keychain(&self) -> SecretStoreState {
        standing_as_state(self.keychain.standing().await)
    }

    async fn look_at_file(&self, desk: &Desk) -> SecretStoreState {
        let (path, open, wrong) = (self.file_path.clone(), desk.file.clone(), desk.wrong);
        blocking(move || {
            let damaged = SecretStoreState::ChoiceNeeded {
                reason: ChoiceReason::FileDamaged,
            };
            let Some(open) = open else {
                return Ok(match inspect(&path) {
                    Inspection::Sound => SecretStoreState::PassphraseNeeded { wrong },
                    Inspection::Missing => SecretStoreState::ChoiceNeeded {
                        reason: ChoiceReason::FileMissing,
                    },
                    Inspection::Damaged => damaged,
                });
            };
            Ok(match open.check() {
                Ok(()) => SecretStoreState::Ready(Place::EncryptedFile),
                Err(VaultError::PassphraseNeeded | VaultError::WrongPassphrase) => {
                    SecretStoreState::PassphraseNeeded { wrong: false }
                }
                Err(VaultError::File { source, .. })
                    if source.kind() == io::ErrorKind::NotFound =>
                {
                    SecretStoreState::ChoiceNeeded {
                        reason: ChoiceReason::FileMissing,
                    }
                }
                Err(_) => damaged,
            })
        })
        .await
        .unwrap_or(SecretStoreState::ChoiceNeeded {
            reason: ChoiceReason::FileDamaged,
        })
    }

    async fn unlock_file(
        &self,
        passphrase: Option<Secret>,
    ) -> Result<SecretStoreState, VaultError> {
        let passphrase = passphrase.ok_or(VaultError::PassphraseNeeded)?;
        let mut desk = self.desk.write().await;
        let path = self.file_path.clone();
        match blocking(move || OpenFile::open(&path, &passphrase)).await {
            Ok(file) => {
                desk.file = file.map(Arc::new);
                desk.wrong = false;
            }
            Err(VaultError::WrongPassphrase) => desk.wrong = desk.file.is_none(),
            // The state tells.
            Err(VaultError::FileDamaged { .. }) => {}
            Err(other) => return Err(other),
        }
        Ok(self.look(&desk).await)
    }

    async fn put_in_keychain(
        &self,
        desk: &mut Desk,
        key: &SecretKey,
        value: &Secret,
    ) -> Result<(), VaultError> {
        // Noted before it goes in, so that it is never in there unknown to us.
        let mut ledger = desk.ledger()?.clone();
        ledger.keychain.insert(key.clone());
        ledger.forget.remove(key);
        self.keep_ledger(desk, ledger.clone()).await?;
        self.keychain.put(key, value).await?;
        ledger.place = Some(Place::Keychain);
        self.keep_ledger(desk, ledger).await
    }

    async fn delete_in_keychain(&self, desk: &mut Desk, key: &SecretKey) -> Result<(), VaultError> {
        self.keychain.delete(key).await?;
        let mut ledger = desk.ledger()?.clone();
        ledger.keychain.remove(key);
        ledger.forget.remove(key);
        self.keep_ledger(desk, ledger).await
    }

    /// An older copy in the keychain, left there when it could not be reached, must not outlive its key.
    async fn forget_in_keychain(&self, desk: &mut Desk, key: &SecretKey) -> Result<(), VaultError> {
        let mut ledger = desk.ledger()?.clone();
        if ledger.keychain.remove(key) {
            ledger.forget.insert(key.clone());
            self.keep_ledger(desk, ledger).await?;
        }
        self.tidy(desk).await
    }

    /// Deletes copies that earlier choices left, as far as their place can be reached now.
    async fn tidy(&self, desk: &mut Desk) -> Result<(), VaultError> {
        let mut ledger = desk.ledger()?.clone();
        if !ledger.forget.is_empty() && self.keychain.standing().await == Standing::Ready {
            for key in std::mem::take(&mut ledger.forget) {
                if let Err(cause) = self.keychain.delete(&key).await {
                    tracing::warn!(%cause, %key, "a copy in the keychain stays for now");
                    ledger.forget.insert(key);
                }
            }
        }
        if ledger.drop_file && ledger.place != Some(Place::EncryptedFile) {
            let path = self.file_path.clone();
            blocking(move || atomic::remove(&path)).await?;
            ledger.drop_file = false;
        }
        self.keep_ledger(desk, ledger).await
    }

    /// Writes the ledger where it changed, and takes it into hand once it is on the disk.
    async fn keep_ledger(&self, desk: &mut Desk, ledger: Ledger) -> Result<(), VaultError> {
        if desk.ledger.as_ref() == Some(&ledger) {
            return Ok(());
        }
        let (path, written) = (self.ledger_path.clone(), ledger.clone());
        blocking(move || written.save(&path)).await?;
        desk.ledger = Some(ledger);
        Ok(())
    }
}

#[async_trait]
impl SecretVault for SystemVault {
    async fn state(&self) -> SecretStoreState {
        let desk = self.desk.read().await;
        let state = self.look(&desk).await;
        let leftovers = desk
            .ledger
            .as_ref()
            .is_some_and(|l| l.drop_file || !l.forget.is_empty());
        drop(desk);
        if leftovers && let Err(cause) = self.tidy(&mut *self.desk.write().await).await {
            tracing::warn!(%cause, "copies of moved secrets stay for now");
        }
        state
    }

    async fn choose(
        &self,
        choice: Choice,
        passphrase: Option<Secret>,
    ) -> Result<SecretStoreState, VaultError> {
        if let Some(passphrase) = &passphrase {
            self.redactor.learn(passphrase);
        }
        self.move_to(choice, passphrase).await
    }

    async fn unlock(&self, passphrase: Option<Secret>) -> Result<SecretStoreState, VaultError> {
        if let Some(passphrase) = &passphrase {
            self.redactor.learn(passphrase);
        }
        let place = self.desk.read().await.place();
        match place {
            Ok(Place::EncryptedFile) => self.unlock_file(passphrase).await,
            Ok(Place::Keychain) => {
                self.keychain.unlock().await;
                Ok(self.state().await)
            }
            Ok(Place::Memory) | Err(_) => Ok(self.state().await),
        }
    }

    async fn put(&self, key: &SecretKey, value: &Secret) -> Result<(), VaultError> {
        self.redactor.learn(value);
        let mut desk = self.desk.write().await;
        match desk.place()? {
            Place::Keychain => return self.put_in_keychain(&mut desk, key, value).await,
            Place::EncryptedFile => {
                let (file, key, value) = (desk.file()?, key.clone(), value.clone());
                blocking(move || file.put(&key, &value)).await?;
            }
            Place::Memory => drop(desk.memory.insert(key.clone(), value.clone())),
        }
        self.forget_in_keychain(&mut desk, key).await
    }

    async fn get(&self, key: &SecretKey) -> Result<Option<Secret>, VaultError> {
        let desk = self.desk.read().await;
        let found = match desk.place()? {
            Place::Keychain => self.keychain.get(key).await?,
            Place::EncryptedFile => {
                let (file, key) = (desk.file()?, key.clone());
                blocking(move || file.get(&key)).await?
            }
            Place::Memory => desk.memory.get(key).cloned(),
        };
        if let Some(secret) = &found {
            self.redactor.learn(secret);
        }
        Ok(found)
    }

    async fn delete(&self, key: &SecretKey) -> Result<(), VaultError> {
        let mut desk = self.desk.write().await;
        match desk.place()? {
            Place::Keychain => return self.delete_in_keychain(&mut desk, key).await,
            Place::EncryptedFile => {
                let (file, key) = (desk.file()?, key.clone());
                blocking(move || file.delete(&key)).await?;
            }
            Place::Memory => drop(desk.memory.remove(key)),
        }
        self.forget_in_keychain(&mut desk, key).await
    }

    fn place(&self) -> Option<Place> {
        *self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn standing_as_state(standing: Standing) -> SecretStoreState {
    match standing {
        Standing::Ready => SecretStoreState::Ready(Place::Keychain),
        Standing::Locked => SecretStoreState::KeychainLocked,
        Standing::Absent(reason) => SecretStoreState::ChoiceNeeded { reason },
    }
}

/// Work on a file, off the async threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, VaultError> + Send + 'static,
) -> Result<T, VaultError> {
    spawn_blocking(work)
        .await
        .unwrap_or_else(|cause| Err(VaultError::Interrupted(cause.to_string())))
}
