//! From one place to another, and what may not get lost on the way.

use std::fs;

use super::{ABSENT, Fixture, READY, key};
use crate::keychain::Standing;
use crate::{Choice, ChoiceReason, Place, Secret, SecretStoreState, SecretVault, VaultError};

#[tokio::test]
async fn secrets_move_from_the_file_to_the_keychain_and_the_file_goes() {
    let mut fixture = Fixture::new(ABSENT);
    fixture
        .choose(Choice::EncryptedFile, Some("correct horse"))
        .await;
    fixture.put("a", "alpha").await;
    fixture.put("b", "bravo").await;
    fixture.keychain.set(Standing::Ready);
    assert_eq!(
        fixture.choose(Choice::Keychain, None).await,
        READY(Place::Keychain)
    );
    assert!(!fixture.file().exists());
    fixture.restart();
    assert_eq!(fixture.get("a").await.as_deref(), Some("alpha"));
    assert_eq!(fixture.get("b").await.as_deref(), Some("bravo"));
}

#[tokio::test]
async fn secrets_move_from_the_keychain_to_the_file_and_leave_it() {
    let fixture = Fixture::new(Standing::Ready);
    fixture.put("a", "alpha").await;
    fixture
        .choose(Choice::EncryptedFile, Some("correct horse"))
        .await;
    assert_eq!(fixture.get("a").await.as_deref(), Some("alpha"));
    assert!(fixture.keychain.names().is_empty());
}

#[tokio::test]
async fn secrets_in_memory_move_to_where_they_stay() {
    let fixture = Fixture::new(ABSENT);
    fixture.choose(Choice::Memory, None).await;
    fixture.put("a", "alpha").await;
    fixture
        .choose(Choice::EncryptedFile, Some("correct horse"))
        .await;
    assert_eq!(fixture.get("a").await.as_deref(), Some("alpha"));
}

#[tokio::test]
async fn a_move_that_does_not_read_back_deletes_nothing() {
    let fixture = Fixture::new(ABSENT);
    fixture
        .choose(Choice::EncryptedFile, Some("correct horse"))
        .await;
    fixture.put("a", "alpha").await;
    fixture.keychain.set(Standing::Ready);
    *fixture.keychain.forgetful.lock().unwrap() = true;
    let moved = fixture.vault.choose(Choice::Keychain, None).await;
    assert!(matches!(moved, Err(VaultError::MoveNotVerified)));
    assert_eq!(fixture.vault.state().await, READY(Place::EncryptedFile));
    assert_eq!(fixture.get("a").await.as_deref(), Some("alpha"));
}

#[tokio::test]
async fn what_an_absent_keychain_held_is_kept_and_comes_back_with_it() {
    let mut fixture = Fixture::new(Standing::Ready);
    fixture.put("a", "old alpha").await;
    fixture.put("b", "bravo").await;
    fixture.keychain.set(ABSENT);
    fixture
        .choose(Choice::EncryptedFile, Some("correct horse"))
        .await;
    assert_eq!(
        fixture.get("b").await,
        None,
        "it could not be read, so it could not be moved"
    );
    fixture.put("a", "new alpha").await;

    fixture.keychain.set(Standing::Ready);
    fixture.restart();
    fixture
        .vault
        .unlock(Some(Secret::new("correct horse")))
        .await
        .unwrap();
    fixture.choose(Choice::Keychain, None).await;
    assert_eq!(fixture.get("a").await.as_deref(), Some("new alpha"));
    assert_eq!(fixture.get("b").await.as_deref(), Some("bravo"));
}

#[tokio::test]
async fn a_secret_forgotten_while_the_keychain_was_away_is_deleted_there_later() {
    let mut fixture = Fixture::new(Standing::Ready);
    fixture.put("a", "alpha").await;
    fixture.keychain.set(ABSENT);
    fixture.choose(Choice::Memory, None).await;
    fixture.vault.delete(&key("a")).await.unwrap();
    assert_eq!(fixture.keychain.names(), ["a"], "out of reach");
    fixture.keychain.set(Standing::Ready);
    fixture.restart();
    fixture.vault.state().await;
    assert!(fixture.keychain.names().is_empty());
}

