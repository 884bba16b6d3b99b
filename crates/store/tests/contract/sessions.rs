use gatehouse_store::{Bounds, SessionBatch, SessionKey};

use super::{World, main_session, numbered, session, whole};

pub async fn sessions_are_listed_latest_first_for_one_gateway(world: &dyn World) {
    let cache = world.open(Bounds::default()).await;
    let listed = [
        session("b", Some(30)),
        session("a", Some(20)),
        session("never", None),
    ];
    let batch = SessionBatch {
        upsert: listed.to_vec(),
        ..SessionBatch::default()
    };
    cache.sessions_write("g", batch).await.unwrap();
    cache
        .sessions_write("other", whole(vec![session("x", Some(99))]))
        .await
        .unwrap();
    assert_eq!(cache.sessions("g").await.unwrap(), listed);

    let update = SessionBatch {
        upsert: vec![session("a", Some(40))],
        ..SessionBatch::default()
    };
    cache.sessions_write("g", update).await.unwrap();
    let keys: Vec<_> = cache
        .sessions("g")
        .await
        .unwrap()
        .into_iter()
        .map(|s| s.key)
        .collect();
    assert_eq!(keys, ["a", "b", "never"]);
}

pub async fn a_whole_list_forgets_what_is_not_in_it_with_its_messages(world: &dyn World) {
    let cache = world.open(Bounds::default()).await;
    cache
        .sessions_write(
            "g",
            whole(vec![session("main", None), session("old", None)]),
        )
        .await
        .unwrap();
    let unlisted = SessionKey::new("g", "opened before the list came");
    for key in [
        main_session(),
        SessionKey::new("g", "old"),
        unlisted.clone(),
    ] {
        cache.messages_write(&key, numbered(1..=2)).await.unwrap();
    }
    cache
        .sessions_write("g", whole(vec![session("main", Some(1))]))
        .await
        .unwrap();
    assert_eq!(
        cache.sessions("g").await.unwrap(),
        [session("main", Some(1))]
    );
    for (key, left) in [
        (main_session(), 2),
        (SessionKey::new("g", "old"), 0),
        (unlisted, 2),
    ] {
        let page = cache.messages_page(&key, None, 10).await.unwrap();
        assert_eq!(page.messages.len(), left, "{key:?}");
    }
}

pub async fn a_removed_session_takes_its_messages_along(world: &dyn World) {
    let cache = world.open(Bounds::default()).await;
    cache
        .sessions_write("g", whole(vec![session("main", None)]))
        .await
        .unwrap();
    cache
        .messages_write(&main_session(), numbered(1..=2))
        .await
        .unwrap();
    let removal = SessionBatch {
        remove: vec!["main".to_owned()],
        ..SessionBatch::default()
    };
    cache.sessions_write("g", removal).await.unwrap();
    assert!(cache.sessions("g").await.unwrap().is_empty());
    assert!(
        cache
            .messages_page(&main_session(), None, 10)
            .await
            .unwrap()
            .messages
            .is_empty()
    );
    assert!(
        cache
            .messages_search("number", 10)
            .await
            .unwrap()
            .is_empty()
    );
}

pub async fn sessions_past_the_bound_go_the_oldest_first(world: &dyn World) {
    let bounds = Bounds {
        sessions_per_gateway: 2,
        ..Bounds::default()
    };
    let cache = world.open(bounds).await;
    cache
        .messages_write(&SessionKey::new("g", "oldest"), numbered(1..=2))
        .await
        .unwrap();
    let all = vec![
        session("oldest", Some(1)),
        session("new", Some(3)),
        session("mid", Some(2)),
    ];
    cache.sessions_write("g", whole(all)).await.unwrap();
    let keys: Vec<_> = cache
        .sessions("g")
        .await
        .unwrap()
        .into_iter()
        .map(|s| s.key)
        .collect();
    assert_eq!(keys, ["new", "mid"]);
    let page = cache
        .messages_page(&SessionKey::new("g", "oldest"), None, 10)
        .await
        .unwrap();
    assert!(page.messages.is_empty());
}
