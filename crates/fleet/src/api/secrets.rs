//! Where secrets are kept.

use gatehouse_vault::{Choice, Secret, SecretStoreState, VaultError};

use crate::core::secret_store_view;
use crate::error::FleetError;
use crate::fleet::Fleet;
use crate::view::{SecretStoreChoice, SecretStoreView};

impl Fleet {
    pub async fn secret_store_state(&self) -> SecretStoreView {
        secret_store_view(self.shared.safe.vault().state().await)
    }

    /// Decides where secrets live from now on.
    pub async fn secret_store_choose(
        &self,
        choice: SecretStoreChoice,
        passphrase: Option<String>,
    ) -> Result<SecretStoreView, FleetError> {
        let choice = match choice {
            SecretStoreChoice::Keychain => Choice::Keychain,
            SecretStoreChoice::EncryptedFile => Choice::EncryptedFile,
            SecretStoreChoice::NewEncryptedFile => Choice::NewEncryptedFile,
            SecretStoreChoice::Memory => Choice::Memory,
        };
        let passphrase = passphrase.map(Secret::new);
        let state = self.shared.safe.vault().choose(choice, passphrase).await;
        self.secrets_changed(state).await
    }

    /// Opens what is locked. A wrong passphrase is a state, not an error.
    pub async fn secret_store_unlock(
        &self,
        passphrase: Option<String>,
    ) -> Result<SecretStoreView, FleetError> {
        let state = self
            .shared
            .safe
            .vault()
            .unlock(passphrase.map(Secret::new))
            .await;
        self.secrets_changed(state).await
    }

    async fn secrets_changed(
        &self,
        state: Result<SecretStoreState, VaultError>,
    ) -> Result<SecretStoreView, FleetError> {
        let state = state?;
        // Whoever waits tries again, also where nothing changed that the vault could tell of.
        self.call(move |core| core.secrets_stand(state)).await?;
        Ok(secret_store_view(state))
    }
}
