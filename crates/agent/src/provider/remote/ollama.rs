//! Ollama's own API. Not through the library: that cannot say how long a conversation the server is to take, and Ollama
//! cuts one off at its beginning that is longer, without a word.
//!
//! <https://github.com/ollama/ollama/blob/main/docs/api.md>

use futures_util::{StreamExt, stream};
use genai::chat::{
    Binary, BinarySource, ChatMessage, ChatRole, ContentPart, StopReason as TheirStop,
};
use serde_json::{Value, json};

use super::{
    super::{ApiKey, ModelEvent, ModelRequest, ModelStream, ProviderError, Thinking},
    convert, refusal,
};
use crate::{
    message::{ToolCall, Usage},
    tools::ToolSpec,
};

/// A line is a piece of an answer; a longer one is none.
const LONGEST_LINE: usize = 16 * 1024 * 1024;

/// Begins an answer. `base_url` ends in a slash.
pub(super) async fn begin(
    http: &reqwest::Client,
    base_url: &str,
    request: ModelRequest,
    key: Option<ApiKey>,
) -> Result<ModelStream, ProviderError> {
    let mut asked = http.post(format!("{base_url}api/chat"));
    // A server of one's own has none, and one behind a gate has.
    if let Some(key) = &key {
        asked = asked.bearer_auth(key.reveal());
    }
    let asked = asked.header("content-type", "application/json");
    let answer = asked.body(body(request).to_string()).send().await;
    let answer = answer.map_err(|error| refusal::unreachable(&error, key.as_ref()))?;
    if !answer.status().is_success() {
        return Err(refusal::refused(answer, key.as_ref()).await);
    }
    let mut lines = Lines::new(key);
    let pieces = answer.bytes_stream().map(Some);
    let events = pieces
        .chain(stream::iter([None]))
        .flat_map(move |piece| match piece {
            None => stream::iter(lines.end()),
            Some(Ok(bytes)) => stream::iter(lines.after(&bytes)),
            Some(Err(error)) => stream::iter(lines.broken(&error)),
        });
    Ok(events.boxed())
}

fn body(request: ModelRequest) -> Value {
    let mut options = json!({});
    if let Some(window) = request.context_window {
        options["num_ctx"] = json!(window);
    }
    if let Some(most) = request.max_output_tokens {
        options["num_predict"] = json!(most);
    }
    let mut body = json!({"model": request.model, "stream": true, "options": options});
    if let Some(think) = request.thinking.and_then(think) {
        body["think"] = json!(think);
    }
    if !request.tools.is_empty() {
        body["tools"] = request.tools.iter().map(tool).collect();
    }
    let system = json!({"role": "system", "content": request.system});
    let system = (!request.system.is_empty()).then_some(system);
    let messages = convert::messages(&request.messages)
        .into_iter()
        .map(message);
    body["messages"] = system.into_iter().chain(messages).collect();
    body
}

fn think(thinking: Thinking) -> Option<&'static str> {
    match thinking {
        Thinking::Off => None,
        Thinking::Minimal | Thinking::Low => Some("low"),
        Thinking::Medium => Some("medium"),
        Thinking::High => Some("high"),
    }
}

fn tool(tool: &ToolSpec) -> Value {
    json!({
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
        },
    })
}

fn message(message: ChatMessage) -> Value {
    let role = match message.role {
        ChatRole::System => "system",
        ChatRole::User => "user",
        ChatRole::Assistant => "assistant",
        ChatRole::Tool => "tool",
    };
    let mut sent = json!({"role": role});
    let (mut text, mut images, mut calls) = (String::new(), Vec::new(), Vec::new());
    for part in message.content {
        match part {
            ContentPart::Text(piece) => text.push_str(&piece),
            ContentPart::Binary(Binary {
                source: BinarySource::Base64(data),
                ..
            }) => images.push(json!(data)),
            ContentPart::ToolCall(call) => calls.push(json!({
                "function": {"name": call.fn_name, "arguments": call.fn_arguments},
            })),
            ContentPart::ToolResponse(result) => {
                text.push_str(&result.content);
                sent["tool_name"] = json!(result.fn_name);
            }
            _ => {}
        }
    }
    sent["content"] = json!(text);
    if !images.is_empty() {
        sent["images"] = Value::Array(images);
    }
    if !calls.is_empty() {
        sent["tool_calls"] = Value::Array(calls);
    }
    sent
}

