use gatehouse_store::gateway::{EntrySearch, Follows, NewEntry, WaitingInput};

use super::{GatewayWorld, entry, session};

fn search(text: &str) -> EntrySearch {
    EntrySearch {
        text: text.to_owned(),
        limit: 10,
        ..EntrySearch::default()
    }
}

pub async fn entries_are_numbered_from_one_and_paged_backwards(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    store.session_create(session("a", 1)).await.unwrap();
    for n in 1..=10 {
        let numbers = store.entries_append("a", vec![entry(n)]).await.unwrap();
        assert_eq!(numbers, Some(vec![n]));
    }
    let mut before = None;
    for (wanted, older) in [
        (&[8, 9, 10][..], true),
        (&[5, 6, 7], true),
        (&[2, 3, 4], true),
        (&[1], false),
    ] {
        let page = store.entries_page("a", before, 3).await.unwrap();
        let numbers: Vec<_> = page.entries.iter().map(|entry| entry.seq).collect();
        assert_eq!(numbers, wanted);
        assert_eq!((page.has_older, page.total), (older, 10));
        before = numbers.first().copied();
    }
    let after = store.entries_after("a", 4, 2).await.unwrap();
    assert_eq!(after.iter().map(|e| e.seq).collect::<Vec<_>>(), [5, 6]);
    let one = store.entry("a", "m7").await.unwrap().unwrap();
    assert_eq!((one.seq, one.json.as_str()), (7, r#"{"n":7}"#));
    assert_eq!(store.entry("a", "no").await.unwrap(), None);
    let none = store.entries_page("no", None, 3).await.unwrap();
    assert_eq!((none.entries.len(), none.total), (0, 0));
}

pub async fn an_entry_that_is_there_is_not_added_again(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    store.session_create(session("a", 1)).await.unwrap();
    store.entries_append("a", vec![entry(1)]).await.unwrap();
    let again = NewEntry {
        json: "\"other\"".to_owned(),
        ..entry(1)
    };
    let numbers = store.entries_append("a", vec![again, entry(2)]).await;
    assert_eq!(numbers.unwrap(), Some(vec![1, 2]));
    let entries = store.entries("a").await.unwrap();
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0].json, r#"{"n":1}"#, "the first stays as it was");
}

pub async fn an_append_moves_the_session_and_its_preview(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    store.session_create(session("a", 1)).await.unwrap();
    let silent = NewEntry {
        text: String::new(),
        ..entry(3)
    };
    let long = NewEntry {
        text: "ü".repeat(1_000),
        ..entry(4)
    };
    store
        .entries_append("a", vec![entry(2), silent])
        .await
        .unwrap();
    let row = store.session("a").await.unwrap().unwrap();
    assert_eq!(row.preview.as_deref(), Some("message number 2"));
    assert_eq!((row.updated_at, row.activity_at), (3_000, Some(3_000)));
    store.entries_append("a", vec![long]).await.unwrap();
    let row = store.session("a").await.unwrap().unwrap();
    assert!(row.preview.unwrap().chars().count() <= 300, "a beginning");
}

pub async fn a_compaction_keeps_the_old_transcript_and_goes_on_counting(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    store.session_create(session("a", 1)).await.unwrap();
    let all = (1..=6).map(entry).collect();
    store.entries_append("a", all).await.unwrap();
    // The third one is somebody else's, which the summary knows nothing of.
    let replaced = ["m1", "m2", "m4", "m5"].map(str::to_owned).to_vec();
    let number = store
        .entries_replace("a", "id-of-a", "compaction", 7_000, replaced, entry(100))
        .await;
    assert_eq!(
        number.unwrap(),
        Some(8),
        "no number is given twice, and whoever read up to the sixth sees a gap"
    );
    let ids: Vec<_> = store.entries("a").await.unwrap();
    let ids: Vec<_> = ids
        .iter()
        .map(|entry| (entry.seq, entry.id.as_str()))
        .collect();
    assert_eq!(ids, [(8, "m100"), (9, "m3"), (10, "m6")]);
    let next = store.entries_append("a", vec![entry(101)]).await;
    assert_eq!(next.unwrap(), Some(vec![11]));
    let archived = store.archived("a").await.unwrap();
    assert_eq!((archived.len(), archived[0].entries), (1, 6));
    assert_eq!(archived[0].reason, "compaction");
    assert_eq!(archived[0].session_id, "id-of-a", "it is the same session");
    let none = store.entries_replace("no", "id-of-no", "x", 1, Vec::new(), entry(1));
    assert_eq!(none.await.unwrap(), None);
}

pub async fn what_is_meant_for_a_session_reaches_no_other_of_its_key(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    store.session_create(session("a", 1)).await.unwrap();
    let own = store
        .entries_append_in("a", "id-of-a", vec![entry(1)])
        .await;
    assert_eq!(own.unwrap(), Some(vec![1]));
    store.session_reset("a", "anew", 2, None).await.unwrap();
    let late = store
        .entries_append_in("a", "id-of-a", vec![entry(2)])
        .await;
    assert_eq!(late.unwrap(), None, "its session was reset");
    let compacted = store.entries_replace("a", "id-of-a", "compaction", 3, Vec::new(), entry(3));
    assert_eq!(compacted.await.unwrap(), None);
    assert_eq!(store.entries("a").await.unwrap(), []);
    store.session_delete("a", None, 1, None).await.unwrap();
    let gone = store.entries_append_in("a", "anew", vec![entry(4)]).await;
    assert_eq!(gone.unwrap(), None, "its session was deleted");
}

pub async fn a_search_finds_words_of_the_live_transcript_alone(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    for key in ["a", "b"] {
        let row = gatehouse_store::gateway::SessionRow {
            agent: format!("agent-{key}"),
            ..session(key, 1)
        };
        store.session_create(row).await.unwrap();
    }
    let words = |n, text: &str| NewEntry {
        text: text.to_owned(),
        ..entry(n)
    };
    store
        .entries_append(
            "a",
            vec![words(1, "the wombat sleeps"), words(2, "a wombat OR two")],
        )
        .await
        .unwrap();
    store
        .entries_append("b", vec![words(3, "another Wombät")])
        .await
        .unwrap();
    let count = async |search: &EntrySearch| store.entries_search(search).await.unwrap().len();
    assert_eq!(count(&search("wombat")).await, 3);
    assert_eq!(count(&search("wom")).await, 3, "a beginning");
    assert_eq!(count(&search("OR two")).await, 1, "nothing is an operator");
    assert_eq!(count(&search("\"")).await, 0);
    let of_b = EntrySearch {
        key: Some("b".to_owned()),
        ..search("wombat")
    };
    let hits = store.entries_search(&of_b).await.unwrap();
    assert_eq!(
        (hits.len(), hits[0].key.as_str(), hits[0].id.as_str()),
        (1, "b", "m3")
    );
    assert!(hits[0].excerpt.contains("Wombät"));
    let of_agent = EntrySearch {
        agent: Some("agent-a".to_owned()),
        ..search("wombat")
    };
    assert_eq!(count(&of_agent).await, 2);
    let replaced = store
        .entries_replace(
            "a",
            "id-of-a",
            "compaction",
            5,
            vec!["m1".to_owned(), "m2".to_owned()],
            words(9, ""),
        )
        .await;
    replaced.unwrap();
    assert_eq!(
        count(&search("wombat")).await,
        1,
        "archived ones are not found"
    );
    store.session_delete("b", None, 1, None).await.unwrap();
    assert_eq!(count(&search("wombat")).await, 0);
}

pub async fn everything_written_is_there_after_a_restart(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    store.session_create(session("a", 1)).await.unwrap();
    let all = (1..=100).map(entry).collect();
    store.entries_append("a", all).await.unwrap();
    let before = store.entries("a").await.unwrap();
    store.close().await;
    let store = world.open(1).await;
    assert_eq!(store.entries("a").await.unwrap(), before);
    let hits = store.entries_search(&search("number 77")).await.unwrap();
    assert_eq!(hits.len(), 1);
}

pub async fn an_append_to_no_session_is_refused(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    let numbers = store.entries_append("no", vec![entry(1)]).await.unwrap();
    assert_eq!(numbers, None);
}

pub async fn an_input_waits_until_it_is_an_entry(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    store.session_create(session("a", 1)).await.unwrap();
    let input = |id: &str, at| WaitingInput {
        id: id.to_owned(),
        key: "a".to_owned(),
        at,
        json: "{}".to_owned(),
    };
    for (id, at) in [("z", 1), ("y", 2), ("x", 3)] {
        store.input_put(input(id, at)).await.unwrap();
    }
    store.close().await;
    let store = world.open(1).await;
    let waiting = store.inputs(Some("a")).await.unwrap();
    assert_eq!(waiting, [input("z", 1), input("y", 2), input("x", 3)]);
    assert_eq!(store.inputs(Some("b")).await.unwrap(), []);
    let said = NewEntry {
        input: Some("z".to_owned()),
        ..entry(1)
    };
    store.entries_append("a", vec![said]).await.unwrap();
    assert!(store.input_remove("y").await.unwrap());
    assert!(!store.input_remove("y").await.unwrap());
    assert_eq!(store.inputs(None).await.unwrap(), [input("x", 3)]);
    store.session_delete("a", None, 1, None).await.unwrap();
    assert_eq!(store.inputs(None).await.unwrap(), []);
}

pub async fn an_input_is_taken_only_after_what_it_was_written_after(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    let after = |session_id: Option<&str>, entry: Option<&str>| Follows {
        session_id: session_id.map(str::to_owned),
        entry: entry.map(str::to_owned),
    };
    let put = async |id: &str, follows: Follows| {
        let input = WaitingInput {
            id: id.to_owned(),
            key: "a".to_owned(),
            at: 1,
            json: "{}".to_owned(),
        };
        let told = store.input_follows("a", id, &follows).await.unwrap();
        let taken = store.input_put_after(input, follows).await.unwrap();
        assert_eq!(told, taken, "what is told of {id} is what is done");
        taken
    };
    store.session_create(session("a", 1)).await.unwrap();
    let id = store.session("a").await.unwrap().unwrap().session_id;
    assert!(!put("no entry", after(None, Some("nothing"))).await);
    assert!(put("one", after(None, None)).await, "nothing was said yet");
    assert!(
        !put("two", after(None, None)).await,
        "the first waits to be said"
    );
    assert!(put("one", after(None, None)).await, "it waits itself");
    let said = NewEntry {
        input: Some("one".to_owned()),
        ..entry(1)
    };
    store
        .entries_append("a", vec![said, entry(2)])
        .await
        .unwrap();
    let (first, last) = (entry(1).id, entry(2).id);
    assert!(!put("two", after(None, None)).await);
    assert!(!put("two", after(Some(&id), None)).await, "it is not empty");
    assert!(!put("two", after(None, Some(&first))).await);
    assert!(!put("two", after(Some("another"), Some(&last))).await);
    assert!(put("two", after(None, Some(&last))).await);
    assert!(!put("three", after(None, Some(&last))).await);
    assert!(put("three", after(Some(&id), Some(&first))).await);
    let waiting = store.inputs(Some("a")).await.unwrap();
    let waiting: Vec<&str> = waiting.iter().map(|input| input.id.as_str()).collect();
    assert_eq!(waiting, ["two", "three"]);
}
