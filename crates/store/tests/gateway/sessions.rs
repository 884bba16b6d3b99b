use gatehouse_audit::Draft;
use gatehouse_store::gateway::{
    AuditCheckpoint, NewEntry, RunState, SessionFilter, SessionGroup, SessionOrder, SessionRow,
    SessionStatus, TokenUsage,
};

use super::{GatewayWorld, entry, run, session};

fn keys(rows: &[SessionRow]) -> Vec<&str> {
    rows.iter().map(|row| row.key.as_str()).collect()
}

pub async fn a_session_is_created_once(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    let full = SessionRow {
        label: Some("build".to_owned()),
        display_name: Some("The build \u{1F680}".to_owned()),
        group: Some("work".to_owned()),
        overrides: r#"{"model":"m"}"#.to_owned(),
        extra: "\"'; DROP TABLE session; --\"".to_owned(),
        read_at: Some(3),
        usage: TokenUsage {
            input: 1,
            output: 2,
            cache_read: 3,
            cache_write: 4,
            context: 5,
            cost_usd: Some(0.25),
        },
        pinned_at: Some(7),
        parent: Some("p".to_owned()),
        spawned_by: Some("s".to_owned()),
        depth: 2,
        ..session("a", 5)
    };
    assert_eq!(store.session_create(full.clone()).await.unwrap(), None);
    let again = store.session_create(session("a", 9)).await.unwrap();
    assert_eq!(again, Some(full.clone()), "the one that is there stays");
    assert_eq!(store.session("a").await.unwrap(), Some(full.clone()));
    let by_id = store.session_by_id("id-of-a").await.unwrap();
    assert_eq!(by_id, Some(full));
    assert_eq!(store.session("b").await.unwrap(), None);
}

pub async fn the_revision_grows_with_a_write_and_not_with_a_read_or_a_record(
    world: &dyn GatewayWorld,
) {
    let store = world.open(0).await;
    let Some(before) = store.revision() else {
        return; // Others may write to it too, and then nothing is told.
    };
    store.sessions(&SessionFilter::default()).await.unwrap();
    assert_eq!(store.revision(), Some(before));
    store.session_create(session("a", 1)).await.unwrap();
    let after = store.revision().unwrap();
    assert!(after > before, "told of before the writer was");
    store.entries_append("a", vec![entry(1)]).await.unwrap();
    let appended = store.revision().unwrap();
    assert!(appended > after);
    store.audit_append(vec![Draft::default()]).await.unwrap();
    let checkpoint = AuditCheckpoint {
        size: 1,
        at: 1,
        note: "signed".to_owned(),
        frontier: vec![0; 32],
    };
    store.audit_checkpoint_put(checkpoint).await.unwrap();
    assert_eq!(
        store.revision(),
        Some(appended),
        "the audit's own is not counted"
    );
}

pub async fn sessions_are_listed_latest_first_in_pages_with_their_total(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    for n in [3, 1, 5, 2, 4] {
        let row = session(&format!("s{n}"), n);
        store.session_create(row).await.unwrap();
    }
    for (offset, limit, wanted) in [
        (0, None, &["s5", "s4", "s3", "s2", "s1"][..]),
        (0, Some(2), &["s5", "s4"]),
        (2, Some(2), &["s3", "s2"]),
        (4, Some(2), &["s1"]),
        (5, Some(2), &[]),
        (9, None, &[]),
    ] {
        let filter = SessionFilter {
            offset,
            limit,
            ..SessionFilter::default()
        };
        let list = store.sessions(&filter).await.unwrap();
        assert_eq!(keys(&list.rows), wanted, "offset {offset}, limit {limit:?}");
        assert_eq!(list.total, 5, "offset {offset}, limit {limit:?}");
    }
}

pub async fn a_list_is_narrowed_by_what_was_asked_for(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    let rows = [
        SessionRow {
            agent: "ops".to_owned(),
            label: Some("Deploy".to_owned()),
            activity_at: Some(100),
            ..session("a", 1)
        },
        SessionRow {
            archived_at: Some(2),
            group: Some("g".to_owned()),
            ..session("b", 2)
        },
        SessionRow {
            spawned_by: Some("a".to_owned()),
            parent: Some("a".to_owned()),
            status: SessionStatus::Running,
            preview: Some("100% done_ok".to_owned()),
            ..session("c", 3)
        },
    ];
    for row in rows {
        store.session_create(row).await.unwrap();
    }
    let all = SessionFilter::default;
    let text = |text: &str| Some(text.to_owned());
    for (filter, wanted) in [
        (
            SessionFilter {
                agent: text("ops"),
                ..all()
            },
            &["a"][..],
        ),
        (
            SessionFilter {
                label: text("Deploy"),
                ..all()
            },
            &["a"],
        ),
        (
            SessionFilter {
                group: text("g"),
                ..all()
            },
            &["b"],
        ),
        (
            SessionFilter {
                spawned_by: text("a"),
                ..all()
            },
            &["c"],
        ),
        (
            SessionFilter {
                parent: text("a"),
                ..all()
            },
            &["c"],
        ),
        (
            SessionFilter {
                status: Some(SessionStatus::Running),
                ..all()
            },
            &["c"],
        ),
        (
            SessionFilter {
                archived: Some(true),
                ..all()
            },
            &["b"],
        ),
        (
            SessionFilter {
                archived: Some(false),
                ..all()
            },
            &["c", "a"],
        ),
        (
            SessionFilter {
                updated_since: Some(2),
                ..all()
            },
            &["c", "b"],
        ),
        (
            SessionFilter {
                search: text("dEPLOY"),
                ..all()
            },
            &["a"],
        ),
        (
            SessionFilter {
                search: text("100% done_"),
                ..all()
            },
            &["c"],
        ),
        (
            SessionFilter {
                search: text("%"),
                ..all()
            },
            &["c"],
        ),
        (
            SessionFilter {
                order: SessionOrder::Activity,
                ..all()
            },
            &["a", "c", "b"],
        ),
    ] {
        let list = store.sessions(&filter).await.unwrap();
        assert_eq!(keys(&list.rows), wanted, "{filter:?}");
        let one = SessionFilter {
            limit: Some(1),
            ..filter
        };
        let list = store.sessions(&one).await.unwrap();
        assert_eq!(list.total, wanted.len() as u64, "counted: {one:?}");
    }
}

