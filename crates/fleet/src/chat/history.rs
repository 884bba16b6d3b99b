//! A page of `chat.history` is the truth. What a page cannot know is kept: messages being sent, what a run in
//! flight has said since, the live output of calls. The difference goes out as updates where the page only
//! continues what is shown, else as a `Reset`.

use std::collections::{HashMap, HashSet};

use gatehouse_protocol::event::AgentEvent;
use gatehouse_protocol::model::message::{
    ChatHistory, InFlightRun, Message, SessionInfo, SessionMessage,
};

use super::cache::{self, CachedRow};
use super::chat_events::visible_text;
use super::live::{LiveRun, Step, Tail};
use super::log::{self, Entry, Origin};
use super::row::{Reading, Row};
use super::rows::{carry_over, keep_attachments, same_words, shares_call, tools, tools_mut};
use super::tool::{self, ToolResult};
use super::{ORPHANS_MAX, Transcript};
use crate::view::{
    BlockView, ChatUpdate, MessageState, MessageView, Millis, OlderMessages, Role, ToolState,
};

/// More updates than this are dearer than a new snapshot.
const UPDATES_MAX: usize = 48;

/// Rows of a page as messages, results folded into their calls.
pub(super) struct Page {
    pub entries: Vec<Entry>,
    /// Results whose calls are further back.
    pub orphans: HashMap<String, ToolResult>,
    keys: Vec<Option<(String, String)>>,
    cuts: HashSet<String>,
    pub cached: Vec<CachedRow>,
}

/// Reads a page, oldest row first.
pub(super) fn fold(messages: &[Message], has_older: bool) -> Page {
    let mut page = Page {
        entries: Vec::new(),
        orphans: HashMap::new(),
        keys: Vec::new(),
        cuts: HashSet::new(),
        cached: Vec::new(),
    };
    let mut seen: HashMap<String, u32> = HashMap::new();
    for message in messages {
        match cache::read(message) {
            Reading::Hidden => {}
            Reading::Result { id, result } => {
                let id = told_apart(&mut seen, id);
                page.cached.push(CachedRow::of_result(&id, message));
                page.fold_result(id, result, has_older);
            }
            Reading::Message(mut row) => {
                row.view.id = told_apart(&mut seen, row.view.id);
                page.cached.push(CachedRow::of_row(&row, message));
                page.add(*row);
            }
        }
    }
    page
}

/// One record may be shown as several rows, which then share its id.
fn told_apart(seen: &mut HashMap<String, u32>, id: String) -> String {
    let count = seen.entry(id.clone()).or_insert(0);
    *count += 1;
    match *count {
        1 => id,
        count => format!("{id}#{count}"),
    }
}

impl Page {
    fn add(&mut self, row: Row) {
        if row.cut {
            self.cuts.insert(row.view.id.clone());
        }
        self.keys.push(match row.view.role {
            Role::User => Some((row.key.unwrap_or_default(), row.text)),
            _ => None,
        });
        let origin = Origin::Row { run: row.run };
        self.entries.push(Entry::new(row.view, row.seq, origin));
    }

    fn fold_result(&mut self, id: String, result: ToolResult, has_older: bool) {
        let call = self
            .entries
            .iter_mut()
            .rev()
            .flat_map(|entry| tools_mut(&mut entry.view))
            .find(|tool| tool.id == result.call);
        if let Some(tool) = call {
            tool::end(tool, &result);
        } else if has_older {
            if self.orphans.len() < ORPHANS_MAX {
                self.orphans.insert(result.call.clone(), result);
            }
        } else {
            self.add_lone_result(id, &result);
        }
    }

    /// A result whose call is nowhere still shows what was printed.
    fn add_lone_result(&mut self, id: String, result: &ToolResult) {
        let mut tool = tool::begin(&result.call, result.name.as_deref(), ToolState::Done);
        tool::end(&mut tool, result);
        let view = MessageView {
            id,
            role: Role::Assistant,
            at: None,
            blocks: vec![BlockView::Tool { tool }],
            state: MessageState::Done,
            model: None,
            tokens: None,
            cost_usd: None,
        };
        self.keys.push(None);
        self.entries
            .push(Entry::new(view, None, Origin::Row { run: None }));
    }
}

