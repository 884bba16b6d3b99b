//! Tool calls that no model made: a client's, through `tools.invoke` or over HTTP. They pass the same gate.

use std::sync::Arc;

use serde_json::Value;
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use super::{Budget, Engine, Seat};
use crate::tools::{CallContext, Invocation, ToolOutput, ToolSpec};

/// A call from outside of a run.
#[derive(Clone, Debug)]
pub struct ToolRequest {
    pub agent_id: String,
    pub session_key: String,
    pub tool: String,
    pub arguments: Value,
    /// Ends the call early.
    pub cancel: CancellationToken,
}

/// The call was not made.
#[derive(Debug, Error)]
pub enum DirectError {
    #[error("there is no tool {0}, or not for this agent")]
    UnknownTool(String),
    /// A sentence of [`super::Profiles`].
    #[error("{0}")]
    Profile(String),
    #[error("the call was stopped")]
    Stopped,
}

impl Engine {
    /// Makes a call, governed like any other. A denial and a failure are outputs.
    pub async fn invoke_tool(&self, request: ToolRequest) -> Result<ToolOutput, DirectError> {
        let profile = self
            .shared
            .prepared_profile(&request.agent_id, &request.session_key)
            .await
            .map_err(DirectError::Profile)?;
        let invoker = &self.shared.invoker;
        let known = invoker.toolbox.find(&request.tool).is_some();
        if !known || !profile.tools.permits(&request.tool) {
            return Err(DirectError::UnknownTool(request.tool));
        }
        let depth = self.shared.profiles.depth(&request.session_key).await;
        let call = CallContext {
            agent_id: Arc::from(request.agent_id),
            session_key: Arc::from(request.session_key),
            run_id: Arc::from(self.shared.randomness.id()),
            tool_call_id: self.shared.randomness.id(),
            workspace: profile.workspace,
            depth,
            cancel: request.cancel,
            progress: Arc::new(|_| {}),
            engine: Some(self.clone()),
            secrets: self.shared.secrets.clone(),
            budget: Budget::default(),
            told_by: Arc::default(),
            seat: Seat::default(),
        };
        let made = invoker.invoke(&request.tool, &request.arguments, &call);
        match made.await {
            Invocation::Finished(output) => Ok(output),
            Invocation::Aborted => Err(DirectError::Stopped),
        }
    }

    /// All tools, also those that some agents may not use.
    pub fn tools(&self) -> Vec<ToolSpec> {
        self.shared.invoker.toolbox.specs()
    }
}
