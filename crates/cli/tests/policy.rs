//! `gatehouse policy` without a gateway.
#![allow(clippy::unwrap_used)]

#[allow(dead_code, reason = "the tests of gateways use the rest of it")]
mod run;

use run::Gatehouse;
use serde_json::{Value, json};

const DENIES_RM: &str =
    r#"{rules: [{id: "no-rm", verdict: "deny", reason: "it stays", match: {command: "rm"}}]}"#;

/// A folder with files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn at(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().to_owned()
}

#[test]
fn a_command_is_decided_about_and_not_run() {
    let folder = folder(&[("keep", "")]);
    let keep = at(&folder, "keep");
    let here = folder.path().to_str().unwrap();
    let line = [
        "policy", "check", "--json", "--cwd", here, "--", "rm", &keep,
    ];
    let view = Gatehouse::new().run(&line).json();
    assert!(["allow", "ask", "deny"].contains(&view["verdict"].as_str().unwrap()));
    for key in [
        "dangerous",
        "findings",
        "effects",
        "commands",
        "plan",
        "rules",
        "policyVersion",
        "explanation",
    ] {
        assert!(!view[key].is_null(), "{key}: {view}");
    }
    assert!(std::fs::exists(keep).unwrap());
}

#[test]
fn the_labelled_file_gets_its_verdicts_in_any_folder() {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../policy/tests/commands.jsonl"
    );
    let done = Gatehouse::new().run(&["policy", "check", "--corpus", file, "--json"]);
    let totals = done.stdout.lines().last().unwrap();
    let totals: serde_json::Value = serde_json::from_str(totals).unwrap();
    assert_eq!(totals["exact"], totals["labelled"], "{totals}");
    assert_eq!(totals["deniedButAllowed"], 0, "{totals}");
}

#[test]
fn a_corpus_is_answered_line_by_line_and_counted_at_the_end() {
    let folder = folder(&[(
        "corpus.jsonl",
        "{\"command\": \"ls\", \"verdict\": \"allow\", \"why\": \"x\"}\n\n{\"command\": \"a |\"}\n",
    )]);
    let file = at(&folder, "corpus.jsonl");
    let done = Gatehouse::new().run(&["policy", "check", "--corpus", &file, "--json"]);
    assert_eq!(done.status, 0, "{done:?}");
    let lines: Vec<Value> = done
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(
        (&lines[0]["command"], &lines[0]["expected"]),
        (&json!("ls"), &json!("allow"))
    );
    assert!(lines[0]["findings"].is_array());
    assert_eq!(
        (&lines[1]["command"], &lines[1]["expected"]),
        (&json!("a |"), &Value::Null)
    );
    assert_eq!(
        (&lines[2]["total"], &lines[2]["labelled"]),
        (&json!(2), &json!(1))
    );
}

#[test]
fn a_corpus_with_a_command_that_is_wrongly_allowed_fails() {
    let held = r#"{"command": "ls", "verdict": "ask"}"#;
    let allowed = r#"{"command": "ls", "verdict": "deny"}"#;
    let folder = folder(&[("held.jsonl", held), ("allowed.jsonl", allowed)]);
    let check = |name: &str, more: &[&str]| {
        let file = at(&folder, name);
        let line = [&["policy", "check", "--corpus", &file], more].concat();
        Gatehouse::new().run(&line)
    };
    assert_eq!(check("held.jsonl", &[]).status, 0);
    for more in [&[][..], &["--json"]] {
        let done = check("allowed.jsonl", more);
        assert_eq!(done.status, 1, "{done:?}");
        assert!(done.stdout.contains("deny"), "{done:?}");
    }
}

#[test]
fn a_document_is_tested_and_the_status_says_what_came_of_it() {
    let folder = folder(&[
        ("good.json5", DENIES_RM),
        (
            "bad.json5",
            "{\n rules: [{id: \"a\", verdict: \"deny\", match: {comand: \"rm\"}}]}",
        ),
    ]);
    let good = Gatehouse::new().run(&["policy", "test", &at(&folder, "good.json5")]);
    assert_eq!(good.status, 0, "{good:?}");
    assert!(good.stdout.starts_with("1 rule, version "), "{good:?}");
    let bad = Gatehouse::new().run(&["policy", "test", &at(&folder, "bad.json5")]);
    assert_eq!(bad.status, 1, "{bad:?}");
    assert!(
        bad.stdout.contains("bad.json5:2:") && bad.stdout.contains("did you mean command?"),
        "{bad:?}"
    );
    let bad = Gatehouse::new().run(&["policy", "test", "--json", &at(&folder, "bad.json5")]);
    assert_eq!(
        (&bad.json()["ok"], &bad.json()["problems"][0]["line"]),
        (&json!(false), &json!(2))
    );
}

#[test]
fn what_is_asked_wrongly_is_a_usage_error() {
    for line in [
        &["policy", "check"][..],
        &["policy", "check", "--corpus", "/nowhere/at/all"],
        &["policy", "check", "--cwd", "/nowhere/at/all", "--", "ls"],
        &["policy", "test"],
        &["policy", "simulate"],
        &["policy", "simulate", "--since", "yesterday"],
    ] {
        let done = Gatehouse::new().run(line);
        assert_eq!(done.status, 2, "{line:?}: {done:?}");
    }
}
