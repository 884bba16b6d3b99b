//! A model that answers what the text says: an OpenAI-compatible endpoint for the real gateways.
//!
//! | text of the last user message | answer |
//! | --- | --- |
//! | `exec: CMD` | a call of the tool `exec` with the command; once its result is there, `Done: …` |
//! | `tool: NAME JSON` | the same with any tool and its arguments |
//! | `stream: N` | N words, streamed with a gap (see [`ScriptedModel::set_gap`]) |
//! | `slow: …` | one word, then nothing until [`ScriptedModel::release`] or until the reader goes away |
//! | `think: …` | reasoning, then the text |
//! | `md: …` | a sample of Markdown |
//! | `fail: …` | HTTP 400 with the text as the message |
//! | anything else | `I heard “…”.` with the first line of the text |
//!
//! A gateway adds messages of its own (context, time stamps, notices) around what the person wrote, so the
//! script is looked for in the text, and a call is over when a tool message follows it.
//!
//! It lives on a thread of its own: several tests in one process share it, each with its own runtime.

mod answer;
mod script;
mod serve;

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::sync::{Notify, broadcast, oneshot};

use crate::error::{During, TestkitError};

/// The name under which a gateway's configuration knows the model.
pub const MODEL_ID: &str = "scripted-1";

/// Requests kept for a test to look at; older ones are dropped.
const KEPT_REQUESTS: usize = 64;

/// The running endpoint. Ends when dropped.
pub struct ScriptedModel {
    address: SocketAddr,
    stage: Arc<Stage>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// What the endpoint and the test share.
pub(crate) struct Stage {
    gap_millis: AtomicU64,
    stalled: AtomicUsize,
    released: Notify,
    requests: Mutex<Vec<Value>>,
    calls: broadcast::Sender<Instant>,
}

impl ScriptedModel {
    /// Listens on a free port of the loopback interface.
    pub fn start() -> Result<Self, TestkitError> {
        let listener =
            std::net::TcpListener::bind("127.0.0.1:0").during("listen for the scripted model")?;
        listener
            .set_nonblocking(true)
            .during("listen for the scripted model")?;
        let address = listener
            .local_addr()
            .during("listen for the scripted model")?;
        let stage = Arc::new(Stage::new());
        let (stop, stopped) = oneshot::channel();
        let served = stage.clone();
        let thread = thread::Builder::new()
            .name("scripted-model".into())
            .spawn(move || serve::run(listener, served, stopped))
            .during("start the scripted model")?;
        Ok(Self {
            address,
            stage,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// What goes into a gateway's configuration as the provider's `baseUrl`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The pause between two streamed words; 20 ms at first.
    pub fn set_gap(&self, gap: Duration) {
        let millis = u64::try_from(gap.as_millis()).unwrap_or(u64::MAX);
        self.stage.gap_millis.store(millis, Ordering::Relaxed);
    }

    /// How many `slow:` answers wait now. Falls when the gateway hangs up: that is how an abort shows.
    pub fn stalled(&self) -> usize {
        self.stage.stalled.load(Ordering::SeqCst)
    }

    /// Lets every waiting `slow:` answer finish.
    pub fn release(&self) {
        self.stage.released.notify_waiters();
    }

    /// When each request from now on was read.
    pub fn calls(&self) -> broadcast::Receiver<Instant> {
        self.stage.calls.subscribe()
    }

    /// The bodies of the requests so far, oldest first.
    pub fn requests(&self) -> Vec<Value> {
        self.stage
            .requests
            .lock()
            .expect("no one panics while holding it")
            .clone()
    }
}

impl Drop for ScriptedModel {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The thread may be gone already, if it panicked.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Stage {
    fn new() -> Self {
        Self {
            gap_millis: AtomicU64::new(20),
            stalled: AtomicUsize::new(0),
            released: Notify::new(),
            requests: Mutex::new(Vec::new()),
            calls: broadcast::channel(KEPT_REQUESTS).0,
        }
    }

    fn gap(&self) -> Duration {
        Duration::from_millis(self.gap_millis.load(Ordering::Relaxed))
    }

    fn keep(&self, request: Value) {
        // Nobody may be watching.
        let _ = self.calls.send(Instant::now());
        let mut requests = self
            .requests
            .lock()
            .expect("no one panics while holding it");
        if requests.len() == KEPT_REQUESTS {
            requests.remove(0);
        }
        requests.push(request);
    }

    /// Waits for a release, counted as stalled until then or until the answer is dropped.
    async fn stall(&self) {
        let _counted = Stalled::count(&self.stalled);
        self.released.notified().await;
    }
}

/// One waiting answer.
struct Stalled<'a>(&'a AtomicUsize);

impl<'a> Stalled<'a> {
    fn count(counter: &'a AtomicUsize) -> Self {
        counter.fetch_add(1, Ordering::SeqCst);
        Self(counter)
    }
}

impl Drop for Stalled<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
