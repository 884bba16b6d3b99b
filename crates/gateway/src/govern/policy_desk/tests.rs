//! The policy while the gateway runs, in a real folder.

use gatehouse_store::gateway::{AuditStore as _, SqliteGatewayStore};

use super::*;

async fn desk(folder: &Path) -> PolicyDesk {
    let store = Arc::new(SqliteGatewayStore::in_memory().await.unwrap());
    PolicyDesk::open(folder, store, Clock::new(|| 1)).await
}

fn said(before: &Policy, after: &Policy) -> Draft {
    Draft {
        kind: "policy.changed".to_owned(),
        what: Some(format!("{} {}", before.version(), after.version())),
        ..Draft::default()
    }
}

#[tokio::test]
async fn a_change_that_cannot_be_recorded_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteGatewayStore::in_memory().await.unwrap());
    let desk = PolicyDesk::open(folder.path(), store.clone(), Clock::new(|| 1)).await;
    let before = desk.current().policy;
    let edit = PolicyEdit {
        preset: Some(Preset::Observe),
        ..PolicyEdit::default()
    };
    store.close().await;
    let refused = desk.edit(before.hash(), edit, said).await;
    assert!(
        matches!(refused, Err(PolicyEditError::Store(_))),
        "{refused:?}"
    );
    assert_eq!(desk.current().policy.hash(), before.hash());
    assert!(
        !folder.path().join(DOCUMENT).exists(),
        "nothing was written"
    );
}

#[tokio::test]
async fn a_change_that_cannot_be_written_is_recorded_as_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteGatewayStore::in_memory().await.unwrap());
    let desk = PolicyDesk::open(folder.path(), store.clone(), Clock::new(|| 1)).await;
    let before = desk.current().policy;
    std::fs::create_dir(folder.path().join(DOCUMENT)).unwrap();
    let edit = PolicyEdit {
        preset: Some(Preset::Observe),
        ..PolicyEdit::default()
    };
    let refused = desk.edit(before.hash(), edit, said).await;
    assert!(
        matches!(refused, Err(PolicyEditError::Io(_))),
        "{refused:?}"
    );
    assert_eq!(desk.current().policy.hash(), before.hash());
    let rows = store.audit_rows(0, 10).await.unwrap();
    let kinds: Vec<_> = rows.iter().map(|row| row.kind.as_str()).collect();
    assert_eq!(kinds, ["policy.changed", "policy.refused"]);
}

#[tokio::test]
async fn a_preset_is_changed_and_the_rest_stays_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path()).await;
    let before = desk.current().policy;
    let edit = PolicyEdit {
        preset: Some(Preset::Strict),
        ..PolicyEdit::default()
    };
    let after = desk
        .edit(before.hash(), edit.clone(), said)
        .await
        .unwrap()
        .policy;
    assert_eq!(after.preset(), Preset::Strict);
    let wanted = before.document().replace("\"guarded\"", "\"strict\"");
    assert_eq!(after.document(), wanted);
    let text = std::fs::read_to_string(folder.path().join(DOCUMENT)).unwrap();
    assert_eq!(text, wanted);
    #[cfg(unix)]
    for name in [DOCUMENT, ROLES] {
        use std::os::unix::fs::PermissionsExt;
        let mode = folder.path().join(name).metadata().unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o600, "{name}");
    }
    let stale = desk.edit(before.hash(), edit, said).await;
    assert!(matches!(stale, Err(PolicyEditError::Changed)), "{stale:?}");
}

#[tokio::test]
async fn a_broken_file_leaves_the_last_good_policy_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn GatewayStore> = Arc::new(SqliteGatewayStore::in_memory().await.unwrap());
    let open = || PolicyDesk::open(folder.path(), store.clone(), Clock::new(|| 1));
    let observe = "{ preset: \"observe\" }";
    std::fs::write(folder.path().join(DOCUMENT), observe).unwrap();
    assert_eq!(open().await.current().policy.preset(), Preset::Observe);
    std::fs::write(folder.path().join(DOCUMENT), "{ preset: \"nonsense\" }").unwrap();
    let again = open().await.current();
    assert_eq!(again.policy.preset(), Preset::Observe);
    assert!(!again.problems.is_empty());
    let elsewhere = desk(folder.path()).await;
    assert_eq!(
        elsewhere.current().policy.preset(),
        Preset::Strict,
        "nothing was ever good"
    );
}

#[tokio::test]
async fn a_change_that_no_call_made_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn GatewayStore> = Arc::new(SqliteGatewayStore::in_memory().await.unwrap());
    let open = || PolicyDesk::open(folder.path(), store.clone(), Clock::new(|| 1));
    let write = |text: &str| std::fs::write(folder.path().join(DOCUMENT), text).unwrap();
    let told = || async {
        let rows = store.audit_rows(0, 10).await.unwrap();
        rows.iter().map(|row| row.text.clone()).collect::<Vec<_>>()
    };
    open().await;
    assert!(told().await.is_empty(), "the first policy is no change");
    open().await;
    assert!(told().await.is_empty(), "nor is the same one");
    write("{ preset: \"strict\" }");
    let desk = open().await;
    write("{ preset: \"observe\" }");
    desk.read_again().await;
    let told = told().await;
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].contains("while the gateway did not run"),
        "{told:?}"
    );
    assert!(told[1].contains("in its file"), "{told:?}");
}

