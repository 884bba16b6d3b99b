//! Does a grant that was given before answer a question? An exact one by its digest; a pattern only where it, or
//! another, matches every single command of the line, each with all of its words known.

use gatehouse_policy::{Command, Reach};
use gatehouse_store::gateway::{GrantKind, GrantRecord};

use super::binding::Binding;
use super::pattern::CommandPattern;

/// The grants by which it runs: one exact, or the patterns that together match. Empty where it must be asked.
pub(super) fn answering<'a>(
    grants: &'a [GrantRecord],
    session: &str,
    binding: &Binding,
    commands: &[Command],
) -> Vec<&'a GrantRecord> {
    let here = |grant: &&GrantRecord| grant.session.as_deref().is_none_or(|own| own == session);
    let (of_session, of_agent) = (binding.session_digest(), binding.agent_digest());
    let exact = grants.iter().filter(here).find(|grant| {
        let wanted = if grant.session.is_some() {
            &of_session
        } else {
            &of_agent
        };
        grant.kind == GrantKind::Exact && grant.digest.as_ref() == Some(wanted)
    });
    if let Some(exact) = exact {
        return vec![exact];
    }
    let patterns: Vec<(&GrantRecord, CommandPattern)> = grants
        .iter()
        .filter(here)
        .filter(|grant| grant.kind == GrantKind::Pattern)
        .filter_map(|grant| Some((grant, CommandPattern::parse(&grant.text).ok()?)))
        .collect();
    by_patterns(&patterns, commands)
}

fn by_patterns<'a>(
    patterns: &[(&'a GrantRecord, CommandPattern)],
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
    use gatehouse_agent::Action;
    use gatehouse_agent::govern::Effect;
    use serde_json::json;

    use super::*;

    fn binding(session: &str) -> Binding {
        let action = Action {
            tool: "exec".to_owned(),
            arguments: json!({}),
            effect: Effect::None,
            agent_id: "main".to_owned(),
            session_key: session.to_owned(),
            run_id: "r".to_owned(),
            tool_call_id: "c".to_owned(),
            workspace: "/ws".into(),
        };
        Binding::of_action(&action, "1")
    }

    fn pattern(text: &str) -> GrantRecord {
        GrantRecord {
            id: text.to_owned(),
            kind: GrantKind::Pattern,
            text: text.to_owned(),
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

    #[test]
    fn a_pattern_answers_only_where_every_command_is_matched_and_known() {
        let grants = [pattern("git push *"), pattern("cargo test *")];
        let check = |commands: &[Command], wanted: usize| {
            let found = answering(&grants, "s", &binding("s"), commands);
            assert_eq!(found.len(), wanted, "{commands:?}");
        };
        check(&[command("git push origin", true)], 1);
        check(&[command("git push", true), command("cargo test", true)], 2);
        check(&[command("git push", true), command("rm x", true)], 0);
        check(&[command("git push …", false)], 0);
        check(&[], 0);
    }

    #[test]
    fn a_grant_of_a_session_answers_in_no_other() {
        let grant = GrantRecord {
            kind: GrantKind::Exact,
            session: Some("s".to_owned()),
            digest: Some(binding("s").session_digest()),
            ..GrantRecord::default()
        };
        let everywhere = GrantRecord {
            kind: GrantKind::Exact,
            digest: Some(binding("s").agent_digest()),
            ..GrantRecord::default()
        };
        let count = |grant: &GrantRecord, session: &str| {
            answering(std::slice::from_ref(grant), session, &binding(session), &[]).len()
        };
        assert_eq!((count(&grant, "s"), count(&grant, "t")), (1, 0));
        assert_eq!((count(&everywhere, "s"), count(&everywhere, "t")), (1, 1));
    }
}
