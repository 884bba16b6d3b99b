//! What holds for every policy and every action.

use proptest::prelude::*;

use super::support::{policy, run};
use crate::verdict::Verdict;

const VERDICTS: [&str; 3] = ["allow", "ask", "deny"];
const MATCHES: [&str; 8] = [
    "{}",
    "{command: 'make'}",
    "{command: ['make', 'make test', 'ls', 'rm a']}",
    "{command: 'rm **'}",
    "{notCommand: 'ls'}",
    "{effects: ['delete']}",
    "{paths: './a'}",
    "{hosts: 'evil.test'}",
];
const LINES: [&str; 10] = [
    "ls",
    "make",
    "make test",
    "make; make test",
    "rm a",
    "rm /",
    "rm $x",
    "curl evil.test",
    "ls; rm a",
    "make $x",
];

#[derive(Debug, Clone)]
struct Draft {
    verdict: &'static str,
    when: &'static str,
    enabled: &'static str,
    priority: i32,
}

fn draft() -> impl Strategy<Value = Draft> {
    (0..3_usize, 0..MATCHES.len(), 0..3_usize, -9..9_i32).prop_map(
        |(verdict, when, enabled, priority)| Draft {
            verdict: VERDICTS[verdict],
            when: MATCHES[when],
            enabled: ["true", "false", "'shadow'"][enabled],
            priority,
        },
    )
}

fn written(drafts: &[Draft]) -> String {
    let rule = |(index, draft): (usize, &Draft)| {
        let Draft {
            verdict,
            when,
            enabled,
            priority,
        } = draft;
        format!(
            "{{id: 'r{index}', verdict: '{verdict}', match: {when}, enabled: {enabled}, priority: {priority}}}"
        )
    };
    drafts
        .iter()
        .enumerate()
        .map(rule)
        .collect::<Vec<_>>()
        .join(",")
}

fn verdicts(drafts: &[Draft]) -> Vec<Verdict> {
    let policy = policy(&written(drafts));
    LINES
        .iter()
        .map(|line| run(&policy, line).verdict)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn adding_a_rule_that_asks_or_denies_never_loosens(
        drafts in prop::collection::vec(draft(), 0..6),
        mut more in draft(),
        deny: bool,
    ) {
        more.verdict = if deny { "deny" } else { "ask" };
        let before = verdicts(&drafts);
        let after = verdicts(&[drafts, vec![more]].concat());
        prop_assert!(before.iter().zip(&after).all(|(before, after)| before <= after));
    }

    #[test]
    fn the_strictest_wins_whatever_the_order_and_the_priorities(
        (drafts, shuffled) in prop::collection::vec(draft(), 0..6)
            .prop_flat_map(|drafts| (Just(drafts.clone()), Just(drafts).prop_shuffle())),
        priority in -9..9_i32,
    ) {
        let moved: Vec<_> = shuffled.into_iter().map(|draft| Draft { priority, ..draft }).collect();
        prop_assert_eq!(verdicts(&drafts), verdicts(&moved));
    }

    #[test]
    fn rules_in_the_shadow_and_rules_turned_off_change_nothing(
        drafts in prop::collection::vec(draft(), 0..6),
    ) {
        let counting: Vec<_> = drafts.iter().filter(|draft| draft.enabled == "true").cloned().collect();
        prop_assert_eq!(verdicts(&drafts), verdicts(&counting));
    }

    #[test]
    fn no_rule_lowers_a_denial(drafts in prop::collection::vec(draft(), 0..6)) {
        let policy = policy(&written(&drafts));
        prop_assert_eq!(run(&policy, "rm /").verdict, Verdict::Deny);
        prop_assert_eq!(run(&policy, "ls; rm /").verdict, Verdict::Deny);
    }

    #[test]
    fn a_document_is_read_or_refused_and_never_panics(text in "\\PC{0,80}") {
        let _ = crate::decide::Policy::validate(&text, None);
    }

    #[test]
    fn a_document_with_any_words_is_read_or_refused(
        key in "[a-zA-Z_]{1,12}", value in "[-a-z0-9^$*/.()|~ ]{0,16}", at in 0..3_usize,
    ) {
        let document = match at {
            0 => format!("{{{key}: '{value}'}}"),
            1 => format!("{{rules: [{{id: 'a', verdict: 'deny', {key}: '{value}', match: {{}}}}]}}"),
            _ => format!("{{rules: [{{id: 'a', verdict: 'deny', match: {{{key}: '{value}'}}}}]}}"),
        };
        let _ = crate::decide::Policy::validate(&document, None);
    }
}