#[tokio::test]
async fn a_file_that_changes_holds_from_the_next_action_on() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path()).await;
    let following = tokio::spawn(desk.clone().follow());
    let mut changed = desk.0.current.subscribe();
    let write = || std::fs::write(folder.path().join(DOCUMENT), "{ preset: \"strict\" }").unwrap();
    write();
    // The watch begins when the task first runs; what was written before it is written again.
    loop {
        let waiting = changed.wait_for(|state| state.policy.preset() == Preset::Strict);
        if tokio::time::timeout(Duration::from_secs(1), waiting)
            .await
            .is_ok()
        {
            break;
        }
        write();
    }
    following.abort();
}

#[tokio::test]
async fn a_file_that_is_emptied_or_taken_away_drops_no_rule() {
    let deny = r#"{ rules: [{ id: "no", verdict: "deny", match: { command: "rm" } }] }"#;
    let roles = format!(
        "{}\n// of our own\n",
        gatehouse_policy::authz::DEFAULT_ROLES
    );
    for (name, change) in [
        (DOCUMENT, ""),
        (DOCUMENT, " \n"),
        (DOCUMENT, "gone"),
        (ROLES, ""),
        (ROLES, "gone"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn GatewayStore> = Arc::new(SqliteGatewayStore::in_memory().await.unwrap());
        let open = || PolicyDesk::open(folder.path(), store.clone(), Clock::new(|| 1));
        std::fs::write(folder.path().join(DOCUMENT), deny).unwrap();
        std::fs::write(folder.path().join(ROLES), &roles).unwrap();
        let running = open().await;
        let before = running.current().policy.hash().to_owned();
        let path = folder.path().join(name);
        match change {
            "gone" => std::fs::remove_file(&path).unwrap(),
            text => std::fs::write(&path, text).unwrap(),
        }
        running.read_again().await;
        for desk in [running, open().await] {
            let now = desk.current();
            assert_eq!(now.policy.hash(), before, "{name} {change:?}");
            let told = now.problems[0].to_string();
            assert!(
                told.contains("is empty") || told.contains("is gone"),
                "{told}"
            );
        }
        let records = store.audit_rows(0, 10).await.unwrap();
        let kinds: Vec<_> = records.iter().map(|row| row.kind.as_str()).collect();
        assert_eq!(kinds, ["policy.refused", "policy.refused"], "{name}");
        // Whoever means it says so.
        let meant = if name == DOCUMENT { "{}" } else { "// nobody" };
        std::fs::write(&path, meant).unwrap();
        let after = open().await.current();
        assert_ne!(after.policy.hash(), before, "{name}");
        assert!(after.problems.is_empty(), "{:?}", after.problems);
    }
}

#[tokio::test]
async fn where_there_never_was_a_file_none_is_missed() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn GatewayStore> = Arc::new(SqliteGatewayStore::in_memory().await.unwrap());
    let open = || PolicyDesk::open(folder.path(), store.clone(), Clock::new(|| 1));
    for _ in 0..2 {
        let state = open().await.current();
        assert_eq!(state.policy.preset(), Preset::Guarded);
        assert!(state.problems.is_empty(), "{:?}", state.problems);
    }
}

#[tokio::test]
async fn what_an_older_version_kept_of_a_file_is_missed_when_the_file_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn GatewayStore> = Arc::new(SqliteGatewayStore::in_memory().await.unwrap());
    let kept = json!({"document": "{ preset: \"strict\" }", "roles": null});
    store
        .setting_put(LAST_GOOD, &kept.to_string())
        .await
        .unwrap();
    let state = PolicyDesk::open(folder.path(), store, Clock::new(|| 1)).await;
    let state = state.current();
    assert_eq!(state.policy.preset(), Preset::Strict);
    assert_eq!(state.problems.len(), 1, "{:?}", state.problems);
}

#[tokio::test]
async fn each_mistake_of_a_file_is_recorded_once_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn GatewayStore> = Arc::new(SqliteGatewayStore::in_memory().await.unwrap());
    let desk = PolicyDesk::open(folder.path(), store.clone(), Clock::new(|| 1)).await;
    let broken = "{\n  preset: \"nonsense\",\n  rulez: [],\n}";
    std::fs::write(folder.path().join(DOCUMENT), broken).unwrap();
    for _ in 0..2 {
        desk.read_again().await;
    }
    let records = store.audit_rows(0, 10).await.unwrap();
    assert_eq!(
        records.len(),
        1,
        "an editor that writes twice is one change"
    );
    assert_eq!(records[0].kind, "policy.refused");
    for told in ["2:3: error", "nonsense", "rulez"] {
        assert!(records[0].bytes.contains(told), "{}", records[0].bytes);
    }
}