/// Calls without a result, in a transcript that nothing runs in.
pub(super) fn interrupt(view: &mut MessageView) {
    for tool in tools_mut(view) {
        if tool::is_open(tool) {
            tool.state = ToolState::Interrupted;
        }
    }
}

impl Transcript {
    /// Call it right before `chat.history` goes out: what comes from now on is newer than the answer.
    pub fn history_asked(&mut self) {
        self.log.ticks += 1;
        self.asked = self.log.ticks;
    }

    /// Takes an answer of `chat.history`: the newest page, asked for without an offset (after opening, after
    /// a reconnect, after a gap), or a catch-up by cursor. An answer of kind `reset` has no page; ask again
    /// without the cursor.
    pub fn load_history(&mut self, history: &ChatHistory, now: Millis) -> Vec<ChatUpdate> {
        let mut out = Vec::new();
        if history.kind.as_deref() == Some("reset") {
            return out;
        }
        if let Some(key) = &history.session_key {
            self.canonical_key = Some(key.clone());
        }
        if history.kind.as_deref() == Some("delta") && self.loaded {
            self.catch_up(history, &mut out);
        } else {
            self.load_page(history, now, &mut out);
        }
        if let Some(info) = &history.session_info {
            let model = info.model.as_deref();
            self.take_session(model, info.context_tokens, info.total_tokens, &mut out);
        }
        self.sync_run(&mut out);
        out
    }

    fn catch_up(&mut self, history: &ChatHistory, out: &mut Vec<ChatUpdate>) {
        for message in &history.messages.items {
            // Its entries are payloads of `session.message`.
            let payload = message
                .extra
                .contains_key("message")
                .then(|| serde_json::to_value(message).ok())
                .flatten()
                .and_then(|value| serde_json::from_value::<SessionMessage>(value).ok());
            match payload {
                Some(event) => self.on_session_message(&event, out),
                None => self.take_row(message, None, None, out),
            }
        }
    }

    fn load_page(&mut self, history: &ChatHistory, now: Millis, out: &mut Vec<ChatUpdate>) {
        let mut page = fold(&history.messages.items, history.has_more);
        for row in page.cached.drain(..) {
            self.remember(row);
        }
        let is_same = self.session_id.is_none() || self.session_id == history.session_id;
        let is_first = !self.loaded || self.cached || !is_same;
        let before: Vec<MessageView> = self.log.entries.iter().map(|e| e.view.clone()).collect();
        let active = self.active_runs(history, now);
        let adopted = history
            .in_flight_run
            .as_ref()
            .filter(|run| active.contains(&run.run_id));
        if !is_same {
            self.log.entries.retain(Entry::is_ours);
        }
        self.orphans = std::mem::take(&mut page.orphans);
        let flight = adopted.map(|run| run.run_id.as_str());
        let renamed = self.merge(page, history.has_more, &active, flight);
        self.follow_names(&renamed);
        self.session_id = history.session_id.clone().or(self.session_id.take());
        self.loaded = true;
        self.cached = false;
        self.say_difference(is_first, before, &renamed, out);
        if let Some(run) = adopted {
            self.adopt(run, now, out);
        }
    }

