//! The client of the measurements: one WebSocket, as little work for a frame as can be, so that what is
//! measured is the gateway. Not `gatehouse-client`: that one reconnects, queues and types.

use std::{fmt::Display, net::SocketAddr, time::Duration};

use futures_util::{SinkExt, StreamExt};
use gatehouse_protocol::device::{DeviceKey, ProofClaims, ProofVersion};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, Utf8Bytes, protocol::WebSocketConfig},
};

use crate::subject::Subject;

/// Longer than the published gateway takes for anything that is asked here.
const PATIENCE: Duration = Duration::from_secs(60);
const SCOPES: [&str; 5] = [
    "operator.read",
    "operator.write",
    "operator.approvals",
    "operator.pairing",
    "operator.admin",
];

/// Where to connect, and with what.
#[derive(Clone)]
pub(crate) struct Door {
    address: SocketAddr,
    token: String,
    key: DeviceKey,
}

/// A connection that is in.
pub(crate) struct Wire {
    socket: WebSocketStream<TcpStream>,
    next: u64,
}

/// A frame, its payload unread.
#[derive(Deserialize)]
pub(crate) struct Frame<'a> {
    #[serde(rename = "type")]
    pub(crate) kind: &'a str,
    #[serde(borrow, default)]
    pub(crate) id: Option<&'a str>,
    #[serde(default)]
    pub(crate) ok: bool,
    #[serde(borrow, default)]
    pub(crate) event: Option<&'a str>,
    #[serde(borrow, default)]
    pub(crate) payload: Option<&'a RawValue>,
}

impl Door {
    pub(crate) fn of(subject: &Subject) -> Self {
        Self {
            address: subject.address(),
            token: subject.token().to_owned(),
            key: DeviceKey::from_seed([7; 32]),
        }
    }

    /// The whole way in: TCP, upgrade, challenge, device proof, hello.
    pub(crate) async fn enter(&self) -> Result<Wire, String> {
        let stream = TcpStream::connect(self.address).await.map_err(said)?;
        stream.set_nodelay(true).map_err(said)?;
        // Small buffers: a thousand connections live in this process too.
        let config = WebSocketConfig::default().read_buffer_size(4096);
        let url = format!("ws://{}/", self.address);
        let upgrade = tokio_tungstenite::client_async_with_config(url, stream, Some(config));
        let (socket, _) = upgrade.await.map_err(said)?;
        let mut wire = Wire { socket, next: 0 };
        let challenge: Value = serde_json::from_str(&wire.receive().await?).map_err(said)?;
        let payload = &challenge["payload"];
        let nonce = payload["nonce"].as_str().ok_or("no challenge came first")?;
        let params = self.params(nonce, payload["ts"].as_u64().unwrap_or_default());
        wire.call("connect", &params).await?;
        Ok(wire)
    }

    fn params(&self, nonce: &str, signed_at_ms: u64) -> Value {
        let scopes = SCOPES.map(str::to_owned);
        let claims = ProofClaims {
            client_id: "gateway-client",
            client_mode: "backend",
            role: "operator",
            scopes: &scopes,
            signed_at_ms,
            token: Some(&self.token),
            nonce,
            platform: "linux",
            device_family: None,
        };
        json!({
            "minProtocol": 4, "maxProtocol": 4,
            "client": { "id": "gateway-client", "mode": "backend", "version": "1", "platform": "linux" },
            "caps": ["tool-events"], "role": "operator", "scopes": scopes,
            "device": claims.prove(ProofVersion::V3, &self.key),
            "auth": { "token": self.token },
        })
    }
}

impl Wire {
    /// The next text frame.
    pub(crate) async fn receive(&mut self) -> Result<Utf8Bytes, String> {
        loop {
            let next = timeout(PATIENCE, self.socket.next()).await;
            match next.map_err(|_| "it said nothing for a minute")? {
                Some(Ok(Message::Text(text))) => return Ok(text),
                Some(Ok(Message::Close(frame))) => return Err(format!("it closed: {frame:?}")),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(said(error)),
                None => return Err("it hung up".to_owned()),
            }
        }
    }

    /// Queues a request and says its id. `params` is JSON.
    pub(crate) async fn feed(&mut self, method: &str, params: &str) -> Result<String, String> {
        self.next += 1;
        let id = self.next.to_string();
        let text = format!(r#"{{"type":"req","id":"{id}","method":"{method}","params":{params}}}"#);
        self.socket.feed(Message::text(text)).await.map_err(said)?;
        Ok(id)
    }

    pub(crate) async fn flush(&mut self) -> Result<(), String> {
        self.socket.flush().await.map_err(said)
    }

    /// The next answer, whichever request it is for; an answer that is a refusal is an error.
    pub(crate) async fn answer(&mut self) -> Result<Utf8Bytes, String> {
        loop {
            let text = self.receive().await?;
            let frame: Frame<'_> = serde_json::from_str(&text).map_err(said)?;
            match (frame.kind, frame.ok) {
                ("res", true) => return Ok(text),
                ("res", false) => return Err(format!("it refused: {text}")),
                _ => {}
            }
        }
    }

    /// Sends one request and waits for its answer.
    pub(crate) async fn ask(&mut self, method: &str, params: &str) -> Result<Utf8Bytes, String> {
        let id = self.feed(method, params).await?;
        self.flush().await?;
        loop {
            let text = self
                .answer()
                .await
                .map_err(|error| format!("{method}: {error}"))?;
            let frame: Frame<'_> = serde_json::from_str(&text).map_err(said)?;
            if frame.id == Some(&id) {
                return Ok(text);
            }
        }
    }

    /// The payload of a request's answer.
    pub(crate) async fn call(&mut self, method: &str, params: &Value) -> Result<Value, String> {
        let text = self.ask(method, &params.to_string()).await?;
        let mut frame: Value = serde_json::from_str(&text).map_err(said)?;
        Ok(frame["payload"].take())
    }
}

fn said(error: impl Display) -> String {
    error.to_string()
}
