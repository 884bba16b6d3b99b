//! The answer to a script, as the pieces of a streamed chat completion.

use serde_json::{Value, json};

use super::{MODEL_ID, script::Script};

/// One step of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// A `delta` of the only choice.
    Delta(Value),
    /// The pause between words.
    Gap,
    /// Wait for the test.
    Stall,
    /// The reason for which the model stopped.
    Finish(&'static str),
}

/// Every kind of block that the transcript must be able to draw.
const MARKDOWN: &str = "# A heading\n\nSome *emphasis*, **strength**, `code` and a [link](https://example.org/).\n\n\
- one\n- two\n  1. nested\n\n> A quotation.\n\n```rust\nfn main() {\n    println!(\"hello\");\n}\n```\n\n\
| left | right |\n| :--- | ----: |\n| a | 1 |\n| b | 2 |\n\n<script>alert('must never run')</script>\n\nThe end.\n";

/// How much of a tool's result the closing text repeats.
const QUOTED_RESULT: usize = 200;

pub(crate) fn steps(script: &Script, call_id: &str) -> Vec<Step> {
    let mut steps = vec![Step::Delta(json!({ "role": "assistant", "content": "" }))];
    let finish = match script {
        Script::Exec { command } => {
            let arguments = json!({ "command": command }).to_string();
            steps.push(tool_call(call_id, "exec", &arguments));
            "tool_calls"
        }
        Script::Tool { name, arguments } => {
            steps.push(tool_call(call_id, name, arguments));
            "tool_calls"
        }
        Script::Stream { words } => {
            for number in 1..=*words {
                steps.extend([text(&format!("word{number} ")), Step::Gap]);
            }
            "stop"
        }
        Script::Slow { text: said } => {
            steps.extend([
                text("Waiting… "),
                Step::Stall,
                text(&format!("released: {said}")),
            ]);
            "stop"
        }
        Script::Think { text: said } => {
            steps.extend([
                reasoning("Let me see. "),
                Step::Gap,
                reasoning("I have it."),
            ]);
            steps.push(text(&format!("Thought about: {said}")));
            "stop"
        }
        Script::Markdown => {
            for line in MARKDOWN.split_inclusive('\n') {
                steps.extend([text(line), Step::Gap]);
            }
            "stop"
        }
        Script::ToolDone { result } => {
            let quoted: String = result.chars().take(QUOTED_RESULT).collect();
            steps.push(text(&format!("Done: {quoted}")));
            "stop"
        }
        Script::Fail { message } => {
            steps.push(text(message));
            "stop"
        }
        Script::Echo { text: said } => {
            // v4 adds a paragraph about its runtime, and was seen to take a leading `Echo: ` away.
            let first = said.lines().next().unwrap_or_default();
            steps.push(text(&format!("I heard “{first}”.")));
            "stop"
        }
    };
    steps.push(Step::Finish(finish));
    steps
}

/// The token figures that go with an answer. Counted in words, so that they can be told from zero.
pub(crate) fn usage(request: &Value, steps: &[Step]) -> Value {
    let prompt = request["messages"].to_string().split_whitespace().count();
    let completion = steps
        .iter()
        .filter(|step| matches!(step, Step::Delta(_)))
        .count();
    json!({ "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion })
}

/// A `chat.completion.chunk` around one choice, or around the usage figures alone.
pub(crate) fn chunk(id: &str, choices: Value, usage: Option<&Value>) -> Value {
    let mut chunk = json!({
        "id": id, "object": "chat.completion.chunk", "created": 0, "model": MODEL_ID, "choices": choices,
    });
    if let Some(usage) = usage {
        chunk["usage"] = usage.clone();
    }
    chunk
}

/// The same answer for a caller that did not ask for a stream.
pub(crate) fn whole(id: &str, steps: &[Step], usage: &Value) -> Value {
    let mut message = json!({ "role": "assistant", "content": "" });
    let mut content = String::new();
    let mut reason = "stop";
    for step in steps {
        match step {
            Step::Delta(delta) => {
                content.push_str(delta["content"].as_str().unwrap_or_default());
                if !delta["tool_calls"].is_null() {
                    message["tool_calls"] = delta["tool_calls"].clone();
                }
            }
            Step::Finish(why) => reason = why,
            Step::Gap | Step::Stall => {}
        }
    }
    message["content"] = content.into();
    json!({
        "id": id, "object": "chat.completion", "created": 0, "model": MODEL_ID, "usage": usage,
        "choices": [{ "index": 0, "message": message, "finish_reason": reason }],
    })
}

fn text(text: &str) -> Step {
    Step::Delta(json!({ "content": text }))
}

fn reasoning(text: &str) -> Step {
    Step::Delta(json!({ "reasoning_content": text }))
}

fn tool_call(id: &str, name: &str, arguments: &str) -> Step {
    Step::Delta(json!({
        "tool_calls": [{
            "index": 0, "id": id, "type": "function",
            "function": { "name": name, "arguments": arguments },
        }],
    }))
}
