//! The only place that prints. Answers go to stdout, everything else to stderr.
//!
//! What an agent or a gateway wrote reaches a terminal escaped only: the texts that commands pass have been through
//! `gatehouse_protocol::untrusted`, and JSON is printed with `\u` escapes for what could not be seen.

pub(crate) mod age;
pub(crate) mod style;
pub(crate) mod table;

use std::io::{IsTerminal, Write};

use gatehouse_protocol::untrusted;
use serde::Serialize;
use serde_json::Value;

use crate::environment::Environment;
use crate::failure::{Failure, FailureKind};
use style::Style;

/// Longest field of a refusal on a terminal; `--json` has all of it.
const MOST_OF_A_FIELD: usize = 4_000;

/// Where a command says things.
pub(crate) struct Output {
    json: bool,
    /// For stdout; stderr has its own.
    pub(crate) style: Style,
    error_style: Style,
    /// Whether a person looks at stderr.
    hints: bool,
    stdout: Box<dyn Write + Send>,
}

impl Output {
    /// Stdout and stderr, coloured where they are terminals and `NO_COLOR` is not set (no-color.org).
    pub(crate) fn to_terminal(json: bool, environment: &Environment) -> Self {
        let plain =
            environment.get("NO_COLOR").is_some() || environment.get("TERM") == Some("dumb");
        let style = |is_terminal: bool| Style::new(is_terminal && !plain && !json);
        Self {
            json,
            style: style(std::io::stdout().is_terminal()),
            error_style: style(std::io::stderr().is_terminal()),
            hints: std::io::stderr().is_terminal() && !json,
            stdout: Box::new(std::io::stdout()),
        }
    }

    /// Says nothing.
    pub(crate) fn quiet() -> Self {
        Self {
            json: false,
            style: Style::new(false),
            error_style: Style::new(false),
            hints: false,
            stdout: Box::new(std::io::sink()),
        }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// A line of the answer.
    pub(crate) fn line(&mut self, text: &str) -> Result<(), Failure> {
        writeln!(self.stdout, "{text}")?;
        Ok(self.stdout.flush()?)
    }

    /// A piece of a line that is still growing.
    pub(crate) fn piece(&mut self, text: &str) -> Result<(), Failure> {
        write!(self.stdout, "{text}")?;
        Ok(self.stdout.flush()?)
    }

    /// The whole answer as JSON.
    pub(crate) fn value(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value).map_err(not_json)?;
        self.line(&untrusted::json(&text))
    }

    /// One of many answers, as a line of JSON.
    pub(crate) fn value_line(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string(value).map_err(not_json)?;
        self.line(&untrusted::json(&text))
    }

    /// Bytes as they are: completions.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.stdout.write_all(bytes)?;
        Ok(self.stdout.flush()?)
    }

    /// Something to know that is not the answer.
    pub(crate) fn note(&self, text: &str) {
        say(&self.error_style.dim(text));
    }

    /// As `note`, but only where a person looks.
    pub(crate) fn hint(&self, text: &str) {
        if self.hints {
            self.note(text);
        }
    }

    /// What a gateway said to a request that it refused, a line for each field. In JSON the failure has it.
    pub(crate) fn refusal(&self, refusal: &Value) {
        let fields = refusal.as_object().filter(|_| !self.json);
        for (name, value) in fields.into_iter().flatten() {
            let text = match value {
                Value::String(text) => untrusted::one_line(text, MOST_OF_A_FIELD),
                // In JSON what could not be seen is written in ASCII, so that it cannot be cut within a character.
                value => untrusted::one_line(&untrusted::json(&value.to_string()), MOST_OF_A_FIELD),
            };
            let name = untrusted::one_line(name, MOST_OF_A_FIELD);
            say(&format!(
                "{} {text}",
                self.error_style.dim(&format!("{name}:"))
            ));
        }
    }

    /// What went wrong and what to do next.
    pub(crate) fn failure(&self, failure: &Failure) {
        if failure.kind == FailureKind::NobodyReads {
            return;
        }
        if self.json {
            let error = serde_json::json!({ "error": failure });
            say(&untrusted::json(&error.to_string()));
            return;
        }
        let error = self.error_style.bad("error:");
        say(&format!("{error} {}", failure.message));
        if let Some(next) = &failure.next {
            say(&format!("{} {next}", self.error_style.dim("next:")));
        }
    }
}

/// A line on stderr. Where nobody reads it there is nobody to tell, and the exit status still says how it went.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn not_json(error: serde_json::Error) -> Failure {
    Failure::new(FailureKind::General, "badAnswer", error.to_string())
}