    /// The runs that go on, as the gateway says; ends the ones that do not.
    fn active_runs(&mut self, history: &ChatHistory, now: Millis) -> HashSet<String> {
        let mut active: HashSet<String> = HashSet::new();
        active.extend(history.in_flight_run.as_ref().map(|run| run.run_id.clone()));
        let info = history.session_info.as_ref();
        let exact = info.and_then(|info| info.active_run_ids.clone().flatten());
        active.extend(exact.clone().unwrap_or_default());
        let is_busy = info.and_then(|info| info.has_active_run).unwrap_or(false);
        let knows_nothing = info.is_none_or(says_nothing);
        for run in &mut self.runs {
            run.seq = 0;
            // What came after the page was asked for is newer than the page.
            let is_new = run.born >= self.asked && self.asked > 0;
            if run.ended.is_some() && run.died >= self.asked && self.asked > 0 {
                active.remove(&run.id);
                continue;
            }
            let may_go_on = knows_nothing && history.in_flight_run.is_none() && self.loaded;
            let unnamed = is_busy && exact.is_none();
            if run.ended.is_none() && (is_new || may_go_on || unnamed) {
                active.insert(run.id.clone());
            }
            if active.contains(&run.id) {
                run.ended = None;
            } else {
                run.ended.get_or_insert(MessageState::Done);
                run.waiting = None;
            }
        }
        let known = self.runs.iter().any(|run| run.ended.is_none());
        self.elsewhere = (is_busy && !known && history.in_flight_run.is_none()).then(|| {
            (
                exact
                    .and_then(|ids| ids.into_iter().next())
                    .unwrap_or_default(),
                now,
            )
        });
        active
    }

    /// Puts the page's rows in the place of what it covers. Returns what got another id.
    fn merge(
        &mut self,
        mut page: Page,
        has_more: bool,
        active: &HashSet<String>,
        flight: Option<&str>,
    ) -> Vec<(String, String)> {
        let old = std::mem::take(&mut self.log.entries);
        let mut renamed = Vec::new();
        let overlap = page
            .entries
            .first()
            .and_then(|first| old.iter().position(|entry| entry.view.id == first.view.id));
        let mut merged: Vec<Entry> = Vec::new();
        let mut rest = old;
        if let Some(overlap) = overlap {
            merged = rest.drain(..overlap).collect();
        } else {
            self.has_older = has_more;
            self.log.trimmed = false;
        }
        self.claim(&mut page, &rest, &mut renamed);
        for entry in &mut page.entries {
            if let Some(seen) = rest.iter().find(|old| old.view.id == entry.view.id) {
                let cut = page.cuts.contains(&entry.view.id);
                carry_over(&seen.view, &mut entry.view, cut);
            }
        }
        let taken: HashSet<String> = renamed.iter().map(|(from, _)| from.clone()).collect();
        let kept: Vec<Entry> = rest
            .into_iter()
            .filter(|entry| !taken.contains(&entry.view.id))
            .filter_map(|entry| self.keep(entry, &page.entries, active, flight))
            .collect();
        merged.append(&mut page.entries);
        merged.extend(kept);
        self.settle_tools(&mut merged, active);
        for entry in &mut merged {
            entry.arrival = self.log.ticks;
        }
        self.log.ticks += 1;
        self.log.entries = merged;
        renamed
    }

    /// Finds for each row what it is the record of.
    fn claim(&mut self, page: &mut Page, old: &[Entry], renamed: &mut Vec<(String, String)>) {
        let known: HashSet<&str> = old.iter().map(|entry| entry.view.id.as_str()).collect();
        let mut taken: HashSet<String> = HashSet::new();
        for (entry, key) in page.entries.iter_mut().zip(&page.keys) {
            if known.contains(entry.view.id.as_str()) {
                continue;
            }
            let source = old.iter().find(|old| {
                !taken.contains(&old.view.id) && is_record_of(entry, key.as_ref(), old)
            });
            let Some(source) = source else { continue };
            taken.insert(source.view.id.clone());
            renamed.push((source.view.id.clone(), entry.view.id.clone()));
            keep_attachments(&source.view, &mut entry.view);
            let cut = page.cuts.contains(&entry.view.id);
            carry_over(&source.view, &mut entry.view, cut);
        }
    }

    /// What is kept of something that the page does not have.
    fn keep(
        &self,
        mut entry: Entry,
        page: &[Entry],
        active: &HashSet<String>,
        flight: Option<&str>,
    ) -> Option<Entry> {
        let run = match &entry.origin {
            Origin::Ours { .. } => return Some(entry),
            Origin::Row { .. } => return self.is_newer(&entry, page).then_some(entry),
            Origin::Live { run } => run.clone(),
        };
        let is_covered = page.iter().any(|row| shares_call(&row.view, &entry.view));
        if is_covered {
            return None;
        }
        if active.contains(&run) {
            // The words of a run in flight come with it.
            let comes_again = flight == Some(run.as_str()) && visible_text(&entry.view).is_some();
            return (!comes_again).then_some(entry);
        }
        // A page may be read just before the last row of a run is written.
        let has_rows = page.iter().any(|row| {
            row.view.role == Role::Assistant
                && matches!(&row.origin, Origin::Row { run: Some(of) } if *of == run)
        });
        if has_rows {
            return None;
        }
        if entry.view.state == MessageState::Streaming {
            entry.view.state = MessageState::Done;
        }
        Some(entry)
    }

