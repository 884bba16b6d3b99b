//! What a connection's scopes do not let it decide, known before anything is sent.
//!
//! The gateway has the last word and checks again. This is so that a person is told why, and how to mend it, before
//! they press and not after.

use gatehouse_protocol::methods as m;
use gatehouse_protocol::{Method, MethodScope, Scope};

use crate::inbox::Request;
use crate::view::{BarredDecision, Decision, ItemKind};

/// Each offered decision that lacks a scope, with the first one that it lacks.
pub(crate) fn barred(granted: &[Scope], request: &Request) -> Vec<BarredDecision> {
    // A gateway that names no scopes checks by itself.
    if granted.is_empty() {
        return Vec::new();
    }
    let offered = request.content.offered.iter();
    let barred = offered.filter_map(|decision| {
        lacking(granted, request, *decision).map(|scope| BarredDecision {
            decision: *decision,
            scope,
        })
    });
    barred.collect()
}

fn lacking(granted: &[Scope], request: &Request, decision: Decision) -> Option<String> {
    let needed = scope_of(request.kind);
    if !needed.allowed_by(granted) {
        return Some(needed.as_str().to_owned());
    }
    if decision != Decision::Approve || granted.contains(&Scope::Admin) {
        return None;
    }
    let taken = request.content.approving_takes.iter();
    let mut missing = taken.filter(|scope| !granted.contains(&Scope::from(scope.as_str())));
    missing
        .next()
        .map(|scope| crate::untrusted::one_line(scope, 80))
}

/// The scope of the method that decides on a kind.
fn scope_of(kind: ItemKind) -> MethodScope {
    match kind {
        ItemKind::Exec => m::ExecApprovalResolve::SCOPE,
        ItemKind::Plugin => m::PluginApprovalResolve::SCOPE,
        ItemKind::System => m::ApprovalResolve::SCOPE,
        ItemKind::Question => m::QuestionResolve::SCOPE,
        ItemKind::DevicePairing => m::DevicePairApprove::SCOPE,
        ItemKind::NodePairing => m::NodePairApprove::SCOPE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbox::Content;

    fn request(kind: ItemKind, takes: &[&str]) -> Request {
        let offered = match kind {
            ItemKind::Exec => vec![Decision::AllowOnce, Decision::Deny],
            _ => vec![Decision::Approve, Decision::Reject],
        };
        let content = Content {
            offered,
            approving_takes: takes.iter().map(|s| (*s).to_owned()).collect(),
            ..Content::default()
        };
        Request {
            kind,
            id: "a".into(),
            created_at: 0,
            expires_at: None,
            content,
        }
    }

    fn check(granted: &[Scope], request: &Request, expected: &[(Decision, &str)]) {
        let found = barred(granted, request);
        let found: Vec<_> = found
            .iter()
            .map(|b| (b.decision, b.scope.as_str()))
            .collect();
        assert_eq!(found, expected, "{granted:?} on {:?}", request.kind);
    }

    #[test]
    fn a_connection_without_the_approvals_scope_may_neither_allow_nor_deny() {
        let exec = request(ItemKind::Exec, &[]);
        let lacks = "operator.approvals";
        let both = [(Decision::AllowOnce, lacks), (Decision::Deny, lacks)];
        check(&[Scope::Read, Scope::Write], &exec, &both);
        check(&[Scope::Approvals], &exec, &[]);
        check(&[Scope::Admin], &exec, &[]);
    }

    #[test]
    fn a_gateway_that_names_no_scopes_is_left_to_check_by_itself() {
        check(&[], &request(ItemKind::Exec, &[]), &[]);
    }

    #[test]
    fn a_question_takes_its_own_scope() {
        let question = request(ItemKind::Question, &[]);
        let lacks = "operator.questions";
        let both = [(Decision::Approve, lacks), (Decision::Reject, lacks)];
        check(&[Scope::Approvals], &question, &both);
    }

    #[test]
    fn a_pairing_that_hands_on_more_than_one_has_can_only_be_rejected() {
        let device = request(
            ItemKind::DevicePairing,
            &["operator.read", "operator.admin"],
        );
        let granted = [Scope::Pairing, Scope::Read];
        check(&granted, &device, &[(Decision::Approve, "operator.admin")]);
        check(&[Scope::Admin], &device, &[]);
    }
}