pub async fn a_change_is_made_to_what_is_there_and_concurrent_ones_lose_nothing(
    world: &dyn GatewayWorld,
) {
    let store = world.open(0).await;
    store.session_create(session("a", 1)).await.unwrap();
    let mut changes = Vec::new();
    for _ in 0..50 {
        let store = store.clone();
        changes.push(tokio::spawn(async move {
            let change = |row: &mut SessionRow| {
                row.usage.input += 1;
                row.key = "a key is never changed".to_owned();
            };
            store.session_change("a", Box::new(change)).await
        }));
    }
    for change in changes {
        assert!(change.await.unwrap().unwrap().is_some());
    }
    let row = store.session("a").await.unwrap().unwrap();
    assert_eq!(row.usage.input, 50);
    let none = store.session_change("b", Box::new(|_| ())).await.unwrap();
    assert_eq!(none, None);
}

pub async fn a_reset_gives_a_new_id_and_keeps_the_old_transcript(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    let row = SessionRow {
        label: Some("kept".to_owned()),
        ..session("a", 1)
    };
    store.session_create(row).await.unwrap();
    store
        .entries_append("a", vec![entry(1), entry(2)])
        .await
        .unwrap();
    let reset = store
        .session_reset("a", "second", 9_000, None)
        .await
        .unwrap();
    let reset = reset.unwrap();
    assert_eq!(reset.session_id, "second");
    assert_eq!(reset.label.as_deref(), Some("kept"));
    assert_eq!((reset.preview, reset.updated_at), (None, 9_000));
    assert!(store.entries("a").await.unwrap().is_empty());
    let archived = store.archived("a").await.unwrap();
    assert_eq!(archived.len(), 1);
    assert_eq!(archived[0].session_id, "id-of-a");
    assert_eq!(archived[0].reason, "reset");
    let kept = store.archived_entries(archived[0].id).await.unwrap();
    assert_eq!(kept.len(), 2);
    assert_eq!(
        store.session_reset("none", "x", 1, None).await.unwrap(),
        None
    );
}

pub async fn a_fork_copies_up_to_the_entry_named(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    store.session_create(session("a", 1)).await.unwrap();
    let entries = (1..=5).map(entry).collect();
    store.entries_append("a", entries).await.unwrap();
    for (key, through, wanted) in [("b", Some("m3"), 3), ("c", None, 5)] {
        let made = store.session_fork("a", through, session(key, 2)).await;
        assert!(made.unwrap().is_some());
        let copied = store.entries(key).await.unwrap();
        let ids: Vec<_> = copied.iter().map(|entry| entry.id.clone()).collect();
        let all: Vec<_> = (1..=wanted).map(|n| format!("m{n}")).collect();
        assert_eq!(ids, all, "through {through:?}");
        assert_eq!(copied.last().unwrap().seq, wanted);
    }
    let added = store.entries_append("b", vec![entry(9)]).await.unwrap();
    assert_eq!(added, Some(vec![4]), "the fork goes on by itself");
    assert_eq!(store.entries("a").await.unwrap().len(), 5);
    for (from, through, to) in [("a", Some("no"), "d"), ("no", None, "d"), ("a", None, "b")] {
        let made = store.session_fork(from, through, session(to, 2)).await;
        assert_eq!(made.unwrap(), None, "{from} {through:?} {to}");
    }
}

