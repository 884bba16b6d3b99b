//! Records and findings for a person. Texts of records are an agent's: they are escaped.

use gatehouse_audit::export::rfc3339;
use gatehouse_protocol::untrusted::one_line;
use serde_json::Value;

use crate::commands::Context;
use crate::failure::{Failure, FailureKind};
use crate::output::table::Table;

/// Longest line of a record, in bytes.
const LONGEST: usize = 2_000;

pub(super) fn table(context: &mut Context<'_>, records: &[Value]) -> Result<(), Failure> {
    let mut table = Table::new(["SEQ", "TIME", "KIND", "WHO", "RESULT", "WHAT"]);
    for record in records {
        table.row(cells(record));
    }
    for line in table.lines(context.output.style) {
        context.output.line(&line)?;
    }
    Ok(())
}

pub(super) fn line(record: &Value) -> String {
    one_line(&cells(record).join("  "), LONGEST)
}

fn cells(record: &Value) -> [String; 6] {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let result = [&record["verdict"], &record["outcome"]];
    let result = result.into_iter().find(|value| value.is_string());
    // Who did it; the agent that it is about may be another.
    let who = match text(&record["actor"]["id"]) {
        nobody if nobody.is_empty() => text(&record["agentId"]),
        actor => actor,
    };
    [
        record["seq"].to_string(),
        rfc3339(record["at"].as_i64().unwrap_or(0)),
        text(&record["kind"]),
        who,
        result.map(text).unwrap_or_default(),
        text(&record["what"]),
    ]
}

pub(super) fn report(context: &mut Context<'_>, report: &Value) -> Result<(), Failure> {
    let number = |value: &Value| value.as_u64().unwrap_or(0);
    let broken = &report["broken"];
    if broken.is_null() {
        let records = number(&report["records"]);
        let word = match ranges(report).is_empty() {
            true => "intact",
            false => "intact, but not proven",
        };
        context.output.line(&format!("{word}: {records} records"))?;
    } else {
        let (seq, kind) = (number(&broken["seq"]), broken["kind"].as_str());
        let kind = one_line(kind.unwrap_or_default(), 40);
        context.output.line(&format!("broken at {seq}: {kind}"))?;
    }
    for range in ranges(report) {
        let text = one_line(range["text"].as_str().unwrap_or_default(), 400);
        context.output.line(&format!("not proven: {text}"))?;
    }
    if report["headIsSealed"] == true {
        context.output.note(
            "what --head counts was sealed away since: that the log went on from there is all that it shows",
        );
    }
    let checkpoint = &report["checkpoint"];
    if checkpoint.is_null() && broken.is_null() {
        context
            .output
            .note("none of them is signed yet: nothing would show that later ones were cut off");
    } else if checkpoint.is_null() {
        context.output.note("no checkpoint was found right");
    } else {
        let size = number(&checkpoint["size"]);
        let root = one_line(checkpoint["root"].as_str().unwrap_or_default(), 64);
        let at = checkpoint["at"].as_i64();
        let at = at.map_or_else(String::new, |at| format!(" at {}", rfc3339(at)));
        let words = format!("signed: {size} records{at}, root {root}");
        context.output.line(&words)?;
    }
    match report["key"].as_str() {
        Some(key) => context.output.line(&format!("key: {}", one_line(key, 200))),
        None => Ok(()),
    }
}

fn ranges(report: &Value) -> &[Value] {
    let ranges = report["unproven"].as_array();
    ranges.map(Vec::as_slice).unwrap_or_default()
}

/// What to do about records that nobody can prove; none where all are proven.
pub(super) fn unproven(report: &Value) -> Option<Failure> {
    let last = ranges(report).last()?;
    let text = "nothing in the audit was tampered with as far as it is proven, and not all of it is: nobody can say who wrote those records, or what was there before them";
    let failure = Failure::new(FailureKind::Unproven, "auditUnproven", text);
    let (Some(first), Some(end)) = (last["first"].as_u64(), last["last"].as_u64()) else {
        return Some(failure.next(
            "where nobody took the state folder away to begin anew, find out who could; an export or a backup has what it had",
        ));
    };
    let (before, limit) = (end.saturating_add(1), end.saturating_sub(first) + 1);
    Some(failure.next(format!(
        "read them: `gatehouse audit list --before {before} --limit {limit}`; where the computer did not go down and the key was there, somebody else wrote them"
    )))
}
