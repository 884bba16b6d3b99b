//! The built-in model that is none: it answers by a script, for demonstration and for tests.
//!
//! It says so in every free answer. A line `exec: CMD` makes it call a tool; after the tool's result it says
//! what came of it. See [`HELP`] for all it can do. Nothing leaves the process.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use super::{
    ModelEvent, ModelInfo, ModelRef, ModelRequest, ModelStream, Price, Provider, ProviderError,
    Purpose, ResolvedModel,
};
use crate::{
    heartbeat,
    message::{Message, StopReason, ToolCall, Usage},
};

/// The name of the provider and of its only model.
pub const PROVIDER: &str = "scripted";
pub const MODEL: &str = "scripted-1";

/// What the model can do, in its own words.
pub const HELP: &str = "I am the scripted model: a script without any AI, here so that you can try this \
gateway before you give it a real model. I understand lines like these:\n\n\
- `exec: uname -a` runs a command; `exec: env` is one that a person is asked about\n\
- `read: README.md`, `list: .`, `search: TODO` look at the workspace\n\
- `write: notes.txt: some text` writes a file; `edit: notes.txt: some => more` changes it\n\
- `fetch: https://example.org/` reads a page\n\
- `spawn: exec: date` gives a task to a sub-agent\n\
- `stream: 200` streams so many words, `slow: 20` a few words slowly, so that you can stop me\n\
- `think: about it`, `md:` and `fail: reason` show thinking, Markdown and a failure\n";

const MARKDOWN: &str = "# A heading\n\nSome *emphasis*, **strength**, `code` and a \
[link](https://example.org/).\n\n- one\n- two\n  1. nested\n\n> A quotation.\n\n```rust\nfn main() {}\n```\n\n\
| left | right |\n| :--- | ----: |\n| a | 1 |\n\nThe end.\n";

/// Longer streams are a slip of the finger.
const MOST_WORDS: usize = 1_000_000;

/// The pause after each word of `slow:`.
const SLOW_GAP: Duration = Duration::from_millis(250);

/// How much of a tool's result the closing sentence repeats, in characters.
const QUOTED: usize = 400;

/// The scripted provider.
#[derive(Clone, Debug)]
pub struct Scripted {
    /// The pause after each streamed word.
    pub gap: Duration,
}

impl Default for Scripted {
    fn default() -> Self {
        Self {
            gap: Duration::from_millis(12),
        }
    }
}

/// The model as the configuration would name it: free, with a context of 128,000 tokens.
pub fn model(provider: Scripted) -> ResolvedModel {
    let info = ModelInfo {
        takes_images: true,
        patience: None,
        name: name(),
        title: None,
        context_window: 128_000,
        max_output_tokens: None,
        price: Some(Price::default()),
    };
    ResolvedModel {
        info,
        provider: Arc::new(provider),
    }
}

/// `scripted/scripted-1`.
pub fn name() -> ModelRef {
    ModelRef {
        provider: PROVIDER.into(),
        model: MODEL.into(),
    }
}

/// One step of an answer.
enum Step {
    Say(String),
    Think(String),
    Call(&'static str, Value),
    Pause(Duration),
}

#[async_trait]
impl Provider for Scripted {
    async fn stream(&self, request: ModelRequest) -> Result<ModelStream, ProviderError> {
        let steps = self.steps(&request)?;
        let usage = usage(&request, &steps);
        let calls = steps.iter().any(|step| matches!(step, Step::Call(..)));
        let stop = if calls {
            StopReason::ToolUse
        } else {
            StopReason::Stop
        };
        let turn = request.messages.len();
        let events = stream::iter(steps.into_iter().enumerate());
        let events = events.filter_map(move |(index, step)| play(step, turn, index));
        let done = stream::iter([Ok(ModelEvent::Done { usage, stop })]);
        Ok(Box::pin(events.chain(done)))
    }
}

async fn play(step: Step, turn: usize, index: usize) -> Option<Result<ModelEvent, ProviderError>> {
    Some(Ok(match step {
        Step::Say(text) => ModelEvent::Text(text),
        Step::Think(text) => ModelEvent::Thinking(text),
        Step::Call(name, arguments) => ModelEvent::ToolCall(ToolCall {
            // Unique within the transcript: a turn makes the list of messages longer.
            id: format!("call_{turn}_{index}"),
            name: name.into(),
            arguments,
            thought_signature: None,
        }),
        Step::Pause(gap) => {
            tokio::time::sleep(gap).await;
            return None;
        }
    }))
}

impl Scripted {
    fn steps(&self, request: &ModelRequest) -> Result<Vec<Step>, ProviderError> {
        if request.purpose == Purpose::Compaction {
            return Ok(vec![Step::Say(summary(&request.messages))]);
        }
        let last_user = request
            .messages
            .iter()
            .rposition(|message| matches!(message, Message::User(_)));
        let after = last_user.map_or(&[][..], |index| &request.messages[index + 1..]);
        let results: Vec<_> = after.iter().filter_map(tool_result).collect();
        if !results.is_empty() {
            return Ok(self.words(&results.join("\n\n"), self.gap));
        }
        let text = last_user.map_or_else(String::new, |index| request.messages[index].text());
        self.answer(&text)
    }