#[tokio::test]
async fn a_damaged_file_is_reported_and_set_aside_only_for_a_new_one() {
    let mut fixture = Fixture::new(ABSENT);
    fixture
        .choose(Choice::EncryptedFile, Some("correct horse"))
        .await;
    fs::write(fixture.file(), "broken").unwrap();
    fixture.restart();
    let damaged = SecretStoreState::ChoiceNeeded {
        reason: ChoiceReason::FileDamaged,
    };
    assert_eq!(fixture.vault.state().await, damaged);
    assert_eq!(
        fixture
            .vault
            .unlock(Some(Secret::new("correct horse")))
            .await
            .unwrap(),
        damaged
    );
    let same = fixture
        .vault
        .choose(Choice::EncryptedFile, Some(Secret::new("correct horse")))
        .await;
    assert!(matches!(same, Err(VaultError::FileDamaged { .. })));
    assert_eq!(
        fs::read_to_string(fixture.file()).unwrap(),
        "broken",
        "left as it is"
    );

    let anew = fixture
        .choose(Choice::NewEncryptedFile, Some("another horse"))
        .await;
    assert_eq!(anew, READY(Place::EncryptedFile));
    let aside = fixture.folder.path().join("secrets.vault.set-aside-1");
    assert_eq!(fs::read_to_string(aside).unwrap(), "broken");
}

#[tokio::test]
async fn a_forgotten_passphrase_leads_to_a_new_file_and_the_old_is_kept_locked() {
    let mut fixture = Fixture::new(ABSENT);
    fixture
        .choose(Choice::EncryptedFile, Some("correct horse"))
        .await;
    fixture.put("a", "alpha").await;
    let old = fs::read(fixture.file()).unwrap();
    fixture.restart();
    fixture
        .choose(Choice::NewEncryptedFile, Some("another horse"))
        .await;
    assert_eq!(fixture.get("a").await, None);
    assert_eq!(
        fs::read(fixture.folder.path().join("secrets.vault.set-aside-1")).unwrap(),
        old
    );
}

#[tokio::test]
async fn a_new_passphrase_for_an_open_file_carries_everything_and_leaves_no_old_copy() {
    let mut fixture = Fixture::new(ABSENT);
    fixture
        .choose(Choice::EncryptedFile, Some("correct horse"))
        .await;
    fixture.put("a", "alpha").await;
    fixture
        .choose(Choice::NewEncryptedFile, Some("another horse"))
        .await;
    assert_eq!(fixture.get("a").await.as_deref(), Some("alpha"));
    assert_eq!(
        fixture.files(),
        ["secrets.json", "secrets.lock", "secrets.vault"]
    );
    fixture.restart();
    let old = fixture
        .vault
        .unlock(Some(Secret::new("correct horse")))
        .await
        .unwrap();
    assert_eq!(old, SecretStoreState::PassphraseNeeded { wrong: true });
    fixture
        .vault
        .unlock(Some(Secret::new("another horse")))
        .await
        .unwrap();
    assert_eq!(fixture.get("a").await.as_deref(), Some("alpha"));
}

#[tokio::test]
async fn a_locked_file_that_is_left_for_memory_is_not_deleted() {
    let mut fixture = Fixture::new(ABSENT);
    fixture
        .choose(Choice::EncryptedFile, Some("correct horse"))
        .await;
    fixture.put("a", "alpha").await;
    fixture.restart();
    fixture.choose(Choice::Memory, None).await;
    assert!(fixture.file().exists());
    fixture
        .choose(Choice::EncryptedFile, Some("correct horse"))
        .await;
    assert_eq!(fixture.get("a").await.as_deref(), Some("alpha"));
}

#[tokio::test]
async fn a_move_that_was_cut_off_before_the_old_was_deleted_is_finished_at_the_next_start() {
    let mut fixture = Fixture::new(Standing::Ready);
    fixture.put("a", "alpha").await;
    // The process ended after the choice was written: both places hold the secret.
    let old = fixture.keychain.entries.lock().unwrap().clone();
    fixture
        .choose(Choice::EncryptedFile, Some("correct horse"))
        .await;
    *fixture.keychain.entries.lock().unwrap() = old;
    let ledger = r#"{"version":1,"place":"encryptedFile","forget":["a"]}"#;
    fs::write(fixture.folder.path().join("secrets.json"), ledger).unwrap();
    fixture.restart();
    fixture.vault.state().await;
    assert!(fixture.keychain.names().is_empty());
}
