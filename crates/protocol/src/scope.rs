//! Roles and scopes: what a connection may do. Source: "Roles and scopes" of the gateway protocol's
//! handshake page, and the scope that `protocol.schema.json` publishes for every method.

use crate::lenient::open_enum;

open_enum! {
    /// What a connection is for.
    pub enum Role {
        /// A person's client: this application.
        Operator = "operator",
        /// A machine that offers capabilities.
        Node = "node",
        /// A cloud execution host.
        Worker = "worker",
    }

    /// What an operator connection is allowed to do. Protocol 3 knows all but `Questions` and `Talk`.
    pub enum Scope {
        Read = "operator.read",
        Write = "operator.write",
        Admin = "operator.admin",
        Approvals = "operator.approvals",
        Questions = "operator.questions",
        Pairing = "operator.pairing",
        Talk = "operator.talk",
        TalkSecrets = "operator.talk.secrets",
    }
}

/// The scope that a method asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MethodScope {
    Read,
    Write,
    Admin,
    Approvals,
    Questions,
    Pairing,
    /// Depends on the parameters; the gateway decides.
    Dynamic,
}

impl MethodScope {
    /// The name that the published schema uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "operator.read",
            Self::Write => "operator.write",
            Self::Admin => "operator.admin",
            Self::Approvals => "operator.approvals",
            Self::Questions => "operator.questions",
            Self::Pairing => "operator.pairing",
            Self::Dynamic => "dynamic",
        }
    }

    /// Whether a connection with these scopes may call it. `operator.admin` satisfies every scope and
    /// `operator.write` satisfies read, as the gateway's own check has it.
    pub fn allowed_by(self, granted: &[Scope]) -> bool {
        let has = |scope: &Scope| granted.contains(scope);
        if has(&Scope::Admin) {
            return true;
        }
        match self {
            Self::Dynamic => true,
            Self::Admin => false,
            Self::Read => has(&Scope::Read) || has(&Scope::Write),
            Self::Write => has(&Scope::Write),
            Self::Approvals => has(&Scope::Approvals),
            Self::Questions => has(&Scope::Questions),
            Self::Pairing => has(&Scope::Pairing),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn write_includes_read_and_admin_includes_all() {
        assert!(MethodScope::Read.allowed_by(&[Scope::Write]));
        assert!(!MethodScope::Write.allowed_by(&[Scope::Read]));
        assert!(MethodScope::Approvals.allowed_by(&[Scope::Admin]));
        assert!(!MethodScope::Approvals.allowed_by(&[Scope::Read, Scope::Write]));
    }

    #[test]
    fn an_unknown_scope_is_kept() {
        assert_eq!(Scope::from("operator.future").as_str(), "operator.future");
    }
}
