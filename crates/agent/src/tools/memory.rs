//! Tools about the workspace's memory: `memory_search` finds passages in `MEMORY.md` and `memory/**/*.md`,
//! `memory_get` reads some lines of one.
//!
//! The search counts words. It knows no embeddings: it needs no model, and says the same every time.

use std::path::Path;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

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

/// What one search reads at most; a memory that is larger is no use as one.
const MOST_FILES: usize = 5_000;
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// Words of a query; later ones say nothing more.
const MOST_WORDS: usize = 64;

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
            let mut search = Search::new(&given.query);
            for path in paths.into_iter().map(|effect| effect.path) {
                search.read_below(&workspace, &path, &cancel)?;
            }
            let most = given.max_results.unwrap_or(RESULTS).min(MOST_RESULTS);
            Ok(search.told(most))
        };
        let found = tokio::task::spawn_blocking(work).await;
        let found: Result<Value, ToolError> =
            found.unwrap_or_else(|_| Err(ToolError::Failed("the search broke off".into())));
        Ok(ToolOutput::json(found?))
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

/// Some lines of a memory file that have a word of the query.
struct Passage {
    path: String,
    first: usize,
    last: usize,
    text: String,
    /// How often each word of the query is in it.
    counts: Vec<usize>,
}

/// A query, and what was found for it so far.
struct Search {
    words: Vec<String>,
    passages: Vec<Passage>,
    /// Passages that were read, those without any word included.
    read: usize,
    files: usize,
    bytes: usize,
    /// There is more than is read.
    is_cut: bool,
}

impl Search {
    fn new(query: &str) -> Self {
        let mut words: Vec<String> = words_of(query).take(MOST_WORDS).collect();
        words.sort();
        words.dedup();
        Self {
            words,
            passages: Vec::new(),
            read: 0,
            files: 0,
            bytes: 0,
            is_cut: false,
        }
    }

    fn read_below(
        &mut self,
        workspace: &Workspace,
        root: &Path,
        cancel: &CancellationToken,
    ) -> Result<(), ToolError> {
        let files = super::files::files_below(root, cancel.clone());
        for file in files.filter(|path| path.extension().is_some_and(|end| end == "md")) {
            if cancel.is_cancelled() {
                return Err(ToolError::Failed("the run was stopped".into()));
            }
            if self.files >= MOST_FILES || self.bytes >= MOST_BYTES {
                self.is_cut = true;
                return Ok(());
            }
            // A file that went away meanwhile says nothing.
            if let Ok(bytes) = workspace.read(&file, LARGEST) {
                let shown = workspace.shown(&file).display().to_string();
                self.add(&shown, &String::from_utf8_lossy(&bytes));
                self.files += 1;
                self.bytes += bytes.len();
            }
        }
        Ok(())
    }

    /// Adds the passages of a file.
    fn add(&mut self, path: &str, text: &str) {
        let lines: Vec<&str> = text.lines().collect();
        for start in (0..lines.len()).step_by(PASSAGE - OVERLAP) {
            self.read += 1;
            let end = (start + PASSAGE).min(lines.len());
            let mut counts = vec![0; self.words.len()];
            for word in lines[start..end].iter().flat_map(|line| words_of(line)) {
                if let Ok(at) = self.words.binary_search(&word) {
                    counts[at] += 1;
                }
            }
            if counts.iter().any(|count| *count > 0) {
                self.passages.push(Passage {
                    path: path.to_owned(),
                    first: start + 1,
                    last: end,
                    text: lines[start..end].join("\n"),
                    counts,
                });
            }
        }
    }

    fn told(&self, most: usize) -> Value {
        let mut told = json!({ "results": self.ranked(most) });
        if self.is_cut {
            told["note"] = json!(format!(
                "The memory is larger than one search reads: {} files were searched, and there are more.",
                self.files
            ));
        }
        told
    }

