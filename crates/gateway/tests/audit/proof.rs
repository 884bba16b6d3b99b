//! Whoever can write the database or the state folder, and has not the key, can make nothing of a log that looks whole.

use async_trait::async_trait;
use gatehouse_audit::Statement;
use gatehouse_audit::verify::{MOST_UNSIGNED, Report};
use gatehouse_vault::{
    Choice, MemoryVault, Place, SecretKey, SecretStoreState, SecretVault, VaultError,
};

use super::*;

/// A keychain that is open.
#[derive(Default)]
struct Keychain(MemoryVault);

#[async_trait]
impl SecretVault for Keychain {
    async fn state(&self) -> SecretStoreState {
        SecretStoreState::Ready(Place::Keychain)
    }

    async fn choose(
        &self,
        choice: Choice,
        passphrase: Option<Secret>,
    ) -> Result<SecretStoreState, VaultError> {
        self.0.choose(choice, passphrase).await
    }

    async fn unlock(&self, passphrase: Option<Secret>) -> Result<SecretStoreState, VaultError> {
        self.0.unlock(passphrase).await
    }

    async fn put(&self, key: &SecretKey, value: &Secret) -> Result<(), VaultError> {
        self.0.put(key, value).await
    }

    async fn get(&self, key: &SecretKey) -> Result<Option<Secret>, VaultError> {
        self.0.get(key).await
    }

    async fn delete(&self, key: &SecretKey) -> Result<(), VaultError> {
        self.0.delete(key).await
    }

    fn place(&self) -> Option<Place> {
        Some(Place::Keychain)
    }

    fn standing(&self) -> tokio::sync::watch::Receiver<Option<SecretStoreState>> {
        self.0.standing()
    }
}

/// A log whose key is in the keychain.
async fn log_in(folder: &Path, keychain: &Arc<Keychain>) -> (AuditLog, Arc<SqliteGatewayStore>) {
    let vault: Arc<dyn SecretVault> = keychain.clone();
    log_by(folder, StateKey::new(folder, Some(vault)), Redactor::new()).await
}

async fn report_in(folder: &Path, keychain: &Arc<Keychain>) -> Report {
    let vault: Arc<dyn SecretVault> = keychain.clone();
    report_by(folder, StateKey::new(folder, Some(vault))).await
}

/// A log of two checkpoints, at 6 and at 12 records.
async fn signed_in(folder: &Path, keychain: &Arc<Keychain>) {
    let (log, store) = log_in(folder, keychain).await;
    for size in [6, 12] {
        while log.head().await.0 < size {
            log.event(event("something")).await.unwrap();
        }
        assert_eq!(log.checkpoint().await, Some(size));
    }
    store.close().await;
}

/// Another log in its place, of which nothing was ever signed.
async fn written_anew(folder: &Path, records: usize) {
    for statement in [
        "DROP TRIGGER audit_record_kept",
        "DELETE FROM audit_record",
        "DELETE FROM audit_checkpoint",
    ] {
        in_the_database(folder, statement).await;
    }
    let store = SqliteGatewayStore::open(folder, 0).await.unwrap();
    let forged = (0..records).map(|n| event(&n.to_string())).collect();
    store.audit_append(forged).await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn whoever_has_the_database_cannot_cut_off_its_front_as_if_it_were_sealed() {
    const FORGED: [&str; 2] = [
        "INSERT INTO audit_segment (last, first, from_at, to_at, sealed_at, leaf, frontier, note, proof) \
         SELECT size, 1, 1, 1, 1, (SELECT leaf FROM audit_record WHERE seq = size), frontier, note, x'' \
         FROM audit_checkpoint WHERE size = 6",
        "DELETE FROM audit_record WHERE seq <= 6",
    ];
    let folder = tempfile::tempdir().unwrap();
    signed_twice(folder.path()).await;
    for statement in FORGED {
        in_the_database(folder.path(), statement).await;
    }
    assert_eq!(said_of_files(folder.path()).await, Some(("missing", 1)));
    let (log, store) = log(folder.path(), Redactor::new()).await;
    log.checkpoint().await.unwrap();
    let broken = log.verify().await.unwrap().broken.unwrap();
    assert_eq!((broken.kind.word(), broken.seq), ("missing", 1));
    let sealed = log.seal(i64::MAX, intent("retention")).await.unwrap();
    assert!(sealed.is_err(), "the gateway does not put its name to it");
    let page = log.export(ExportFormat::Jsonl, None, 100).await.unwrap();
    let mut verifier = ExportVerifier::new(log.verifier().cloned(), None, 1);
    verifier.lines(page.text.lines());
    assert!(!verifier.finish().intact());
    store.close().await;
}

#[tokio::test]
async fn whoever_has_the_state_folder_and_not_the_keychain_cannot_write_the_log_anew() {
    let own_key = "07".repeat(32);
    for planted in [
        None,
        Some(("key", own_key.as_str())),
        Some(("keychain", "0123456789abcdef")),
        Some(("keychain", "no name of a log")),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let keychain = Arc::default();
        signed_in(folder.path(), &keychain).await;
        assert!(report_in(folder.path(), &keychain).await.is_proven());
        std::fs::remove_dir_all(folder.path().join("audit")).unwrap();
        written_anew(folder.path(), 20).await;
        if let Some((name, text)) = planted {
            std::fs::create_dir(folder.path().join("audit")).unwrap();
            std::fs::write(folder.path().join("audit").join(name), text).unwrap();
        }
        assert!(!report_in(folder.path(), &keychain).await.intact());
        for start in 0..2 {
            let (log, store) = log_in(folder.path(), &keychain).await;
            log.checkpoint().await.unwrap();
            let report = log.verify().await.unwrap();
            assert!(!report.intact(), "{planted:?}, start {start}: {report:?}");
            store.close().await;
        }
    }
}

#[tokio::test]
async fn a_state_folder_that_was_moved_keeps_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    let keychain = Arc::default();
    signed_in(&old, &keychain).await;
    std::fs::rename(&old, &new).unwrap();
    let (log, store) = log_in(&new, &keychain).await;
    log.checkpoint().await.unwrap();
    assert!(log.verify().await.unwrap().is_proven());
    store.close().await;
    std::fs::remove_file(new.join("audit/keychain")).unwrap();
    assert!(
        report_in(&new, &keychain).await.is_proven(),
        "it is known where it is now"
    );
}

