//! The real bash as the judge of what was read: it takes what is written out, and reads it as it is meant.
#![cfg(unix)]

mod support;

use std::process::{Command, Stdio};

use gatehouse_policy::{Plan, shell};
use support::{analyse, labelled, world};

fn bash(args: &[&str]) -> (bool, String) {
    let output = Command::new("bash")
        .args(["--noprofile", "--norc"])
        .args(args)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .stdin(Stdio::null())
        .output()
        .expect("bash runs");
    (
        output.status.success(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
    )
}

/// The plan as text, whatever is planned.
fn text_of(command: &str) -> Option<String> {
    // A leading `:` makes the plan a text for the shell even where none is needed.
    match shell::analyse(&format!(":\n{command}"), &world()).plan {
        Plan::Shell { text } => Some(text),
        _ => None,
    }
}

fn lines() -> Vec<String> {
    let more = include_str!("scripts.txt")
        .split("\n----\n")
        .map(str::to_owned);
    labelled()
        .into_iter()
        .map(|entry| entry.command)
        .chain(more)
        .collect()
}

#[test]
fn bash_takes_every_text_that_is_written_out() {
    for line in lines() {
        if let Some(text) = text_of(&line) {
            let (taken, _) = bash(&["-n", "-c", &text]);
            assert!(taken, "{line:?} is written as {text:?}, which bash refuses");
        }
    }
}

#[test]
fn nearly_all_that_bash_takes_is_read() {
    let mut refused = Vec::new();
    let mut taken = 0;
    for line in lines() {
        if line.contains('\0') || !bash(&["-n", "-c", &line]).0 {
            continue;
        }
        taken += 1;
        if analyse(&line).plan == Plan::Nothing {
            refused.push(line);
        }
    }
    assert!(
        refused.len() * 100 <= taken * 4,
        "{} of {taken}: {refused:#?}",
        refused.len()
    );
}

#[test]
fn bash_reads_what_is_written_out_as_it_is_meant() {
    for line in lines() {
        let Some(text) = text_of(&line) else { continue };
        let (taken, declared) = bash(&["-c", &format!("f () {{ {text}\n}}; declare -f f")]);
        if !taken {
            continue;
        }
        // What bash says the function is, read and written again, is what was written out.
        let Some(again) = text_of(&declared) else {
            panic!("{text:?} is declared as {declared:?}, which is not read");
        };
        let again = again
            .strip_prefix(":; f () { ")
            .and_then(|rest| rest.strip_suffix("; }").or_else(|| rest.strip_suffix(" }")));
        assert_eq!(again, Some(text.as_str()), "bash says: {declared}");
    }
}
