//! A gateway on a free port with its state in a temporary folder, a plain WebSocket client, and the published
//! schema to hold every frame to.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

pub mod http;
pub mod schema;

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use gatehouse_gateway::auth::{AuthSettings, SharedSecret};
use gatehouse_gateway::config::Config;
use gatehouse_gateway::{Gateway, RunningGateway, StartOptions};
use gatehouse_protocol::device::{DeviceKey, ProofClaims, ProofVersion};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

pub const TOKEN: &str = "a-token-for-tests";
/// Longer than anything here takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(120);
pub const ALL_SCOPES: [&str; 5] = [
    "operator.read",
    "operator.write",
    "operator.approvals",
    "operator.pairing",
    "operator.admin",
];

/// A policy under which every command is asked about, the most harmless one too.
pub const ASK_ABOUT_COMMANDS: &str =
    r#"{ rules: [{ id: "commands", verdict: "ask", match: { tool: "exec" } }] }"#;

/// Puts a policy into a state folder, before a gateway starts on it.
pub fn write_policy(state_dir: &std::path::Path, document: &str) {
    std::fs::create_dir_all(state_dir).unwrap();
    std::fs::write(state_dir.join("policy.json5"), document).unwrap();
}

/// A gateway of a test's own.
pub struct TestGateway {
    pub running: RunningGateway,
    pub state: TempDir,
}

impl TestGateway {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut StartOptions)) -> Self {
        let state = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.gateway.port = 0;
        let auth = AuthSettings::Token(SharedSecret::of(TOKEN));
        let mut options = StartOptions::new(config, auth, state.path().to_owned());
        change(&mut options);
        let running = Gateway::start(options).await.unwrap();
        Self { running, state }
    }

    /// One whose policy asks about every command.
    pub async fn asking() -> Self {
        Self::with_policy(ASK_ABOUT_COMMANDS).await
    }

    pub async fn with_policy(document: &str) -> Self {
        Self::with(|options| write_policy(&options.state_dir, document)).await
    }

    pub fn address(&self) -> SocketAddr {
        self.running.local_addr()
    }

    /// A socket that was upgraded and has said nothing yet.
    pub async fn dial(&self) -> Wire {
        Wire::dial(self.address()).await
    }

    /// A client that is in, with these scopes.
    pub async fn client(&self, scopes: &[&str]) -> Wire {
        let mut wire = self.dial().await;
        let answer = wire.connect(scopes).await;
        assert_eq!(answer["ok"], true, "{answer}");
        wire
    }
}

/// A client with a device of its own.
pub async fn another_person(gateway: &TestGateway) -> Wire {
    let mut wire = gateway.dial().await;
    let key = DeviceKey::from_seed([8; 32]);
    let token = json!({"token": TOKEN});
    let joined = wire.connect_as(&key, token, &ALL_SCOPES, |_| {}).await;
    assert_eq!(joined["ok"], true, "{joined}");
    wire
}

/// A client with a device that another person let in: from afar, as one of this machine comes in by itself.
pub async fn vouched_person(gateway: &TestGateway, approver: &mut Wire) -> Wire {
    let key = DeviceKey::from_seed([12; 32]);
    let join = async || {
        let afar = [("x-forwarded-for", "203.0.113.9")];
        let mut wire = Wire::dial_with(gateway.address(), &afar).await;
        let token = json!({"token": TOKEN});
        let answer = wire.connect_as(&key, token, &ALL_SCOPES, |_| {}).await;
        (wire, answer)
    };
    let (_, refused) = join().await;
    let request = &refused["error"]["details"]["requestId"];
    let approve = json!({"requestId": request});
    approver.ask("device.pair.approve", approve).await;
    let (wire, joined) = join().await;
    assert_eq!(joined["ok"], true, "{joined}");
    wire
}

/// Has another program change the gateway's store.
pub async fn in_store(gateway: &TestGateway, statement: &'static str) {
    use sqlx::{ConnectOptions, Executor};
    let file = gateway.state.path().join("gateway.sqlite3");
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(file)
        .busy_timeout(Duration::from_secs(10));
    let mut connection = options.connect().await.unwrap();
    connection.execute(statement).await.unwrap();
}

/// Waits until something holds.
pub async fn until<F: Future<Output = bool>>(what: &str, holds: impl Fn() -> F) {
    for _ in 0..1_000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{what} did not come about");
}

/// One WebSocket, as a client holds it.
pub struct Wire {
    pub socket: WebSocketStream<TcpStream>,
    next: u64,
    /// Events that came while an answer was awaited.
    pub events: Vec<Value>,
}

impl Wire {
    pub async fn dial(address: SocketAddr) -> Self {
        Self::dial_with(address, &[]).await
    }

