use super::*;

const SESSION: &str = "agent:main:main";

struct Place {
    _folder: tempfile::TempDir,
    workspace: PathBuf,
    undo: UndoBox,
}

impl Place {
    fn new(limits: UndoLimits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let workspace = root.join("ws");
        fs::create_dir(&workspace).unwrap();
        Self {
            _folder: folder,
            workspace,
            undo: UndoBox::new(root.join("undo"), limits),
        }
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.workspace.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn keep(&self, path: &Path, now: i64) -> Option<Kept> {
        let whose = Whose {
            workspace: &self.workspace,
            session: SESSION,
            tool_call: Some("call"),
        };
        let kept = self.undo.keep(&whose, path, UndoWhat::Deleted, now);
        kept.unwrap()
    }
}

fn kept_in(place: &Place, kept: &Kept) -> PathBuf {
    place.undo.folder(&kept.id).unwrap()
}

#[test]
fn a_deleted_file_comes_back_as_it_was() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new(UndoLimits::default());
    let path = place.write("run.sh", "echo 1");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o750)).unwrap();
    let kept = place.keep(&path, 5).unwrap();
    fs::remove_file(&path).unwrap();
    assert_eq!(
        place.undo.list(Some(SESSION)).unwrap(),
        std::slice::from_ref(&kept)
    );
    assert_eq!(place.undo.list(Some("other")).unwrap(), []);
    for folder in kept_in(&place, &kept).ancestors().take(3) {
        let mode = folder.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "others look into {}", folder.display());
    }
    assert_eq!(place.undo.restore(&kept.id, 6).unwrap(), path);
    assert_eq!(fs::read_to_string(&path).unwrap(), "echo 1");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o750);
}

#[test]
fn a_deleted_folder_comes_back_with_its_links_and_without_what_is_made_again() {
    let place = Place::new(UndoLimits::default());
    place.write("src/a/one.rs", "1");
    place.write("src/node_modules/big.js", "x");
    place.write(
        "src/target/CACHEDIR.TAG",
        "Signature: 8a477f597d28d172789f06886806bc55",
    );
    let folder = place.workspace.join("src");
    std::os::unix::fs::symlink("a/one.rs", folder.join("link")).unwrap();
    let kept = place.keep(&folder, 5).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    place.undo.restore(&kept.id, 6).unwrap();
    assert_eq!(fs::read_to_string(folder.join("link")).unwrap(), "1");
    assert_eq!(
        fs::read_link(folder.join("link")).unwrap(),
        Path::new("a/one.rs")
    );
    assert!(!folder.join("node_modules").exists());
    assert!(!folder.join("target").exists());
    assert!(place.keep(&place.workspace.join("nothing"), 7).is_none());
}

#[test]
fn what_is_newer_is_kept_before_it_is_replaced() {
    let place = Place::new(UndoLimits::default());
    let path = place.write("a", "old");
    let old = place.keep(&path, 5).unwrap();
    place.write("a", "new");
    place.undo.restore(&old.id, 6).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    let newer = &place.undo.list(None).unwrap()[0];
    assert_eq!((newer.at, newer.what), (6, UndoWhat::Overwrote));
    place.undo.restore(&newer.id, 7).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "new");
}

