//! Whether an action has to be looked at before it is allowed. A notification offers `Allow` only below this level,
//! and no rule makes what is above it run without a question.

use super::{baseline, called, fed, given};
use crate::analysis::{Analysis, Command};
use crate::effect::{Effect, EffectKind, Target, Zone};
use crate::plan::Plan;
use crate::verdict::{Finding, Verdict};

/// Findings of this crate that no glance settles.
const CODES: [&str; 7] = [
    "secret-network",
    "secret-tool",
    "secret-session",
    "no-plan",
    fed::COMMANDS,
    called::OPEN,
    called::UNSEEN,
];

/// Findings that a person looks at before they answer them. A rule that names the action is somebody's word that they
/// did, so these keep no rule from letting it run.
const LOOKED_AT: [&str; 1] = [baseline::OTHER_AGENT];

/// Whether a person who is asked has to look at it first, though a rule could have let it run.
pub(super) fn has_to_be_looked_at(findings: &[Finding]) -> bool {
    let looked_at = |finding: &Finding| LOOKED_AT.contains(&finding.code.as_str());
    findings.iter().any(looked_at)
}

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

impl Analysis {
    /// Whether it has to be looked at before it is allowed, whatever else has a say.
    pub fn is_dangerous(&self) -> bool {
        self.verdict == Verdict::Deny
            || is_dangerous(
                &self.findings,
                &self.effects,
                &self.commands,
                Some(&self.plan),
            )
    }
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
        // A new file in the home folder replaces nothing; what starts or configures things there is protected.
        K::Create => unknown || !(ours || effect.zone == Zone::Home),
        K::Delete | K::Write | K::Append | K::Permission => unknown || !ours,
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
    !commands.is_empty()
        && commands.iter().all(|command| command.exact)
        && spawns.all(|spawn| spawn.assignments.is_empty())
}

/// Whether it speaks of what was done before, and not of the words that somebody wrote into a rule or a pattern: the
/// script behind the same words is another one now. Only a person who looks at it answers it.
pub fn is_never_answered_ahead(finding: &Finding) -> bool {
    finding.code == "write-run"
}

/// Whether no pattern of words answers it, however well it fits: what runs is not in the words alone, or a word stands
/// for something that another word in its place would not. One exact command can be answered ahead.
pub fn is_answered_by_no_pattern(finding: &Finding) -> bool {
    is_never_answered_ahead(finding) || finding.code == given::WORD
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Taint;

    fn analysis(effects: Vec<Effect>) -> Analysis {
        Analysis {
            verdict: Verdict::Ask,
            findings: Vec::new(),
            effects,
            commands: Vec::new(),
            plan: Plan::Direct { lists: Vec::new() },
            taint: Taint::default(),
            steps: 1,
        }
    }

    fn deletes(zone: Zone, secret: bool) -> Effect {
        Effect {
            kind: EffectKind::Delete,
            target: Target::Path("/x".into()),
            zone,
            secret,
            span: None,
            text: String::new(),
        }
    }

    #[test]
    fn what_is_the_agents_own_is_not_dangerous_and_what_is_not_is() {
        assert!(!analysis(vec![deletes(Zone::Workspace, false)]).is_dangerous());
        assert!(analysis(vec![deletes(Zone::Home, false)]).is_dangerous());
        assert!(analysis(vec![deletes(Zone::Workspace, true)]).is_dangerous());
    }

    #[test]
    fn something_new_in_the_home_folder_is_not_dangerous_and_what_replaces_something_there_is() {
        let effect = |kind| Effect {
            kind,
            ..deletes(Zone::Home, false)
        };
        assert!(!analysis(vec![effect(EffectKind::Create)]).is_dangerous());
        for kind in [
            EffectKind::Write,
            EffectKind::Append,
            EffectKind::Permission,
        ] {
            assert!(analysis(vec![effect(kind)]).is_dangerous(), "{kind:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_dangerous() {
        let unread = Analysis {
            plan: Plan::Nothing,
            ..analysis(Vec::new())
        };
        assert!(unread.is_dangerous());
    }
}
