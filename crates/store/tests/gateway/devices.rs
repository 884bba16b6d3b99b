use gatehouse_store::gateway::{
    DeviceRecord, DeviceToken, PairingRecord, PairingState, SETUP_CODE_KEPT_MS,
};

use super::GatewayWorld;

fn device(id: &str) -> DeviceRecord {
    DeviceRecord {
        id: id.to_owned(),
        public_key: format!("key of {id}"),
        name: Some("A phone".to_owned()),
        approved_at: 5,
        last_seen_at: None,
        json: "{}".to_owned(),
    }
}

fn request(id: &str, device: &str, created_at: i64) -> PairingRecord {
    PairingRecord {
        id: id.to_owned(),
        device: device.to_owned(),
        state: PairingState::Pending,
        created_at,
        expires_at: created_at + 1_000,
        settled_at: None,
        json: "{}".to_owned(),
    }
}

fn token(device: &str, role: &str, hash: &str) -> DeviceToken {
    DeviceToken {
        device: device.to_owned(),
        role: role.to_owned(),
        hash: hash.to_owned(),
        scopes: "[]".to_owned(),
        created_at: 1,
        rotated_at: None,
        revoked_at: None,
        last_used_at: None,
    }
}

pub async fn a_device_is_paired_with_the_request_that_wins(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    store.pairing_put(request("r", "d", 1)).await.unwrap();
    assert_eq!(store.pairings_pending(2).await.unwrap().len(), 1);
    let approve = || store.pairing_settle("r", PairingState::Approved, 2, Some(device("d")), None);
    let reject = || store.pairing_settle("r", PairingState::Rejected, 2, None, None);
    let approved = approve().await.unwrap().unwrap();
    assert_eq!(approved.state, PairingState::Approved);
    assert_eq!(reject().await.unwrap(), None, "it is settled");
    assert_eq!(store.device("d").await.unwrap(), Some(device("d")));
    assert!(store.pairings_pending(2).await.unwrap().is_empty());

    store.pairing_put(request("s", "e", 1)).await.unwrap();
    let rejected = store.pairing_settle("s", PairingState::Rejected, 2, None, None);
    assert!(rejected.await.unwrap().is_some());
    let late = store.pairing_settle("s", PairingState::Approved, 2, Some(device("e")), None);
    assert_eq!(late.await.unwrap(), None);
    assert_eq!(store.device("e").await.unwrap(), None, "it was not paired");
}

pub async fn a_later_request_of_a_device_supersedes_the_former(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    let first = store.pairing_put(request("r", "d", 1)).await.unwrap();
    assert!(first.is_empty(), "nothing waited");
    let superseded = store.pairing_put(request("s", "d", 2)).await.unwrap();
    assert_eq!(superseded, ["r"]);
    let pending = store.pairings_pending(3).await.unwrap();
    assert_eq!(pending, [request("s", "d", 2)]);
    let former = store.pairing("r").await.unwrap().unwrap();
    assert_eq!(former.state, PairingState::Superseded);
    let settled = store.pairing_settle("r", PairingState::Approved, 3, Some(device("d")), None);
    assert_eq!(settled.await.unwrap(), None);
}

pub async fn an_expired_request_is_neither_listed_nor_approved(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    store.pairing_put(request("r", "d", 1)).await.unwrap();
    assert!(store.pairings_pending(1_001).await.unwrap().is_empty());
    let settled = store.pairing_settle("r", PairingState::Approved, 1_001, Some(device("d")), None);
    assert_eq!(settled.await.unwrap(), None);
    assert_eq!(store.device("d").await.unwrap(), None);
}

pub async fn a_token_is_found_by_its_hash_until_its_device_is_removed(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    store.device_put(device("d"), None).await.unwrap();
    let first = token("d", "operator", "h1");
    store.device_token_put(first.clone(), None).await.unwrap();
    let found = store.device_token_by_hash("h1").await.unwrap();
    assert_eq!(found, Some(first));
    let rotated = token("d", "operator", "h2");
    store.device_token_put(rotated.clone(), None).await.unwrap();
    assert_eq!(store.device_token_by_hash("h1").await.unwrap(), None);
    assert_eq!(store.device_tokens("d").await.unwrap(), [rotated]);
    store.device_token_used("d", "operator", 70).await.unwrap();
    assert!(
        store
            .device_token_revoke("d", "operator", 80, None)
            .await
            .unwrap()
    );
    assert!(
        !store
            .device_token_revoke("d", "operator", 90, None)
            .await
            .unwrap()
    );
    let revoked = store.device_token_by_hash("h2").await.unwrap().unwrap();
    assert_eq!(
        (revoked.last_used_at, revoked.revoked_at),
        (Some(70), Some(80))
    );
    store.device_put(device("d"), None).await.unwrap();
    assert_eq!(
        store.device_tokens("d").await.unwrap().len(),
        1,
        "tokens stay"
    );
    store.device_seen("d", 33).await.unwrap();
    assert_eq!(store.devices().await.unwrap()[0].last_seen_at, Some(33));
    assert!(store.device_remove("d", None).await.unwrap());
    assert!(!store.device_remove("d", None).await.unwrap());
    assert_eq!(store.device_token_by_hash("h2").await.unwrap(), None);
}

pub async fn a_setup_code_is_taken_by_one_device_and_not_after_its_time(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    for hash in ["h", "late"] {
        let json = r#"{"profile":"node"}"#;
        store.setup_code_put(hash, 100, json, None).await.unwrap();
    }
    let take = async |hash: &str, device: &str, now: i64| {
        let taken = store.setup_code_take(hash, device, now).await.unwrap();
        taken.is_some_and(|json| json.contains("node"))
    };
    assert!(take("h", "a", 98).await && take("h", "a", 99).await);
    assert!(!take("h", "b", 99).await, "it is another's");
    store.device_remove("a", None).await.unwrap();
    assert!(!take("h", "a", 99).await, "not after a removal");
    assert!(!take("late", "a", 100).await);
}

pub async fn what_became_of_a_setup_code_is_kept_for_a_while(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    let json = r#"{"setupId":"s","profile":"node"}"#;
    store.setup_code_put("h", 100, json, None).await.unwrap();
    store.setup_code_take("h", "a", 99).await.unwrap();
    let note = r#"{"used":{"deviceId":"a"}}"#;
    assert!(store.setup_code_note("s", note).await.unwrap());
    assert!(!store.setup_code_note("another", note).await.unwrap());
    // Also of a device that is removed, and while others come.
    store.device_remove("a", None).await.unwrap();
    let end = 100 + SETUP_CODE_KEPT_MS;
    store.setup_code_take("none", "b", end - 1).await.unwrap();
    let kept = store.setup_code("s", end - 1).await.unwrap().unwrap();
    assert!(
        kept.contains("node") && kept.contains(r#""deviceId":"a""#),
        "{kept}"
    );
    assert_eq!(store.setup_code("s", end).await.unwrap(), None);
}
