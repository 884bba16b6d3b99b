//! From a tool call to its result: resolve, govern, resolve again, run, report.
//!
//! This is the only place in the crate that runs a tool.

use std::{sync::Arc, time::Duration};

use serde_json::Value;

use super::{CallContext, Tool, ToolError, ToolOutput, Toolbox};
use crate::{
    govern::{Action, Effect, Governor, ToolOutcome, Verdict},
    launch::Launch,
    message::Content,
};

/// What a decision may take before it is taken for a person's.
const NOBODY_ASKED: Duration = Duration::from_secs(1);

/// Runs tool calls under a governor.
#[derive(Clone)]
pub(crate) struct Invoker {
    pub(crate) toolbox: Toolbox,
    pub(crate) governor: Arc<dyn Governor>,
}

/// What became of a call.
#[derive(Debug)]
pub(crate) enum Invocation {
    Finished(ToolOutput),
    /// The run was stopped before the call finished.
    Aborted,
}

impl Invoker {
    /// Makes a call. Every failure becomes an output that the model can read.
    pub(crate) async fn invoke(
        &self,
        name: &str,
        arguments: &Value,
        call: &CallContext,
    ) -> Invocation {
        let Some(tool) = self.toolbox.find(name) else {
            let unknown = ToolError::Unknown(name.to_owned());
            return self.meaningless(name, arguments, &unknown, call).await;
        };
        let effect = match tool.resolve(arguments, call).await {
            Ok(effect) => effect,
            Err(error) => return self.meaningless(name, arguments, &error, call).await,
        };
        let action = action(name, arguments, effect, call);
        let verdict = tokio::select! {
            biased;
            () = call.cancel.cancelled() => None,
            verdict = self.judged(&action, call) => Some(verdict),
        };
        match verdict {
            None => self.report(&action, ToolOutcome::Aborted, call).await,
            Some(Verdict::Deny { reason, code }) => {
                let denied = ToolOutcome::Denied { reason, code };
                self.report(&action, denied, call).await
            }
            Some(Verdict::Allow { launch, note, .. }) => {
                let outcome = run_allowed(&*tool, &action, launch, call).await;
                let outcome = with_note(outcome, note);
                self.report(&action, outcome, call).await
            }
        }
    }

    /// The governor's word. A run that waits for a person's gives its place back meanwhile.
    async fn judged(&self, action: &Action, call: &CallContext) -> Verdict {
        let mut verdict = self.governor.govern(action);
        tokio::select! {
            biased;
            verdict = &mut verdict => return verdict,
            () = tokio::time::sleep(NOBODY_ASKED) => call.seat.give_back(),
        }
        verdict.await
    }

    /// What is tried and means nothing is told, too: it may be a search for a way out.
    pub(crate) async fn meaningless(
        &self,
        name: &str,
        arguments: &Value,
        error: &ToolError,
        call: &CallContext,
    ) -> Invocation {
        let action = action(name, arguments, Effect::None, call);
        self.governor.meaningless(&action, &error.to_string()).await;
        Invocation::Finished(ToolOutput::failed(error))
    }

    /// Whoever hears of an output hears of it without secrets.
    async fn report(
        &self,
        action: &Action,
        outcome: ToolOutcome,
        call: &CallContext,
    ) -> Invocation {
        let outcome = match outcome {
            ToolOutcome::Ran(output) => ToolOutcome::Ran(clean(output, call).await),
            other => other,
        };
        self.governor.outcome(action, &outcome).await;
        match outcome {
            ToolOutcome::Ran(output) => Invocation::Finished(output),
            ToolOutcome::Denied { reason, code } => {
                Invocation::Finished(ToolOutput::denied(&reason, code))
            }
            ToolOutcome::Changed => Invocation::Finished(ToolOutput::denied(
                "what the call would do changed between the question and the run, so it did not run",
                Some("changed"),
            )),
            ToolOutcome::Aborted => Invocation::Aborted,
        }
    }
}

/// Images are looked through off the async threads: they are long.
async fn clean(output: ToolOutput, call: &CallContext) -> ToolOutput {
    let is_image = |content: &Content| matches!(content, Content::Image { .. });
    if !output.content.iter().any(is_image) {
        return call.secrets.clean(output);
    }
    let secrets = call.secrets.clone();
    let cleaned = tokio::task::spawn_blocking(move || secrets.clean(output)).await;
    cleaned.unwrap_or_else(|_| ToolOutput::error("the image could not be looked through"))
}

/// Puts a note for the model before the output.
fn with_note(outcome: ToolOutcome, note: Option<String>) -> ToolOutcome {
    match (outcome, note) {
        (ToolOutcome::Ran(mut output), Some(note)) => {
            output.content.insert(0, Content::text(note));
            ToolOutcome::Ran(output)
        }
        (outcome, _) => outcome,
    }
}

/// Runs an action if it still means what was allowed.
async fn run_allowed(
    tool: &dyn Tool,
    action: &Action,
    launch: Option<Launch>,
    call: &CallContext,
) -> ToolOutcome {
    let again = tool.resolve(&action.arguments, call).await;
    if !matches!(&again, Ok(effect) if *effect == action.effect) {
        return ToolOutcome::Changed;
    }
    if call.cancel.is_cancelled() {
        return ToolOutcome::Aborted;
    }
    // A tool that is stopped on its way says what it did until then.
    let (effect, arguments) = (&action.effect, &action.arguments);
    let result = match &launch {
        Some(launch) => tool.launch(launch, effect, arguments, call).await,
        None => tool.run(effect, arguments, call).await,
    };
    ToolOutcome::Ran(result.unwrap_or_else(|error| ToolOutput::failed(&error)))
}

fn action(name: &str, arguments: &Value, effect: Effect, call: &CallContext) -> Action {
    Action {
        tool: name.to_owned(),
        arguments: arguments.clone(),
        effect,
        agent_id: call.agent_id.to_string(),
        session_key: call.session_key.to_string(),
        run_id: call.run_id.to_string(),
        tool_call_id: call.tool_call_id.clone(),
        workspace: call.workspace.clone(),
        told_by: call.told_by.to_vec(),
    }
}
