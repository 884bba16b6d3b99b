//! The audit from a terminal: of a running gateway, of its files, of an export, and after somebody was at it.

use std::path::Path;
use std::process::Command;

use crate::gateway::OwnGateway;
use crate::run::{Done, Gatehouse};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/verify-audit.py");

fn of_files(folder: &Path, line: &[&str]) -> Done {
    Gatehouse::new()
        .with("--state-dir", folder.to_str().unwrap())
        .run(line)
}

/// Writes an export to a file, and says whether it verifies here and in another language.
fn verifies(export: &Done, folder: &Path) -> (bool, bool) {
    assert_eq!(export.status, 0, "{export:?}");
    let file = folder.join("export.jsonl");
    std::fs::write(&file, &export.stdout).unwrap();
    let here = Gatehouse::new().run(&["audit", "verify", file.to_str().unwrap()]);
    let script = Command::new("python3").arg(SCRIPT).arg(&file).output();
    (here.status == 0, script.unwrap().status.success())
}

#[test]
fn an_audit_is_listed_verified_and_exported_over_the_wire_and_from_files() {
    let mut gateway = OwnGateway::start();
    let folder = gateway.state_dir().to_owned();
    let listed = gateway.gatehouse().run(&["audit", "list", "--json"]);
    assert_eq!(
        listed.json()["records"][0]["kind"],
        "login.accepted",
        "{listed:?}"
    );
    let found = gateway.gatehouse().run(&["audit", "verify"]);
    assert_eq!(found.status, 0, "{found:?}");
    assert!(found.stdout.starts_with("intact: "), "{found:?}");
    let scratch = tempfile::tempdir().unwrap();
    let export = gateway.gatehouse().run(&["audit", "export"]);
    assert_eq!(verifies(&export, scratch.path()), (true, true));
    let csv = gateway
        .gatehouse()
        .run(&["audit", "export", "--format", "csv"]);
    assert!(csv.stdout.starts_with("seq,at,time,kind"), "{csv:?}");

    Gatehouse::new()
        .with("--state-dir", folder.to_str().unwrap())
        .run(&["gateway", "stop"]);
    assert_eq!(gateway.ended(), Some(0));
    let found = of_files(&folder, &["audit", "verify", "--json"]);
    assert_eq!(
        (found.status, &found.json()["intact"]),
        (0, &true.into()),
        "{found:?}"
    );
    let listed = of_files(&folder, &["audit", "list"]);
    assert!(listed.stdout.contains("gateway.stopped"), "{listed:?}");
    let export = of_files(&folder, &["audit", "export"]);
    assert_eq!(verifies(&export, scratch.path()), (true, true));

    proves_its_end(&export, scratch.path());
    let tail = folder.join("audit/tail");
    let kept = std::fs::read(&tail).unwrap();
    std::fs::remove_file(&tail).unwrap();
    let found = of_files(&folder, &["audit", "verify"]);
    assert_eq!(found.status, 1, "{found:?}");
    assert!(found.stdout.contains(": head-missing"), "{found:?}");
    std::fs::write(&tail, kept).unwrap();

    let head = folder.join("audit/head");
    let kept = std::fs::read(&head).unwrap();
    std::fs::remove_file(&head).unwrap();
    let found = of_files(&folder, &["audit", "verify"]);
    assert_eq!(found.status, 1, "{found:?}");
    assert!(found.stdout.contains(": head-missing"), "{found:?}");
    std::fs::write(&head, "nonsense").unwrap();
    let found = of_files(&folder, &["audit", "verify"]);
    assert_eq!(found.status, 1, "{found:?}");
    assert!(found.stdout.contains(": head-missing"), "{found:?}");
    std::fs::write(&head, kept).unwrap();

    let database = folder.join("gateway.sqlite3");
    let was = std::fs::read(&database).unwrap();
    let is = replaced(&was, b"login.accepted", b"login.accepteD");
    assert_ne!(was, is, "there is something to change");
    std::fs::write(&database, is).unwrap();
    let found = of_files(&folder, &["audit", "verify"]);
    assert_eq!(found.status, 1, "{found:?}");
    assert!(
        found.stdout.starts_with("broken at 2: changed"),
        "{found:?}"
    );
    let export = of_files(&folder, &["audit", "export"]);
    assert_eq!(verifies(&export, scratch.path()), (false, false));
}

/// An export that is empty or was cut off is refused, and so is one that does not go as far as was noted.
fn proves_its_end(export: &Done, folder: &Path) {
    let file = folder.join("cut.jsonl");
    let path = file.to_str().unwrap();
    let verify = |text: &str, options: &[&str]| {
        std::fs::write(&file, text).unwrap();
        Gatehouse::new().run(&[&["audit", "verify", path], options].concat())
    };
    let first = export.stdout.lines().next().unwrap();
    let (body, _) = export.stdout.trim_end().rsplit_once('\n').unwrap();
    for text in ["", first, body] {
        let found = verify(text, &[]);
        assert_eq!(found.status, 1, "{found:?}");
        assert!(found.stdout.contains(": truncated"), "{found:?}");
    }
    let report = verify(&export.stdout, &["--json"]).json();
    let head = |size| format!("{size}:{}", report["root"].as_str().unwrap());
    let size = report["size"].as_u64().unwrap();
    for (head, status) in [(head(size), 0), (head(size + 1), 1), ("9".to_owned(), 2)] {
        let found = verify(&export.stdout, &["--head", &head]);
        assert_eq!(found.status, status, "{found:?}");
    }
}

