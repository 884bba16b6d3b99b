//! The vault of the application: the keychain, or what the person chose where there is none.
//!
//! It keeps a choice until the person makes another one: a keychain that appears later changes nothing by
//! itself, and one that vanishes is said to be gone instead of being replaced by something weaker.
//! Every value that passes is made known to the redactor first.

mod moving;
mod places;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tokio::sync::{RwLock, watch};
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
    /// The place of the ledger in hand, for whoever must not wait.
    chosen: Mutex<Option<Place>>,
    /// What the last call found.
    seen: watch::Sender<Option<SecretStoreState>>,
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
        let desk = Desk {
            ledger: Ledger::load(&ledger_path),
            file: None,
            wrong: false,
            memory: BTreeMap::new(),
        };
        Ok(Self {
            file_path: folder.join("secrets.vault"),
            cost,
            keychain,
            redactor,
            chosen: Mutex::new(desk.place().ok()),
            desk: RwLock::new(desk),
            seen: watch::Sender::new(None),
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
        self.saw(state);
        state
    }

    fn saw(&self, state: SecretStoreState) {
        self.seen
            .send_if_modified(|seen| seen.replace(state) != Some(state));
    }

    /// What came of a call tells how things stand as well as asking does.
    fn noted<T>(&self, desk: &Desk, done: Result<T, VaultError>) -> Result<T, VaultError> {
        let state = match (&done, desk.place()) {
            (Ok(_), Ok(place)) => Some(SecretStoreState::Ready(place)),
            (Err(VaultError::KeychainLocked), _) => Some(SecretStoreState::KeychainLocked),
            (Err(VaultError::ChoiceNeeded(reason)), _) => {
                Some(SecretStoreState::ChoiceNeeded { reason: *reason })
            }
            (Err(VaultError::PassphraseNeeded), _) => {
                Some(SecretStoreState::PassphraseNeeded { wrong: desk.wrong })
            }
            _ => None,
        };
        if let Some(state) = state {
            self.saw(state);
        }
        done
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

    /// Writes the ledger where it changed, and takes it into hand once it is on the disk.
    async fn keep_ledger(&self, desk: &mut Desk, ledger: Ledger) -> Result<(), VaultError> {
        if desk.ledger.as_ref() == Some(&ledger) {
            return Ok(());
        }
        let (path, written) = (self.ledger_path.clone(), ledger.clone());
        blocking(move || written.save(&path)).await?;
        desk.ledger = Some(ledger);
        *self.chosen.lock().unwrap_or_else(PoisonError::into_inner) = desk.place().ok();
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
        let done = self.put_in(&mut desk, key, value).await;
        self.noted(&desk, done)
    }

    async fn get(&self, key: &SecretKey) -> Result<Option<Secret>, VaultError> {
        let desk = self.desk.read().await;
        let found = self.get_from(&desk, key).await;
        let found = self.noted(&desk, found)?;
        if let Some(secret) = &found {
            self.redactor.learn(secret);
        }
        Ok(found)
    }

    async fn delete(&self, key: &SecretKey) -> Result<(), VaultError> {
        let mut desk = self.desk.write().await;
        let done = self.delete_in(&mut desk, key).await;
        self.noted(&desk, done)
    }

    async fn delete_for_good(&self, key: &SecretKey) -> Result<(), VaultError> {
        let mut desk = self.desk.write().await;
        let done = match self.delete_in(&mut desk, key).await {
            Ok(()) => Ok(()),
            Err(cause) => match self.delete_later(&mut desk, key).await {
                Ok(true) => Ok(()),
                Ok(false) => Err(cause),
                Err(failed) => Err(failed),
            },
        };
        self.noted(&desk, done)
    }

    fn place(&self) -> Option<Place> {
        *self.chosen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn standing(&self) -> watch::Receiver<Option<SecretStoreState>> {
        self.seen.subscribe()
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
