//! Where a run's tool calls are governed: the judge decides, a person is asked where it says so, and what
//! was allowed is taken once, for exactly the action that was asked about. Every step is in the audit.

use std::sync::Arc;

use async_trait::async_trait;
use gatehouse_agent::govern::{Effect, ExecEffect};
use gatehouse_agent::{Action, Governor, ToolOutcome, Verdict};
use gatehouse_audit::{Actor, Draft};
use gatehouse_protocol::{MethodScope, Role};
use gatehouse_store::StoreError;
use gatehouse_store::gateway::{ApprovalRecord, ApprovalState, GatewayStore};
use serde_json::{Value, json};

use super::document::PolicySource;
use super::judge::{Judgement, govern, without_anyone};
use super::policy::ExecPolicy;
use super::question::Question;
use super::registry::{Approvals, Pending};
use crate::broadcast::Hub;
use crate::clock::Clock;
use crate::router::Caller;

/// How long a person has to answer; the published gateway's default.
const ANSWER_WITHIN_MS: u64 = 30 * 60 * 1000;

/// Told while a run waits for a person, so that its watchers see why nothing happens.
pub trait Waiting: Send + Sync {
    fn waits(&self, action: &Action, approval_id: &str);
    fn goes_on(&self, action: &Action, approval_id: &str);
}

/// Governs the tool calls of runs.
pub struct GatewayGovernor {
    pub store: Arc<dyn GatewayStore>,
    pub approvals: Approvals,
    pub policy: PolicySource,
    pub hub: Hub,
    pub clock: Clock,
    pub waiting: Arc<dyn Waiting>,
}

#[async_trait]
impl Governor for GatewayGovernor {
    async fn govern(&self, action: &Action) -> Verdict {
        let decided = self.decide(action).await;
        // Without a record of it nothing happens.
        let verdict = decided.unwrap_or_else(|error| {
            tracing::error!(%error, tool = %action.tool, "a call could not be governed");
            deny("the gateway could not record the decision, so the call did not run")
        });
        match self
            .note("action.governed", action, verdict_json(&verdict))
            .await
        {
            Ok(()) => verdict,
            Err(_) => deny("the gateway could not record the decision, so the call did not run"),
        }
    }

    async fn outcome(&self, action: &Action, outcome: &ToolOutcome) {
        let outcome = match outcome {
            ToolOutcome::Ran(output) => json!({"ran": true, "isError": output.is_error}),
            ToolOutcome::Denied { .. } => return,
            ToolOutcome::Changed => json!({"ran": false, "changed": true}),
            ToolOutcome::Aborted => json!({"ran": false, "aborted": true}),
        };
        if let Err(error) = self.note("action.outcome", action, outcome).await {
            tracing::error!(%error, tool = %action.tool, "an outcome could not be recorded");
        }
    }
}

impl GatewayGovernor {
    async fn decide(&self, action: &Action) -> Result<Verdict, StoreError> {
        let policy = self
            .policy
            .policy(&action.agent_id, &action.session_key)
            .await?;
        match (govern(action, &policy), &action.effect) {
            (Judgement::Ask { may_be_always }, Effect::Exec(exec)) => {
                self.ask(action, exec, &policy, may_be_always).await
            }
            (Judgement::Ask { .. }, _) => Ok(deny("only commands can be asked about here")),
            (judged, _) => self.conclude(action, judged).await,
        }
    }

    async fn conclude(&self, action: &Action, judged: Judgement) -> Result<Verdict, StoreError> {
        match judged {
            Judgement::Allow { rule } => {
                if let (Some(rule), Effect::Exec(exec)) = (rule, &action.effect) {
                    self.used(&rule, exec).await?;
                }
                Ok(Verdict::allow())
            }
            Judgement::Deny { reason } => Ok(Verdict::Deny { reason }),
            Judgement::Ask { .. } => Ok(deny("nobody was asked")),
        }
    }

    async fn used(&self, rule: &str, exec: &ExecEffect) -> Result<(), StoreError> {
        let program = exec.program.as_ref().map(|path| path.display().to_string());
        let at = i64::try_from(self.clock.now_ms()).unwrap_or(i64::MAX);
        self.store
            .allow_entry_used(rule, at, &exec.command, program.as_deref())
            .await
    }

    async fn ask(
        &self,
        action: &Action,
        exec: &ExecEffect,
        policy: &ExecPolicy,
        may_be_always: bool,
    ) -> Result<Verdict, StoreError> {
        if !self.someone_can_answer().await {
            return self.conclude(action, without_anyone(action, policy)).await;
        }
        let question = Question::about(action, exec, policy, may_be_always, ANSWER_WITHIN_MS);
        let pending = match self.approvals.ask(question).await {
            Ok(pending) => pending,
            Err(error) => {
                return Ok(deny(&format!(
                    "the approval could not be asked for: {error}"
                )));
            }
        };
        self.await_answer(action, pending).await
    }

    async fn await_answer(&self, action: &Action, pending: Pending) -> Result<Verdict, StoreError> {
        let id = pending.record.id.clone();
        self.waiting.waits(action, &id);
        let settled = pending.settled().await?;
        self.waiting.goes_on(action, &id);
        if settled.state != ApprovalState::Allowed {
            return Ok(deny(&refusal(&settled)));
        }
        if self.approvals.consume(&id, &action.fingerprint()).await? {
            return Ok(Verdict::Allow {
                approval_id: Some(id),
            });
        }
        Ok(deny(
            "the approval was used before or is for another action, so the call did not run",
        ))
    }

    /// Whether anyone is connected who may answer and can show a question.
    async fn someone_can_answer(&self) -> bool {
        let members = self.hub.members().await;
        members.iter().any(|caller| can_answer(caller))
    }

    async fn note(&self, kind: &str, action: &Action, what: Value) -> Result<(), StoreError> {
        let draft = Draft {
            ts: i64::try_from(self.clock.now_ms()).unwrap_or(i64::MAX),
            kind: kind.to_owned(),
            actor: Actor::agent(&action.agent_id),
            agent: Some(action.agent_id.clone()),
            session: Some(action.session_key.clone()),
            run: Some(action.run_id.clone()),
            action: Some(action.tool.clone()),
            request_digest: Some(action.fingerprint()),
            trace: Some(action.tool_call_id.clone()),
            detail: Some(what),
            ..Draft::default()
        };
        self.store.audit_append(vec![draft]).await.map(drop)
    }
}

/// The scope to answer, and the capability to show (`approvals`, or the older `exec-approvals`).
pub(crate) fn can_answer(caller: &Caller) -> bool {
    let shows = caller.has_cap("approvals") || caller.has_cap("exec-approvals");
    caller.role == Role::Operator && caller.may(MethodScope::Approvals) && shows
}

fn refusal(record: &ApprovalRecord) -> String {
    match record.state {
        ApprovalState::Denied => "a person denied the command".to_owned(),
        ApprovalState::Expired => {
            "nobody answered the approval in time, so it is denied".to_owned()
        }
        ApprovalState::Cancelled => "the approval was withdrawn".to_owned(),
        _ => "the approval was not given".to_owned(),
    }
}

fn verdict_json(verdict: &Verdict) -> Value {
    match verdict {
        Verdict::Allow { approval_id } => json!({"verdict": "allow", "approvalId": approval_id}),
        Verdict::Deny { reason } => json!({"verdict": "deny", "reason": reason}),
    }
}

fn deny(reason: &str) -> Verdict {
    Verdict::Deny {
        reason: reason.to_owned(),
    }
}
