//! Asking one gateway about things that wait: what there is, what was recorded, and to record a decision.
//!
//! Newer gateways answer for all kinds with one method that returns their record; older ones only acknowledge, and
//! know nothing of what has ended. Everything goes over the connection that the inbox named, and no other.

use std::collections::BTreeMap;
use std::sync::Arc;

use gatehouse_client::{Connection, Generation, RequestError};
use gatehouse_protocol::methods as m;
use gatehouse_protocol::model::approval::Verdict;
use gatehouse_protocol::{GatewayError, HelloOk, Listed, Method, NoParams, own};
use serde_json::{Value, json};

use crate::error::request_code;
use crate::inbox::{ALREADY_DECIDED, MAX_ID, NOT_RECORDED, wire};
use crate::inbox::{ReadBackAnswer, Request, Resolve, ResolveAnswer, Trouble};
use crate::view::{DecideTerms, Decision, ItemKind, Lasting};

/// One connection of one gateway, with what was agreed on it.
#[derive(Clone)]
pub(crate) struct Asker {
    pub(crate) connection: Connection,
    pub(crate) generation: Generation,
    pub(crate) hello: Arc<HelloOk>,
    /// This app's id at the gateway.
    pub(crate) device: Option<String>,
}

/// The kinds that a gateway has and that we may list there.
pub(crate) fn listable(hello: &HelloOk) -> Vec<ItemKind> {
    crate::inbox::KINDS
        .into_iter()
        .filter(|kind| match kind {
            ItemKind::Exec => has::<m::ExecApprovalList>(hello),
            ItemKind::Plugin => has::<m::PluginApprovalList>(hello),
            ItemKind::System => has::<m::SystemApprovalList>(hello),
            ItemKind::Question => has::<m::QuestionsList>(hello),
            ItemKind::DevicePairing => has::<m::DevicePairsList>(hello),
            ItemKind::NodePairing => has::<m::NodePairsList>(hello),
        })
        .collect()
}

fn has<M: Method>(hello: &HelloOk) -> bool {
    hello.offers::<M>() && hello.allows::<M>()
}

/// What a gateway listed of a kind.
pub(crate) struct Waiting {
    pub(crate) requests: Vec<Request>,
    /// Entries without as much as an id: there is nothing to show of them, nor to decide on.
    pub(crate) unreadable: u32,
}

impl Asker {
    /// Everything of a kind that waits.
    pub(crate) async fn list(&self, kind: ItemKind) -> Result<Waiting, Trouble> {
        match kind {
            ItemKind::Exec => {
                self.read::<m::ExecApprovalList, _>(|l| all(l, wire::exec))
                    .await
            }
            ItemKind::Plugin => {
                self.read::<m::PluginApprovalList, _>(|l| all(l, wire::plugin))
                    .await
            }
            ItemKind::System => {
                self.read::<m::SystemApprovalList, _>(|l| all(l, wire::system))
                    .await
            }
            ItemKind::Question => {
                self.read::<m::QuestionsList, _>(|l| all(l.questions, wire::question))
                    .await
            }
            ItemKind::DevicePairing => {
                self.read::<m::DevicePairsList, _>(|l| all(l.pending, wire::device))
                    .await
            }
            ItemKind::NodePairing => {
                self.read::<m::NodePairsList, _>(|l| all(l.pending, wire::node))
                    .await
            }
        }
    }

    async fn read<M: Method<Params = NoParams>, T>(
        &self,
        shape: impl FnOnce(M::Output) -> T,
    ) -> Result<T, Trouble> {
        let answer = self
            .connection
            .request_on::<M>(self.generation, NoParams {})
            .await;
        answer.map(shape).map_err(|error| trouble(&error))
    }

    /// The gateway's record of one item.
    pub(crate) async fn read_back(&self, kind: ItemKind, id: &str) -> ReadBackAnswer {
        let params = m::ApprovalIdParams { id: id.to_owned() };
        let is_approval = matches!(kind, ItemKind::Exec | ItemKind::Plugin | ItemKind::System);
        if is_approval && has::<m::ApprovalGet>(&self.hello) {
            let found = self
                .connection
                .request_on::<m::ApprovalGet>(self.generation, params)
                .await;
            return match found {
                Ok(found) => wire::recorded(&found.approval, self.device.as_deref()),
                Err(error) => absent_or_failed(&error),
            };
        }
        if kind == ItemKind::Exec && has::<m::ExecApprovalGet>(&self.hello) {
            let found = self
                .connection
                .request_on::<m::ExecApprovalGet>(self.generation, params)
                .await;
            return match found {
                Ok(_) => ReadBackAnswer::Pending,
                Err(error) => absent_or_failed(&error),
            };
        }
        if kind == ItemKind::Question && has::<m::QuestionGet>(&self.hello) {
            let params = m::QuestionIdParams { id: id.to_owned() };
            let found = self
                .connection
                .request_on::<m::QuestionGet>(self.generation, params)
                .await;
            return match found {
                Ok(found) => wire::question_recorded(&found.question),
                Err(error) => absent_or_failed(&error),
            };
        }
        if !listable(&self.hello).contains(&kind) {
            return ReadBackAnswer::Unknown;
        }
        match self.list(kind).await {
            Ok(listed) if listed.requests.iter().any(|r| r.id == id) => ReadBackAnswer::Pending,
            Ok(_) => ReadBackAnswer::Unknown,
            Err(_) => ReadBackAnswer::Failed,
        }
    }

