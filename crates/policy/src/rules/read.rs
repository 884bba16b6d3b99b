//! From the text of a document to its rules.

use serde_json::Value;

use super::locate::{Place, Places, key};
use super::model::{Approval, Enabled, PRESETS, Preset, Rule, Vetting};
use super::problem::{Problem, Severity, nearest};
use super::read_conditions;
use super::reader::{At, Reader};
use super::text::{Json5Fault, nesting};
use super::words;
use crate::verdict::Verdict;

/// The largest document, in bytes; a rule has some hundred.
const MAX_BYTES: usize = 1 << 20;
/// More than a person can keep in mind; each costs some time in every decision.
const MAX_RULES: usize = 1000;
/// Deeper than any document; the parser is recursive.
const MAX_NESTING: usize = 64;

const KEYS: [&str; 3] = ["preset", "rules", "vetting"];
const RULE_KEYS: [&str; 9] = [
    "id",
    "description",
    "enabled",
    "verdict",
    "reason",
    "priority",
    "match",
    "approval",
    "examples",
];
const VERDICTS: [(&str, Verdict); 3] = [
    ("allow", Verdict::Allow),
    ("ask", Verdict::Ask),
    ("deny", Verdict::Deny),
];

/// A document that was read, and what is wrong with it.
#[derive(Debug)]
pub(crate) struct Document {
    /// The values, for the version and the examples.
    pub(crate) value: Value,
    pub(crate) preset: Preset,
    pub(crate) rules: Vec<Rule>,
    pub(crate) vetting: Option<Vetting>,
    pub(crate) reader: Reader,
}

/// Reads a document. What can be read is, so that all that is wrong is told at once.
pub(crate) fn read(text: &str) -> Document {
    let value = match parse(text) {
        Ok(value) => value,
        Err(problem) => {
            let mut reader = Reader::new(Places::default());
            reader.problems.push(*problem);
            return Document {
                value: Value::Null,
                preset: Preset::default(),
                rules: Vec::new(),
                vetting: None,
                reader,
            };
        }
    };
    let places = Places::of(text);
    let doubled = places.doubled.clone();
    let mut reader = Reader::new(places);
    for path in doubled {
        reader.error(&path, "is there twice; only the last would count");
    }
    let root = At::root(&value);
    let (mut preset, mut rules, mut vetting) = (Preset::default(), Vec::new(), None);
    if reader.object(&root, "a policy", &KEYS).is_some() {
        if let Some(at) = root.get("preset") {
            preset = reader.word(&at, &PRESETS).unwrap_or_default();
        }
        rules = read_rules(&mut reader, &root);
        vetting = root
            .get("vetting")
            .and_then(|at| read_vetting(&mut reader, &at));
    }
    Document {
        preset,
        rules,
        vetting,
        reader,
        value,
    }
}

fn read_vetting(reader: &mut Reader, at: &At<'_>) -> Option<Vetting> {
    reader.object(at, "vetting", &["model", "timeoutSeconds"])?;
    let Some(model) = at.get("model") else {
        reader.error(&at.path, "names no model");
        return None;
    };
    let name = reader.text(&model)?;
    if name
        .split_once('/')
        .is_none_or(|(a, b)| a.is_empty() || b.is_empty())
    {
        reader.error(&model.path, "is written provider/model");
        return None;
    }
    let seconds = match at.get("timeoutSeconds") {
        None => Vetting::USUAL_SECONDS,
        Some(at) => reader.whole(&at, 1, 120)?,
    };
    Some(Vetting {
        model: name.to_owned(),
        timeout_ms: u64::try_from(seconds).ok()? * 1000,
    })
}

fn parse(text: &str) -> Result<Value, Box<Problem>> {
    let refuse = |place: Place, message: String| {
        Box::new(Problem {
            severity: Severity::Error,
            path: String::new(),
            line: place.line,
            column: place.column,
            message,
            suggestion: None,
        })
    };
    if text.len() > MAX_BYTES {
        return Err(refuse(
            Place::START,
            format!("is longer than {MAX_BYTES} bytes"),
        ));
    }
    if nesting(text) > MAX_NESTING {
        return Err(refuse(Place::START, "is nested too deep".to_owned()));
    }
    if text.trim().is_empty() {
        let message = "is empty: write {} where no rule is wanted";
        return Err(refuse(Place::START, message.to_owned()));
    }
    json5::from_str(text).map_err(|error| {
        let fault = Json5Fault::of(&error, text);
        let Json5Fault { line, column, what } = fault;
        refuse(Place { line, column }, format!("is not JSON5: {what}"))
    })
}

