//! `doctor`: the walk to a gateway, with words.

use gatehouse_client::doctor::{CheckedStep, Diagnosis, DoctorStep, StepOutcome};
use gatehouse_protocol::untrusted::one_line;
use serde::Serialize;

use super::Context;
use crate::args::Target;
use crate::dial::Dial;
use crate::failure::Failure;
use crate::output::style::Style;
use crate::problem_words;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    url: &'a str,
    ok: bool,
    steps: &'a [CheckedStep],
    stopped_at: Option<&'static str>,
}

pub(super) async fn run(context: &mut Context<'_>, target: Target) -> Result<(), Failure> {
    let dial = context.dial(target)?;
    let style = context.output.style;
    let mut lines = Vec::new();
    let diagnosis = dial
        .examine(context.environment, |checked| {
            lines.push(line(checked, style, &dial))
        })
        .await;
    let stopped = diagnosis.stopped();
    let shown = show(context, &dial, &diagnosis, &lines);
    match stopped {
        None => shown,
        // Also where nobody reads on: what was found is told by the exit status.
        Some((_, problem)) => Err(problem_words::failure(problem, &dial)),
    }
}

fn show(
    context: &mut Context<'_>,
    dial: &Dial,
    diagnosis: &Diagnosis,
    lines: &[String],
) -> Result<(), Failure> {
    let stopped = diagnosis.stopped();
    if context.output.is_json() {
        return context.output.value(&Report {
            url: dial.url.as_str(),
            ok: stopped.is_none(),
            steps: &diagnosis.steps,
            stopped_at: stopped.map(|(step, _)| step.name()),
        });
    }
    context.output.line(dial.url.as_str())?;
    for line in lines {
        context.output.line(line)?;
    }
    Ok(())
}

fn line(checked: &CheckedStep, style: Style, dial: &Dial) -> String {
    let (mark, fact) = match &checked.outcome {
        StepOutcome::Passed { fact } => (style.good("ok  "), fact.clone().unwrap_or_default()),
        StepOutcome::NotNeeded => (style.dim("-   "), "not needed".to_owned()),
        StepOutcome::Stopped { problem } => (
            style.bad("STOP"),
            problem_words::failure(problem, dial).code,
        ),
        StepOutcome::NotReached => (style.dim("    "), "not reached".to_owned()),
    };
    let what = describe(checked.step);
    let fact = one_line(&fact, 300);
    format!("  {mark}  {what:<36}  {fact}")
        .trim_end()
        .to_owned()
}

fn describe(step: DoctorStep) -> &'static str {
    match step {
        DoctorStep::Name => "the name has an address",
        DoctorStep::Tcp => "something listens there",
        DoctorStep::Tls => "TLS, and the certificate is trusted",
        DoctorStep::Upgrade => "it takes a WebSocket",
        DoctorStep::Challenge => "it greets as a gateway does",
        DoctorStep::Auth => "the secret is the right one",
        DoctorStep::Pairing => "this device is let in",
        DoctorStep::Scopes => "it may do what was asked for",
    }
}
