//! `agent` events: tool calls, thoughts, and where a run stands. Its `assistant` stream is left out on
//! purpose: see `live`.
//!
//! The `seq` of these events orders a run, but it is no gap detector: gateways join streamed events, so it
//! jumps in ordinary runs (6, then 33). A gap is told by the connection's own sequence, and answered by
//! `load_history`.

use gatehouse_protocol::event::{
    AgentData, AgentEvent, CommandOutputData, ItemData, LifecycleData, ThinkingData, ToolData,
};

use super::Transcript;
use super::live::Tail;
use super::log::{self, ToolPlace};
use super::row;
use super::text;
use super::tool::{self, OutputChange, ToolResult};
use crate::view::{BlockView, ChatUpdate, ItemKind, MessageState, Millis, ToolState, ToolView};

/// How many tool calls one live message collects before the next one is begun.
const STEP_TOOLS_MAX: usize = 100;

impl Transcript {
    pub(super) fn on_agent(&mut self, event: &AgentEvent, now: Millis, out: &mut Vec<ChatUpdate>) {
        let run = event.run_id.as_str();
        match &event.data {
            AgentData::Tool(data) => self.on_tool(run, data, now, out),
            AgentData::Item(data) => self.on_item(run, data, now, out),
            AgentData::CommandOutput(data) => self.on_command_output(run, data, now, out),
            AgentData::Thinking(data) => self.on_thinking(run, data, now, out),
            AgentData::Lifecycle(data) => self.on_lifecycle(run, data, now, out),
            AgentData::RunStatus { phase } => {
                let at = self.run_at(run, now);
                let run = &mut self.runs[at];
                if run.ended.is_none() {
                    run.phase = phase.as_deref().map(text::summary);
                }
            }
            // `assistant` is the text of `chat` events once more; the rest is not shown in a transcript.
            AgentData::Assistant(_)
            | AgentData::Usage(_)
            | AgentData::Plan(_)
            | AgentData::Compaction(_)
            | AgentData::Other(_) => {}
        }
    }

    fn on_tool(&mut self, run: &str, data: &ToolData, now: Millis, out: &mut Vec<ChatUpdate>) {
        let Some(call) = data.tool_call_id.as_deref() else {
            return;
        };
        let name = data.name.as_deref();
        match data.phase.as_deref() {
            Some("start") => {
                let place = self.tool_of(run, call, name, now, out);
                self.close_step(run, now);
                if let Some(args) = &data.args {
                    self.describe_tool(place, args, out);
                }
            }
            Some("update") => {
                let place = self.tool_of(run, call, name, now, out);
                let text = data.partial_result.as_ref().and_then(tool::result_text);
                if let Some(text) = text {
                    self.print(place, &text, out);
                }
            }
            Some("result") => {
                let place = self.tool_of(run, call, name, now, out);
                let is_error = data.is_error.unwrap_or(false);
                let result = tool::read_result(call, data.result.as_ref(), is_error);
                self.end_tool(place, &result, out);
            }
            _ => {}
        }
    }

    /// Finds the call; one that has not been seen goes to the message that its step is.
    fn tool_of(
        &mut self,
        run: &str,
        call: &str,
        name: Option<&str>,
        now: Millis,
        out: &mut Vec<ChatUpdate>,
    ) -> ToolPlace {
        if let Some(place) = self.log.tool(call) {
            return place;
        }
        let at = self.run_at(run, now);
        let mut tool = tool::begin(call, name, ToolState::Running);
        self.attach_approval(&mut tool);
        let place = match self.step_message(at) {
            Some(entry_at) => {
                let entry = &mut self.log.entries[entry_at];
                out.push(log::tool_whole(&entry.view.id, &tool));
                entry.view.blocks.push(BlockView::Tool { tool });
                (entry_at, entry.view.blocks.len() - 1)
            }
            None => {
                let id = self.runs[at].next_id();
                self.runs[at].step = Some(id.clone());
                self.begin_message(at, id, vec![BlockView::Tool { tool }], now, out);
                (self.log.entries.len() - 1, 0)
            }
        };
        self.runs[at].close();
        place
    }

    /// The live message that the next tool call of a run belongs to: the one with the words before it, or the
    /// one with calls that are still going on beside it.
    fn step_message(&self, at: usize) -> Option<usize> {
        let step = self.runs[at].step.as_deref()?;
        let entry_at = self.log.position(step)?;
        let entry = &self.log.entries[entry_at];
        let mut calls = entry.view.blocks.iter().filter_map(|block| match block {
            BlockView::Tool { tool } => Some(tool),
            _ => None,
        });
        let count = calls.clone().count();
        let takes_more = count == 0 || (count < STEP_TOOLS_MAX && calls.any(tool::is_open));
        (entry.is_live() && takes_more).then_some(entry_at)
    }

