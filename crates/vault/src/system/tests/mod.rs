mod moving;
mod standing;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use super::SystemVault;
use crate::keychain::{Keychain, Standing};
use crate::{
    Choice, ChoiceReason, KdfCost, Place, Redactor, Secret, SecretKey, SecretStoreState,
    SecretVault, VaultError,
};

const CHEAP: KdfCost = KdfCost {
    memory_kib: 32,
    passes: 1,
    lanes: 1,
};

/// A keychain in memory that behaves as badly as it is told to.
struct FakeKeychain {
    standing: Mutex<Standing>,
    entries: Mutex<BTreeMap<SecretKey, String>>,
    /// What is read back is not what was written.
    forgetful: Mutex<bool>,
}

impl FakeKeychain {
    fn new(standing: Standing) -> Arc<Self> {
        Arc::new(Self {
            standing: Mutex::new(standing),
            entries: Mutex::default(),
            forgetful: Mutex::new(false),
        })
    }

    fn set(&self, standing: Standing) {
        *self.standing.lock().unwrap() = standing;
    }

    fn now(&self) -> Standing {
        *self.standing.lock().unwrap()
    }

    fn check(&self) -> Result<(), VaultError> {
        match self.now() {
            Standing::Ready => Ok(()),
            Standing::Locked => Err(VaultError::KeychainLocked),
            Standing::Absent(reason) => Err(VaultError::ChoiceNeeded(reason)),
        }
    }

    fn names(&self) -> Vec<String> {
        self.entries
            .lock()
            .unwrap()
            .keys()
            .map(SecretKey::to_string)
            .collect()
    }
}

#[async_trait]
impl Keychain for FakeKeychain {
    async fn standing(&self) -> Standing {
        self.now()
    }

    async fn unlock(&self) -> Standing {
        self.set(Standing::Ready);
        Standing::Ready
    }

    async fn put(&self, key: &SecretKey, value: &Secret) -> Result<(), VaultError> {
        self.check()?;
        if !*self.forgetful.lock().unwrap() {
            self.entries
                .lock()
                .unwrap()
                .insert(key.clone(), value.expose().to_owned());
        }
        Ok(())
    }

    async fn get(&self, key: &SecretKey) -> Result<Option<Secret>, VaultError> {
        self.check()?;
        Ok(self.entries.lock().unwrap().get(key).map(Secret::new))
    }

    async fn delete(&self, key: &SecretKey) -> Result<(), VaultError> {
        self.check()?;
        self.entries.lock().unwrap().remove(key);
        Ok(())
    }
}

const ABSENT: Standing = Standing::Absent(ChoiceReason::NoSecretService);
const READY: fn(Place) -> SecretStoreState = SecretStoreState::Ready;

struct Fixture {
    folder: tempfile::TempDir,
    keychain: Arc<FakeKeychain>,
    vault: SystemVault,
}

