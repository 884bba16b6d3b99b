//! What holds beyond once: grants, and the entries of the allow-list that show them or that a person wrote.

use gatehouse_audit::Draft;
use gatehouse_store::gateway::{
    AgentRecord, AllowEntry, AllowListChange, ApprovalState, GrantKind, GrantRecord, Resolution,
    Witness,
};

use super::approvals::{answer, approval, bound, yes};
use super::{GatewayWorld, session};

fn allow(id: &str, pattern: &str) -> AllowEntry {
    AllowEntry {
        id: id.to_owned(),
        agent: "main".to_owned(),
        pattern: pattern.to_owned(),
        added_at: 1,
        ..AllowEntry::default()
    }
}

pub async fn allow_always_is_added_with_the_answer_that_wins_and_with_no_other(
    world: &dyn GatewayWorld,
) {
    let store = world.open(0).await;
    store.approval_create(approval("a", 1), None).await.unwrap();
    for (pattern, at) in [("/bin/ls", 2), ("/bin/rm", 3)] {
        let always = Resolution {
            allow: Some(allow(pattern, pattern)),
            ..answer(ApprovalState::Allowed, "ada", at)
        };
        store.approval_resolve("a", always, None).await.unwrap();
    }
    let entries = store.allow_entries(None, 9).await.unwrap();
    assert_eq!(entries, [allow("/bin/ls", "/bin/ls")]);
}

pub async fn an_entry_that_shows_a_grant_is_there_as_long_as_the_grant_holds(
    world: &dyn GatewayWorld,
) {
    let store = world.open(0).await;
    for id in ["ended", "revoked", "left out"] {
        store.approval_create(approval(id, 1), None).await.unwrap();
        let always = Resolution {
            allow: Some(allow(id, "/bin/ls")),
            grant: Some(GrantRecord {
                id: id.to_owned(),
                agent: "main".to_owned(),
                expires_at: Some(if id == "ended" { 10 } else { 100 }),
                ..GrantRecord::default()
            }),
            ..answer(ApprovalState::Allowed, "ada", 2)
        };
        store.approval_resolve(id, always, None).await.unwrap();
    }
    let listed = async |at: i64| -> Vec<String> {
        let entries = store.allow_entries(Some("main"), at).await.unwrap();
        entries.into_iter().map(|entry| entry.id).collect()
    };
    assert_eq!(listed(9).await, ["ended", "revoked", "left out"]);
    assert_eq!(listed(10).await, ["revoked", "left out"]);
    assert!(store.grant_revoke("revoked", 11, None).await.unwrap());
    assert_eq!(listed(11).await, ["left out"]);
    let other = vec![allow("other", "/bin/ls")];
    store
        .allow_entries_replace(list_of(other), 12, None, None)
        .await
        .unwrap();
    assert_eq!(listed(12).await, ["other"]);
    assert_eq!(
        store.grants(None, 12).await.unwrap(),
        [],
        "it went with its entry"
    );
}

pub async fn of_two_changes_of_the_same_allow_list_one_is_made(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    let was = vec![allow("1", "/bin/a")];
    let set = |to: &str| Some(("exec".to_owned(), to.to_owned()));
    let change = |entry: &str, to: &str, from: &[AllowEntry], setting: Option<&str>| {
        let change = AllowListChange {
            entries: vec![allow(entry, "/bin/a")],
            setting: set(to),
            only_from: Some((from.to_vec(), setting.map(str::to_owned))),
        };
        store.allow_entries_replace(change, 9, None, None)
    };
    assert!(change("1", "a", &[], None).await.unwrap());
    let (first, second) = tokio::join!(
        change("2", "b", &was, Some("a")),
        change("3", "c", &was, Some("a")),
    );
    assert_eq!((first.unwrap(), second.unwrap()), (true, false));
    let is = vec![allow("2", "/bin/a")];
    assert_eq!(store.allow_entries(None, 9).await.unwrap(), is);
    assert_eq!(store.setting("exec").await.unwrap().as_deref(), Some("b"));

    // An entry that was added meanwhile is not lost, nor what the setting became.
    store.allow_entry_add(allow("4", "/bin/z")).await.unwrap();
    assert!(!change("5", "d", &is, Some("b")).await.unwrap());
    let now = store.allow_entries(None, 9).await.unwrap();
    assert_eq!(now.len(), 2, "{now:?}");
    assert!(!change("5", "d", &now, Some("a")).await.unwrap());
    assert!(change("5", "d", &now, Some("b")).await.unwrap());
}

fn list_of(entries: Vec<AllowEntry>) -> AllowListChange {
    AllowListChange {
        entries,
        ..AllowListChange::default()
    }
}

