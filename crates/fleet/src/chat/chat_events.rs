//! `chat` events: the text of a run as it grows, and how the run ends.

use std::collections::HashSet;

use gatehouse_protocol::event::{ChatEvent, ChatState};

use super::Transcript;
use super::carry::tools;
use super::live::{Step, Tail, whole_text};
use super::log::{self, Entry, Origin};
use super::row;
use super::text;
use super::tool;
use crate::view::{BlockView, ChatUpdate, MessageState, MessageView, Millis, Role, ToolState};

/// How far back the tool calls of a run are looked for when it ends.
const RUN_REACH: usize = 128;
/// How far back a closing text is looked for before it is shown as a message of its own.
const ECHO_REACH: usize = 8;

impl Transcript {
    pub(super) fn on_chat(&mut self, event: &ChatEvent, now: Millis, out: &mut Vec<ChatUpdate>) {
        match &event.state {
            Some(ChatState::Status) => self.on_status(event, now),
            Some(ChatState::Delta) => self.on_delta(event, now, out),
            Some(ChatState::Final) => {
                let state = row::ended_by_itself(event.stop_reason.as_deref());
                self.on_end(event, state, now, out);
            }
            Some(ChatState::Aborted) => self.on_end(event, MessageState::Aborted, now, out),
            Some(ChatState::Error) => {
                let state =
                    row::errored(event.error_kind.as_deref(), event.error_message.as_deref());
                self.on_end(event, state, now, out);
            }
            Some(ChatState::Other(_)) | None => {}
        }
    }

    fn on_status(&mut self, event: &ChatEvent, now: Millis) {
        let at = self.run_at(&event.run_id, now);
        let run = &mut self.runs[at];
        if run.ended.is_none() {
            run.phase = event.phase.as_deref().map(text::summary);
        }
    }

    fn on_delta(&mut self, event: &ChatEvent, now: Millis, out: &mut Vec<ChatUpdate>) {
        let at = self.run_at(&event.run_id, now);
        let run = &mut self.runs[at];
        // An event that was overtaken by a later one has nothing that the later one's whole text lacks.
        let seq = event.seq.unwrap_or(run.seq);
        if seq < run.seq {
            return;
        }
        run.seq = seq;
        let whole = event.message.as_ref().and_then(whole_text);
        let step = run.take(event.delta_text.as_deref(), whole.as_deref(), event.replace);
        self.show(at, step, now, out);
    }

    /// Shows what a step changed in the text of a run.
    pub(super) fn show(&mut self, at: usize, step: Step, now: Millis, out: &mut Vec<ChatUpdate>) {
        if step == Step::Same {
            return;
        }
        let run = &mut self.runs[at];
        run.check_settled();
        match &run.tail {
            Tail::Open { id } => {
                let id = id.clone();
                self.show_open(at, &id, step, out);
            }
            Tail::Closed if run.has_words() => self.open_message(at, now, out),
            Tail::Closed | Tail::Settled { .. } | Tail::Skipping => {}
        }
    }

    fn show_open(&mut self, at: usize, id: &str, step: Step, out: &mut Vec<ChatUpdate>) {
        let run = &mut self.runs[at];
        let Some(entry) = self.log.get_mut(id) else {
            // It was let go with the oldest messages.
            run.close();
            return;
        };
        if step == Step::Rewritten {
            let text = run.rewritten();
            rewrite(entry, text, out);
            return;
        }
        let added = run.unshown();
        append(entry, added, out);
        if text_len(entry) > text::MESSAGE_MAX {
            run.fill();
        }
    }

    /// Begins a message with the words of a run that have none.
    fn open_message(&mut self, at: usize, now: Millis, out: &mut Vec<ChatUpdate>) {
        if let Some(text) = self.unclaimed_row(at) {
            self.runs[at].settle(&text);
            return;
        }
        let run = &mut self.runs[at];
        let thinking = run.step.clone().filter(|id| {
            self.log
                .position(id)
                .is_some_and(|at| only_thinks(&self.log.entries[at]))
        });
        if let Some(id) = thinking {
            run.open(id.clone());
            self.show_open(at, &id, Step::Grew, out);
            return;
        }
        let id = run.next_id();
        run.open(id.clone());
        let text = run.unshown();
        self.begin_message(at, id, vec![BlockView::Text { text }], now, out);
    }

