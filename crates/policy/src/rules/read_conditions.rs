//! Reads what a rule is about.

use serde_json::Value;

use super::command::CommandPattern;
use super::host::read_host;
use super::locate::key;
use super::model::{
    ArgumentTest, Conditions, EFFECT_KINDS, EffectTest, RATE_BY, Rate, RateBy, ValueTest, ZONES,
};
use super::path::PathPattern;
use super::pattern::{Case, Pattern};
use super::reader::{At, Reader};
use super::time::{DAYS, Window, read_clock};
use super::url::UrlPattern;

const KEYS: [&str; 14] = [
    "tool",
    "command",
    "notCommand",
    "not_command",
    "args",
    "paths",
    "hosts",
    "urls",
    "agents",
    "sessions",
    "channels",
    "time",
    "effects",
    "rate",
];

/// Reads the conditions of a rule; `open` where it is one that allows.
pub(super) fn read(reader: &mut Reader, at: &At<'_>, open: bool) -> Option<Conditions> {
    let entries = reader.object(at, "match", &KEYS)?;
    if entries.is_empty() {
        reader.warning(
            &at.path,
            "is empty: the rule is about everything that agents do",
        );
    }
    let names = |text: &str| Pattern::read(text, Case::Sensitive);
    let mut patterns = |name: &str, read: &dyn Fn(&str) -> Result<Pattern, String>| {
        let at = at.get(name)?;
        Some(reader.texts(&at, read))
    };
    let mut conditions = Conditions {
        tools: patterns("tool", &names),
        hosts: patterns("hosts", &read_host),
        agents: patterns("agents", &names),
        sessions: patterns("sessions", &names),
        channels: patterns("channels", &names),
        ..Conditions::default()
    };
    conditions.urls = at.get("urls").map(|at| reader.texts(&at, UrlPattern::read));
    conditions.paths = at
        .get("paths")
        .map(|at| reader.texts(&at, PathPattern::read));
    conditions.commands = at.get("command").map(|at| read_commands(reader, &at));
    let other = at.get("not_command");
    if let (Some(_), Some(other)) = (at.get("notCommand"), &other) {
        reader.error(&other.path, "is the same as notCommand, which is there too");
    }
    let not = at.get("notCommand").or(other);
    conditions.not_commands = not.map(|at| read_commands(reader, &at));
    conditions.arguments = at
        .get("args")
        .map_or_else(Vec::new, |at| read_arguments(reader, &at));
    conditions.time = at.get("time").and_then(|at| read_time(reader, &at));
    conditions.effects = at.get("effects").map(|at| read_effects(reader, &at));
    conditions.rate = at.get("rate").and_then(|at| read_rate(reader, &at));
    if open {
        warn_about_open(reader, at, &conditions);
    }
    Some(conditions)
}

/// What a rule that allows cannot do, told before somebody relies on it.
fn warn_about_open(reader: &mut Reader, at: &At<'_>, conditions: &Conditions) {
    let named = conditions.commands.iter().flatten();
    if named.into_iter().any(|pattern| !pattern.is_exact()) {
        let path = key(&at.path, "command");
        reader.warning(
            &path,
            "a pattern cannot make an action run without asking, only a command written out in full can",
        );
    }
    if conditions.rate.is_some() {
        let path = key(&at.path, "rate");
        reader.warning(
            &path,
            "allows what is too often; a limit belongs into a rule that asks or denies",
        );
    }
}

/// A text, or a list of texts and of lists of words.
fn read_commands(reader: &mut Reader, at: &At<'_>) -> Vec<CommandPattern> {
    let mut out = Vec::new();
    for item in reader.filled(at) {
        let read = match item.value {
            Value::Array(words) => {
                let words: Option<Vec<_>> = words
                    .iter()
                    .map(|word| word.as_str().map(str::to_owned))
                    .collect();
                words.map_or_else(
                    || Err("is a list of words in quotes".to_owned()),
                    |words| CommandPattern::words(&words),
                )
            }
            _ => match reader.text(&item) {
                Some(text) => CommandPattern::read(text),
                None => continue,
            },
        };
        match read {
            Ok(pattern) => out.push(pattern),
            Err(message) => reader.error(&item.path, message),
        }
    }
    out
}

fn read_arguments(reader: &mut Reader, at: &At<'_>) -> Vec<ArgumentTest> {
    let Value::Object(entries) = at.value else {
        reader.error(&at.path, "is an object: {\"/pointer\": {eq: …}}");
        return Vec::new();
    };
    let mut out = Vec::new();
    for pointer in entries.keys() {
        let Some(inner) = at.get(pointer) else {
            continue;
        };
        if !pointer.is_empty() && !pointer.starts_with('/') {
            reader.note(
                super::problem::Severity::Error,
                &inner.path,
                format!("{pointer:?} is no JSON pointer: it begins with a slash"),
                Some(format!("/{pointer}")),
            );
            continue;
        }
        out.push(ArgumentTest {
            pointer: pointer.clone(),
            tests: read_tests(reader, &inner),
        });
    }
    out
}

