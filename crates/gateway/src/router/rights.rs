//! What the policy's roles let a person do: for each method its rights, asked beside the scope and before the method
//! begins. Methods about single approvals ask about each of them; who may neither is refused the whole call.

use gatehouse_audit::Draft;
use gatehouse_policy::Verdict;
use gatehouse_policy::authz::{Person, Resource, Right, Role};
use gatehouse_protocol::Scope;
use gatehouse_store::gateway::ApprovalRecord;
use serde_json::json;

use super::{Caller, Cx, MethodError};
use crate::audit::done_by;
use crate::govern::{PolicyDesk, Resolver};

/// A right that somebody does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Forbidden {
    right: Right,
    /// The policy's `@id`, where one forbids it.
    policy: Option<String>,
    why: String,
}

/// The rights that a method takes on the gateway as a whole; none where roles are not asked about it, or about each
/// approval by itself.
pub(crate) fn of_method(method: &str) -> &'static [Right] {
    use Right as R;
    match method {
        "gatehouse.policy.get"
        | "gatehouse.policy.validate"
        | "gatehouse.policy.check"
        | "exec.approvals.get" => &[R::PolicyRead],
        // Both show what was done before.
        "gatehouse.policy.simulate" => &[R::PolicyRead, R::AuditRead],
        "gatehouse.grants.preview" => &[R::GrantRead, R::AuditRead],
        "gatehouse.policy.set" | "exec.approvals.set" => &[R::PolicyChange],
        "gatehouse.grants.list" => &[R::GrantRead],
        "gatehouse.grants.revoke" => &[R::GrantRevoke],
        "gatehouse.audit.list" | "gatehouse.audit.get" | "gatehouse.audit.verify" => {
            &[R::AuditRead]
        }
        // What is dropped can be read only from an export.
        "gatehouse.audit.export" | "gatehouse.audit.seal" => &[R::AuditExport],
        "gatehouse.credentials.list" => &[R::CredentialList],
        "gatehouse.credentials.set"
        | "gatehouse.credentials.rotate"
        | "gatehouse.credentials.expire"
        | "gatehouse.credentials.delete"
        | "gatehouse.credentials.rotateMasterKey" => &[R::CredentialManage],
        _ => &[],
    }
}

/// Whether the roles give a caller a right now.
fn allowed(
    policy: &PolicyDesk,
    caller: &Caller,
    right: Right,
    resource: &Resource<'_>,
) -> Result<(), Forbidden> {
    let person = Person {
        id: caller.principal(),
        role: Role::of_scopes(caller.scopes.iter().map(Scope::as_str)),
    };
    let access = policy.in_force().authz().person(&person, right, resource);
    if access.verdict == Verdict::Allow {
        return Ok(());
    }
    // There is nobody to ask whether a person may: what asks is a no, with its reason.
    let reason = access.reasons.into_iter().next();
    let (policy, why) = reason.map_or((None, String::new()), |told| (told.policy, told.text));
    Err(Forbidden { right, policy, why })
}

/// Whether the roles let a caller see or answer the approvals of an agent.
fn of_approval(
    policy: &PolicyDesk,
    caller: &Caller,
    right: Right,
    approval: &ApprovalRecord,
) -> Result<(), Forbidden> {
    let own = caller.principal();
    let requested_by = approval.requester.as_deref();
    let resource = Resource::Approval {
        id: &approval.id,
        agent: approval.agent.as_deref().unwrap_or_default(),
        // That nobody says yes to their own question is the store's to hold; they may take it back.
        requested_by: requested_by.filter(|person| *person != own),
    };
    allowed(policy, caller, right, &resource)
}

/// Whether a caller may see an approval: one of their own always.
pub(crate) fn may_see(policy: &PolicyDesk, caller: &Caller, approval: &ApprovalRecord) -> bool {
    approval.requester.as_deref() == Some(&caller.principal())
        || of_approval(policy, caller, Right::ApprovalRead, approval).is_ok()
}

/// As [`of_approval`], for whatever an agent will ask.
pub(crate) fn of_agent(policy: &PolicyDesk, caller: &Caller, right: Right, agent: &str) -> bool {
    let resource = Resource::Approval {
        id: "",
        agent,
        requested_by: None,
    };
    allowed(policy, caller, right, &resource).is_ok()
}

