//! What is said before a client is let in: the challenge, its connect, the hello. The first frame has to be a
//! `connect`; anything else ends the connection.

use std::sync::Arc;

use gatehouse_audit::{Actor, Draft};
use gatehouse_protocol::close;
use gatehouse_protocol::device::Challenge;
use gatehouse_protocol::model::presence::PresenceEntry;
use gatehouse_protocol::serve::{self, ConnectRequest, Request, RequestFault};
use gatehouse_protocol::{ErrorCode, ProtocolVersion};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tungstenite::{Error, Message, Utf8Bytes};
use uuid::Uuid;

use super::hello;
use super::socket::Socket;
use crate::audit::done_by;
use crate::auth::{Admission, Attempt, Peer, Refusal};
use crate::broadcast::{ConnId, EventKind, Member, OutboxReader, outbox};
use crate::router::{self, Caller, MethodError};
use crate::state::App;

/// A client that is in: it has its hello and is a member of the hub.
pub(super) struct Greeted {
    pub(super) caller: Arc<Caller>,
    pub(super) outgoing: OutboxReader,
    pub(super) outbox: crate::broadcast::Outbox,
}

/// How a connection that was not let in ends.
pub(super) struct Farewell {
    pub(super) code: u16,
    pub(super) reason: String,
}

impl From<Error> for Farewell {
    fn from(error: Error) -> Self {
        match error {
            Error::Capacity(_) => Self::new(close::TOO_BIG, "frame too large"),
            Error::Utf8(_) => Self::new(1007, "invalid UTF-8"),
            _ => Self::new(close::POLICY, "invalid handshake"),
        }
    }
}

impl Farewell {
    fn new(code: u16, reason: &str) -> Self {
        Self {
            code,
            reason: reason.to_owned(),
        }
    }
}

/// Leads one client through the handshake.
pub(super) async fn greet<S>(
    app: &App,
    socket: &mut Socket<S>,
    peer: &Peer,
    conn: ConnId,
) -> Result<Greeted, Farewell>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let challenge = Challenge {
        nonce: Uuid::new_v4().to_string(),
        ts: app.clock.now_ms(),
    };
    let payload = json!({"nonce": challenge.nonce, "ts": challenge.ts});
    let text =
        json!({"type": "event", "event": EventKind::CONNECT_CHALLENGE.name, "payload": payload});
    socket.send(Message::text(text.to_string())).await?;
    let text = first_text(socket).await?;
    let request = match Request::parse(&text) {
        Ok(request) => request,
        Err(fault) => return Err(unreadable(socket, &fault).await),
    };
    match admitted(app, &request, &challenge, peer).await {
        Ok((connect, protocol, mut admission)) => {
            let caller = caller(conn, &connect, protocol, &admission, peer);
            if let Err(error) = app.audit.event(login(&caller)).await {
                // Nobody is let in unrecorded.
                let refusal = Refusal::from_error(error.into());
                return Err(refused(socket, &request.id, refusal).await);
            }
            let hello = hello::build(app, &caller, &admission);
            let frame = serve::reply(&request.id, &hello);
            let frame = frame.map_err(|_| Farewell::new(1011, "internal error"))?;
            let (outbox, outgoing) = outbox(app.limits.max_buffered);
            outbox.frame(frame.into());
            let handoff = admission.handoff.as_mut();
            if let Some(used) = handoff.and_then(|handoff| handoff.untold.take()) {
                app.gatekeeper.tell_when_delivered(used, outbox.written());
            }
            app.hub.join(Member {
                presence: presence(&caller, app.clock.now_ms()),
                caller: Arc::clone(&caller),
                outbox: outbox.clone(),
            });
            // Whoever shows somebody out looks for those who are in: one who was on the way looks again.
            if !app.gatekeeper.still_admits(&caller, &admission).await {
                outbox.close(close::ACCESS_REMOVED, "no longer let in");
            }
            Ok(Greeted {
                caller,
                outgoing,
                outbox,
            })
        }
        Err(refusal) => {
            // Who is locked out has been recorded, and cannot fill the disk with further attempts.
            if refusal.error.retry_after_ms.is_none() {
                tracing::info!(
                    conn = conn.0,
                    address = %peer.address,
                    code = refusal.error.code.as_str(),
                    reason = refusal.close_reason,
                    "a sign-in was refused"
                );
                let noted = app.refusals.note(turned_away(&refusal, peer, conn)).await;
                if let Err(error) = noted {
                    tracing::error!(%error, "a refused sign-in could not be recorded");
                }
            }
            Err(refused(socket, &request.id, refusal).await)
        }
    }
}

fn login(caller: &Caller) -> Draft {
    let scopes: Vec<&str> = caller.scopes.iter().map(|scope| scope.as_str()).collect();
    let what = format!("{} came in from {}", caller.label(), caller.address);
    Draft {
        action: Some("connect".to_owned()),
        request: Some(json!({
            "client": caller.client.id, "version": caller.client.version,
            "method": format!("{:?}", caller.method), "scopes": scopes,
            "device": caller.device_id, "user": caller.user,
        })),
        ..done_by(caller, "login.accepted", what)
    }
}