#[test]
fn what_a_killed_gateway_had_not_signed_is_exported_with_its_proof() {
    let mut gateway = OwnGateway::start();
    let folder = gateway.state_dir().to_owned();
    let scratch = tempfile::tempdir().unwrap();
    gateway.gatehouse().run(&["audit", "export"]);
    gateway.gatehouse().run(&["status"]);
    let export = of_files(&folder, &["audit", "export"]);
    assert_eq!(verifies(&export, scratch.path()), (true, true), "it runs");
    let pid = gateway.pid().to_string();
    Command::new("kill").args(["-9", &pid]).status().unwrap();
    gateway.ended();
    let export = of_files(&folder, &["audit", "export"]);
    assert_eq!(verifies(&export, scratch.path()), (true, true), "killed");
    assert_eq!(export.stdout.matches("login.accepted").count(), 2);
    // What is not proven is not signed.
    std::fs::remove_file(folder.join("audit/tail")).unwrap();
    let export = of_files(&folder, &["audit", "export"]);
    assert_eq!(verifies(&export, scratch.path()), (false, false));
}

#[test]
fn what_nobody_can_prove_is_said_with_a_status_of_its_own() {
    let gateway = OwnGateway::start();
    let folder = gateway.state_dir().to_owned();
    let scratch = tempfile::tempdir().unwrap();
    let key = folder.join("audit/key");
    let kept = std::fs::read(&key).unwrap();
    std::fs::write(&key, "nonsense").unwrap();
    let mut without = gateway.killed_and_back();
    Gatehouse::new()
        .with("--state-dir", folder.to_str().unwrap())
        .run(&["gateway", "stop"]);
    assert_eq!(without.ended(), Some(0));
    std::fs::write(&key, kept).unwrap();

    let found = of_files(&folder, &["audit", "verify"]);
    assert_eq!(found.status, 6, "{found:?}");
    assert!(
        found.stdout.starts_with("intact, but not proven: "),
        "{found:?}"
    );
    assert!(found.stdout.contains("\nnot proven: records "), "{found:?}");
    assert!(
        found.stderr.contains("gatehouse audit list --before "),
        "{found:?}"
    );
    let json = of_files(&folder, &["audit", "verify", "--json"]);
    assert_eq!(json.status, 6, "{json:?}");
    assert!(json.json()["unproven"][0]["first"].is_u64(), "{json:?}");

    let export = of_files(&folder, &["audit", "export"]);
    assert_eq!(
        verifies(&export, scratch.path()),
        (false, false),
        "what nobody can prove is not signed for an export"
    );
}

#[test]
fn old_records_are_sealed_away_and_the_rest_verifies() {
    let gateway = OwnGateway::start();
    let scratch = tempfile::tempdir().unwrap();
    let noted = gateway.gatehouse().run(&["audit", "export"]);
    let noted_file = scratch.path().join("noted.jsonl");
    std::fs::write(&noted_file, &noted.stdout).unwrap();
    let noted = Gatehouse::new().run(&["audit", "verify", noted_file.to_str().unwrap(), "--json"]);
    let (size, root) = (noted.json()["size"].clone(), noted.json()["root"].clone());
    let seal = ["audit", "seal", "--older-than", "1s", "--json"];
    let sealed = loop {
        let sealed = gateway.gatehouse().run(&seal);
        assert_eq!(sealed.status, 0, "{sealed:?}");
        match sealed.json()["sealed"].as_u64() {
            Some(0) => std::thread::sleep(std::time::Duration::from_millis(100)),
            sealed => break sealed.unwrap(),
        }
    };
    assert_eq!(Some(sealed), size.as_u64(), "what was signed then");
    let found = gateway.gatehouse().run(&["audit", "verify"]);
    assert_eq!(found.status, 0, "{found:?}");
    let export = gateway.gatehouse().run(&["audit", "export"]);
    assert_eq!(verifies(&export, scratch.path()), (true, true));
    let file = scratch.path().join("export.jsonl");
    let head = format!("{size}:{}", root.as_str().unwrap());
    let found = Gatehouse::new().run(&["audit", "verify", file.to_str().unwrap(), "--head", &head]);
    assert_eq!(
        found.status, 0,
        "a head that was noted before raises no alarm: {found:?}"
    );
    let refused = of_files(
        gateway.state_dir(),
        &["audit", "seal", "--older-than", "1s"],
    );
    assert_eq!(refused.status, 2, "{refused:?}");
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for at in 0..bytes.len() - from.len() {
        if bytes[at..].starts_with(from) {
            bytes[at..at + to.len()].copy_from_slice(to);
        }
    }
    bytes
}