#[tokio::test]
async fn a_log_that_begins_anew_after_another_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let keychain = Arc::default();
    signed_in(&state, &keychain).await;
    let mut former = 12;
    for _ in 0..2 {
        std::fs::remove_dir_all(&state).unwrap();
        let mut signed = 0;
        for _ in 0..2 {
            let (log, store) = log_in(&state, &keychain).await;
            signed = log.checkpoint().await.unwrap();
            let report = log.verify().await.unwrap();
            assert!(report.intact(), "it can be begun anew: {report:?}");
            let said = Statement::Former { records: former };
            assert_eq!(report.unproven, [said], "and that stays said");
            store.close().await;
        }
        former += signed;
    }
}

#[tokio::test]
async fn a_long_log_without_a_checkpoint_is_not_taken_for_a_young_one() {
    let records = usize::try_from(MOST_UNSIGNED).unwrap();
    for (records, wanted) in [
        (records, None),
        (records + 1, Some(("checkpoint-missing", 1))),
    ] {
        let folder = tempfile::tempdir().unwrap();
        signed_twice(folder.path()).await;
        std::fs::remove_dir_all(folder.path().join("audit")).unwrap();
        written_anew(folder.path(), records).await;
        assert_eq!(said_of_files(folder.path()).await, wanted);
        for start in 0..2 {
            let (log, store) = log(folder.path(), Redactor::new()).await;
            log.checkpoint().await.unwrap();
            let broken = log.verify().await.unwrap().broken;
            let broken = broken.map(|broken| (broken.kind.word(), broken.seq));
            assert_eq!(broken, wanted, "start {start}");
            store.close().await;
        }
    }
}

#[tokio::test]
async fn an_intent_without_an_outcome_is_never_sealed_away() {
    let folder = tempfile::tempdir().unwrap();
    let (first, store) = log(folder.path(), Redactor::new()).await;
    let told = first.intent(intent("told")).await.unwrap();
    first.outcome(told, Draft::default()).await.unwrap();
    let before = first.checkpoint().await.unwrap();
    let open = first.intent(intent("open")).await.unwrap();
    first.checkpoint().await.unwrap();
    let sealed = first.seal(i64::MAX, intent("retention")).await.unwrap();
    assert_eq!(sealed, Ok(before), "what was before the open one");
    store.close().await;
    let (second, store) = log(folder.path(), Redactor::new()).await;
    let rows = store.audit_rows(0, 100).await.unwrap();
    let unknown = rows
        .iter()
        .find(|row| row.bytes.contains("unknown_outcome"))
        .expect("the next start tells of it");
    assert_eq!(unknown.intent, Some(open.seq));
    second.checkpoint().await.unwrap();
    let sealed = second.seal(i64::MAX, intent("retention")).await.unwrap();
    assert!(sealed.unwrap() > 0, "then it goes with the others");
    assert!(second.verify().await.unwrap().is_proven());
}

#[tokio::test]
async fn an_export_of_a_log_that_is_being_signed_ends_where_its_records_end() {
    let folder = tempfile::tempdir().unwrap();
    let (log, store) = log(folder.path(), Redactor::new()).await;
    let writer = log.clone();
    let writing = tokio::spawn(async move {
        loop {
            writer.event(event("meanwhile")).await.unwrap();
            writer.checkpoint().await;
        }
    });
    for round in 0..40 {
        let (mut text, mut after) = (String::new(), None);
        loop {
            let page = log.export(ExportFormat::Jsonl, after, 50).await.unwrap();
            text.push_str(&page.text);
            let Some(next) = page.next else { break };
            after = Some(next);
        }
        let mut verifier = ExportVerifier::new(None, None, 1);
        verifier.lines(text.lines());
        let report = verifier.finish();
        assert!(report.intact(), "round {round}: {:?}", report.broken);
    }
    writing.abort();
    store.close().await;
}

#[tokio::test]
async fn records_from_before_the_chain_are_signed_as_soon_as_they_are_in_it() {
    const FORMER: &str = "CREATE TABLE audit_former AS WITH RECURSIVE n (seq) AS \
        (SELECT 1 UNION ALL SELECT seq + 1 FROM n WHERE seq < 2000) \
        SELECT seq, seq AS at, 'config.changed' AS kind, '{}' AS json FROM n";
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteGatewayStore::open(folder.path(), 0).await.unwrap();
    store.close().await;
    in_the_database(folder.path(), FORMER).await;
    for start in 0..2 {
        let (log, store) = log(folder.path(), Redactor::new()).await;
        let signed = store.audit_checkpoint_latest().await.unwrap();
        assert_eq!(signed.unwrap().size, 2000, "start {start}");
        assert!(log.verify().await.unwrap().is_proven(), "start {start}");
        store.close().await;
    }
}