pub async fn a_deleted_session_takes_its_transcripts_along_and_no_other(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    for key in ["a", "b"] {
        store.session_create(session(key, 1)).await.unwrap();
        let words = NewEntry {
            text: "quokka".to_owned(),
            ..entry(1)
        };
        store.entries_append(key, vec![words]).await.unwrap();
    }
    let first = store.session("a").await.unwrap().unwrap().session_id;
    store.session_reset("a", "second", 2, None).await.unwrap();
    let delete = |only| store.session_delete("a", Some(only), 1, None);
    assert!(!delete(&first).await.unwrap(), "it is another one by now");
    assert_eq!(store.archived("a").await.unwrap().len(), 1);
    assert!(delete("second").await.unwrap());
    assert!(
        !store.session_delete("a", None, 1, None).await.unwrap(),
        "it is gone"
    );
    assert!(store.archived("a").await.unwrap().is_empty());
    assert_eq!(store.entries("b").await.unwrap().len(), 1);
    store.session_create(session("a", 1)).await.unwrap();
    assert!(store.entries("a").await.unwrap().is_empty());
}

pub async fn groups_are_kept_in_order_and_renamed_with_their_sessions(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    let group = |name: &str| SessionGroup {
        name: name.to_owned(),
        json: format!("\"{name}\""),
    };
    store
        .groups_put(vec![group("z"), group("a")])
        .await
        .unwrap();
    for (key, name) in [("s", "z"), ("t", "a")] {
        let row = SessionRow {
            group: Some(name.to_owned()),
            ..session(key, 1)
        };
        store.session_create(row).await.unwrap();
    }
    assert_eq!(store.groups().await.unwrap(), [group("z"), group("a")]);
    assert!(!store.group_rename("z", "a").await.unwrap(), "it is taken");
    assert!(!store.group_rename("no", "b").await.unwrap());
    assert!(store.group_rename("z", "b").await.unwrap());
    let of = async |key| store.session(key).await.unwrap().unwrap().group;
    assert_eq!(of("s").await.as_deref(), Some("b"));
    let in_use = store.groups_put(vec![group("b")]).await.unwrap();
    assert_eq!(in_use, [("a".to_owned(), 1)]);
    assert_eq!(of("t").await.as_deref(), Some("a"), "it is in use");
    assert_eq!(store.group_delete("a").await.unwrap(), 1);
    assert_eq!(of("s").await.as_deref(), Some("b"));
    assert_eq!(of("t").await, None, "its group is no more");
    let row = SessionRow {
        group: Some("new".to_owned()),
        ..session("u", 1)
    };
    store.session_create(row).await.unwrap();
    let names = store.groups().await.unwrap().into_iter();
    let names: Vec<String> = names.map(|group| group.name).collect();
    assert_eq!(names, ["b", "new"], "what a session is in is in the list");
}

pub async fn a_run_begins_and_ends_once_and_its_session_says_so(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    store.session_create(session("a", 1)).await.unwrap();
    assert!(store.run_begin(run("r", "a", 10)).await.unwrap());
    assert!(!store.run_begin(run("r", "a", 20)).await.unwrap(), "known");
    let row = store.session("a").await.unwrap().unwrap();
    assert_eq!(row.status, SessionStatus::Running);
    assert_eq!((row.started_at, row.ended_at), (Some(10), None));
    assert_eq!(row.last_run.as_deref(), Some("r"));

    let ended = store.run_end("r", RunState::Aborted, 30, "{\"x\":1}").await;
    let ended = ended.unwrap().unwrap();
    assert_eq!((ended.state, ended.ended_at), (RunState::Aborted, Some(30)));
    let again = store.run_end("r", RunState::Ended, 40, "{}").await.unwrap();
    assert_eq!(again, None, "it had ended");
    assert_eq!(store.run("r").await.unwrap(), Some(ended.clone()));
    assert_eq!(store.runs("a", 9).await.unwrap(), [ended]);
    let row = store.session("a").await.unwrap().unwrap();
    assert_eq!(row.status, SessionStatus::Killed);
    assert_eq!(row.ended_at, Some(30));
}

pub async fn a_run_that_the_process_did_not_live_to_end_is_interrupted(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    store.session_create(session("a", 1)).await.unwrap();
    store.run_begin(run("done", "a", 5)).await.unwrap();
    store
        .run_end("done", RunState::Ended, 6, "{}")
        .await
        .unwrap();
    store.run_begin(run("left", "a", 10)).await.unwrap();
    assert!(store.interrupted().is_empty());
    store.close().await;

    let store = world.open(99).await;
    let left = store.interrupted();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].id, "left");
    assert_eq!(left[0].state, RunState::Interrupted);
    assert_eq!(left[0].ended_at, Some(99));
    let done = store.run("done").await.unwrap().unwrap();
    assert_eq!(done.state, RunState::Ended);
    let row = store.session("a").await.unwrap().unwrap();
    assert_eq!(row.status, SessionStatus::Interrupted);
    store.close().await;
    let store = world.open(100).await;
    assert!(store.interrupted().is_empty(), "it is told once");
}

pub async fn an_earlier_run_does_not_end_what_a_later_one_says(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    store.session_create(session("a", 1)).await.unwrap();
    store.run_begin(run("first", "a", 1)).await.unwrap();
    store.run_begin(run("second", "a", 2)).await.unwrap();
    store
        .run_end("first", RunState::Failed, 3, "{}")
        .await
        .unwrap();
    let row = store.session("a").await.unwrap().unwrap();
    assert_eq!(row.status, SessionStatus::Running);
}
