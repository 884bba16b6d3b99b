//! One decision. It is sent once, on the connection that the approval was read on, and never again by itself; what is
//! printed is the gateway's record. An id is always the whole one: half an id could be another approval's.

use std::time::Duration;

use gatehouse_client::{ConnectionEvent, RequestError};
use gatehouse_protocol::methods::{
    ApprovalFamily, ApprovalResolve, ApprovalResolveParams, ExecApprovalResolve,
    PluginApprovalResolve, ResolveParams,
};
use gatehouse_protocol::untrusted::one_line;
use gatehouse_protocol::{GatewayError, GatewayEvent, own};
use serde::Serialize;
use serde_json::Value;

use super::answer::{Answer, Terms};
use super::shape::{Call, People, Recorded, Waiting};
use super::{pattern, read, show};
use crate::args::Named;
use crate::commands::Context;
use crate::dial::Link;
use crate::failure::{Failure, FailureKind};

/// How long a gateway may take to tell what it recorded.
const ECHO: Duration = Duration::from_secs(5);

/// What became of the decision.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Decided {
    /// Whether it was this answer that counted.
    applied: bool,
    record: Recorded,
    /// It still waits for another person: how far it is, and whether this answer brought it there.
    #[serde(skip_serializing_if = "Option::is_none")]
    counted: Option<Counted>,
    /// What the pattern would have allowed of the past.
    #[serde(skip_serializing_if = "Option::is_none")]
    preview: Option<Value>,
    /// The question about the command that was put in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<Waiting>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Counted {
    #[serde(flatten)]
    people: People,
    already: bool,
}

impl Decided {
    fn settled(applied: bool, record: Recorded) -> Self {
        Self {
            applied,
            record,
            counted: None,
            preview: None,
            asked: None,
        }
    }
}

pub(super) async fn run(
    context: &mut Context<'_>,
    link: &mut Link,
    named: Named,
    answer: Answer,
    yes: bool,
) -> Result<(), Failure> {
    answer.check_gateway(link, &named)?;
    let found = read::waiting(link).await?;
    let listed = found
        .waiting
        .into_iter()
        .find(|approval| approval.id == named.id);
    let decided = match listed {
        Some(approval) => {
            answer.check(&named, &approval)?;
            let preview = pattern::confirmed(context, link, &approval, &answer, yes).await?;
            let decided = send(link, approval.kind, &named.id, &answer, Some(&approval)).await?;
            let decided = counted(link, decided, approval.people).await?;
            let asked = asked_anew(link, &decided, &answer, approval.call.as_ref()).await;
            Decided {
                preview,
                asked,
                ..decided
            }
        }
        None => unlisted(link, &named, &answer).await?,
    };
    tell(context, decided)
}

/// The question about the command that was put in place, as it comes.
async fn asked_anew(
    link: &mut Link,
    decided: &Decided,
    answer: &Answer,
    call: Option<&Call>,
) -> Option<Waiting> {
    if !decided.applied || !matches!(answer.terms, Terms::Edit(_)) {
        return None;
    }
    let call = call?;
    let asked = async {
        while let Some(event) = link.events.recv().await {
            if let ConnectionEvent::Event {
                event: GatewayEvent::ExecApprovalRequested(approval),
                ..
            } = event
            {
                let asked = Waiting::from(*approval);
                if asked.call.as_ref() == Some(call) && asked.id != decided.record.id {
                    return Some(asked);
                }
            }
        }
        None
    };
    tokio::time::timeout(ECHO, asked).await.ok().flatten()
}

/// With how many people have allowed it by now, where it waits for another one.
async fn counted(
    link: &Link,
    decided: Decided,
    before: Option<People>,
) -> Result<Decided, Failure> {
    let Some(before) = before.filter(|_| decided.record.is_pending()) else {
        return Ok(decided);
    };
    let found = read::waiting(link).await?;
    let now = found
        .waiting
        .into_iter()
        .find(|one| one.id == decided.record.id);
    let people = now.and_then(|one| one.people);
    let counted = people.map(|people| Counted {
        people,
        already: people.allowed <= before.allowed,
    });
    Ok(Decided { counted, ..decided })
}

/// It does not wait, as far as the lists tell: the record says what became of it.
async fn unlisted(link: &mut Link, named: &Named, answer: &Answer) -> Result<Decided, Failure> {
    let Some(record) = read::record(link, &named.id).await? else {
        return Err(gone(&named.id));
    };
    let family = read::family_of(&record);
    let record = read::ending(link, record).await;
    let was_not_listed = named.digest.is_some() || !answer.is_plain();
    match family {
        Some(_) if record.is_pending() && was_not_listed => Err(gone(&named.id)),
        Some(family) if record.is_pending() => send(link, family, &named.id, answer, None).await,
        _ => Ok(Decided::settled(false, record)),
    }
}