impl Cx {
    /// Asks the roles about a method; who may not is recorded.
    pub(super) fn permitted(&self, method: &str) -> Result<(), Forbidden> {
        let mut rights = of_method(method).iter();
        let (policy, caller) = (&self.app.policy, &self.caller);
        rights.try_for_each(|right| allowed(policy, caller, *right, &Resource::Gateway))
    }

    /// How an answer to this approval names who gave it, if they may give one.
    pub(crate) async fn decider(&self, id: &str) -> Result<Resolver, MethodError> {
        let record = self.app.store.approval(id).await?;
        if let Some(record) = record {
            self.about_approval(Right::ApprovalDecide, &record).await?;
        }
        Ok(self.caller.resolver())
    }

    /// Whether the caller may see an approval: one of their own always.
    pub(crate) async fn may_see(&self, record: &ApprovalRecord) -> Result<(), MethodError> {
        if record.requester.as_deref() == Some(&self.caller.principal()) {
            return Ok(());
        }
        self.about_approval(Right::ApprovalRead, record).await
    }

    /// What of these the caller may see. Who may see none of any kind is told so, instead of that there is none.
    pub(crate) async fn seen(
        &self,
        mut records: Vec<ApprovalRecord>,
    ) -> Result<Vec<ApprovalRecord>, MethodError> {
        let (policy, caller) = (&self.app.policy, &self.caller);
        records.retain(|record| may_see(policy, caller, record));
        let agents = self.app.agents.list().await?;
        let mut of = agents
            .iter()
            .map(|agent| of_agent(policy, caller, Right::ApprovalRead, &agent.id));
        if records.is_empty() && !of.any(|may| may) {
            let any = ApprovalRecord::default();
            self.about_approval(Right::ApprovalRead, &any).await?;
        }
        Ok(records)
    }

    async fn about_approval(
        &self,
        right: Right,
        record: &ApprovalRecord,
    ) -> Result<(), MethodError> {
        let asked = of_approval(&self.app.policy, &self.caller, right, record);
        match asked {
            Ok(()) => Ok(()),
            Err(forbidden) => Err(self.refused(forbidden, Some(&record.id)).await),
        }
    }

    /// Records that somebody was refused, and says it to them.
    pub(super) async fn refused(&self, forbidden: Forbidden, about: Option<&str>) -> MethodError {
        let right = forbidden.right.as_str();
        let draft = Draft {
            resource: about.filter(|id| !id.is_empty()).map(str::to_owned),
            policy_version: Some(self.app.policy.in_force().version().to_owned()),
            detail: Some(json!({
                "right": right, "policy": forbidden.policy, "client": self.caller.label(),
                "address": self.caller.address.to_string(),
            })),
            ..done_by(
                &self.caller,
                "access.refused",
                format!("{right} was refused: {}", forbidden.why),
            )
        };
        if let Err(error) = self.app.refusals.note(draft).await {
            // It is refused all the same.
            tracing::error!(%error, right, "a refusal could not be recorded");
        }
        forbidden.into()
    }
}

impl From<Forbidden> for MethodError {
    fn from(forbidden: Forbidden) -> Self {
        let Forbidden { right, policy, why } = forbidden;
        Self::forbidden(format!("the policy's roles do not allow it: {why}")).with_details(json!({
            "reason": "ROLE_FORBIDS", "right": right.as_str(), "policy": policy,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Those that ask about each approval, or about nobody's right but that of the scope.
    const ASKED_ELSEWHERE: &[&str] = &[
        "gatehouse.approvals.get",
        "gatehouse.approvals.resolve",
        "gatehouse.approvals.resolveBatch",
        "gatehouse.approvals.revoke",
        "gatehouse.sessions.spawn",
        "gatehouse.undo.list",
        "gatehouse.undo.restore",
    ];

    #[test]
    fn each_method_of_our_own_that_governs_has_its_right() {
        let table = crate::methods::table();
        let own = table.names().filter(|name| name.starts_with("gatehouse."));
        let asked = |name: &&str| !of_method(name).is_empty() || ASKED_ELSEWHERE.contains(name);
        let open: Vec<_> = own.filter(|name| !asked(name)).collect();
        assert_eq!(open, Vec::<&str>::new());
    }
}