    /// The text of a row that came during this step and names no run, as rows of protocol 3 do, if the words
    /// of the step are the beginning of it.
    fn unclaimed_row(&self, at: usize) -> Option<String> {
        let run = &self.runs[at];
        let words = text::markdown(run.segment().trim_end());
        let mut last = self.log.entries.iter().rev().take(ECHO_REACH);
        let row = last.find(|entry| {
            entry.arrival >= run.mark
                && entry.view.role == Role::Assistant
                && matches!(entry.origin, Origin::Row { run: None })
                && visible_text(&entry.view).is_some_and(|text| text.starts_with(&words))
        })?;
        visible_text(&row.view).map(str::to_owned)
    }

    /// Adds a message that streams; the one before it in this run is done.
    pub(super) fn begin_message(
        &mut self,
        at: usize,
        id: String,
        blocks: Vec<BlockView>,
        now: Millis,
        out: &mut Vec<ChatUpdate>,
    ) {
        let run = self.runs[at].id.clone();
        let state = self.runs[at].ended.clone();
        if let Some(before) = self
            .log
            .entries
            .iter_mut()
            .rev()
            .find(|entry| entry.is_live_of(&run))
        {
            finish_message(before, &MessageState::Done, out);
        }
        let view = MessageView {
            id,
            role: Role::Assistant,
            at: Some(now),
            blocks,
            state: state.unwrap_or(MessageState::Streaming),
            model: None,
            tokens: None,
            cost_usd: None,
        };
        let entry = Entry::new(view, None, Origin::Live { run });
        self.log.push(entry, out);
        self.runs[at].mark = self.log.ticks;
    }

    fn on_end(
        &mut self,
        event: &ChatEvent,
        state: MessageState,
        now: Millis,
        out: &mut Vec<ChatUpdate>,
    ) {
        let at = self.run_at(&event.run_id, now);
        if let Some(whole) = event.message.as_ref().and_then(whole_text) {
            let visible = text::without_internal_context(&whole);
            if !text::is_silent_reply(&visible) {
                self.close_text(at, &visible, now, out);
            }
        }
        let at = self.run_at(&event.run_id, now);
        self.runs[at].seq = self.runs[at].seq.max(event.seq.unwrap_or(0));
        self.end_run(at, state, now, out);
        self.end_doubtful(now, out);
    }

    /// The closing event repeats the text of the whole run. It repairs the open segment; segments that were
    /// closed are their rows' business.
    fn close_text(&mut self, at: usize, whole: &str, now: Millis, out: &mut Vec<ChatUpdate>) {
        let run = &mut self.runs[at];
        let is_open = matches!(run.tail, Tail::Open { .. });
        if !is_open && !run.continues_in(whole) && run.has_begun() {
            return;
        }
        if !is_open && self.ends_with_text(whole) {
            self.runs[at].settle(whole);
        }
        let step = self.runs[at].take_whole(whole);
        self.show(at, step, now, out);
    }

    /// True when one of the last messages says just this: a row that came before its event.
    fn ends_with_text(&self, whole: &str) -> bool {
        let shown = text::markdown(whole.trim());
        self.log.entries.iter().rev().take(ECHO_REACH).any(|entry| {
            entry.view.role == Role::Assistant
                && visible_text(&entry.view).is_some_and(|text| text.trim() == shown)
        })
    }

    /// Ends a run: its messages, and calls that did not end with it.
    pub(super) fn end_run(
        &mut self,
        at: usize,
        state: MessageState,
        now: Millis,
        out: &mut Vec<ChatUpdate>,
    ) {
        let run = &mut self.runs[at];
        run.waiting = None;
        run.phase = None;
        run.doubtful = false;
        let id = run.id.clone();
        let is_news = run.ended.as_ref() != Some(&state);
        run.ended = Some(state.clone());
        run.died = self.log.ticks;
        self.aborting.retain(|run| *run != id);
        self.elsewhere.take_if(|(run, _)| *run == id);
        if state != MessageState::Done {
            self.spoil_last(&id, &state, out);
        }
        let from = self.log.entries.len().saturating_sub(RUN_REACH);
        let calls = self.log.entries[from..].iter();
        let calls = calls.flat_map(|entry| tools(&entry.view)).map(|t| &t.id);
        let lasting = calls.filter(|call| self.waits_beyond_its_run(call));
        let lasting: HashSet<String> = lasting.cloned().collect();
        for entry in &mut self.log.entries[from..] {
            let is_row = matches!(&entry.origin, Origin::Row { run: Some(run) } if *run == id);
            if entry.is_live_of(&id) {
                finish_message(entry, &state, out);
            }
            if is_row || entry.is_live_of(&id) {
                interrupt_tools(entry, &lasting, out);
            }
        }
        if is_news && matches!(state, MessageState::Errored { .. }) && !self.shows_error(&id) {
            let id = self.runs[at].next_id();
            self.begin_message(at, id, Vec::new(), now, out);
        }
    }

