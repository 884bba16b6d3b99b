use gatehouse_store::{Bounds, Cache, MessageBatch, MessageRecord};

use super::{World, main_session, message};

async fn write(cache: &dyn Cache, texts: &[&str]) {
    let record = |(n, text): (i64, &&str)| MessageRecord {
        text: (*text).to_owned(),
        ..message(n)
    };
    let upsert = (1..).zip(texts).map(record).collect();
    let batch = MessageBatch {
        upsert,
        ..MessageBatch::default()
    };
    cache.messages_write(&main_session(), batch).await.unwrap();
}

async fn found(cache: &dyn Cache, typed: &str) -> Vec<String> {
    let hits = cache.messages_search(typed, 100).await.unwrap();
    let mut ids: Vec<_> = hits.into_iter().map(|hit| hit.message).collect();
    ids.sort();
    ids
}

pub async fn a_search_finds_every_word_and_the_beginning_of_the_last(world: &dyn World) {
    let cache = world.open(Bounds::default()).await;
    write(
        &*cache,
        &[
            "Deploy the café app",
            "deploy later",
            "the deployment of apples",
        ],
    )
    .await;
    for (typed, wanted) in [
        ("deploy", vec!["m00001", "m00002", "m00003"]),
        ("DEPLOY app", vec!["m00001"]),
        ("the dep", vec!["m00001", "m00003"]),
        ("CAFE", vec!["m00001"]),
        ("depl the", vec![]),
        ("absent", vec![]),
    ] {
        assert_eq!(found(&*cache, typed).await, wanted, "for {typed:?}");
    }
    assert_eq!(cache.messages_search("deploy", 2).await.unwrap().len(), 2);
    let hit = &cache.messages_search("later", 2).await.unwrap()[0];
    assert_eq!((&hit.session, hit.at), (&main_session(), Some(2000)));
}

pub async fn nothing_typed_into_a_search_is_an_operator_or_an_error(world: &dyn World) {
    let cache = world.open(Bounds::default()).await;
    write(
        &*cache,
        &["run rm -rf /tmp/x now", "cats AND dogs", "text: a\"b"],
    )
    .await;
    for (typed, wanted) in [
        ("rm -rf /tmp", vec!["m00001"]),
        ("cats AND", vec!["m00002"]),
        ("cats NOT dogs", vec![]),
        ("a\"b", vec!["m00003"]),
        ("rm OR cats", vec![]),
    ] {
        assert_eq!(found(&*cache, typed).await, wanted, "for {typed:?}");
    }
    for typed in [
        "\"", "*", "(", "NEAR(", "^a", "{a b}:c", "-", "a:", "\0", "%", "'", "", "  ", "&|!<->",
    ] {
        cache.messages_search(typed, 10).await.unwrap();
    }
    cache
        .messages_search(&"word ".repeat(10_000), u32::MAX)
        .await
        .unwrap();
}

pub async fn an_excerpt_shows_the_match_and_is_short(world: &dyn World) {
    let cache = world.open(Bounds::default()).await;
    let long = format!("{} needle {}", "before ".repeat(500), "after ".repeat(500));
    write(&*cache, &[&long]).await;
    let hits = cache.messages_search("needle", 10).await.unwrap();
    let excerpt = &hits[0].excerpt;
    assert!(excerpt.contains("needle"), "{excerpt}");
    assert!(
        excerpt.starts_with('…') && excerpt.ends_with('…'),
        "{excerpt}"
    );
    assert!(excerpt.len() < 400, "{excerpt}");
}

pub async fn a_search_forgets_what_was_removed_and_knows_what_was_changed(world: &dyn World) {
    let cache = world.open(Bounds::default()).await;
    write(&*cache, &["alpha one", "alpha two"]).await;
    write(&*cache, &["beta one"]).await;
    assert_eq!(found(&*cache, "alpha").await, ["m00002"]);
    assert_eq!(found(&*cache, "beta").await, ["m00001"]);
    let batch = MessageBatch {
        remove: vec!["m00002".to_owned()],
        ..MessageBatch::default()
    };
    cache.messages_write(&main_session(), batch).await.unwrap();
    assert!(found(&*cache, "alpha").await.is_empty());
}
