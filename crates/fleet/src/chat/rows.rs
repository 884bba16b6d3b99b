//! A recorded row takes the place of what streamed: same message on the page, the gateway's id, the gateway's
//! words. Rows of other operators, channels and runs are added as they are.

use gatehouse_protocol::model::message::{Message, SessionMessage};

use super::cache::{CachedRow, DIRTY_MAX};
use super::carry::{
    carry_over, carry_tool, keep_attachments, same_words, shares_call, surplus_tools, tools,
    tools_mut,
};
use super::chat_events::visible_text;
use super::live::Tail;
use super::log::{self, Entry, Origin};
use super::row::{self, Reading, Row};
use super::tool::{self, ToolResult};
use super::{ORPHANS_MAX, Transcript};
use crate::view::{BlockView, ChatUpdate, MessageState, MessageView, Role, ToolView};

impl Transcript {
    pub(super) fn on_session_message(&mut self, event: &SessionMessage, out: &mut Vec<ChatUpdate>) {
        let id = event.message_id.as_deref();
        self.take_row(&event.message, id, event.message_seq, out);
        self.on_session_row(event.session.as_ref(), out);
    }

    /// Takes one row of the transcript, live or from a catch-up.
    pub(super) fn take_row(
        &mut self,
        message: &Message,
        id: Option<&str>,
        seq: Option<u64>,
        out: &mut Vec<ChatUpdate>,
    ) {
        match row::read(message, id, seq) {
            Reading::Hidden => {}
            Reading::Result { id, result } => {
                self.remember(CachedRow::of_result(&id, message));
                match self.log.tool(&result.call) {
                    Some(place) => self.end_tool(place, &result, out),
                    None => self.keep_orphan(result),
                }
            }
            Reading::Message(mut row) => {
                // A row without an id is told again with one, or comes with the history.
                if !row::is_made_up(&row.view.id) {
                    self.remember(CachedRow::of_row(&row, message));
                }
                self.fill_tools(&mut row.view);
                match row.view.role {
                    Role::User => self.take_user_row(*row, out),
                    _ => self.take_agent_row(*row, out),
                }
            }
        }
    }

    pub(super) fn keep_orphan(&mut self, result: ToolResult) {
        if self.orphans.len() < ORPHANS_MAX {
            self.orphans.insert(result.call.clone(), result);
        }
    }

    /// Folds in results that came before their calls, and approvals.
    pub(super) fn fill_tools(&mut self, view: &mut MessageView) {
        for tool in tools_mut(view) {
            if let Some(result) = self.orphans.remove(&tool.id) {
                tool::end(tool, &result);
            }
            self.attach_approval(tool);
        }
    }

    fn take_user_row(&mut self, row: Row, out: &mut Vec<ChatUpdate>) {
        if let Some(at) = self.log.position(&row.view.id) {
            self.replace(at, row, out);
            return;
        }
        match self.ours(&row).or_else(|| self.unnamed(&row)) {
            Some(at) => self.confirm_ours(at, row, out),
            None => self.add_row(row, out),
        }
    }

    /// The message of ours that came back: by its key, or, where a gateway keeps none, the oldest accepted
    /// one with the same words.
    pub(super) fn ours(&self, row: &Row) -> Option<usize> {
        let by_key = |key: &str| {
            self.log
                .entries
                .iter()
                .rposition(|entry| entry.is_ours() && entry.view.id == key)
        };
        if let Some(key) = &row.key {
            return by_key(key);
        }
        self.log.entries.iter().position(|entry| {
            matches!(&entry.origin, Origin::Ours { accepted: true, send }
                if send.text.trim() == row.text.trim())
        })
    }

    /// The same message, told before without an id: a protocol 3 gateway tells of a message when it arrives and
    /// again, with its id and another time, when it is written.
    fn unnamed(&self, row: &Row) -> Option<usize> {
        if row::is_made_up(&row.view.id) {
            return None;
        }
        self.log
            .entries
            .iter()
            .position(|entry| is_unnamed(&entry.view, &row.view))
    }

