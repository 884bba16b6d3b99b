use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::format::{Body, Sealed};
use super::{Inspection, KdfCost, OpenFile, inspect};
use crate::{Damage, Secret, SecretKey, VaultError, atomic};

/// Cheap, because these tests are not about guessing.
const CHEAP: KdfCost = KdfCost {
    memory_kib: 32,
    passes: 1,
    lanes: 1,
};

struct Fixture {
    folder: tempfile::TempDir,
    path: PathBuf,
}

impl Fixture {
    /// A file with two secrets under the passphrase "correct horse".
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets.vault");
        let entries = [("a", "alpha-secret"), ("b", "bravo-secret")];
        let entries = entries.map(|(name, value)| (key(name), Secret::new(value)));
        OpenFile::create(&path, &passphrase(), CHEAP, &BTreeMap::from(entries)).unwrap();
        Self { folder, path }
    }

    fn open(&self) -> Result<OpenFile, VaultError> {
        OpenFile::open(&self.path, &passphrase()).map(|file| file.expect("the file is there"))
    }

    fn body(&self) -> Body {
        Body::from_bytes(&fs::read(&self.path).unwrap()).unwrap()
    }

    /// Writes a body as someone would who knows the format but not the passphrase.
    fn forge(&self, forge: impl FnOnce(&mut BTreeMap<String, Sealed>)) {
        let mut body = self.body();
        forge(&mut body.entries);
        fs::write(&self.path, body.to_bytes()).unwrap();
    }
}

fn passphrase() -> Secret {
    Secret::new("correct horse")
}

fn key(name: &str) -> SecretKey {
    SecretKey::new(name).unwrap()
}

fn read(file: &OpenFile, name: &str) -> Option<String> {
    file.get(&key(name))
        .unwrap()
        .map(|value| value.expose().to_owned())
}

fn damage_of(result: Result<OpenFile, VaultError>) -> Option<Damage> {
    match result {
        Err(VaultError::FileDamaged { damage, .. }) => Some(damage),
        _ => None,
    }
}

#[test]
fn what_is_put_comes_back_after_opening_again() {
    let fixture = Fixture::new();
    let file = fixture.open().unwrap();
    file.put(&key("c"), &Secret::new("ünïcode \u{1f511}\nand lines"))
        .unwrap();
    file.put(&key("a"), &Secret::new("replaced")).unwrap();
    file.delete(&key("b")).unwrap();
    file.delete(&key("never-there")).unwrap();

    let again = fixture.open().unwrap();
    assert_eq!(read(&again, "a").as_deref(), Some("replaced"));
    assert_eq!(read(&again, "b"), None);
    assert_eq!(
        read(&again, "c").as_deref(),
        Some("ünïcode \u{1f511}\nand lines")
    );
    assert_eq!(again.all().unwrap().len(), 2);
}

#[test]
fn another_passphrase_is_told_from_damage_and_changes_nothing() {
    let fixture = Fixture::new();
    let before = fs::read(&fixture.path).unwrap();
    for wrong in ["correct hors", "correct horse ", "Correct horse", ""] {
        let opened = OpenFile::open(&fixture.path, &Secret::new(wrong));
        assert!(
            matches!(opened, Err(VaultError::WrongPassphrase)),
            "{wrong:?} must not open it"
        );
    }
    assert_eq!(fs::read(&fixture.path).unwrap(), before);
}

#[test]
fn every_flipped_bit_is_noticed_and_the_file_is_left_as_it_is() {
    let fixture = Fixture::new();
    let sound = fs::read(&fixture.path).unwrap();
    for position in 0..sound.len() {
        for bit in 0..8 {
            let mut bytes = sound.clone();
            bytes[position] ^= 1 << bit;
            fs::write(&fixture.path, &bytes).unwrap();
            let place = format!("bit {bit} of byte {position}");
            assert_eq!(inspect(&fixture.path), Inspection::Damaged, "{place}");
            assert!(damage_of(fixture.open()).is_some(), "{place}");
            assert_eq!(
                fs::read(&fixture.path).unwrap(),
                bytes,
                "{place}: never written over"
            );
        }
    }
}

#[test]
fn a_file_cut_short_anywhere_is_damaged() {
    let fixture = Fixture::new();
    let sound = fs::read(&fixture.path).unwrap();
    for length in 0..sound.len() {
        fs::write(&fixture.path, &sound[..length]).unwrap();
        assert_eq!(
            damage_of(fixture.open()),
            Some(Damage::Unreadable),
            "cut to {length}"
        );
    }
}

#[test]
fn damage_met_while_open_is_reported_and_not_written_over() {
    let fixture = Fixture::new();
    let file = fixture.open().unwrap();
    fs::write(&fixture.path, b"{}").unwrap();
    let put = file.put(&key("c"), &Secret::new("value"));
    assert!(matches!(put, Err(VaultError::FileDamaged { .. })));
    assert_eq!(fs::read(&fixture.path).unwrap(), b"{}");
}

