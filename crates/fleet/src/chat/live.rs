//! The text of a run while it streams: one run's `chat` events in, "this was added to the open message" out.
//!
//! **One source.** The same words arrive twice: as `chat` deltas and as `agent` events of the stream
//! `assistant`. Only `chat` is used. It is what the gateway means to be seen (directives, silent replies and
//! internal context are taken out, which they are not in `agent`), protocol 3 and 4 both have it, it needs no
//! capability, and its deltas, the closing `final`, an abort's partial text and `chat.history`'s in-flight run
//! are all about one text, so that each can repair what another missed.
//!
//! **Segments.** That text runs through the whole run, across tool calls, while the transcript has a row for
//! each step of the model. `base` is where the open step begins in it. A gateway sends what it holds back
//! before it announces a tool call, so a tool call ends a segment. It writes a step's row often *before* the
//! last delta of that step; `Tail::Settled` lets that delta pass without showing it twice.

use std::borrow::Cow;
use std::collections::VecDeque;

use gatehouse_protocol::model::message::{BlockKind, Message};

use super::approvals::Waiting;
use super::text::{self, MESSAGE_MAX};
use crate::view::{MessageState, Millis};

/// Gateways cut a live text to its last 500,000 UTF-16 units; from here on a text that does not continue the
/// last one may be such an end.
const WINDOW: usize = 400_000;
/// How much of the end of the text is looked for in a window.
const ANCHOR: usize = 256;

/// What the next words of a run belong to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tail {
    /// Nothing: they open a message.
    Closed,
    /// This message.
    Open { id: String },
    /// A step whose row is here already. `text` is the row's; words that repeat it are not shown again.
    /// `passed`: a call has come after it, so other words are the next step's.
    Settled { text: String, passed: bool },
    /// A step whose row is here but says something else: nothing is shown until the next step begins.
    Skipping,
}

#[derive(Debug)]
pub(super) struct LiveRun {
    pub id: String,
    /// The text so far, as the gateway has it.
    text: String,
    /// Where the open segment begins in `text`.
    base: usize,
    /// How much of `text` is shown.
    shown: usize,
    pub tail: Tail,
    /// The highest `seq` of a `chat` event that was taken.
    pub seq: u64,
    /// Numbers the messages that have no id of the gateway yet.
    serial: u32,
    pub since: Millis,
    pub phase: Option<String>,
    /// The approval it waits for.
    pub waiting: Option<Waiting>,
    /// How it ended.
    pub ended: Option<MessageState>,
    /// The message that collects the tool calls of this step.
    pub step: Option<String>,
    /// The message that thoughts go to, and how much of the present thought it has.
    pub thought: Option<(String, usize)>,
    /// When its last step began, when it did and when it ended, by `Log::ticks`.
    pub mark: u64,
    pub born: u64,
    pub died: u64,
    /// The gateway was away since and cannot say whether this run goes on, as those of protocol 3.
    pub doubtful: bool,
    /// It went on before this transcript heard of it.
    pub adopted: bool,
    /// Texts of rows after the settled one, of which no word has come.
    recorded: VecDeque<String>,
    /// The text has reached its limit.
    full: bool,
}

/// What a `chat` event did to the text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    Same,
    Grew,
    /// What is shown of the open segment is not the beginning of what it is now.
    Rewritten,
}

impl LiveRun {
    pub(super) fn new(id: &str, since: Millis) -> Self {
        Self {
            id: id.to_owned(),
            text: String::new(),
            base: 0,
            shown: 0,
            tail: Tail::Closed,
            seq: 0,
            serial: 0,
            since,
            phase: None,
            waiting: None,
            ended: None,
            step: None,
            thought: None,
            mark: 0,
            born: 0,
            died: 0,
            doubtful: false,
            adopted: false,
            recorded: VecDeque::new(),
            full: false,
        }
    }

    /// The id of the next message of this run.
    pub(super) fn next_id(&mut self) -> String {
        self.serial += 1;
        format!("live:{}:{}", self.id, self.serial)
    }

