//! A session's transcript, as a pure reducer: what a gateway says in, what the page has to change out. No
//! I/O, no clock (`now` is passed in), no sockets; whoever owns the connection feeds it and sends its updates.
//!
//! The rules, each where it is kept:
//! - `live`: the text of a run has one source and runs through tool calls in segments;
//! - `chat_events`, `agent_events`: what each event changes;
//! - `rows`: a recorded row takes the place of what streamed, without moving or doubling it;
//! - `history`, `merge`: a page of history is the truth; what is only ours (messages being sent, a run in flight) is kept;
//! - `send`: a message goes out under an id of ours and is recognised when it comes back;
//! - `running`: what the session does now, and stopping it;
//! - `text`, `row`, `tool`: untrusted words become something safe and bounded.
//!
//! The common step, a delta, costs the length of the delta: one `ChatUpdate::Append`.

mod agent_events;
mod approvals;
mod cache;
mod carry;
mod chat_events;
mod coalesce;
mod fold;
mod held;
mod history;
mod live;
mod log;
mod merge;
mod row;
mod rows;
mod running;
mod send;
mod text;
mod tool;

use std::collections::HashMap;

use gatehouse_protocol::GatewayEvent;
use gatehouse_protocol::model::session::SessionRow;

use self::approvals::KnownApproval;
use self::live::LiveRun;
use self::log::{Log, Origin};
use self::tool::ToolResult;
use crate::untrusted;
use crate::view::{
    AttachmentLimits, ChatSnapshot, ChatUpdate, MessageView, Millis, RunView, SessionRef,
};

pub use self::approvals::Ending;
pub use self::cache::CachedRow;
pub use self::coalesce::Coalescer;
pub use self::running::Abort;
pub(crate) use self::send::Unsent;

/// How many messages a snapshot holds.
pub const SNAPSHOT_MESSAGES: usize = 200;
/// How many runs of one session are followed at once; ended ones are let go first.
const RUNS_MAX: usize = 12;
/// How many results are kept for calls that have not been seen.
const ORPHANS_MAX: usize = 256;

/// One open chat.
pub struct Transcript {
    session: SessionRef,
    /// The session's key as the gateway writes it, where it is not the one we asked with.
    canonical_key: Option<String>,
    session_id: Option<String>,
    title: String,
    model: Option<String>,
    log: Log,
    runs: Vec<LiveRun>,
    run: RunView,
    /// The runs that we asked to stop.
    aborting: Vec<String>,
    /// A run that is active and that we know nothing more about.
    elsewhere: Option<(String, Millis)>,
    online: bool,
    limits: AttachmentLimits,
    context_tokens: Option<f64>,
    total_tokens: Option<f64>,
    cached: bool,
    /// The gateway's own history has been here.
    loaded: bool,
    has_older: bool,
    approvals: Vec<KnownApproval>,
    orphans: HashMap<String, ToolResult>,
    dirty: Vec<CachedRow>,
    /// When the history was asked for, by `Log::ticks`.
    asked: u64,
}

impl Transcript {
    pub fn new(session: SessionRef, title: String) -> Self {
        Self {
            session,
            canonical_key: None,
            session_id: None,
            title,
            model: None,
            log: Log::default(),
            runs: Vec::new(),
            run: RunView::Idle,
            aborting: Vec::new(),
            elsewhere: None,
            online: true,
            limits: AttachmentLimits {
                max_bytes: None,
                max_count: 0,
            },
            context_tokens: None,
            total_tokens: None,
            cached: false,
            loaded: false,
            has_older: false,
            approvals: Vec::new(),
            orphans: HashMap::new(),
            dirty: Vec::new(),
            asked: 0,
        }
    }

    pub fn session(&self) -> &SessionRef {
        &self.session
    }

    /// The session's id at the gateway, once history has told it; it goes with later sends.
    pub fn session_id(&self) -> Option<&str> {
        self.session_id.as_deref()
    }

    /// What the gateway takes as attachments on this connection; part of every snapshot from now on.
    pub fn set_limits(&mut self, limits: AttachmentLimits) {
        self.limits = limits;
    }

    /// The latest part of the transcript.
    pub fn snapshot(&self) -> ChatSnapshot {
        let entries = &self.log.entries;
        let from = entries.len().saturating_sub(SNAPSHOT_MESSAGES);
        ChatSnapshot {
            session: self.session.clone(),
            title: self.title.clone(),
            model: self.model.clone(),
            messages: entries[from..]
                .iter()
                .map(|entry| entry.view.clone())
                .collect(),
            has_older: self.has_older || self.log.trimmed || from > 0,
            run: self.run.clone(),
            cached: self.cached,
            limits: self.limits.clone(),
            context_tokens: self.context_tokens,
            total_tokens: self.total_tokens,
        }
    }