    /// A session runs one after the other: when another run ends, one that nothing was heard of is over.
    pub(super) fn end_doubtful(&mut self, now: Millis, out: &mut Vec<ChatUpdate>) {
        let is_open = |run: &super::live::LiveRun| run.doubtful && run.ended.is_none();
        while let Some(at) = self.runs.iter().position(is_open) {
            self.end_run(at, MessageState::Done, now, out);
        }
    }

    /// The last message of the run may have been taken for done before the run was known to end badly.
    fn spoil_last(&mut self, run: &str, state: &MessageState, out: &mut Vec<ChatUpdate>) {
        let last = self
            .log
            .entries
            .iter_mut()
            .rev()
            .find(|entry| entry.is_live_of(run));
        if let Some(entry) = last
            && entry.view.state == MessageState::Done
        {
            entry.view.state = state.clone();
            out.push(log::message(entry));
        }
    }

    fn shows_error(&self, run: &str) -> bool {
        self.log.entries.iter().rev().take(RUN_REACH).any(|entry| {
            let is_of_run = match &entry.origin {
                Origin::Live { run: of } | Origin::Row { run: Some(of) } => of == run,
                _ => false,
            };
            is_of_run && matches!(entry.view.state, MessageState::Errored { .. })
        })
    }
}

fn only_thinks(entry: &Entry) -> bool {
    entry.is_live()
        && entry
            .view
            .blocks
            .iter()
            .all(|block| matches!(block, BlockView::Thinking { .. }))
}

/// The first visible text of a message.
pub(super) fn visible_text(view: &MessageView) -> Option<&str> {
    view.blocks.iter().find_map(|block| match block {
        BlockView::Text { text } => Some(text.as_str()),
        _ => None,
    })
}

fn text_block(entry: &Entry) -> Option<usize> {
    entry
        .view
        .blocks
        .iter()
        .rposition(|block| matches!(block, BlockView::Text { .. }))
}

fn text_len(entry: &Entry) -> usize {
    visible_text(&entry.view).map_or(0, str::len)
}

/// Adds to the text of a message; begins its text block where it has none.
fn append(entry: &mut Entry, added: String, out: &mut Vec<ChatUpdate>) {
    if added.is_empty() {
        return;
    }
    let block = text_block(entry).unwrap_or(entry.view.blocks.len());
    match entry.view.blocks.get_mut(block) {
        Some(BlockView::Text { text }) => text.push_str(&added),
        _ => entry.view.blocks.push(BlockView::Text {
            text: added.clone(),
        }),
    }
    out.push(ChatUpdate::Append {
        id: entry.view.id.clone(),
        block: u32::try_from(block).unwrap_or(u32::MAX),
        text: added,
    });
}

fn rewrite(entry: &mut Entry, new: String, out: &mut Vec<ChatUpdate>) {
    match text_block(entry) {
        Some(block) => {
            let BlockView::Text { text } = &mut entry.view.blocks[block] else {
                return;
            };
            if let Some(added) = new.strip_prefix(text.as_str()) {
                let added = added.to_owned();
                append(entry, added, out);
                return;
            }
            *text = new;
        }
        None => entry.view.blocks.push(BlockView::Text { text: new }),
    }
    out.push(log::message(entry));
}

/// Sets how a streaming message ended.
pub(super) fn finish_message(entry: &mut Entry, state: &MessageState, out: &mut Vec<ChatUpdate>) {
    if entry.view.state == MessageState::Streaming {
        entry.view.state = state.clone();
        out.push(log::message(entry));
    }
}

/// Calls that did not end with their run are interrupted, less those that wait on without it.
fn interrupt_tools(entry: &mut Entry, lasting: &HashSet<String>, out: &mut Vec<ChatUpdate>) {
    let id = entry.view.id.clone();
    for block in &mut entry.view.blocks {
        if let BlockView::Tool { tool } = block
            && tool::is_open(tool)
            && !lasting.contains(&tool.id)
        {
            tool.state = ToolState::Interrupted;
            out.push(log::tool_without_output(&id, tool));
        }
    }
}
