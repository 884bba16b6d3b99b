//! Where secrets are kept.

use gatehouse_vault::{Choice, Place, Secret, SecretStoreState, VaultError};

use crate::error::FleetError;
use crate::fleet::{Fleet, FleetEvent};
use crate::view::{SecretPlace, SecretStoreChoice, SecretStoreView};

impl Fleet {
    pub async fn secret_store_state(&self) -> SecretStoreView {
        view(self.shared.safe.vault().state().await)
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
        let view = view(state);
        self.publish(FleetEvent::SecretsChanged(view.clone()));
        if matches!(state, SecretStoreState::Ready(_)) {
            self.call(|core| core.reconnect_all()).await?;
        }
        Ok(view)
    }
}

/// A place as the page names it.
fn place(place: Place) -> SecretPlace {
    match place {
        Place::Keychain => SecretPlace::Keychain,
        Place::EncryptedFile => SecretPlace::EncryptedFile,
        Place::Memory => SecretPlace::Memory,
    }
}

fn view(state: SecretStoreState) -> SecretStoreView {
    match state {
        SecretStoreState::Ready(ready) => SecretStoreView::Ready {
            place: place(ready),
        },
        SecretStoreState::KeychainLocked => SecretStoreView::KeychainLocked,
        SecretStoreState::ChoiceNeeded { reason } => SecretStoreView::ChoiceNeeded {
            reason: reason.code().to_owned(),
        },
        SecretStoreState::PassphraseNeeded { wrong } => SecretStoreView::PassphraseNeeded { wrong },
    }
}