#[test]
fn what_is_newer_and_cannot_be_kept_stays() {
    let limits = UndoLimits {
        file: 3,
        ..UndoLimits::default()
    };
    let place = Place::new(limits);
    let path = place.write("a", "old");
    let old = place.keep(&path, 5).unwrap();
    place.write("a", "much newer");
    let refused = place.undo.restore(&old.id, 6);
    assert!(matches!(refused, Err(UndoError::Newer(_))), "{refused:?}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "much newer");
}

#[test]
fn nothing_outside_of_the_workspace_is_kept_or_written() {
    let place = Place::new(UndoLimits::default());
    let outside = place.workspace.with_file_name("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("a"), "1").unwrap();
    assert!(place.keep(&outside.join("a"), 1).is_none());
    let link = place.workspace.join("link");
    std::os::unix::fs::symlink(&outside, &link).unwrap();
    assert!(place.keep(&link.join("a"), 1).is_none());

    let path = place.write("sub/a", "mine");
    let kept = place.keep(&path, 2).unwrap();
    fs::remove_dir_all(place.workspace.join("sub")).unwrap();
    std::os::unix::fs::symlink(&outside, place.workspace.join("sub")).unwrap();
    let refused = place.undo.restore(&kept.id, 3);
    assert!(matches!(refused, Err(UndoError::Outside(_))), "{refused:?}");
    assert_eq!(fs::read_to_string(outside.join("a")).unwrap(), "1");
    for id in ["../1", "x", "0123456789abcdef/..", "0123456789abcdef/9"] {
        assert!(
            matches!(place.undo.restore(id, 4), Err(UndoError::Unknown)),
            "{id}"
        );
    }
}

#[test]
fn what_is_kept_is_bounded_by_size_and_by_age() {
    let limits = UndoLimits {
        file: 10,
        session: 20,
        age_ms: 100,
        ..UndoLimits::default()
    };
    let place = Place::new(limits);
    assert!(
        place
            .keep(&place.write("large", "01234567890"), 1)
            .is_none()
    );
    for (n, name) in ["a", "b", "c"].into_iter().enumerate() {
        let path = place.write(name, "12345678");
        place.keep(&path, 2 + n as i64).unwrap();
    }
    let left = place.undo.list(None).unwrap();
    let names: Vec<_> = left
        .iter()
        .map(|kept| kept.path.file_name().unwrap())
        .collect();
    assert_eq!(names, ["c", "b"], "the oldest made room");
    place.undo.tidy(104).unwrap();
    assert_eq!(place.undo.list(None).unwrap().len(), 1);
    place.undo.tidy(200).unwrap();
    assert_eq!(place.undo.list(None).unwrap(), []);
}

/// What is offered, by the names of the files.
fn offered(place: &Place) -> Vec<String> {
    let listed = place.undo.list(None).unwrap();
    let names = listed.iter().map(|kept| {
        let name = kept.path.strip_prefix(&place.workspace);
        name.unwrap().display().to_string()
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

fn keep_all(place: &Place, targets: &[(&Path, UndoWhat)]) {
    let whose = Whose {
        workspace: &place.workspace,
        session: SESSION,
        tool_call: Some("call"),
    };
    let targets = targets
        .iter()
        .map(|(path, what)| ((*path).to_owned(), *what));
    place.undo.keep_all(&whose, targets.collect(), 5);
}

#[test]
fn what_is_deleted_somewhere_in_the_workspace_comes_back_file_by_file() {
    let place = Place::new(UndoLimits::default());
    let gone = [place.write("a", "1"), place.write("sub/deep/a", "2")];
    place.write("stays", "3");
    keep_all(&place, &[(&place.workspace, UndoWhat::Deleted)]);
    assert!(offered(&place).is_empty(), "nothing happened yet");
    fs::remove_file(&gone[0]).unwrap();
    fs::remove_dir_all(place.workspace.join("sub")).unwrap();
    let newer = place.write("newer", "4");
    assert_eq!(offered(&place), ["a", "sub/deep/a"]);
    for kept in place.undo.list(None).unwrap() {
        place.undo.restore(&kept.id, 6).unwrap();
    }
    assert_eq!(fs::read_to_string(&gone[0]).unwrap(), "1");
    assert_eq!(fs::read_to_string(&gone[1]).unwrap(), "2");
    assert_eq!(fs::read_to_string(newer).unwrap(), "4");
}

#[test]
fn what_is_written_into_a_folder_comes_back_file_by_file() {
    let place = Place::new(UndoLimits::default());
    let patched = place.write("src/one.rs", "old");
    place.write("src/two.rs", "old");
    for folder in [place.workspace.clone(), place.workspace.join("src")] {
        keep_all(&place, &[(&folder, UndoWhat::Overwrote)]);
    }
    fs::write(&patched, "patched").unwrap();
    assert_eq!(offered(&place), ["src/one.rs", "src/one.rs"]);
    let kept = place.undo.list(None).unwrap().remove(0);
    place.undo.restore(&kept.id, 6).unwrap();
    assert_eq!(fs::read_to_string(&patched).unwrap(), "old");
}

#[test]
fn a_file_that_is_named_is_kept_once_beside_the_folder_that_it_is_in() {
    let place = Place::new(UndoLimits::default());
    let named = place.write("a", "1");
    place.write("b", "2");
    let workspace = place.workspace.clone();
    keep_all(
        &place,
        &[(&workspace, UndoWhat::Deleted), (&named, UndoWhat::Deleted)],
    );
    fs::remove_file(&named).unwrap();
    assert_eq!(offered(&place), ["a"]);
}

#[test]
fn of_more_files_than_are_kept_one_by_one_none_is_offered() {
    for limits in [
        UndoLimits {
            each: 2,
            ..UndoLimits::default()
        },
        UndoLimits {
            each_bytes: 2,
            ..UndoLimits::default()
        },
    ] {
        let place = Place::new(limits);
        let files = ["a", "b", "c"].map(|name| place.write(name, "1"));
        keep_all(&place, &[(&place.workspace, UndoWhat::Deleted)]);
        for file in files {
            fs::remove_file(file).unwrap();
        }
        assert!(offered(&place).is_empty(), "{limits:?}");
    }
}

#[test]
fn the_workspace_as_a_whole_is_never_offered() {
    let place = Place::new(UndoLimits::default());
    place.write("a", "1");
    assert!(place.keep(&place.workspace, 1).is_none());
    // As an earlier release kept it.
    let own = place.undo.root.join(slug(SESSION)).join("1");
    let kept = place.keep(&place.workspace.join("a"), 2).unwrap();
    let whole = Kept {
        path: place.workspace.clone(),
        ..kept
    };
    write_line(&own, &whole).unwrap();
    assert_eq!(place.undo.list(None).unwrap(), []);
}

/// A folder that was deleted and kept, and that somebody has made anew since.
fn made_anew(place: &Place) -> (Kept, PathBuf) {
    let folder = place.write("sub/a", "old").parent().unwrap().to_owned();
    let kept = place.keep(&folder, 5).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    place.write("sub/a", "newer");
    (kept, folder)
}

#[test]
fn a_folder_with_something_in_it_that_is_not_kept_is_not_replaced() {
    type Makes = fn(&Place);
    let cases: [(&str, Makes); 4] = [
        ("sub/.git", |place| {
            place.write("sub/.git/refs/heads/main", "1f2e");
        }),
        ("sub/deep/node_modules", |place| {
            place.write("sub/deep/node_modules/patched.js", "mine");
        }),
        ("sub/cache", |place| {
            place.write("sub/cache/CACHEDIR.TAG", "Signature");
        }),
        ("sub/socket", |place| {
            std::os::unix::net::UnixListener::bind(place.workspace.join("sub/socket")).unwrap();
        }),
    ];
    for (name, make) in cases {
        let place = Place::new(UndoLimits::default());
        let (kept, folder) = made_anew(&place);
        make(&place);
        let refused = place.undo.restore(&kept.id, 6).unwrap_err().to_string();
        assert!(
            refused.contains(name),
            "it says what is not kept: {refused}"
        );
        assert!(refused.contains("move"), "it says what to do: {refused}");
        assert_eq!(fs::read_to_string(folder.join("a")).unwrap(), "newer");
        assert!(place.workspace.join(name).symlink_metadata().is_ok());
        // As it says: moved away, nothing stands in the way.
        fs::rename(&folder, place.workspace.join("moved")).unwrap();
        place.undo.restore(&kept.id, 7).unwrap();
        assert_eq!(fs::read_to_string(folder.join("a")).unwrap(), "old");
    }
}

#[test]
fn what_is_given_back_makes_no_room_for_what_it_replaces() {
    let limits = UndoLimits {
        session: 20,
        ..UndoLimits::default()
    };
    let place = Place::new(limits);
    let path = place.write("a", "12345678");
    let old = place.keep(&path, 5).unwrap();
    place.keep(&place.write("b", "12345678"), 6).unwrap();
    place.write("a", "abcdefgh");
    place.undo.restore(&old.id, 7).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "12345678");
    let newer = place.undo.list(None).unwrap().remove(0);
    place.undo.restore(&newer.id, 8).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "abcdefgh");
}

#[test]
fn whoever_looks_through_what_is_kept_leaves_what_is_being_kept_alone() {
    let place = Place::new(UndoLimits::default());
    for n in 0..200 {
        place.write(&format!("many/{n}"), "1");
    }
    let many = place.workspace.join("many");
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                place.undo.tidy(6).unwrap();
            }
        });
        let whose = Whose {
            workspace: &place.workspace,
            session: SESSION,
            tool_call: None,
        };
        let kept: Vec<_> = (0..20)
            .map(|_| place.undo.keep(&whose, &many, UndoWhat::Deleted, 5))
            .collect();
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        for kept in kept {
            assert!(matches!(kept, Ok(Some(_))), "{kept:?}");
        }
    });
    assert_eq!(place.undo.list(None).unwrap().len(), 20);
}

