//! The tool `grep`: lines of files that match a regular expression.

use std::path::Path;

use async_trait::async_trait;
use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{LARGEST, arguments, blocking, effect_on, only_path, walk};
use crate::{
    govern::{Effect, FileAccess},
    tools::{CallContext, Tool, ToolError, ToolOutput, ToolSpec},
    workspace::Workspace,
};

/// Matching lines, and characters of one line, at most.
const MOST: usize = 100;
const LONGEST_LINE: usize = 500;
/// Files that are told to be left out, at most.
const MOST_LEFT_OUT: usize = 20;

pub struct Grep;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Arguments {
    pattern: String,
    #[serde(default)]
    path: String,
    #[serde(default)]
    glob: Option<String>,
    #[serde(default)]
    ignore_case: bool,
    #[serde(default)]
    literal: bool,
    #[serde(default)]
    context: usize,
    #[serde(default)]
    limit: Option<usize>,
}

impl Arguments {
    fn regex(&self) -> Result<Regex, ToolError> {
        let pattern = if self.literal {
            regex::escape(&self.pattern)
        } else {
            self.pattern.clone()
        };
        RegexBuilder::new(&pattern)
            .case_insensitive(self.ignore_case)
            .build()
            .map_err(|error| ToolError::Arguments(error.to_string()))
    }
}

#[async_trait]
impl Tool for Grep {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: "grep",
            label: "Search",
            description: "Search the text of files of the workspace with a regular expression. Leaves out what .gitignore names, and files that hold secrets, such as .env.",
            parameters: json!({
                "type": "object",
                "required": ["pattern"],
                "properties": {
                    "pattern": { "type": "string", "description": "Regular expression, or text with literal." },
                    "path": { "type": "string", "description": "File or folder to search; the workspace when left out." },
                    "glob": { "type": "string", "description": "Only files that match, such as *.rs." },
                    "ignoreCase": { "type": "boolean" },
                    "literal": { "type": "boolean", "description": "The pattern is plain text." },
                    "context": { "type": "integer", "minimum": 0, "maximum": 20, "description": "Lines before and after." },
                    "limit": { "type": "integer", "minimum": 1, "description": "Matches at most." },
                },
            }),
        }
    }

    async fn resolve(&self, given: &Value, call: &CallContext) -> Result<Effect, ToolError> {
        let given: Arguments = arguments(given)?;
        let effect = effect_on(call, &given.path, FileAccess::Search)?;
        let path = only_path(&effect)?;
        // A file that is named is read, whatever it holds, and judged as such.
        if path.is_file() {
            return effect_on(call, &given.path, FileAccess::Read);
        }
        Ok(effect)
    }

    async fn run(
        &self,
        effect: &Effect,
        given: &Value,
        call: &CallContext,
    ) -> Result<ToolOutput, ToolError> {
        let path = only_path(effect)?;
        let given: Arguments = arguments(given)?;
        let mut search = Search {
            regex: given.regex()?,
            context: given.context.min(20),
            left: given.limit.unwrap_or(MOST).min(MOST),
            found: Vec::new(),
            left_out: Vec::new(),
        };
        let glob = given.glob.as_deref().map(walk::glob).transpose()?;
        let cancel = call.cancel.clone();
        blocking(call, move |workspace| {
            let wanted = |file: &Path| {
                let below = file.strip_prefix(&path).unwrap_or(file);
                glob.as_ref().is_none_or(|glob| glob.is_match(below))
            };
            for file in walk::files(&path, cancel).filter(|file| wanted(file)) {
                if file != path && is_secret(&file) {
                    search.leave_out(&workspace, &file);
                    continue;
                }
                search.file(&workspace, &file);
                if search.left == 0 {
                    break;
                }
            }
            Ok(ToolOutput::text(search.report()))
        })
        .await
    }
}

/// Whether a file's name says that it authenticates someone. Only a call that names it reads it: that one is judged.
fn is_secret(file: &Path) -> bool {
    let name = file.file_name().map(|name| name.to_string_lossy());
    name.is_some_and(|name| gatehouse_policy::place::is_secret_name(&name))
}

struct Search {
    regex: Regex,
    context: usize,
    left: usize,
    found: Vec<String>,
    /// Files that were not looked into, as they are shown.
    left_out: Vec<String>,
}

impl Search {
    /// A file that cannot be read, or is none of text, holds no match.
    fn file(&mut self, workspace: &Workspace, file: &Path) {
        let Ok(bytes) = workspace.read(file, LARGEST) else {
            return;
        };
        let Ok(text) = String::from_utf8(bytes) else {
            return;
        };
        let shown = workspace.shown(file).display().to_string();
        let lines: Vec<&str> = text.lines().collect();
        let mut told = 0;
        for (index, line) in lines.iter().enumerate() {
            if self.left == 0 {
                return;
            }
            if !self.regex.is_match(line) {
                continue;
            }
            self.left -= 1;
            let from = index.saturating_sub(self.context).max(told);
            let to = (index + self.context + 1).min(lines.len());
            for (number, line) in (from + 1..).zip(&lines[from.min(to)..to]) {
                let mark = if self.regex.is_match(line) { ':' } else { '-' };
                let line: String = line.chars().take(LONGEST_LINE).collect();
                self.found
                    .push(format!("{shown}{mark}{number}{mark} {line}"));
            }
            told = to.max(told);
        }
    }

    fn leave_out(&mut self, workspace: &Workspace, file: &Path) {
        if self.left_out.len() < MOST_LEFT_OUT {
            let shown = workspace.shown(file).display().to_string();
            self.left_out.push(shown);
        }
    }

    fn report(mut self) -> String {
        if self.found.is_empty() {
            self.found.push("No matches found".into());
        }
        if self.left == 0 {
            self.found.push("\n[There may be more matches]".into());
        }
        if !self.left_out.is_empty() {
            let names = self.left_out.join(", ");
            self.found.push(format!(
                "\n[Not searched, as it may hold what authenticates someone: {names}. A search with it as path asks.]"
            ));
        }
        self.found.join("\n")
    }
}
