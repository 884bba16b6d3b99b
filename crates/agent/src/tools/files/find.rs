//! The tool `find`: files by a pattern for their paths.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{arguments, blocking, effect_on, only_path, walk};
use crate::{
    govern::{Effect, FileAccess},
    tools::{CallContext, Tool, ToolError, ToolOutput, ToolSpec},
};

const MOST: usize = 1_000;

pub struct Find;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    pattern: String,
    #[serde(default)]
    path: String,
    #[serde(default)]
    limit: Option<usize>,
}

#[async_trait]
impl Tool for Find {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: "find",
            label: "Find",
            description: "Find files of the workspace by a glob pattern such as *.rs or src/**/*.ts. Leaves out what .gitignore names.",
            parameters: json!({
                "type": "object",
                "required": ["pattern"],
                "properties": {
                    "pattern": { "type": "string", "description": "Glob pattern." },
                    "path": { "type": "string", "description": "Folder to search; the workspace when left out." },
                    "limit": { "type": "integer", "minimum": 1, "description": "Results at most." },
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
        let folder = only_path(effect)?;
        let given: Arguments = arguments(given)?;
        let glob = walk::glob(&given.pattern)?;
        let cancel = call.cancel.clone();
        blocking(call, move |workspace| {
            let most = given.limit.unwrap_or(MOST).min(MOST);
            let below = |path: &std::path::Path| {
                let path = path.strip_prefix(&folder).unwrap_or(path);
                glob.is_match(path)
            };
            let mut found: Vec<String> = walk::files(&folder, cancel)
                .filter(|path| below(path))
                .map(|path| workspace.shown(&path).display().to_string())
                .take(most + 1)
                .collect();
            let more = found.len() > most;
            found.truncate(most);
            let mut text = found.join("\n");
            if found.is_empty() {
                text = "No files found".into();
            }
            if more {
                text.push_str(&format!("\n\n[Only the first {most} results]"));
            }
            Ok(ToolOutput::text(text))
        })
        .await
    }
}
