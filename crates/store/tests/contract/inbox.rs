use gatehouse_store::{Bounds, InboxRecord};

use super::{World, item};

pub async fn what_waits_and_what_was_decided_are_listed_apart(world: &dyn World) {
    let cache = world.open(Bounds::default()).await;
    let items = [
        item("c", 3, None),
        item("a", 1, Some(50)),
        item("b", 2, None),
        item("d", 4, Some(60)),
    ];
    cache.inbox_write(&items, &[]).await.unwrap();
    assert_eq!(
        cache.inbox_waiting().await.unwrap(),
        [item("b", 2, None), item("c", 3, None)]
    );
    let history = [item("d", 4, Some(60)), item("a", 1, Some(50))];
    assert_eq!(cache.inbox_history(10).await.unwrap(), history);
    assert_eq!(cache.inbox_history(1).await.unwrap(), history[..1]);

    cache
        .inbox_write(&[item("b", 2, Some(70))], &[])
        .await
        .unwrap();
    cache.close().await;
    let cache = world.open(Bounds::default()).await;
    assert_eq!(cache.inbox_waiting().await.unwrap(), [item("c", 3, None)]);
    assert_eq!(
        cache.inbox_history(1).await.unwrap(),
        [item("b", 2, Some(70))]
    );
}

pub async fn an_item_that_waits_is_never_dropped_however_many_were_decided(world: &dyn World) {
    let cache = world
        .open(Bounds {
            inbox_history: 3,
            ..Bounds::default()
        })
        .await;
    let waiting: Vec<InboxRecord> = (0..20)
        .map(|n| item(&format!("w{n:02}"), n, None))
        .collect();
    cache.inbox_write(&waiting, &[]).await.unwrap();
    for n in 0..10 {
        cache
            .inbox_write(&[item(&format!("d{n}"), n, Some(100 + n))], &[])
            .await
            .unwrap();
    }
    assert_eq!(cache.inbox_waiting().await.unwrap(), waiting);
    let history: Vec<_> = cache
        .inbox_history(100)
        .await
        .unwrap()
        .into_iter()
        .map(|item| item.key)
        .collect();
    assert_eq!(history, ["d9", "d8", "d7"]);
}

pub async fn an_inbox_write_is_one_step_with_its_removals(world: &dyn World) {
    let cache = world.open(Bounds::default()).await;
    cache
        .inbox_write(&[item("a", 1, None), item("b", 2, None)], &[])
        .await
        .unwrap();
    let removed = ["a".to_owned(), "never there".to_owned()];
    cache
        .inbox_write(&[item("c", 3, None)], &removed)
        .await
        .unwrap();
    let keys: Vec<_> = cache
        .inbox_waiting()
        .await
        .unwrap()
        .into_iter()
        .map(|i| i.key)
        .collect();
    assert_eq!(keys, ["b", "c"]);
}
