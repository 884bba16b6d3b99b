use gatehouse_audit::Draft;
use gatehouse_store::gateway::{
    AgentRecord, AllowEntry, AllowListChange, ApprovalRecord, ApprovalState, Consumed, Created,
    GrantKind, GrantRecord, Resolution, Resolved, Witness,
};

use super::{GatewayWorld, session};

pub fn approval(id: &str, created_at: i64) -> ApprovalRecord {
    ApprovalRecord {
        id: id.to_owned(),
        kind: "exec".to_owned(),
        state: ApprovalState::Pending,
        created_at,
        expires_at: created_at + 1_000,
        agent: Some("main".to_owned()),
        session: Some("agent:main:main".to_owned()),
        run: Some("r".to_owned()),
        digest: format!("digest of {id}"),
        request: r#"{"command":"ls"}"#.to_owned(),
        ..ApprovalRecord::default()
    }
}

fn answer(state: ApprovalState, by: &str, at: i64) -> Resolution {
    Resolution {
        state,
        decision: Some("word".to_owned()),
        reason: None,
        resolver: Some(by.to_owned()),
        at,
        by: Some(by.to_owned()),
        ..Resolution::default()
    }
}

fn allow(id: &str, pattern: &str) -> AllowEntry {
    AllowEntry {
        id: id.to_owned(),
        agent: "main".to_owned(),
        pattern: pattern.to_owned(),
        added_at: 1,
        ..AllowEntry::default()
    }
}

pub async fn the_first_answer_wins_and_the_other_sees_it(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    store.approval_create(approval("a", 1), None).await.unwrap();
    let first = answer(ApprovalState::Denied, "ada", 5);
    let Resolved::Won(record) = store.approval_resolve("a", first, None).await.unwrap() else {
        panic!("nobody was before");
    };
    assert_eq!(record.state, ApprovalState::Denied);
    assert_eq!(record.settled_at, Some(5));
    let second = answer(ApprovalState::Allowed, "bob", 6);
    let lost = store.approval_resolve("a", second, None).await.unwrap();
    assert_eq!(lost, Resolved::Lost(record.clone()));
    assert_eq!(record.resolver.as_deref(), Some("ada"));
    let none = answer(ApprovalState::Allowed, "bob", 6);
    let unknown = store.approval_resolve("no", none, None).await.unwrap();
    assert_eq!(unknown, Resolved::Unknown);
}

pub async fn of_many_answers_at_once_exactly_one_wins(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    for round in 0..10 {
        let id = format!("a{round}");
        store.approval_create(approval(&id, 1), None).await.unwrap();
        let mut answers = Vec::new();
        for n in 0..20 {
            let (store, id) = (store.clone(), id.clone());
            let state = if n % 2 == 0 {
                ApprovalState::Allowed
            } else {
                ApprovalState::Denied
            };
            let answer = answer(state, &n.to_string(), 2);
            answers.push(tokio::spawn(async move {
                store.approval_resolve(&id, answer, None).await.unwrap()
            }));
        }
        let mut won = Vec::new();
        let mut lost = Vec::new();
        for answer in answers {
            match answer.await.unwrap() {
                Resolved::Won(record) => won.push(record),
                Resolved::Lost(record) => lost.push(record),
                other => panic!("it is known and in time: {other:?}"),
            }
        }
        assert_eq!(won.len(), 1, "one answer wins");
        assert!(lost.iter().all(|record| *record == won[0]), "all see it");
        let stands = store.approval(&id).await.unwrap();
        assert_eq!(stands.as_ref(), won.first());
    }
}

pub async fn what_was_allowed_is_consumed_once_and_by_its_own_digest(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    store.approval_create(approval("a", 1), None).await.unwrap();
    let yes = answer(ApprovalState::Allowed, "ada", 5);
    store.approval_resolve("a", yes, None).await.unwrap();
    let other = store.approval_consume("a", "another digest", 6, None).await;
    assert_eq!(other.unwrap(), Consumed::Differs);
    let mut takers = Vec::new();
    for _ in 0..20 {
        let store = store.clone();
        takers.push(tokio::spawn(async move {
            store
                .approval_consume("a", "digest of a", 7, None)
                .await
                .unwrap()
        }));
    }
    let mut taken = 0;
    for taker in takers {
        match taker.await.unwrap() {
            Consumed::Now(record) => {
                assert_eq!(record.consumed_at, Some(7));
                taken += 1;
            }
            other => assert_eq!(other, Consumed::Before),
        }
    }
    assert_eq!(taken, 1);
}