fn read_tests(reader: &mut Reader, at: &At<'_>) -> Vec<ValueTest> {
    if !at.value.is_object() {
        return vec![ValueTest::Equal(at.value.clone())];
    }
    let keys = ["eq", "glob", "regex", "min", "max"];
    let Some(entries) = reader.object(at, "a test of an argument", &keys) else {
        return Vec::new();
    };
    if entries.is_empty() {
        reader.error(&at.path, "tests nothing: eq, glob, regex, min or max");
    }
    let mut tests = Vec::new();
    if let Some(at) = at.get("eq") {
        tests.push(ValueTest::Equal(at.value.clone()));
    }
    let glob = |text: &str| Pattern::glob(text, None, Case::Sensitive);
    for (name, read) in [
        ("glob", &glob as &dyn Fn(&str) -> Result<Pattern, String>),
        ("regex", &read_regex),
    ] {
        let Some(at) = at.get(name) else { continue };
        tests.push(ValueTest::Matches(reader.texts(&at, read)));
    }
    for (name, test) in [
        ("min", ValueTest::AtLeast as fn(f64) -> ValueTest),
        ("max", ValueTest::AtMost),
    ] {
        let Some(at) = at.get(name) else { continue };
        match at.value.as_f64() {
            Some(number) => tests.push(test(number)),
            None => reader.error(&at.path, "must be a number"),
        }
    }
    let number = |name| at.get(name).and_then(|at| at.value.as_f64());
    if let (Some(least), Some(most)) = (number("min"), number("max"))
        && least > most
    {
        reader.error(&at.path, "has a min above its max, which nothing can match");
    }
    tests
}

fn read_regex(text: &str) -> Result<Pattern, String> {
    if text.starts_with('^') {
        return Pattern::read(text, Case::Sensitive);
    }
    Err(
        "a regular expression begins with ^ and ends with $, so that it matches the whole text"
            .to_owned(),
    )
}

fn read_time(reader: &mut Reader, at: &At<'_>) -> Option<Window> {
    let entries = reader.object(at, "time", &["days", "from", "to"])?;
    if entries.is_empty() {
        reader.error(&at.path, "says no time: days, from and to");
        return None;
    }
    let days = at.get("days").map(|at| reader.words(&at, &DAYS));
    let mut clock = |name: &str| match at.get(name) {
        None => Some(0),
        Some(at) => {
            let text = reader.text(&at)?;
            read_clock(text)
                .map_err(|message| reader.error(&at.path, message))
                .ok()
        }
    };
    Some(Window {
        days: days.unwrap_or_default(),
        from: clock("from")?,
        to: clock("to")?,
    })
}

fn read_effects(reader: &mut Reader, at: &At<'_>) -> Vec<EffectTest> {
    reader
        .filled(at)
        .iter()
        .filter_map(|item| match item.value {
            Value::String(_) => Some(EffectTest {
                kinds: vec![reader.word(item, &EFFECT_KINDS)?],
                ..EffectTest::default()
            }),
            _ => read_effect(reader, item),
        })
        .collect()
}

fn read_effect(reader: &mut Reader, at: &At<'_>) -> Option<EffectTest> {
    reader.object(at, "an effect", &["kinds", "zones", "secret"])?;
    let mut test = EffectTest::default();
    if let Some(at) = at.get("kinds") {
        test.kinds = reader.words(&at, &EFFECT_KINDS);
    }
    if let Some(at) = at.get("zones") {
        test.zones = reader.words(&at, &ZONES);
    }
    if let Some(at) = at.get("secret") {
        match at.value {
            Value::Bool(secret) => test.secret = Some(*secret),
            _ => reader.error(&at.path, "is true or false"),
        }
    }
    Some(test)
}

fn read_rate(reader: &mut Reader, at: &At<'_>) -> Option<Rate> {
    reader.object(at, "rate", &["limit", "per", "by"])?;
    let Some(limit) = at.get("limit") else {
        reader.error(&at.path, "has no limit");
        return None;
    };
    let limit = reader.whole(&limit, 0, 1_000_000)?;
    let units = [("minute", 60_000), ("hour", 3_600_000), ("day", 86_400_000)];
    let window_ms = match at.get("per") {
        None => {
            reader.error(
                &at.path,
                "has no per: minute, hour, day or a number of seconds",
            );
            return None;
        }
        Some(at) if at.value.is_number() => {
            u64::try_from(reader.whole(&at, 1, 31 * 86_400)?).ok()? * 1000
        }
        Some(at) => reader.word(&at, &units)?,
    };
    let by = match at.get("by") {
        None => RateBy::Agent,
        Some(at) => reader.word(&at, &RATE_BY)?,
    };
    Some(Rate {
        limit: u64::try_from(limit).ok()?,
        window_ms,
        by,
    })
}
