//! One tool call: what it was asked to do, what it printed, how it ended. Outputs reach us as snapshots that
//! repeat themselves (a whole, or the end of a whole); here they become "this was added".

use gatehouse_protocol::model::message::{Block, BlockKind};
use serde_json::Value;

use super::text;
use crate::untrusted;
use crate::view::{Decision, ToolState, ToolView};

/// How much of the end of an output is looked for in the next snapshot.
const ANCHOR: usize = 256;
/// A shorter anchor would be found by chance.
const SHORTEST_ANCHOR: usize = 16;
/// The longest name of a tool.
const NAME_MAX: usize = 120;

/// The argument names that say best what a call is about, in the order to look for them.
const TELLING: [&str; 14] = [
    "command",
    "cmd",
    "script",
    "path",
    "file_path",
    "filePath",
    "file",
    "url",
    "query",
    "pattern",
    "message",
    "task",
    "prompt",
    "action",
];

/// What changed in an output.
#[derive(Debug, PartialEq)]
pub(super) enum OutputChange {
    Same,
    /// This was added at its end.
    Grew(String),
    Replaced,
}

/// How a call ended, as a transcript or an event tells it.
#[derive(Debug, Default, Clone)]
pub(super) struct ToolResult {
    pub call: String,
    pub name: Option<String>,
    pub text: Option<String>,
    pub is_error: bool,
    pub exit_code: Option<i32>,
    pub duration_ms: Option<f64>,
    /// The gateway says that it did not let it run.
    pub denied: bool,
}

impl ToolResult {
    /// What stands beside the text: `{exitCode, durationMs, status}`.
    pub(super) fn with_details(mut self, details: Option<&Value>) -> Self {
        let detail = |name: &str| details.and_then(|details| details.get(name));
        self.exit_code = detail("exitCode")
            .and_then(Value::as_i64)
            .and_then(|code| i32::try_from(code).ok());
        self.duration_ms = detail("durationMs").and_then(Value::as_f64);
        self.denied = detail("status").and_then(Value::as_str) == Some("denied");
        self
    }
}

/// A call of which nothing but its name is known.
pub(super) fn begin(id: &str, name: Option<&str>, state: ToolState) -> ToolView {
    ToolView {
        id: id.to_owned(),
        name: untrusted::one_line(name.unwrap_or("tool"), NAME_MAX),
        summary: String::new(),
        arguments: None,
        state,
        output: String::new(),
        output_cut: false,
        exit_code: None,
        duration_ms: None,
        approval: None,
        decision: None,
    }
}

/// Reads the call from a block of a message. Providers differ in what they call its parts.
pub(super) fn from_block(block: &Block, state: ToolState) -> Option<ToolView> {
    let id = block
        .id
        .as_deref()
        .or_else(|| text_field(block, "toolCallId"))?;
    let mut tool = begin(id, block.name.as_deref(), state);
    let args = block
        .arguments
        .as_ref()
        .or_else(|| block.extra.get("input"))
        .or_else(|| block.extra.get("args"));
    if let Some(args) = args {
        describe(&mut tool, args);
    }
    Some(tool)
}

pub(super) fn is_call(block: &Block) -> bool {
    match &block.kind {
        Some(BlockKind::ToolCall) => true,
        Some(BlockKind::Other(kind)) => matches!(
            kind.to_ascii_lowercase().as_str(),
            "toolcall" | "tool_call" | "tooluse" | "tool_use" | "functioncall" | "function_call"
        ),
        _ => false,
    }
}

/// Sets what the call was asked to do.
pub(super) fn describe(tool: &mut ToolView, args: &Value) {
    tool.arguments = text::arguments(args);
    let summary = summary_of(args);
    if !summary.is_empty() {
        tool.summary = summary;
    }
}

fn summary_of(args: &Value) -> String {
    let Some(fields) = args.as_object() else {
        return args.as_str().map(text::summary).unwrap_or_default();
    };
    let told = TELLING
        .iter()
        .find_map(|name| fields.get(*name).and_then(Value::as_str));
    let any = || fields.values().find_map(Value::as_str);
    told.or_else(any).map(text::summary).unwrap_or_default()
}

/// Takes a snapshot of the output: the whole of it, or its end.
pub(super) fn merge_output(tool: &mut ToolView, snapshot: &str) -> OutputChange {
    let new = text::terminal(snapshot);
    if new.trim_end().is_empty() || tool.output.starts_with(new.trim_end()) {
        return OutputChange::Same;
    }
    if let Some(added) = new.strip_prefix(tool.output.as_str()) {
        let added = added.to_owned();
        return grow(tool, added);
    }
    if let Some(at) = continues_at(&tool.output, &new) {
        let added = new[at..].to_owned();
        return if added.is_empty() {
            OutputChange::Same
        } else {
            grow(tool, added)
        };
    }
    replace(tool, &new)
}

/// Where in `new` the text after the end of `old` begins.
fn continues_at(old: &str, new: &str) -> Option<usize> {
    let (anchor, _) = untrusted::cap_tail(old, ANCHOR);
    if anchor.len() < SHORTEST_ANCHOR {
        return None;
    }
    new.rfind(anchor).map(|at| at + anchor.len())
}

fn grow(tool: &mut ToolView, added: String) -> OutputChange {
    tool.output.push_str(&added);
    let (tail, cut) = text::output_tail(&tool.output);
    if !cut {
        return OutputChange::Grew(added);
    }
    tool.output = tail.to_owned();
    tool.output_cut = true;
    OutputChange::Replaced
}

