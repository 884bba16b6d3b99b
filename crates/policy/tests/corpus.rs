//! The labelled commands: none that must be denied is allowed, all that are harmless are, nearly all are exact.

mod support;

use gatehouse_policy::Verdict;
use support::{Labelled, afresh, analyse, blind, codes, labelled, unseen, wide};

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

fn check(all: &[Labelled]) {
    let mut differences = Vec::new();
    let (mut dangerous, mut refused, mut exact) = (0, 0, 0);
    for line in all {
        let analysis = analyse(&line.command);
        if analysis.verdict == line.verdict {
            exact += 1;
            continue;
        }
        dangerous +=
            usize::from(line.verdict == Verdict::Deny && analysis.verdict == Verdict::Allow);
        refused += usize::from(line.verdict == Verdict::Allow);
        let shown: String = line.command.chars().take(120).collect();
        differences.push(format!(
            "{shown:?}\n    is {:?}, not {:?} ({})\n    {:?}",
            analysis.verdict,
            line.verdict,
            line.why,
            codes(&analysis)
        ));
    }
    let report = format!("{exact} of {} exact\n{}", all.len(), differences.join("\n"));
    #[allow(
        clippy::print_stdout,
        reason = "every difference is shown, also when they are few enough"
    )]
    {
        println!("{report}");
    }
    assert_eq!(
        dangerous, 0,
        "a command that must be denied is allowed: {report}"
    );
    assert_eq!(refused, 0, "a harmless command is not allowed: {report}");
    assert!(
        exact * 100 >= all.len() * 95,
        "fewer than 95 in 100 are exact: {report}"
    );
}