    /// One message as it stands, such as the one that was just sent.
    pub fn message(&self, id: &str) -> Option<&MessageView> {
        let at = self.log.position(id)?;
        Some(&self.log.entries[at].view)
    }

    /// True when something was shown that the transcript has not told yet though it could have: a run that
    /// ended, or a message that was taken. Reading the history again shows it.
    pub fn has_unwritten(&self) -> bool {
        self.log.entries.iter().any(|entry| match &entry.origin {
            Origin::Row { .. } => false,
            Origin::Ours { accepted, .. } => *accepted,
            Origin::Live { run } => self
                .runs
                .iter()
                .all(|known| known.id != *run || known.ended.is_some()),
        })
    }

    /// Takes an event of this session's gateway. Events of other sessions change nothing.
    pub fn apply(&mut self, event: &GatewayEvent, now: Millis) -> Vec<ChatUpdate> {
        let mut out = Vec::new();
        self.log.ticks += 1;
        match event {
            GatewayEvent::Chat(event) => {
                if self.is_about_us(event.session_key.as_deref(), Some(&event.run_id)) {
                    self.on_chat(event, now, &mut out);
                }
            }
            GatewayEvent::Agent(event) => {
                if self.is_about_us(event.session_key.as_deref(), Some(&event.run_id)) {
                    self.on_agent(event, now, &mut out);
                }
            }
            GatewayEvent::SessionMessage(event) => {
                if self.is_about_us(event.session_key.as_deref(), None) {
                    self.on_session_message(event, &mut out);
                }
            }
            GatewayEvent::SessionsChanged(event) => {
                if self.is_about_us(event.session_key.as_deref(), None) {
                    self.on_session_row(event.session.as_ref(), &mut out);
                    if event.has_active_run == Some(false) {
                        self.elsewhere = None;
                        self.end_doubtful(now, &mut out);
                    }
                }
            }
            other => self.on_approval_event(other, now, &mut out),
        }
        self.sync_run(&mut out);
        out
    }

    /// An event without a session's key is ours when its run is.
    fn is_about_us(&self, key: Option<&str>, run: Option<&str>) -> bool {
        match key {
            Some(key) => key == self.session.key || self.canonical_key.as_deref() == Some(key),
            None => run.is_some_and(|run| self.runs.iter().any(|known| known.id == run)),
        }
    }

    fn on_session_row(&mut self, row: Option<&SessionRow>, out: &mut Vec<ChatUpdate>) {
        let Some(row) = row else { return };
        self.take_session(
            row.model.as_deref(),
            row.context_tokens,
            row.total_tokens,
            out,
        );
    }

    /// What is said about the session as a whole. What is not said stays.
    fn take_session(
        &mut self,
        model: Option<&str>,
        context: Option<u64>,
        total: Option<u64>,
        out: &mut Vec<ChatUpdate>,
    ) {
        if let Some(model) = model {
            self.model = Some(untrusted::one_line(model, 200));
        }
        let context = context.map(|tokens| tokens as f64).or(self.context_tokens);
        let total = total.map(|tokens| tokens as f64).or(self.total_tokens);
        if (context, total) == (self.context_tokens, self.total_tokens) {
            return;
        }
        self.context_tokens = context;
        self.total_tokens = total;
        out.push(ChatUpdate::Usage {
            context_tokens: context,
            total_tokens: total,
        });
    }

    /// The index of a run, which is followed from now on if it was not.
    fn run_at(&mut self, id: &str, now: Millis) -> usize {
        if let Some(at) = self.runs.iter().rposition(|run| run.id == id) {
            self.runs[at].doubtful = false;
            return at;
        }
        if self.runs.len() >= RUNS_MAX {
            let oldest_ended = self.runs.iter().position(|run| run.ended.is_some());
            self.runs.remove(oldest_ended.unwrap_or(0));
        }
        let mut run = LiveRun::new(id, now);
        run.adopted = self.elsewhere.take_if(|(of, _)| of == id).is_some();
        run.mark = self.log.ticks;
        run.born = self.log.ticks;
        // Rows of a run may come before anything else of it.
        for text in self.texts_of(id) {
            run.settle(&text);
        }
        self.runs.push(run);
        self.runs.len() - 1
    }
}

#[cfg(test)]
mod tests;