    /// Sends a decision, once.
    pub(crate) async fn resolve(
        &self,
        resolve: &Resolve,
        kind: ItemKind,
        id: &str,
    ) -> ResolveAnswer {
        let id = id.to_owned();
        if let Some(terms) = &resolve.terms {
            return self.choose(resolve.decision, terms, id).await;
        }
        let sent = match (kind, wire::verdict(resolve.decision)) {
            (ItemKind::Exec | ItemKind::Plugin | ItemKind::System, Some(decision)) => {
                self.resolve_approval(kind, id, decision).await
            }
            (ItemKind::Question, None) => self.resolve_question(resolve, id).await,
            (ItemKind::DevicePairing | ItemKind::NodePairing, None) => {
                self.resolve_pairing(kind, resolve.decision, id).await
            }
            // The reducer offers each kind its own decisions only.
            _ => return ResolveAnswer::Failed(Trouble::new("notOffered")),
        };
        match sent {
            Ok(answer) => answer,
            Err(RequestError::Disconnected | RequestError::Stale) => ResolveAnswer::Disconnected,
            Err(error) => ResolveAnswer::Failed(trouble(&error)),
        }
    }

    async fn resolve_approval(
        &self,
        kind: ItemKind,
        id: String,
        decision: Verdict,
    ) -> Result<ResolveAnswer, RequestError> {
        let on = self.generation;
        if has::<m::ApprovalResolve>(&self.hello) {
            let kind = match kind {
                ItemKind::Exec => m::ApprovalFamily::Exec,
                ItemKind::Plugin => m::ApprovalFamily::Plugin,
                _ => m::ApprovalFamily::SystemAgent,
            };
            let params = m::ApprovalResolveParams { id, kind, decision };
            let reply = self
                .connection
                .request_on::<m::ApprovalResolve>(on, params)
                .await?;
            return Ok(recorded(
                &reply,
                self.device.as_deref(),
                decision != Verdict::Deny,
            ));
        }
        let params = m::ResolveParams { id, decision };
        let reply = match kind {
            ItemKind::Plugin => {
                self.connection
                    .request_on::<m::PluginApprovalResolve>(on, params)
                    .await?
            }
            _ => {
                self.connection
                    .request_on::<m::ExecApprovalResolve>(on, params)
                    .await?
            }
        };
        Ok(if reply.ok {
            ResolveAnswer::Accepted
        } else {
            ResolveAnswer::Failed(Trouble::new("gatewayRefused"))
        })
    }

    /// A decision with how long it holds, a reason or another command, which our own gateway takes.
    async fn choose(&self, decision: Decision, terms: &DecideTerms, id: String) -> ResolveAnswer {
        if !has::<own::ApprovalsResolve>(&self.hello) {
            return ResolveAnswer::Failed(Trouble::new("notSupported"));
        }
        let params = choice(decision, terms, id);
        let sent = self
            .connection
            .request_on::<own::ApprovalsResolve>(self.generation, params)
            .await;
        match sent {
            Ok(reply) => recorded(&reply, self.device.as_deref(), decision.allows()),
            Err(RequestError::Disconnected | RequestError::Stale) => ResolveAnswer::Disconnected,
            Err(error) => ResolveAnswer::Failed(trouble(&error)),
        }
    }

    async fn resolve_question(
        &self,
        resolve: &Resolve,
        id: String,
    ) -> Result<ResolveAnswer, RequestError> {
        let params = if resolve.decision == Decision::Approve {
            let answers: BTreeMap<_, _> = resolve.answers.iter().cloned().collect();
            m::QuestionResolveParams::Answer {
                id,
                answers: m::AnswerSet { answers },
            }
        } else {
            m::QuestionResolveParams::Cancel {
                id,
                cancel: m::True,
            }
        };
        let reply = self
            .connection
            .request_on::<m::QuestionResolve>(self.generation, params)
            .await?;
        Ok(wire::question_taken(&reply).map_or(ResolveAnswer::Accepted, ResolveAnswer::Recorded))
    }

    async fn resolve_pairing(
        &self,
        kind: ItemKind,
        decision: Decision,
        request_id: String,
    ) -> Result<ResolveAnswer, RequestError> {
        let (on, params) = (self.generation, m::PairRequestParams { request_id });
        let connection = &self.connection;
        let approve = decision == Decision::Approve;
        match (kind, approve) {
            (ItemKind::DevicePairing, true) => {
                connection
                    .request_on::<m::DevicePairApprove>(on, params)
                    .await?
            }
            (ItemKind::DevicePairing, false) => {
                connection
                    .request_on::<m::DevicePairReject>(on, params)
                    .await?
            }
            (_, true) => {
                connection
                    .request_on::<m::NodePairApprove>(on, params)
                    .await?
            }
            (_, false) => {
                connection
                    .request_on::<m::NodePairReject>(on, params)
                    .await?
            }
        };
        Ok(ResolveAnswer::Accepted)
    }
}

