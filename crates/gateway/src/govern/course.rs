//! What becomes of a judged action: the policy's verdict and the published modes together, the stricter of both.
//! Pure.

use gatehouse_agent::Action;
use gatehouse_agent::govern::Effect;
use gatehouse_policy::Verdict;

use super::allow_list;
use super::exec_policy::{Ask, ExecPolicy};
use super::judge::Judged;
use super::modes::{self, Judgement};

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Course {
    Run {
        /// The entry of the allow-list that let it through.
        rule: Option<String>,
    },
    Ask(Question),
    Deny {
        reason: String,
        code: Option<&'static str>,
    },
}

/// How a question is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Question {
    /// Whether the published "always" is offered: only for what an exact entry can be made of.
    pub(super) may_be_always: bool,
    /// Whether it is asked for the mode alone, and the policy would have let it run.
    pub(super) by_mode: bool,
    /// Whether a grant can answer it. A mode that always asks wants to be asked.
    pub(super) may_be_granted: bool,
    /// Whether nobody is asked: the mode lets run what is on the allow-list, and the entry shows a grant.
    pub(super) listed_only: bool,
}

/// The course of an action.
pub(super) fn course(action: &Action, judged: &Judged, policy: &ExecPolicy) -> Course {
    let by_mode = of_judgement(modes::govern(action, policy), judged);
    if judged.is_unreadable() {
        return Course::Deny {
            reason: unreadable(judged),
            code: Some("unreadable"),
        };
    }
    if !judged.enforced {
        return by_mode;
    }
    match (judged.verdict, &action.effect) {
        (Verdict::Deny, _) => Course::Deny {
            reason: judged.reason(),
            code: Some("policy"),
        },
        (verdict, Effect::Exec(_)) => of_command(action, verdict, judged, policy, by_mode),
        // What the modes deny, files outside of the workspace, stays denied.
        (_, _) if matches!(by_mode, Course::Deny { .. }) => by_mode,
        (Verdict::Ask, _) => Course::Ask(Question {
            may_be_always: false,
            by_mode: false,
            may_be_granted: true,
            listed_only: false,
        }),
        (Verdict::Allow, _) => by_mode,
    }
}

/// What could not be read cannot be run either: there is nothing but the text that came in.
fn unreadable(judged: &Judged) -> String {
    let texts: Vec<&str> = judged
        .findings
        .iter()
        .map(|f| f.text.as_str())
        .take(3)
        .collect();
    let why = if texts.is_empty() {
        "it is not a command that this shell can read".to_owned()
    } else {
        texts.join("; ")
    };
    format!("the command could not be read, so it cannot run: {why}; write it in a plainer way")
}

fn of_command(
    action: &Action,
    verdict: Verdict,
    judged: &Judged,
    policy: &ExecPolicy,
    by_mode: Course,
) -> Course {
    let always_asks = policy.ask == Ask::Always;
    let ask = || {
        let exact = match &action.effect {
            Effect::Exec(exec) => allow_list::exact(exec).is_some(),
            _ => false,
        };
        Course::Ask(Question {
            may_be_always: exact && !always_asks && !judged.dangerous && judged.approvers <= 1,
            by_mode: verdict == Verdict::Allow,
            may_be_granted: !always_asks,
            listed_only: false,
        })
    };
    let may_be_listed = !judged.dangerous && judged.approvers <= 1;
    match (by_mode, verdict) {
        (denied @ Course::Deny { .. }, _) => denied,
        (_, _) if always_asks => ask(),
        // An entry of the allow-list answers what the policy asks, as far as a person must not look first.
        (Course::Run { rule: Some(rule) }, Verdict::Ask) if may_be_listed => {
            Course::Run { rule: Some(rule) }
        }
        (Course::Ask(listed), _)
            if listed.listed_only && (may_be_listed || verdict == Verdict::Allow) =>
        {
            Course::Ask(listed)
        }
        (_, Verdict::Ask | Verdict::Deny) => ask(),
        // What is proven harmless runs, listed or not; a list without a question was denied above.
        (Course::Run { rule }, Verdict::Allow) => Course::Run { rule },
        (Course::Ask(_), Verdict::Allow) => Course::Run { rule: None },
    }
}

