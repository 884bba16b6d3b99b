//! A bare connection that keeps every frame.

use std::{path::Path, time::Duration};

use futures_util::{SinkExt, StreamExt};
use gatehouse_protocol::{
    DeviceKey,
    device::{ProofClaims, ProofVersion},
};
use gatehouse_testkit::gateway::RealGateway;
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};

use crate::{Outcome, scrub::Scrubber};

/// Also for a first turn on a busy machine.
const LIMIT: Duration = Duration::from_secs(240);

/// Who connects, and how.
pub(crate) struct WireOptions {
    pub(crate) url: String,
    pub(crate) secret: Option<String>,
    pub(crate) protocol: (u32, u32),
    pub(crate) device: [u8; 32],
}

impl WireOptions {
    /// As the app connects.
    pub(crate) fn right(gateway: &RealGateway) -> Self {
        Self {
            url: gateway.url(),
            secret: Some(gateway.secret().to_owned()),
            protocol: (3, 4),
            device: [9; 32],
        }
    }
}

pub(crate) struct Wire {
    socket: WebSocketStream<TcpStream>,
    frames: Vec<Value>,
    scrubber: Scrubber,
    next: u32,
}

impl Wire {
    /// Connects and keeps what is said until the gateway has answered, whatever it answers.
    pub(crate) async fn open(
        gateway: &RealGateway,
        options: WireOptions,
        scrubber: Scrubber,
    ) -> Outcome<Self> {
        let address = options.url.trim_start_matches("ws://").to_owned();
        let stream = TcpStream::connect(address).await?;
        let (socket, _) = client_async(&options.url, stream).await?;
        let mut wire = Self {
            socket,
            frames: Vec::new(),
            scrubber,
            next: gateway.version().protocol(),
        };
        let challenge = wire
            .until(|frame| frame["event"] == "connect.challenge")
            .await?;
        let params = connect(&options, &challenge["payload"]);
        wire.ask("connect", params).await?;
        Ok(wire)
    }

    /// Sends a request and waits for its answer.
    pub(crate) async fn ask(&mut self, method: &str, params: Value) -> Outcome<Value> {
        let id = self.fresh_id();
        let frame = json!({ "type": "req", "id": id, "method": method, "params": params });
        self.socket.send(Message::text(frame.to_string())).await?;
        self.frames.push(json!({ "sent": frame }));
        self.until(|frame| frame["type"] == "res" && frame["id"] == id.as_str())
            .await
    }

    /// Keeps frames up to and with the one that is meant.
    pub(crate) async fn until(&mut self, meant: impl Fn(&Value) -> bool) -> Outcome<Value> {
        loop {
            let frame = timeout(LIMIT, self.receive()).await??;
            let Some(frame) = frame else {
                return Err("the gateway closed the connection".into());
            };
            if meant(&frame) {
                return Ok(frame);
            }
        }
    }

    /// As [`until`](Self::until), unless it has come since the last save.
    pub(crate) async fn until_ever(&mut self, meant: impl Fn(&Value) -> bool) -> Outcome {
        if self.frames.iter().any(|line| meant(&line["received"])) {
            return Ok(());
        }
        self.until(meant).await.map(drop)
    }

    /// Keeps what comes in the next while.
    pub(crate) async fn settle(&mut self, time: Duration) -> Outcome {
        let keep = async {
            while self.receive().await?.is_some() {}
            Outcome::Ok(())
        };
        // Running out of time is how this ends.
        timeout(time, keep).await.unwrap_or(Ok(()))
    }

    /// Writes what was kept since the last time.
    pub(crate) fn save(&mut self, file: &Path) -> Outcome {
        let mut text = String::new();
        for frame in self.frames.drain(..) {
            text.push_str(&self.scrubber.scrub(&frame).to_string());
            text.push('\n');
        }
        Ok(std::fs::write(file, text)?)
    }

    /// Whether the last frame is a hello.
    pub(crate) fn is_welcome(&self) -> bool {
        self.frames
            .last()
            .is_some_and(|line| line["received"]["payload"]["type"] == "hello-ok")
    }

    pub(crate) fn close(self) -> Scrubber {
        self.scrubber
    }

    pub(crate) fn fresh_id(&mut self) -> String {
        self.next += 1;
        format!("recorded-{}", self.next)
    }

    async fn receive(&mut self) -> Outcome<Option<Value>> {
        while let Some(message) = self.socket.next().await {
            let received = match message? {
                Message::Text(text) => serde_json::from_str(text.as_str())?,
                Message::Close(Some(frame)) => {
                    let close =
                        json!({ "code": u16::from(frame.code), "reason": frame.reason.as_str() });
                    self.frames.push(json!({ "closed": close }));
                    return Ok(None);
                }
                _ => continue,
            };
            self.frames.push(json!({ "received": received }));
            return Ok(Some(received));
        }
        Ok(None)
    }
}

fn connect(options: &WireOptions, challenge: &Value) -> Value {
    let scopes = ["read", "write", "approvals", "pairing", "admin"];
    let scopes = scopes.map(|scope| format!("operator.{scope}"));
    let claims = ProofClaims {
        client_id: "gateway-client",
        client_mode: "ui",
        role: "operator",
        scopes: &scopes,
        signed_at_ms: challenge["ts"].as_u64().unwrap_or_default(),
        token: options.secret.as_deref(),
        nonce: challenge["nonce"].as_str().unwrap_or_default(),
        platform: "linux",
        device_family: None,
    };
    let device = claims.prove(ProofVersion::V3, &DeviceKey::from_seed(options.device));
    let mut params = json!({
        "minProtocol": options.protocol.0, "maxProtocol": options.protocol.1,
        "client": {
            "id": "gateway-client", "mode": "ui", "displayName": "Gatehouse", "version": "0.1.0",
            "platform": "linux",
        },
        "caps": ["tool-events", "approvals", "exec-approvals", "plugin-approvals"],
        "role": "operator", "scopes": scopes, "device": device,
    });
    if let Some(secret) = &options.secret {
        params["auth"] = json!({ "token": secret });
    }
    params
}