fn replace(tool: &mut ToolView, new: &str) -> OutputChange {
    let (tail, cut) = text::output_tail(new);
    tool.output = tail.to_owned();
    tool.output_cut = cut;
    OutputChange::Replaced
}

/// Ends the call. The output that was seen live stays where the recorded one is only a part of it: what goes
/// to the model is often shortened.
pub(super) fn end(tool: &mut ToolView, result: &ToolResult) -> OutputChange {
    let change = match result.text.as_deref() {
        Some(snapshot) if may_take(tool, snapshot) => merge_output(tool, snapshot),
        _ => OutputChange::Same,
    };
    if result.exit_code.is_some() {
        tool.exit_code = result.exit_code;
    }
    if result.duration_ms.is_some() {
        tool.duration_ms = result.duration_ms;
    }
    tool.state = end_state(tool, result);
    change
}

fn may_take(tool: &ToolView, snapshot: &str) -> bool {
    tool.output.is_empty() || snapshot.len() >= tool.output.trim_end().len()
}

fn end_state(tool: &ToolView, result: &ToolResult) -> ToolState {
    let told = result.text.as_deref();
    let refused = result.denied || told.is_some_and(|text| text.starts_with("Exec denied"));
    if tool.decision == Some(Decision::Deny) || refused {
        ToolState::Denied
    } else if result.is_error || tool.exit_code.is_some_and(|code| code != 0) {
        ToolState::Failed
    } else {
        ToolState::Done
    }
}

/// Reads a result as events carry it: `{content: [{type, text}], details: {exitCode, durationMs}}`.
pub(super) fn read_result(call: &str, value: Option<&Value>, is_error: bool) -> ToolResult {
    let result = ToolResult {
        call: call.to_owned(),
        is_error,
        text: value.and_then(result_text),
        ..ToolResult::default()
    };
    result.with_details(value.and_then(|value| value.get("details")))
}

/// The text in a result or in a partial one.
pub(super) fn result_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => joined(parts),
        Value::Object(fields) => match fields.get("content") {
            Some(content) => result_text(content),
            None => fields.get("text").and_then(result_text),
        },
        _ => None,
    }
}

fn joined(parts: &[Value]) -> Option<String> {
    let texts: Vec<&str> = parts
        .iter()
        .filter_map(|part| part.as_str().or_else(|| part.get("text")?.as_str()))
        .collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}

fn text_field<'a>(block: &'a Block, name: &str) -> Option<&'a str> {
    block.extra.get(name).and_then(Value::as_str)
}

/// True while nothing says that the call has ended.
pub(super) fn is_open(tool: &ToolView) -> bool {
    matches!(
        tool.state,
        ToolState::Running | ToolState::WaitingForApproval
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool() -> ToolView {
        begin("c", Some("exec"), ToolState::Running)
    }

    #[test]
    fn snapshots_that_repeat_themselves_become_additions() {
        let mut tool = tool();
        assert_eq!(
            merge_output(&mut tool, "one\n"),
            OutputChange::Grew("one\n".into())
        );
        assert_eq!(merge_output(&mut tool, "one"), OutputChange::Same);
        assert_eq!(
            merge_output(&mut tool, "one\ntwo\n"),
            OutputChange::Grew("two\n".into())
        );
        assert_eq!(tool.output, "one\ntwo\n");
    }

    #[test]
    fn a_snapshot_of_the_end_continues_what_is_there() {
        let mut tool = tool();
        merge_output(&mut tool, "line 1 of many\nline 2 of many\n");
        let change = merge_output(&mut tool, "line 2 of many\nline 3 of many\n");
        // The anchor is the whole of what is there, so this snapshot holds only a part of it.
        assert_eq!(change, OutputChange::Replaced);
        let long: String = (0..100).map(|n| format!("line {n}\n")).collect();
        merge_output(&mut tool, &long);
        let end: String = (60..120).map(|n| format!("line {n}\n")).collect();
        let change = merge_output(&mut tool, &end);
        assert!(matches!(change, OutputChange::Grew(added) if added.starts_with("line 100\n")));
    }

    #[test]
    fn an_output_keeps_its_end_and_stays_inside_the_limit() {
        let mut tool = tool();
        let mut all = String::new();
        for n in 0..40_000 {
            all.push_str(&format!("{n:09}\n"));
        }
        for end in (0..all.len()).step_by(10_000) {
            merge_output(&mut tool, &all[..end]);
        }
        merge_output(&mut tool, &all);
        assert!(tool.output.len() <= text::OUTPUT_MAX && tool.output_cut);
        assert!(tool.output.ends_with("000039999\n"));
    }

    #[test]
    fn a_shortened_record_does_not_take_the_live_output_away() {
        let mut tool = tool();
        merge_output(&mut tool, &"x".repeat(1000));
        let result = ToolResult {
            text: Some("(shortened)".into()),
            ..ToolResult::default()
        };
        end(&mut tool, &result);
        assert_eq!((tool.output.len(), tool.state), (1000, ToolState::Done));
    }

    #[test]
    fn a_call_says_in_one_line_what_it_is_about() {
        let mut tool = tool();
        describe(
            &mut tool,
            &serde_json::json!({"timeout": 3, "command": "ls\n-l"}),
        );
        assert_eq!(tool.summary, "ls -l");
    }
}
