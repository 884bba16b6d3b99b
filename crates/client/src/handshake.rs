//! What is said before a connection is up: challenge, connect, answer. What to present and what an
//! answer means is decided in `attempt`.

use futures_util::{SinkExt, StreamExt};
use gatehouse_protocol::device::{Challenge, ProofClaims, ProofVersion};
use gatehouse_protocol::method::encode;
use gatehouse_protocol::methods::Connect;
use gatehouse_protocol::{
    ClientMode, ConnectParams, GatewayError, GatewayEvent, Incoming, ProtocolVersion,
};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::config::ConnectionConfig;
use crate::credentials::{Credentials, Purpose, Selected};
use crate::problem::{Problem, ProblemCode};
use crate::transport::{Socket, socket_problem};

/// Before the handshake is done a gateway takes 64 KiB ("Transport" of the protocol).
const MAX_CONNECT_BYTES: usize = 64 * 1024;
/// Frames that may come before the hello without being it; a talkative stranger is no gateway.
const MAX_STRAY_FRAMES: u32 = 16;
const CONNECT_ID: &str = "connect";

/// Waits for the challenge that a gateway opens with.
pub(crate) async fn await_challenge(socket: &mut Socket) -> Result<Challenge, Problem> {
    for _ in 0..MAX_STRAY_FRAMES {
        let Incoming::Event(event) = next_frame(socket).await? else {
            continue;
        };
        match GatewayEvent::read(event) {
            GatewayEvent::Challenge(challenge) => return Ok(challenge),
            GatewayEvent::Unreadable { name, reason, .. } if name == "connect.challenge" => {
                return Err(Problem::new(ProblemCode::BadFrame).with_detail(reason));
            }
            _ => {}
        }
    }
    Err(ProblemCode::NotAGateway.into())
}

/// Waits for the answer to `connect`.
pub(crate) async fn await_answer(
    socket: &mut Socket,
) -> Result<Result<serde_json::Value, GatewayError>, Problem> {
    for _ in 0..MAX_STRAY_FRAMES {
        if let Incoming::Response(response) = next_frame(socket).await?
            && response.id == CONNECT_ID
        {
            return Ok(response.outcome);
        }
    }
    Err(ProblemCode::NotAGateway.into())
}

/// The next frame; a socket that closes or says something else is a problem.
async fn next_frame(socket: &mut Socket) -> Result<Incoming, Problem> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => {
                return Incoming::parse(text.as_str()).map_err(|error| {
                    Problem::new(ProblemCode::NotAGateway).with_detail(error.to_string())
                });
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            Some(Ok(Message::Binary(_))) => return Err(ProblemCode::NotAGateway.into()),
            Some(Ok(Message::Close(frame))) => return Err(close_problem(frame.as_ref())),
            Some(Err(error)) => return Err(socket_problem(&error)),
            None => return Err(ProblemCode::ConnectionLost.into()),
        }
    }
}

pub(crate) fn close_problem(frame: Option<&CloseFrame>) -> Problem {
    let code = frame.map(|frame| u16::from(frame.code));
    Problem::from_close(code, frame.map_or("", |frame| frame.reason.as_str()))
}

/// Presents what was selected.
pub(crate) async fn send_connect(
    socket: &mut Socket,
    config: &ConnectionConfig,
    credentials: &Credentials,
    selected: &Selected,
    challenge: &Challenge,
) -> Result<(), Problem> {
    let params = connect_params(config, credentials, selected, challenge);
    let text = encode::<Connect>(CONNECT_ID, &params, ProtocolVersion::NEWEST)
        .map_err(|error| Problem::new(ProblemCode::Unknown).with_detail(error.to_string()))?;
    if text.len() > MAX_CONNECT_BYTES {
        return Err(ProblemCode::FrameTooLarge.into());
    }
    let sent = socket.send(Message::text(text.as_str())).await;
    sent.map_err(|error| socket_problem(&error))
}

fn connect_params(
    config: &ConnectionConfig,
    credentials: &Credentials,
    selected: &Selected,
    challenge: &Challenge,
) -> ConnectParams {
    let mut client = config.client.clone();
    let caps = match selected.purpose {
        Purpose::Operate => config.caps.iter().map(|&cap| cap.to_owned()).collect(),
        Purpose::Handoff => {
            client.mode = ClientMode::Node;
            Vec::new()
        }
    };
    let role = selected.purpose.role();
    let scopes: Vec<String> = selected
        .scopes
        .iter()
        .map(|s| s.as_str().to_owned())
        .collect();
    let claims = ProofClaims {
        client_id: client.id.as_str(),
        client_mode: client.mode.as_str(),
        role: role.as_str(),
        scopes: &scopes,
        signed_at_ms: challenge.ts,
        token: selected.auth.signed_secret().map(|secret| secret.expose()),
        nonce: &challenge.nonce,
        platform: &client.platform,
        device_family: client.device_family.as_deref(),
    };
    let key = credentials.device_key.as_ref();
    let device = key.map(|key| claims.prove(ProofVersion::V3, key));
    let user_agent = Some(format!("gatehouse/{}", client.version));
    ConnectParams {
        min_protocol: ProtocolVersion::OLDEST,
        max_protocol: ProtocolVersion::NEWEST,
        client,
        caps,
        role,
        scopes: selected.scopes.clone(),
        device,
        auth: selected.auth.clone(),
        locale: None,
        user_agent,
    }
}
