//! What a process that ended left open: intents of which nobody told what came of them.

use gatehouse_audit::{Actor, Draft, NOT_RUN, Record, UNKNOWN_OUTCOME};
use gatehouse_store::StoreError;
use gatehouse_store::gateway::{AuditFilter, AuditRow};

use super::{AuditLog, Intent};
use crate::govern::HeldBack;

pub(super) const STARTED: &str = "gateway.started";
pub(super) const INTENT: &str = "tool.intent";

/// Whether an outcome follows the intent; what was denied ended with it.
pub(super) fn has_outcome(intent: &AuditRow) -> bool {
    intent.verdict.as_deref() != Some("deny")
}

/// Says of every open intent that its outcome is not known, or that a question held it back; and that the gateway has
/// started.
pub(super) async fn open_intents(log: &AuditLog) -> Result<(), StoreError> {
    let former = AuditFilter {
        kinds: vec![STARTED.to_owned()],
        limit: 1,
        ..AuditFilter::default()
    };
    // The former start has settled what was open before it.
    let former = log.store.audit_list(&former).await?;
    let after = former.rows.first().map_or(0, |row| row.seq);
    let held_back = HeldBack::read(&*log.store).await?;
    for open in log.store.audit_open(INTENT, after).await? {
        if has_outcome(&open) {
            log.outcome(Intent { seq: open.seq }, settled(&open, &held_back))
                .await?;
        }
    }
    let started = Draft {
        kind: STARTED.to_owned(),
        actor: Actor::gateway(),
        what: Some(format!("gatehouse {}", env!("CARGO_PKG_VERSION"))),
        ..Draft::default()
    };
    log.event(started).await.map(drop)
}

fn settled(open: &AuditRow, held_back: &HeldBack) -> Draft {
    let intent = Record::read(&open.bytes).map(|record| record.draft);
    let intent = intent.unwrap_or_default();
    let run = open.run.as_deref().unwrap_or_default();
    let call = intent.trace.as_deref().unwrap_or_default();
    let question = held_back.question(run, call, open.at);
    let outcome = question.map_or(UNKNOWN_OUTCOME, |_| NOT_RUN);
    Draft {
        actor: Actor::gateway(),
        agent: open.agent.clone(),
        session: open.session.clone(),
        run: open.run.clone(),
        action: intent.action,
        what: intent.what,
        outcome: Some(outcome.to_owned()),
        approval_id: question.map(str::to_owned),
        request_digest: intent.request_digest,
        trace: intent.trace,
        ..Draft::default()
    }
}