async fn send(
    link: &mut Link,
    family: ApprovalFamily,
    id: &str,
    answer: &Answer,
    listed: Option<&Waiting>,
) -> Result<Decided, Failure> {
    if link.offers::<ApprovalResolve>() {
        return send_recorded(link, family, id, answer, listed).await;
    }
    let verdict = answer.verdict;
    let params = ResolveParams {
        id: id.to_owned(),
        decision: verdict,
    };
    let reply = match family {
        ApprovalFamily::Plugin => link.ask_here::<PluginApprovalResolve>(params).await,
        _ => link.ask_here::<ExecApprovalResolve>(params).await,
    };
    match reply {
        Ok(_) => {
            let record = echo(link, id).await;
            let applied = record.decision == Some(verdict.into());
            Ok(Decided::settled(applied, record))
        }
        Err(RequestError::Gateway(error)) if is_over(&error) => Err(gone(id)),
        Err(error) => Err(unsure(error)),
    }
}

/// On a gateway that keeps records: first answer wins, and the record is read back.
async fn send_recorded(
    link: &mut Link,
    family: ApprovalFamily,
    id: &str,
    answer: &Answer,
    listed: Option<&Waiting>,
) -> Result<Decided, Failure> {
    let own = answer.own(id, listed);
    let reply = match own.filter(|_| link.offers::<own::ApprovalsResolve>()) {
        Some(params) => link.ask_here::<own::ApprovalsResolve>(params).await,
        None => {
            let params = ApprovalResolveParams {
                id: id.to_owned(),
                kind: family,
                decision: answer.verdict,
            };
            link.ask_here::<ApprovalResolve>(params).await
        }
    };
    let reply = reply.map_err(unsure)?;
    let read_back = read::record(link, id).await?;
    let record = read_back.unwrap_or(reply.approval);
    let named = link.offers::<own::ApprovalsGet>();
    let mut record = read::ending(link, record).await;
    if !named && reply.applied && !record.is_pending() {
        // The event has the name of who answered, the record its id.
        record.decided_by = echo(link, id).await.decided_by.or(record.decided_by);
    }
    Ok(Decided::settled(reply.applied, record))
}

/// What the event tells of what was recorded: all of it on a gateway without records, and the name on any.
async fn echo(link: &mut Link, id: &str) -> Recorded {
    let told = async {
        while let Some(event) = link.events.recv().await {
            if let ConnectionEvent::Event {
                event:
                    GatewayEvent::ExecApprovalResolved(resolved)
                    | GatewayEvent::PluginApprovalResolved(resolved)
                    | GatewayEvent::SystemApprovalResolved(resolved),
                ..
            } = event
                && resolved.id == id
            {
                return Some(Recorded::from(*resolved));
            }
        }
        None
    };
    let told = tokio::time::timeout(ECHO, told).await.ok().flatten();
    told.unwrap_or_else(|| Recorded::unknown(id.to_owned(), None))
}

fn is_over(error: &GatewayError) -> bool {
    use gatehouse_protocol::ErrorCode;
    use gatehouse_protocol::error::{REASON_ALREADY_RESOLVED, REASON_APPROVAL_NOT_FOUND};
    error.code == ErrorCode::ApprovalNotFound
        || matches!(
            error.reason(),
            Some(REASON_ALREADY_RESOLVED | REASON_APPROVAL_NOT_FOUND)
        )
}

fn tell(context: &mut Context<'_>, decided: Decided) -> Result<(), Failure> {
    if context.output.is_json() {
        context.output.value(&decided)?;
    } else {
        show::recorded(
            context,
            &decided.record,
            decided.counted.as_ref().map(|c| c.people),
        )?;
        tell_edited(context, &decided)?;
    }
    if decided.counted.is_some_and(|counted| counted.already) {
        let text = "you have allowed it already, and another person has to allow it too";
        return Err(Failure::new(FailureKind::Refused, "alreadyAllowed", text));
    }
    if decided.applied {
        return Ok(());
    }
    Err(Failure::new(
        FailureKind::Refused,
        "alreadyDecided",
        format!(
            "your answer changed nothing: it was {}",
            show::sentence(&decided.record)
        ),
    ))
}

/// What is asked now in the place of what was edited.
fn tell_edited(context: &mut Context<'_>, decided: &Decided) -> Result<(), Failure> {
    if let Some(asked) = &decided.asked {
        return show::waiting(context, asked);
    }
    if decided.applied && decided.record.edited.is_some() {
        context
            .output
            .note("the new command is asked about: `gatehouse approvals list` shows it");
    }
    Ok(())
}

pub(super) fn gone(id: &str) -> Failure {
    let id = one_line(id, 200);
    Failure::new(
        FailureKind::Refused,
        "notWaiting",
        format!("no approval {id} waits: it was answered, ran out of time, or never was"),
    )
    .next("`gatehouse approvals list` shows what waits; an id is given whole")
}

/// A decision whose fate is not known is not sent again.
pub(super) fn unsure(error: RequestError) -> Failure {
    if matches!(error, RequestError::Stale) {
        let text = "the connection broke before your answer was sent, so it decided nothing";
        let failure = Failure::new(FailureKind::Unreachable, "disconnected", text);
        return failure.next("answer again");
    }
    let may_have_counted = matches!(
        error,
        RequestError::Disconnected | RequestError::TimedOut { .. }
    );
    let failure = Failure::from(error);
    if may_have_counted {
        return failure.next("whether it counted is not known: `gatehouse approvals list` tells");
    }
    failure
}
