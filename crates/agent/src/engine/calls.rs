//! The tool calls of one assistant message, each with a result in the transcript, in the order of the calls.
//!
//! Neighbours that only look run at the same time; a call that changes something has the run to itself, since the
//! one after it may count on what it did.

use std::sync::Arc;

use futures_util::future::join_all;

use super::{
    actor::Input,
    repeats::{Circle, Repeats},
    run::Run,
    run::RunError,
};
use crate::{
    event::{Emitter, RunEventKind},
    message::{Message, ToolCall, ToolResultMessage},
    tools::{CallContext, Invocation, ToolError, ToolOutput},
};

/// What a model reads in place of the result of a call that a newer message overtook; OpenClaw's words.
const SKIPPED: &str = "Skipped to process an incoming message.";

/// In place of the result of a call that the end of the run overtook.
const STOPPED: &str = "The run was stopped before this tool call ran.";

/// Tools that change nothing.
const LOOKING: &[&str] = &[
    "read",
    "ls",
    "find",
    "grep",
    "memory_search",
    "memory_get",
    "web_fetch",
    "sessions_list",
    "sessions_history",
    "session_status",
];

/// Calls that run at the same time, at most.
const MOST_TOGETHER: usize = 8;

impl Run {
    /// Makes the calls. A message that arrives in between overtakes those that have not begun; it is
    /// returned.
    pub(super) async fn make_calls(&mut self, calls: &[ToolCall]) -> Result<Vec<Input>, RunError> {
        let mut steers = Vec::new();
        let mut circle = None;
        for group in together(calls) {
            if steers.is_empty() {
                steers = self.take_steers().await;
            }
            group.iter().for_each(|call| self.tell_start(call));
            let all = |text: &str| vec![ToolOutput::error(text); group.len()];
            let outputs = if self.stop.token().is_cancelled() || circle.is_some() {
                all(STOPPED)
            } else if steers.is_empty() {
                join_all(group.iter().map(|call| self.make_call(call))).await
            } else {
                all(SKIPPED)
            };
            for (call, output) in group.iter().zip(outputs) {
                let output = match self.repeats.note(call, &output) {
                    Circle::No => output,
                    Circle::Warn => Repeats::warned(output),
                    Circle::End => {
                        circle = Some(call.name.clone());
                        output
                    }
                };
                self.keep_result(call, output).await?;
            }
        }
        match circle {
            // Whoever says something meanwhile has taken it in hand.
            Some(tool) if steers.is_empty() => Err(RunError::Circle(tool)),
            _ => Ok(steers),
        }
    }

    async fn make_call(&self, call: &ToolCall) -> ToolOutput {
        let context = self.call_context(call);
        let (invoker, name, arguments) = (&self.shared.invoker, &call.name, &call.arguments);
        let made = if self.profile().tools.permits(name) {
            invoker.invoke(name, arguments, &context).await
        } else {
            let text = format!("the tool {name} is not available to this agent");
            let unavailable = ToolError::Failed(text);
            let told = invoker.meaningless(name, arguments, &unavailable, &context);
            told.await
        };
        match made {
            Invocation::Finished(output) => output,
            Invocation::Aborted => ToolOutput::error(STOPPED),
        }
    }

    fn call_context(&self, call: &ToolCall) -> CallContext {
        CallContext {
            agent_id: Arc::from(self.request().agent_id.as_str()),
            session_key: Arc::from(self.request().session_key.as_str()),
            run_id: self.emitter.run_id().clone(),
            tool_call_id: call.id.clone(),
            workspace: self.profile().workspace.clone(),
            depth: self.depth,
            cancel: self.stop.token().child_token(),
            progress: progress(&self.emitter, call),
            engine: Some(self.engine().clone()),
            secrets: self.shared.secrets.clone(),
            budget: self.request().budget.clone(),
            told_by: Arc::from(self.told_by.as_slice()),
            seat: self.seat.clone(),
        }
    }

    fn tell_start(&self, call: &ToolCall) {
        self.emitter.emit(RunEventKind::ToolStart {
            call_id: call.id.clone(),
            name: call.name.clone(),
            arguments: call.arguments.clone(),
        });
    }

    /// First the journal, then those who watch.
    async fn keep_result(&mut self, call: &ToolCall, output: ToolOutput) -> Result<(), RunError> {
        let result = ToolResultMessage {
            tool_call_id: call.id.clone(),
            tool_name: call.name.clone(),
            content: output.content.clone(),
            details: output.details.clone(),
            is_error: output.is_error,
            timestamp: self.shared.clock.now_ms(),
        };
        self.keep(Message::ToolResult(result)).await?;
        self.emitter.emit(RunEventKind::ToolResult {
            call_id: call.id.clone(),
            name: call.name.clone(),
            output,
        });
        Ok(())
    }
}

/// The calls, those together that run together.
fn together(calls: &[ToolCall]) -> impl Iterator<Item = &[ToolCall]> {
    let looks = |call: &ToolCall| LOOKING.contains(&call.name.as_str());
    calls
        .chunk_by(move |one, next| looks(one) && looks(next))
        .flat_map(|group| group.chunks(MOST_TOGETHER))
}

fn progress(emitter: &Arc<Emitter>, call: &ToolCall) -> Arc<dyn Fn(ToolOutput) + Send + Sync> {
    let (emitter, call_id, name) = (emitter.clone(), call.id.clone(), call.name.clone());
    Arc::new(move |partial| {
        emitter.emit(RunEventKind::ToolUpdate {
            call_id: call_id.clone(),
            name: name.clone(),
            partial,
        });
    })
}
