//! What may be allowed or forbidden, and on what.

use crate::effect::{EffectKind, Zone};

/// An action in Cedar: `Action::"tool.call"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    ToolCall,
    PathRead,
    PathWrite,
    PathDelete,
    HostConnect,
    CredentialUse,
    CredentialList,
    CredentialManage,
    SessionRead,
    SessionWrite,
    SessionCreate,
    ApprovalRead,
    ApprovalDecide,
    GrantRead,
    GrantRevoke,
    PolicyRead,
    PolicyChange,
    AuditRead,
    AuditExport,
}

impl Right {
    pub const ALL: [Self; 19] = [
        Self::ToolCall,
        Self::PathRead,
        Self::PathWrite,
        Self::PathDelete,
        Self::HostConnect,
        Self::CredentialUse,
        Self::CredentialList,
        Self::CredentialManage,
        Self::SessionRead,
        Self::SessionWrite,
        Self::SessionCreate,
        Self::ApprovalRead,
        Self::ApprovalDecide,
        Self::GrantRead,
        Self::GrantRevoke,
        Self::PolicyRead,
        Self::PolicyChange,
        Self::AuditRead,
        Self::AuditExport,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::ToolCall => "tool.call",
            Self::PathRead => "path.read",
            Self::PathWrite => "path.write",
            Self::PathDelete => "path.delete",
            Self::HostConnect => "host.connect",
            Self::CredentialUse => "credential.use",
            Self::CredentialList => "credential.list",
            Self::CredentialManage => "credential.manage",
            Self::SessionRead => "session.read",
            Self::SessionWrite => "session.write",
            Self::SessionCreate => "session.create",
            Self::ApprovalRead => "approval.read",
            Self::ApprovalDecide => "approval.decide",
            Self::GrantRead => "grant.read",
            Self::GrantRevoke => "grant.revoke",
            Self::PolicyRead => "policy.read",
            Self::PolicyChange => "policy.change",
            Self::AuditRead => "audit.read",
            Self::AuditExport => "audit.export",
        }
    }

    /// What no agent ever holds, whatever the policies say: the decision over agents.
    pub fn is_for_people_only(self) -> bool {
        match self {
            Self::ApprovalRead
            | Self::ApprovalDecide
            | Self::GrantRead
            | Self::GrantRevoke
            | Self::PolicyRead
            | Self::PolicyChange
            | Self::AuditRead
            | Self::AuditExport
            | Self::CredentialList
            | Self::CredentialManage => true,
            Self::ToolCall
            | Self::PathRead
            | Self::PathWrite
            | Self::PathDelete
            | Self::HostConnect
            | Self::CredentialUse
            | Self::SessionRead
            | Self::SessionWrite
            | Self::SessionCreate => false,
        }
    }

    /// The right that an effect on a path takes; none where it is on no path.
    pub(crate) fn of_effect(kind: EffectKind) -> Option<Self> {
        use EffectKind as K;
        match kind {
            K::Read | K::List => Some(Self::PathRead),
            K::Write | K::Append | K::Create | K::Permission => Some(Self::PathWrite),
            K::Delete => Some(Self::PathDelete),
            K::Network => Some(Self::HostConnect),
            K::Execute | K::System | K::Signal | K::Privilege | K::Remote | K::Environment => None,
        }
    }
}

/// What a right is asked for on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Resource<'a> {
    Tool {
        name: &'a str,
        /// Whose tool it is, where it is not one of the gateway's own.
        server: Option<&'a str>,
        reads_only: bool,
        /// Whether it starts processes.
        runs: bool,
    },
    Path {
        /// Empty where it is not known before it runs.
        path: &'a str,
        zone: Zone,
        secret: bool,
        /// Whether it is everything that lies in it.
        below: bool,
        /// The workspace that it lies in, where it does.
        workspace: Option<&'a str>,
    },
    Host {
        /// Empty where it is not known before it runs.
        name: &'a str,
    },
    Credential {
        name: &'a str,
        kind: &'a str,
        /// Whether it goes only where it is bound to.
        bound: bool,
    },
    Session {
        key: &'a str,
        /// The agent that it belongs to.
        agent: &'a str,
    },
    Approval {
        id: &'a str,
        agent: &'a str,
        /// Who asked, where it was a person; nobody answers their own question.
        requested_by: Option<&'a str>,
    },
    /// The gateway itself: its policy, its records, its credentials as a whole.
    Gateway,
}
