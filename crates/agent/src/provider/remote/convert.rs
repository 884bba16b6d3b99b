//! Between this crate's messages and genai's.

use genai::chat::{
    ChatMessage, ChatRequest, ContentPart, MessageContent, StopReason as TheirStop, StreamEnd,
    Tool, ToolCall as TheirCall, ToolResponse, Usage as TheirUsage,
};
use serde::Deserialize;

use super::{
    super::{ModelEvent, ModelRequest, ProviderError},
    wire,
};
use crate::{
    message::{
        AssistantMessage, Content, Message, StopReason, ToolCall, ToolResultMessage, Usage, text_of,
    },
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

/// Images of tool results come behind the last result of an answer, as if the user showed them: a result is a text.
pub(super) fn messages(messages: &[Message]) -> Vec<ChatMessage> {
    let mut sent = Vec::with_capacity(messages.len());
    let mut images = Vec::new();
    for message in messages {
        match message {
            Message::ToolResult(result) => {
                sent.push(tool_result(result));
                images.extend(images_of(result));
                continue;
            }
            _ => sent.extend(shown(&mut images)),
        }
        sent.extend(plain_message(message));
    }
    sent.extend(shown(&mut images));
    sent
}

fn shown(images: &mut Vec<ContentPart>) -> Option<ChatMessage> {
    let parts = std::mem::take(images);
    (!parts.is_empty()).then(|| ChatMessage::user(MessageContent::from_parts(parts)))
}

/// None for a message that says nothing: providers refuse empty ones.
fn plain_message(message: &Message) -> Option<ChatMessage> {
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
        Message::ToolResult(result) => Some(tool_result(result)),
    }
}

fn tool_result(result: &ToolResultMessage) -> ChatMessage {
    let mut text = text_of(&result.content);
    if text.is_empty() {
        text = match has_image(result) {
            true => "(an image, shown below)".into(),
            false => "(no output)".into(),
        };
    }
    let response = ToolResponse::new(wire::id(&result.tool_call_id), text);
    ChatMessage::from(response.with_fn_name(wire::name(&result.tool_name)))
}

fn has_image(result: &ToolResultMessage) -> bool {
    let mut blocks = result.content.iter();
    blocks.any(|block| matches!(block, Content::Image { .. }))
}

/// The images of a result, after a word about whose they are.
fn images_of(result: &ToolResultMessage) -> Vec<ContentPart> {
    if !has_image(result) {
        return Vec::new();
    }
    let whose = format!("[From the result of the tool {}]", result.tool_name);
    let images = result
        .content
        .iter()
        .filter(|block| matches!(block, Content::Image { .. }));
    std::iter::once(ContentPart::from_text(whose))
        .chain(images.filter_map(plain_part))
        .collect()
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
                call_id: wire::id(&call.id).into_owned(),
                fn_name: wire::name(&call.name).into_owned(),
                fn_arguments: wire::arguments(&call.arguments),
                thought_signatures: call
                    .thought_signature
                    .clone()
                    .map(|signature| vec![signature]),
            })),
            other => parts.extend(plain_part(other)),
        }
    }
    let says = |part: &ContentPart| {
        !matches!(
            part,
            ContentPart::ThoughtSignature(_) | ContentPart::ReasoningContent(_)
        )
    };
    let says_something = parts.iter().any(says);
    says_something.then(|| ChatMessage::assistant(MessageContent::from_parts(parts)))
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

/// The end of an answer as the library kept it.
pub(super) fn captured_end(end: StreamEnd) -> Vec<Result<ModelEvent, ProviderError>> {
    let told = end.captured_usage.as_ref().map(usage).unwrap_or_default();
    let content = end.captured_content.unwrap_or_default();
    let signatures = content.thought_signatures();
    let last_signature = signatures.last().map(|signature| (*signature).to_owned());
    let calls: Vec<ToolCall> = content.into_tool_calls().into_iter().map(call).collect();
    let is_kept = calls.iter().any(|call| call.thought_signature.is_some());
    let signed = last_signature.filter(|_| !is_kept);
    let signed = signed.map(|signature| Ok(ModelEvent::ThinkingSignature(signature)));
    let end = self::end(end.captured_stop_reason, told, calls);
    signed.into_iter().chain(end).collect()
}

/// The calls of an answer and its end. An end without a reason is none: the library makes one up when a
/// connection closes in the middle of an answer.
pub(super) fn end(
    stop: Option<TheirStop>,
    usage: Usage,
    calls: Vec<ToolCall>,
) -> Vec<Result<ModelEvent, ProviderError>> {
    let Some(stop) = stop else {
        return vec![Err(ProviderError::ended_early())];
    };
    let mut events: Vec<_> = calls
        .into_iter()
        .map(|call| Ok(ModelEvent::ToolCall(call)))
        .collect();
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
    let signatures = call.thought_signatures.into_iter().flatten();
    ToolCall {
        id: call.call_id,
        name: call.fn_name,
        arguments,
        thought_signature: signatures.last(),
    }
}

/// What a frame of an OpenAI-compatible server says about it, if anything.
pub(super) fn told_usage(frame: &serde_json::Value) -> Option<Usage> {
    let told = TheirUsage::deserialize(frame.get("usage")?).ok()?;
    let told = usage(&told);
    (told != Usage::default()).then_some(told)
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