    /// A call begins: the words of a run so far are before it, the next ones after it.
    fn close_step(&mut self, run: &str, now: Millis) {
        let at = self.run_at(run, now);
        self.runs[at].close();
        self.runs[at].thought = None;
    }

    fn describe_tool(
        &mut self,
        place: ToolPlace,
        args: &serde_json::Value,
        out: &mut Vec<ChatUpdate>,
    ) {
        let Some(tool) = self.log.tool_mut(place) else {
            return;
        };
        let (arguments, summary) = (tool.arguments.clone(), tool.summary.clone());
        tool::describe(tool, args);
        if (&tool.arguments, &tool.summary) != (&arguments, &summary) {
            self.say_tool(place, log::tool_without_output, out);
        }
    }

    fn print(&mut self, place: ToolPlace, text: &str, out: &mut Vec<ChatUpdate>) {
        let Some(tool) = self.log.tool_mut(place) else {
            return;
        };
        // What is said about a call after its result is late.
        if !tool::is_open(tool) {
            return;
        }
        let change = tool::merge_output(tool, text);
        self.say_output(place, change, out);
    }

    fn say_output(&mut self, place: ToolPlace, change: OutputChange, out: &mut Vec<ChatUpdate>) {
        match change {
            OutputChange::Same => {}
            OutputChange::Replaced => self.say_tool(place, log::tool_whole, out),
            OutputChange::Grew(text) => {
                let id = self.log.entries[place.0].view.id.clone();
                if let Some(tool) = self.log.tool_mut(place) {
                    let tool = tool.id.clone();
                    out.push(ChatUpdate::ToolOutput { id, tool, text });
                }
            }
        }
    }

    /// Folds a result into the call that it answers.
    pub(super) fn end_tool(
        &mut self,
        place: ToolPlace,
        result: &ToolResult,
        out: &mut Vec<ChatUpdate>,
    ) {
        let Some(tool) = self.log.tool_mut(place) else {
            return;
        };
        let before = (tool.state, tool.exit_code, tool.duration_ms);
        let change = tool::end(tool, result);
        let after = (tool.state, tool.exit_code, tool.duration_ms);
        let is_replaced = change == OutputChange::Replaced;
        self.say_output(place, change, out);
        if before != after && !is_replaced {
            self.say_tool(place, log::tool_without_output, out);
        }
    }

    fn say_tool(
        &mut self,
        place: ToolPlace,
        update: fn(&str, &ToolView) -> ChatUpdate,
        out: &mut Vec<ChatUpdate>,
    ) {
        let view = &self.log.entries[place.0].view;
        if let Some(BlockView::Tool { tool }) = view.blocks.get(place.1) {
            out.push(update(&view.id, tool));
        }
    }

    /// A line of activity has a better one-line summary than we could make of unknown arguments.
    fn on_item(&mut self, run: &str, data: &ItemData, now: Millis, out: &mut Vec<ChatUpdate>) {
        let Some(call) = data.tool_call_id.as_deref() else {
            return;
        };
        // Protocol 3 says here, after the call has ended, for which approval its command waits.
        if let Some(approval) = data.approval_id.as_deref() {
            let kind = Some(ItemKind::Exec);
            self.approval_waits(approval, kind, Some(run), Some(call), now, out);
        }
        let Some(meta) = data.meta.as_deref() else {
            return;
        };
        self.change_tool(call, out, |tool| {
            if tool.summary.is_empty() {
                tool.summary = text::summary(meta);
            }
        });
    }

    /// The output of a command, once more, in shorter form; only its end has what no other event has.
    fn on_command_output(
        &mut self,
        run: &str,
        data: &CommandOutputData,
        now: Millis,
        out: &mut Vec<ChatUpdate>,
    ) {
        let Some(call) = data.tool_call_id.as_deref() else {
            return;
        };
        let place = self.tool_of(run, call, data.name.as_deref(), now, out);
        if let Some(output) = data.output.as_deref() {
            self.print(place, output, out);
        }
        if data.phase.as_deref() != Some("end") {
            return;
        }
        let exit_code = data.exit_code.and_then(|code| i32::try_from(code).ok());
        let duration = data.duration_ms.map(|ms| ms as f64);
        self.change_tool(call, out, |tool| {
            tool.exit_code = exit_code.or(tool.exit_code);
            tool.duration_ms = duration.or(tool.duration_ms);
        });
    }

