//! One decision. It is sent once, on the connection that the approval was read on, and never again by itself; what is
//! printed is the gateway's record. An id is always the whole one: half an id could be another approval's.

use std::time::Duration;

use gatehouse_client::{ConnectionEvent, RequestError};
use gatehouse_protocol::methods::{
    ApprovalFamily, ApprovalResolve, ApprovalResolveParams, ExecApprovalResolve,
    PluginApprovalResolve, ResolveParams,
};
use gatehouse_protocol::model::approval::{Decision, Verdict};
use gatehouse_protocol::untrusted::one_line;
use gatehouse_protocol::{GatewayError, GatewayEvent, own};
use serde::Serialize;
use serde_json::{Value, json};

use super::read::{self, People, Recorded, Waiting};
use super::show;
use crate::commands::Context;
use crate::dial::Link;
use crate::failure::{Failure, FailureKind};

/// How long a gateway may take to tell what it recorded.
const ECHO: Duration = Duration::from_secs(5);

/// What is answered.
pub(super) struct Answer {
    pub(super) verdict: Verdict,
    /// Of a denial, for a gateway that has a field for it.
    pub(super) reason: Option<String>,
    /// How long a yes holds, beyond once; on a gateway of ours.
    pub(super) holds: Option<Holds>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Session,
    For { minutes: u64 },
}

impl Holds {
    fn word(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::For { .. } => "for",
        }
    }
}

impl Answer {
    pub(super) fn plain(verdict: Verdict) -> Self {
        Self {
            verdict,
            reason: None,
            holds: None,
        }
    }

    pub(super) fn holding(holds: Holds) -> Self {
        Self {
            holds: Some(holds),
            ..Self::plain(Verdict::AllowOnce)
        }
    }

    /// As our own gateway takes it; none where the published word says it all.
    fn own(&self, id: &str) -> Option<Value> {
        match (self.holds, &self.reason) {
            (Some(Holds::Session), _) => Some(json!({"id": id, "decision": "session"})),
            (Some(Holds::For { minutes }), _) => {
                Some(json!({"id": id, "decision": "for", "minutes": minutes}))
            }
            (None, Some(reason)) => Some(json!({"id": id, "decision": "deny", "reason": reason})),
            (None, None) => None,
        }
    }
}

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
        }
    }
}

pub(super) async fn run(
    context: &mut Context<'_>,
    link: &mut Link,
    id: String,
    answer: Answer,
) -> Result<(), Failure> {
    let found = read::waiting(link).await?;
    let decided = match found.waiting.into_iter().find(|approval| approval.id == id) {
        Some(approval) => {
            check_offered(&approval, &answer)?;
            let decided = send(link, approval.kind, id, &answer).await?;
            counted(link, decided, approval.people).await?
        }
        None => unlisted(link, id, &answer).await?,
    };
    tell(context, decided)
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

fn check_offered(approval: &Waiting, answer: &Answer) -> Result<(), Failure> {
    let decision = Decision::from(answer.verdict);
    if let Some(holds) = answer.holds {
        let choices = approval.choices.as_deref().unwrap_or_default();
        if choices.iter().any(|choice| choice == holds.word()) {
            return Ok(());
        }
        let text = format!(
            "this approval cannot be answered with {:?}; nothing was sent",
            holds.word()
        );
        let failure = Failure::new(FailureKind::Refused, "notOffered", text);
        return Err(failure.next("what is dangerous, or needs several people, is allowed once"));
    }
    if approval.offers(&decision) {
        return Ok(());
    }
    let offered = approval.decisions.iter().flatten();
    let offered: Vec<&str> = offered.map(Decision::as_str).collect();
    let offered = one_line(&offered.join(", "), 200);
    Err(Failure::new(
        FailureKind::Refused,
        "notOffered",
        format!("this approval cannot be answered with {decision}; nothing was sent"),
    )
    .next(format!("it may be answered: {offered}")))
}

/// It does not wait, as far as the lists tell: the record says what became of it.
async fn unlisted(link: &mut Link, id: String, answer: &Answer) -> Result<Decided, Failure> {
    let Some(record) = read::record(link, &id).await? else {
        return Err(gone(&id));
    };
    let family = read::family_of(&record);
    let record = read::ending(link, record).await;
    match family {
        Some(family) if record.is_pending() => send(link, family, id, answer).await,
        _ => Ok(Decided::settled(false, record)),
    }
}

async fn send(
    link: &mut Link,
    family: ApprovalFamily,
    id: String,
    answer: &Answer,
) -> Result<Decided, Failure> {
    if link.offers::<ApprovalResolve>() {
        return send_recorded(link, family, id, answer).await;
    }
    let verdict = answer.verdict;
    let params = ResolveParams {
        id: id.clone(),
        decision: verdict,
    };
    let reply = match family {
        ApprovalFamily::Plugin => link.ask_here::<PluginApprovalResolve>(params).await,
        _ => link.ask_here::<ExecApprovalResolve>(params).await,
    };
    match reply {
        Ok(_) => {
            let record = echo(link, &id).await;
            let applied = record.decision == Some(verdict.into());
            Ok(Decided::settled(applied, record))
        }
        Err(RequestError::Gateway(error)) if is_over(&error) => Err(gone(&id)),
        Err(error) => Err(unsure(error)),
    }
}

/// On a gateway that keeps records: first answer wins, and the record is read back.
async fn send_recorded(
    link: &mut Link,
    family: ApprovalFamily,
    id: String,
    answer: &Answer,
) -> Result<Decided, Failure> {
    let reply = match answer.own(&id) {
        Some(params) => link.ask_here::<own::ApprovalsResolve>(params).await,
        None => {
            let params = ApprovalResolveParams {
                id: id.clone(),
                kind: family,
                decision: answer.verdict,
            };
            link.ask_here::<ApprovalResolve>(params).await
        }
    };
    let reply = reply.map_err(unsure)?;
    let read_back = read::record(link, &id).await?;
    let record = read_back.unwrap_or(reply.approval);
    let named = link.offers::<own::ApprovalsGet>();
    let mut record = read::ending(link, record).await;
    if !named && reply.applied && !record.is_pending() {
        // The event has the name of who answered, the record its id.
        record.decided_by = echo(link, &id).await.decided_by.or(record.decided_by);
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

fn gone(id: &str) -> Failure {
    let id = one_line(id, 200);
    Failure::new(
        FailureKind::Refused,
        "notWaiting",
        format!("no approval {id} waits: it was answered, ran out of time, or never was"),
    )
    .next("`gatehouse approvals list` shows what waits; an id is given whole")
}

/// A decision whose fate is not known is not sent again.
fn unsure(error: RequestError) -> Failure {
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
