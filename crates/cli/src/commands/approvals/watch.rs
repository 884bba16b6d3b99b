//! Every approval as it comes, and how it ended, until interrupted. After each reconnect and after a gap it reads the
//! lists again, so that nothing is missed and nothing is told twice.

use std::collections::BTreeMap;
use std::time::Duration;

use gatehouse_client::{ConnectionEvent, ConnectionState, ProblemCode};
use gatehouse_protocol::GatewayEvent;
use gatehouse_protocol::model::approval::{ApprovalResolved, ApprovalStatus};
use serde_json::json;

use super::shape::{Recorded, Waiting};
use super::{read, show};
use crate::commands::Context;
use crate::dial::{Dial, Link};
use crate::environment::now_ms;
use crate::failure::{Failure, FailureKind};
use crate::problem_words;

/// Past its end an approval may still be told to have ended; this long it is waited for.
const GRACE: Duration = Duration::from_secs(1);

/// What was announced and has not ended.
type Known = BTreeMap<String, Waiting>;

pub(super) async fn run(
    context: &mut Context<'_>,
    link: &mut Link,
    dial: &Dial,
) -> Result<(), Failure> {
    let mut known = Known::new();
    let mut state = link.connection.state();
    reconcile(context, link, &mut known).await?;
    context.output.hint("watching; Ctrl-C ends it");
    loop {
        let expiry = next_expiry(&known);
        tokio::select! {
            event = link.events.recv() => match event {
                Some(event) => on_event(context, link, &mut known, event).await?,
                None => return Err(over(&state.borrow(), dial)),
            },
            changed = state.changed() => {
                let closed = matches!(*state.borrow_and_update(), ConnectionState::Closed { .. });
                if changed.is_err() || closed {
                    return Err(over(&state.borrow(), dial));
                }
            }
            () = tokio::time::sleep(expiry) => reconcile(context, link, &mut known).await?,
        }
    }
}

async fn on_event(
    context: &mut Context<'_>,
    link: &Link,
    known: &mut Known,
    event: ConnectionEvent,
) -> Result<(), Failure> {
    match event {
        ConnectionEvent::Up { .. } => {
            context.output.note("connected again");
            reconcile(context, link, known).await
        }
        ConnectionEvent::Down { .. } => {
            context.output.note("the connection broke; trying again");
            Ok(())
        }
        ConnectionEvent::Clock { .. } => Ok(()),
        ConnectionEvent::Gap { .. } | ConnectionEvent::Rejected { .. } => {
            reconcile(context, link, known).await
        }
        ConnectionEvent::Event { event, .. } => on_gateway_event(context, link, known, event).await,
    }
}

async fn on_gateway_event(
    context: &mut Context<'_>,
    link: &Link,
    known: &mut Known,
    event: GatewayEvent,
) -> Result<(), Failure> {
    match event {
        GatewayEvent::ExecApprovalRequested(approval) => {
            announce(context, known, Waiting::from(*approval))
        }
        GatewayEvent::PluginApprovalRequested(approval) => {
            announce(context, known, Waiting::from(*approval))
        }
        GatewayEvent::SystemApprovalRequested(approval) => {
            announce(context, known, Waiting::from(*approval))
        }
        GatewayEvent::ExecApprovalResolved(resolved)
        | GatewayEvent::PluginApprovalResolved(resolved)
        | GatewayEvent::SystemApprovalResolved(resolved) => {
            ended(context, link, known, *resolved).await
        }
        GatewayEvent::Unreadable { name, .. } if name.contains("approval") => {
            reconcile(context, link, known).await
        }
        _ => Ok(()),
    }
}

fn announce(
    context: &mut Context<'_>,
    known: &mut Known,
    approval: Waiting,
) -> Result<(), Failure> {
    if known.contains_key(&approval.id) {
        return Ok(());
    }
    if context.output.is_json() {
        let line = json!({ "event": "waiting", "approval": approval });
        context.output.value_line(&line)?;
    } else {
        show::waiting(context, &approval)?;
    }
    known.insert(approval.id.clone(), approval);
    Ok(())
}

/// The event says that it ended; the record, where there is one, says how.
async fn ended(
    context: &mut Context<'_>,
    link: &Link,
    known: &mut Known,
    resolved: ApprovalResolved,
) -> Result<(), Failure> {
    if known.remove(&resolved.id).is_none() {
        return Ok(());
    }
    let record = read::record(link, &resolved.id).await;
    let mut told = Recorded::from(resolved);
    if let Ok(Some(record)) = record {
        // The event has the name of who answered, the record its id.
        let by = told.decided_by.take();
        told = read::ending(link, record).await;
        told.decided_by = by.or(told.decided_by);
    }
    tell_end(context, &told)
}

fn tell_end(context: &mut Context<'_>, record: &Recorded) -> Result<(), Failure> {
    if context.output.is_json() {
        let line = json!({ "event": "ended", "record": record });
        return context.output.value_line(&line);
    }
    show::recorded(context, record, None)
}

/// Reads the lists: announces what is new, and tells the end of what is gone.
async fn reconcile(
    context: &mut Context<'_>,
    link: &Link,
    known: &mut Known,
) -> Result<(), Failure> {
    let found = match read::waiting(link).await {
        Ok(found) => found,
        // The next `Up` comes back here.
        Err(failure) if failure.kind == FailureKind::Unreachable => return Ok(()),
        Err(failure) => return Err(failure),
    };
    if let Some(failure) = found.unreadable() {
        context.output.note(&failure.message);
    }
    let mut gone = std::mem::take(known);
    for approval in found.waiting {
        match gone.remove(&approval.id) {
            Some(told) => drop(known.insert(told.id.clone(), told)),
            None => announce(context, known, approval)?,
        }
    }
    for (id, approval) in gone {
        let record = read::record(link, &id).await.ok().flatten();
        let record = match record {
            Some(record) => read::ending(link, record).await,
            None => without_record(id, &approval),
        };
        tell_end(context, &record)?;
    }
    Ok(())
}

/// A gateway without records says nothing when time runs out.
fn without_record(id: String, approval: &Waiting) -> Recorded {
    let ran_out = approval.expires_at_ms.is_some_and(|at| at <= now_ms());
    Recorded::unknown(id, ran_out.then_some(ApprovalStatus::Expired))
}

/// How long until something may have run out of time.
fn next_expiry(known: &Known) -> Duration {
    let soonest = known
        .values()
        .filter_map(|approval| approval.expires_at_ms)
        .min();
    // Far enough to be never, near enough for a timer.
    let never = Duration::from_secs(24 * 3600);
    soonest.map_or(never, |at| {
        Duration::from_millis(at.saturating_sub(now_ms())).min(never) + GRACE
    })
}

fn over(state: &ConnectionState, dial: &Dial) -> Failure {
    let problem = match state {
        ConnectionState::Closed {
            problem: Some(problem),
        } => problem.clone(),
        _ => ProblemCode::ConnectionLost.into(),
    };
    problem_words::failure(&problem, dial)
}
