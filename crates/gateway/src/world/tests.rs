use super::*;

#[test]
fn folders_come_from_the_variables_that_are_passed_in() {
    let env = [
        ("HOME", "/home/dev"),
        ("USER", "dev"),
        ("TMPDIR", "/run/tmp"),
    ];
    let env = env
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    let around = Surroundings::of(&env);
    assert_eq!(
        (around.home.as_str(), around.user.as_str()),
        ("/home/dev", "dev")
    );
    assert_eq!(around.tmp, ["/run/tmp", "/tmp", "/var/tmp"]);
}

#[cfg(unix)]
#[test]
fn links_are_resolved_as_far_as_a_path_exists() {
    let root = tempfile::tempdir().unwrap();
    let base = root.path().canonicalize().unwrap();
    let at = |path: &str| base.join(path).to_str().unwrap().to_owned();
    std::fs::create_dir(at("real")).unwrap();
    std::os::unix::fs::symlink(at("real"), at("link")).unwrap();
    std::os::unix::fs::symlink("gone/away", at("dangling")).unwrap();
    let resolve = |path: &str| MachineFiles.resolve(&at(path));
    assert_eq!(resolve("link/new/file"), Some(at("real/new/file")));
    assert_eq!(resolve("real"), Some(at("real")));
    assert_eq!(resolve("dangling"), Some(at("gone/away")));
    assert_eq!(resolve("dangling/x"), Some(at("gone/away/x")));
    assert_eq!(MachineFiles.is_dir(&at("link")), Some(true));
    assert_eq!(MachineFiles.is_dir(&at("nothing")), Some(false));
}

#[cfg(unix)]
#[test]
fn a_folder_is_listed_with_its_links_and_not_further_than_asked() {
    let root = tempfile::tempdir().unwrap();
    let at = |path: &str| root.path().join(path).to_str().unwrap().to_owned();
    std::fs::write(at("file"), "").unwrap();
    std::os::unix::fs::symlink("/", at("link")).unwrap();
    let mut all = MachineFiles.list(&at(""), 9);
    all.entries.sort_by(|a, b| a.name.cmp(&b.name));
    let told: Vec<_> = all
        .entries
        .iter()
        .map(|e| (e.name.as_str(), e.link))
        .collect();
    assert_eq!(told, [("file", false), ("link", true)]);
    assert_eq!(all.extent, Extent::Whole);
    assert_eq!(MachineFiles.list(&at(""), 1).extent, Extent::TooMuch);
    let nothing = MachineFiles.list(&at("nothing"), 9);
    assert_eq!((nothing.entries.len(), nothing.extent), (0, Extent::Whole));
}

#[cfg(unix)]
#[test]
fn what_a_pattern_matches_is_told_and_kept_in_mind_with_where_links_lead() {
    let root = tempfile::tempdir().unwrap();
    let base = root.path().canonicalize().unwrap();
    let at = |path: &str| base.join(path).to_str().unwrap().to_owned();
    for folder in ["one", "two", ".hidden"] {
        std::fs::create_dir(at(folder)).unwrap();
        std::fs::write(at(&format!("{folder}/a.o")), "").unwrap();
    }
    std::os::unix::fs::symlink(at("two"), at("link")).unwrap();
    let seen = SeenFiles::default();
    for (pattern, wanted) in [
        ("*/a.o", vec!["link/a.o", "one/a.o", "two/a.o"]),
        ("one/*", vec!["one/a.o"]),
        ("o?e", vec!["one"]),
        ("gone/*", vec![]),
        ("one/a.o/*", vec![]),
    ] {
        let wanted: Vec<String> = wanted.into_iter().map(at).collect();
        assert_eq!(seen.matching(&at(pattern)), Some(wanted), "{pattern}");
    }
    seen.resolve(&at("link/a.o"));
    seen.resolve(&at("one/a.o"));
    let seen = seen.seen();
    assert_eq!(
        seen.links,
        BTreeMap::from([(at("link/a.o"), at("two/a.o"))])
    );
    assert_eq!(seen.matches[&at("one/*")], [at("one/a.o")]);
    for number in 0..=MAX_MATCHES {
        std::fs::write(at(&format!("one/{number}")), "").unwrap();
    }
    assert_eq!(MachineFiles.matching(&at("one/*")), None, "too many");
}

#[cfg(unix)]
#[test]
fn a_file_is_told_to_be_older_than_a_time_whatever_its_own_says() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("file");
    let file = File::create(&path).unwrap();
    file.set_modified(std::time::UNIX_EPOCH).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = i64::try_from(now.unwrap().as_millis()).unwrap();
    let changed = |since: i64| MachineFiles.changed_since(path.to_str().unwrap(), since);
    assert!(changed(now - 60_000), "it was made just now");
    assert!(!changed(now + 60_000));
}

#[test]
fn only_small_texts_are_read() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(at("small"), "make").unwrap();
    std::fs::write(
        at("large"),
        vec![b'a'; usize::try_from(MAX_TEXT).unwrap() + 1],
    )
    .unwrap();
    std::fs::write(at("bytes"), [0xff, 0xfe]).unwrap();
    assert_eq!(MachineFiles.text(&at("small")).as_deref(), Some("make"));
    for other in ["large", "bytes", "nothing", "."] {
        assert_eq!(MachineFiles.text(&at(other)), None, "{other}");
    }
}
