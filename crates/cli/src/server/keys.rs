//! Where a headless gateway keeps the master key of its credentials: the keychain; an encrypted file, where there is
//! no keychain and a passphrase was given for it; or a file in the clear, where one was named.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gatehouse_vault::credentials::{KeyFile, KeyShelf, VaultShelf};
use gatehouse_vault::{
    Choice, Redactor, Secret, SecretStoreState, SecretVault, SystemVault, VaultError,
};

use crate::args::RunArgs;
use crate::dial::secret_file;
use crate::failure::{Failure, FailureKind};
use crate::output::Output;

/// The shelf that the flags name, else the keychain's: one that cannot be used says so when it is.
pub(crate) async fn shelf(
    args: &RunArgs,
    state_dir: &Path,
    redactor: &Redactor,
    output: &Output,
) -> Result<Arc<dyn KeyShelf>, Failure> {
    if let Some(path) = &args.credential_key_file {
        output.note(&format!(
            "warning: the master key of the credentials is in {}: whoever can read that file can read every credential",
            path.display()
        ));
        return Ok(Arc::new(KeyFile::new(path.clone())));
    }
    let folder = state_dir.join("server");
    let vault = SystemVault::open(&folder, redactor.clone()).map_err(unusable)?;
    if let Some(path) = &args.credential_passphrase_file {
        let passphrase = Secret::new(secret_file(path)?.expose());
        redactor.learn(&passphrase);
        open_file(&vault, passphrase).await?;
    }
    Ok(Arc::new(VaultShelf::new(Arc::new(vault))))
}

/// The files with a secret that the flags name.
pub(crate) fn files(args: &RunArgs) -> Vec<PathBuf> {
    let named = [&args.credential_key_file, &args.credential_passphrase_file];
    let named = named.into_iter().flatten();
    named
        .filter_map(|path| std::path::absolute(path).ok())
        .collect()
}

/// Whoever gives a passphrase chose the encrypted file.
async fn open_file(vault: &SystemVault, passphrase: Secret) -> Result<(), Failure> {
    let state = match vault.state().await {
        SecretStoreState::PassphraseNeeded { .. } => vault.unlock(Some(passphrase)).await,
        _ => vault.choose(Choice::EncryptedFile, Some(passphrase)).await,
    };
    match state.map_err(unusable)? {
        SecretStoreState::Ready(_) => Ok(()),
        SecretStoreState::PassphraseNeeded { .. } => Err(unusable(VaultError::WrongPassphrase)),
        SecretStoreState::KeychainLocked => Err(unusable(VaultError::KeychainLocked)),
        SecretStoreState::ChoiceNeeded { reason } => {
            Err(unusable(VaultError::ChoiceNeeded(reason)))
        }
    }
}

fn unusable(error: VaultError) -> Failure {
    Failure::new(FailureKind::Configuration, "credentials", error.to_string())
}