/// What happens to a question that has nobody to go to.
pub(super) fn without_anyone(action: &Action, question: Question, policy: &ExecPolicy) -> Course {
    let denied = || {
        Course::Deny {
        reason: "it needs an approval, and nobody who could give one is connected: that takes a client with the capability `approvals`".to_owned(),
        code: Some("no_approver"),
    }
    };
    // A fallback stands in for a mode's question, never for the policy's.
    if !question.by_mode {
        return denied();
    }
    match modes::without_anyone(action, policy) {
        Judgement::Allow { rule } => Course::Run { rule },
        _ => denied(),
    }
}

fn of_judgement(judgement: Judgement, judged: &Judged) -> Course {
    match judgement {
        Judgement::Allow { rule } => Course::Run { rule },
        Judgement::Ask { may_be_always } => Course::Ask(Question {
            may_be_always: may_be_always && !judged.dangerous,
            by_mode: true,
            may_be_granted: true,
            listed_only: false,
        }),
        Judgement::ByGrant => Course::Ask(Question {
            may_be_always: false,
            by_mode: true,
            may_be_granted: true,
            listed_only: true,
        }),
        Judgement::Deny { reason } => Course::Deny {
            reason,
            code: Some("mode"),
        },
    }
}

#[cfg(test)]
mod tests {
    use gatehouse_agent::govern::ExecEffect;
    use gatehouse_policy::{Finding, Plan, Taint};
    use gatehouse_store::gateway::AllowEntry;
    use serde_json::{Value, json};

    use super::*;
    use crate::govern::exec_policy::Security;

    fn command() -> Action {
        Action {
            tool: "exec".to_owned(),
            arguments: json!({}),
            effect: Effect::Exec(ExecEffect {
                command: "rm x".to_owned(),
                argv: vec!["/bin/sh".into(), "-c".into(), "rm x".into()],
                executable: "/bin/sh".into(),
                program: Some("/bin/rm".into()),
                cwd: "/ws".into(),
                env_names: Vec::new(),
                env_digest: String::new(),
                pty: false,
                background: false,
            }),
            agent_id: "main".to_owned(),
            session_key: "s".to_owned(),
            run_id: "r".to_owned(),
            tool_call_id: "c".to_owned(),
            workspace: "/ws".into(),
        }
    }

    fn judged(verdict: Verdict) -> Judged {
        Judged {
            verdict,
            enforced: true,
            dangerous: false,
            findings: vec![Finding {
                verdict,
                code: "code".to_owned(),
                span: None,
                text: "the reason".to_owned(),
            }],
            effects: Vec::new(),
            commands: Vec::new(),
            plan: Some(Plan::Shell {
                text: "rm x".to_owned(),
            }),
            rules: Vec::new(),
            approvers: 1,
            timeout_ms: 1,
            policy_version: "1".to_owned(),
            taint: Taint::default(),
            decision: None,
            seen: Default::default(),
            counted: Vec::new(),
            view: Value::Null,
            past: Value::Null,
        }
    }

    fn modes(security: Security, ask: Ask, listed: bool) -> ExecPolicy {
        let rule = AllowEntry {
            id: "rm".to_owned(),
            pattern: "rm".to_owned(),
            ..AllowEntry::default()
        };
        ExecPolicy {
            security,
            ask,
            fallback: Security::Full,
            rules: if listed { vec![rule] } else { Vec::new() },
            home: None,
        }
    }