pub async fn what_was_not_allowed_is_never_consumed(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    for (id, settled) in [
        ("pending", None),
        ("denied", Some(ApprovalState::Denied)),
        ("cancelled", Some(ApprovalState::Cancelled)),
        ("expired", Some(ApprovalState::Expired)),
    ] {
        store.approval_create(approval(id, 1), None).await.unwrap();
        if let Some(state) = settled {
            let answer = Resolution {
                decision: None,
                ..answer(state, "ada", 2)
            };
            store.approval_resolve(id, answer, None).await.unwrap();
        }
        let digest = format!("digest of {id}");
        let consumed = store.approval_consume(id, &digest, 3, None).await.unwrap();
        assert_eq!(consumed, Consumed::NotAllowed, "{id}");
    }
    let unknown = store.approval_consume("no", "d", 3, None).await.unwrap();
    assert_eq!(unknown, Consumed::Unknown);
}

pub async fn an_expired_approval_takes_no_answer(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    for id in ["a", "b", "later"] {
        let created = if id == "later" { 5_000 } else { 1 };
        store
            .approval_create(approval(id, created), None)
            .await
            .unwrap();
    }
    let late = answer(ApprovalState::Allowed, "ada", 1_001);
    let first = store
        .approval_resolve("a", late.clone(), None)
        .await
        .unwrap();
    let Resolved::Expired(record) = first else {
        panic!("an answer at the moment of expiry is late: {first:?}");
    };
    assert_eq!(record.state, ApprovalState::Expired);
    assert_eq!(record.decision, None);
    let again = store.approval_resolve("a", late, None).await.unwrap();
    assert_eq!(again, Resolved::Lost(record), "it is noted once");
    let expired = store.approvals_expire(2_000, None).await.unwrap();
    let ids: Vec<_> = expired.iter().map(|record| record.id.as_str()).collect();
    assert_eq!(
        ids,
        ["b"],
        "each is told once, and what has time left is not"
    );
    assert_eq!(store.approvals_pending().await.unwrap().len(), 1);
}

pub async fn what_waits_comes_back_after_a_restart(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    for (id, created) in [("second", 2), ("first", 1), ("settled", 3)] {
        store
            .approval_create(approval(id, created), None)
            .await
            .unwrap();
    }
    let no = answer(ApprovalState::Denied, "ada", 4);
    store.approval_resolve("settled", no, None).await.unwrap();
    store.close().await;
    let store = world.open(5).await;
    let waiting = store.approvals_pending().await.unwrap();
    assert_eq!(waiting, [approval("first", 1), approval("second", 2)]);
}

pub async fn history_is_read_in_pages_the_latest_first(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    for n in 1..=5 {
        let id = format!("a{n}");
        store.approval_create(approval(&id, n), None).await.unwrap();
        // Two of the same time are told apart by their ids.
        let no = answer(ApprovalState::Denied, "ada", 10 + n / 2);
        store.approval_resolve(&id, no, None).await.unwrap();
    }
    store
        .approval_create(approval("waits", 9), None)
        .await
        .unwrap();
    let mut seen = Vec::new();
    loop {
        let before: Option<String> = seen.last().cloned();
        let page = store.approvals_history(before.as_deref(), 2).await.unwrap();
        if page.is_empty() {
            break;
        }
        seen.extend(page.into_iter().map(|record| record.id));
    }
    assert_eq!(seen, ["a5", "a4", "a3", "a2", "a1"]);
}