    /// Takes a delta. `whole` is the message so far: comparing lengths tells whether a delta was missed or
    /// came twice, without looking at the text.
    pub(super) fn take(&mut self, delta: Option<&str>, whole: Option<&str>, replace: bool) -> Step {
        match (delta, whole) {
            _ if self.full => Step::Same,
            (Some(delta), _) if replace => self.take_whole(delta),
            (Some(delta), Some(whole)) if whole.len() != self.text.len() + delta.len() => {
                self.take_whole(whole)
            }
            (Some(delta), _) => self.grow(delta),
            (None, Some(whole)) => self.take_whole(whole),
            (None, None) => Step::Same,
        }
    }

    fn grow(&mut self, delta: &str) -> Step {
        if delta.is_empty() {
            return Step::Same;
        }
        if self.text.len() + delta.len() > MESSAGE_MAX {
            self.fill();
        } else {
            self.text.push_str(delta);
        }
        Step::Grew
    }

    /// Says that the limit is reached and takes nothing more.
    pub(super) fn fill(&mut self) {
        self.full = true;
        self.text.push_str(text::CUT_MARK);
    }

    /// Takes the whole text of the run.
    pub(super) fn take_whole(&mut self, whole: &str) -> Step {
        if self.full || whole == self.text {
            return Step::Same;
        }
        let (whole, _) = crate::untrusted::cap(whole, MESSAGE_MAX);
        if let Some(added) = whole.strip_prefix(self.text.as_str()) {
            return self.grow(added);
        }
        // Only the last line breaks were taken off, as a closing event does.
        if self.text.trim_end() == whole.trim_end() {
            return Step::Same;
        }
        if let Some(step) = self.take_window(whole) {
            return step;
        }
        self.base = self.base_in(whole);
        self.text = whole.to_owned();
        self.shown = self.base;
        Step::Rewritten
    }

    /// The end of a very long text: finds where it continues what is here.
    fn take_window(&mut self, whole: &str) -> Option<Step> {
        if whole.len() < WINDOW || self.text.len() < WINDOW {
            return None;
        }
        let (anchor, _) = crate::untrusted::cap_tail(&self.text, ANCHOR);
        let continues = whole.rfind(anchor)? + anchor.len();
        let shift = self.text.len().saturating_sub(continues);
        self.base = floor(whole, self.base.saturating_sub(shift));
        self.shown = floor(whole, self.shown.saturating_sub(shift));
        self.text = whole.to_owned();
        Some(if continues < whole.len() {
            Step::Grew
        } else {
            Step::Same
        })
    }

    /// Where the open segment begins in a text that replaces what is here.
    fn base_in(&self, whole: &str) -> usize {
        let before = &self.text[..self.base];
        if whole.starts_with(before) {
            return self.base;
        }
        // What earlier segments showed was shortened or put differently: it is shown, so it stays.
        if whole.len() <= self.base {
            return whole.len();
        }
        let same = before
            .bytes()
            .zip(whole.bytes())
            .take_while(|(old, new)| old == new)
            .count();
        if same * 2 >= self.base {
            floor(whole, self.base)
        } else {
            0
        }
    }

    /// The open segment, without the empty lines that part it from the one before.
    pub(super) fn segment(&self) -> &str {
        self.text[self.base..].trim_start_matches(['\n', '\r'])
    }

    /// True when the open segment has words.
    pub(super) fn has_words(&self) -> bool {
        !self.text[self.base..].trim().is_empty()
    }

    /// True once the run has said anything.
    pub(super) fn has_begun(&self) -> bool {
        !self.text.is_empty()
    }

    /// True when `whole` is the text so far and more.
    pub(super) fn continues_in(&self, whole: &str) -> bool {
        whole.starts_with(self.text.trim_end())
    }

    /// Begins a message with the words that have none: from here on they are shown there.
    pub(super) fn open(&mut self, id: String) {
        self.base = self.text.len() - self.segment().len();
        self.shown = self.base;
        self.step = Some(id.clone());
        self.tail = Tail::Open { id };
    }

    /// What to add to the open message. A carriage return at the very end waits for what follows it.
    pub(super) fn unshown(&mut self) -> String {
        let rest = &self.text[self.shown..];
        let ready = rest.strip_suffix('\r').unwrap_or(rest);
        let safe = text::markdown(ready);
        self.shown += ready.len();
        safe
    }