    fn confirm_ours(&mut self, at: usize, row: Row, out: &mut Vec<ChatUpdate>) {
        let ticks = self.log.ticks;
        let entry = &mut self.log.entries[at];
        let mut view = row.view;
        keep_attachments(&entry.view, &mut view);
        settle_entry(entry, view, row.seq, row.run, ticks, out);
        self.log.settle_order(at, out);
    }

    fn take_agent_row(&mut self, row: Row, out: &mut Vec<ChatUpdate>) {
        if let Some(at) = self.log.position(&row.view.id) {
            self.replace(at, row, out);
            return;
        }
        match self.live_of(&row) {
            Some(at) => self.confirm_live(at, row, out),
            None => {
                self.settle_run(&row, None);
                self.add_row(row, out);
            }
        }
    }

    fn add_row(&mut self, row: Row, out: &mut Vec<ChatUpdate>) {
        let mut view = row.view;
        for tool in tools_mut(&mut view) {
            if let Some(place) = self.log.tool(&tool.id)
                && let Some(seen) = self.log.tool_mut(place)
            {
                carry_tool(tool, seen);
            }
        }
        self.drop_repeated(&view, out);
        let entry = Entry::new(view, row.seq, Origin::Row { run: row.run });
        self.log.push(entry, out);
        self.log.settle_order(self.log.entries.len() - 1, out);
    }

    /// The same row again: what changed in it counts, what was seen live of its calls stays.
    fn replace(&mut self, at: usize, row: Row, out: &mut Vec<ChatUpdate>) {
        let ticks = self.log.ticks;
        let entry = &mut self.log.entries[at];
        let mut view = row.view;
        carry_over(&entry.view, &mut view, row.cut);
        let seq = row.seq.or(entry.seq);
        settle_entry(entry, view, seq, row.run, ticks, out);
        self.log.settle_order(at, out);
    }

    /// The streamed message that this row is the record of.
    pub(super) fn live_of(&self, row: &Row) -> Option<usize> {
        let candidates = || {
            self.log.entries.iter().enumerate().filter(|(_, entry)| {
                matches!(&entry.origin, Origin::Live { run }
                    if row.run.as_ref().is_none_or(|of| of == run))
            })
        };
        let by_call = candidates().find(|(_, entry)| shares_call(&entry.view, &row.view));
        let by_text = || candidates().find(|(_, entry)| same_words(&entry.view, &row.view));
        let by_run = || {
            let run = row.run.as_deref()?;
            candidates().find(|(_, entry)| self.may_be_record_of(entry, run, row))
        };
        by_call.or_else(by_text).or_else(by_run).map(|(at, _)| at)
    }

    /// A message that only thinks so far, or the open one where the gateway recorded other words than it
    /// streamed.
    fn may_be_record_of(&self, entry: &Entry, run: &str, row: &Row) -> bool {
        let blocks = &entry.view.blocks;
        let thinks_only = !blocks.is_empty()
            && blocks
                .iter()
                .all(|block| matches!(block, BlockView::Thinking { .. }));
        let is_open = self.runs.iter().any(|known| {
            known.id == run
                && known.tail
                    == Tail::Open {
                        id: entry.view.id.clone(),
                    }
        });
        let has_calls = blocks
            .iter()
            .any(|block| matches!(block, BlockView::Tool { .. }));
        thinks_only || (is_open && !has_calls && !row.text.is_empty())
    }

    fn confirm_live(&mut self, at: usize, row: Row, out: &mut Vec<ChatUpdate>) {
        let ticks = self.log.ticks;
        let live_id = self.log.entries[at].view.id.clone();
        let Origin::Live { run } = self.log.entries[at].origin.clone() else {
            return;
        };
        self.settle_run(&row, Some(&live_id));
        let mut view = row.view;
        carry_over(&self.log.entries[at].view, &mut view, row.cut);
        if let MessageState::Cut | MessageState::Aborted | MessageState::Errored { .. } =
            self.log.entries[at].view.state
        {
            view.state = self.log.entries[at].view.state.clone();
        }
        let surplus = surplus_tools(&self.log.entries[at].view, &view);
        let entry = &mut self.log.entries[at];
        let of = row.run.or(Some(run.clone()));
        settle_entry(entry, view.clone(), row.seq, of, ticks, out);
        self.drop_repeated(&view, out);
        if !surplus.is_empty() {
            self.add_surplus(&run, surplus, out);
        }
        if let Some(at) = self.log.position(&view.id) {
            self.log.settle_order(at, out);
        }
    }

