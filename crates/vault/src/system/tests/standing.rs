//! What is told of how things stand, and of where secrets are, without asking anyone.

use super::*;

const NO_SERVICE: SecretStoreState = SecretStoreState::ChoiceNeeded {
    reason: ChoiceReason::NoSecretService,
};

#[tokio::test]
async fn where_secrets_are_is_known_whether_it_can_be_reached_or_not() {
    let mut fixture = Fixture::new(Standing::Ready);
    fixture.put("a", "alpha").await;
    for standing in [ABSENT, Standing::Locked] {
        fixture.keychain.set(standing);
        fixture.restart();
        assert_eq!(fixture.vault.place(), Some(Place::Keychain), "{standing:?}");
        fixture.vault.state().await;
        assert_eq!(fixture.vault.place(), Some(Place::Keychain), "{standing:?}");
    }
    let passphrase = Some("correct horse");
    fixture.choose(Choice::EncryptedFile, passphrase).await;
    fixture.restart();
    assert_eq!(
        fixture.vault.place(),
        Some(Place::EncryptedFile),
        "before its passphrase is given"
    );
    fs::write(fixture.folder.path().join("secrets.json"), "{ broken").unwrap();
    fixture.restart();
    assert_eq!(fixture.vault.place(), None, "the choice cannot be read");
}

#[tokio::test]
async fn a_call_that_succeeds_tells_that_the_keychain_is_back() {
    let fixture = Fixture::new(ABSENT);
    let mut standing = fixture.vault.standing();
    assert_eq!(fixture.vault.state().await, NO_SERVICE);
    assert_eq!(*standing.borrow_and_update(), Some(NO_SERVICE));

    fixture.keychain.set(Standing::Ready);
    assert_eq!(fixture.get("a").await, None);
    assert!(standing.has_changed().unwrap());
    assert_eq!(*standing.borrow_and_update(), Some(READY(Place::Keychain)));
    fixture.put("a", "alpha").await;
    assert!(!standing.has_changed().unwrap(), "nothing is told twice");
}

#[tokio::test]
async fn a_call_that_fails_tells_why_the_keychain_cannot_be_used() {
    let fixture = Fixture::new(Standing::Ready);
    fixture.vault.state().await;
    for (standing, told) in [
        (Standing::Locked, SecretStoreState::KeychainLocked),
        (ABSENT, NO_SERVICE),
    ] {
        fixture.keychain.set(standing);
        assert!(fixture.vault.get(&key("a")).await.is_err());
        assert_eq!(fixture.seen(), Some(told));
        fixture.keychain.set(Standing::Ready);
        fixture.put("a", "alpha").await;
        assert_eq!(fixture.seen(), Some(READY(Place::Keychain)));
        fixture.keychain.set(standing);
        fixture.vault.delete(&key("a")).await.unwrap_err();
        assert_eq!(fixture.seen(), Some(told));
    }
}

#[tokio::test]
async fn a_file_that_waits_for_its_passphrase_says_so_to_whoever_reads() {
    let mut fixture = Fixture::new(ABSENT);
    let passphrase = Some("correct horse");
    fixture.choose(Choice::EncryptedFile, passphrase).await;
    fixture.restart();
    assert!(fixture.vault.get(&key("a")).await.is_err());
    let waits = SecretStoreState::PassphraseNeeded { wrong: false };
    assert_eq!(fixture.seen(), Some(waits));
}

#[tokio::test]
async fn what_is_to_go_for_good_goes_when_the_keychain_is_back() {
    let mut fixture = Fixture::new(Standing::Ready);
    fixture.put("gone", "alpha").await;
    fixture.put("stays", "beta").await;
    fixture.keychain.set(Standing::Locked);
    fixture.vault.delete_for_good(&key("gone")).await.unwrap();
    let refused = fixture.vault.delete(&key("stays")).await;
    assert!(matches!(refused, Err(VaultError::KeychainLocked)));
    fixture.restart();
    fixture.keychain.set(Standing::Ready);
    fixture.vault.state().await;
    assert_eq!(fixture.keychain.names(), ["stays"]);
}
