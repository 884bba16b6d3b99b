#[cfg(target_os = "linux")]
mod image;
mod key_file;
mod memory;
mod rekey;
mod swaps;

use std::sync::Arc;

use super::*;
use crate::{MemoryVault, Redactor, Secret};
use memory::{Disk, Process};

const NOW: Millis = 1_795_262_400_000;
const EXEC: Destination<'static> = Destination {
    tool: "exec",
    host: None,
};

fn name(text: &str) -> CredentialName {
    CredentialName::new(text).unwrap()
}

fn bound_to(hosts: &[&str], tools: &[&str]) -> Bounds {
    let own = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
    Bounds::new(own(hosts), own(tools)).unwrap()
}

fn new(text: &str, secret: &str) -> NewCredential {
    NewCredential {
        name: name(text),
        kind: CredentialKind::ApiKey,
        secret: Secret::new(secret),
        expires_at: None,
        max_uses: None,
        bounds: bound_to(&[], &["exec"]),
    }
}

async fn vault_of(process: &Process) -> Result<CredentialVault, CredentialError> {
    let rows = Arc::new(process.clone());
    CredentialVault::open(rows.clone(), rows, Redactor::new()).await
}

async fn vault() -> (CredentialVault, Disk) {
    let disk = Disk::default();
    (vault_of(&disk.process(None)).await.unwrap(), disk)
}

async fn take(vault: &CredentialVault, text: &str) -> Result<String, CredentialError> {
    let taken = vault.take(&name(text), &EXEC, NOW).await?;
    Ok(taken.secret.expose().to_owned())
}

fn refusal(result: Result<impl Sized, CredentialError>) -> Refusal {
    match result {
        Err(CredentialError::Refused(refusal)) => refusal,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was allowed"),
    }
}

#[tokio::test]
async fn what_was_set_comes_back_for_a_use_and_in_no_list() {
    let (vault, disk) = vault().await;
    assert!(
        !vault
            .set(new("github", "ghp-0123456789"), NOW)
            .await
            .unwrap()
    );
    assert_eq!(take(&vault, "github").await.unwrap(), "ghp-0123456789");
    let listed = vault.list(NOW).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].row.uses, 1);
    assert_eq!(listed[0].row.last_used_at, Some(NOW));
    assert!(!format!("{listed:?}").contains("ghp-"));
    let state = disk.state();
    let kept = format!("{:?} {:?}", state.rows, state.versions);
    assert!(!kept.contains("ghp-"), "nothing in the clear is kept");
    let texts = state
        .versions
        .values()
        .flatten()
        .map(|one| one.sealed.text.clone());
    assert!(
        texts
            .into_iter()
            .all(|text| !text.windows(4).any(|four| four == b"ghp-"))
    );
}

#[tokio::test]
async fn a_name_that_is_set_again_is_another_credential() {
    let (vault, _) = vault().await;
    vault.set(new("a", "first-secret"), NOW).await.unwrap();
    take(&vault, "a").await.unwrap();
    assert!(vault.set(new("a", "second-secret"), NOW).await.unwrap());
    assert_eq!(take(&vault, "a").await.unwrap(), "second-secret");
    assert_eq!(
        vault.list(NOW).await.unwrap()[0].row.uses,
        1,
        "counted anew"
    );
}

