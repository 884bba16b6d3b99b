//! A page of `chat.history` is the truth. What a page cannot know is kept: messages being sent, what a run in
//! flight has said since, the live output of calls. The difference goes out as updates where the page only
//! continues what is shown, else as a `Reset`.

use std::collections::HashSet;

use gatehouse_protocol::event::AgentEvent;
use gatehouse_protocol::model::message::{
    ChatHistory, InFlightRun, Message, SessionInfo, SessionMessage,
};

use super::Transcript;
use super::carry::{same_words, tools};
use super::chat_events::visible_text;
use super::fold::{Page, fold};
use super::live::{LiveRun, Step};
use super::log::{Entry, Origin};
use super::merge::difference;
use super::tool;
use crate::view::{ChatUpdate, MessageState, MessageView, Millis, OlderMessages, Role};

/// The rows that `chat.history` gives unless it is asked for fewer.
const FULL_PAGE: usize = 200;

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
        let is_same = self.session_id.is_none()
            || history.session_id.is_none()
            || self.session_id == history.session_id;
        let is_first = !self.loaded || self.cached || !is_same;
        let before: Vec<MessageView> = self.log.entries.iter().map(|e| e.view.clone()).collect();
        let written = self.written_to_the_end(&page);
        let active = self.active_runs(history, written.as_deref(), now);
        let has_more = history.has_more || may_have_more(history);
        let adopted = history
            .in_flight_run
            .as_ref()
            .filter(|run| active.contains(&run.run_id));
        if !is_same {
            self.log.entries.retain(Entry::is_ours);
        }
        self.orphans = std::mem::take(&mut page.orphans);
        let flight = adopted.map(|run| run.run_id.as_str());
        let renamed = self.merge(page, has_more, &active, flight);
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
    /// `written` is a run whose last words the page has, where that is all that tells.
    fn active_runs(
        &mut self,
        history: &ChatHistory,
        written: Option<&str>,
        now: Millis,
    ) -> HashSet<String> {
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
            let is_untold = knows_nothing && history.in_flight_run.is_none() && self.loaded;
            let may_go_on = is_untold && written != Some(run.id.as_str());
            run.doubtful = may_go_on && !is_new;
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
        let found = self.found_elsewhere(history, is_busy, exact.as_deref());
        let since = |run: &String| match &self.elsewhere {
            Some((known, since)) if known == run => *since,
            _ => now,
        };
        self.elsewhere = found.map(|run| (run.clone(), since(&run)));
        active
    }

    /// A run that goes on and that nothing more is known of; without a name where the gateway tells none.
    fn found_elsewhere(
        &self,
        history: &ChatHistory,
        is_busy: bool,
        exact: Option<&[String]>,
    ) -> Option<String> {
        let flight = history.in_flight_run.as_ref().map(|run| &run.run_id);
        let is_followed =
            |run: &&String| Some(*run) == flight || self.runs.iter().any(|known| known.id == **run);
        let named = exact.and_then(|ids| ids.iter().find(|run| !is_followed(run)));
        let is_known = flight.is_some() || self.runs.iter().any(|run| run.ended.is_none());
        let unnamed = is_busy && !is_known && exact.is_none_or(<[String]>::is_empty);
        named.cloned().or_else(|| unnamed.then(String::new))
    }

    /// The run that streams, if the page ends with its words in a row that is new: it is over.
    fn written_to_the_end(&self, page: &Page) -> Option<String> {
        let row = page.entries.last()?;
        let is_new = row.view.role == Role::Assistant && self.log.position(&row.view.id).is_none();
        let is_over = tools(&row.view).all(|tool| !tool::is_open(tool));
        let live = self
            .log
            .entries
            .iter()
            .rev()
            .find(|entry| entry.is_live())?;
        match &live.origin {
            Origin::Live { run } if is_new && is_over && same_words(&live.view, &row.view) => {
                Some(run.clone())
            }
            _ => None,
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
        fresh.adopted = true;
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
            self.interrupt(view);
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

/// Protocol 3 does not say whether there is more; it fills the page that it was asked for.
fn may_have_more(history: &ChatHistory) -> bool {
    history.session_info.is_none()
        && history.total_messages.is_none()
        && history.messages.items.len() >= FULL_PAGE
}

/// True for an answer of a gateway that does not tell active runs.
fn says_nothing(info: &SessionInfo) -> bool {
    info.has_active_run.is_none() && info.active_run_ids.is_none()
}
