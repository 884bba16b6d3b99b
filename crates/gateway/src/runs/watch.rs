//! The watch over all runs: one task takes the engine's events in order, numbers what it tells of each run,
//! and keeps what is in flight, so that a client that comes later can take it up.

use std::collections::HashMap;
use std::sync::Arc;

use gatehouse_agent::event::RunSink;
use gatehouse_agent::{Action, RunEvent, RunEventKind};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use super::RunBook;
use super::lately::Lately;
use super::translate::{AgentPart, Told, told};
use crate::broadcast::{Audience, Delivery, Event, EventKind, Hub, Topic};
use crate::govern::Waiting;
use crate::heartbeats::LastHeartbeat;

/// What the gateway knows of a run before the engine begins it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    pub run_id: String,
    pub session_key: String,
    pub session_id: String,
    pub agent_id: String,
    pub accepted_at_ms: u64,
}

/// A run that goes on, as a client that comes later needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InFlight {
    pub run_id: String,
    pub started_at_ms: u64,
    /// The answer so far.
    pub text: String,
    /// The number of the last event that was told.
    pub seq: u64,
}

/// A handle to the watch.
#[derive(Clone)]
pub struct RunWatch {
    commands: mpsc::UnboundedSender<Command>,
}

enum Command {
    Event(RunEvent),
    Register(Asking),
    Kept(String),
    Forget(String),
    Note(Box<Note>),
    InFlight(String, oneshot::Sender<Vec<InFlight>>),
}

/// Somebody who wants to register a run.
pub(super) struct Asking {
    pub(super) run: Registration,
    pub(super) fingerprint: Option<String>,
    pub(super) tell: oneshot::Sender<Registered>,
}

/// What became of that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registered {
    /// To be told of with [`RunWatch::kept`] or [`RunWatch::forget`].
    New,
    /// Its id was registered before.
    There,
    /// Its words are those of this run, which is durable and at work.
    Same(String),
}

/// Something about a run that the engine does not tell.
struct Note {
    run_id: String,
    data: Value,
}

impl RunWatch {
    /// Starts the watch. It ends when the last handle is gone.
    pub(crate) fn start(
        hub: Hub,
        book: RunBook,
        clock: crate::clock::Clock,
        heartbeats: LastHeartbeat,
    ) -> (Self, impl Future<Output = ()>) {
        // No bound, since an event of a run must not be lost nor hold it up. The task only hands them to the hub and
        // waits for no disk and no socket; what a model sends is slower.
        let (commands, inbox) = mpsc::unbounded_channel();
        let task = WatchTask {
            hub,
            book,
            clock,
            heartbeats,
            inbox,
            runs: HashMap::new(),
            lately: Lately::default(),
        };
        (Self { commands }, task.run())
    }

    /// Says whose run an id is going to be, before the engine hears of it. Where the same `fingerprint` was
    /// registered a moment ago and its run is at work, this gives that run's id, and registers nothing; where it is not
    /// known yet whether the engine takes that one, it waits for it.
    pub async fn register(&self, run: Registration, fingerprint: Option<String>) -> Registered {
        let (tell, told) = oneshot::channel();
        self.tell(Command::Register(Asking {
            run,
            fingerprint,
            tell,
        }));
        // The watch ends only with the gateway.
        told.await.unwrap_or(Registered::New)
    }

    /// The engine took the input: it is durable.
    pub fn kept(&self, run_id: &str) {
        self.tell(Command::Kept(run_id.to_owned()));
    }

    /// Takes a registration back: the engine did not take the input.
    pub fn forget(&self, run_id: &str) {
        self.tell(Command::Forget(run_id.to_owned()));
    }

    /// The runs of a session that go on now, those that wait for their turn included.
    pub async fn in_flight(&self, session_key: &str) -> Vec<InFlight> {
        let (tell, told) = oneshot::channel();
        self.tell(Command::InFlight(session_key.to_owned(), tell));
        told.await.unwrap_or_default()
    }

    fn tell(&self, command: Command) {
        // The watch ends only with the gateway.
        let _ = self.commands.send(command);
    }

    fn note(&self, action: &Action, phase: &str, approval_id: &str) {
        let data = json!({
            "phase": phase, "approvalId": approval_id, "toolCallId": action.tool_call_id,
        });
        self.tell(Command::Note(Box::new(Note {
            run_id: action.run_id.clone(),
            data,
        })));
    }
}

impl RunSink for RunWatch {
    fn emit(&self, event: RunEvent) {
        self.tell(Command::Event(event));
    }
}

impl Waiting for RunWatch {
    fn waits(&self, action: &Action, approval_id: &str) {
        self.note(action, "waiting-approval", approval_id);
    }

    fn goes_on(&self, action: &Action, approval_id: &str) {
        self.note(action, "approval-resolved", approval_id);
    }
}

struct WatchTask {
    hub: Hub,
    book: RunBook,
    clock: crate::clock::Clock,
    heartbeats: LastHeartbeat,
    inbox: mpsc::UnboundedReceiver<Command>,
    runs: HashMap<String, Live>,
    lately: Lately,
}

/// A run that goes on.
struct Live {
    session_key: Arc<str>,
    session_id: Option<String>,
    agent_id: Arc<str>,
    heartbeat: bool,
    started_at_ms: u64,
    text: String,
    seq: u64,
}

impl WatchTask {
    async fn run(mut self) {
        while let Some(command) = self.inbox.recv().await {
            match command {
                Command::Event(event) => self.event(event),
                Command::Register(asking) => self.register(asking),
                Command::Kept(run_id) => self.lately.kept(&run_id),
                Command::Forget(run_id) => self.forget(&run_id),
                Command::Note(note) => self.note(*note),
                Command::InFlight(session, tell) => {
                    // Who asked may have given up.
                    let _ = tell.send(self.in_flight(&session));
                }
            }
        }
    }