type Events = Vec<Result<ModelEvent, ProviderError>>;

/// What came of an answer.
struct Lines {
    key: Option<ApiKey>,
    /// The beginning of a line.
    begun: Vec<u8>,
    calls: Vec<ToolCall>,
    is_over: bool,
}

impl Lines {
    fn new(key: Option<ApiKey>) -> Self {
        Self {
            key,
            begun: Vec::new(),
            calls: Vec::new(),
            is_over: false,
        }
    }

    fn after(&mut self, bytes: &[u8]) -> Events {
        let mut events = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.begun.extend_from_slice(piece);
            if self.begun.len() > LONGEST_LINE {
                let words = format!("a line of it has more than {LONGEST_LINE} bytes");
                self.begun.clear();
                events.extend(self.fail(ProviderError::Unreadable(words)));
            }
            if piece.ends_with(b"\n") {
                events.extend(self.line());
            }
        }
        events
    }

    fn end(&mut self) -> Events {
        let mut events = self.line();
        events.extend(self.fail(ProviderError::ended_early()));
        events
    }

    fn broken(&mut self, error: &reqwest::Error) -> Events {
        let error = refusal::unreachable(error, self.key.as_ref());
        self.fail(error)
    }

    fn fail(&mut self, error: ProviderError) -> Events {
        let was_over = std::mem::replace(&mut self.is_over, true);
        if was_over {
            Vec::new()
        } else {
            vec![Err(error)]
        }
    }

    fn line(&mut self) -> Events {
        let line = std::mem::take(&mut self.begun);
        if self.is_over || line.trim_ascii().is_empty() {
            return Vec::new();
        }
        let line: Value = match serde_json::from_slice(&line) {
            Ok(line) => line,
            Err(error) => return self.fail(ProviderError::Unreadable(error.to_string())),
        };
        if let Some(words) = line["error"].as_str() {
            let error = refusal::broke_off(words, self.key.as_ref());
            return self.fail(error);
        }
        let message = &line["message"];
        let text = |field: &str| message[field].as_str().filter(|text| !text.is_empty());
        let thinking = text("thinking").map(|piece| Ok(ModelEvent::Thinking(piece.to_owned())));
        let said = text("content").map(|piece| Ok(ModelEvent::Text(piece.to_owned())));
        let calls = message["tool_calls"].as_array().into_iter().flatten();
        self.calls.extend(calls.map(call));
        let mut events: Events = thinking.into_iter().chain(said).collect();
        if line["done"] == true {
            self.is_over = true;
            let stop = line["done_reason"].as_str().unwrap_or("stop");
            let stop = TheirStop::from(stop.to_owned());
            let calls = std::mem::take(&mut self.calls);
            events.extend(convert::end(Some(stop), usage(&line), calls));
        } else if events.is_empty() {
            events.push(Ok(ModelEvent::Alive));
        }
        events
    }
}

fn call(call: &Value) -> ToolCall {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    ToolCall {
        id: text(&call["id"]),
        name: text(&call["function"]["name"]),
        arguments: call["function"]["arguments"].clone(),
        thought_signature: None,
    }
}

fn usage(line: &Value) -> Usage {
    let count = |field: &str| line[field].as_u64().unwrap_or(0);
    let (input, output) = (count("prompt_eval_count"), count("eval_count"));
    Usage {
        input,
        output,
        total_tokens: input + output,
        ..Usage::default()
    }
}
