use gatehouse_store::{Bounds, MessageBatch, MessageRecord, SessionKey};

use super::{World, main_session, message, numbered, transcript};

pub async fn pages_lead_from_the_latest_to_the_first(world: &dyn World) {
    let cache = world.open(Bounds::default()).await;
    cache
        .messages_write(&main_session(), numbered(1..=10))
        .await
        .unwrap();
    cache
        .messages_write(&SessionKey::new("g", "another"), numbered(1..=99))
        .await
        .unwrap();

    let latest = cache.messages_page(&main_session(), None, 4).await.unwrap();
    assert_eq!(latest.messages, (7..=10).map(message).collect::<Vec<_>>());
    assert!(latest.has_older);
    let before = cache
        .messages_page(&main_session(), Some("m00007"), 6)
        .await
        .unwrap();
    assert_eq!(before.messages, (1..=6).map(message).collect::<Vec<_>>());
    assert!(!before.has_older, "six were asked for and six were left");

    let wanted: Vec<_> = (1..=10).map(|n| message(n).id).collect();
    for limit in 1..=11 {
        assert_eq!(
            transcript(&*cache, &main_session(), limit).await,
            wanted,
            "by {limit}"
        );
    }
}

pub async fn messages_of_the_same_position_are_told_apart_by_their_ids(world: &dyn World) {
    let cache = world.open(Bounds::default()).await;
    let twins = ["c", "a", "b"].map(|id| MessageRecord {
        id: id.to_owned(),
        ..message(5)
    });
    let batch = MessageBatch {
        upsert: twins.to_vec(),
        ..MessageBatch::default()
    };
    cache.messages_write(&main_session(), batch).await.unwrap();
    assert_eq!(
        transcript(&*cache, &main_session(), 1).await,
        ["a", "b", "c"]
    );
}

pub async fn a_message_written_again_is_replaced_and_may_move(world: &dyn World) {
    let cache = world.open(Bounds::default()).await;
    cache
        .messages_write(&main_session(), numbered(1..=3))
        .await
        .unwrap();
    let moved = MessageRecord {
        position: 9,
        at: None,
        json: "{\"new\":1}".to_owned(),
        ..message(1)
    };
    let batch = MessageBatch {
        upsert: vec![moved.clone()],
        ..MessageBatch::default()
    };
    cache.messages_write(&main_session(), batch).await.unwrap();
    let page = cache
        .messages_page(&main_session(), None, 10)
        .await
        .unwrap();
    assert_eq!(page.messages, [message(2), message(3), moved]);
}

pub async fn removals_come_before_additions_and_a_whole_batch_is_all_there_is(world: &dyn World) {
    let cache = world.open(Bounds::default()).await;
    cache
        .messages_write(&main_session(), numbered(1..=5))
        .await
        .unwrap();
    let ids = [1, 2, 99].map(|n| message(n).id);
    let batch = MessageBatch {
        remove: ids.to_vec(),
        ..numbered(2..=2)
    };
    cache.messages_write(&main_session(), batch).await.unwrap();
    let left = ["m00002", "m00003", "m00004", "m00005"];
    assert_eq!(transcript(&*cache, &main_session(), 10).await, left);

    let batch = MessageBatch {
        whole: true,
        ..numbered(5..=6)
    };
    cache.messages_write(&main_session(), batch).await.unwrap();
    assert_eq!(
        transcript(&*cache, &main_session(), 10).await,
        ["m00005", "m00006"]
    );
    assert_eq!(cache.messages_search("number", 10).await.unwrap().len(), 2);
}

pub async fn a_page_before_an_unknown_message_is_empty(world: &dyn World) {
    let cache = world.open(Bounds::default()).await;
    cache
        .messages_write(&main_session(), numbered(1..=5))
        .await
        .unwrap();
    cache
        .messages_write(&SessionKey::new("g", "another"), numbered(7..=7))
        .await
        .unwrap();
    for unknown in ["nowhere", "m00007"] {
        let page = cache
            .messages_page(&main_session(), Some(unknown), 10)
            .await
            .unwrap();
        assert!(page.messages.is_empty() && !page.has_older, "{unknown}");
    }
    let page = cache
        .messages_page(&SessionKey::new("no", "session"), None, 10)
        .await
        .unwrap();
    assert!(page.messages.is_empty());
}

