use gatehouse_store::gateway::{
    CredentialHeader, CredentialKey, CredentialRecord, CredentialVersion, GatewayStore, PutSaid,
};

use super::GatewayWorld;

fn header(key_id: &str) -> CredentialHeader {
    CredentialHeader {
        vault_id: "v".to_owned(),
        key_id: key_id.to_owned(),
        next_key_id: None,
        former_key_id: None,
        key_check: vec![1, 2, 3],
    }
}

fn credential(id: &str, name: &str) -> CredentialRecord {
    CredentialRecord {
        id: id.to_owned(),
        name: name.to_owned(),
        kind: "api_key".to_owned(),
        created_at: 1,
        rotated_at: None,
        expires_at: Some(100),
        max_uses: Some(2),
        bounds: "{}".to_owned(),
        version: 1,
        revision: 1,
        uses: 0,
        last_used_at: None,
    }
}

fn version(number: i64, usable_until: Option<i64>) -> CredentialVersion {
    CredentialVersion {
        version: number,
        created_at: 1,
        usable_until,
        wrapped: vec![0, 255, 1],
        sealed: vec![9; 70],
    }
}

fn key(id: &str, number: i64, wrapped: u8) -> CredentialKey {
    CredentialKey {
        credential: id.to_owned(),
        version: number,
        wrapped: vec![wrapped],
    }
}

async fn with_header(store: &dyn GatewayStore) {
    let is_new = store.credential_header_swap(None, &header("k1")).await;
    assert!(is_new.unwrap());
}

pub async fn a_credential_comes_back_as_it_was_put_also_after_a_restart(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    let early = store
        .credential_put("k1", credential("a", "one"), version(1, None), None)
        .await;
    assert!(!early.unwrap(), "no key is in force yet");
    with_header(&*store).await;
    for (id, name) in [("b", "two"), ("a", "one")] {
        let put = store
            .credential_put("k1", credential(id, name), version(1, None), None)
            .await;
        assert!(put.unwrap());
    }
    store.close().await;
    let store = world.open(1).await;
    assert_eq!(store.credential_header().await.unwrap(), Some(header("k1")));
    let all = store.credentials().await.unwrap();
    assert_eq!(all, [credential("a", "one"), credential("b", "two")]);
    let versions = store.credential_versions("a").await.unwrap();
    assert_eq!(versions, [version(1, None)]);
    let again = store
        .credential_put("k1", credential("c", "one"), version(1, None), None)
        .await;
    assert!(again.unwrap(), "another takes the name");
    assert_eq!(store.credential_versions("a").await.unwrap(), []);
    assert!(store.credential_remove("one", None).await.unwrap());
    assert!(!store.credential_remove("one", None).await.unwrap());
    assert_eq!(store.credential_versions("c").await.unwrap(), []);
    assert_eq!(store.credential("one").await.unwrap(), None);
}

pub async fn a_credential_is_changed_only_from_the_state_that_was_seen(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    with_header(&*store).await;
    let put = store.credential_put("k1", credential("a", "one"), version(1, None), None);
    put.await.unwrap();
    assert!(store.credential_used("a", 1, 7).await.unwrap());
    let newer = CredentialRecord {
        version: 2,
        revision: 2,
        rotated_at: Some(8),
        ..credential("a", "one")
    };
    let versions = vec![version(2, None), version(1, Some(50))];
    for (key_id, holds) in [("other", false), ("k1", true), ("k1", false)] {
        let changed = store
            .credential_change(key_id, newer.clone(), versions.clone(), None)
            .await;
        assert_eq!(changed.unwrap(), holds, "{key_id}");
    }
    let kept = store.credential("one").await.unwrap().unwrap();
    assert_eq!(
        (kept.revision, kept.uses, kept.last_used_at),
        (2, 1, Some(7))
    );
    assert_eq!(store.credential_versions("a").await.unwrap(), versions);
    assert_eq!(store.credential_versions_expire(49).await.unwrap(), 0);
    assert_eq!(store.credential_versions_expire(50).await.unwrap(), 1);
}

