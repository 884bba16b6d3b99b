//! Several approvals in one go, each by the digest that it was listed with. One that cannot be answered holds up no
//! other, and is told by itself.

use std::collections::BTreeMap;

use gatehouse_protocol::model::approval::{ApprovalRecord, Verdict};
use gatehouse_protocol::own;
use gatehouse_protocol::untrusted::one_line;
use serde::Serialize;
use serde_json::{Value, json};

use super::answer::{Answer, Terms, not_sent};
use super::shape::{Recorded, Waiting};
use super::{decide, read, show};
use crate::args::Named;
use crate::commands::Context;
use crate::dial::Link;
use crate::failure::{Failure, FailureKind};

/// The most that our own gateway takes at once.
const MOST: usize = 100;

/// What became of one of them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Ended {
    id: String,
    /// Whether it was this answer that counted.
    applied: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<Recorded>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Failure>,
}

pub(super) async fn run(
    context: &mut Context<'_>,
    link: &Link,
    all: Vec<Named>,
    answer: Answer,
) -> Result<(), Failure> {
    check_asked(&all, &answer)?;
    if !link.offers::<own::ApprovalsResolveBatch>() {
        let failure = not_sent("this gateway takes one answer at a time");
        return Err(failure.next("answer each with a command of its own"));
    }
    let found = read::waiting(link).await?;
    let found = found.waiting.into_iter().map(|one| (one.id.clone(), one));
    let listed: BTreeMap<String, Waiting> = found.collect();
    let mut failures = BTreeMap::new();
    let mut items = Vec::new();
    for named in &all {
        match item(listed.get(&named.id), named, &answer) {
            Ok(item) => items.push(item),
            Err(failure) => drop(failures.insert(named.id.clone(), failure)),
        }
    }
    let mut answered = match items.is_empty() {
        true => BTreeMap::new(),
        false => sent(link, items, &answer).await?,
    };
    let ended = all.into_iter().map(|named| {
        let failure = failures.remove(&named.id);
        let told = answered.remove(&named.id);
        ended(named.id, failure, told)
    });
    tell(context, &ended.collect::<Vec<_>>())
}

fn check_asked(all: &[Named], answer: &Answer) -> Result<(), Failure> {
    if !answer.is_plain() {
        let failure = Failure::usage("several are allowed once, and no longer");
        return Err(failure.next("give an answer that holds longer to one id at a time"));
    }
    if all.len() > MOST {
        let text = format!("at most {MOST} are answered in one go");
        return Err(Failure::usage(text));
    }
    let mut ids: Vec<&str> = all.iter().map(|named| named.id.as_str()).collect();
    ids.sort_unstable();
    match ids.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => {
            let id = one_line(pair[0], 200);
            Err(Failure::usage(format!("{id} is named twice")))
        }
        None => Ok(()),
    }
}

/// What is sent of one, by the digest that it is listed with now.
fn item(listed: Option<&Waiting>, named: &Named, answer: &Answer) -> Result<Value, Failure> {
    let listed = listed.ok_or_else(|| decide::gone(&named.id))?;
    answer.check(named, listed)?;
    let Some(digest) = &listed.digest else {
        let failure = not_sent("what another client asks has no digest to be answered by");
        return Err(failure.next("answer it with a command of its own"));
    };
    Ok(json!({"id": named.id, "digest": digest}))
}

/// The gateway's results, by id.
async fn sent(
    link: &Link,
    items: Vec<Value>,
    answer: &Answer,
) -> Result<BTreeMap<String, Value>, Failure> {
    let mut params = json!({"items": items, "decision": "once"});
    if answer.verdict == Verdict::Deny {
        params["decision"] = json!("deny");
    }
    if let Terms::Reason(reason) = &answer.terms {
        params["reason"] = json!(reason);
    }
    let reply = link.ask_here::<own::ApprovalsResolveBatch>(params).await;
    let reply = reply.map_err(decide::unsure)?;
    let results = reply["results"].as_array().into_iter().flatten();
    let by_id = results.filter_map(|one| Some((one["id"].as_str()?.to_owned(), one.clone())));
    Ok(by_id.collect())
}

fn ended(id: String, failure: Option<Failure>, told: Option<Value>) -> Ended {
    let told = told.unwrap_or_default();
    let record = serde_json::from_value::<ApprovalRecord>(told["approval"].clone());
    let record = record.ok().map(|record| {
        let mut recorded = Recorded::from(record);
        recorded.add(&told["answer"]);
        recorded
    });
    let applied = told["applied"] == true;
    let error = match (&record, failure) {
        (_, Some(failure)) => Some(failure),
        (None, None) if told["error"].is_object() => Some(refused(&told["error"])),
        (None, None) => Some(untold()),
        (Some(_), None) => None,
    };
    Ended {
        id,
        applied,
        record,
        error,
    }
}

fn refused(error: &Value) -> Failure {
    let text = |value: &Value, most| one_line(value.as_str().unwrap_or_default(), most);
    let code = text(&error["details"]["reason"], 100);
    let code = if code.is_empty() { "refused" } else { &code };
    Failure::new(FailureKind::Refused, code, text(&error["message"], 400))
}

fn untold() -> Failure {
    let failure = Failure::new(
        FailureKind::General,
        "badAnswer",
        "the gateway does not say what became of it",
    );
    failure.next("`gatehouse approvals list` tells whether it still waits")
}

fn tell(context: &mut Context<'_>, all: &[Ended]) -> Result<(), Failure> {
    if context.output.is_json() {
        context.output.value(&json!({ "results": all }))?;
    } else {
        for one in all {
            match (&one.error, &one.record) {
                (None, Some(record)) => show::recorded(context, record, None)?,
                (error, _) => show::not_answered(context, &one.id, error.as_ref())?,
            }
        }
    }
    let counted = all.iter().filter(|one| one.applied).count();
    if counted == all.len() {
        return Ok(());
    }
    let text = format!("{counted} of {} answers counted", all.len());
    Err(Failure::new(FailureKind::Refused, "notAll", text))
}