/// What a gateway that answers with its record made of a decision. A record that says neither that it ended nor that it
/// waits is no reason to call it taken: it is read again.
fn recorded(reply: &m::ApprovalResolveReply, device: Option<&str>, allowed: bool) -> ResolveAnswer {
    match wire::recorded(&reply.approval, device) {
        ReadBackAnswer::Ended(mut outcome) => {
            outcome.by_this_app = Some(reply.applied);
            ResolveAnswer::Recorded(outcome)
        }
        ReadBackAnswer::Pending if allowed => ResolveAnswer::Counted,
        ReadBackAnswer::Pending | ReadBackAnswer::Unknown | ReadBackAnswer::Failed => {
            ResolveAnswer::Failed(Trouble::new(NOT_RECORDED))
        }
    }
}

/// What goes to our own gateway. To deny has no terms but its reason.
fn choice(decision: Decision, terms: &DecideTerms, id: String) -> Value {
    if matches!(decision, Decision::Deny | Decision::Reject) {
        return json!({"id": id, "decision": "deny", "reason": terms.reason});
    }
    if let Some(command) = &terms.edited_command {
        return json!({"id": id, "decision": "once", "editedCommand": command});
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole milliseconds")]
    let until = terms.until.map(|until| until as i64);
    match terms.lasting {
        Lasting::Once => json!({"id": id, "decision": "once"}),
        Lasting::Session => json!({"id": id, "decision": "session"}),
        Lasting::For => json!({"id": id, "decision": "for", "minutes": terms.minutes}),
        Lasting::Always => {
            json!({"id": id, "decision": "always", "pattern": terms.pattern, "until": until})
        }
    }
}

fn all<T>(listed: Listed<T>, shape: fn(T) -> Request) -> Waiting {
    let (requests, unusable): (Vec<_>, Vec<_>) = listed
        .items
        .into_iter()
        .map(shape)
        .partition(|request| request.id.len() <= MAX_ID);
    let unreadable = listed.unreadable.len() + unusable.len();
    let unreadable = u32::try_from(unreadable).unwrap_or(u32::MAX);
    if unreadable > 0 {
        tracing::warn!(
            unreadable,
            "a gateway listed waiting items that cannot be read"
        );
    }
    Waiting {
        requests,
        unreadable,
    }
}

fn absent_or_failed(error: &RequestError) -> ReadBackAnswer {
    match error {
        RequestError::Gateway(error) if is_not_found(error) => ReadBackAnswer::Unknown,
        _ => ReadBackAnswer::Failed,
    }
}

/// As the reference has it: the code itself, or `details.reason` of an invalid request.
fn is_not_found(error: &GatewayError) -> bool {
    let reason = error
        .details
        .get("reason")
        .and_then(serde_json::Value::as_str);
    let not_found = |said: &str| matches!(said, "APPROVAL_NOT_FOUND" | "QUESTION_NOT_FOUND");
    not_found(error.code.as_str()) || reason.is_some_and(not_found)
}

/// Reasons for which a decision came too late, besides what is not known any more.
const ENDED_BEFORE: [&str; 2] = ["APPROVAL_ALREADY_RESOLVED", "QUESTION_ALREADY_TERMINAL"];

fn trouble(error: &RequestError) -> Trouble {
    let (code, detail) = match error {
        RequestError::Gateway(refusal) => {
            let reason = refusal
                .details
                .get("reason")
                .and_then(serde_json::Value::as_str);
            let stale = is_not_found(refusal) || reason.is_some_and(|r| ENDED_BEFORE.contains(&r));
            let code = if stale {
                ALREADY_DECIDED
            } else {
                request_code(error)
            };
            (code, Some(refusal.message.clone()))
        }
        other => (request_code(other), None),
    };
    Trouble {
        code: code.to_owned(),
        detail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made_of(status: &str, allowed: bool) -> ResolveAnswer {
        let reply = json!({"applied": true, "approval": {"id": "a", "status": status}});
        recorded(&serde_json::from_value(reply).unwrap(), None, allowed)
    }

    #[test]
    fn a_yes_whose_record_still_waits_was_counted_and_nothing_else_is_called_taken() {
        assert_eq!(made_of("pending", true), ResolveAnswer::Counted);
        let not_recorded = ResolveAnswer::Failed(Trouble::new(NOT_RECORDED));
        assert_eq!(made_of("pending", false), not_recorded);
        assert_eq!(made_of("quarantined", true), not_recorded);
        let denied = made_of("denied", false);
        assert!(matches!(denied, ResolveAnswer::Recorded(_)), "{denied:?}");
    }
}
