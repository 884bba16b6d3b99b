//! Tools about the workspace's memory: `memory_search` finds passages in `MEMORY.md` and `memory/**/*.md`,
//! `memory_get` reads some lines of one.
//!
//! The search counts words. It knows no embeddings: it needs no model, and says the same every time.

use std::{collections::HashMap, path::PathBuf};

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{CallContext, Tool, ToolError, ToolOutput, ToolSpec, Toolbox, files::arguments};
use crate::{
    govern::{Effect, FileAccess, FileEffect},
    workspace::{LastLink, Workspace},
};

/// Lines of one passage, and by how many two of them overlap.
const PASSAGE: usize = 12;
const OVERLAP: usize = 3;

/// The largest memory file, in bytes.
const LARGEST: u64 = 2 * 1024 * 1024;

/// Results when the call names no number, and at most.
const RESULTS: usize = 6;
const MOST_RESULTS: usize = 50;

/// Adds both.
pub fn add_to(toolbox: &mut Toolbox) {
    toolbox.add(MemorySearch);
    toolbox.add(MemoryGet);
}

/// Finds passages.
pub struct MemorySearch;

/// Reads lines.
pub struct MemoryGet;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SearchArguments {
    query: String,
    #[serde(default)]
    max_results: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GetArguments {
    path: String,
    #[serde(default)]
    from: Option<usize>,
    #[serde(default)]
    lines: Option<usize>,
}

#[async_trait]
impl Tool for MemorySearch {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: "memory_search",
            label: "Memory search",
            description: "Search MEMORY.md and memory/*.md for passages about something. Use it before answering questions about earlier work, decisions, dates, people or preferences.",
            parameters: json!({
                "type": "object",
                "required": ["query"],
                "properties": {
                    "query": { "type": "string" },
                    "maxResults": { "type": "integer", "minimum": 1 },
                },
            }),
        }
    }

    async fn resolve(&self, given: &Value, call: &CallContext) -> Result<Effect, ToolError> {
        arguments::<SearchArguments>(given)?;
        let workspace = Workspace::new(&call.workspace)?;
        let paths = ["MEMORY.md", "memory"].map(|name| {
            workspace
                .resolve(name, LastLink::Follow)
                .map(|path| FileEffect {
                    access: FileAccess::Read,
                    path,
                })
        });
        // A link that leads out of the workspace is not searched.
        let paths = paths.into_iter().filter_map(Result::ok).collect();
        Ok(Effect::Files { paths })
    }

    async fn run(
        &self,
        effect: &Effect,
        given: &Value,
        call: &CallContext,
    ) -> Result<ToolOutput, ToolError> {
        let given: SearchArguments = arguments(given)?;
        let Effect::Files { paths } = effect.clone() else {
            return Err(ToolError::Failed("not a search".into()));
        };
        let root = call.workspace.clone();
        let cancel = call.cancel.clone();
        let work = move || {
            let workspace = Workspace::new(&root)?;
            let roots: Vec<PathBuf> = paths.into_iter().map(|effect| effect.path).collect();
            let files = roots
                .iter()
                .flat_map(|path| super::files::files_below(path, cancel.clone()))
                .filter(|path| path.extension().is_some_and(|end| end == "md"));
            let mut passages = Vec::new();
            for file in files {
                // A file that went away meanwhile says nothing.
                if let Ok(bytes) = workspace.read(&file, LARGEST) {
                    let shown = workspace.shown(&file).display().to_string();
                    passages.extend(split(&shown, &String::from_utf8_lossy(&bytes)));
                }
            }
            let most = given.max_results.unwrap_or(RESULTS).min(MOST_RESULTS);
            Ok(rank(&passages, &given.query, most))
        };
        let found = tokio::task::spawn_blocking(work).await;
        let found: Result<Vec<Value>, ToolError> =
            found.unwrap_or_else(|_| Err(ToolError::Failed("the search broke off".into())));
        Ok(ToolOutput::json(json!({ "results": found? })))
    }
}