pub async fn a_use_is_counted_within_its_limits(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    with_header(&*store).await;
    let put = store.credential_put("k1", credential("a", "one"), version(1, None), None);
    put.await.unwrap();
    assert!(!store.credential_used("a", 9, 1).await.unwrap(), "changed");
    assert!(
        !store.credential_used("a", 1, 100).await.unwrap(),
        "expired"
    );
    let mut uses = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let store = store.clone();
        uses.spawn(async move { store.credential_used("a", 1, 5).await.unwrap() });
    }
    let counted = uses.join_all().await.into_iter().filter(|one| *one).count();
    assert_eq!(counted, 2, "used up");
}

pub async fn all_data_keys_change_with_the_header_or_none(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    with_header(&*store).await;
    for (id, name) in [("a", "one"), ("b", "two")] {
        let put = store.credential_put("k1", credential(id, name), version(1, None), None);
        put.await.unwrap();
    }
    let (seen, new) = (header("k1"), header("k2"));
    let some = vec![key("a", 1, 5)];
    assert!(
        !store
            .credential_rewrap(&seen, &new, some, None)
            .await
            .unwrap()
    );
    let wrong = vec![key("a", 1, 5), key("b", 7, 5)];
    assert!(
        store
            .credential_rewrap(&seen, &new, wrong, None)
            .await
            .is_err()
    );
    let kept = store.credential_versions("a").await.unwrap();
    assert_eq!(kept, [version(1, None)], "nothing was half written");
    assert_eq!(store.credential_header().await.unwrap(), Some(seen.clone()));
    let all = || vec![key("a", 1, 5), key("b", 1, 6)];
    assert!(
        store
            .credential_rewrap(&seen, &new, all(), None)
            .await
            .unwrap()
    );
    assert!(
        !store
            .credential_rewrap(&seen, &new, all(), None)
            .await
            .unwrap()
    );
    let kept = store.credential_versions("b").await.unwrap();
    assert_eq!(kept[0].wrapped, [6]);
    let late = store
        .credential_put("k1", credential("c", "three"), version(1, None), None)
        .await;
    assert!(!late.unwrap(), "the former key is no longer in force");
}

/// What the audit has of credentials, each with its kind.
async fn told(store: &dyn GatewayStore) -> Vec<String> {
    let rows = store.audit_rows(0, 100).await.unwrap();
    rows.into_iter().map(|row| row.kind).collect()
}

pub async fn a_change_of_a_credential_and_its_record_are_one_step(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    let said = |kind: &str| gatehouse_audit::Draft {
        kind: kind.to_owned(),
        ..gatehouse_audit::Draft::default()
    };
    let put_said = || {
        Some(PutSaid {
            new: said("credential.set"),
            replaced: said("credential.replaced"),
        })
    };
    let one = || credential("a", "one");
    let early = store.credential_put("k1", one(), version(1, None), put_said());
    assert!(!early.await.unwrap());
    with_header(&*store).await;
    assert_eq!(told(&*store).await, [""; 0], "nothing was changed");
    for _ in 0..2 {
        let put = store.credential_put("k1", one(), version(1, None), put_said());
        assert!(put.await.unwrap());
    }
    for (revision, holds) in [(3, false), (2, true)] {
        let newer = CredentialRecord { revision, ..one() };
        let rotated = Some(said("credential.rotated"));
        let changed = store.credential_change("k1", newer, vec![version(1, None)], rotated);
        assert_eq!(changed.await.unwrap(), holds);
    }
    let (seen, new) = (header("k1"), header("k2"));
    for holds in [true, false] {
        let rotated = Some(said("credential.masterKeyRotated"));
        let keys = vec![key("a", 1, 5)];
        let changed = store.credential_rewrap(&seen, &new, keys, rotated);
        assert_eq!(changed.await.unwrap(), holds);
    }
    for holds in [true, false] {
        let deleted = Some(said("credential.deleted"));
        let removed = store.credential_remove("one", deleted).await;
        assert_eq!(removed.unwrap(), holds);
    }
    let kinds = ["set", "replaced", "rotated", "masterKeyRotated", "deleted"];
    let kinds = kinds.map(|kind| format!("credential.{kind}"));
    assert_eq!(told(&*store).await, kinds);
}