impl Fixture {
    fn new(standing: Standing) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keychain = FakeKeychain::new(standing);
        let vault = start(folder.path(), &keychain);
        Self {
            folder,
            keychain,
            vault,
        }
    }

    /// The application starts again.
    fn restart(&mut self) {
        self.vault = start(self.folder.path(), &self.keychain);
    }

    async fn put(&self, name: &str, value: &str) {
        self.vault
            .put(&key(name), &Secret::new(value))
            .await
            .unwrap();
    }

    async fn get(&self, name: &str) -> Option<String> {
        let found = self.vault.get(&key(name)).await.unwrap();
        found.map(|value| value.expose().to_owned())
    }

    async fn choose(&self, choice: Choice, passphrase: Option<&str>) -> SecretStoreState {
        self.vault
            .choose(choice, passphrase.map(Secret::new))
            .await
            .unwrap()
    }

    /// What the last call found.
    fn seen(&self) -> Option<SecretStoreState> {
        *self.vault.standing().borrow()
    }

    fn file(&self) -> std::path::PathBuf {
        self.folder.path().join("secrets.vault")
    }

    fn files(&self) -> Vec<String> {
        let files = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> = files
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn start(folder: &Path, keychain: &Arc<FakeKeychain>) -> SystemVault {
    SystemVault::assemble(folder, Redactor::new(), keychain.clone(), CHEAP).unwrap()
}

fn key(name: &str) -> SecretKey {
    SecretKey::new(name).unwrap()
}

#[tokio::test]
async fn an_unlocked_keychain_is_used_without_a_question() {
    let mut fixture = Fixture::new(Standing::Ready);
    assert_eq!(fixture.seen(), None, "nothing was asked yet");
    assert_eq!(fixture.vault.state().await, READY(Place::Keychain));
    assert_eq!(fixture.seen(), Some(READY(Place::Keychain)));
    fixture.put("a", "alpha").await;
    fixture.restart();
    assert_eq!(fixture.get("a").await.as_deref(), Some("alpha"));
    fixture.vault.delete(&key("a")).await.unwrap();
    assert_eq!(fixture.get("a").await, None);
    assert!(fixture.keychain.names().is_empty());
}

#[tokio::test]
async fn a_locked_keychain_never_reads_as_empty_and_opens_on_request() {
    let fixture = Fixture::new(Standing::Ready);
    fixture.put("a", "alpha").await;
    fixture.keychain.set(Standing::Locked);
    assert_eq!(
        fixture.vault.state().await,
        SecretStoreState::KeychainLocked
    );
    assert_eq!(
        fixture.vault.place(),
        Some(Place::Keychain),
        "what is there is in there, open or not"
    );
    assert!(matches!(
        fixture.vault.get(&key("a")).await,
        Err(VaultError::KeychainLocked)
    ));
    assert!(matches!(
        fixture.vault.delete(&key("a")).await,
        Err(VaultError::KeychainLocked)
    ));
    assert_eq!(
        fixture.vault.unlock(None).await.unwrap(),
        READY(Place::Keychain)
    );
    assert_eq!(fixture.get("a").await.as_deref(), Some("alpha"));
}

#[tokio::test]
async fn without_a_keychain_nothing_is_kept_before_the_person_chose() {
    let fixture = Fixture::new(ABSENT);
    let reason = ChoiceReason::NoSecretService;
    assert_eq!(
        fixture.vault.state().await,
        SecretStoreState::ChoiceNeeded { reason }
    );
    let put = fixture.vault.put(&key("a"), &Secret::new("alpha")).await;
    assert!(matches!(put, Err(VaultError::ChoiceNeeded(_))));
    assert!(fixture.vault.get(&key("a")).await.is_err());
    let everything: Vec<u8> = fixture
        .files()
        .iter()
        .flat_map(|f| fs::read(fixture.folder.path().join(f)).unwrap())
        .collect();
    assert!(!String::from_utf8_lossy(&everything).contains("alpha"));
}

#[tokio::test]
async fn memory_is_remembered_as_the_choice_and_its_content_is_not() {
    let mut fixture = Fixture::new(ABSENT);
    assert_eq!(
        fixture.choose(Choice::Memory, None).await,
        READY(Place::Memory)
    );
    fixture.put("a", "alpha").await;
    assert_eq!(fixture.get("a").await.as_deref(), Some("alpha"));
    fixture.restart();
    assert_eq!(fixture.vault.state().await, READY(Place::Memory));
    assert_eq!(fixture.get("a").await, None);
    assert_eq!(fixture.files(), ["secrets.json"]);
}

#[tokio::test]
async fn the_encrypted_file_asks_for_its_passphrase_after_a_restart() {
    let mut fixture = Fixture::new(ABSENT);
    let state = fixture
        .choose(Choice::EncryptedFile, Some("correct horse"))
        .await;
    assert_eq!(state, READY(Place::EncryptedFile));
    fixture.put("a", "alpha").await;

    fixture.restart();
    assert_eq!(
        fixture.vault.state().await,
        SecretStoreState::PassphraseNeeded { wrong: false }
    );
    assert!(matches!(
        fixture.vault.get(&key("a")).await,
        Err(VaultError::PassphraseNeeded)
    ));
    assert!(matches!(
        fixture.vault.unlock(None).await,
        Err(VaultError::PassphraseNeeded)
    ));
    let wrong = fixture
        .vault
        .unlock(Some(Secret::new("wrong horse")))
        .await
        .unwrap();
    assert_eq!(wrong, SecretStoreState::PassphraseNeeded { wrong: true });
    assert_eq!(fixture.vault.state().await, wrong, "the state remembers it");
    let right = fixture
        .vault
        .unlock(Some(Secret::new("correct horse")))
        .await
        .unwrap();
    assert_eq!(right, READY(Place::EncryptedFile));
    assert_eq!(fixture.get("a").await.as_deref(), Some("alpha"));
}

#[tokio::test]
async fn a_keychain_that_appears_later_changes_nothing_by_itself() {
    let mut fixture = Fixture::new(ABSENT);
    fixture
        .choose(Choice::EncryptedFile, Some("correct horse"))
        .await;
    fixture.keychain.set(Standing::Ready);
    fixture.restart();
    assert_eq!(
        fixture.vault.state().await,
        SecretStoreState::PassphraseNeeded { wrong: false }
    );
}

#[tokio::test]
async fn a_choice_that_cannot_be_carried_out_leaves_everything_as_it_was() {
    let fixture = Fixture::new(ABSENT);
    let choose = |choice, passphrase: Option<&str>| {
        fixture.vault.choose(choice, passphrase.map(Secret::new))
    };
    let missing = choose(Choice::EncryptedFile, None).await;
    assert!(matches!(missing, Err(VaultError::PassphraseNeeded)));
    let short = choose(Choice::EncryptedFile, Some("1234567")).await;
    assert!(matches!(short, Err(VaultError::PassphraseTooShort { .. })));
    let absent = choose(Choice::Keychain, None).await.unwrap();
    let reason = ChoiceReason::NoSecretService;
    assert_eq!(absent, SecretStoreState::ChoiceNeeded { reason });
    assert!(fixture.files().is_empty(), "{:?}", fixture.files());

    choose(Choice::EncryptedFile, Some("correct horse"))
        .await
        .unwrap();
    choose(Choice::Memory, None).await.unwrap();
    let wrong = choose(Choice::EncryptedFile, Some("another horse")).await;
    assert!(matches!(wrong, Err(VaultError::WrongPassphrase)));
    assert_eq!(fixture.vault.state().await, READY(Place::Memory));
}

#[tokio::test]
async fn an_unreadable_choice_asks_again_and_is_kept_beside_the_new_one() {
    let mut fixture = Fixture::new(Standing::Ready);
    fs::write(fixture.folder.path().join("secrets.json"), "{ broken").unwrap();
    fixture.restart();
    let reason = ChoiceReason::ChoiceUnreadable;
    assert_eq!(
        fixture.vault.state().await,
        SecretStoreState::ChoiceNeeded { reason }
    );
    assert!(fixture.vault.get(&key("a")).await.is_err());
    assert_eq!(
        fixture.choose(Choice::Keychain, None).await,
        READY(Place::Keychain)
    );
    let aside = fixture.folder.path().join("secrets.json.set-aside-1");
    assert_eq!(fs::read_to_string(aside).unwrap(), "{ broken");
}

#[tokio::test]
async fn what_passes_through_the_vault_is_known_to_the_redactor() {
    let folder = tempfile::tempdir().unwrap();
    let redactor = Redactor::new();
    let keychain = FakeKeychain::new(Standing::Ready);
    keychain
        .entries
        .lock()
        .unwrap()
        .insert(key("old"), "stored-earlier".to_owned());
    let vault = SystemVault::assemble(folder.path(), redactor.clone(), keychain, CHEAP).unwrap();
    vault
        .put(&key("new"), &Secret::new("stored-now"))
        .await
        .unwrap();
    vault.get(&key("old")).await.unwrap();
    vault
        .choose(Choice::EncryptedFile, Some(Secret::new("correct horse")))
        .await
        .unwrap();
    let log = "stored-earlier stored-now correct horse";
    assert_eq!(redactor.redact(log), "[redacted] [redacted] [redacted]");
}
