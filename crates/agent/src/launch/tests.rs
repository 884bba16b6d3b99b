use std::{fs, os::unix::fs::PermissionsExt};

use gatehouse_policy::{Spawn, Stage};
use serde_json::{Value, json};

use super::{digests::read_whole, *};

struct Place {
    _folder: tempfile::TempDir,
    root: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::create_dir(root.join("bin")).unwrap();
        fs::create_dir(root.join("work")).unwrap();
        Self {
            _folder: folder,
            root,
        }
    }

    fn program(&self, name: &str, text: &str) {
        let path = self.root.join("bin").join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn open(&self, argv: &[&str]) -> Launch {
        self.open_at(argv, &self.root.join("work"))
    }

    fn open_at(&self, argv: &[&str], cwd: &Path) -> Launch {
        let spawn = Spawn {
            argv: argv.iter().map(|word| (*word).to_owned()).collect(),
            assignments: Vec::new(),
        };
        let request = LaunchRequest {
            plan: Plan::Direct {
                lists: vec![Pipeline {
                    when: Stage::Always,
                    negated: false,
                    spawns: vec![spawn],
                }],
            },
            cwd: cwd.to_owned(),
            environment: Environment::of([("PATH".into(), self.root.join("bin").into())].into()),
            commands: Vec::new(),
            scripts: Vec::new(),
            changes: Vec::new(),
        };
        Launch::open(request, &Digests::default(), 0).unwrap()
    }
}

fn bound(launch: &Launch) -> Value {
    serde_json::to_value(launch.bound()).unwrap()
}

#[test]
fn a_program_that_was_swapped_is_another_binding() {
    let place = Place::new();
    place.program("tool", "first");
    let before = place.open(&["tool"]);
    assert_eq!(
        bound(&before),
        bound(&place.open(&["tool"])),
        "the same twice"
    );
    place.program("tool", "other");
    assert!(!before.is_unchanged());
    assert_ne!(bound(&before), bound(&place.open(&["tool"])));
}

#[test]
fn a_script_that_an_interpreter_is_given_is_bound_by_its_content() {
    let place = Place::new();
    place.program("python3", "python");
    let script = place.root.join("work/a.py");
    fs::write(&script, "print(1)").unwrap();
    let argv = ["python3", "-u", "a.py", "x"];
    let before = place.open(&argv);
    assert_eq!(
        bound(&before)["scripts"][0]["path"],
        script.to_str().unwrap()
    );
    fs::write(&script, "print(2)").unwrap();
    assert_ne!(bound(&before), bound(&place.open(&argv)));
    let code = place.open(&["python3", "-c", "a.py"]);
    assert_eq!(bound(&code)["scripts"], json!([]));
}

#[test]
fn the_interpreter_of_a_script_is_bound_with_it() {
    let place = Place::new();
    place.program("ruby", "ruby");
    place.program("tool", "#!/usr/bin/env ruby\nputs 1\n");
    let bound = bound(&place.open(&["tool"]));
    let named: Vec<_> = bound["exe"]
        .as_array()
        .unwrap()
        .iter()
        .map(|exe| &exe["name"])
        .collect();
    assert!(named.contains(&&json!("ruby")), "{bound}");
}

#[test]
fn a_folder_of_the_same_name_is_another_folder() {
    let place = Place::new();
    let work = place.root.join("work");
    let before = bound(&place.open(&["none"]));
    fs::rename(&work, place.root.join("old")).unwrap();
    fs::create_dir(&work).unwrap();
    let after = bound(&place.open(&["none"]));
    assert_eq!(before["cwd"]["path"], after["cwd"]["path"]);
    assert_ne!(before["cwd"], after["cwd"]);
}

#[test]
fn a_program_is_bound_by_where_it_really_is() {
    use std::os::unix::fs::symlink;
    let place = Place::new();
    place.program("tool", "x");
    let at = |name: &str| place.root.join(name);
    symlink(at("bin"), at("led")).unwrap();
    fs::create_dir(at("own")).unwrap();
    symlink(at("bin/tool"), at("own/alias")).unwrap();
    fs::write(at("own/tool"), "not to be run").unwrap();
    let search = std::env::join_paths([at("own"), at("led"), at("own"), at("bin")]).unwrap();
    let search = find::Search::along(Some(&search), &at("work"));
    let real = Some(at("bin/tool"));
    for (name, found) in [
        ("tool", Some(at("led/tool"))),
        ("alias", Some(at("own/alias"))),
        ("../led/tool", Some(at("work/../led/tool"))),
        ("none", None),
        ("", None),
    ] {
        assert_eq!(search.program(name), found, "{name}");
        let is = found.and(real.clone());
        assert_eq!(search.real_program(name), is, "{name}");
    }
}

#[test]
fn how_a_file_begins_says_what_starts_it() {
    let names = |name: &str| Beginning::Names(name.to_owned());
    for (head, begins) in [
        ("#!/bin/sh -e\nrm x", names("/bin/sh")),
        ("#! /usr/bin/env -S A=1 python3 -u\n", names("python3")),
        ("#!/usr/bin/env", names("/usr/bin/env")),
        ("#!\nls", Beginning::Binary),
        ("ls", Beginning::Text),
        ("", Beginning::Text),
        ("\u{7f}ELF\0", Beginning::Binary),
    ] {
        assert_eq!(Beginning::of(head.as_bytes()), begins, "{head:?}");
    }
}

#[test]
fn a_program_that_appears_later_is_another_binding() {
    let place = Place::new();
    let before = bound(&place.open(&["tool"]));
    assert_eq!(before["exe"][0]["name"], "bash");
    assert_eq!(before["exe"][1]["realpath"], Value::Null);
    place.program("tool", "x");
    assert_ne!(before, bound(&place.open(&["tool"])));
}

#[test]
fn a_hash_that_is_remembered_does_not_outlive_a_change() {
    let place = Place::new();
    let path = place.root.join("bin/tool");
    let digests = Digests::default();
    let far_future = u64::MAX;
    let hash = || {
        let file = File::open(&path).unwrap();
        read_whole(&file, &digests, far_future).unwrap().1.sha256
    };
    place.program("tool", "one");
    let first = hash();
    assert_eq!(first, hash());
    // The same length and, set back, the same time of modification.
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    place.program("tool", "two");
    let file = File::options().write(true).open(&path).unwrap();
    file.set_modified(modified).unwrap();
    assert_ne!(first, hash());
}
