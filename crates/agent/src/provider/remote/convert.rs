//! Between this crate's messages and genai's.

use std::time::Duration;

use genai::chat::{
    ChatMessage, ChatRequest, ContentPart, MessageContent, StopReason as TheirStop, StreamEnd,
    Tool, ToolCall as TheirCall, ToolResponse, Usage as TheirUsage,
};

use super::super::{ApiKey, ModelEvent, ModelRequest, ProviderError};
use crate::{
    message::{AssistantMessage, Content, Message, StopReason, ToolCall, Usage, text_of},
    tools::ToolSpec,
};

pub(super) fn request(request: ModelRequest) -> ChatRequest {
    let mut chat = ChatRequest::from_messages(messages(&request.messages));
    if !request.system.is_empty() {
        chat = chat.with_system(request.system);
    }
    if !request.tools.is_empty() {
        chat = chat.with_tools(request.tools.into_iter().map(tool).collect::<Vec<_>>());
    }
    chat
}

fn tool(spec: ToolSpec) -> Tool {
    Tool::new(spec.name)
        .with_description(spec.description)
        .with_schema(spec.parameters)
}

fn messages(messages: &[Message]) -> Vec<ChatMessage> {
    messages.iter().filter_map(message).collect()
}

/// None for a message that says nothing: providers refuse empty ones.
fn message(message: &Message) -> Option<ChatMessage> {
    match message {
        Message::User(user) => {
            let parts: Vec<_> = user.content.iter().filter_map(plain_part).collect();
            (!parts.is_empty()).then(|| ChatMessage::user(MessageContent::from_parts(parts)))
        }
        Message::CompactionSummary(summary) => Some(ChatMessage::user(format!(
            "[Summary of the conversation so far]\n{}",
            summary.summary
        ))),
        Message::Assistant(answer) => assistant(answer),
        Message::ToolResult(result) => {
            let mut text = text_of(&result.content);
            if text.is_empty() {
                text = "(no output)".into();
            }
            let response = ToolResponse::new(&result.tool_call_id, text);
            Some(ChatMessage::from(response.with_fn_name(&result.tool_name)))
        }
    }
}

fn assistant(answer: &AssistantMessage) -> Option<ChatMessage> {
    let mut parts = Vec::new();
    for block in &answer.content {
        match block {
            Content::Thinking {
                thinking,
                thinking_signature: Some(signature),
            } => {
                parts.push(ContentPart::ThoughtSignature(signature.clone()));
                parts.push(ContentPart::ReasoningContent(thinking.clone()));
            }
            // Thinking that its provider did not sign is nobody's to send back.
            Content::Thinking { .. } => {}
            Content::ToolCall(call) => parts.push(ContentPart::ToolCall(TheirCall {
                call_id: call.id.clone(),
                fn_name: call.name.clone(),
                fn_arguments: call.arguments.clone(),
                thought_signatures: None,
            })),
            other => parts.extend(plain_part(other)),
        }
    }
    (!parts.is_empty()).then(|| ChatMessage::assistant(MessageContent::from_parts(parts)))
}

fn plain_part(block: &Content) -> Option<ContentPart> {
    match block {
        Content::Text { text } if text.is_empty() => None,
        Content::Text { text } => Some(ContentPart::from_text(text)),
        Content::Image { data, mime_type } => Some(ContentPart::from_binary_base64(
            mime_type,
            data.as_str(),
            None,
        )),
        Content::Thinking { .. } | Content::ToolCall(_) => None,
    }
}

/// The calls of an answer, those that were heard with those of the library, and its end. An end without a reason is none: the library makes one up when a
/// connection closes in the middle of an answer.
pub(super) fn end(end: StreamEnd, heard: Vec<ToolCall>) -> Vec<Result<ModelEvent, ProviderError>> {
    let usage = end.captured_usage.as_ref().map(usage).unwrap_or_default();
    let Some(stop) = end.captured_stop_reason else {
        return vec![Err(ProviderError::ended_early())];
    };
    let captured = end.captured_content.into_iter();
    let captured = captured.flat_map(|content| content.into_tool_calls().into_iter().map(call));
    let calls = heard.into_iter().chain(captured);
    let mut events: Vec<_> = calls.map(|call| Ok(ModelEvent::ToolCall(call))).collect();
    if matches!(stop, TheirStop::ToolCall(_)) && events.is_empty() {
        let nothing = "the answer says that it calls a tool, and names none";
        return vec![Err(ProviderError::Unreadable(nothing.to_owned()))];
    }
    let stop = match stop {
        TheirStop::ContentFilter(_) => StopReason::Refused,
        _ if !events.is_empty() => StopReason::ToolUse,
        TheirStop::MaxTokens(_) => StopReason::Length,
        _ => StopReason::Stop,
    };
    events.push(Ok(ModelEvent::Done { usage, stop }));
    events
}

/// Arguments that are no JSON stay a text; the tool says what is wrong with them.
fn call(call: TheirCall) -> ToolCall {
    let arguments = match call.fn_arguments {
        serde_json::Value::String(text) if text.trim().is_empty() => serde_json::json!({}),
        arguments => arguments,
    };
    ToolCall {
        id: call.call_id,
        name: call.fn_name,
        arguments,
    }
}

