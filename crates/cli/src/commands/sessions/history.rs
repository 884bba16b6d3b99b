//! `sessions history`: what was said.

use gatehouse_protocol::methods::{ChatHistoryGet, ChatHistoryParams};
use gatehouse_protocol::model::message::{Block, BlockKind, Message, MessageRole};
use gatehouse_protocol::untrusted::{one_line, prose};
use serde::Serialize;

use super::super::Context;
use crate::dial::Link;
use crate::failure::Failure;
use crate::output::age;

/// Characters of a tool's arguments or output that are shown. `--json` has all of it.
const TOOL_TEXT_MAX: usize = 200;

/// A message, in a shape that stays the same whatever gateway it comes from.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HistoryLine<'a> {
    role: &'a str,
    timestamp: Option<u64>,
    text: String,
    tools: Vec<ToolLine<'a>>,
    /// Of a tool's result: the tool.
    tool_name: Option<&'a str>,
    is_error: bool,
    /// Why there is no answer, or no whole one.
    error: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ToolLine<'a> {
    name: &'a str,
    arguments: Option<&'a serde_json::Value>,
}

pub(super) async fn run(
    context: &mut Context<'_>,
    link: &Link,
    key: String,
    limit: u32,
) -> Result<(), Failure> {
    let params = ChatHistoryParams {
        session_key: key.clone(),
        limit: Some(limit),
        ..ChatHistoryParams::default()
    };
    let history = link.read::<ChatHistoryGet>(params).await?;
    if history.messages.items.is_empty() {
        super::must_exist(link, &key).await?;
    }
    let messages: Vec<_> = history.messages.items.iter().map(line).collect();
    if context.output.is_json() {
        return context
            .output
            .value(&serde_json::json!({ "key": key, "messages": messages }));
    }
    if messages.is_empty() {
        context.output.note("nothing was said there");
    }
    for message in &messages {
        print(context, message)?;
    }
    Ok(())
}

fn line(message: &Message) -> HistoryLine<'_> {
    let blocks = &message.content.0;
    let calls = blocks
        .iter()
        .filter(|block| block.kind == Some(BlockKind::ToolCall));
    HistoryLine {
        role: message.role.as_ref().map_or("unknown", MessageRole::as_str),
        timestamp: message.timestamp,
        text: message.content.text(),
        tools: calls.map(tool).collect(),
        tool_name: message.tool_name.as_deref(),
        is_error: message.is_error == Some(true),
        error: message.error_message.as_deref(),
    }
}

fn tool(block: &Block) -> ToolLine<'_> {
    ToolLine {
        name: block.name.as_deref().unwrap_or("tool"),
        arguments: block.arguments.as_ref(),
    }
}

fn print(context: &mut Context<'_>, message: &HistoryLine<'_>) -> Result<(), Failure> {
    let style = context.output.style;
    let time = message.timestamp.map(age::moment).unwrap_or_default();
    let who = match message.tool_name {
        Some(tool) => format!("{} {}", message.role, one_line(tool, 80)),
        None => one_line(message.role, 40),
    };
    context
        .output
        .line(&format!("{}  {}", style.bold(&who), style.dim(&time)))?;
    if message.tool_name.is_some() {
        context
            .output
            .line(&indent(&one_line(&message.text, TOOL_TEXT_MAX)))?;
    } else if !message.text.is_empty() {
        context.output.line(&indent(&prose(&message.text)))?;
    }
    if let Some(error) = message.error {
        let error = format!("ended: {}", one_line(error, 400));
        context.output.line(&indent(&error))?;
    }
    for tool in &message.tools {
        let arguments = tool.arguments.map(ToString::to_string).unwrap_or_default();
        let call = format!(
            "{} {}",
            one_line(tool.name, 80),
            one_line(&arguments, TOOL_TEXT_MAX)
        );
        context.output.line(&indent(&style.dim(&call)))?;
    }
    Ok(())
}

fn indent(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("  {line}")).collect();
    lines.join("\n")
}