#[test]
fn what_is_given_back_lands_in_the_folder_that_was_opened_whatever_its_name_leads_to() {
    let place = Place::new(UndoLimits::default());
    let outside = place.workspace.with_file_name("outside");
    fs::create_dir(&outside).unwrap();
    let path = place.write("sub/deep/a", "mine");
    let deep = path.parent().unwrap();
    let kept = place.keep(deep, 1).unwrap();
    fs::remove_dir_all(deep).unwrap();
    let opened = restore::Place::open(&kept).unwrap();
    let moved = place.workspace.join("moved");
    fs::rename(place.workspace.join("sub"), &moved).unwrap();
    std::os::unix::fs::symlink(&outside, place.workspace.join("sub")).unwrap();
    let own = kept_in(&place, &kept);
    place.undo.put(&kept, &own, &opened, 2).unwrap();
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    assert_eq!(fs::read_to_string(moved.join("deep/a")).unwrap(), "mine");
}

#[test]
fn a_link_in_the_place_of_a_folder_is_not_followed_by_who_keeps_it() {
    let place = Place::new(UndoLimits::default());
    let outside = place.workspace.with_file_name("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret"), "1").unwrap();
    let own = place.workspace.with_file_name("own");
    fs::create_dir(&own).unwrap();
    std::os::unix::fs::symlink(&outside, place.workspace.join("sub")).unwrap();
    let kept = copied(&place.workspace, &place.workspace.join("sub/secret"), &own);
    assert!(kept.is_err(), "{kept:?}");
    assert_eq!(fs::read_dir(&own).unwrap().count(), 0);
}