    /// The whole of the open segment, for when it was rewritten; afterwards nothing is unshown.
    pub(super) fn rewritten(&mut self) -> String {
        self.base = self.text.len() - self.segment().len();
        self.shown = self.base;
        self.unshown()
    }

    /// Ends the open segment: the next words belong to another message. A settled step of which words are
    /// still to come goes on.
    pub(super) fn close(&mut self) {
        if self.is_settling()
            && let Tail::Settled { passed, .. } = &mut self.tail
        {
            *passed = true;
            return;
        }
        self.base = self.text.len();
        self.shown = self.base;
        self.tail = Tail::Closed;
    }

    /// True while words of a settled step are still to come.
    fn is_settling(&self) -> bool {
        matches!(&self.tail, Tail::Settled { text, .. } if self.segment().trim_end() != text)
    }

    /// The row of a step is here: of the open one, or of the one whose words come next.
    pub(super) fn settle(&mut self, row_text: &str) {
        let text = row_text.trim().to_owned();
        if self.is_settling() {
            self.recorded.push_back(text);
            return;
        }
        if !matches!(self.tail, Tail::Open { .. } | Tail::Closed) {
            self.base = self.text.len();
            self.shown = self.base;
        }
        let passed = false;
        self.tail = Tail::Settled { text, passed };
        self.check_settled();
    }

    /// Compares the words of a settled step with its row. When there are more, they are the next step's.
    pub(super) fn check_settled(&mut self) {
        while let Tail::Settled { text, passed } = &self.tail {
            let segment = self.segment();
            if text.starts_with(segment.trim_end()) {
                return;
            }
            let more = segment.strip_prefix(text.as_str()).map(str::len);
            let passed = *passed;
            if let Some(more) = more {
                self.base = self.text.len() - more;
            }
            self.shown = self.base;
            self.tail = match (more, self.recorded.pop_front(), passed) {
                (Some(_), Some(text), _) => Tail::Settled {
                    text,
                    passed: false,
                },
                (Some(_), None, _) | (None, _, true) => Tail::Closed,
                (None, _, false) => Tail::Skipping,
            };
        }
    }

    /// Keeps what the words do not tell: numbering, and what it waits for.
    pub(super) fn take_over(&mut self, before: &mut Self) {
        self.serial = before.serial;
        self.phase = before.phase.take();
        self.waiting = before.waiting.take();
        self.step = before.step.take();
        self.born = before.born;
    }

    /// The text so far.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Puts the unshown words aside, while something that came before them is shown.
    pub(super) fn take_text(&mut self) -> (usize, usize, Tail) {
        (self.base, self.shown, self.tail.clone())
    }

    pub(super) fn give_text(&mut self, (base, shown, tail): (usize, usize, Tail)) {
        self.base = base;
        self.shown = shown;
        self.tail = tail;
    }

    /// Takes over the text of a run found in flight; rows show `texts` of it already.
    pub(super) fn adopt(&mut self, whole: &str, texts: &[String]) {
        let (whole, _) = crate::untrusted::cap(whole, MESSAGE_MAX);
        self.text = whole.to_owned();
        self.base = 0;
        for row in texts {
            let row = row.trim();
            let rest = self.segment();
            let start = self.text.len() - rest.len();
            if rest.starts_with(row) {
                self.base = start + row.len();
            } else if row.starts_with(rest.trim_end()) {
                // The row is ahead of the text.
                self.base = start;
                self.shown = self.text.len();
                self.tail = Tail::Settled {
                    text: row.to_owned(),
                    passed: true,
                };
                return;
            }
        }
        self.shown = self.base;
        self.tail = Tail::Closed;
    }
}

/// The nearest character boundary at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The visible text of a `chat` event's message; borrowed in the one case that streams.
pub(super) fn whole_text(message: &Message) -> Option<Cow<'_, str>> {
    let mut texts = message
        .content
        .0
        .iter()
        .filter(|block| block.kind == Some(BlockKind::Text))
        .filter_map(|block| block.text.as_deref());
    let first = texts.next()?;
    let rest: Vec<&str> = texts.collect();
    if rest.is_empty() {
        return Some(Cow::Borrowed(first));
    }
    Some(Cow::Owned(format!("{first}\n{}", rest.join("\n"))))
}
