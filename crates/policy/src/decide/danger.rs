//! Whether an action has to be looked at before it is allowed. A notification offers `Allow` only below this level,
//! and no rule makes what is above it run without a question.

use crate::analysis::Command;
use crate::effect::{Effect, EffectKind, Target, Zone};
use crate::plan::Plan;
use crate::verdict::{Finding, Verdict};

/// Findings of this crate that no glance settles.
const CODES: [&str; 4] = ["secret-network", "secret-tool", "secret-session", "no-plan"];

pub(super) fn is_dangerous(
    findings: &[Finding],
    effects: &[Effect],
    commands: &[Command],
    plan: Option<&Plan>,
) -> bool {
    let found = |finding: &Finding| {
        finding.verdict == Verdict::Deny || CODES.contains(&finding.code.as_str())
    };
    findings.iter().any(found)
        || effects.iter().any(effect)
        || commands.iter().any(runs_the_unknown)
        || plan == Some(&Plan::Nothing)
}

fn effect(effect: &Effect) -> bool {
    use EffectKind as K;
    if effect.secret {
        return true;
    }
    let unknown = effect.target == Target::Unknown;
    let ours = matches!(effect.zone, Zone::Workspace | Zone::Tmp);
    match effect.kind {
        K::Privilege | K::Remote => true,
        K::Delete | K::Write | K::Append | K::Create | K::Permission => unknown || !ours,
        K::Execute | K::Signal => unknown,
        K::Read | K::List | K::Network | K::System | K::Environment => false,
    }
}

fn runs_the_unknown(command: &Command) -> bool {
    !command.exact
        && command
            .argv
            .first()
            .is_none_or(|program| program.contains('…'))
}

/// Whether a rule may let a command run without a question: all that runs is in its words, and nothing beside them,
/// neither a redirection nor a variable.
pub(super) fn is_in_its_words(commands: &[Command], plan: Option<&Plan>) -> bool {
    let Some(Plan::Direct { lists }) = plan else {
        return false;
    };
    let mut spawns = lists.iter().flat_map(|list| &list.spawns);
    commands.iter().all(|command| command.exact) && spawns.all(|spawn| spawn.assignments.is_empty())
}
