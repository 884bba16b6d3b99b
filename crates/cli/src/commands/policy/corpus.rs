//! `policy check --corpus`: a file of commands, each with or without the verdict that it should have.

use std::path::Path;

use gatehouse_policy::{Finding, Verdict};
use serde::{Deserialize, Serialize};

use super::super::Context;
use super::read_text;
use super::trial::Trial;
use crate::args::On;
use crate::failure::{Failure, FailureKind};
use crate::output::table::Table;

/// A line of the file. What else it has is not ours.
#[derive(Deserialize)]
struct Labelled {
    command: String,
    #[serde(default)]
    verdict: Option<Verdict>,
}

#[derive(Serialize)]
struct Judged<'a> {
    command: &'a str,
    verdict: Verdict,
    findings: &'a [Finding],
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<Verdict>,
}

/// The last line. The three after `labelled` are about the commands that have a label.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Totals {
    total: usize,
    allow: usize,
    ask: usize,
    deny: usize,
    labelled: usize,
    /// As the label says.
    exact: usize,
    /// Labelled deny and allowed.
    denied_but_allowed: usize,
    /// Labelled allow and not allowed.
    allowed_but_held: usize,
}

pub(super) fn run(context: &mut Context<'_>, on: &On, file: &Path) -> Result<(), Failure> {
    let trial = Trial::for_many(context, on)?;
    let text = read_text(file)?;
    let mut totals = Totals::default();
    let mut differences = Table::new(["EXPECTED", "VERDICT", "COMMAND"]);
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let labelled: Labelled = serde_json::from_str(line).map_err(|error| {
            Failure::usage(format!("{}:{}: {error}", file.display(), number + 1))
                .next(r#"each line looks like {"command": "ls", "verdict": "allow"}"#)
        })?;
        let decision = trial.decide(&labelled.command);
        totals.add(decision.verdict, labelled.verdict);
        if context.output.is_json() {
            context.output.value_line(&Judged {
                command: &labelled.command,
                verdict: decision.verdict,
                findings: &decision.findings,
                expected: labelled.verdict,
            })?;
        }
        if let Some(expected) = labelled
            .verdict
            .filter(|expected| *expected != decision.verdict)
        {
            differences.row([word(expected), word(decision.verdict), labelled.command]);
        }
    }
    if context.output.is_json() {
        context.output.value_line(&totals)?;
    } else {
        if totals.exact < totals.labelled {
            for line in differences.lines(context.output.style) {
                context.output.line(&line)?;
            }
        }
        context.output.line(&totals.in_words())?;
    }
    totals.outcome()
}

impl Totals {
    fn add(&mut self, verdict: Verdict, expected: Option<Verdict>) {
        self.total += 1;
        match verdict {
            Verdict::Allow => self.allow += 1,
            Verdict::Ask => self.ask += 1,
            Verdict::Deny => self.deny += 1,
        }
        let Some(expected) = expected else { return };
        self.labelled += 1;
        match (expected, verdict) {
            (expected, verdict) if expected == verdict => self.exact += 1,
            (Verdict::Deny, Verdict::Allow) => self.denied_but_allowed += 1,
            (Verdict::Allow, _) => self.allowed_but_held += 1,
            _ => {}
        }
    }

    /// A command that must be denied and is allowed is a failure; what is only asked about is not.
    fn outcome(&self) -> Result<(), Failure> {
        match self.denied_but_allowed {
            0 => Ok(()),
            count => Err(Failure::new(
                FailureKind::General,
                "corpus",
                format!("{count} of the commands that must be denied are allowed"),
            )),
        }
    }

    fn in_words(&self) -> String {
        let Self {
            total,
            allow,
            ask,
            deny,
            labelled,
            exact,
            ..
        } = self;
        let verdicts = format!("{total} commands: {allow} allowed, {ask} ask, {deny} denied");
        if *labelled == 0 {
            return verdicts;
        }
        format!(
            "{verdicts}; {exact} of {labelled} as labelled, {} that must be denied allowed, {} harmless ones held up",
            self.denied_but_allowed, self.allowed_but_held
        )
    }
}

fn word(verdict: Verdict) -> String {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::Ask => "ask",
        Verdict::Deny => "deny",
    }
    .to_owned()
}
