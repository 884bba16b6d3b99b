//! A second person at the gateway: any method with every operator scope, through the published reference
//! client (`tests/peers/operator.mjs`). It is not our client, so it can disagree with it.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::{
    sync::{broadcast, oneshot},
    time::timeout,
};

use crate::{
    child::{PeerCommand, PeerProcess},
    error::{During, TestkitError},
    gateway::{Auth, RealGateway},
    peers,
};

/// Also covers a v3 gateway that is busy with its first turn.
const CALL_LIMIT: Duration = Duration::from_secs(200);
const CONNECT_LIMIT: Duration = Duration::from_secs(120);

type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<Value>>>>;

/// A connected operator. Ends when dropped.
pub struct Operator {
    process: PeerProcess,
    link: Mutex<Link>,
    waiting: Waiting,
    events: broadcast::Sender<Value>,
    hello: Value,
}

/// The writing end of the connection to the script, and the number of the next call.
struct Link {
    socket: TcpStream,
    next: u64,
}

/// Where an operator connects, and as whom.
#[derive(Clone, Debug)]
pub struct OperatorDial {
    pub url: String,
    pub auth: Auth,
    pub secret: String,
    /// Exactly this one is offered.
    pub protocol: u32,
    pub tls_fingerprint: Option<String>,
    pub scopes: Vec<&'static str>,
    /// A new device of its own, which the gateway may want to pair first. Without one it is a `gateway-client` in
    /// `backend` mode, which needs none on the loopback interface.
    pub with_device: bool,
    /// Not an operator: a node that offers to run these commands. Has a device.
    pub node: Option<Vec<&'static str>>,
    /// Where the script's own words go.
    pub log: PathBuf,
}

/// Every operator scope.
pub const ALL_SCOPES: [&str; 5] = [
    "operator.admin",
    "operator.read",
    "operator.write",
    "operator.approvals",
    "operator.pairing",
];

impl OperatorDial {
    /// With the gateway's shared secret and every scope.
    pub fn to(gateway: &RealGateway) -> Self {
        let certificate = gateway.certificate();
        Self {
            url: gateway.url(),
            auth: gateway.auth(),
            secret: gateway.secret().to_owned(),
            protocol: gateway.version().protocol(),
            tls_fingerprint: certificate.map(|certificate| certificate.fingerprint().to_string()),
            scopes: ALL_SCOPES.to_vec(),
            with_device: false,
            node: None,
            log: gateway.log_path().with_file_name("operator.log"),
        }
    }
}

impl Operator {
    /// Connects with the gateway's shared secret.
    pub async fn connect(gateway: &RealGateway) -> Result<Self, TestkitError> {
        Self::dial(OperatorDial::to(gateway)).await
    }

    /// Connects, and waits until it was greeted.
    pub async fn dial(dial: OperatorDial) -> Result<Self, TestkitError> {
        let listener = TcpListener::bind("127.0.0.1:0").during("listen for the operator")?;
        listener
            .set_nonblocking(true)
            .during("listen for the operator")?;
        let address = listener.local_addr().during("listen for the operator")?;
        let mut process = command(&dial, address.port())?.spawn()?;
        let socket = process
            .wait_for(CONNECT_LIMIT, async || {
                listener.accept().ok().map(|(socket, _)| socket)
            })
            .await?;
        socket
            .set_nonblocking(false)
            .during("talk to the operator")?;
        let reader = socket.try_clone().during("talk to the operator")?;
        let waiting = Waiting::default();
        let (events, _) = broadcast::channel(4096);
        let (ready, greeted) = oneshot::channel();
        // The script's first line answers call 0: the gateway's hello.
        lock(&waiting).insert(0, ready);
        read_lines(reader, waiting.clone(), events.clone())?;
        let hello = timeout(CONNECT_LIMIT, greeted).await;
        let Ok(Ok(hello)) = hello else {
            process.check_alive()?;
            let (what, log) = ("the operator".into(), process.log_tail());
            return Err(TestkitError::NotReady {
                what,
                waited: CONNECT_LIMIT,
                log,
            });
        };
        let hello = result("connect", hello)?;
        Ok(Self {
            process,
            link: Mutex::new(Link { socket, next: 1 }),
            waiting,
            events,
            hello,
        })
    }

