//! The tool `write`: a whole file, new or in place of an old one.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{arguments, blocking, effect_on, only_path};
use crate::{
    govern::{Effect, FileAccess},
    tools::{CallContext, Tool, ToolError, ToolOutput, ToolSpec},
    workspace::Existing,
};

pub struct Write;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    path: String,
    content: String,
}

#[async_trait]
impl Tool for Write {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: "write",
            label: "Write",
            description: "Write a file of the workspace, replacing it if it is there. Makes folders on the way.",
            parameters: json!({
                "type": "object",
                "required": ["path", "content"],
                "properties": {
                    "path": { "type": "string", "description": "Path of the file." },
                    "content": { "type": "string", "description": "All of the file's text." },
                },
            }),
        }
    }

    async fn resolve(&self, given: &Value, call: &CallContext) -> Result<Effect, ToolError> {
        let given: Arguments = arguments(given)?;
        effect_on(call, &given.path, FileAccess::Write)
    }

    async fn run(
        &self,
        effect: &Effect,
        given: &Value,
        call: &CallContext,
    ) -> Result<ToolOutput, ToolError> {
        let path = only_path(effect)?;
        let given: Arguments = arguments(given)?;
        blocking(call, move |workspace| {
            let bytes = given.content.as_bytes();
            workspace.write(&path, bytes, Existing::Replace)?;
            let shown = workspace.shown(&path).display();
            Ok(ToolOutput::text(format!(
                "Wrote {} bytes to {shown}",
                bytes.len()
            )))
        })
        .await
    }
}
