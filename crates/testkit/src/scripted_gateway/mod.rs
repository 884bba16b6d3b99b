//! A gateway that does what a test says: for what a real one can't be made to do (floods, garbage, a
//! transcript of 10,000 messages, a request at an exact moment). It proves nothing about real gateways.
//!
//! Speaks protocol 4 to any number of clients, takes any credential, keeps approvals (first answer wins) and
//! one generated transcript per session.

mod approvals;
mod flood;
mod serve;
mod world;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Instant,
};

use serde_json::Value;
use tokio::{net::TcpListener, sync::broadcast, task::JoinHandle};

use world::World;
pub use world::{Script, ScriptedSession};

/// A request that a client made, and when it arrived.
#[derive(Clone, Debug)]
pub struct SeenRequest {
    pub method: String,
    pub params: Value,
    pub at: Instant,
}

/// What the gateway sends to every client.
#[derive(Clone)]
enum Outgoing {
    /// An event; each connection adds its own sequence number.
    Event { name: String, payload: Value },
    /// Text as it is, however malformed.
    Raw(String),
    /// So many events, as fast as the client reads; what it asks is answered meanwhile.
    Flood(u64),
    /// Close with this code.
    Close(u16),
    /// Drop the socket without a word.
    Drop,
}

/// Ends when dropped.
pub struct ScriptedGateway {
    address: SocketAddr,
    world: Arc<Mutex<World>>,
    outgoing: broadcast::Sender<Outgoing>,
    seen: broadcast::Sender<SeenRequest>,
    task: JoinHandle<()>,
}

impl ScriptedGateway {
    pub async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a loopback port is free");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let world = Arc::new(Mutex::new(World::new(script)));
        // Large enough that a flood is throttled by the sockets, not lost here.
        let (outgoing, _) = broadcast::channel(1 << 16);
        let (seen, _) = broadcast::channel(1 << 12);
        let task = tokio::spawn(serve::accept(
            listener,
            serve::Shared {
                world: world.clone(),
                outgoing: outgoing.clone(),
                seen: seen.clone(),
            },
        ));
        Self {
            address,
            world,
            outgoing,
            seen,
            task,
        }
    }

    pub fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// Requests from now on.
    pub fn requests(&self) -> broadcast::Receiver<SeenRequest> {
        self.seen.subscribe()
    }

    /// Sends an event to every client.
    pub fn emit(&self, name: &str, payload: Value) {
        let _ = self.outgoing.send(Outgoing::Event {
            name: name.to_owned(),
            payload,
        });
    }

    /// Sends text as it is to every client.
    pub fn emit_raw(&self, text: impl Into<String>) {
        let _ = self.outgoing.send(Outgoing::Raw(text.into()));
    }

    /// Floods every client with events: of runs and chats elsewhere, of an unknown kind, and one approval in a thousand
    /// that comes and is answered elsewhere. What a test does meanwhile is done in the midst of it.
    pub fn flood(&self, events: u64) {
        let _ = self.outgoing.send(Outgoing::Flood(events));
    }

    pub fn close_all(&self, code: u16) {
        let _ = self.outgoing.send(Outgoing::Close(code));
    }

    pub fn drop_all(&self) {
        let _ = self.outgoing.send(Outgoing::Drop);
    }

    /// Raises an exec approval and tells every client. Returns its id.
    pub fn ask(&self, command: &str) -> String {
        self.ask_with(command, Value::Null)
    }

    /// As `ask`, with more in the request than it has by itself.
    pub fn ask_with(&self, command: &str, more: Value) -> String {
        let (id, request) = self.raise(command, more);
        self.emit("exec.approval.requested", request);
        id
    }

    /// Raises an exec approval without telling anyone: only a list shows it.
    pub fn ask_silently(&self, command: &str) -> String {
        self.raise(command, Value::Null).0
    }

    fn raise(&self, command: &str, more: Value) -> (String, Value) {
        let mut world = self.world.lock().expect("no test panicked");
        let request = world.approvals.raise(command, more);
        let id = request["id"].as_str().expect("an approval has an id");
        (id.to_owned(), request)
    }

    /// Answers an approval as another operator would.
    pub fn answer(&self, id: &str, decision: &str, by: &str) {
        let resolved = self
            .world
            .lock()
            .expect("no test panicked")
            .approvals
            .resolve(id, decision, by);
        if let Ok(event) = resolved {
            self.emit("exec.approval.resolved", event);
        }
    }

    /// A run goes on from now on, in every session.
    pub fn starts(&self, run: &'static str) {
        let mut world = self.world.lock().expect("no test panicked");
        world.script.running.push(run);
    }

    /// So many messages are in a session's transcript from now on, and nobody is told.
    pub fn grows(&self, session: &str, messages: usize) {
        let mut world = self.world.lock().expect("no test panicked");
        let sessions = world.script.sessions.iter_mut();
        for known in sessions.filter(|known| known.key == session) {
            known.messages = messages;
        }
    }

    /// The decision recorded for an approval, and how many resolve requests named it.
    pub fn record(&self, id: &str) -> (Option<String>, u32) {
        self.world
            .lock()
            .expect("no test panicked")
            .approvals
            .record(id)
    }
}

impl Drop for ScriptedGateway {
    fn drop(&mut self) {
        self.drop_all();
        self.task.abort();
    }
}
