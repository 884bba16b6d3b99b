//! The tool `read`: a file's lines, numbered from 1 by `offset`, or an image.

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{LARGEST, arguments, blocking, effect_on, only_path};
use crate::{
    govern::{Effect, FileAccess},
    message::Content,
    tools::{CallContext, Tool, ToolError, ToolOutput, ToolSpec},
};

/// Lines and bytes of one answer, at most.
const MOST_LINES: usize = 2_000;
const MOST_BYTES: usize = 50_000;

pub struct Read;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    path: String,
    #[serde(default)]
    offset: Option<usize>,
    #[serde(default)]
    limit: Option<usize>,
}

#[async_trait]
impl Tool for Read {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: "read",
            label: "Read",
            description: "Read a file of the workspace. Long files come in parts: use offset and limit.",
            parameters: json!({
                "type": "object",
                "required": ["path"],
                "properties": {
                    "path": { "type": "string", "description": "Path of the file." },
                    "offset": { "type": "integer", "minimum": 1, "description": "First line, from 1." },
                    "limit": { "type": "integer", "minimum": 1, "description": "Number of lines." },
                },
            }),
        }
    }

    async fn resolve(&self, given: &Value, call: &CallContext) -> Result<Effect, ToolError> {
        let given: Arguments = arguments(given)?;
        effect_on(call, &given.path, FileAccess::Read)
    }

    async fn run(
        &self,
        effect: &Effect,
        given: &Value,
        call: &CallContext,
    ) -> Result<ToolOutput, ToolError> {
        let path = only_path(effect)?;
        let given: Arguments = arguments(given)?;
        let redactor = call.secrets.redactor.clone();
        blocking(call, move |workspace| {
            let bytes = workspace.read(&path, LARGEST)?;
            if let Some(mime_type) = image_type(&bytes) {
                return Ok(image(&bytes, mime_type));
            }
            let text = String::from_utf8(bytes)
                .map_err(|_| ToolError::Failed("it is neither text (UTF-8) nor an image".into()))?;
            // Before it is cut: half of a secret is not known as one.
            let text = redactor.text(&text);
            Ok(ToolOutput::text(part(&text, given.offset, given.limit)?))
        })
        .await
    }
}

fn image(bytes: &[u8], mime_type: &str) -> ToolOutput {
    let picture = Content::Image {
        data: STANDARD.encode(bytes),
        mime_type: mime_type.to_owned(),
    };
    let mut output = ToolOutput::text(format!("Read image file [{mime_type}]"));
    output.content.push(picture);
    output
}

fn image_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [0xFF, 0xD8, 0xFF, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Some("image/webp"),
        _ => None,
    }
}

/// The lines asked for, as many as fit, and how to get the rest.
fn part(text: &str, offset: Option<usize>, limit: Option<usize>) -> Result<String, ToolError> {
    let total = text.lines().count();
    let first = offset.unwrap_or(1).max(1);
    if first > total.max(1) {
        let text = format!("line {first} is beyond the end: the file has {total} lines");
        return Err(ToolError::Arguments(text));
    }
    let most = limit.unwrap_or(MOST_LINES).min(MOST_LINES);
    let mut shown = String::new();
    let mut count = 0;
    for line in text.lines().skip(first - 1).take(most) {
        if shown.len() + line.len() > MOST_BYTES && count > 0 {
            break;
        }
        shown.push_str(cut(line));
        shown.push('\n');
        count += 1;
    }
    shown.pop();
    let last = first - 1 + count;
    if last < total {
        let next = last + 1;
        shown.push_str(&format!(
            "\n\n[Lines {first} to {last} of {total}. Use offset={next} to go on.]"
        ));
    }
    Ok(shown)
}

/// One line may be longer than an answer.
fn cut(line: &str) -> &str {
    let mut end = line.len().min(MOST_BYTES);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    &line[..end]
}
