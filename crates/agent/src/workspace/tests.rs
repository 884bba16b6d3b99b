use std::{fs, os::unix::fs::symlink};

use proptest::prelude::*;

use super::*;

/// A workspace in a folder, beside a secret.
fn place() -> (tempfile::TempDir, Workspace) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("workspace");
    fs::create_dir_all(root.join("sub")).unwrap();
    fs::write(folder.path().join("secret"), "secret").unwrap();
    fs::write(root.join("file"), "inside").unwrap();
    let workspace = Workspace::new(&root).unwrap();
    (folder, workspace)
}

fn refused(workspace: &Workspace, path: &str) {
    let resolved = workspace.resolve(path, LastLink::Follow);
    assert!(resolved.is_err(), "{path} became {resolved:?}");
}

#[test]
fn paths_inside_are_resolved_whether_they_exist_or_not() {
    let (_folder, workspace) = place();
    for (path, expected) in [
        ("file", "file"),
        ("./sub/../file", "file"),
        ("new/deep/file", "new/deep/file"),
        ("", ""),
        ("~/x", "~/x"),
    ] {
        let resolved = workspace.resolve(path, LastLink::Follow).unwrap();
        assert_eq!(resolved, workspace.root().join(expected), "{path}");
    }
}

#[test]
fn paths_that_lead_out_are_refused() {
    let (folder, workspace) = place();
    let root = workspace.root();
    symlink(folder.path(), root.join("out")).unwrap();
    symlink("../secret", root.join("sly")).unwrap();
    symlink("../not-there", root.join("dangling")).unwrap();
    symlink("loop", root.join("loop")).unwrap();
    for path in [
        "../secret",
        "/etc/passwd",
        "sub/../../secret",
        "out/secret",
        "out/new",
        "sly",
        "dangling",
        "loop",
        "missing/../../secret",
        "a\0b",
    ] {
        refused(&workspace, path);
    }
    // A folder whose name begins like the workspace's is outside of it.
    fs::create_dir(folder.path().join("workspace-2")).unwrap();
    refused(&workspace, "../workspace-2/file");
}

#[test]
fn links_that_stay_inside_are_followed() {
    let (_folder, workspace) = place();
    let root = workspace.root();
    symlink(root.join("sub"), root.join("alias")).unwrap();
    let resolved = workspace.resolve("alias/new", LastLink::Follow).unwrap();
    assert_eq!(resolved, root.join("sub/new"));
    let link = workspace.resolve("alias", LastLink::Keep).unwrap();
    assert_eq!(link, root.join("alias"));
}

#[test]
fn a_link_that_is_swapped_in_after_the_question_is_not_followed() {
    let (folder, workspace) = place();
    let root = workspace.root();
    let file = workspace.resolve("file", LastLink::Follow).unwrap();
    fs::remove_file(&file).unwrap();
    symlink(folder.path().join("secret"), &file).unwrap();
    assert!(workspace.read(&file, 100).is_err());
    assert!(workspace.write(&file, b"x", Existing::Replace).is_err());

    let deep = workspace.resolve("sub/new", LastLink::Follow).unwrap();
    fs::remove_dir(root.join("sub")).unwrap();
    symlink(folder.path(), root.join("sub")).unwrap();
    assert!(workspace.write(&deep, b"x", Existing::Replace).is_err());
    assert!(workspace.list(&root.join("sub")).is_err());
    assert!(!folder.path().join("new").exists());
    assert_eq!(fs::read(folder.path().join("secret")).unwrap(), b"secret");
}

#[test]
fn a_write_makes_folders_keeps_the_mode_and_leaves_no_draft() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, workspace) = place();
    let file = workspace
        .resolve("new/deep/run.sh", LastLink::Follow)
        .unwrap();
    workspace.write(&file, b"one", Existing::Replace).unwrap();
    // The process's own mask would take from the second one what others may do.
    for rights in [0o755, 0o777] {
        fs::set_permissions(&file, fs::Permissions::from_mode(rights)).unwrap();
        workspace.write(&file, b"two", Existing::Replace).unwrap();
        assert_eq!(workspace.read(&file, 10).unwrap(), b"two");
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, rights);
    }
    let folder = workspace.resolve("new/deep", LastLink::Follow).unwrap();
    assert_eq!(workspace.list(&folder).unwrap(), ["run.sh"]);
}

#[test]
fn a_new_file_does_not_replace_one_that_is_there() {
    let (_folder, workspace) = place();
    let file = workspace.resolve("file", LastLink::Follow).unwrap();
    let refused = workspace.write(&file, b"x", Existing::Refuse);
    assert!(matches!(refused, Err(PathError::Exists(_))), "{refused:?}");
    assert_eq!(workspace.list(workspace.root()).unwrap(), ["file", "sub/"]);
}

#[test]
fn folders_pipes_and_large_files_are_not_read() {
    let (_folder, workspace) = place();
    let root = workspace.root();
    assert!(matches!(
        workspace.read(&root.join("sub"), 10),
        Err(PathError::NotAFile(_))
    ));
    assert!(matches!(
        workspace.read(&root.join("file"), 3),
        Err(PathError::TooLarge { .. })
    ));
    let pipe = root.join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    assert!(matches!(
        workspace.read(&pipe, 10),
        Err(PathError::NotAFile(_))
    ));
}

/// A tree with links in and out, to walk about in.
fn maze() -> (tempfile::TempDir, Workspace) {
    let (folder, workspace) = place();
    let root = workspace.root();
    symlink("..", root.join("sub/up")).unwrap();
    symlink("../..", root.join("sub/out")).unwrap();
    symlink("/", root.join("top")).unwrap();
    symlink("sub", root.join("alias")).unwrap();
    symlink("alias/up/file", root.join("around")).unwrap();
    (folder, workspace)
}

proptest! {
    #[test]
    fn whatever_is_resolved_is_where_the_system_would_go_and_inside(
        names in proptest::collection::vec(
            prop_oneof![
                Just(".."), Just("."), Just("sub"), Just("up"), Just("out"), Just("top"), Just("alias"),
                Just("around"), Just("file"), Just("missing"), Just("workspace"), Just("secret"), Just("etc"),
            ],
            1..9,
        ),
        absolute in any::<bool>(),
    ) {
        let (_folder, workspace) = maze();
        let mut path = names.join("/");
        if absolute {
            path = format!("/{path}");
        }
        let told = workspace.resolve(&path, LastLink::Follow);
        if let Ok(resolved) = &told {
            prop_assert!(resolved.starts_with(workspace.root()));
        }
        let joined = workspace.root().join(&path);
        if let Ok(real) = joined.canonicalize() {
            let inside = real.starts_with(workspace.root());
            prop_assert_eq!(told.ok(), inside.then_some(real));
        }
    }
}