    fn on_thinking(
        &mut self,
        run: &str,
        data: &ThinkingData,
        now: Millis,
        out: &mut Vec<ChatUpdate>,
    ) {
        let delta = data.delta.as_deref().filter(|text| !text.is_empty());
        let whole = data.text.as_deref().filter(|text| !text.is_empty());
        if delta.is_none() && whole.is_none() {
            return;
        }
        let at = self.run_at(run, now);
        let Some(id) = self.thinking_message(at, now, out) else {
            return;
        };
        let run = &mut self.runs[at];
        let known = match &run.thought {
            Some((message, known)) if *message == id => *known,
            _ => 0,
        };
        let continues = |delta: &&str| whole.is_none_or(|whole| whole.len() == known + delta.len());
        let (added, replaces) = match (delta.filter(continues), whole) {
            (Some(delta), _) => (delta, false),
            (None, Some(whole)) => (whole, true),
            (None, None) => return,
        };
        let length = if replaces { 0 } else { known } + added.len();
        run.thought = Some((id.clone(), length));
        if length <= text::MESSAGE_MAX {
            let added = text::markdown(added);
            self.think(&id, added, replaces, out);
        }
    }

    /// The message that a thought belongs to: the open one, one that only thinks so far, or a new one.
    fn thinking_message(
        &mut self,
        at: usize,
        now: Millis,
        out: &mut Vec<ChatUpdate>,
    ) -> Option<String> {
        let run = &mut self.runs[at];
        match &run.tail {
            Tail::Open { id } => return Some(id.clone()),
            // Its row has the thought.
            Tail::Settled { .. } | Tail::Skipping => return None,
            Tail::Closed => {}
        }
        if let Some((id, _)) = &run.thought
            && self.log.position(id).is_some()
        {
            return Some(id.clone());
        }
        let id = run.next_id();
        run.step = Some(id.clone());
        self.begin_message(at, id.clone(), Vec::new(), now, out);
        Some(id)
    }

    fn think(&mut self, id: &str, new: String, replaces: bool, out: &mut Vec<ChatUpdate>) {
        let Some(entry) = self.log.get_mut(id) else {
            return;
        };
        match entry.view.blocks.first_mut() {
            Some(BlockView::Thinking { text }) if replaces && !new.starts_with(text.as_str()) => {
                *text = new;
                out.push(log::message(entry));
            }
            Some(BlockView::Thinking { text }) => {
                let added = if replaces {
                    new[text.len()..].to_owned()
                } else {
                    new
                };
                text.push_str(&added);
                if !added.is_empty() {
                    out.push(ChatUpdate::Append {
                        id: id.to_owned(),
                        block: 0,
                        text: added,
                    });
                }
            }
            _ => {
                entry
                    .view
                    .blocks
                    .insert(0, BlockView::Thinking { text: new });
                out.push(log::message(entry));
            }
        }
    }

    fn on_lifecycle(
        &mut self,
        run: &str,
        data: &LifecycleData,
        now: Millis,
        out: &mut Vec<ChatUpdate>,
    ) {
        let call = data.tool_call_id.as_deref();
        match (data.phase.as_deref(), data.approval_id.as_deref()) {
            (Some("start"), _) => {
                let at = self.run_at(run, now);
                if let Some(started) = data.started_at {
                    self.runs[at].since = started as f64;
                }
            }
            (Some("model"), _) if data.model.is_some() => {
                let at = self.run_at(run, now);
                if self.runs[at].tail == Tail::Skipping {
                    self.runs[at].close();
                }
            }
            (Some("waiting-approval"), Some(approval)) => {
                self.approval_waits(approval, None, Some(run), call, now, out);
            }
            (Some("approval-resolved"), Some(approval)) => {
                self.run_goes_on(approval, call, now, out);
            }
            // An `error` here may be tried again; the `chat` event that ends the run says so.
            (Some("end"), _) => {
                let at = self.run_at(run, now);
                let aborted = data.aborted == Some(true);
                let state = if aborted {
                    MessageState::Aborted
                } else {
                    row::ended_by_itself(data.stop_reason.as_deref())
                };
                if self.runs[at].ended.is_none() {
                    self.end_run(at, state, now, out);
                }
            }
            _ => {}
        }
    }
}
