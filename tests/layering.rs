//! Dependencies point one way. Reads `cargo metadata`, so a wrong line in any Cargo.toml fails here.

use std::{collections::BTreeSet, path::Path, process::Command};

use serde_json::Value;

/// What each crate may use of ours, tests left out.
const ALLOWED: &[(&str, &[&str])] = &[
    ("gatehouse-protocol", &[]),
    ("gatehouse-vault", &[]),
    ("gatehouse-policy", &[]),
    ("gatehouse-audit", &[]),
    ("gatehouse-resident", &[]),
    ("gatehouse-store", &["gatehouse-audit"]),
    ("gatehouse-client", &["gatehouse-protocol"]),
    (
        "gatehouse-fleet",
        &[
            "gatehouse-protocol",
            "gatehouse-client",
            "gatehouse-policy",
            "gatehouse-audit",
            "gatehouse-vault",
            "gatehouse-store",
        ],
    ),
    ("gatehouse-agent", &["gatehouse-policy"]),
    (
        "gatehouse-gateway",
        &[
            "gatehouse-protocol",
            "gatehouse-policy",
            "gatehouse-audit",
            "gatehouse-vault",
            "gatehouse-store",
            "gatehouse-agent",
        ],
    ),
    (
        "gatehouse-local",
        &[
            "gatehouse-protocol",
            "gatehouse-audit",
            "gatehouse-fleet",
            "gatehouse-gateway",
            "gatehouse-vault",
        ],
    ),
    (
        "gatehouse-control",
        &[
            "gatehouse-protocol",
            "gatehouse-fleet",
            "gatehouse-gateway",
            "gatehouse-vault",
            "gatehouse-store",
        ],
    ),
    (
        "gatehouse-cli",
        &[
            "gatehouse-control",
            "gatehouse-protocol",
            "gatehouse-client",
            "gatehouse-policy",
            "gatehouse-audit",
            "gatehouse-store",
            "gatehouse-vault",
            "gatehouse-gateway",
            "gatehouse-resident",
        ],
    ),
    ("gatehouse-testkit", &[]),
    (
        "gatehouse-desktop",
        &[
            "gatehouse-protocol",
            "gatehouse-client",
            "gatehouse-fleet",
            "gatehouse-local",
            "gatehouse-resident",
            "gatehouse-vault",
            "gatehouse-store",
        ],
    ),
];

/// Crates that must stay free of input, output and async, so that they can be fuzzed and benchmarked alone.
const PURE: &[&str] = &["gatehouse-protocol", "gatehouse-policy", "gatehouse-audit"];
const IMPURE: &[&str] = &[
    "tokio",
    "async-std",
    "zbus",
    "sqlx",
    "reqwest",
    "tungstenite",
];

#[test]
fn every_member_depends_only_on_what_lies_below_it() {
    for package in members() {
        let name = package["name"].as_str().expect("a package has a name");
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
            panic!("{name} has no line in this test: say what it may depend on");
        };
        for used in dependencies(&package).filter(|used| used.starts_with("gatehouse-")) {
            assert!(
                allowed.contains(&used.as_str()),
                "{name} must not depend on {used}"
            );
        }
    }
}

#[test]
fn only_the_desktop_depends_on_tauri() {
    for package in members() {
        let name = package["name"].as_str().expect("a package has a name");
        if name == "gatehouse-desktop" {
            continue;
        }
        let tauri: Vec<_> = dependencies(&package)
            .filter(|used| used.starts_with("tauri"))
            .collect();
        assert!(
            tauri.is_empty(),
            "{name} depends on {tauri:?}; only the root package may"
        );
    }
}

#[test]
fn the_pure_crates_know_nothing_of_input_and_output() {
    for package in members() {
        let name = package["name"].as_str().expect("a package has a name");
        if !PURE.contains(&name) {
            continue;
        }
        let used: BTreeSet<String> = dependencies(&package).collect();
        for impure in IMPURE {
            assert!(
                !used.contains(*impure),
                "{name} is pure and must not depend on {impure}"
            );
        }
    }
}

#[test]
fn only_the_tauri_backend_of_the_page_imports_tauri() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/src");
    let allowed = [
        root.join("lib/backend/tauri.ts"),
        root.join("lib/backend/bindings.ts"),
    ];
    let mut seen = 0;
    for file in sources(&root) {
        let text = std::fs::read_to_string(&file).expect("a source file is readable");
        seen += 1;
        if text.contains("@tauri-apps/") {
            assert!(
                allowed.contains(&file),
                "{} imports @tauri-apps",
                file.display()
            );
        }
    }
    assert!(
        seen > 10,
        "the page's sources were not found in {}",
        root.display()
    );
}

fn members() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    metadata["packages"]
        .as_array()
        .expect("there are packages")
        .clone()
}

/// Names of the dependencies of a package, those for its tests left out.
fn dependencies(package: &Value) -> impl Iterator<Item = String> {
    package["dependencies"]
        .as_array()
        .expect("a package lists its dependencies")
        .iter()
        .filter(|dependency| dependency["kind"].as_str() != Some("dev"))
        .map(|dependency| dependency["name"].as_str().unwrap_or_default().to_owned())
        .collect::<Vec<_>>()
        .into_iter()
}

fn sources(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a source folder is readable");
    let mut files = Vec::new();
    for path in entries.map(|entry| entry.expect("an entry is readable").path()) {
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path
            .extension()
            .is_some_and(|end| end == "ts" || end == "svelte")
        {
            files.push(path);
        }
    }
    files
}