pub async fn an_approval_of_a_known_id_changes_nothing(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    let first = store.approval_create(approval("a", 1), None).await.unwrap();
    assert_eq!(first, Created::New);
    let other = ApprovalRecord {
        request: "\"another\"".to_owned(),
        ..approval("a", 2)
    };
    let again = store.approval_create(other, None).await.unwrap();
    assert_eq!(again, Created::Exists(Box::new(approval("a", 1))));
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

/// An approval whose run waits for the answer, and is what consumes it.
fn bound(id: &str, approvers: u32) -> ApprovalRecord {
    ApprovalRecord {
        bound: true,
        approvers,
        requester: Some("agent:main".to_owned()),
        ..approval(id, 1)
    }
}

fn yes(by: &str, at: i64) -> Resolution {
    answer(ApprovalState::Allowed, by, at)
}

pub async fn what_was_allowed_and_not_used_in_its_time_expires(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    for id in ["noted", "late"] {
        store.approval_create(bound(id, 1), None).await.unwrap();
        store
            .approval_resolve(id, yes("ada", 5), None)
            .await
            .unwrap();
    }
    let late = store
        .approval_consume("late", "digest of late", 1_001, None)
        .await;
    assert_eq!(late.unwrap(), Consumed::Late);
    let told = store.approvals_expire(1_001, None).await.unwrap();
    let told: Vec<_> = told
        .iter()
        .map(|one| (one.id.as_str(), one.state))
        .collect();
    assert_eq!(
        told,
        [("noted", ApprovalState::Expired)],
        "who watches is shown it as allowed, so they are told"
    );
    let late = store
        .approval_resolve("noted", yes("bob", 1_002), None)
        .await;
    assert!(matches!(late.unwrap(), Resolved::Lost(_)));
    let noted = store.approval("noted").await.unwrap().unwrap();
    assert_eq!(noted.state, ApprovalState::Expired);
    assert_eq!(noted.decision.as_deref(), Some("word"), "the answer stays");
    // What another client asked for is that client's to use.
    store
        .approval_create(approval("own", 1), None)
        .await
        .unwrap();
    store
        .approval_resolve("own", yes("ada", 5), None)
        .await
        .unwrap();
    store.approvals_expire(5_000, None).await.unwrap();
    let own = store.approval("own").await.unwrap().unwrap();
    assert_eq!(own.state, ApprovalState::Allowed);
}

pub async fn a_yes_is_taken_back_until_it_is_used(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    for id in ["unused", "used", "pending"] {
        store.approval_create(bound(id, 1), None).await.unwrap();
        if id != "pending" {
            store
                .approval_resolve(id, yes("ada", 5), None)
                .await
                .unwrap();
        }
    }
    store
        .approval_consume("used", "digest of used", 6, None)
        .await
        .unwrap();
    let revoked = store
        .approval_revoke("unused", Some("bob"), 7, None)
        .await
        .unwrap();
    assert_eq!(revoked.unwrap().state, ApprovalState::Revoked);
    for id in ["unused", "used", "pending", "none"] {
        let again = store
            .approval_revoke(id, Some("bob"), 8, None)
            .await
            .unwrap();
        assert_eq!(again, None, "{id}");
    }
    let taken = store
        .approval_consume("unused", "digest of unused", 9, None)
        .await;
    assert_eq!(taken.unwrap(), Consumed::NotAllowed);
}

pub async fn two_people_must_say_yes_where_two_are_asked_for(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    store.approval_create(bound("a", 2), None).await.unwrap();
    let resolve = async |yes| store.approval_resolve("a", yes, None).await.unwrap();
    let first = resolve(yes("ada", 5)).await;
    let Resolved::Counted(counted) = first else {
        panic!("one of two: {first:?}");
    };
    let other_device = Resolution {
        person: Some("ada".to_owned()),
        ..yes("ada's phone", 6)
    };
    for again in [yes("ada", 6), other_device] {
        let again = resolve(again).await;
        let Resolved::Again(record) = again else {
            panic!("one person is one, however often and by whatever: {again:?}");
        };
        assert_eq!(record, counted);
    }
    assert_eq!(counted.approved_by, ["ada"]);
    assert_eq!(counted.state, ApprovalState::Pending);
    let second = store
        .approval_resolve("a", yes("bob", 7), None)
        .await
        .unwrap();
    let Resolved::Won(record) = second else {
        panic!("that makes two: {second:?}");
    };
    assert_eq!(record.approved_by, ["ada", "bob"]);
    store.approval_create(bound("b", 2), None).await.unwrap();
    store
        .approval_resolve("b", yes("ada", 5), None)
        .await
        .unwrap();
    let no = answer(ApprovalState::Denied, "bob", 6);
    let denied = store.approval_resolve("b", no, None).await.unwrap();
    assert!(matches!(denied, Resolved::Won(_)), "one no is enough");
}

pub async fn nobody_says_yes_to_their_own_question_by_another_device(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    let asked = ApprovalRecord {
        requester: Some("shared".to_owned()),
        requester_person: Some("unvouched".to_owned()),
        ..approval("a", 1)
    };
    store.approval_create(asked, None).await.unwrap();
    let of = |person: &str| Resolution {
        person: Some(person.to_owned()),
        ..yes("device:new", 5)
    };
    let own = store.approval_resolve("a", of("unvouched"), None).await;
    assert!(matches!(own.unwrap(), Resolved::Own(_)));
    let other = store.approval_resolve("a", of("device:ada"), None).await;
    assert!(matches!(other.unwrap(), Resolved::Won(_)));
}

pub async fn nobody_says_yes_to_their_own_question(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    store.approval_create(bound("a", 1), None).await.unwrap();
    let own = store
        .approval_resolve("a", yes("agent:main", 5), None)
        .await
        .unwrap();
    let Resolved::Own(record) = own else {
        panic!("it asked itself: {own:?}");
    };
    assert_eq!(record.state, ApprovalState::Pending);
    let no = answer(ApprovalState::Denied, "agent:main", 6);
    let denied = store.approval_resolve("a", no, None).await.unwrap();
    assert!(
        matches!(denied, Resolved::Won(_)),
        "to deny one's own is to withdraw it"
    );
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
