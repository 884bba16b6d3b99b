use gatehouse_store::{Bounds, GatewayRecord, SessionKey, StoreError};

use super::{World, gateway, item, numbered, session, whole};

pub async fn gateways_come_back_after_a_restart_in_the_order_they_were_added(world: &dyn World) {
    let bare = GatewayRecord {
        pin: None,
        credential_saved_at: None,
        paused: true,
        last_seen: Some(7),
        ..gateway("b", 1)
    };
    let all = [bare, gateway("c", 2), gateway("a", 3)];
    let cache = world.open(Bounds::default()).await;
    for gateway in all.iter().rev() {
        cache.gateway_put(gateway).await.unwrap();
    }
    cache.close().await;
    let cache = world.open(Bounds::default()).await;
    assert_eq!(cache.gateways().await.unwrap(), all);
    assert!(cache.notices().is_empty());
}

pub async fn a_gateway_put_again_takes_the_place_of_the_former(world: &dyn World) {
    let cache = world.open(Bounds::default()).await;
    cache.gateway_put(&gateway("a", 1)).await.unwrap();
    let renamed = GatewayRecord {
        name: "Renamed".to_owned(),
        pin: None,
        ..gateway("a", 1)
    };
    cache.gateway_put(&renamed).await.unwrap();
    assert_eq!(cache.gateways().await.unwrap(), [renamed]);
}

pub async fn a_gateway_was_last_seen_at_the_latest_time_noted(world: &dyn World) {
    let cache = world.open(Bounds::default()).await;
    cache.gateway_put(&gateway("a", 1)).await.unwrap();
    for at in [50, 70, 60] {
        cache.gateway_seen("a", at).await.unwrap();
    }
    cache.gateway_seen("unknown", 99).await.unwrap();
    let gateways = cache.gateways().await.unwrap();
    assert_eq!(gateways.len(), 1);
    assert_eq!(gateways[0].last_seen, Some(70));
}

pub async fn a_removed_gateway_takes_everything_of_its_own_along_and_nothing_else(
    world: &dyn World,
) {
    let cache = world.open(Bounds::default()).await;
    for id in ["g", "other"] {
        cache.gateway_put(&gateway(id, 1)).await.unwrap();
        cache
            .sessions_write(id, whole(vec![session("main", None)]))
            .await
            .unwrap();
        cache
            .messages_write(&SessionKey::new(id, "main"), numbered(1..=3))
            .await
            .unwrap();
    }
    let mut kept = item("other/1", 1, None);
    kept.gateway = "other".to_owned();
    let gone = [item("g/1", 1, None), item("g/2", 1, Some(2)), kept.clone()];
    cache.inbox_write(&gone, &[]).await.unwrap();

    cache.gateway_remove("g").await.unwrap();
    cache.gateway_remove("never there").await.unwrap();

    assert_eq!(cache.gateways().await.unwrap(), [gateway("other", 1)]);
    assert_eq!(cache.inbox_waiting().await.unwrap(), [kept]);
    assert!(cache.inbox_history(10).await.unwrap().is_empty());
    for (id, left) in [("g", 0), ("other", 3)] {
        let page = cache
            .messages_page(&SessionKey::new(id, "main"), None, 10)
            .await
            .unwrap();
        assert_eq!(page.messages.len(), left, "messages of {id}");
        assert_eq!(
            cache.sessions(id).await.unwrap().len(),
            left.min(1),
            "sessions of {id}"
        );
    }
    assert_eq!(cache.messages_search("number", 10).await.unwrap().len(), 3);
}

pub async fn a_setting_is_the_last_that_was_put(world: &dyn World) {
    let cache = world.open(Bounds::default()).await;
    assert_eq!(cache.setting("ui").await.unwrap(), None);
    for json in ["{}", r#"{"theme":"dark"}"#] {
        cache.setting_put("ui", json).await.unwrap();
    }
    cache.setting_put("other", "1").await.unwrap();
    cache.close().await;
    let cache = world.open(Bounds::default()).await;
    assert_eq!(
        cache.setting("ui").await.unwrap().as_deref(),
        Some(r#"{"theme":"dark"}"#)
    );
}

pub async fn text_of_any_kind_comes_back_as_it_was(world: &dyn World) {
    let cache = world.open(Bounds::default()).await;
    let odd = "'; DROP TABLE gateway; -- \u{202e}\u{0007} 😀 \\ \" \n";
    let gateway = GatewayRecord {
        name: odd.to_owned(),
        ..gateway("a", 1)
    };
    cache.gateway_put(&gateway).await.unwrap();
    cache.setting_put(odd, odd).await.unwrap();
    assert_eq!(cache.gateways().await.unwrap(), [gateway]);
    assert_eq!(cache.setting(odd).await.unwrap().as_deref(), Some(odd));
}

pub async fn a_closed_store_says_so(world: &dyn World) {
    let cache = world.open(Bounds::default()).await;
    cache.close().await;
    assert!(matches!(cache.gateways().await, Err(StoreError::Closed)));
    assert!(matches!(
        cache.messages_search("a", 1).await,
        Err(StoreError::Closed)
    ));
}
