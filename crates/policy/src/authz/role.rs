//! Roles. People have them by the scopes that their connection holds, agents by their configuration.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use specta::Type;

/// What somebody is. Each includes those before it, but for `Release`, which adds what reaches other people to
/// `Operator`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Looks and changes nothing.
    Observer,
    /// Works in a workspace.
    Developer,
    /// Answers questions and looks after sessions.
    Operator,
    /// Answers for what cannot be taken back: publications, deployments.
    Release,
    /// Decides who may do what.
    Admin,
}

impl Role {
    pub const ALL: [Self; 5] = [
        Self::Observer,
        Self::Developer,
        Self::Operator,
        Self::Release,
        Self::Admin,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Observer => "observer",
            Self::Developer => "developer",
            Self::Operator => "operator",
            Self::Release => "release",
            Self::Admin => "admin",
        }
    }

    /// The role whose rights this one has as well.
    pub(crate) fn includes(self) -> Option<Self> {
        match self {
            Self::Observer => None,
            Self::Developer => Some(Self::Observer),
            Self::Operator => Some(Self::Developer),
            Self::Release => Some(Self::Operator),
            Self::Admin => Some(Self::Release),
        }
    }

    /// The role of a person by the operator scopes of their connection; none where the scopes give nothing here.
    /// Admin is above all; who may answer is an operator, and one who may also write answers for releases.
    pub fn of_scopes<'a>(scopes: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let scopes: BTreeSet<&str> = scopes.into_iter().collect();
        let has = |scope: &str| scopes.contains(scope);
        match () {
            () if has("operator.admin") => Some(Self::Admin),
            () if has("operator.approvals") && has("operator.write") => Some(Self::Release),
            () if has("operator.approvals") => Some(Self::Operator),
            () if has("operator.write") => Some(Self::Developer),
            () if has("operator.read") => Some(Self::Observer),
            () => None,
        }
    }
}

/// One thing that an agent may be trusted with. An agent has those that it needs and no more.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type,
)]
#[serde(rename_all = "lowercase")]
pub enum AgentScope {
    /// Reading files.
    Read,
    /// Changing files.
    Write,
    /// Starting processes.
    Exec,
    /// Reaching other machines.
    Network,
    /// Other sessions than its own.
    Sessions,
    /// Tools of other servers.
    Tools,
    /// Credentials by reference.
    Credentials,
}

impl AgentScope {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Exec => "exec",
            Self::Network => "network",
            Self::Sessions => "sessions",
            Self::Tools => "tools",
            Self::Credentials => "credentials",
        }
    }
}

/// What an agent is trusted with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AgentRights {
    pub role: Role,
    pub scopes: BTreeSet<AgentScope>,
}

impl Default for AgentRights {
    /// A developer in its own workspace: every scope that its tools need, and no credentials but those that are
    /// bound to the tool or the host that they go to.
    fn default() -> Self {
        use AgentScope as S;
        Self {
            role: Role::Developer,
            scopes: [
                S::Read,
                S::Write,
                S::Exec,
                S::Network,
                S::Sessions,
                S::Tools,
                S::Credentials,
            ]
            .into(),
        }
    }
}

impl AgentRights {
    /// Looks and changes nothing.
    pub fn observer() -> Self {
        Self {
            role: Role::Observer,
            scopes: [AgentScope::Read].into(),
        }
    }
}

/// A person, as far as a connection says who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// A device, an account: what records name.
    pub id: String,
    /// None: no rights at all.
    pub role: Option<Role>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operator_scopes_become_roles() {
        for (scopes, role) in [
            (vec!["operator.read"], Some(Role::Observer)),
            (
                vec!["operator.read", "operator.write"],
                Some(Role::Developer),
            ),
            (vec!["operator.approvals"], Some(Role::Operator)),
            (
                vec!["operator.write", "operator.approvals"],
                Some(Role::Release),
            ),
            (vec!["operator.admin"], Some(Role::Admin)),
            (vec!["operator.talk"], None),
            (vec!["gateway.admin", "admin"], None),
            (vec![], None),
        ] {
            assert_eq!(Role::of_scopes(scopes.iter().copied()), role, "{scopes:?}");
        }
    }
}
