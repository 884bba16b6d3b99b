//! What a call brings beside its command or its address: variables, headers, credentials, and an input that stays
//! open. A person is told all of it, and the values, since none of it is in the command's words.

use serde_json::Value;

use super::baseline::finding;
use super::given::{self, credentials, texts};
use super::request::{Act, Request};
use crate::analysis::Analysis;
use crate::place;
use crate::shell;
use crate::verdict::{Finding, Verdict};
use crate::world::World;

/// A program that runs what it reads is left running.
pub(super) const OPEN: &str = "open-input";
/// A value is longer than anyone is shown.
pub(super) const UNSEEN: &str = "env-unseen";

/// Variables that a call may set without a question: they change how something looks or is logged.
const HARMLESS: &[&str] = &[
    "LANG",
    "LC_ALL",
    "TZ",
    "TERM",
    "NO_COLOR",
    "FORCE_COLOR",
    "CI",
    "COLUMNS",
    "LINES",
    "NODE_ENV",
    "RUST_BACKTRACE",
    "RUST_LOG",
    "DEBUG",
    "PORT",
    "HOST",
];

/// So much of a value is shown, in characters.
const LONGEST: usize = 1_000;

/// They run commands that are typed at them, where they have a terminal.
const PAGERS: &[&str] = &[
    "less", "gless", "lv", "zless", "more", "zmore", "most", "pg",
];

/// Where a program is said to run what it is given to read.
const READS_COMMANDS: &[&str] = &["shell-input", "code-input"];

impl Analysis {
    /// With what the variables that the call sets do, as if they stood before the command: what is denied there is
    /// denied here. `arguments` are those of the tool.
    #[must_use]
    pub fn called_with(mut self, arguments: &Value, world: &World<'_>) -> Self {
        for (name, value) in variables(arguments) {
            // A program may read `npm_config_script-shell` as the name that a shell can write.
            let name = name.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
            let line = format!("{name}={} true", quoted(value));
            let analysis = shell::analyse(&line, world);
            if analysis.findings.is_empty() && analysis.effects.is_empty() {
                continue;
            }
            self.verdict = self.verdict.max(analysis.verdict);
            // Places in that line are no places in the command.
            let analysis = analysis.unplaced();
            self.findings.extend(analysis.findings);
            self.effects.extend(analysis.effects);
        }
        self.findings
            .sort_by_key(|finding| std::cmp::Reverse(finding.verdict));
        self
    }
}

/// What a call brings beside what it is about.
pub(super) fn findings(request: &Request<'_>) -> Vec<Finding> {
    let arguments = request.arguments;
    match &request.act {
        Act::Command(analysis) => {
            let set = variables(arguments).map(|(name, value)| variable(name, value));
            let words = given::in_words(&analysis.plan);
            set.chain(words)
                .chain(left_open(analysis, arguments))
                .collect()
        }
        Act::Fetch(fetch) => {
            let headers = texts(arguments, "headers").collect::<Vec<_>>();
            let used = given::names(request).into_iter().map(|name| {
                let text = format!("sends the credential {name} to {}", fetch.host);
                finding(Verdict::Allow, "sends-credential", text)
            });
            let sent = headers.iter().map(|(name, value)| {
                let text = format!("sends the header {name}: {}", shown(value));
                finding(Verdict::Allow, "sends-header", text)
            });
            used.chain(sent).collect()
        }
        _ => Vec::new(),
    }
}

fn variable(name: &str, value: &str) -> Finding {
    if let Some(credential) = credentials(value).next() {
        let text = format!("runs with the credential {credential} in the variable {name}");
        return finding(Verdict::Ask, "env-credential", text);
    }
    if value.chars().count() > LONGEST {
        let text = format!("runs with {name}={} set by the call", shown(value));
        return finding(Verdict::Ask, UNSEEN, text);
    }
    let (verdict, code) = match HARMLESS.contains(&name) {
        true => (Verdict::Allow, "env-harmless"),
        false => (Verdict::Ask, "env-set"),
    };
    let text = format!("runs with {name}={} set by the call", shown(value));
    finding(verdict, code, text)
}

/// What is left running with an input that can be written to later.
fn left_open(analysis: &Analysis, arguments: &Value) -> Option<Finding> {
    let is = |name: &str| arguments.get(name).and_then(Value::as_bool) == Some(true);
    if !is("pty") && !is("background") {
        return None;
    }
    let mut found = analysis.findings.iter();
    if found.any(|one| READS_COMMANDS.contains(&one.code.as_str())) {
        let text = "It stays open and runs whatever it is given later.";
        return Some(finding(Verdict::Ask, OPEN, text));
    }
    let mut named = analysis.commands.iter().filter_map(|one| one.argv.first());
    if is("pty") && named.any(|name| PAGERS.contains(&place::name(name))) {
        let text = "A pager on a terminal can run commands that are typed at it.";
        return Some(finding(Verdict::Ask, "pager-on-terminal", text));
    }
    None
}

fn variables(arguments: &Value) -> impl Iterator<Item = (&str, &str)> {
    texts(arguments, "env")
}

/// A value in one line. What cannot be seen is written out.
fn shown(value: &str) -> String {
    let begin: String = value.chars().take(LONGEST).collect();
    let rest = value.chars().count().saturating_sub(LONGEST);
    let plain = |c: char| c.is_ascii_graphic();
    let text = match !begin.is_empty() && begin.chars().all(plain) {
        true => begin,
        false => format!("{begin:?}"),
    };
    match rest {
        0 => text,
        more => format!("{text} (and {more} characters more)"),
    }
}

fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}
