//! What decides about a command: how strict, whether to ask, and the allow-list. Two sources have a say, the
//! configuration and the approvals document; the stricter of the two holds (docs/tools/exec-approvals.md of
//! OpenClaw, "Policy knobs").

use std::path::PathBuf;

use gatehouse_store::gateway::AllowEntry;
use serde::{Deserialize, Serialize};

/// Which commands may run at all. The order is from strict to open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    Deny,
    /// Those that the allow-list matches.
    Allowlist,
    Full,
}

/// When a person is asked. The order is from never to always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    Off,
    /// When the allow-list does not match.
    OnMiss,
    Always,
}

/// The modes that a configuration names; each stands for a pair of the two above.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExecMode {
    Deny,
    Allowlist,
    /// What Gatehouse begins with: a person decides about what no rule lets through.
    #[default]
    Ask,
    Full,
}

/// One source's wishes; what it leaves out, it leaves to the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExecWishes {
    pub mode: Option<ExecMode>,
    pub security: Option<Security>,
    pub ask: Option<Ask>,
    pub ask_fallback: Option<Security>,
}

/// What holds for one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecPolicy {
    pub security: Security,
    pub ask: Ask,
    /// What happens when a question has nobody to go to.
    pub fallback: Security,
    /// Whether somebody wrote a mode, or it is the one that Gatehouse begins with.
    pub is_written: bool,
    pub rules: Vec<AllowEntry>,
    /// What `~` in a pattern stands for.
    pub home: Option<PathBuf>,
}

impl ExecMode {
    pub fn pair(self) -> (Security, Ask) {
        match self {
            Self::Deny => (Security::Deny, Ask::Off),
            Self::Allowlist => (Security::Allowlist, Ask::Off),
            Self::Ask => (Security::Allowlist, Ask::OnMiss),
            Self::Full => (Security::Full, Ask::Off),
        }
    }
}

impl ExecWishes {
    fn names_a_mode(self) -> bool {
        self.mode.is_some() || self.security.is_some() || self.ask.is_some()
    }

    /// The wishes with the mode taken apart; where only one of the pair is named, the default mode's other.
    fn pair(self) -> (Security, Ask) {
        let (security, ask) = self.mode.unwrap_or_default().pair();
        (self.security.unwrap_or(security), self.ask.unwrap_or(ask))
    }
}

impl ExecPolicy {
    /// The configuration's wishes, made stricter by each of `others` and never more open.
    pub fn strictest(
        configured: ExecWishes,
        others: &[ExecWishes],
        rules: Vec<AllowEntry>,
        home: Option<PathBuf>,
    ) -> Self {
        let (mut security, mut ask) = configured.pair();
        let mut fallback = configured.ask_fallback;
        for wishes in others {
            security = wishes.security.map_or(security, |own| own.min(security));
            ask = wishes.ask.map_or(ask, |own| own.max(ask));
            fallback = match (fallback, wishes.ask_fallback) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        }
        Self {
            security,
            ask,
            fallback: fallback.unwrap_or(Security::Deny),
            is_written: configured.names_a_mode()
                || others.iter().any(|wishes| wishes.names_a_mode()),
            rules,
            home,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(configured: ExecWishes, others: &[ExecWishes]) -> (Security, Ask, Security) {
        let policy = ExecPolicy::strictest(configured, others, Vec::new(), None);
        (policy.security, policy.ask, policy.fallback)
    }

    #[test]
    fn nothing_said_anywhere_asks_about_what_no_rule_lets_through() {
        assert_eq!(
            policy(ExecWishes::default(), &[]),
            (Security::Allowlist, Ask::OnMiss, Security::Deny)
        );
    }

    #[test]
    fn the_document_can_tighten_and_never_loosen() {
        let full = ExecWishes {
            mode: Some(ExecMode::Full),
            ..ExecWishes::default()
        };
        let strict = ExecWishes {
            security: Some(Security::Deny),
            ask: Some(Ask::Always),
            ..ExecWishes::default()
        };
        let open = ExecWishes {
            security: Some(Security::Full),
            ask: Some(Ask::Off),
            ..ExecWishes::default()
        };
        assert_eq!(
            policy(full, &[strict]),
            (Security::Deny, Ask::Always, Security::Deny)
        );
        assert_eq!(
            policy(ExecWishes::default(), &[open]),
            (Security::Allowlist, Ask::OnMiss, Security::Deny)
        );
        assert_eq!(policy(full, &[open]).0, Security::Full);
    }
}