#[async_trait]
impl Tool for MemoryGet {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: "memory_get",
            label: "Memory get",
            description: "Read lines of MEMORY.md or of a file in memory/.",
            parameters: json!({
                "type": "object",
                "required": ["path"],
                "properties": {
                    "path": { "type": "string" },
                    "from": { "type": "integer", "minimum": 1, "description": "First line, from 1." },
                    "lines": { "type": "integer", "minimum": 1 },
                },
            }),
        }
    }

    async fn resolve(&self, given: &Value, call: &CallContext) -> Result<Effect, ToolError> {
        let given: GetArguments = arguments(given)?;
        let workspace = Workspace::new(&call.workspace)?;
        let path = workspace.resolve(&given.path, LastLink::Follow)?;
        let shown = workspace.shown(&path);
        let is_memory = shown.as_os_str() == "MEMORY.md" || shown.starts_with("memory");
        if !is_memory {
            let text = format!("{} is not a memory file", shown.display());
            return Err(ToolError::Path(text));
        }
        let access = FileAccess::Read;
        Ok(Effect::Files {
            paths: vec![FileEffect { access, path }],
        })
    }

    async fn run(
        &self,
        effect: &Effect,
        given: &Value,
        call: &CallContext,
    ) -> Result<ToolOutput, ToolError> {
        let given: GetArguments = arguments(given)?;
        let Effect::Files { paths } = effect else {
            return Err(ToolError::Failed("not a file".into()));
        };
        let path = paths[0].path.clone();
        let root = call.workspace.clone();
        let read = tokio::task::spawn_blocking(move || Workspace::new(&root)?.read(&path, LARGEST));
        let bytes = read
            .await
            .map_err(|_| ToolError::Failed("the reading broke off".into()))??;
        let text = String::from_utf8_lossy(&bytes);
        let from = given.from.unwrap_or(1).max(1);
        let lines = text.lines().skip(from - 1);
        let lines: Vec<&str> = lines.take(given.lines.unwrap_or(usize::MAX)).collect();
        let output = json!({ "path": given.path, "from": from, "text": lines.join("\n") });
        Ok(ToolOutput::json(output))
    }
}

/// Some lines of a memory file.
struct Passage {
    path: String,
    first: usize,
    last: usize,
    text: String,
    words: HashMap<String, usize>,
}

fn split(path: &str, text: &str) -> Vec<Passage> {
    let lines: Vec<&str> = text.lines().collect();
    let starts = (0..lines.len()).step_by(PASSAGE - OVERLAP);
    let passages = starts.map(|start| {
        let end = (start + PASSAGE).min(lines.len());
        let text = lines[start..end].join("\n");
        let mut words = HashMap::new();
        for word in words_of(&text) {
            *words.entry(word).or_default() += 1;
        }
        Passage {
            path: path.to_owned(),
            first: start + 1,
            last: end,
            text,
            words,
        }
    });
    passages.collect()
}

fn words_of(text: &str) -> impl Iterator<Item = String> + '_ {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| word.chars().count() > 1)
        .map(str::to_lowercase)
}

/// The passages with the rarest words of the query, best first (BM25 without its length terms: passages are
/// about equally long). Of passages that overlap the better one is kept.
fn rank(passages: &[Passage], query: &str, most: usize) -> Vec<Value> {
    let mut query: Vec<String> = words_of(query).collect();
    query.sort();
    query.dedup();
    let total = passages.len() as f64;
    let weights = query.iter().map(|word| {
        let with = passages.iter().filter(|p| p.words.contains_key(word));
        (1.0 + (total + 1.0) / (with.count() as f64 + 0.5)).ln()
    });
    let weights: Vec<f64> = weights.collect();
    let score = |passage: &Passage| -> f64 {
        let parts = query.iter().zip(&weights).map(|(word, weight)| {
            let count = passage.words.get(word).copied().unwrap_or(0) as f64;
            weight * count / (count + 1.2)
        });
        parts.sum()
    };
    let mut scored: Vec<(f64, &Passage)> = passages.iter().map(|p| (score(p), p)).collect();
    scored.retain(|(score, _)| *score > 0.0);
    scored.sort_by(|(a, p), (b, q)| {
        let place = (&p.path, p.first).cmp(&(&q.path, q.first));
        b.total_cmp(a).then(place)
    });
    let mut told: Vec<(f64, &Passage)> = Vec::new();
    for (score, passage) in scored {
        let overlaps = told.iter().any(|(_, known)| {
            known.path == passage.path && known.first <= passage.last && passage.first <= known.last
        });
        if !overlaps {
            told.push((score, passage));
        }
    }
    let told = told.into_iter().take(most).map(|(score, passage)| {
        json!({
            "path": passage.path,
            "startLine": passage.first,
            "endLine": passage.last,
            "score": (score * 1000.0).round() / 1000.0,
            "snippet": passage.text,
        })
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_passage_with_the_rare_words_comes_first() {
        let mut text = "the cat and the dog\n".repeat(30);
        text.push_str("the birthday of Ada is in December\n");
        let passages = split("MEMORY.md", &text);
        let found = rank(&passages, "When is Ada's birthday?", 3);
        assert!(found[0]["snippet"].as_str().unwrap().contains("Ada"));
        assert_eq!(found[0]["endLine"], 31);
    }

    #[test]
    fn nothing_is_found_where_nothing_fits() {
        let passages = split("MEMORY.md", "one\ntwo\n");
        assert_eq!(rank(&passages, "three", 5), [] as [Value; 0]);
        assert_eq!(rank(&passages, "", 5), [] as [Value; 0]);
    }

    #[test]
    fn passages_that_overlap_are_told_once() {
        let text = (1..=12).map(|n| format!("line {n}\n")).collect::<String>() + "needle\n";
        let passages = split("memory/a.md", &(text + "tail\n"));
        assert_eq!(rank(&passages, "line needle", 5).len(), 1);
    }
}
