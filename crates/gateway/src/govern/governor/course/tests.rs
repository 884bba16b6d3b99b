//! What becomes of a judged action under each mode.

use std::sync::Arc;

use gatehouse_agent::govern::ExecEffect;
use gatehouse_policy::rules::Approval;
use gatehouse_policy::{Decision, Finding, Plan, Taint};
use gatehouse_store::gateway::AllowEntry;
use serde_json::{Value, json};

use super::*;
use crate::govern::modes::exec_policy::Security;

pub(in crate::govern) fn command() -> Action {
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
        told_by: Vec::new(),
    }
}

pub(in crate::govern) fn judged(verdict: Verdict) -> Judged {
    let text = "rm x".to_owned();
    planned(verdict, Plan::Shell { text })
}

fn planned(verdict: Verdict, plan: Plan) -> Judged {
    let decision = Decision {
        verdict,
        would: verdict,
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
        plan: Some(plan),
        rules: Vec::new(),
        shadow: Vec::new(),
        shadow_verdict: verdict,
        allowed_by: None,
        approval: Approval::default(),
        policy_version: "1".to_owned(),
        rates: Vec::new(),
        credentials: Vec::new(),
        taint: Taint::default(),
    };
    Judged {
        verdict,
        enforced: true,
        dangerous: false,
        approvers: 1,
        timeout_ms: 1,
        decision: Arc::new(decision),
        taint: Taint::default(),
        seen: Default::default(),
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
        is_written: true,
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
fn a_policy_that_observes_holds_up_nothing_that_no_written_mode_does() {
    use Verdict::{Allow, Deny};
    let unwritten = ExecPolicy {
        is_written: false,
        ..modes(Security::Allowlist, Ask::OnMiss, false)
    };
    // For what would be allowed, asked about and denied.
    for (what, policy, wanted) in [
        ("no mode", unwritten, ["run", "run", "run"]),
        (
            "full",
            modes(Security::Full, Ask::Off, false),
            ["run", "run", "run"],
        ),
        (
            "ask",
            modes(Security::Allowlist, Ask::OnMiss, false),
            ["run", "ask", "ask"],
        ),
        (
            "always",
            modes(Security::Full, Ask::Always, false),
            ["ask", "ask", "ask"],
        ),
        (
            "allowlist",
            modes(Security::Allowlist, Ask::Off, false),
            ["deny", "deny", "deny"],
        ),
        (
            "deny",
            modes(Security::Deny, Ask::Off, false),
            ["deny", "deny", "deny"],
        ),
    ] {
        let observed = |verdict| Judged {
            enforced: false,
            ..judged(verdict)
        };
        let got = [Allow, Verdict::Ask, Deny]
            .map(|verdict| word(&course(&command(), &observed(verdict), &policy)));
        assert_eq!(got, wanted, "{what}");
    }
}

#[test]
fn what_a_policy_that_holds_lets_run_runs_where_it_only_observes() {
    for is_written in [true, false] {
        for ask in [Ask::Off, Ask::OnMiss, Ask::Always] {
            for security in [Security::Deny, Security::Allowlist, Security::Full] {
                let policy = ExecPolicy {
                    is_written,
                    ..modes(security, ask, false)
                };
                let holds = judged(Verdict::Allow);
                let observes = Judged {
                    enforced: false,
                    ..holds.clone()
                };
                let [holds, observes] =
                    [holds, observes].map(|judged| word(&course(&command(), &judged, &policy)));
                assert_eq!(observes, holds, "{security:?} {ask:?} {is_written}");
            }
        }
    }
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
    let unread = planned(Verdict::Ask, Plan::Nothing);
    let full = modes(Security::Full, Ask::Off, false);
    let course = course(&command(), &unread, &full);
    assert!(
        matches!(&course, Course::Deny { code: Some("unreadable"), reason } if reason.contains("the reason")),
        "{course:?}"
    );
}

#[test]
fn an_entry_that_a_person_wrote_answers_nothing_that_runs_what_was_written_since() {
    let listed = modes(Security::Full, Ask::OnMiss, true);
    let listed = ExecPolicy {
        security: Security::Allowlist,
        ..listed
    };
    let plain = judged(Verdict::Ask);
    assert_eq!(word(&course(&command(), &plain, &listed)), "run");
    let mut new = plain;
    Arc::make_mut(&mut new.decision).findings.push(Finding {
        verdict: Verdict::Ask,
        code: "write-run".to_owned(),
        span: None,
        text: String::new(),
    });
    assert_eq!(word(&course(&command(), &new, &listed)), "ask");
}