    /// The `hello-ok` that it was greeted with.
    pub fn hello(&self) -> &Value {
        &self.hello
    }

    /// Stops reading from the gateway, as a client that hangs does. [`resume`](Self::resume) undoes it.
    pub fn pause(&self) -> Result<(), TestkitError> {
        self.order("pause")
    }

    pub fn resume(&self) -> Result<(), TestkitError> {
        self.order("resume")
    }

    /// Breaks the connection; the reference client then connects again by itself. Each further greeting is an
    /// event `{"hello": …}`, each end `{"closed": {code, reason}}`.
    pub fn drop_connection(&self) -> Result<(), TestkitError> {
        self.order("drop")
    }

    fn order(&self, what: &str) -> Result<(), TestkitError> {
        let mut link = self.link.lock().expect("no one panics while holding it");
        let line = json!({ "control": what }).to_string() + "\n";
        link.socket
            .write_all(line.as_bytes())
            .during("talk to the operator")
    }

    /// Calls any method and waits for its answer.
    pub async fn call(&self, method: &str, params: Value) -> Result<Value, TestkitError> {
        let answer = self.begin(method, params)?;
        answer.wait().await
    }

    /// Calls a method whose answer comes later: `exec.approval.request` answers with the decision.
    pub fn begin(&self, method: &str, params: Value) -> Result<PendingCall, TestkitError> {
        let (answer, waiting) = oneshot::channel();
        let mut link = self.link.lock().expect("no one panics while holding it");
        let id = link.next;
        link.next += 1;
        lock(&self.waiting).insert(id, answer);
        let line = json!({ "id": id, "method": method, "params": params }).to_string() + "\n";
        link.socket
            .write_all(line.as_bytes())
            .during("talk to the operator")?;
        Ok(PendingCall {
            method: method.to_owned(),
            answer: waiting,
        })
    }

    /// Every event that it receives from now on: `{"event": …, "payload": …, "seq": …}`.
    pub fn events(&self) -> broadcast::Receiver<Value> {
        self.events.subscribe()
    }

    /// Raises an exec approval as an agent would, and says its id. v4 and v3 alike.
    ///
    /// `timeout` is how long the gateway keeps it open. Another client that may see it must be connected:
    /// see the quirk about visibility.
    pub async fn raise_exec_approval(
        &self,
        command: &str,
        timeout: Duration,
    ) -> Result<RaisedApproval, TestkitError> {
        let begun = Instant::now();
        let request = json!({
            "command": command, "cwd": "/", "host": "gateway", "security": "allowlist",
            "ask": "on-miss", "agentId": "main", "sessionKey": "agent:main:main",
            "timeoutMs": u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX),
            // Accepted at once, decided later: otherwise the answer waits for the decision.
            "twoPhase": true,
        });
        let accepted = self.call("exec.approval.request", request).await?;
        if accepted["status"] != "accepted" {
            let text = "no connected client may see it, so the approval ended at once";
            return Err(TestkitError::Other(format!("{text}: {accepted}")));
        }
        let Some(id) = accepted["id"].as_str().map(str::to_owned) else {
            return Err(TestkitError::Other(format!("no approval id in {accepted}")));
        };
        Ok(RaisedApproval {
            id,
            accepted,
            begun,
        })
    }

    /// Decides an exec approval as this operator.
    pub async fn decide(&self, id: &str, decision: &str) -> Result<Value, TestkitError> {
        self.call(
            "exec.approval.resolve",
            json!({ "id": id, "decision": decision }),
        )
        .await
    }

    /// The exec approvals that wait now.
    pub async fn pending_approvals(&self) -> Result<Vec<Value>, TestkitError> {
        let list = self.call("exec.approval.list", json!({})).await?;
        let rows = list.as_array().or_else(|| list["approvals"].as_array());
        rows.cloned()
            .ok_or_else(|| TestkitError::Other(format!("not a list: {list}")))
    }

    /// The device pairing requests that wait now.
    pub async fn pending_pairings(&self) -> Result<Vec<Value>, TestkitError> {
        let list = self.call("device.pair.list", json!({})).await?;
        Ok(list["pending"].as_array().cloned().unwrap_or_default())
    }

    /// Lets a device in.
    pub async fn approve_pairing(&self, request_id: &str) -> Result<Value, TestkitError> {
        self.call("device.pair.approve", json!({ "requestId": request_id }))
            .await
    }

    /// The end of the script's log, for an assertion's message.
    pub fn log_tail(&self) -> String {
        self.process.log_tail()
    }
}