#[test]
fn entries_swapped_added_taken_out_or_brought_from_another_file_are_noticed() {
    type Forgery = fn(&mut BTreeMap<String, Sealed>, Sealed);
    let forgeries: [(&str, Forgery); 5] = [
        ("swapped", |entries, _| {
            let (a, b) = (entries["a"].clone(), entries["b"].clone());
            entries.extend([("a".to_owned(), b), ("b".to_owned(), a)]);
        }),
        ("taken out", |entries, _| drop(entries.remove("a"))),
        ("doubled", |entries, _| {
            let a = entries["a"].clone();
            entries.insert("c".to_owned(), a);
        }),
        ("renamed", |entries, _| {
            let a = entries.remove("a").unwrap();
            entries.insert("z".to_owned(), a);
        }),
        ("foreign", |entries, foreign| {
            drop(entries.insert("a".to_owned(), foreign))
        }),
    ];
    let foreign = Fixture::new().body().entries["a"].clone();
    for (what, forgery) in forgeries {
        let fixture = Fixture::new();
        fixture.forge(|entries| forgery(entries, foreign.clone()));
        assert!(
            matches!(inspect(&fixture.path), Inspection::Sound),
            "{what}: the checksum fits"
        );
        assert_eq!(damage_of(fixture.open()), Some(Damage::Entry), "{what}");
    }
}

#[test]
fn an_entry_opens_under_its_own_name_only() {
    let fixture = Fixture::new();
    let file = fixture.open().unwrap();
    let sealed = fixture.body().entries["a"].clone();
    assert!(file.open_entry(&key("a"), &sealed).is_ok());
    assert!(
        file.open_entry(&key("b"), &sealed).is_err(),
        "the name is part of the seal"
    );
}

#[test]
fn the_same_secret_is_never_sealed_the_same_way_twice() {
    let fixture = Fixture::new();
    let file = fixture.open().unwrap();
    for name in ["x", "y"] {
        file.put(&key(name), &Secret::new("same")).unwrap();
    }
    let body = fixture.body();
    assert_ne!(body.entries["x"].text, body.entries["y"].text);
    assert_ne!(body.entries["x"].nonce, body.entries["y"].nonce);
}

#[test]
fn a_crash_before_the_rename_leaves_the_old_file_and_the_next_write_works() {
    let fixture = Fixture::new();
    let temporary = atomic::temporary(&fixture.path);
    fs::write(&temporary, b"half of a new fi").unwrap();

    let file = fixture.open().unwrap();
    assert_eq!(read(&file, "a").as_deref(), Some("alpha-secret"));
    file.put(&key("a"), &Secret::new("new")).unwrap();
    assert_eq!(read(&fixture.open().unwrap(), "a").as_deref(), Some("new"));
    assert!(!temporary.exists());
}

#[test]
fn parameters_that_would_exhaust_the_machine_are_refused_before_they_are_used() {
    let dear = [
        KdfCost {
            memory_kib: u32::MAX,
            passes: 1,
            lanes: 1,
        },
        KdfCost {
            memory_kib: 64,
            passes: u32::MAX,
            lanes: 1,
        },
        KdfCost {
            memory_kib: 64,
            passes: 1,
            lanes: 0,
        },
    ];
    for cost in dear {
        let fixture = Fixture::new();
        let mut body = fixture.body();
        body.kdf.cost = cost;
        fs::write(&fixture.path, body.to_bytes()).unwrap();
        assert_eq!(
            damage_of(fixture.open()),
            Some(Damage::Parameters),
            "{cost:?}"
        );
    }
}

#[test]
fn a_later_version_is_named_as_such() {
    let fixture = Fixture::new();
    let text = fs::read_to_string(&fixture.path).unwrap();
    fs::write(
        &fixture.path,
        text.replace(r#""version":1"#, r#""version":2"#),
    )
    .unwrap();
    assert_eq!(damage_of(fixture.open()), Some(Damage::LaterVersion));
}

#[test]
fn a_new_passphrase_given_by_another_process_closes_this_one() {
    let fixture = Fixture::new();
    let file = fixture.open().unwrap();
    OpenFile::create(
        &fixture.path,
        &Secret::new("another"),
        CHEAP,
        &BTreeMap::new(),
    )
    .unwrap();
    assert!(matches!(
        file.get(&key("a")),
        Err(VaultError::PassphraseNeeded)
    ));
    let put = file.put(&key("a"), &Secret::new("lost?"));
    assert!(matches!(put, Err(VaultError::PassphraseNeeded)));
}

#[test]
fn two_writers_lose_nothing_of_each_other() {
    let fixture = Fixture::new();
    let write = |prefix: &'static str, path: PathBuf| {
        std::thread::spawn(move || {
            let file = OpenFile::open(&path, &passphrase()).unwrap().unwrap();
            for n in 0..25 {
                file.put(&key(&format!("{prefix}{n}")), &Secret::new(prefix))
                    .unwrap();
            }
        })
    };
    let writers = ["left", "right"].map(|prefix| write(prefix, fixture.path.clone()));
    for writer in writers {
        writer.join().unwrap();
    }
    assert_eq!(fixture.open().unwrap().all().unwrap().len(), 2 + 50);
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let fixture = Fixture::new();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&fixture.path), 0o600);
    fs::set_permissions(&fixture.path, fs::Permissions::from_mode(0o644)).unwrap();
    fixture
        .open()
        .unwrap()
        .put(&key("c"), &Secret::new("v"))
        .unwrap();
    assert_eq!(mode(&fixture.path), 0o600, "each write sets it right");
}

#[test]
fn no_secret_stands_in_the_clear_in_any_file() {
    let fixture = Fixture::new();
    fixture
        .open()
        .unwrap()
        .put(&key("c"), &Secret::new("charlie-secret"))
        .unwrap();
    let mut looked_at = 0;
    for file in fs::read_dir(fixture.folder.path()).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        looked_at += bytes.len();
        for secret in [
            "alpha-secret",
            "bravo-secret",
            "charlie-secret",
            "correct horse",
        ] {
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} must not be there");
        }
    }
    assert!(looked_at > 0);
}
