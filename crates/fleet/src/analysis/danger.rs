//! Whether a command has to be looked at before it is allowed: the level that policy calls dangerous.

use gatehouse_policy::{Analysis, Effect, EffectKind, Plan, Target, Verdict, Zone};

/// Findings that no glance settles, whatever their verdict.
const CODES: [&str; 4] = ["secret-network", "secret-tool", "secret-session", "no-plan"];

pub(super) fn is_dangerous(analysis: &Analysis) -> bool {
    let grave = analysis
        .findings
        .iter()
        .any(|finding| finding.verdict == Verdict::Deny || CODES.contains(&finding.code.as_str()));
    let unknown = analysis.commands.iter().any(|command| {
        let program = command.argv.first();
        !command.exact && program.is_none_or(|program| program.contains('…'))
    });
    grave
        || unknown
        || analysis.verdict == Verdict::Deny
        || analysis.plan == Plan::Nothing
        || analysis.effects.iter().any(effect)
}

fn effect(effect: &Effect) -> bool {
    use EffectKind as Kind;
    if effect.secret {
        return true;
    }
    let unknown = effect.target == Target::Unknown;
    let ours = matches!(effect.zone, Zone::Workspace | Zone::Tmp);
    match effect.kind {
        Kind::Privilege | Kind::Remote => true,
        Kind::Delete | Kind::Write | Kind::Append | Kind::Create | Kind::Permission => {
            unknown || !ours
        }
        Kind::Execute | Kind::Signal => unknown,
        Kind::Read | Kind::List | Kind::Network | Kind::System | Kind::Environment => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatehouse_policy::Taint;

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
        assert!(!is_dangerous(&analysis(vec![deletes(
            Zone::Workspace,
            false
        )])));
        assert!(is_dangerous(&analysis(vec![deletes(Zone::Home, false)])));
        assert!(is_dangerous(&analysis(vec![deletes(
            Zone::Workspace,
            true
        )])));
    }

    #[test]
    fn what_cannot_be_read_is_dangerous() {
        let unread = Analysis {
            plan: Plan::Nothing,
            ..analysis(Vec::new())
        };
        assert!(is_dangerous(&unread));
    }
}
