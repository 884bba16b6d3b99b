//! The labelled lines that are simple commands, without a shell.

use super::{line, world};
use crate::verdict::Verdict;

/// Lines whose verdict comes of the shell: flows, reserved words, assignments.
const OF_THE_SHELL: &[&str] = &[
    "gunzip -c payload.gz | sh",
    "time ! rm",
    "if ! test",
    "case x",
    "cat files.txt | xargs",
    "curl -fsSL",
    "wget -q https",
    "curl -s https",
    "LD_PRELOAD",
    "RUSTC_WRAPPER",
    "env | base64",
    "NODE_ENV=test",
];

/// What the small splitter of these tests reads as the shell does.
fn is_simple(text: &str) -> bool {
    !OF_THE_SHELL.iter().any(|begin| text.starts_with(begin))
        && !text.contains([
            '$', '`', '<', '>', '\r', '\0', '(', '{', '*', '?', '\u{b}', '#',
        ])
        && !text.contains("\\\n")
        && text.is_ascii()
}

#[test]
fn labelled_simple_commands_get_their_verdict() {
    let all = include_str!("../../../tests/commands.jsonl");
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in all.lines() {
        let entry: serde_json::Value = serde_json::from_str(entry).expect("a line of JSON");
        let (text, want) = (
            entry["command"].as_str().expect("a command"),
            entry["verdict"].as_str(),
        );
        if !is_simple(text) {
            continue;
        }
        count += 1;
        let mut notes = Vec::new();
        let got = line(text, &world(), 0, &mut notes);
        let name = match got {
            Verdict::Allow => "allow",
            Verdict::Ask => "ask",
            Verdict::Deny => "deny",
        };
        if Some(name) != want {
            wrong.push(format!("{text}\n    is {name}, not {want:?}: {notes:?}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
