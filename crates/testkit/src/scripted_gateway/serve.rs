//! The scripted gateway's sockets: challenge, connect, then requests in and events out.

use std::{
    sync::{Arc, Mutex},
    time::Instant,
};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::broadcast::{self, error::RecvError},
};
use tokio_tungstenite::{
    WebSocketStream, accept_async,
    tungstenite::{
        Error, Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use super::{
    Outgoing, SeenRequest,
    approvals::now_ms,
    flood::{AT_ONCE, Flood},
    world::World,
};

#[derive(Clone)]
pub(super) struct Shared {
    pub(super) world: Arc<Mutex<World>>,
    pub(super) outgoing: broadcast::Sender<Outgoing>,
    pub(super) seen: broadcast::Sender<SeenRequest>,
}

pub(super) async fn accept(listener: TcpListener, shared: Shared) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(connection(stream, shared.clone()));
    }
}

async fn connection(stream: TcpStream, shared: Shared) {
    let Ok(mut socket) = accept_async(stream).await else {
        return;
    };
    let challenge = json!({ "type": "event", "event": "connect.challenge",
        "payload": { "nonce": "scripted-nonce", "ts": now_ms() } });
    if send(&mut socket, &challenge).await.is_err() {
        return;
    }
    let mut outgoing = shared.outgoing.subscribe();
    let mut seq = 0u64;
    let mut connected = false;
    let mut flood = Flood::default();
    loop {
        tokio::select! {
            incoming = socket.next() => {
                let Some(Ok(message)) = incoming else { return };
                let Message::Text(text) = message else { continue };
                let Ok(frame) = serde_json::from_str::<Value>(&text) else { return };
                connected |= frame["method"] == "connect";
                if reply(&mut socket, &shared, &frame).await.is_err() {
                    return;
                }
            }
            () = std::future::ready(()), if !flood.is_over() => {
                if pour(&mut socket, &mut flood, &mut seq).await.is_err() {
                    return;
                }
            }
            next = outgoing.recv(), if connected => match next {
                Ok(Outgoing::Flood(events)) => flood = Flood::of(events),
                Ok(next) => {
                    if deliver(&mut socket, next, &mut seq).await.is_err() {
                        return;
                    }
                }
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
        }
    }
}

async fn reply(
    socket: &mut WebSocketStream<TcpStream>,
    shared: &Shared,
    frame: &Value,
) -> Result<(), Error> {
    let method = frame["method"].as_str().unwrap_or_default();
    let params = &frame["params"];
    let _ = shared.seen.send(SeenRequest {
        method: method.to_owned(),
        params: params.clone(),
        at: Instant::now(),
    });
    let (result, event) = {
        let mut world = shared.world.lock().expect("no test panicked");
        if world.hangs_up(method) {
            return Err(Error::ConnectionClosed);
        }
        if method == "connect" {
            (Ok(world.hello()), None)
        } else {
            let answer = world.answer(method, params);
            (answer.result, answer.event)
        }
    };
    let response = match result {
        Ok(payload) => json!({ "type": "res", "id": frame["id"], "ok": true, "payload": payload }),
        Err(error) => json!({ "type": "res", "id": frame["id"], "ok": false, "error": error }),
    };
    send(socket, &response).await?;
    if let Some((name, payload)) = event {
        let _ = shared.outgoing.send(Outgoing::Event {
            name: name.to_owned(),
            payload,
        });
    }
    Ok(())
}

/// The next events of a flood.
async fn pour(
    socket: &mut WebSocketStream<TcpStream>,
    flood: &mut Flood,
    seq: &mut u64,
) -> Result<(), Error> {
    for (event, payload) in flood.take(AT_ONCE) {
        *seq += 1;
        let frame = json!({ "type": "event", "event": event, "payload": payload, "seq": *seq });
        socket.feed(Message::text(frame.to_string())).await?;
    }
    socket.flush().await
}

async fn deliver(
    socket: &mut WebSocketStream<TcpStream>,
    next: Outgoing,
    seq: &mut u64,
) -> Result<(), Error> {
    match next {
        Outgoing::Event { name, payload } => {
            *seq += 1;
            let frame = json!({ "type": "event", "event": name, "payload": payload, "seq": *seq });
            send(socket, &frame).await
        }
        // The connection's own task pours it.
        Outgoing::Flood(_) => Ok(()),
        Outgoing::Raw(text) => socket.send(Message::text(text)).await,
        Outgoing::Close(code) => {
            let frame = CloseFrame {
                code: CloseCode::from(code),
                reason: "scripted".into(),
            };
            socket.close(Some(frame)).await
        }
        Outgoing::Drop => Err(Error::ConnectionClosed),
    }
}

async fn send(socket: &mut WebSocketStream<TcpStream>, frame: &Value) -> Result<(), Error> {
    socket.send(Message::text(frame.to_string())).await
}