    /// A row that came after the page was asked for and is not in it.
    fn is_newer(&self, entry: &Entry, page: &[Entry]) -> bool {
        let last = page.iter().filter_map(|row| row.seq).max();
        let is_in_page = page.iter().any(|row| row.view.id == entry.view.id);
        let follows = match (entry.seq, last) {
            (Some(seq), Some(last)) => seq > last,
            _ => true,
        };
        !is_in_page && follows && self.asked > 0 && entry.arrival >= self.asked
    }

    /// Runs whose open message got another name or is gone.
    fn follow_names(&mut self, renamed: &[(String, String)]) {
        for run in &mut self.runs {
            let Tail::Open { id } = &run.tail else {
                continue;
            };
            if self.log.position(id).is_some() {
                continue;
            }
            let row = renamed.iter().find(|(from, _)| from == id);
            let text = row
                .and_then(|(_, to)| self.log.position(to))
                .and_then(|at| visible_text(&self.log.entries[at].view));
            match text {
                Some(text) => run.settle(text),
                None => run.close(),
            }
        }
    }

    /// Calls without a result go on only in a run that goes on.
    fn settle_tools(&self, entries: &mut [Entry], active: &HashSet<String>) {
        let last = entries
            .iter()
            .rposition(|entry| entry.view.role == Role::Assistant);
        for (at, entry) in entries.iter_mut().enumerate() {
            for tool in tools_mut(&mut entry.view) {
                self.attach_approval(tool);
            }
            let goes_on = match &entry.origin {
                Origin::Row { run: Some(run) } | Origin::Live { run } => active.contains(run),
                _ => !active.is_empty() && last == Some(at),
            };
            if !goes_on {
                interrupt(&mut entry.view);
            }
        }
    }

    fn say_difference(
        &self,
        is_first: bool,
        before: Vec<MessageView>,
        renamed: &[(String, String)],
        out: &mut Vec<ChatUpdate>,
    ) {
        let updates = if is_first {
            None
        } else {
            difference(before, &self.log.entries, renamed)
        };
        match updates {
            Some(updates) => out.extend(updates),
            None => out.push(ChatUpdate::Reset {
                snapshot: self.snapshot(),
            }),
        }
    }

    /// Takes over a run that was in flight when the page was read, its words and what it did since.
    fn adopt(&mut self, run: &InFlightRun, now: Millis, out: &mut Vec<ChatUpdate>) {
        let at = self.run_at(&run.run_id, now);
        let texts = self.texts_of(&run.run_id);
        let state = &mut self.runs[at];
        let since = run
            .extra
            .get("startedAt")
            .and_then(serde_json::Value::as_f64);
        let mut fresh = LiveRun::new(&run.run_id, since.unwrap_or(state.since));
        fresh.take_over(state);
        // Words that came after the page was asked for go on from it.
        let told = run.text.as_deref().unwrap_or_default();
        let whole = if state.text().starts_with(told) {
            state.text()
        } else {
            told
        };
        fresh.adopt(whole, &texts);
        fresh.mark = self.log.ticks;
        *state = fresh;
        let events = run
            .extra
            .get("events")
            .and_then(serde_json::Value::as_array);
        for event in events.into_iter().flatten() {
            if let Ok(event) = serde_json::from_value::<AgentEvent>(event.clone()) {
                self.replay(&event, now, out);
            }
        }
        let at = self.run_at(&run.run_id, now);
        self.show(at, Step::Grew, now, out);
    }