    fn answer(&self, text: &str) -> Result<Vec<Step>, ProviderError> {
        let calls: Vec<_> = directives(text).filter_map(call).collect();
        if !calls.is_empty() {
            return Ok(calls);
        }
        if text.contains(heartbeat::OK) {
            return Ok(self.words(heartbeat::OK, self.gap));
        }
        let Some((word, rest)) = directives(text).find(|(word, _)| is_show(word)) else {
            return Ok(self.free_answer(text));
        };
        let count = || rest.parse().unwrap_or(20).min(MOST_WORDS);
        Ok(match word {
            "stream" => self.counted(count(), self.gap),
            "slow" => self.counted(count(), SLOW_GAP),
            "think" => {
                let mut steps = vec![Step::Think("Let me see. ".into())];
                steps.extend([Step::Pause(self.gap), Step::Think("I have it.".into())]);
                steps.extend(self.words(&format!("I thought about: {rest}"), self.gap));
                steps
            }
            "md" => self.words(MARKDOWN, self.gap),
            _ => return Err(ProviderError::Refused(rest.to_owned())),
        })
    }

    fn free_answer(&self, text: &str) -> Vec<Step> {
        let first: String = text
            .lines()
            .find(|line| !line.trim().is_empty())
            .unwrap_or_default()
            .chars()
            .take(QUOTED)
            .collect();
        self.words(&format!("I read “{first}”. {HELP}"), self.gap)
    }

    fn words(&self, text: &str, gap: Duration) -> Vec<Step> {
        let words = text.split_inclusive(char::is_whitespace);
        words
            .flat_map(|word| [Step::Say(word.to_owned()), Step::Pause(gap)])
            .collect()
    }

    fn counted(&self, words: usize, gap: Duration) -> Vec<Step> {
        (1..=words)
            .flat_map(|number| [Step::Say(format!("word{number} ")), Step::Pause(gap)])
            .collect()
    }
}

/// The lines `word: rest` of a text.
fn directives(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| {
        let (word, rest) = line.trim().split_once(':')?;
        Some((word.trim(), rest.trim()))
    })
}

fn is_show(word: &str) -> bool {
    matches!(word, "stream" | "slow" | "think" | "md" | "fail")
}

/// The tool call that a line asks for.
fn call((word, rest): (&str, &str)) -> Option<Step> {
    let (tool, arguments) = match word {
        "exec" => ("exec", json!({ "command": rest })),
        "pty" => ("exec", json!({ "command": rest, "pty": true })),
        "background" => ("exec", json!({ "command": rest, "background": true })),
        "read" => ("read", json!({ "path": rest })),
        "list" => ("ls", json!({ "path": rest })),
        "search" => ("grep", json!({ "pattern": rest })),
        "find" => ("find", json!({ "pattern": rest })),
        "write" => {
            let (path, content) = rest.split_once(':')?;
            let content = content.trim_start();
            ("write", json!({ "path": path.trim(), "content": content }))
        }
        "edit" => {
            let (path, change) = rest.split_once(':')?;
            let (old, new) = change.split_once("=>")?;
            let edits = json!([{ "oldText": old.trim(), "newText": new.trim() }]);
            ("edit", json!({ "path": path.trim(), "edits": edits }))
        }
        "fetch" => ("web_fetch", json!({ "url": rest })),
        "memory" => ("memory_search", json!({ "query": rest })),
        "spawn" => ("sessions_spawn", json!({ "task": rest })),
        "sessions" => ("sessions_list", json!({})),
        "status" => ("session_status", json!({})),
        "tool" => {
            let (name, arguments) = rest.split_once(' ').unwrap_or((rest, "{}"));
            return any_tool(name, arguments);
        }
        _ => return None,
    };
    Some(Step::Call(tool, arguments))
}

/// `tool: NAME {JSON}`, for the tools that have no word of their own.
fn any_tool(name: &str, arguments: &str) -> Option<Step> {
    const KNOWN: &[&str] = &[
        "apply_patch",
        "edit",
        "exec",
        "process",
        "sessions_history",
        "sessions_send",
        "sessions_spawn",
        "web_fetch",
        "write",
    ];
    let name = KNOWN.iter().find(|known| **known == name)?;
    Some(Step::Call(name, serde_json::from_str(arguments).ok()?))
}

fn tool_result(message: &Message) -> Option<String> {
    let Message::ToolResult(result) = message else {
        return None;
    };
    let text = message.text();
    let quoted: String = text.trim().chars().take(QUOTED).collect();
    let verb = if result.is_error { "failed" } else { "is done" };
    Some(format!("The tool {} {verb}: {quoted}", result.tool_name))
}

/// The same for the same messages: what the user said, shortened.
fn summary(messages: &[Message]) -> String {
    let text = messages
        .iter()
        .map(Message::text)
        .collect::<Vec<_>>()
        .join("\n");
    let said = text.lines().filter_map(|line| {
        let new = line.strip_prefix("User: ");
        new.or_else(|| line.strip_prefix("- the user said: "))
    });
    let lines: Vec<String> = said
        .map(|line| line.chars().take(120).collect::<String>())
        .map(|line| format!("- the user said: {line}"))
        .take(50)
        .collect();
    format!("A summary made by script.\n{}", lines.join("\n"))
}

/// About four characters to a token, as with real models.
fn usage(request: &ModelRequest, steps: &[Step]) -> Usage {
    let input: usize = request.messages.iter().map(|m| m.text().len()).sum();
    let output = steps
        .iter()
        .map(|step| match step {
            Step::Say(text) | Step::Think(text) => text.len(),
            Step::Call(_, arguments) => arguments.to_string().len(),
            Step::Pause(_) => 0,
        })
        .sum::<usize>();
    let tokens = |characters: usize| (characters as u64).div_ceil(4);
    Usage {
        input: tokens(input + request.system.len()),
        output: tokens(output),
        ..Usage::default()
    }
}
