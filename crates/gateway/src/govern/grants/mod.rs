//! Does a grant that was given before answer a question? An exact one by its digest; a pattern only where it, or
//! another, matches every single command of the line, each with all of its words known, and where nothing else asks
//! than what asked when it was given: neither another reason, nor another folder, nor anything beside the words.

mod pattern;

use std::collections::BTreeSet;

use gatehouse_agent::Action;
use gatehouse_agent::govern::Effect;
use gatehouse_policy::decide::{is_answered_by_no_pattern, is_never_answered_ahead};
use gatehouse_policy::shell::is_words_alone;
use gatehouse_policy::{Command, Reach, Verdict};
use gatehouse_store::gateway::{GrantKind, GrantRecord};

use crate::govern::judge::Judged;
use crate::govern::look::binding::Binding;
pub(crate) use pattern::GrantPattern;

/// The grants by which it runs: one exact, or the patterns that together match. Empty where it must be asked.
pub(super) fn answering<'a>(
    grants: &'a [GrantRecord],
    action: &Action,
    judged: &Judged,
    binding: &Binding,
) -> Vec<&'a GrantRecord> {
    let session = &action.session_key;
    // Who gave it to a session had what is said there in mind, and not what another one has it do.
    let is_own = action.told_by.is_empty();
    let here = |grant: &&GrantRecord| {
        let of = grant.session.as_ref();
        of.is_none_or(|of| of == session && is_own)
    };
    let (of_session, of_agent) = (binding.session_digest(), binding.agent_digest());
    let exact = grants.iter().filter(here).find(|grant| {
        let wanted = if grant.session.is_some() {
            &of_session
        } else {
            &of_agent
        };
        grant.kind == GrantKind::Exact
            && grant.digest.as_ref() == Some(wanted)
            && is_given_for_what_is_new(grant, judged)
    });
    if let Some(exact) = exact {
        return vec![exact];
    }
    let mut patterns: Vec<(&GrantRecord, GrantPattern)> = grants
        .iter()
        .filter(here)
        .filter(|grant| grant.kind == GrantKind::Pattern && is_given_in(action, grant))
        .filter_map(|grant| Some((grant, GrantPattern::parse(&grant.text).ok()?)))
        .collect();
    if patterns.is_empty() || !is_its_words(action, judged) {
        return Vec::new();
    }
    // One of them may match and be given for something else, and another one for this: first those that fit.
    let asking: BTreeSet<String> = asking(judged).into_iter().collect();
    patterns.sort_by_key(|(grant, _)| !asking.iter().all(|one| grant.answers.contains(one)));
    let used = by_patterns(&patterns, &judged.decision.commands);
    let answered: BTreeSet<&String> = used.iter().flat_map(|grant| &grant.answers).collect();
    match asking.iter().all(|one| answered.contains(one)) {
        true => used,
        false => Vec::new(),
    }
}

/// What was written since can be run by the same plan and lie in no file that the digest is over.
fn is_given_for_what_is_new(grant: &GrantRecord, judged: &Judged) -> bool {
    let findings = judged.decision.findings.iter();
    let mut new = findings.filter(|finding| is_never_answered_ahead(finding));
    new.all(|finding| grant.answers.contains(&finding.code))
}

/// Whether a pattern could stand for it.
pub(super) fn may_be_pattern(action: &Action, judged: &Judged) -> bool {
    matches!(judged.decision.commands.as_slice(), [command] if command.exact)
        && is_its_words(action, judged)
}

/// What asks about it: the kinds of what was found, and the rules that ask.
pub(super) fn asking(judged: &Judged) -> Vec<String> {
    let found = judged.decision.findings.iter();
    let found = found.filter(|finding| finding.verdict != Verdict::Allow);
    let rules = judged.decision.rules.iter();
    let rules = rules.filter(|hit| hit.verdict != Verdict::Allow);
    let all: BTreeSet<String> = found
        .map(|finding| finding.code.clone())
        .chain(rules.map(|hit| format!("rule:{}", hit.id)))
        .collect();
    all.into_iter().collect()
}

