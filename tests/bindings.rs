//! The bridge, the capabilities and the generated TypeScript are one list, and the TypeScript is not stale.
//! `UPDATE_BINDINGS=1` writes it anew.

// A test that cannot go on fails where it stands.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use gatehouse_desktop::bridge;

const BINDINGS: &str = "ui/src/lib/backend/bindings.ts";
/// What each window may use besides the bridge's own commands: hearing the bridge's events.
const EVENTS_ONLY: [&str; 2] = ["core:event:allow-listen", "core:event:allow-unlisten"];

fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(at(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn fresh() -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bindings.ts");
    bridge::export_bindings(&path).unwrap();
    fs::read_to_string(path).unwrap()
}

/// The bindings in the repository, written anew first when that was asked for.
fn bindings() -> &'static str {
    static KEPT: OnceLock<String> = OnceLock::new();
    KEPT.get_or_init(|| {
        if std::env::var_os("UPDATE_BINDINGS").is_some() {
            fs::create_dir_all(at(BINDINGS).parent().unwrap()).unwrap();
            fs::write(at(BINDINGS), fresh()).unwrap();
        }
        read(BINDINGS)
    })
}

/// The commands that the generated TypeScript invokes.
fn bound_commands(bindings: &str) -> BTreeSet<String> {
    let calls = bindings.split("__TAURI_INVOKE").skip(1);
    calls
        .filter_map(|call| {
            let open = call.find('(')?;
            let name = call[open + 1..].strip_prefix('"')?;
            Some(name[..name.find('"')?].to_owned())
        })
        .collect()
}

/// The permissions of one capability file.
fn granted(capability: &str) -> BTreeSet<String> {
    let text = read(&format!("src-tauri/capabilities/{capability}.json"));
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let permissions = json["permissions"].as_array().unwrap();
    permissions
        .iter()
        .map(|p| p.as_str().unwrap().to_owned())
        .collect()
}

fn permission(command: &str) -> String {
    format!("allow-{}", command.replace('_', "-"))
}

#[test]
fn the_generated_typescript_is_what_the_bridge_says() {
    assert!(
        bindings() == fresh(),
        "{BINDINGS} is stale: run `make bindings`"
    );
}

#[test]
fn the_main_window_may_call_the_whole_bridge_and_nothing_else() {
    let mut expected: BTreeSet<_> = bound_commands(bindings())
        .iter()
        .map(|c| permission(c))
        .collect();
    assert!(
        expected.len() > 30,
        "the bindings were read wrongly: {expected:?}"
    );
    expected.extend(EVENTS_ONLY.map(str::to_owned));
    assert_eq!(granted("main"), expected);
}

#[test]
fn the_approval_window_may_look_and_decide_and_nothing_else() {
    let commands = [
        "app_info",
        "inbox_snapshot",
        "inbox_item",
        "inbox_decide",
        "window_ready",
    ];
    let mut expected: BTreeSet<_> = commands.iter().map(|c| permission(c)).collect();
    expected.extend(EVENTS_ONLY.map(str::to_owned));
    assert_eq!(granted("approval"), expected);
}

#[test]
fn no_capability_reaches_a_remote_page_or_an_unknown_window() {
    for entry in fs::read_dir(at("src-tauri/capabilities")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let windows: Vec<_> = json["windows"].as_array().unwrap().iter().collect();
        assert_eq!(
            windows,
            [&json["identifier"]],
            "a capability is for the window it is named after"
        );
        assert!(
            json.get("remote").is_none(),
            "no page from elsewhere may call a command"
        );
    }
}