    fn word(course: &Course) -> &'static str {
        match course {
            Course::Run { .. } => "run",
            Course::Ask(_) => "ask",
            Course::Deny { .. } => "deny",
        }
    }

    #[test]
    fn the_modes_make_a_verdict_stricter_and_never_more_open() {
        use Verdict::{Allow, Deny};
        // For the verdicts allow, ask and deny, of a command on the list and of one that is not.
        for (security, ask, listed, wanted) in [
            (Security::Deny, Ask::Off, true, ["deny", "deny", "deny"]),
            (
                Security::Allowlist,
                Ask::Off,
                false,
                ["deny", "deny", "deny"],
            ),
            (Security::Allowlist, Ask::Off, true, ["run", "run", "deny"]),
            (
                Security::Allowlist,
                Ask::OnMiss,
                false,
                ["run", "ask", "deny"],
            ),
            (
                Security::Allowlist,
                Ask::OnMiss,
                true,
                ["run", "run", "deny"],
            ),
            (
                Security::Allowlist,
                Ask::Always,
                true,
                ["ask", "ask", "deny"],
            ),
            (Security::Full, Ask::Off, false, ["run", "ask", "deny"]),
            (Security::Full, Ask::Always, false, ["ask", "ask", "deny"]),
        ] {
            let got = [Allow, Verdict::Ask, Deny].map(|verdict| {
                let policy = modes(security, ask, listed);
                word(&course(&command(), &judged(verdict), &policy))
            });
            assert_eq!(got, wanted, "{security:?} {ask:?} listed: {listed}");
        }
    }

    #[test]
    fn the_list_answers_for_nothing_dangerous_and_for_no_two_people() {
        let policy = modes(Security::Full, Ask::Off, true);
        let listed = modes(Security::Allowlist, Ask::OnMiss, true);
        for change in [
            |judged: &mut Judged| judged.dangerous = true,
            |judged: &mut Judged| judged.approvers = 2,
        ] {
            let mut judged = judged(Verdict::Ask);
            change(&mut judged);
            for policy in [&policy, &listed] {
                let course = course(&command(), &judged, policy);
                let Course::Ask(question) = course else {
                    panic!("a person must look: {course:?}");
                };
                assert!(!question.may_be_always);
            }
        }
    }

    #[test]
    fn an_entry_that_shows_a_grant_leaves_it_to_the_grant_and_to_nobody_else() {
        let Effect::Exec(exec) = command().effect else {
            panic!("it is a command");
        };
        let (pattern, arguments) = allow_list::exact(&exec).unwrap();
        let shown = |security, ask| {
            let mut policy = modes(security, ask, true);
            policy.rules[0] = AllowEntry {
                pattern: pattern.clone(),
                arg_pattern: Some(arguments.clone()),
                source: Some(allow_list::ALLOW_ALWAYS.to_owned()),
                ..AllowEntry::default()
            };
            policy
        };
        let observed = Judged {
            enforced: false,
            ..judged(Verdict::Deny)
        };
        let (allowed, asked) = (judged(Verdict::Allow), judged(Verdict::Ask));
        let strict = shown(Security::Allowlist, Ask::Off);
        for judged in [&allowed, &asked, &observed] {
            let course = course(&command(), judged, &strict);
            assert!(
                matches!(course, Course::Ask(question) if question.listed_only && question.may_be_granted),
                "{course:?}"
            );
        }
        for policy in [
            shown(Security::Full, Ask::Off),
            shown(Security::Allowlist, Ask::OnMiss),
        ] {
            let course = course(&command(), &asked, &policy);
            assert!(
                matches!(course, Course::Ask(question) if !question.listed_only),
                "the policy asks, and the entry does not answer: {course:?}"
            );
        }
        let refused = course(&command(), &judged(Verdict::Deny), &strict);
        assert_eq!(word(&refused), "deny");
    }

    #[test]
    fn a_policy_that_observes_leaves_it_to_the_modes() {
        let observed = Judged {
            enforced: false,
            ..judged(Verdict::Deny)
        };
        let full = modes(Security::Full, Ask::Off, false);
        assert_eq!(
            course(&command(), &observed, &full),
            Course::Run { rule: None }
        );
        let asks = modes(Security::Allowlist, Ask::OnMiss, false);
        assert_eq!(word(&course(&command(), &observed, &asks)), "ask");
    }

    #[test]
    fn a_fallback_stands_in_for_a_mode_s_question_and_never_for_the_policy_s() {
        let always = modes(Security::Full, Ask::Always, false);
        for (verdict, wanted) in [(Verdict::Allow, "run"), (Verdict::Ask, "deny")] {
            let Course::Ask(question) = course(&command(), &judged(verdict), &always) else {
                panic!("the mode always asks");
            };
            let alone = without_anyone(&command(), question, &always);
            assert_eq!(word(&alone), wanted, "{verdict:?}");
        }
    }

    #[test]
    fn what_could_not_be_read_does_not_run() {
        let unread = Judged {
            plan: Some(Plan::Nothing),
            ..judged(Verdict::Ask)
        };
        let full = modes(Security::Full, Ask::Off, false);
        let course = course(&command(), &unread, &full);
        assert!(
            matches!(&course, Course::Deny { code: Some("unreadable"), reason } if reason.contains("the reason")),
            "{course:?}"
        );
    }
}