fn read_rules(reader: &mut Reader, root: &At<'_>) -> Vec<Rule> {
    let Some(at) = root.get("rules") else {
        return Vec::new();
    };
    if !at.value.is_array() {
        reader.error(&at.path, "is a list: [{…}, {…}]");
        return Vec::new();
    }
    let items = at.items();
    if items.len() > MAX_RULES {
        reader.error(&at.path, format!("has more than {MAX_RULES} rules"));
    }
    let mut rules: Vec<Rule> = Vec::new();
    for item in items.iter().take(MAX_RULES) {
        let Some(rule) = read_rule(reader, item) else {
            continue;
        };
        if rules.iter().any(|other| other.id == rule.id) {
            let path = key(&item.path, "id");
            reader.error(&path, format!("{:?} is another rule's id already", rule.id));
        }
        rules.push(rule);
    }
    rules
}

fn read_rule(reader: &mut Reader, at: &At<'_>) -> Option<Rule> {
    reader.object(at, "a rule", &RULE_KEYS)?;
    let id = read_id(reader, at);
    let verdict = match at.get("verdict") {
        Some(at) => reader.word(&at, &VERDICTS),
        None => {
            reader.error(&at.path, "has no verdict: allow, ask or deny");
            None
        }
    };
    let text = |reader: &mut Reader, name: &str| {
        let at = at.get(name)?;
        reader.text(&at).map(str::to_owned)
    };
    let description = text(reader, "description");
    let reason = text(reader, "reason");
    let enabled = at
        .get("enabled")
        .map_or(Some(Enabled::Yes), |at| read_enabled(reader, &at));
    let priority = at
        .get("priority")
        .map_or(Some(0), |at| reader.whole(&at, -1_000_000, 1_000_000));
    let approval = at.get("approval").and_then(|at| read_approval(reader, &at));
    let open = verdict == Some(Verdict::Allow);
    let when = match at.get("match") {
        Some(at) => read_conditions::read(reader, &at, open)?,
        None => {
            reader.error(
                &at.path,
                "has no match: say what it is about, {} for everything",
            );
            return None;
        }
    };
    let verdict = verdict?;
    if approval.is_some() && verdict != Verdict::Ask {
        let path = key(&at.path, "approval");
        reader.warning(
            &path,
            "has no effect: only a rule that asks leads to an approval",
        );
    }
    let conditions = at.value.get("match").unwrap_or(&Value::Null);
    Some(Rule {
        id: id?,
        description,
        enabled: enabled?,
        verdict,
        reason,
        priority: priority?,
        when,
        approval,
        words: words::of(verdict, conditions),
        path: at.path.clone(),
    })
}

fn read_id(reader: &mut Reader, at: &At<'_>) -> Option<String> {
    let Some(at) = at.get("id") else {
        reader.error(&at.path, "has no id: records name a rule by it");
        return None;
    };
    let id = reader.text(&at)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let fits = id.len() <= 128
        && id.starts_with(|c: char| c.is_ascii_alphabetic())
        && id.chars().all(plain);
    if fits {
        return Some(id.to_owned());
    }
    let message = "is a letter, then letters, digits, dots, underscores and hyphens, 128 at most";
    reader.error(&at.path, message);
    None
}

fn read_enabled(reader: &mut Reader, at: &At<'_>) -> Option<Enabled> {
    match at.value {
        Value::Bool(true) => Some(Enabled::Yes),
        Value::Bool(false) => Some(Enabled::No),
        Value::String(word) if word == "shadow" => Some(Enabled::Shadow),
        other => {
            let meant = other
                .as_str()
                .and_then(|word| nearest(["shadow", "true", "false"], word));
            let message = "is true, false or \"shadow\"".to_owned();
            reader.note(Severity::Error, &at.path, message, meant);
            None
        }
    }
}

fn read_approval(reader: &mut Reader, at: &At<'_>) -> Option<Approval> {
    reader.object(at, "an approval", &["timeoutSeconds", "approvers"])?;
    let mut approval = Approval::default();
    if let Some(at) = at.get("timeoutSeconds") {
        // A day: a question that nobody answered by then is forgotten.
        let seconds = reader.whole(&at, 5, 24 * 60 * 60)?;
        approval.timeout_seconds = u32::try_from(seconds).ok()?;
    }
    if let Some(at) = at.get("approvers") {
        approval.approvers = u8::try_from(reader.whole(&at, 1, 2)?).ok()?;
    }
    Some(approval)
}