    /// Tells the run that its present step is recorded.
    fn settle_run(&mut self, row: &Row, live: Option<&str>) {
        let is_of = |run: &super::live::LiveRun| {
            row.run.as_deref() == Some(run.id.as_str())
                || live.is_some_and(|live| {
                    run.tail
                        == Tail::Open {
                            id: live.to_owned(),
                        }
                })
        };
        let Some(run) = self.runs.iter_mut().rev().find(|run| is_of(run)) else {
            return;
        };
        run.thought = None;
        run.step = None;
        match &run.tail {
            // Its record is shortened: what streams is the whole of it, so it goes on under the new name.
            Tail::Open { id } if row.cut && live == Some(id.as_str()) => {
                run.tail = Tail::Open {
                    id: row.view.id.clone(),
                };
            }
            Tail::Open { id } if live.is_some_and(|live| live != id) => {}
            _ if row.text.trim().is_empty() => {}
            _ => run.settle(&row.text),
        }
    }

    /// Calls that streamed into one message and are recorded in several rows.
    fn add_surplus(&mut self, run: &str, tools: Vec<ToolView>, out: &mut Vec<ChatUpdate>) {
        let Some(at) = self.runs.iter().rposition(|known| known.id == run) else {
            return;
        };
        let id = self.runs[at].next_id();
        self.runs[at].step = Some(id.clone());
        let blocks = tools
            .into_iter()
            .map(|tool| BlockView::Tool { tool })
            .collect();
        let now = self.runs[at].since;
        self.begin_message(at, id, blocks, now, out);
    }

    /// Takes calls that a row has now out of streamed messages.
    fn drop_repeated(&mut self, row: &MessageView, out: &mut Vec<ChatUpdate>) {
        let calls: Vec<&str> = tools(row).map(|tool| tool.id.as_str()).collect();
        if calls.is_empty() {
            return;
        }
        for at in (0..self.log.entries.len()).rev() {
            let entry = &mut self.log.entries[at];
            if !entry.is_live() || entry.view.id == row.id {
                continue;
            }
            let before = entry.view.blocks.len();
            entry.view.blocks.retain(|block| {
                !matches!(block, BlockView::Tool { tool } if calls.contains(&tool.id.as_str()))
            });
            if entry.view.blocks.is_empty() {
                self.log.remove(at, out);
            } else if entry.view.blocks.len() != before {
                out.push(log::message(entry));
            }
        }
    }

    pub(super) fn remember(&mut self, row: CachedRow) {
        if self.dirty.len() >= DIRTY_MAX {
            self.dirty.remove(0);
        }
        self.dirty.push(row);
    }
}

/// True for a message without the gateway's id that says what the named one says.
pub(super) fn is_unnamed(view: &MessageView, named: &MessageView) -> bool {
    let text = |view: &MessageView| visible_text(view).map(|text| text.trim().to_owned());
    row::is_made_up(&view.id)
        && !row::is_made_up(&named.id)
        && view.role == named.role
        && text(view).is_some()
        && text(view) == text(named)
}

/// Gives an entry the gateway's id and words, and says what changed.
fn settle_entry(
    entry: &mut Entry,
    view: MessageView,
    seq: Option<u64>,
    run: Option<String>,
    arrival: u64,
    out: &mut Vec<ChatUpdate>,
) {
    entry.arrival = arrival;
    if entry.view.id != view.id {
        out.push(ChatUpdate::Renamed {
            from: std::mem::replace(&mut entry.view.id, view.id.clone()),
            to: view.id.clone(),
        });
    }
    let known_run = match &entry.origin {
        Origin::Row { run } => run.clone(),
        Origin::Live { run } => Some(run.clone()),
        Origin::Ours { .. } => None,
    };
    entry.origin = Origin::Row {
        run: run.or(known_run),
    };
    entry.seq = seq;
    if entry.view != view {
        entry.view = view;
        out.push(log::message(entry));
    }
}