    /// The passages with the rarest words of the query, best first (BM25 without its length terms: passages are
    /// about equally long). Of passages that overlap the better one is kept.
    fn ranked(&self, most: usize) -> Vec<Value> {
        let total = self.read as f64;
        let weights = (0..self.words.len()).map(|word| {
            let with = self.passages.iter().filter(|p| p.counts[word] > 0);
            (1.0 + (total + 1.0) / (with.count() as f64 + 0.5)).ln()
        });
        let weights: Vec<f64> = weights.collect();
        let score = |passage: &Passage| -> f64 {
            let parts = passage.counts.iter().zip(&weights).map(|(count, weight)| {
                let count = *count as f64;
                weight * count / (count + 1.2)
            });
            parts.sum()
        };
        let mut scored: Vec<(f64, &Passage)> =
            self.passages.iter().map(|p| (score(p), p)).collect();
        scored.sort_by(|(a, p), (b, q)| {
            let place = (&p.path, p.first).cmp(&(&q.path, q.first));
            b.total_cmp(a).then(place)
        });
        let mut told: Vec<(f64, &Passage)> = Vec::new();
        for (score, passage) in scored {
            if told.len() == most {
                break;
            }
            let overlaps = told.iter().any(|(_, known)| {
                known.path == passage.path
                    && known.first <= passage.last
                    && passage.first <= known.last
            });
            if !overlaps {
                told.push((score, passage));
            }
        }
        let told = told.into_iter().map(|(score, passage)| {
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
}

fn words_of(text: &str) -> impl Iterator<Item = String> + '_ {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| word.chars().count() > 1)
        .map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str, query: &str, most: usize) -> Vec<Value> {
        let mut search = Search::new(query);
        search.add(path, text);
        search.ranked(most)
    }

    #[test]
    fn the_passage_with_the_rare_words_comes_first() {
        let mut text = "the cat and the dog\n".repeat(30);
        text.push_str("the birthday of Ada is in December\n");
        let found = found("MEMORY.md", &text, "When is Ada's birthday?", 3);
        assert!(found[0]["snippet"].as_str().unwrap().contains("Ada"));
        assert_eq!(found[0]["endLine"], 31);
    }

    #[test]
    fn nothing_is_found_where_nothing_fits() {
        for query in ["three", ""] {
            let none = found("MEMORY.md", "one\ntwo\n", query, 5);
            assert_eq!(none, [] as [Value; 0]);
        }
    }

    #[test]
    fn passages_that_overlap_are_told_once() {
        let text = (1..=12).map(|n| format!("line {n}\n")).collect::<String>() + "needle\n";
        let found = found("memory/a.md", &(text + "tail\n"), "line needle", 5);
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn a_word_that_is_everywhere_is_looked_at_only_as_often_as_is_asked_for() {
        // Compared each with each, these would be some ten thousand million.
        let text = "everywhere\n".repeat(1_000_000);
        assert_eq!(found("memory/a.md", &text, "everywhere", 6).len(), 6);
    }

    #[test]
    fn a_search_ends_with_its_run_and_reads_only_so_much() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("MEMORY.md"), "needle\n").unwrap();
        let workspace = Workspace::new(folder.path()).unwrap();
        let root = workspace.root().join("MEMORY.md");
        let cancel = CancellationToken::new();
        let mut search = Search::new("needle");
        search.files = MOST_FILES;
        search.read_below(&workspace, &root, &cancel).unwrap();
        let told = search.told(5);
        assert!(told["note"].as_str().unwrap().contains("larger"), "{told}");
        let mut search = Search::new("needle");
        search.read_below(&workspace, &root, &cancel).unwrap();
        assert_eq!(search.told(5)["results"].as_array().unwrap().len(), 1);
        assert!(search.told(5).get("note").is_none());
        cancel.cancel();
        let mut search = Search::new("needle");
        let stopped = search.read_below(&workspace, &root, &cancel);
        // The walk itself ends when the run is stopped, with nothing or with a word about it.
        assert!(stopped.is_err() || search.files == 0);
    }
}
