//! What the exec modes and the allow-list say of an action: may it happen, must a person be asked, or not? Pure: what
//! is known of the world is in the modes that are passed in.

pub(in crate::govern) mod allow_list;
pub(in crate::govern) mod document;
pub(in crate::govern) mod exec_policy;

use std::path::Path;

use gatehouse_agent::Action;
use gatehouse_agent::govern::{Effect, ExecEffect, FileEffect};

use exec_policy::{Ask, ExecPolicy, Security};

/// The answer to an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    Allow {
        /// The entry of the allow-list that let it through.
        rule: Option<String>,
    },
    Ask {
        /// Whether the answer may be "always": only for what an exact entry can be made of.
        may_be_always: bool,
    },
    /// The mode asks nobody; an entry of the allow-list shows a grant, which decides.
    ByGrant,
    /// The reason goes to the model and into the record.
    Deny { reason: String },
}

/// Judges an action.
pub fn govern(action: &Action, policy: &ExecPolicy) -> Judgement {
    match &action.effect {
        Effect::Exec(exec) => judge_exec(exec, policy),
        Effect::Files { paths } => judge_files(paths, &action.workspace),
        // A program that was started before, or by another session, runs what is typed into it.
        Effect::Process { input: Some(_), .. } if policy.security == Security::Deny => {
            deny("nothing may be typed into a program here (exec mode deny)")
        }
        // The tools themselves refuse private addresses and what is not the session's to reach.
        Effect::Fetch { .. } | Effect::Process { .. } | Effect::Session { .. } | Effect::None => {
            Judgement::Allow { rule: None }
        }
    }
}

/// What happens to an action that should be asked about when nobody can be asked.
pub(super) fn without_anyone(action: &Action, policy: &ExecPolicy) -> Judgement {
    let denied = || {
        deny(
            "it needs an approval, and nobody who could give one is connected: that takes a client \
             with the capability `approvals`",
        )
    };
    let Effect::Exec(exec) = &action.effect else {
        return denied();
    };
    match policy.fallback {
        Security::Deny => denied(),
        Security::Full if policy.security == Security::Full => Judgement::Allow { rule: None },
        Security::Full | Security::Allowlist => match rule_for(exec, policy) {
            Some(rule) => Judgement::Allow { rule: Some(rule) },
            None => denied(),
        },
    }
}

fn judge_exec(exec: &ExecEffect, policy: &ExecPolicy) -> Judgement {
    let ask = || Judgement::Ask {
        may_be_always: policy.ask != Ask::Always && allow_list::exact(exec).is_some(),
    };
    match (policy.security, policy.ask) {
        (Security::Deny, _) => deny("commands are not allowed here (exec mode deny)"),
        (_, Ask::Always) => ask(),
        (Security::Full, _) => Judgement::Allow { rule: None },
        (Security::Allowlist, asking) => match rule_for(exec, policy) {
            Some(rule) => Judgement::Allow { rule: Some(rule) },
            None if asking == Ask::OnMiss => ask(),
            None if allow_list::shows_grant(&policy.rules, exec, policy.home.as_deref()) => {
                Judgement::ByGrant
            }
            None => deny("the command is not on the allow-list (exec mode allowlist)"),
        },
    }
}

fn rule_for(exec: &ExecEffect, policy: &ExecPolicy) -> Option<String> {
    let rule = allow_list::matching(&policy.rules, exec, policy.home.as_deref())?;
    Some(rule.id.clone())
}

/// Files are the workspace's; links are resolved already.
fn judge_files(paths: &[FileEffect], workspace: &Path) -> Judgement {
    match paths.iter().find(|file| !file.path.starts_with(workspace)) {
        Some(outside) => deny(&format!(
            "{} is outside of the workspace",
            outside.path.display()
        )),
        None => Judgement::Allow { rule: None },
    }
}

