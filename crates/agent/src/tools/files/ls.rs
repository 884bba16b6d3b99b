//! The tool `ls`: the entries of a folder.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{arguments, blocking, effect_on, only_path};
use crate::{
    govern::{Effect, FileAccess},
    tools::{CallContext, Tool, ToolError, ToolOutput, ToolSpec},
};

const MOST: usize = 500;

pub struct Ls;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    #[serde(default)]
    path: String,
    #[serde(default)]
    limit: Option<usize>,
}

#[async_trait]
impl Tool for Ls {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: "ls",
            label: "List",
            description: "List the entries of a folder of the workspace; folders end in a slash.",
            parameters: json!({
                "type": "object",
                "properties": {
                    "path": { "type": "string", "description": "Path of the folder; the workspace when left out." },
                    "limit": { "type": "integer", "minimum": 1, "description": "Entries at most." },
                },
            }),
        }
    }

    async fn resolve(&self, given: &Value, call: &CallContext) -> Result<Effect, ToolError> {
        let given: Arguments = arguments(given)?;
        effect_on(call, &given.path, FileAccess::List)
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
            let mut names = workspace.list(&path)?;
            let total = names.len();
            names.truncate(given.limit.unwrap_or(MOST).min(MOST));
            let mut text = names.join("\n");
            if names.len() < total {
                text.push_str(&format!("\n\n[{} of {total} entries]", names.len()));
            }
            if total == 0 {
                text = "(empty folder)".into();
            }
            Ok(ToolOutput::text(text))
        })
        .await
    }
}
