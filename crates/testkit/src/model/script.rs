//! Which answer a list of messages asks for.

use serde_json::Value;

/// What the model is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Script {
    Exec {
        command: String,
    },
    /// Any other tool, with its arguments as they are.
    Tool {
        name: String,
        arguments: String,
    },
    ToolDone {
        result: String,
    },
    Stream {
        words: usize,
    },
    Slow {
        text: String,
    },
    Think {
        text: String,
    },
    Markdown,
    Fail {
        message: String,
    },
    Echo {
        text: String,
    },
}

/// Blocks that a v4 gateway puts around its own context.
const CONTEXT_BEGIN: &str = "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>";
const CONTEXT_END: &str = "<<<END_OPENCLAW_INTERNAL_CONTEXT>>>";

/// Ends the first line of a block that a v4 gateway puts before what a person wrote. The block goes on to the
/// end of a fence of JSON, or to an empty line.
const BLOCK_MARK: &str = "⟦openclaw:ctx⟧";

/// How a v3 gateway begins the message with its own context.
const CONTEXT_NOTE: &str = "OpenClaw runtime context for";

/// Streams longer than this are a mistake in a test.
const MOST_WORDS: usize = 1_000_000;

impl Script {
    /// Reads the `messages` of a chat completion request.
    pub(crate) fn read(messages: &[Value]) -> Self {
        let said = messages
            .iter()
            .enumerate()
            .rev()
            .find_map(|(index, message)| {
                let text = (message["role"] == "user").then(|| text_of(message))?;
                let text = without_context(&text);
                let said = !text.is_empty() && !text.starts_with(CONTEXT_NOTE);
                said.then_some((index, text))
            });
        let Some((index, text)) = said else {
            return Self::Echo {
                text: String::new(),
            };
        };
        let after = &messages[index + 1..];
        match Self::of_text(&text) {
            call @ (Self::Exec { .. } | Self::Tool { .. }) => {
                match after.iter().rfind(|m| m["role"] == "tool") {
                    Some(result) => Self::ToolDone {
                        result: text_of(result),
                    },
                    None => call,
                }
            }
            script => script,
        }
    }

    fn of_text(text: &str) -> Self {
        let plain = || Self::Echo {
            text: without_stamp(text).to_owned(),
        };
        text.lines().find_map(Self::of_line).unwrap_or_else(plain)
    }

    fn of_line(line: &str) -> Option<Self> {
        let (word, rest) = without_stamp(line).split_once(':')?;
        let rest = rest.trim().to_owned();
        Some(match word.trim() {
            "exec" => Self::Exec { command: rest },
            "tool" => {
                let (name, arguments) = rest.split_once(' ')?;
                Self::Tool {
                    name: name.to_owned(),
                    arguments: arguments.to_owned(),
                }
            }
            "stream" => Self::Stream {
                words: rest.parse::<usize>().ok()?.min(MOST_WORDS),
            },
            "slow" => Self::Slow { text: rest },
            "think" => Self::Think { text: rest },
            "md" => Self::Markdown,
            "fail" => Self::Fail { message: rest },
            _ => return None,
        })
    }
}

/// The text of a message, whether its content is a string or a list of parts.
fn text_of(message: &Value) -> String {
    match &message["content"] {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts
            .iter()
            .filter_map(|p| p["text"].as_str())
            .collect::<Vec<_>>()
            .join("\n"),
        _ => String::new(),
    }
}

fn without_context(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once(CONTEXT_BEGIN) {
        kept.push_str(before);
        rest = inside
            .split_once(CONTEXT_END)
            .map_or("", |(_, after)| after);
    }
    kept.push_str(rest);
    without_blocks(&kept).trim().to_owned()
}

fn without_blocks(text: &str) -> String {
    let mut kept = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if !line.trim().ends_with(BLOCK_MARK) {
            kept.push(line);
            continue;
        }
        let end = match lines.next().map(str::trim) {
            Some("```json") => "```",
            Some("") | None => continue,
            Some(_) => "",
        };
        // Runs to the end of the text when the block has none.
        lines.find(|line| line.trim() == end);
    }
    kept.join("\n")
}

/// A v3 gateway puts `[Sat 2026-11-21 12:00 UTC]` before what a person wrote.
fn without_stamp(line: &str) -> &str {
    let line = line.trim();
    match line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((_, rest)) => rest.trim(),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(messages: Value) -> Script {
        Script::read(messages.as_array().unwrap())
    }

    #[test]
    fn an_exec_line_is_found_behind_a_time_stamp_and_before_appended_context() {
        let script = read(json!([
            { "role": "system", "content": "exec: not this" },
            { "role": "user", "content": "[Sat 2026-11-21 12:00 UTC] exec: uname -a" },
            { "role": "user", "content": format!("{CONTEXT_BEGIN}\nexec: nor this\n{CONTEXT_END}") },
        ]));
        assert_eq!(
            script,
            Script::Exec {
                command: "uname -a".into()
            }
        );
    }

    #[test]
    fn what_a_person_wrote_is_found_behind_a_block_of_context() {
        let text = format!(
            "[Sat 2026-11-21 14:40 UTC] Conversation info: {BLOCK_MARK}\n```json\n{{}}\n```\n\nhello\n\nRuntime: x"
        );
        let script = read(json!([{ "role": "user", "content": text }]));
        assert_eq!(
            script,
            Script::Echo {
                text: "hello\n\nRuntime: x".into()
            }
        );
        let text = format!("Sender: {BLOCK_MARK}\nsomebody\n\nexec: true");
        let script = read(json!([{ "role": "user", "content": text }]));
        assert_eq!(
            script,
            Script::Exec {
                command: "true".into()
            }
        );
    }

    #[test]
    fn an_exec_with_its_result_is_done() {
        let script = read(json!([
            { "role": "user", "content": [{ "type": "text", "text": "exec: true" }] },
            { "role": "assistant", "content": null },
            { "role": "tool", "content": "fine" },
            { "role": "user", "content": format!("{CONTEXT_BEGIN}x{CONTEXT_END}") },
        ]));
        assert_eq!(
            script,
            Script::ToolDone {
                result: "fine".into()
            }
        );
    }

    #[test]
    fn any_tool_is_called_with_the_arguments_that_were_written() {
        let asked = json!({ "role": "user", "content": "tool: ask_user {\"questions\": []}" });
        let call = Script::Tool {
            name: "ask_user".into(),
            arguments: "{\"questions\": []}".into(),
        };
        assert_eq!(read(json!([asked])), call);
        let answered = json!([asked, { "role": "tool", "content": "blue" }]);
        let result = "blue".into();
        assert_eq!(read(answered), Script::ToolDone { result });
    }

    #[test]
    fn an_earlier_exec_is_not_asked_for_again() {
        let script = read(json!([
            { "role": "user", "content": "exec: true" },
            { "role": "tool", "content": "fine" },
            { "role": "user", "content": "hello: there" },
        ]));
        assert_eq!(
            script,
            Script::Echo {
                text: "hello: there".into()
            }
        );
    }
}