fn deny(reason: &str) -> Judgement {
    Judgement::Deny {
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use gatehouse_agent::govern::{FileAccess, ProcessInput};
    use gatehouse_store::gateway::AllowEntry;
    use serde_json::json;

    use super::*;
    use exec_policy::{ExecMode, ExecWishes};

    fn action(effect: Effect) -> Action {
        Action {
            tool: "tool".to_owned(),
            arguments: json!({}),
            effect,
            agent_id: "main".to_owned(),
            session_key: "agent:main:main".to_owned(),
            run_id: "r".to_owned(),
            tool_call_id: "c".to_owned(),
            workspace: "/ws".into(),
            told_by: Vec::new(),
        }
    }

    fn command(text: &str, program: Option<&str>) -> Action {
        action(Effect::Exec(ExecEffect {
            command: text.to_owned(),
            argv: vec!["/bin/sh".into(), "-c".into(), text.to_owned()],
            executable: "/bin/sh".into(),
            program: program.map(Into::into),
            cwd: "/ws".into(),
            env_names: Vec::new(),
            env_digest: String::new(),
            pty: false,
            background: false,
        }))
    }

    fn policy(security: Security, ask: Ask) -> ExecPolicy {
        ExecPolicy {
            security,
            ask,
            fallback: Security::Deny,
            is_written: true,
            rules: vec![AllowEntry {
                id: "ls".to_owned(),
                pattern: "ls".to_owned(),
                ..AllowEntry::default()
            }],
            home: None,
        }
    }

    /// What becomes of a command on the list and of one that is not.
    fn words(security: Security, ask: Ask) -> [&'static str; 2] {
        let word = |action: &Action| match govern(action, &policy(security, ask)) {
            Judgement::Allow { .. } => "allow",
            Judgement::Ask { .. } => "ask",
            Judgement::ByGrant => "by grant",
            Judgement::Deny { .. } => "deny",
        };
        [
            word(&command("ls -l", Some("/bin/ls"))),
            word(&command("rm -r .", Some("/bin/rm"))),
        ]
    }

    #[test]
    fn each_mode_does_what_the_documentation_says() {
        for (security, ask, wanted) in [
            (Security::Deny, Ask::Off, ["deny", "deny"]),
            (Security::Deny, Ask::Always, ["deny", "deny"]),
            (Security::Allowlist, Ask::Off, ["allow", "deny"]),
            (Security::Allowlist, Ask::OnMiss, ["allow", "ask"]),
            (Security::Allowlist, Ask::Always, ["ask", "ask"]),
            (Security::Full, Ask::Off, ["allow", "allow"]),
            (Security::Full, Ask::OnMiss, ["allow", "allow"]),
            (Security::Full, Ask::Always, ["ask", "ask"]),
        ] {
            assert_eq!(words(security, ask), wanted, "{security:?} {ask:?}");
        }
        let (security, ask) = ExecMode::default().pair();
        assert_eq!(words(security, ask), ["allow", "ask"], "the default");
        assert_eq!(ExecWishes::default().mode, None);
    }

    #[test]
    fn where_no_command_runs_nothing_is_typed_into_one_either() {
        let typed = |input| {
            action(Effect::Process {
                action: "submit".to_owned(),
                session: "p".to_owned(),
                of: Some("agent:main:other".to_owned()),
                input,
            })
        };
        let input = ProcessInput {
            command: "bash".to_owned(),
            cwd: "/ws".into(),
            data: "date\n".to_owned(),
        };
        let may = |action: &Action, security| {
            let judged = govern(action, &policy(security, Ask::Off));
            matches!(judged, Judgement::Allow { .. })
        };
        assert!(!may(&typed(Some(input.clone())), Security::Deny));
        assert!(may(&typed(Some(input)), Security::Full));
        assert!(may(&typed(None), Security::Deny), "to look and to end it");
    }

    #[test]
    fn always_is_offered_only_for_what_can_be_told_exactly() {
        let asked = |action: &Action, ask| govern(action, &policy(Security::Allowlist, ask));
        let plain = command("touch a", Some("/bin/touch"));
        let shell = command("touch a && touch b", None);
        let offered = |may_be_always| Judgement::Ask { may_be_always };
        assert_eq!(asked(&plain, Ask::OnMiss), offered(true));
        assert_eq!(asked(&shell, Ask::OnMiss), offered(false));
        assert_eq!(asked(&plain, Ask::Always), offered(false));
    }

    #[test]
    fn with_nobody_to_ask_it_is_denied_unless_the_fallback_says_otherwise() {
        let allowed = |policy: &ExecPolicy, action: &Action| {
            matches!(without_anyone(action, policy), Judgement::Allow { .. })
        };
        let listed = command("ls", Some("/bin/ls"));
        let other = command("rm x", Some("/bin/rm"));
        for (security, fallback, wanted) in [
            (Security::Full, Security::Deny, [false, false]),
            (Security::Full, Security::Allowlist, [true, false]),
            (Security::Full, Security::Full, [true, true]),
            (Security::Allowlist, Security::Full, [true, false]),
        ] {
            let policy = ExecPolicy {
                fallback,
                ..policy(security, Ask::Always)
            };
            let got = [allowed(&policy, &listed), allowed(&policy, &other)];
            assert_eq!(got, wanted, "{security:?}, {fallback:?}");
        }
    }

    #[test]
    fn a_file_outside_of_the_workspace_is_denied() {
        let files = |path: &str| {
            action(Effect::Files {
                paths: vec![FileEffect {
                    access: FileAccess::Read,
                    path: path.into(),
                }],
            })
        };
        let policy = policy(Security::Full, Ask::Off);
        let inside = govern(&files("/ws/a/b"), &policy);
        assert_eq!(inside, Judgement::Allow { rule: None });
        for outside in ["/etc/passwd", "/ws2/a", "/"] {
            let judged = govern(&files(outside), &policy);
            assert!(matches!(judged, Judgement::Deny { .. }), "{outside}");
        }
    }
}
