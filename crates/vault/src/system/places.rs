//! Putting, reading and deleting where secrets live now, and what earlier places must forget.

use super::{Desk, SystemVault, blocking};
use crate::keychain::Standing;
use crate::{Place, Secret, SecretKey, VaultError, atomic};

impl SystemVault {
    pub(super) async fn put_in(
        &self,
        desk: &mut Desk,
        key: &SecretKey,
        value: &Secret,
    ) -> Result<(), VaultError> {
        match desk.place()? {
            Place::Keychain => return self.put_in_keychain(desk, key, value).await,
            Place::EncryptedFile => {
                let (file, key, value) = (desk.file()?, key.clone(), value.clone());
                blocking(move || file.put(&key, &value)).await?;
            }
            Place::Memory => drop(desk.memory.insert(key.clone(), value.clone())),
        }
        self.forget_in_keychain(desk, key).await
    }

    pub(super) async fn get_from(
        &self,
        desk: &Desk,
        key: &SecretKey,
    ) -> Result<Option<Secret>, VaultError> {
        match desk.place()? {
            Place::Keychain => self.keychain.get(key).await,
            Place::EncryptedFile => {
                let (file, key) = (desk.file()?, key.clone());
                blocking(move || file.get(&key)).await
            }
            Place::Memory => Ok(desk.memory.get(key).cloned()),
        }
    }

    pub(super) async fn delete_in(
        &self,
        desk: &mut Desk,
        key: &SecretKey,
    ) -> Result<(), VaultError> {
        match desk.place()? {
            Place::Keychain => return self.delete_in_keychain(desk, key).await,
            Place::EncryptedFile => {
                let (file, key) = (desk.file()?, key.clone());
                blocking(move || file.delete(&key)).await?;
            }
            Place::Memory => drop(desk.memory.remove(key)),
        }
        self.forget_in_keychain(desk, key).await
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

    /// Notes that a secret in the keychain is to go. False where it is somewhere else.
    pub(super) async fn delete_later(
        &self,
        desk: &mut Desk,
        key: &SecretKey,
    ) -> Result<bool, VaultError> {
        if desk.place()? != Place::Keychain {
            return Ok(false);
        }
        let mut ledger = desk.ledger()?.clone();
        if ledger.keychain.remove(key) {
            ledger.forget.insert(key.clone());
            self.keep_ledger(desk, ledger).await?;
        }
        Ok(true)
    }

    /// Deletes copies that earlier choices left, as far as their place can be reached now.
    pub(super) async fn tidy(&self, desk: &mut Desk) -> Result<(), VaultError> {
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
}