fn turned_away(refusal: &Refusal, peer: &Peer, conn: ConnId) -> Draft {
    Draft {
        kind: "login.refused".to_owned(),
        actor: Actor::new("unknown", &peer.address.to_string()),
        action: Some("connect".to_owned()),
        what: Some(format!("a connection from {} was refused", peer.address)),
        outcome: Some("refused".to_owned()),
        detail: Some(json!({
            "reason": refusal.close_reason, "code": refusal.error.code.as_str(),
            "message": refusal.error.message,
        })),
        trace: Some(conn.0.to_string()),
        ..Draft::default()
    }
}

async fn first_text<S>(socket: &mut Socket<S>) -> Result<Utf8Bytes, Farewell>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        match socket.next().await? {
            Message::Text(text) => return Ok(text),
            Message::Ping(_) | Message::Pong(_) => {}
            _ => return Err(Farewell::new(close::POLICY, "invalid handshake")),
        }
    }
}

async fn unreadable<S>(socket: &mut Socket<S>, fault: &RequestFault) -> Farewell
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if let RequestFault::Malformed { id, .. } = fault {
        let error = MethodError::invalid("invalid request frame");
        return refused(socket, id, Refusal::from_error(error)).await;
    }
    Farewell::new(close::POLICY, "invalid request frame")
}

async fn refused<S>(socket: &mut Socket<S>, id: &str, refusal: Refusal) -> Farewell
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let answer = Message::Text(router::refusal(id, refusal.error));
    // When the answer cannot be sent, the close that follows cannot either.
    let _ = socket.send(answer).await;
    Farewell::new(refusal.close_code, &refusal.close_reason)
}

async fn admitted(
    app: &App,
    request: &Request<'_>,
    challenge: &Challenge,
    peer: &Peer,
) -> Result<(ConnectRequest, ProtocolVersion, Admission), Refusal> {
    if request.method != "connect" {
        let error = MethodError::invalid("invalid handshake: first request must be connect");
        return Err(Refusal::from_error(error));
    }
    let connect: ConnectRequest =
        router::read_params("connect", request.params, router::Strangers::Ignored)
            .map_err(Refusal::from_error)?;
    if let Some((path, problem)) = connect.fault() {
        let error = MethodError::params("connect", &format!("at {path}: {problem}"));
        return Err(Refusal::from_error(error));
    }
    let protocol = negotiated(&connect)?;
    let attempt = Attempt {
        request: &connect,
        challenge,
        peer,
        now_ms: app.clock.now_ms(),
    };
    let admission = app.gatekeeper.admit(attempt).await?;
    Ok((connect, protocol, admission))
}

/// The newest version that both speak.
fn negotiated(connect: &ConnectRequest) -> Result<ProtocolVersion, Refusal> {
    let newest = ProtocolVersion::NEWEST.0.min(connect.max_protocol);
    let version = ProtocolVersion(newest);
    if version.is_supported() && newest >= connect.min_protocol {
        return Ok(version);
    }
    let refusal = Refusal::new(
        ErrorCode::InvalidRequest,
        gatehouse_protocol::ConnectErrorCode::ProtocolMismatch,
        "protocol mismatch",
    );
    Err(refusal
        .detail("clientMinProtocol", json!(connect.min_protocol))
        .detail("clientMaxProtocol", json!(connect.max_protocol))
        .detail("expectedProtocol", json!(ProtocolVersion::NEWEST.0))
        .detail("minimumProbeProtocol", json!(ProtocolVersion::OLDEST.0))
        .closing(1002, "protocol mismatch"))
}

fn caller(
    conn: ConnId,
    connect: &ConnectRequest,
    protocol: ProtocolVersion,
    admission: &Admission,
    peer: &Peer,
) -> Arc<Caller> {
    Arc::new(Caller {
        conn,
        role: admission.role.clone(),
        scopes: admission.scopes.clone(),
        protocol,
        client: connect.client.clone(),
        caps: connect.caps.clone(),
        device_id: admission.device.clone(),
        is_device_vouched: admission.is_device_vouched,
        method: admission.method,
        user: admission.user.clone(),
        personal_scopes: admission.personal_scopes.clone(),
        address: peer.address,
    })
}

fn presence(caller: &Caller, now_ms: u64) -> PresenceEntry {
    let client = &caller.client;
    let host = client
        .display_name
        .clone()
        .unwrap_or_else(|| client.id.clone());
    PresenceEntry {
        text: Some(format!("{host} · {} · {}", client.id, client.mode)),
        host: Some(host),
        ip: (!caller.address.is_loopback()).then(|| caller.address.to_string()),
        version: Some(client.version.clone()),
        platform: Some(client.platform.clone()),
        device_family: client.device_family.clone(),
        mode: Some(client.mode.clone()),
        reason: Some("connect".to_owned()),
        ts: Some(now_ms),
        device_id: caller.device_id.clone(),
        instance_id: client.instance_id.clone(),
        roles: vec![caller.role.as_str().to_owned()],
        scopes: caller
            .scopes
            .iter()
            .map(|s| s.as_str().to_owned())
            .collect(),
        extra: Default::default(),
    }
}
