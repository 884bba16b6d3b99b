//! Tool calls that no model made, from HTTP and from `tools.invoke`: they pass the same governor.

use async_trait::async_trait;
use gatehouse_agent::engine::{DirectError, ToolRequest};
use gatehouse_agent::tools::ToolOutput;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::Runs;
use crate::sessions::Sessions;
use crate::web::{ToolCall, ToolCalls, ToolFailure};

/// Makes calls in the name of an agent and a session.
#[derive(Clone)]
pub struct DirectCalls {
    runs: Runs,
    sessions: Sessions,
    /// Ends every call with the gateway.
    stopping: CancellationToken,
}

impl DirectCalls {
    pub fn new(runs: Runs, sessions: Sessions, stopping: CancellationToken) -> Self {
        Self {
            runs,
            sessions,
            stopping,
        }
    }
}

#[async_trait]
impl ToolCalls for DirectCalls {
    async fn call(&self, call: ToolCall) -> Result<Value, ToolFailure> {
        let key = call.session_key.as_deref().unwrap_or("main");
        let name = self.sessions.name(key, call.agent_id.as_deref());
        let request = ToolRequest {
            agent_id: name.agent,
            session_key: name.key,
            tool: call.tool,
            arguments: call.args,
            cancel: self.stopping.child_token(),
        };
        match self.runs.engine.invoke_tool(request).await {
            Ok(output) => result(output),
            Err(DirectError::UnknownTool(_)) => Err(ToolFailure::NotAvailable),
            Err(DirectError::Profile(reason)) => Err(ToolFailure::Input(reason)),
            Err(DirectError::Stopped) => {
                Err(ToolFailure::Failed("the call was stopped".to_owned()))
            }
        }
    }
}

fn result(output: ToolOutput) -> Result<Value, ToolFailure> {
    let details = output.details.as_ref();
    let status = details.and_then(|details| details["status"].as_str());
    match (status, output.is_error) {
        (Some("denied"), _) => Err(ToolFailure::Denied(output.plain())),
        (Some("invalid"), true) => Err(ToolFailure::Input(output.plain())),
        (_, true) => Err(ToolFailure::Failed(output.plain())),
        (_, false) => {
            let mut value = json!({"content": output.content});
            if let Some(details) = output.details {
                value["details"] = details;
            }
            Ok(value)
        }
    }
}