pub async fn the_allow_list_keeps_its_order_and_is_replaced_whole(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    let all = AllowEntry {
        agent: "*".to_owned(),
        ..allow("3", "/opt/*")
    };
    let other = AllowEntry {
        agent: "other".to_owned(),
        ..allow("4", "/bin/z")
    };
    let list = vec![
        allow("1", "/bin/z"),
        allow("2", "/bin/a"),
        all.clone(),
        other,
    ];
    let change = AllowListChange {
        setting: Some(("exec".to_owned(), "{}".to_owned())),
        ..list_of(list.clone())
    };
    store
        .allow_entries_replace(change, 9, None, None)
        .await
        .unwrap();
    assert_eq!(store.allow_entries(None, 9).await.unwrap(), list);
    assert_eq!(store.setting("exec").await.unwrap().as_deref(), Some("{}"));
    let of_main = store.allow_entries(Some("main"), 9).await.unwrap();
    assert_eq!(of_main, list[..3]);

    let twin = allow("5", "/bin/a");
    store.allow_entry_add(twin).await.unwrap();
    assert_eq!(
        store.allow_entries(None, 9).await.unwrap().len(),
        4,
        "it is there"
    );
    store
        .allow_entry_used("2", 77, "a --help", Some("/bin/a"))
        .await
        .unwrap();
    let used = &store.allow_entries(Some("main"), 9).await.unwrap()[1];
    assert_eq!(used.last_used_at, Some(77));
    assert_eq!(used.last_command.as_deref(), Some("a --help"));
    store
        .allow_entries_replace(list_of(vec![all.clone()]), 9, None, None)
        .await
        .unwrap();
    assert_eq!(store.allow_entries(None, 9).await.unwrap(), [all]);
}

pub async fn a_grant_comes_with_its_answer_and_holds_until_its_end(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    store.approval_create(bound("a", 1), None).await.unwrap();
    let grant = |id: &str, expires_at| GrantRecord {
        id: id.to_owned(),
        kind: GrantKind::Exact,
        text: "touch a".to_owned(),
        digest: Some("d".to_owned()),
        agent: "main".to_owned(),
        created_at: 5,
        created_by: "Ada".to_owned(),
        answers: vec!["install".to_owned(), "rule:two".to_owned()],
        expires_at,
        ..GrantRecord::default()
    };
    for (id, at) in [("first", 5), ("second", 6)] {
        let with_grant = Resolution {
            grant: Some(grant(id, Some(100))),
            ..yes("ada", at)
        };
        store.approval_resolve("a", with_grant, None).await.unwrap();
    }
    let listed = store.grants(None, 10).await.unwrap();
    assert_eq!(listed, [grant("first", Some(100))], "the answer that won");
    let said = |kind: &str| {
        Some(Draft {
            kind: kind.to_owned(),
            ..Draft::default()
        })
    };
    let used = store.grant_use("first", 11, said("used")).await;
    assert!(used.unwrap());
    assert_eq!(store.grants(Some("main"), 12).await.unwrap()[0].uses, 1);
    assert_eq!(store.grants(Some("other"), 12).await.unwrap(), []);
    assert!(
        !store
            .grant_use("first", 100, said("used too late"))
            .await
            .unwrap(),
        "it has ended"
    );
    let revoked = store.grant_revoke("first", 13, said("revoked")).await;
    assert!(revoked.unwrap());
    let again = store.grant_revoke("first", 14, said("revoked again")).await;
    assert!(!again.unwrap());
    assert!(!store.grant_use("first", 15, None).await.unwrap());
    let rows = store.audit_rows(0, 9).await.unwrap();
    let kinds: Vec<_> = rows.iter().map(|row| row.kind.as_str()).collect();
    assert_eq!(
        kinds,
        ["used", "revoked"],
        "one record for each that was done"
    );
    assert_eq!(store.grants(None, 15).await.unwrap(), []);
}

pub async fn what_was_granted_ends_with_its_session_or_its_agent(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    for key in ["reset", "deleted"] {
        store.session_create(session(key, 1)).await.unwrap();
    }
    let agent = AgentRecord {
        id: "helper".to_owned(),
        name: None,
        created_at: 1,
        json: "{}".to_owned(),
    };
    store.agent_put(agent, None).await.unwrap();
    for (id, agent, of) in [
        ("1", "main", Some("reset")),
        ("2", "main", Some("deleted")),
        ("3", "main", None),
        ("4", "helper", None),
    ] {
        store.approval_create(bound(id, 1), None).await.unwrap();
        let grant = GrantRecord {
            id: id.to_owned(),
            agent: agent.to_owned(),
            session: of.map(str::to_owned),
            ..GrantRecord::default()
        };
        let with_grant = Resolution {
            grant: Some(grant),
            ..yes("ada", 5)
        };
        store.approval_resolve(id, with_grant, None).await.unwrap();
        let entry = AllowEntry {
            id: format!("own-{id}"),
            agent: agent.to_owned(),
            pattern: id.to_owned(),
            ..AllowEntry::default()
        };
        store.allow_entry_add(entry).await.unwrap();
    }
    let ended = || {
        Some(Witness::new(|grant: &GrantRecord| Draft {
            kind: format!("ended {}", grant.id),
            ..Draft::default()
        }))
    };
    let reset = store.session_reset("reset", "anew", 6, ended()).await;
    assert!(reset.unwrap().is_some());
    assert!(
        store
            .session_delete("deleted", None, 7, ended())
            .await
            .unwrap()
    );
    let removed = store.agent_remove("helper", 8, None, ended()).await;
    assert!(removed.unwrap());
    let again = store.agent_remove("helper", 9, None, ended()).await;
    assert!(!again.unwrap(), "it is gone");
    let left = store.grants(None, 10).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].id, "3");
    let entries = store.allow_entries(None, 10).await.unwrap();
    assert!(entries.iter().all(|entry| entry.agent == "main"));
    assert_eq!(entries.len(), 3);
    let rows = store.audit_rows(0, 9).await.unwrap();
    let kinds: Vec<_> = rows.iter().map(|row| row.kind.as_str()).collect();
    assert_eq!(kinds, ["ended 1", "ended 2", "ended 4"]);
}
