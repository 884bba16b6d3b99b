//! `logs`: the end of the gateway's log, and what is written from then on.

use std::time::Duration;

use gatehouse_client::ConnectionState;
use gatehouse_protocol::methods::{LogsTail, LogsTailParams};
use gatehouse_protocol::untrusted::{Policy, escape, one_line};
use serde::Serialize;
use serde_json::Value;

use super::Context;
use crate::args::LogsArgs;
use crate::dial::Link;
use crate::failure::{Failure, FailureKind};

/// How often a followed log is asked for more, as the reference command line does.
const PAUSE: Duration = Duration::from_secs(1);

/// The most lines that a gateway gives at a time.
const MOST: u32 = 5_000;

/// Characters of a field that are shown. `--json` has all of it.
const FIELD_MAX: usize = 400;

/// A line of the log. `record` when the gateway writes JSON, as OpenClaw does.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogLine<'a> {
    raw: &'a str,
    record: Option<Value>,
}

pub(super) async fn run(context: &mut Context<'_>, args: LogsArgs) -> Result<(), Failure> {
    let link = context.link(args.target).await?;
    let mut cursor = None;
    let mut is_away = false;
    loop {
        let params = LogsTailParams {
            cursor,
            // How much of the end is wanted, and then all that comes.
            limit: Some(cursor.map_or(args.limit, |_| MOST)),
            max_bytes: None,
        };
        let tail = match link.read::<LogsTail>(params).await {
            Ok(tail) => tail,
            Err(failure) if args.follow && comes_back(&link, &failure) => {
                if !std::mem::replace(&mut is_away, true) {
                    context.output.note("the connection broke; trying again");
                }
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            Err(failure) => return Err(failure),
        };
        if std::mem::take(&mut is_away) {
            context.output.note("connected again");
        }
        if tail.reset && cursor.is_some() {
            context.output.note("the log began anew");
        } else if tail.truncated && cursor.is_some() {
            context
                .output
                .note("more came at once than the gateway gives: some lines are left out");
        }
        for line in &tail.lines {
            print(context, line)?;
        }
        cursor = tail.cursor.or(cursor);
        if !args.follow {
            link.close().await;
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Whether the connection broke and is still being tried.
fn comes_back(link: &Link, failure: &Failure) -> bool {
    let is_over = matches!(
        *link.connection.state().borrow(),
        ConnectionState::Closed { .. } | ConnectionState::PairingRequired { .. }
    );
    failure.kind == FailureKind::Unreachable && !is_over
}

fn print(context: &mut Context<'_>, raw: &str) -> Result<(), Failure> {
    let record: Option<Value> = serde_json::from_str(raw).ok().filter(Value::is_object);
    if context.output.is_json() {
        return context.output.value_line(&LogLine { raw, record });
    }
    let shown = record.as_ref().and_then(readable);
    let shown = shown.unwrap_or_else(|| raw.to_owned());
    context.output.line(&escape(&shown, Policy::Command).text)
}

/// Time, level and words of a record, when it has them where log libraries put them.
fn readable(record: &Value) -> Option<String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let meta = &record["_meta"];
    let time = text(&record["time"])
        .or_else(|| text(&meta["date"]))
        .or_else(|| text(&record["timestamp"]))?;
    let level = text(&meta["logLevelName"])
        .or_else(|| text(&record["level"]))
        .unwrap_or_default();
    let words = text(&record["message"])
        .or_else(|| text(&record["fields"]["message"]))
        .or_else(|| numbered(record))?;
    let more = fields(record);
    Some(format!("{time}  {level:<5}  {words}{more}"))
}

/// What a record says beside its words: ` error=no answer run=3f`.
fn fields(record: &Value) -> String {
    let places = [&record["fields"], &record["1"]];
    let fields = places.into_iter().filter_map(Value::as_object).flatten();
    let fields = fields.filter(|(name, _)| *name != "message");
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    fields
        .map(|(name, value)| format!("  {name}={}", one_line(&text(value), FIELD_MAX)))
        .collect()
}

/// A record whose words are in the fields `0`, `1`, …; the last text is the message, those before say where from.
fn numbered(record: &Value) -> Option<String> {
    let parts: Vec<&str> = (0..8)
        .map_while(|place| record.get(place.to_string()))
        .filter_map(Value::as_str)
        .filter(|part| !part.starts_with('{'))
        .collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_record_is_shown_as_time_level_and_words() {
        let record = json!({"0": "{\"subsystem\":\"gateway\"}", "1": "ready", "_meta": {"logLevelName": "INFO"},
            "time": "2026-11-21T16:00:00.000Z"});
        assert_eq!(
            readable(&record).unwrap(),
            "2026-11-21T16:00:00.000Z  INFO   ready"
        );
    }

    #[test]
    fn a_record_says_why_on_its_line() {
        let record = json!({"timestamp": "2026-11-21T16:00:00Z", "level": "WARN", "target": "runs",
            "fields": {"message": "a run failed", "error": "no\nanswer", "attempt": 3}});
        let shown = readable(&record).unwrap();
        assert!(shown.contains("WARN   a run failed  "), "{shown}");
        assert!(shown.contains("attempt=3"), "{shown}");
        assert!(shown.contains("error=no"), "{shown}");
        assert_eq!(shown.lines().count(), 1, "{shown}");
    }

    #[test]
    fn a_record_of_our_own_is_shown_with_its_fields() {
        let record = json!({"0": "a run failed", "1": {"attempt": 3}, "_meta": {"logLevelName": "WARN"},
            "time": "2026-11-21T16:00:00Z"});
        assert_eq!(
            readable(&record).unwrap(),
            "2026-11-21T16:00:00Z  WARN   a run failed  attempt=3"
        );
    }

    #[test]
    fn what_is_no_such_record_is_shown_as_it_is() {
        assert_eq!(readable(&json!({"a": 1})), None);
    }
}
