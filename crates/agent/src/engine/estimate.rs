//! About how many tokens something is: four bytes to a token, as with most models; an image is about 1,500.

use crate::{
    message::{Content, Message, Usage},
    provider::ModelRequest,
    tools::ToolSpec,
};

/// What a message has around its content.
const FRAME: u64 = 8;

pub(crate) fn of_bytes(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(4)
}

pub(crate) fn of_message(message: &Message) -> u64 {
    let content = match message {
        Message::User(message) => &message.content,
        Message::Assistant(message) => &message.content,
        Message::ToolResult(message) => &message.content,
        Message::CompactionSummary(message) => return of_bytes(message.summary.len()),
    };
    of_content(content) + FRAME
}

pub(crate) fn of_content(content: &[Content]) -> u64 {
    let tokens = content.iter().map(|block| match block {
        Content::Text { text } => of_bytes(text.len()),
        Content::Thinking { thinking, .. } => of_bytes(thinking.len()),
        Content::Image { .. } => 1_500,
        Content::ToolCall(call) => of_bytes(call.arguments.to_string().len()) + 20,
    });
    tokens.sum()
}

/// What stands before the conversation.
pub(crate) fn of_fixed(system: &str, tools: &[ToolSpec]) -> u64 {
    let tools = tools
        .iter()
        .map(|tool| tool.description.len() + tool.parameters.to_string().len());
    of_bytes(system.len() + tools.sum::<usize>())
}

/// What a model is asked.
pub(crate) fn of_request(request: &ModelRequest) -> u64 {
    let messages = request.messages.iter().map(of_message);
    of_fixed(&request.system, &request.tools) + messages.sum::<u64>()
}

/// What the provider said, or an estimate where it said nothing: a budget is kept with servers that count nothing too.
pub(crate) fn told_or(told: Usage, input: u64, output: u64) -> Usage {
    let counted = told.input + told.output + told.cache_read + told.cache_write + told.total_tokens;
    if counted > 0 {
        return told;
    }
    Usage {
        input,
        output,
        ..told
    }
}