    /// What a run did before its last words. The order between the two is not told: calls come first,
    /// because a gateway writes the row that a call belongs to before it announces the call.
    fn replay(&mut self, event: &AgentEvent, now: Millis, out: &mut Vec<ChatUpdate>) {
        let at = self.run_at(&event.run_id, now);
        let text = self.runs[at].take_text();
        self.on_agent(event, now, out);
        let at = self.run_at(&event.run_id, now);
        self.runs[at].give_text(text);
    }

    /// The words of a run that rows have.
    pub(super) fn texts_of(&self, run: &str) -> Vec<String> {
        let is_of_run = |entry: &&Entry| {
            entry.view.role == Role::Assistant
                && matches!(&entry.origin, Origin::Row { run: Some(of) } if of == run)
        };
        let rows = self.log.entries.iter().filter(is_of_run);
        rows.filter_map(|entry| visible_text(&entry.view))
            .map(str::to_owned)
            .collect()
    }

    /// Reads a page further back, to be put before what is shown. It is handed on and not held here.
    pub fn prepend_older(&mut self, page: &ChatHistory) -> OlderMessages {
        self.older(&page.messages.items, page.has_more)
    }

    pub(super) fn older(&mut self, messages: &[Message], has_older: bool) -> OlderMessages {
        let mut page = fold(messages, has_older);
        for row in page.cached.drain(..) {
            self.remember(row);
        }
        let shown: HashSet<&str> = self
            .log
            .entries
            .iter()
            .map(|e| e.view.id.as_str())
            .collect();
        page.entries
            .retain(|entry| !shown.contains(entry.view.id.as_str()));
        let mut messages: Vec<MessageView> = page.entries.into_iter().map(|e| e.view).collect();
        for view in &mut messages {
            self.fill_tools(view);
            interrupt(view);
        }
        for (_, result) in page.orphans {
            self.keep_orphan(result);
        }
        self.has_older = has_older;
        OlderMessages {
            messages,
            has_older,
        }
    }
}

/// True for an answer of a gateway that does not tell active runs.
fn says_nothing(info: &SessionInfo) -> bool {
    info.has_active_run.is_none() && info.active_run_ids.is_none()
}

/// True when the page's row is the record of what is only here.
fn is_record_of(row: &Entry, key: Option<&(String, String)>, old: &Entry) -> bool {
    match (&old.origin, &row.origin) {
        (Origin::Ours { send, accepted }, _) => match key {
            Some((key, _)) if !key.is_empty() => *key == send.id,
            Some((_, text)) => *accepted && text.trim() == send.text.trim(),
            None => false,
        },
        (Origin::Live { run }, Origin::Row { run: of }) => {
            row.view.role == Role::Assistant
                && of.as_ref().is_none_or(|of| of == run)
                && (shares_call(&row.view, &old.view)
                    || (tools(&old.view).next().is_none() && same_words(&old.view, &row.view)))
        }
        _ => false,
    }
}

/// What leads from `before` to `after`, or none where a new snapshot is simpler: an update can only change
/// what is there and add at the end.
fn difference(
    mut before: Vec<MessageView>,
    after: &[Entry],
    renamed: &[(String, String)],
) -> Option<Vec<ChatUpdate>> {
    let mut updates = Vec::new();
    for (from, to) in renamed {
        let view = before.iter_mut().find(|view| view.id == *from)?;
        view.id.clone_from(to);
        updates.push(ChatUpdate::Renamed {
            from: from.clone(),
            to: to.clone(),
        });
    }
    let stays: HashSet<&str> = after.iter().map(|entry| entry.view.id.as_str()).collect();
    for view in &before {
        if !stays.contains(view.id.as_str()) {
            updates.push(ChatUpdate::Removed {
                id: view.id.clone(),
            });
        }
    }
    before.retain(|view| stays.contains(view.id.as_str()));
    if after.len() < before.len() || updates.len() > UPDATES_MAX {
        return None;
    }
    for (at, entry) in after.iter().enumerate() {
        match before.get(at) {
            Some(view) if view.id != entry.view.id => return None,
            Some(view) if *view == entry.view => {}
            _ => updates.push(log::message(entry)),
        }
    }
    (updates.len() <= UPDATES_MAX).then_some(updates)
}