#[test]
fn what_came_to_a_folder_while_it_was_kept_stays_in_it() {
    let place = Place::new(UndoLimits::default());
    let (kept, folder) = made_anew(&place);
    let opened = restore::Place::open(&kept).unwrap();
    let own = kept_in(&place, &kept);
    let before = opened.survey(100).unwrap();
    let mut draft = restore::Draft::copied(&own, &opened).unwrap();
    place.write("sub/later", "mine");
    assert!(!draft.swap(&before, 100).unwrap());
    drop(draft);
    assert_eq!(fs::read_to_string(folder.join("later")).unwrap(), "mine");
    assert_eq!(fs::read_to_string(folder.join("a")).unwrap(), "newer");
    let names: Vec<_> = fs::read_dir(&place.workspace).unwrap().collect();
    assert_eq!(names.len(), 1, "nothing is left beside it: {names:?}");
}

#[test]
fn what_could_not_be_given_back_leaves_the_workspace_as_it_was() {
    let place = Place::new(UndoLimits::default());
    let path = place.write("sub/deep/a", "mine");
    let kept = place.keep(&path, 1).unwrap();
    fs::remove_dir_all(place.workspace.join("sub")).unwrap();
    fs::remove_file(kept_in(&place, &kept).join(DATA)).unwrap();
    let failed = place.undo.restore(&kept.id, 2);
    assert!(matches!(failed, Err(UndoError::Io(_))), "{failed:?}");
    assert_eq!(fs::read_dir(&place.workspace).unwrap().count(), 0);
}

#[test]
fn a_folder_that_may_not_be_written_to_makes_room_too() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new(UndoLimits::default());
    let path = place.write("sub/a", "1");
    let folder = path.parent().unwrap();
    fs::set_permissions(folder, fs::Permissions::from_mode(0o555)).unwrap();
    let kept = place.keep(folder, 1).unwrap();
    place.undo.tidy(i64::MAX).unwrap();
    assert!(!kept_in(&place, &kept).exists());
}
