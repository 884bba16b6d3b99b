//! Another master key, and a process that dies anywhere on the way to it.

use super::memory::Disk;
use super::*;

const COUNT: usize = 5;

async fn filled() -> Disk {
    let (vault, disk) = vault().await;
    for number in 0..COUNT {
        let (text, secret) = (format!("c{number}"), format!("value-number-{number}"));
        vault.set(new(&text, &secret), NOW).await.unwrap();
    }
    let newer = Secret::new("newer-of-number-0");
    vault.rotate(&name("c0"), &newer, 1000, NOW).await.unwrap();
    disk
}

/// Every credential opens, and exactly the key in force is on the shelf.
async fn check_whole(disk: &Disk, what: &str) {
    let vault = vault_of(&disk.process(None)).await.unwrap();
    assert_eq!(vault.teach(NOW).await.unwrap(), COUNT + 1, "{what}");
    assert_eq!(
        take(&vault, "c3").await.unwrap(),
        "value-number-3",
        "{what}"
    );
    let state = disk.state();
    let header = state.header.clone().unwrap();
    let on_shelf: Vec<_> = state.shelf.keys().cloned().collect();
    assert_eq!(on_shelf, [header.key_id], "{what}: one key is left");
    assert_eq!(header.next_key_id, None, "{what}");
    assert_eq!(header.former_key_id, None, "{what}");
}

#[tokio::test]
async fn another_master_key_opens_everything_and_the_former_one_nothing() {
    let disk = filled().await;
    let former = disk.state().header.clone().unwrap();
    let former_key = disk.state().shelf[&former.key_id].clone();
    let vault = vault_of(&disk.process(None)).await.unwrap();
    assert_eq!(vault.rotate_master_key().await.unwrap(), COUNT + 1);
    assert_eq!(take(&vault, "c1").await.unwrap(), "value-number-1");
    check_whole(&disk, "after").await;
    let header = disk.state().header.clone().unwrap();
    assert_ne!(header.key_id, former.key_id);
    disk.state().shelf.insert(header.key_id, former_key);
    let vault = vault_of(&disk.process(None)).await.unwrap();
    assert!(matches!(
        take(&vault, "c1").await,
        Err(CredentialError::WrongKey)
    ));
}

#[tokio::test]
async fn a_process_that_dies_at_any_step_loses_nothing() {
    let whole = filled().await.process(None);
    vault_of(&whole)
        .await
        .unwrap()
        .rotate_master_key()
        .await
        .unwrap();
    let steps = whole.calls();
    assert!(steps >= 5, "the steps are seen: {steps}");
    for step in 0..steps {
        for after in [false, true] {
            let disk = filled().await;
            let vault = vault_of(&disk.process(Some((step, after)))).await.unwrap();
            // The last steps only tidy up, and are not the caller's business.
            let _ = vault.rotate_master_key().await;
            check_whole(&disk, &format!("step {step}, after it: {after}")).await;
        }
    }
}

#[tokio::test]
async fn the_opening_that_mends_may_die_too() {
    for step in 0..5 {
        for mending in 0..3 {
            let disk = filled().await;
            let vault = vault_of(&disk.process(Some((step, true)))).await.unwrap();
            let _ = vault.rotate_master_key().await;
            let _ = vault_of(&disk.process(Some((mending, true)))).await;
            check_whole(&disk, &format!("step {step}, mending {mending}")).await;
        }
    }
}

#[tokio::test]
async fn a_credential_that_is_set_meanwhile_is_wrapped_too() {
    let disk = filled().await;
    let vault = Arc::new(vault_of(&disk.process(None)).await.unwrap());
    let mut all = tokio::task::JoinSet::new();
    for number in 0..20 {
        let vault = vault.clone();
        all.spawn(async move {
            let (text, secret) = (format!("n{number}"), format!("set-meanwhile-{number}"));
            vault.set(new(&text, &secret), NOW).await.unwrap();
            tokio::task::yield_now().await;
        });
    }
    let rekey = vault.rotate_master_key();
    let (done, _) = tokio::join!(rekey, all.join_all());
    done.unwrap();
    let vault = vault_of(&disk.process(None)).await.unwrap();
    assert_eq!(vault.teach(NOW).await.unwrap(), COUNT + 1 + 20);
}
