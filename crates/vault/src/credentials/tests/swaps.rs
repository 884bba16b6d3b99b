//! Whoever can write the rows cannot make one value stand for another, or give one more than it had.

use super::memory::{Disk, State};
use super::*;

/// Two credentials; the rows are then altered; using the first must fail as altered.
async fn check(what: &str, alter: impl FnOnce(&mut State)) {
    let (vault, disk) = vault().await;
    vault.set(new("one", "value-of-one"), NOW).await.unwrap();
    let two = NewCredential {
        kind: CredentialKind::Password,
        bounds: bound_to(&["two.example"], &["exec"]),
        expires_at: Some(NOW + 1000),
        max_uses: Some(3),
        ..new("two", "value-of-two")
    };
    vault.set(two, NOW).await.unwrap();
    vault
        .rotate(&name("one"), &Secret::new("newer-of-one"), 1000, NOW)
        .await
        .unwrap();
    alter(&mut disk.state());
    let used = take(&vault, "one").await;
    assert!(
        matches!(used, Err(CredentialError::Altered(_))),
        "{what}: {used:?}"
    );
    let uses = disk.state().rows["one"].uses;
    assert_eq!(uses, 0, "{what}: what was not given is not counted");
    assert_eq!(taught(&disk).await, 2, "{what}: the other two still open");
}

/// How many values open.
async fn taught(disk: &Disk) -> usize {
    let vault = vault_of(&disk.process(None)).await.unwrap();
    vault.teach(NOW).await.unwrap()
}

fn id_of(state: &State, name: &str) -> String {
    state.rows[name].id.clone()
}

fn in_force<'a>(state: &'a mut State, name: &str) -> &'a mut VersionRow {
    let id = id_of(state, name);
    let versions = state.versions.get_mut(&id).unwrap();
    let found = versions.iter_mut().find(|one| one.usable_until.is_none());
    found.unwrap()
}

#[tokio::test]
async fn a_value_in_the_place_of_another_does_not_open() {
    check("value of another", |state| {
        let other = in_force(state, "two").clone();
        in_force(state, "one").sealed = other.sealed;
    })
    .await;
    check("value and key of another", |state| {
        let other = in_force(state, "two").clone();
        let one = in_force(state, "one");
        (one.sealed, one.wrapped) = (other.sealed, other.wrapped);
    })
    .await;
    check("key of another", |state| {
        let other = in_force(state, "two").clone();
        in_force(state, "one").wrapped = other.wrapped;
    })
    .await;
    check("a bit of the value", |state| {
        in_force(state, "one").sealed.text[0] ^= 1;
    })
    .await;
}

#[tokio::test]
async fn a_value_with_other_attributes_does_not_open() {
    // The former value of the same credential has the same attributes, so it does not open either.
    type Change = fn(&mut CredentialRow);
    let checks: [(&str, Change); 4] = [
        ("bounds", |row| {
            row.bounds = bound_to(&["evil.example"], &["exec"])
        }),
        ("type", |row| row.kind = CredentialKind::Password),
        ("expiry", |row| row.expires_at = Some(NOW + 9_999_999)),
        ("limit", |row| row.max_uses = Some(9)),
    ];
    for (what, alter) in checks {
        let (vault, disk) = vault().await;
        vault.set(new("one", "value-of-one"), NOW).await.unwrap();
        alter(disk.state().rows.get_mut("one").unwrap());
        let used = take(&vault, "one").await;
        assert!(
            matches!(used, Err(CredentialError::Altered(_))),
            "{what}: {used:?}"
        );
    }
}

#[tokio::test]
async fn a_former_value_cannot_be_made_the_one_in_force_nor_its_grace_longer() {
    let (vault, disk) = vault().await;
    vault.set(new("one", "value-of-one"), NOW).await.unwrap();
    let newer = Secret::new("newer-of-one");
    vault.rotate(&name("one"), &newer, 1000, NOW).await.unwrap();
    let id = id_of(&disk.state(), "one");
    for until in [None, Some(NOW + 5000)] {
        let before = disk.state().versions[&id].clone();
        {
            let mut state = disk.state();
            let versions = state.versions.get_mut(&id).unwrap();
            versions.retain(|one| one.version == 1);
            versions[0].usable_until = until;
            state.rows.get_mut("one").unwrap().version = 1;
        }
        let used = take(&vault, "one").await;
        assert!(
            matches!(used, Err(CredentialError::Altered(_))),
            "{until:?}: {used:?}"
        );
        let mut state = disk.state();
        state.versions.insert(id.clone(), before);
        state.rows.get_mut("one").unwrap().version = 2;
    }
}

#[tokio::test]
async fn rows_of_another_installation_do_not_open_even_with_their_key() {
    let (theirs, their_disk) = vault().await;
    theirs
        .set(new("one", "value-of-theirs"), NOW)
        .await
        .unwrap();
    let (ours, our_disk) = vault().await;
    ours.set(new("one", "value-of-ours"), NOW).await.unwrap();
    {
        let (theirs, mut ours) = (their_disk.state(), our_disk.state());
        let (row, versions) = (theirs.rows["one"].clone(), theirs.versions.clone());
        ours.rows.insert("one".into(), row);
        ours.versions = versions;
    }
    let used = take(&ours, "one").await;
    assert!(matches!(used, Err(CredentialError::Altered(_))), "{used:?}");
}