    fn register(&mut self, asking: Asking) {
        let Some(asking) = self.lately.same(asking) else {
            return;
        };
        let Asking { run, tell, .. } = asking;
        if self.runs.contains_key(&run.run_id) {
            // What was heard of it stays as it is.
            let _ = tell.send(Registered::There);
            return;
        }
        let live = Live {
            session_key: run.session_key.into(),
            session_id: Some(run.session_id),
            agent_id: run.agent_id.into(),
            heartbeat: false,
            started_at_ms: run.accepted_at_ms,
            text: String::new(),
            seq: 0,
        };
        self.runs.insert(run.run_id, live);
        // Who sent it may have gone; the run is registered all the same.
        let _ = tell.send(Registered::New);
    }

    /// The same words that came meanwhile are somebody's own now.
    fn forget(&mut self, run_id: &str) {
        self.runs.remove(run_id);
        for asking in self.lately.forget(run_id) {
            self.register(asking);
        }
    }

    fn event(&mut self, event: RunEvent) {
        // The engine tells of nothing that is not durable.
        self.lately.kept(&event.run_id);
        let live = self
            .runs
            .entry(event.run_id.to_string())
            .or_insert_with(|| Live::of(&event));
        live.take(&event);
        let told = told(&event.kind, &event.run_id, event.ts_ms);
        self.book.hears(&event);
        self.heartbeats.hears(&event);
        self.publish(&event.run_id, event.ts_ms, told);
        match &event.kind {
            RunEventKind::Ended(_) => {
                self.forget(&event.run_id);
            }
            RunEventKind::Merged { into } => {
                self.runs.remove(&*event.run_id);
                self.lately.merged(&event.run_id, into);
            }
            _ => {}
        }
    }

    fn note(&mut self, note: Note) {
        let part = AgentPart {
            stream: "lifecycle",
            data: note.data,
            tool: false,
        };
        let told = Told {
            agent: vec![part],
            chat: None,
        };
        self.publish(&note.run_id, self.clock.now_ms(), told);
    }

    fn publish(&mut self, run_id: &str, ts: u64, told: Told) {
        let Some(live) = self.runs.get_mut(run_id) else {
            return;
        };
        for part in told.agent {
            live.seq += 1;
            let payload = live.agent_payload(run_id, ts, &part);
            let (audience, delivery) = live.agent_audience(run_id, part.tool);
            if let Some(event) = Event::new(EventKind::AGENT, &payload) {
                self.hub.publish(event, audience, delivery);
            }
        }
        if let Some(chat) = told.chat {
            let last = chat.0["state"] != "delta";
            let payload = live.chat_payload(run_id, chat.0);
            let delivery = if last {
                Delivery::Required
            } else {
                Delivery::DropIfSlow
            };
            if let Some(event) = Event::new(EventKind::CHAT, &payload) {
                self.hub.publish(event, Audience::Everyone, delivery);
            }
        }
    }

    fn in_flight(&self, session: &str) -> Vec<InFlight> {
        let of_session = self
            .runs
            .iter()
            .filter(|(_, live)| &*live.session_key == session);
        let mut all: Vec<InFlight> = of_session.map(|(id, live)| live.in_flight(id)).collect();
        // The one that runs before those that wait.
        all.sort_by_key(|run| (run.seq == 0, run.started_at_ms));
        all
    }
}

impl Live {
    fn of(event: &RunEvent) -> Self {
        Self {
            session_key: event.session_key.clone(),
            session_id: None,
            agent_id: event.agent_id.clone(),
            heartbeat: event.is_heartbeat,
            started_at_ms: event.ts_ms,
            text: String::new(),
            seq: 0,
        }
    }

    fn take(&mut self, event: &RunEvent) {
        match &event.kind {
            RunEventKind::Started { started_at_ms } => {
                self.started_at_ms = *started_at_ms;
            }
            RunEventKind::Assistant { text, .. } => {
                self.text.clear();
                self.text.push_str(text);
            }
            _ => {}
        }
    }

    fn agent_payload(&self, run_id: &str, ts: u64, part: &AgentPart) -> Value {
        let mut payload = json!({
            "runId": run_id,
            "sessionKey": self.session_key,
            "agentId": self.agent_id,
            "stream": part.stream,
            "data": part.data,
            "seq": self.seq,
            "ts": ts,
            "isHeartbeat": self.heartbeat,
        });
        if let Some(id) = &self.session_id {
            payload["sessionId"] = json!(id);
        }
        payload
    }

    fn chat_payload(&self, run_id: &str, mut chat: Value) -> Value {
        chat["runId"] = json!(run_id);
        chat["sessionKey"] = json!(self.session_key);
        chat["agentId"] = json!(self.agent_id);
        chat["seq"] = json!(self.seq);
        chat
    }

    /// Tool events go to those who can show them and asked for this run or session.
    fn agent_audience(&self, run_id: &str, tool: bool) -> (Audience, Delivery) {
        if !tool {
            return (Audience::Everyone, Delivery::DropIfSlow);
        }
        let topics = vec![
            Topic::RunTools(run_id.to_owned()),
            Topic::SessionTools(self.session_key.to_string()),
        ];
        (Audience::Topics(topics), Delivery::DropIfSlow)
    }

    fn in_flight(&self, run_id: &str) -> InFlight {
        InFlight {
            run_id: run_id.to_owned(),
            started_at_ms: self.started_at_ms,
            text: self.text.clone(),
            seq: self.seq,
        }
    }
}