fn usage(usage: &TheirUsage) -> Usage {
    let count = |tokens: Option<i32>| u64::try_from(tokens.unwrap_or(0)).unwrap_or(0);
    let details = usage.prompt_tokens_details.as_ref();
    let cache_read = details.map_or(0, |details| count(details.cached_tokens));
    let cache_write = details.map_or(0, |details| count(details.cache_creation_tokens));
    let prompt = count(usage.prompt_tokens);
    Usage {
        // The library counts cached tokens into the prompt; their price is another one.
        input: prompt.saturating_sub(cache_read + cache_write),
        output: count(usage.completion_tokens),
        cache_read,
        cache_write,
        total_tokens: count(usage.total_tokens),
        ..Usage::default()
    }
}

pub(super) fn error(error: &genai::Error, key: Option<&ApiKey>) -> ProviderError {
    let error = innermost(error);
    let text = without_key(words(error), key);
    let Some(status) = error.status().map(|status| status.as_u16()) else {
        return without_status(error, text);
    };
    match status {
        401 | 403 => ProviderError::Unauthorized {
            status,
            message: text,
        },
        // 529 is Anthropic's word for overloaded.
        408 | 409 | 425 | 429 | 503 | 529 => ProviderError::Busy {
            status,
            message: text,
            retry_after: retry_after(error),
        },
        500..=599 => ProviderError::Broken {
            status,
            message: text,
        },
        400 | 413 if says_too_long(&text) => ProviderError::ContextOverflow(text),
        _ => ProviderError::Refused(format!("status {status}: {text}")),
    }
}

/// A stream wraps what the server answered.
fn innermost(error: &genai::Error) -> &genai::Error {
    let genai::Error::WebStream { error: inner, .. } = error else {
        return error;
    };
    let inner = inner.downcast_ref::<genai::Error>();
    inner.map_or(error, innermost)
}

fn without_status(error: &genai::Error, text: String) -> ProviderError {
    use genai::Error;
    match error {
        Error::ChatResponse { .. } if says_too_long(&text) => ProviderError::ContextOverflow(text),
        Error::ChatResponse { .. } => ProviderError::BrokeOff(text),
        Error::WebModelCall { .. } | Error::WebAdapterCall { .. } | Error::WebStream { .. } => {
            ProviderError::Unreachable(text)
        }
        Error::StreamParse { .. }
        | Error::NoChatResponse { .. }
        | Error::InvalidJsonResponseElement { .. }
        | Error::ChatResponseGeneration { .. } => ProviderError::Unreadable(text),
        _ => ProviderError::Refused(text),
    }
}

/// Characters of a provider's words that are kept.
const MOST_WORDS: usize = 500;

/// Before it is cut: half of a key is not known as one.
fn without_key(text: String, key: Option<&ApiKey>) -> String {
    let text = key.map_or_else(|| text.clone(), |key| key.redact(&text));
    text.chars().take(MOST_WORDS).collect()
}

/// The provider's own words where it has some.
fn words(error: &genai::Error) -> String {
    let body = match error {
        genai::Error::HttpError { body, .. } => Some(body.clone()),
        genai::Error::ChatResponse { body, .. } => Some(body.to_string()),
        genai::Error::WebModelCall { webc_error, .. }
        | genai::Error::WebAdapterCall { webc_error, .. } => match webc_error {
            genai::webc::Error::ResponseFailedStatus { body, .. } => Some(body.clone()),
            _ => None,
        },
        _ => None,
    };
    let told = body.as_deref().and_then(message_in);
    told.or(body).unwrap_or_else(|| error.to_string())
}

/// The words of a line that is an error and nothing else.
pub(super) fn error_line(line: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(line).ok()?;
    let is_answer = value
        .get("message")
        .is_some_and(serde_json::Value::is_object);
    let words = value["error"].as_str()?;
    (!is_answer).then(|| words.to_owned())
}

/// An answer that an error ended.
pub(super) fn broke_off(words: &str, key: Option<&ApiKey>) -> ProviderError {
    let text = without_key(words.to_owned(), key);
    match says_too_long(&text) {
        true => ProviderError::ContextOverflow(text),
        false => ProviderError::BrokeOff(text),
    }
}

/// OpenAI, Anthropic and Gemini put it at `error.message`, Ollama at `error`.
fn message_in(body: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(body).ok()?;
    let error = &value["error"];
    let message = error["message"].as_str().or(error.as_str());
    message.or(value["message"].as_str()).map(str::to_owned)
}

/// Providers have no common code for it, only words.
fn says_too_long(text: &str) -> bool {
    let text = text.to_lowercase();
    [
        "context length",
        "context_length",
        "context window",
        "too long",
        "too many tokens",
        "maximum context",
    ]
    .iter()
    .any(|words| text.contains(words))
}

/// `Retry-After` in seconds (RFC 9110, 10.2.3), or OpenAI's `retry-after-ms`.
fn retry_after(error: &genai::Error) -> Option<Duration> {
    let headers = error.headers()?;
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    let millis = number("retry-after-ms").map(Duration::from_millis);
    millis.or_else(|| number("retry-after").map(Duration::from_secs))
}
