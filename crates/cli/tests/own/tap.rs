//! A listener on the line: relays a client's WebSocket to the gateway, and holds every frame that the gateway sends to
//! the published schema. For clients that this project did not write and cannot look into.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{accept_async, client_async};

use crate::frames::faults_of_frame;

/// Runs on a thread of its own. Ends when dropped, and fails the test then if a frame broke the schema.
pub(crate) struct Tap {
    pub(crate) url: String,
    heard: Arc<Mutex<Heard>>,
    _stop: oneshot::Sender<()>,
}

#[derive(Default)]
struct Heard {
    methods: BTreeSet<String>,
    faults: Vec<String>,
}

impl Tap {
    pub(crate) fn on(gateway: &str) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Heard::default()));
        let (stop, stopped) = oneshot::channel::<()>();
        let (gateway, ear) = (gateway.to_owned(), heard.clone());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            // Everything stays on this thread, where the validators are.
            let local = tokio::task::LocalSet::new();
            local.block_on(&runtime, async move {
                let listener = TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    () = listen(listener, gateway, ear) => {}
                    _ = stopped => {}
                }
            });
        });
        Self {
            url,
            heard,
            _stop: stop,
        }
    }

    /// The methods that were answered so far.
    pub(crate) fn methods(&self) -> BTreeSet<String> {
        self.heard.lock().unwrap().methods.clone()
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        let Ok(heard) = self.heard.lock() else { return };
        assert!(
            std::thread::panicking() || heard.faults.is_empty(),
            "frames that break the published schema: {:#?}",
            heard.faults
        );
    }
}

async fn listen(listener: TcpListener, gateway: String, heard: Arc<Mutex<Heard>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::task::spawn_local(relay(stream, gateway.clone(), heard.clone()));
    }
}

/// Until either side ends; what one says last reaches the other.
async fn relay(stream: TcpStream, gateway: String, heard: Arc<Mutex<Heard>>) {
    let Ok(client) = accept_async(stream).await else {
        return;
    };
    let place = gateway.trim_start_matches("ws://").to_owned();
    let Ok(line) = TcpStream::connect(place).await else {
        return;
    };
    let Ok((server, _)) = client_async(gateway, line).await else {
        return;
    };
    let (mut to_client, mut from_client) = client.split();
    let (mut to_server, mut from_server) = server.split();
    let mut asked: HashMap<String, String> = HashMap::new();
    loop {
        tokio::select! {
            said = from_client.next() => {
                let Some(Ok(message)) = said else { break };
                note_request(&message, &mut asked);
                if to_server.send(message).await.is_err() { break }
            }
            said = from_server.next() => {
                let Some(Ok(message)) = said else { break };
                note_frame(&message, &asked, &heard);
                if to_client.send(message).await.is_err() { break }
            }
        }
    }
    // One of them is gone already.
    let _ = tokio::join!(to_client.close(), to_server.close());
}

fn note_request(message: &Message, asked: &mut HashMap<String, String>) {
    let Message::Text(text) = message else { return };
    let Ok(frame) = serde_json::from_str::<Value>(text) else {
        return;
    };
    if let (Some(id), Some(method)) = (frame["id"].as_str(), frame["method"].as_str()) {
        asked.insert(id.to_owned(), method.to_owned());
    }
}

fn note_frame(message: &Message, asked: &HashMap<String, String>, heard: &Mutex<Heard>) {
    let Message::Text(text) = message else { return };
    let mut heard = heard.lock().unwrap();
    let frame: Value = match serde_json::from_str(text) {
        Ok(frame) => frame,
        Err(error) => return heard.faults.push(format!("no JSON: {error}")),
    };
    // A method may be answered twice: that it was accepted, and how it ended.
    let method = frame["id"].as_str().and_then(|id| asked.get(id));
    let faults = faults_of_frame(&frame, method.map(String::as_str));
    heard.faults.extend(faults);
    if let Some(method) = method {
        heard.methods.insert(method.clone());
    }
}