#[test]
fn names_types_secrets_and_bounds_have_their_limits() {
    for good in ["a", "Z9_-", &"x".repeat(128)] {
        assert!(CredentialName::new(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "1a",
        "_a",
        "a b",
        "a.b",
        "ä",
        "a\n",
        "a}}",
        &"x".repeat(129),
    ] {
        assert!(CredentialName::new(bad).is_err(), "{bad:?}");
    }
    for kind in CredentialKind::ALL {
        assert_eq!(CredentialKind::from_word(kind.word()).unwrap(), kind);
    }
    assert!(CredentialKind::from_word("API_KEY").is_err());
    for (length, holds) in [(7, false), (8, true), (8192, true), (8193, false)] {
        let secret = Secret::new("s".repeat(length));
        assert_eq!(
            super::name::check_secret(&secret).is_ok(),
            holds,
            "{length}"
        );
    }
    assert!(super::name::check_secret(&Secret::new("with\0a-nul")).is_err());
    for bad in [
        "",
        "a..b",
        "https://a.example",
        "a/b",
        "a b",
        "*",
        "a:99999",
        "*.",
        "[::g]",
    ] {
        assert!(Bounds::new([bad.to_owned()], []).is_err(), "{bad:?}");
    }
    for good in [
        "a.example",
        "*.a.example",
        "a:8443",
        "http://a",
        "127.0.0.1",
        "[::1]:80",
    ] {
        assert!(Bounds::new([good.to_owned()], []).is_ok(), "{good:?}");
    }
}

#[test]
fn a_host_is_bound_by_its_name_its_port_and_how_it_is_reached() {
    let to = |name, port, is_private| Destination {
        tool: "web_fetch",
        host: Some(Host {
            name,
            port,
            is_private,
        }),
    };
    for (bound, destination, fits) in [
        ("api.example", to("api.example", Some(443), true), true),
        ("api.example", to("API.example", Some(443), true), true),
        (
            "api.example",
            to("api.example.evil", Some(443), true),
            false,
        ),
        (
            "api.example",
            to("evil-api.example", Some(443), true),
            false,
        ),
        ("api.example", to("api.example", Some(80), false), false),
        (
            "http://api.example",
            to("api.example", Some(80), false),
            true,
        ),
        (
            "*.example.org",
            to("a.b.example.org", Some(443), true),
            true,
        ),
        ("*.example.org", to("example.org", Some(443), true), false),
        (
            "*.example.org",
            to("badexample.org", Some(443), true),
            false,
        ),
        (
            "api.example:8443",
            to("api.example", Some(443), true),
            false,
        ),
        (
            "api.example:8443",
            to("api.example", Some(8443), true),
            true,
        ),
    ] {
        assert_eq!(
            bound_to(&[bound], &[]).allow(&destination),
            fits,
            "{bound} {destination}"
        );
        let by_another = bound_to(&[bound], &["other"]);
        assert!(!by_another.allow(&destination), "the tool counts too");
    }
    let only_tool = bound_to(&[], &["web_fetch"]);
    assert!(
        !only_tool.allow(&to("any.example", Some(443), true)),
        "no host is bound"
    );
    assert!(
        !bound_to(&["a.example"], &[]).allow(&EXEC),
        "no tool is bound"
    );
}

#[tokio::test]
async fn a_use_is_refused_with_its_reason() {
    let (vault, _) = vault().await;
    assert_eq!(
        refusal(take(&vault, "none").await),
        Refusal::Unknown("none".into())
    );
    let limited = NewCredential {
        max_uses: Some(2),
        ..new("two", "used-up-after-two")
    };
    vault.set(limited, NOW).await.unwrap();
    for _ in 0..2 {
        take(&vault, "two").await.unwrap();
    }
    assert_eq!(
        refusal(take(&vault, "two").await),
        Refusal::UsedUp("two".into())
    );
    let ends = NewCredential {
        expires_at: Some(NOW + 10),
        ..new("short", "ends-in-a-moment")
    };
    vault.set(ends, NOW).await.unwrap();
    take(&vault, "short").await.unwrap();
    let late = vault.take(&name("short"), &EXEC, NOW + 10).await;
    assert_eq!(refusal(late), Refusal::Expired("short".into()));
    let elsewhere = Destination {
        tool: "web_fetch",
        host: None,
    };
    let unbound = refusal(vault.take(&name("short"), &elsewhere, NOW).await);
    assert_eq!(
        unbound.to_string(),
        "the credential short is not bound to the tool web_fetch"
    );
    let states: Vec<_> = vault.list(NOW + 10).await.unwrap();
    let states: Vec<_> = states.iter().map(|one| one.state).collect();
    assert_eq!(states, [CredentialState::Expired, CredentialState::UsedUp]);
}

#[tokio::test]
async fn a_limit_on_uses_holds_when_many_use_it_at_once() {
    let (vault, _) = vault().await;
    let limited = NewCredential {
        max_uses: Some(5),
        ..new("five", "used-by-many-at-once")
    };
    vault.set(limited, NOW).await.unwrap();
    let (vault, mut all) = (Arc::new(vault), tokio::task::JoinSet::new());
    for _ in 0..40 {
        let vault = vault.clone();
        all.spawn(async move { take(&vault, "five").await.is_ok() });
    }
    let allowed = all.join_all().await.into_iter().filter(|ok| *ok).count();
    assert_eq!(allowed, 5);
}

#[tokio::test]
async fn after_a_rotation_the_former_value_is_usable_until_its_grace_ends() {
    let (vault, disk) = vault().await;
    vault.set(new("a", "value-one"), NOW).await.unwrap();
    let told = vault
        .rotate(&name("a"), &Secret::new("value-two"), 1000, NOW)
        .await
        .unwrap();
    assert_eq!(told.row.rotated_at, Some(NOW));
    assert_eq!(told.grace_until, Some(NOW + 1000));
    assert_eq!(take(&vault, "a").await.unwrap(), "value-two");
    let former = |at| {
        let vault = &vault;
        async move {
            let taken = vault.take_former(&name("a"), &EXEC, at).await.unwrap();
            taken.map(|taken| taken.secret.expose().to_owned())
        }
    };
    assert_eq!(former(NOW + 999).await.as_deref(), Some("value-one"));
    assert_eq!(former(NOW + 1000).await, None);
    vault.list(NOW + 1000).await.unwrap();
    let left: usize = disk.state().versions.values().map(Vec::len).sum();
    assert_eq!(left, 1, "what is over is not kept");
    vault
        .rotate(&name("a"), &Secret::new("value-three"), 0, NOW)
        .await
        .unwrap();
    assert_eq!(former(NOW).await, None, "without a grace it ends at once");
    assert_eq!(take(&vault, "a").await.unwrap(), "value-three");
}

#[tokio::test]
async fn a_credential_can_be_ended_and_forgotten() {
    let (vault, disk) = vault().await;
    vault.set(new("a", "value-one"), NOW).await.unwrap();
    vault.expire(&name("a"), NOW + 5, NOW).await.unwrap();
    assert_eq!(take(&vault, "a").await.unwrap(), "value-one");
    vault.expire(&name("a"), NOW, NOW).await.unwrap();
    assert_eq!(
        refusal(take(&vault, "a").await),
        Refusal::Expired("a".into())
    );
    let again = vault
        .rotate(&name("a"), &Secret::new("value-two"), 0, NOW)
        .await;
    assert_eq!(refusal(again), Refusal::Expired("a".into()));
    assert!(vault.delete(&name("a")).await.unwrap());
    assert!(!vault.delete(&name("a")).await.unwrap());
    assert!(disk.state().versions.is_empty());
}

#[tokio::test]
async fn an_end_is_only_brought_nearer_and_what_has_ended_is_not_brought_back() {
    let (vault, disk) = vault().await;
    let versions = || disk.state().versions.values().map(Vec::len).sum::<usize>();
    vault.set(new("a", "value-one"), NOW).await.unwrap();
    vault.expire(&name("a"), NOW + 5, NOW).await.unwrap();
    let later = vault.expire(&name("a"), NOW + 6, NOW).await;
    assert!(matches!(later, Err(CredentialError::LaterEnd { end }) if end == NOW + 5));
    vault.expire(&name("a"), NOW + 4, NOW).await.unwrap();
    assert_eq!(take(&vault, "a").await.unwrap(), "value-one");
    assert_eq!(versions(), 1);
    for at in [NOW + 1000, NOW + 4] {
        let again = vault.expire(&name("a"), at, NOW + 4).await;
        assert_eq!(refusal(again), Refusal::Expired("a".into()));
        assert_eq!(versions(), 0, "its value is forgotten");
    }
    vault.set(new("b", "value-two"), NOW).await.unwrap();
    vault.expire(&name("b"), NOW, NOW).await.unwrap();
    assert_eq!(versions(), 0, "what ends now is forgotten now");
    vault.set(new("a", "value-new"), NOW).await.unwrap();
    assert_eq!(take(&vault, "a").await.unwrap(), "value-new");
}

#[tokio::test]
async fn a_restart_opens_what_was_kept_and_teaches_the_redactor() {
    let (vault, disk) = vault().await;
    vault.set(new("a", "value-number-one"), NOW).await.unwrap();
    let again = Secret::new("value-number-two");
    vault.rotate(&name("a"), &again, 1000, NOW).await.unwrap();
    let (rows, redactor) = (Arc::new(disk.process(None)), Redactor::new());
    let vault = CredentialVault::open(rows.clone(), rows, redactor.clone())
        .await
        .unwrap();
    assert_eq!(vault.teach(NOW).await.unwrap(), 2);
    let clean = redactor.redact("value-number-one value-number-two");
    assert_eq!(clean, "[redacted] [redacted]");
    assert_eq!(take(&vault, "a").await.unwrap(), "value-number-two");
}

#[tokio::test]
async fn another_master_key_and_none_are_told_from_an_altered_row() {
    let (vault, disk) = vault().await;
    vault.set(new("a", "value-one"), NOW).await.unwrap();
    let key_id = disk.state().header.clone().unwrap().key_id;
    let other = MasterKey::generate().to_text();
    disk.state().shelf.insert(key_id.clone(), other);
    let vault = vault_of(&disk.process(None)).await.unwrap();
    let wrong = take(&vault, "a").await;
    assert!(matches!(wrong, Err(CredentialError::WrongKey)));
    disk.state().shelf.remove(&key_id);
    let gone = take(&vault, "a").await;
    assert!(matches!(gone, Err(CredentialError::KeyMissing)));
    assert_eq!(
        vault.list(NOW).await.unwrap().len(),
        1,
        "a list needs no key"
    );
}

#[tokio::test]
async fn memory_alone_is_no_place_for_a_master_key() {
    let rows = Arc::new(Disk::default().process(None));
    let shelf = Arc::new(VaultShelf::new(Arc::new(MemoryVault::new())));
    let vault = CredentialVault::open(rows, shelf, Redactor::new())
        .await
        .unwrap();
    let set = vault.set(new("a", "value-one"), NOW).await;
    assert!(matches!(set, Err(CredentialError::NothingLasts)));
}

#[tokio::test]
async fn a_key_file_is_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let disk = Disk::default();
    let vault = |path: &std::path::Path| {
        let shelf = Arc::new(KeyFile::new(path.to_owned()));
        CredentialVault::open(Arc::new(disk.process(None)), shelf, Redactor::new())
    };
    let first = vault(&path).await.unwrap();
    first.set(new("a", "value-one"), NOW).await.unwrap();
    let second = vault(&path).await.unwrap();
    assert_eq!(take(&second, "a").await.unwrap(), "value-one");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let third = vault(&path).await.unwrap();
        let refused = take(&third, "a").await.unwrap_err().to_string();
        assert!(refused.contains("others may read it"), "{refused}");
    }
}

#[test]
fn references_are_found_and_what_only_looks_like_one_is_refused() {
    let found = parts("Bearer {{cred:github}}, {{cred:B-2}}").unwrap();
    let wanted = [
        Part::Text("Bearer "),
        Part::Reference(name("github")),
        Part::Text(", "),
        Part::Reference(name("B-2")),
    ];
    assert_eq!(found, wanted);
    assert_eq!(
        parts("{{other}} {cred:a}").unwrap(),
        [Part::Text("{{other}} {cred:a}")]
    );
    for bad in [
        "{{cred:}}",
        "{{cred: a}}",
        "{{cred:a",
        "{{cred:1}}",
        "{{cred:{{cred:a}}}}",
    ] {
        assert!(parts(bad).is_err(), "{bad}");
    }
    assert_eq!(reference(&name("a")), "{{cred:a}}");
}
