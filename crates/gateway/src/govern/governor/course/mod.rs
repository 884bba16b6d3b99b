//! What becomes of a judged action: the policy's verdict and the published modes together, the stricter of both.
//! Pure.

use gatehouse_agent::Action;
use gatehouse_agent::govern::Effect;
use gatehouse_policy::Verdict;
use gatehouse_policy::decide::is_never_answered_ahead;

use crate::govern::judge::Judged;
use crate::govern::modes::allow_list;
use crate::govern::modes::exec_policy::{Ask, ExecPolicy};
use crate::govern::modes::{self, Judgement};

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
pub(in crate::govern) struct Question {
    /// Whether the published "always" is offered: only for what an exact entry can be made of.
    pub(in crate::govern) may_be_always: bool,
    /// Whether it is asked for the mode alone, and the policy would have let it run.
    pub(super) by_mode: bool,
    /// Whether a grant can answer it. A mode that always asks wants to be asked.
    pub(in crate::govern) may_be_granted: bool,
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
        return observed(action, judged, policy, by_mode);
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

/// What is only observed is not held up by the policy. A mode that somebody wrote still holds, as far as it would hold
/// up what the policy lets run; the one that Gatehouse begins with leaves the question to the policy.
fn observed(action: &Action, judged: &Judged, policy: &ExecPolicy, by_mode: Course) -> Course {
    let is_command = matches!(action.effect, Effect::Exec(_));
    if is_command && (judged.verdict == Verdict::Allow || !policy.is_written) {
        return of_command(action, Verdict::Allow, judged, policy, by_mode);
    }
    by_mode
}

/// What could not be read cannot be run either: there is nothing but the text that came in.
fn unreadable(judged: &Judged) -> String {
    let texts: Vec<&str> = judged
        .decision
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
    // The words of an entry are the same, the script behind them is not.
    let runs_the_new = judged.decision.findings.iter().any(is_never_answered_ahead);
    match (by_mode, verdict) {
        (denied @ Course::Deny { .. }, _) => denied,
        (_, _) if always_asks => ask(),
        // An entry of the allow-list answers what the policy asks, as far as a person must not look first.
        (Course::Run { rule: Some(rule) }, Verdict::Ask) if may_be_listed && !runs_the_new => {
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
    let denied = || Course::Deny {
        reason:
            "it needs an approval, and nobody who could give one is connected: that takes a client \
                 with the capability `approvals`"
                .to_owned(),
        code: Some("no_approver"),
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
pub(in crate::govern) mod tests;
