//! The tool calls of one assistant message, one after the other, each with a result in the transcript.

use std::sync::Arc;

use super::{actor::Input, run::Run, run::RunError};
use crate::{
    event::{Emitter, RunEventKind},
    message::{Message, ToolCall, ToolResultMessage},
    tools::{CallContext, Invocation, ToolOutput},
};

/// What a model reads in place of the result of a call that a newer message overtook; OpenClaw's words.
const SKIPPED: &str = "Skipped to process an incoming message.";

/// In place of the result of a call that the end of the run overtook.
const STOPPED: &str = "The run was stopped before this tool call ran.";

impl Run {
    /// Makes the calls. A message that arrives in between overtakes those that have not begun; it is
    /// returned.
    pub(super) async fn make_calls(&mut self, calls: &[ToolCall]) -> Result<Vec<Input>, RunError> {
        let mut steers = Vec::new();
        for call in calls {
            if steers.is_empty() {
                steers = self.take_steers().await;
            }
            self.tell_start(call);
            let output = if self.stop.token().is_cancelled() {
                ToolOutput::error(STOPPED)
            } else if steers.is_empty() {
                self.make_call(call).await
            } else {
                ToolOutput::error(SKIPPED)
            };
            self.keep_result(call, output).await?;
        }
        Ok(steers)
    }

    async fn make_call(&self, call: &ToolCall) -> ToolOutput {
        if !self.profile().tools.permits(&call.name) {
            let text = format!("the tool {} is not available to this agent", call.name);
            return ToolOutput::error(text);
        }
        let context = self.call_context(call);
        let invoker = &self.shared.invoker;
        match invoker.invoke(&call.name, &call.arguments, &context).await {
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
            depth: self.request().origin.depth(),
            cancel: self.stop.token().child_token(),
            progress: progress(&self.emitter, call),
            engine: Some(self.engine().clone()),
            secrets: self.shared.secrets.clone(),
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
