//! What is known of what was done, in which session, and after what.

use gatehouse_store::gateway::SqliteGatewayStore;

use super::*;

async fn taints() -> (Taints, Arc<dyn GatewayStore>) {
    let store = SqliteGatewayStore::in_memory().await.unwrap();
    let store: Arc<dyn GatewayStore> = Arc::new(store);
    (Taints::new(store.clone(), Clock::new(|| 7_000)), store)
}

fn secret(path: &str) -> Taint {
    Taint {
        secrets: [path.to_owned()].into(),
        ..Taint::default()
    }
}

async fn secrets_of(taints: &Taints, session: &str) -> Vec<String> {
    let taint = taints.of(session).await.unwrap();
    taint.secrets.into_iter().collect()
}

#[tokio::test]
async fn what_a_session_did_is_known_after_a_restart() {
    let (taints, store) = taints().await;
    let unpacked = Below {
        fetched: true,
        since: None,
    };
    let written = Taint {
        written: ["/ws/run.sh".to_owned()].into(),
        below: [("/ws/o/".to_owned(), unpacked)].into(),
        ..Taint::default()
    };
    taints.add("s", &secret("/home/dev/.ssh/id")).await.unwrap();
    taints.add("s", &written).await.unwrap();
    let after = Taints::new(store, Clock::new(|| 9_000));
    let after = after.of("s").await.unwrap();
    assert_eq!(after.secrets, secret("/home/dev/.ssh/id").secrets);
    assert_eq!(after.written, written.written);
    let since = after.below["/ws/o/"].since;
    assert_eq!(since, Some(7_000), "it counts from when it was unpacked");
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_taken_for_the_worst_and_told() {
    let (taints, store) = taints().await;
    for name in [&name("s"), FILES] {
        store
            .setting_put(name, "{\"secrets\": 7, \"below\": 7}")
            .await
            .unwrap();
    }
    let taint = taints.of("s").await.unwrap();
    assert!(taint.secrets.contains(UNKNOWN), "{taint:?}");
    let any = taint.below["/"];
    assert_eq!(
        (any.fetched, any.since),
        (false, Some(0)),
        "all may be written"
    );
    assert!(secrets_of(&taints, "other").await.is_empty());
    let rows = store.audit_rows(0, 9).await.unwrap();
    let told: Vec<_> = rows.iter().map(|row| row.kind.as_str()).collect();
    assert_eq!(told, ["taint.unreadable"; 2]);
}

#[tokio::test]
async fn what_could_not_be_written_at_first_is_written_when_it_is_tried_again() {
    use sqlx::{ConnectOptions, Executor};
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteGatewayStore::open(folder.path(), 0).await.unwrap();
    let store: Arc<dyn GatewayStore> = Arc::new(store);
    let file = folder.path().join("gateway.sqlite3");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
    let mut other = options.connect().await.unwrap();
    let refuse = "CREATE TRIGGER refused BEFORE INSERT ON setting \
        BEGIN SELECT RAISE(ABORT, 'refused'); END";
    other.execute(refuse).await.unwrap();
    let taints = Taints::new(store.clone(), Clock::new(|| 7_000));
    let read = secret("/ws/.env");
    assert!(taints.add("s", &read).await.is_err());
    other.execute("DROP TRIGGER refused").await.unwrap();
    taints.add("s", &read).await.unwrap();
    let after = Taints::new(store, Clock::new(|| 9_000));
    assert_eq!(secrets_of(&after, "s").await, ["/ws/.env"]);
}

#[tokio::test]
async fn a_file_that_one_session_wrote_is_known_to_all_and_what_it_read_is_not() {
    let (taints, _) = taints().await;
    let mut did = secret("/ws/.env");
    did.written.insert("/ws/evil.py".to_owned());
    did.fetched.insert("/ws/x.sh".to_owned());
    taints.add("parent", &did).await.unwrap();
    let other = taints.of("other").await.unwrap();
    assert_eq!(
        (&other.written, &other.fetched),
        (&did.written, &did.fetched)
    );
    assert!(other.secrets.is_empty(), "it heard nothing of it");
}

#[tokio::test]
async fn what_a_sub_agent_reads_counts_for_those_that_began_it_and_what_they_read_for_it() {
    let (taints, _) = taints().await;
    taints.add("top", &secret("/ws/.env")).await.unwrap();
    taints.begins("top", "child").await.unwrap();
    taints.begins("child", "grandchild").await.unwrap();
    taints.add("grandchild", &secret("/ws/key")).await.unwrap();
    for session in ["top", "child", "grandchild"] {
        assert_eq!(secrets_of(&taints, session).await, ["/ws/.env", "/ws/key"]);
    }
    assert!(secrets_of(&taints, "another").await.is_empty());
}

fn paths(count: usize) -> BTreeSet<String> {
    (0..count)
        .map(|at| format!("/ws/{}/{at}", at % 7))
        .collect()
}

#[tokio::test]
async fn a_file_too_many_that_was_written_counts_with_all_that_changes_in_its_folder() {
    let (taints, store) = taints().await;
    let mut did = Taint {
        written: paths(kept::MOST_FILES),
        ..Taint::default()
    };
    taints.add("s", &did).await.unwrap();
    assert!(taints.of("s").await.unwrap().below.is_empty(), "none yet");
    did.written = ["/ws/new/evil.py".to_owned()].into();
    taints.add("s", &did).await.unwrap();
    let after = Taints::new(store, Clock::new(|| 9_000));
    let other = after.of("other").await.unwrap();
    assert_eq!(other.written.len(), kept::MOST_FILES, "and no more");
    let new = other.below["/ws/new/"];
    assert_eq!((new.fetched, new.since), (false, Some(7_000)));
    assert!(other.secrets.is_empty(), "nobody read anything");
}

#[tokio::test]
async fn a_file_too_many_that_came_from_elsewhere_or_holds_a_secret_taints_every_session() {
    let fetched = |files| Taint {
        fetched: files,
        ..Taint::default()
    };
    let carrying = |files| Taint {
        carrying: files,
        ..Taint::default()
    };
    let kinds: [fn(BTreeSet<String>) -> Taint; 2] = [fetched, carrying];
    for taint in kinds {
        let (taints, _) = taints().await;
        taints
            .add("s", &taint(paths(kept::MOST_FILES)))
            .await
            .unwrap();
        assert!(!taints.may_tell("s", "other").await.unwrap());
        taints
            .add("s", &taint(["/new".to_owned()].into()))
            .await
            .unwrap();
        assert_eq!(secrets_of(&taints, "other").await, [MORE]);
        assert!(taints.may_tell("s", "other").await.unwrap());
        let kept = taints.of("s").await.unwrap();
        assert!(kept.fetched.len().max(kept.carrying.len()) <= kept::MOST_FILES);
    }
}

#[tokio::test]
async fn a_secret_too_many_is_one_that_nobody_else_has_heard_of() {
    let (taints, _) = taints().await;
    let all = Taint {
        secrets: paths(kept::MOST_SECRETS),
        ..Taint::default()
    };
    for session in ["s", "t"] {
        taints.add(session, &all).await.unwrap();
    }
    assert!(!taints.may_tell("s", "t").await.unwrap());
    for session in ["s", "t"] {
        taints.add(session, &secret("/another")).await.unwrap();
    }
    assert!(taints.may_tell("s", "t").await.unwrap());
    assert_eq!(secrets_of(&taints, "s").await.len(), kept::MOST_SECRETS + 1);
}

#[tokio::test]
async fn a_beginning_too_many_stands_for_all_paths() {
    let (taints, _) = taints().await;
    let below = |at: usize| (format!("/ws/{at}/"), Below::default());
    let all = Taint {
        below: (0..=kept::MOST_BELOW).map(below).collect(),
        ..Taint::default()
    };
    taints.add("s", &all).await.unwrap();
    let known = taints.of("s").await.unwrap().below;
    assert_eq!(known.len(), kept::MOST_BELOW + 1);
    assert_eq!(known["/"].since, Some(7_000));
}

#[tokio::test]
async fn who_is_told_something_knows_what_was_read_until_then() {
    let (taints, _) = taints().await;
    taints.add("s", &secret("/ws/.env")).await.unwrap();
    taints.hears("t", "s").await.unwrap();
    taints.add("s", &secret("/ws/later")).await.unwrap();
    assert_eq!(secrets_of(&taints, "t").await, ["/ws/.env"]);
}