/// Whether it is in the folder that a grant was given for.
fn is_given_in(action: &Action, grant: &GrantRecord) -> bool {
    match &action.effect {
        Effect::Exec(exec) => grant.cwd.as_deref() == exec.cwd.to_str(),
        _ => false,
    }
}

/// Whether all that a call does is in the words of its commands: it sets no variable, writes to no file by itself, runs
/// nothing that was written before under the same words, and is given no credential among them.
fn is_its_words(action: &Action, judged: &Judged) -> bool {
    let sets_nothing = match &action.effect {
        Effect::Exec(exec) => exec.env_names.is_empty(),
        _ => false,
    };
    sets_nothing
        && !judged
            .decision
            .findings
            .iter()
            .any(is_answered_by_no_pattern)
        && judged.decision.plan.as_ref().is_some_and(is_words_alone)
}

fn by_patterns<'a>(
    patterns: &[(&'a GrantRecord, GrantPattern)],
    commands: &[Command],
) -> Vec<&'a GrantRecord> {
    let mut used: Vec<&GrantRecord> = Vec::new();
    for command in commands {
        // What another command runs is that one's doing; it is matched where it is named.
        if command.reach == Reach::File {
            return Vec::new();
        }
        let found = patterns
            .iter()
            .find(|(_, pattern)| command.exact && pattern.matches(&command.argv));
        let Some((grant, _)) = found else {
            return Vec::new();
        };
        if !used.iter().any(|known| known.id == grant.id) {
            used.push(grant);
        }
    }
    used
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use gatehouse_policy::{Finding, Plan};

    use super::*;
    use crate::govern::governor::course::tests::{command as action, judged};

    fn binding(action: &Action) -> Binding {
        Binding::of_action(action, "1")
    }

    fn pattern(text: &str) -> GrantRecord {
        GrantRecord {
            id: text.to_owned(),
            kind: GrantKind::Pattern,
            text: text.to_owned(),
            cwd: Some("/ws".to_owned()),
            answers: vec!["code".to_owned()],
            ..GrantRecord::default()
        }
    }

    fn command(text: &str, exact: bool) -> Command {
        Command {
            argv: text.split(' ').map(str::to_owned).collect(),
            exact,
            span: None,
            reach: Reach::Direct,
        }
    }

    fn asks(commands: &[Command]) -> Judged {
        let mut judged = judged(Verdict::Ask);
        Arc::make_mut(&mut judged.decision).commands = commands.to_vec();
        judged
    }

    fn found(grants: &[GrantRecord], action: &Action, judged: &Judged) -> usize {
        answering(grants, action, judged, &binding(action)).len()
    }

    #[test]
    fn a_pattern_answers_only_where_every_command_is_matched_and_known() {
        let grants = [pattern("git push *"), pattern("cargo test *")];
        let check = |commands: &[Command], wanted: usize| {
            assert_eq!(
                found(&grants, &action(), &asks(commands)),
                wanted,
                "{commands:?}"
            );
        };
        check(&[command("git push origin", true)], 1);
        check(&[command("git push", true), command("cargo test", true)], 2);
        check(&[command("git push", true), command("rm x", true)], 0);
        check(&[command("git push …", false)], 0);
        check(&[], 0);
    }

    #[test]
    fn a_pattern_answers_no_other_reason_to_ask() {
        let grants = [pattern("npm ci *")];
        let plain = asks(&[command("npm ci --version", true)]);
        assert_eq!(found(&grants, &action(), &plain), 1);
        assert!(may_be_pattern(&action(), &plain));
        let also = |code: &str| {
            let mut more = plain.clone();
            Arc::make_mut(&mut more.decision).findings.push(Finding {
                verdict: Verdict::Ask,
                code: code.to_owned(),
                span: None,
                text: String::new(),
            });
            more
        };
        assert_eq!(found(&grants, &action(), &also("another")), 0);
        let mut for_both = pattern("npm ci *");
        for_both
            .answers
            .extend(["another", "write-run", "word-credential"].map(str::to_owned));
        assert_eq!(
            found(std::slice::from_ref(&for_both), &action(), &also("another")),
            1
        );
        let both = [grants[0].clone(), for_both.clone()];
        assert_eq!(
            found(&both, &action(), &also("another")),
            1,
            "the one that fits"
        );
        for code in ["write-run", "word-credential"] {
            let answered = found(std::slice::from_ref(&for_both), &action(), &also(code));
            assert_eq!(answered, 0, "never ahead: {code}");
            assert!(!may_be_pattern(&action(), &also(code)), "{code}");
        }
    }

    #[test]
    fn a_pattern_answers_in_its_folder_alone_and_for_nothing_beside_its_words() {
        let grants = [pattern("npm ci *")];
        let plain = asks(&[command("npm ci", true)]);
        let changed = |change: fn(&mut gatehouse_agent::govern::ExecEffect)| {
            let mut action = action();
            if let Effect::Exec(exec) = &mut action.effect {
                change(exec);
            }
            found(&grants, &action, &plain)
        };
        assert_eq!(changed(|_| {}), 1);
        assert_eq!(changed(|exec| exec.cwd = "/tmp/other".into()), 0);
        assert_eq!(
            changed(|exec| exec.env_names.push("NODE_OPTIONS".to_owned())),
            0
        );
        for (text, wanted) in [
            ("npm ci 2>&1", 1),
            ("npm ci > package.json", 0),
            ("FOO=1 npm ci", 0),
        ] {
            let mut beside = plain.clone();
            let text = text.to_owned();
            Arc::make_mut(&mut beside.decision).plan = Some(Plan::Shell { text: text.clone() });
            assert_eq!(found(&grants, &action(), &beside), wanted, "{text}");
        }
        let older = GrantRecord {
            cwd: None,
            answers: Vec::new(),
            ..pattern("npm ci *")
        };
        assert_eq!(
            found(&[older], &action(), &plain),
            0,
            "nobody knows what it was given for"
        );
    }

    #[test]
    fn an_exact_grant_answers_for_what_was_written_since_only_where_that_asked_before() {
        let action = action();
        let mut new = judged(Verdict::Ask);
        Arc::make_mut(&mut new.decision).findings.push(Finding {
            verdict: Verdict::Ask,
            code: "write-run".to_owned(),
            span: None,
            text: String::new(),
        });
        let exact = |answers: &[&str]| GrantRecord {
            kind: GrantKind::Exact,
            digest: Some(binding(&action).agent_digest()),
            answers: answers.iter().map(|one| (*one).to_owned()).collect(),
            ..GrantRecord::default()
        };
        for (answers, wanted) in [(vec!["code"], 0), (vec!["code", "write-run"], 1)] {
            assert_eq!(
                found(&[exact(&answers)], &action, &new),
                wanted,
                "{answers:?}"
            );
        }
        let as_before = judged(Verdict::Ask);
        assert_eq!(found(&[exact(&["code"])], &action, &as_before), 1);
    }

    #[test]
    fn a_grant_of_a_session_answers_in_no_other() {
        let (here, there) = (
            action(),
            Action {
                session_key: "t".to_owned(),
                ..action()
            },
        );
        let grant = GrantRecord {
            kind: GrantKind::Exact,
            session: Some("s".to_owned()),
            digest: Some(binding(&here).session_digest()),
            ..GrantRecord::default()
        };
        let everywhere = GrantRecord {
            kind: GrantKind::Exact,
            digest: Some(binding(&here).agent_digest()),
            ..GrantRecord::default()
        };
        let count = |grant: &GrantRecord, action: &Action| {
            found(std::slice::from_ref(grant), action, &judged(Verdict::Ask))
        };
        assert_eq!((count(&grant, &here), count(&grant, &there)), (1, 0));
        assert_eq!(
            (count(&everywhere, &here), count(&everywhere, &there)),
            (1, 1)
        );
    }
}