pub async fn a_session_keeps_its_latest_messages_within_the_bound(world: &dyn World) {
    let cache = world
        .open(Bounds {
            messages_per_session: 5,
            ..Bounds::default()
        })
        .await;
    cache
        .messages_write(&main_session(), numbered(1..=4))
        .await
        .unwrap();
    cache
        .messages_write(&main_session(), numbered(5..=8))
        .await
        .unwrap();
    let wanted: Vec<_> = (4..=8).map(|n| message(n).id).collect();
    assert_eq!(transcript(&*cache, &main_session(), 100).await, wanted);
    assert_eq!(cache.messages_search("number", 100).await.unwrap().len(), 5);
}

pub async fn past_the_total_the_session_written_longest_ago_gives_way(world: &dyn World) {
    let cache = world
        .open(Bounds {
            messages: 10,
            ..Bounds::default()
        })
        .await;
    let sessions = ["first", "second", "third"].map(|name| SessionKey::new("g", name));
    for session in &sessions[..2] {
        cache
            .messages_write(session, numbered(1..=4))
            .await
            .unwrap();
    }
    cache
        .messages_write(&sessions[0], numbered(5..=5))
        .await
        .unwrap();
    cache
        .messages_write(&sessions[2], numbered(1..=4))
        .await
        .unwrap();
    let mut left = Vec::new();
    for session in &sessions {
        left.push(transcript(&*cache, session, 100).await.len());
    }
    assert_eq!(left, [5, 1, 4], "the second was written longest ago");
    assert_eq!(
        transcript(&*cache, &sessions[1], 100).await,
        ["m00004"],
        "its oldest went"
    );
}

pub async fn past_the_bytes_the_oldest_give_way(world: &dyn World) {
    let cache = world
        .open(Bounds {
            message_bytes: 20_000,
            ..Bounds::default()
        })
        .await;
    let large = |n| MessageRecord {
        json: format!("\"{}\"", "ä".repeat(500)),
        ..message(n)
    };
    for n in 1..=100 {
        let batch = MessageBatch {
            upsert: vec![large(n)],
            ..MessageBatch::default()
        };
        cache.messages_write(&main_session(), batch).await.unwrap();
    }
    let left = transcript(&*cache, &main_session(), 100).await;
    assert!(
        (15..=19).contains(&left.len()),
        "{} of about 1,020 bytes fit",
        left.len()
    );
    assert_eq!(left.last().map(String::as_str), Some("m00100"));

    let huge = MessageRecord {
        json: "x".repeat(50_000),
        ..message(101)
    };
    let batch = MessageBatch {
        upsert: vec![huge],
        ..MessageBatch::default()
    };
    cache.messages_write(&main_session(), batch).await.unwrap();
    let left = transcript(&*cache, &main_session(), 100).await;
    assert!(
        left.is_empty(),
        "one message over the bound cannot be kept: {left:?}"
    );
}

pub async fn everything_written_is_there_after_a_restart(world: &dyn World) {
    let cache = world.open(Bounds::default()).await;
    cache.gateway_put(&super::gateway("g", 1)).await.unwrap();
    cache
        .sessions_write("g", super::whole(vec![super::session("main", Some(1))]))
        .await
        .unwrap();
    cache
        .messages_write(&main_session(), numbered(1..=50))
        .await
        .unwrap();
    cache
        .inbox_write(&[super::item("g/1", 1, None)], &[])
        .await
        .unwrap();
    cache.close().await;

    let cache = world.open(Bounds::default()).await;
    assert_eq!(cache.sessions("g").await.unwrap().len(), 1);
    assert_eq!(transcript(&*cache, &main_session(), 7).await.len(), 50);
    assert_eq!(
        cache.inbox_waiting().await.unwrap(),
        [super::item("g/1", 1, None)]
    );
    assert_eq!(
        cache.messages_search("number 50", 10).await.unwrap().len(),
        1
    );
}