    /// With further headers in the upgrade.
    pub async fn dial_with(address: SocketAddr, headers: &[(&'static str, &str)]) -> Self {
        use tokio_tungstenite::tungstenite::client::IntoClientRequest;
        let stream = TcpStream::connect(address).await.unwrap();
        let mut request = format!("ws://{address}/").into_client_request().unwrap();
        for (name, _) in headers {
            request.headers_mut().remove(*name);
        }
        // One that is given twice is sent twice.
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        let (socket, _) = tokio_tungstenite::client_async(request, stream)
            .await
            .unwrap();
        Self {
            socket,
            next: 1,
            events: Vec::new(),
        }
    }

    pub async fn send(&mut self, text: impl Into<String>) {
        self.socket.send(Message::text(text.into())).await.unwrap();
    }

    /// The next frame as JSON; none when the gateway closed.
    pub async fn receive(&mut self) -> Option<Value> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.socket.next()).await;
            match next.expect("the gateway says something in time")? {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).unwrap()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// What the gateway closed with.
    pub async fn closed_with(&mut self) -> Option<(u16, String)> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.socket.next()).await;
            match next.expect("the gateway closes in time") {
                Some(Ok(Message::Close(frame))) => {
                    return frame.map(|frame| (frame.code.into(), frame.reason.to_string()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }

    /// The challenge's nonce and time.
    pub async fn challenge(&mut self) -> (String, u64) {
        let frame = self.receive().await.unwrap();
        assert_eq!(frame["event"], "connect.challenge", "{frame}");
        let payload = &frame["payload"];
        (
            payload["nonce"].as_str().unwrap().to_owned(),
            payload["ts"].as_u64().unwrap(),
        )
    }

    /// Connects as an operator with a fixed device and the shared token.
    pub async fn connect(&mut self, scopes: &[&str]) -> Value {
        let key = DeviceKey::from_seed([9; 32]);
        self.connect_as(&key, json!({"token": TOKEN}), scopes, |_| {})
            .await
    }

    /// Connects with a device and credentials; `change` may bend the parameters before they go out.
    pub async fn connect_as(
        &mut self,
        key: &DeviceKey,
        auth: Value,
        scopes: &[&str],
        change: impl FnOnce(&mut Value),
    ) -> Value {
        self.connect_with_role(key, auth, scopes, "operator", change)
            .await
    }

    pub async fn connect_with_role(
        &mut self,
        key: &DeviceKey,
        auth: Value,
        scopes: &[&str],
        role: &str,
        change: impl FnOnce(&mut Value),
    ) -> Value {
        let (nonce, ts) = self.challenge().await;
        let mut params = connect_params_as(key, &nonce, ts, auth, scopes, role);
        change(&mut params);
        self.request("connect", params).await
    }

    /// Sends a request and waits for its answer.
    pub async fn request(&mut self, method: &str, params: Value) -> Value {
        let id = format!("r{}", self.next);
        self.next += 1;
        let frame = json!({"type": "req", "id": id, "method": method, "params": params});
        self.send(frame.to_string()).await;
        loop {
            let frame = self.receive().await.expect("an answer before the end");
            if frame["type"] == "res" && frame["id"] == id.as_str() {
                return frame;
            }
            self.events.push(frame);
        }
    }

    /// The payload of a request that succeeds.
    pub async fn ask(&mut self, method: &str, params: Value) -> Value {
        let answer = self.request(method, params).await;
        assert_eq!(answer["ok"], true, "{method}: {answer}");
        answer["payload"].clone()
    }

    /// The next event of a name, with what came before it left in `events`.
    pub async fn event(&mut self, name: &str) -> Value {
        if let Some(at) = self.events.iter().position(|event| event["event"] == name) {
            return self.events.remove(at);
        }
        loop {
            let frame = self.receive().await.expect("an event before the end");
            if frame["event"] == name {
                return frame;
            }
            self.events.push(frame);
        }
    }
}

/// The parameters of a connect whose proof holds.
pub fn connect_params(
    key: &DeviceKey,
    nonce: &str,
    ts: u64,
    auth: Value,
    scopes: &[&str],
) -> Value {
    connect_params_as(key, nonce, ts, auth, scopes, "operator")
}

fn connect_params_as(
    key: &DeviceKey,
    nonce: &str,
    ts: u64,
    auth: Value,
    scopes: &[&str],
    role: &str,
) -> Value {
    let scopes: Vec<String> = scopes.iter().map(|&scope| scope.to_owned()).collect();
    let token = ["token", "deviceToken", "bootstrapToken"];
    let token = token.iter().find_map(|name| auth[*name].as_str());
    let claims = ProofClaims {
        client_id: "gateway-client",
        client_mode: "ui",
        role,
        scopes: &scopes,
        signed_at_ms: ts,
        token,
        nonce,
        platform: "linux",
        device_family: None,
    };
    let device = claims.prove(ProofVersion::V3, key);
    json!({
        "minProtocol": 3, "maxProtocol": 4,
        "client": {"id": "gateway-client", "mode": "ui", "version": "1", "platform": "linux",
            "displayName": "Test"},
        "caps": ["tool-events", "approvals", "exec-approvals"],
        "role": role, "scopes": scopes, "device": device, "auth": auth,
    })
}