/// An approval that an operator raised.
#[derive(Clone, Debug)]
pub struct RaisedApproval {
    pub id: String,
    /// The gateway's first answer, whole.
    pub accepted: Value,
    pub begun: Instant,
}

/// A call under way.
pub struct PendingCall {
    method: String,
    answer: oneshot::Receiver<Value>,
}

impl PendingCall {
    pub async fn wait(self) -> Result<Value, TestkitError> {
        match timeout(CALL_LIMIT, self.answer).await {
            Ok(Ok(line)) => result(&self.method, line),
            Ok(Err(_)) => Err(TestkitError::Other(format!(
                "the operator ended during {}",
                self.method
            ))),
            Err(_) => Err(TestkitError::TimedOut {
                what: self.method,
                waited: CALL_LIMIT,
            }),
        }
    }
}

fn command(dial: &OperatorDial, port: u16) -> Result<PeerCommand, TestkitError> {
    let secret = match dial.auth {
        Auth::Token => "token",
        Auth::Password => "password",
    };
    let config = json!({
        "port": port, "url": dial.url, secret: dial.secret, "protocol": dial.protocol,
        "tlsFingerprint": dial.tls_fingerprint, "scopes": dial.scopes, "device": dial.with_device || dial.node.is_some(),
        "node": dial.node,
    });
    Ok(PeerCommand::new("the operator", peers::node()?, &dial.log)
        .arg(peers::script("operator.mjs")?)
        .env("OPERATOR_CONFIG", config.to_string())
        .env("PATH", "/usr/bin:/bin"))
}

/// Hands each line to whoever waits for it, on a thread of its own, until the script closes the connection.
fn read_lines(
    socket: TcpStream,
    waiting: Waiting,
    events: broadcast::Sender<Value>,
) -> Result<(), TestkitError> {
    let read = move || {
        for line in BufReader::new(socket).lines() {
            let Ok(line) = line else { break };
            let Ok(value) = serde_json::from_str::<Value>(&line) else {
                continue;
            };
            let answered = value["id"]
                .as_u64()
                .and_then(|id| lock(&waiting).remove(&id));
            match answered {
                // Whoever asked may have stopped waiting.
                Some(answer) => drop(answer.send(value)),
                // Nobody may be listening.
                None => drop(events.send(value)),
            }
        }
        lock(&waiting).clear();
    };
    thread::Builder::new()
        .name("operator".into())
        .spawn(read)
        .during("listen to the operator")?;
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().expect("no one panics while holding it")
}

/// Turns the script's line into what the gateway said.
fn result(method: &str, line: Value) -> Result<Value, TestkitError> {
    let error = &line["error"];
    if error.is_null() {
        return Ok(line["payload"].clone());
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Err(TestkitError::Refused {
        method: method.to_owned(),
        code: text(&error["code"]),
        message: text(&error["message"]),
        details: Box::new(error["details"].clone()),
    })
}
