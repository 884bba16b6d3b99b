//! One attempt: open, wait for the challenge, prove who we are, wait for the hello. It owns nothing that
//! outlives it, so an attempt that is cut short leaves no trace.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use gatehouse_protocol::connect::caps;
use gatehouse_protocol::device::{Challenge, ProofClaims, ProofVersion};
use gatehouse_protocol::error::{ConnectErrorCode, ConnectErrorDetails, NextStep};
use gatehouse_protocol::method::encode;
use gatehouse_protocol::methods::Connect;
use gatehouse_protocol::{
    ConnectParams, GatewayError, GatewayEvent, HelloOk, Incoming, IssuedTokens, ProtocolVersion,
    Role,
};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::config::ConnectionConfig;
use crate::credentials::{CredentialError, CredentialSource, Credentials, Selected, select};
use crate::problem::{Problem, ProblemCode};
use crate::transport::{self, Socket, socket_problem};

/// Before the handshake is done a gateway takes 64 KiB ("Transport" of the protocol).
const MAX_CONNECT_BYTES: usize = 64 * 1024;
/// Frames that may come before the hello without being it; a talkative stranger is no gateway.
const MAX_STRAY_FRAMES: u32 = 16;
const CONNECT_ID: &str = "connect";

/// A finished handshake.
pub(crate) struct Established {
    pub(crate) socket: Socket,
    pub(crate) hello: HelloOk,
}

/// A failed attempt.
pub(crate) struct Failed {
    pub(crate) problem: Problem,
    pub(crate) next: Next,
}

/// What to do after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Try again after the usual wait, or after what the gateway asked for.
    Retry,
    /// Try again at once, with the device token.
    RetryWithDeviceToken,
    /// Look now and then whether a person has approved.
    AwaitPairing,
    /// Only a person can change something.
    NeedsPerson,
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        let next = match problem.code {
            ProblemCode::PlainTextRefused
            | ProblemCode::PinWithoutTls
            | ProblemCode::PinMismatch
            | ProblemCode::TlsUntrusted
            | ProblemCode::AccessRemoved
            | ProblemCode::ProtocolMismatch => Next::NeedsPerson,
            _ => Next::Retry,
        };
        Self { problem, next }
    }
}

impl From<CredentialError> for Failed {
    fn from(error: CredentialError) -> Self {
        let code = match error {
            CredentialError::Locked => ProblemCode::KeychainLocked,
            CredentialError::Unavailable(_) => ProblemCode::KeychainUnavailable,
            CredentialError::Missing => ProblemCode::NoCredential,
        };
        Self {
            problem: code.into(),
            next: Next::NeedsPerson,
        }
    }
}

/// Connects once. `with_device_token`: this is the one retry after the shared token was refused.
pub(crate) async fn establish(
    config: Arc<ConnectionConfig>,
    source: Arc<dyn CredentialSource>,
    with_device_token: bool,
) -> Result<Established, Failed> {
    let mut socket = transport::open(&config).await?;
    let deadline = config.limits.handshake_deadline;
    let challenge = within(deadline, await_challenge(&mut socket)).await??;
    let credentials = source.load().await?;
    let selected = select(&credentials, &config.scopes, with_device_token);
    send_connect(&mut socket, &config, &credentials, &selected, challenge).await?;
    let answer = within(deadline, await_answer(&mut socket)).await??;
    match answer {
        Ok(payload) => {
            let (hello, tokens) = HelloOk::read(payload)
                .map_err(|error| Failed::from(Problem::from_hello_error(&error)))?;
            keep(&*source, &config, &credentials, &selected, tokens).await;
            Ok(Established { socket, hello })
        }
        Err(error) => {
            goodbye(&mut socket).await;
            Err(refused(
                &*source,
                &config,
                &credentials,
                &selected,
                with_device_token,
                error,
            )
            .await)
        }
    }
}

async fn within<T>(deadline: Duration, work: impl Future<Output = T>) -> Result<T, Problem> {
    tokio::time::timeout(deadline, work)
        .await
        .map_err(|_| ProblemCode::TimedOut.into())
}

async fn await_challenge(socket: &mut Socket) -> Result<Challenge, Problem> {
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

async fn await_answer(
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

async fn send_connect(
    socket: &mut Socket,
    config: &ConnectionConfig,
    credentials: &Credentials,
    selected: &Selected,
    challenge: Challenge,
) -> Result<(), Failed> {
    let params = connect_params(config, credentials, selected, &challenge);
    let text = encode::<Connect>(CONNECT_ID, &params, ProtocolVersion::NEWEST)
        .map_err(|error| Problem::new(ProblemCode::Unknown).with_detail(error.to_string()))?;
    if text.len() > MAX_CONNECT_BYTES {
        return Err(Problem::new(ProblemCode::FrameTooLarge).into());
    }
    let sent = socket.send(Message::text(text.as_str())).await;
    sent.map_err(|error| socket_problem(&error).into())
}

fn connect_params(
    config: &ConnectionConfig,
    credentials: &Credentials,
    selected: &Selected,
    challenge: &Challenge,
) -> ConnectParams {
    let client = &config.client;
    let scopes: Vec<String> = selected
        .scopes
        .iter()
        .map(|s| s.as_str().to_owned())
        .collect();
    let claims = ProofClaims {
        client_id: client.id.as_str(),
        client_mode: client.mode.as_str(),
        role: Role::Operator.as_str(),
        scopes: &scopes,
        signed_at_ms: challenge.ts,
        token: selected.auth.signed_secret().map(|secret| secret.expose()),
        nonce: &challenge.nonce,
        platform: &client.platform,
        device_family: client.device_family.as_deref(),
    };
    let device = claims.prove(ProofVersion::V3, &credentials.device_key);
    ConnectParams {
        min_protocol: ProtocolVersion::OLDEST,
        max_protocol: ProtocolVersion::NEWEST,
        client: client.clone(),
        caps: caps::OFFERED.map(str::to_owned).to_vec(),
        role: Role::Operator,
        scopes: selected.scopes.clone(),
        device: Some(device),
        auth: selected.auth.clone(),
        locale: None,
        user_agent: Some(format!("gatehouse/{}", client.version)),
    }
}

/// Keeps what the gateway issued. A keychain that fails now costs the token, not the connection.
async fn keep(
    source: &dyn CredentialSource,
    config: &ConnectionConfig,
    credentials: &Credentials,
    selected: &Selected,
    tokens: IssuedTokens,
) {
    // Tokens for further roles may be kept only when they came over a transport to trust.
    let trusted = config.url.is_tls() || config.url.is_loopback();
    let handoff = if trusted { tokens.handoff } else { Vec::new() };
    let operator = tokens
        .primary
        .into_iter()
        .chain(handoff)
        .find(|token| token.role == Role::Operator.as_str());
    if let Some(token) = operator {
        let known = credentials.device_token.as_ref();
        // The same token keeps the scopes it was granted, whatever this connection got.
        if !known.is_some_and(|known| known.token.same_as(&token.token))
            && let Err(error) = source.keep_device_token(token).await
        {
            tracing::warn!(%error, "the device token could not be kept");
        }
    }
    if selected.uses_bootstrap
        && let Err(error) = source.bootstrap_used().await
    {
        tracing::warn!(%error, "the used setup code could not be forgotten");
    }
}

/// What a refusal means, and what it does to the secrets.
async fn refused(
    source: &dyn CredentialSource,
    config: &ConnectionConfig,
    credentials: &Credentials,
    selected: &Selected,
    was_retry: bool,
    error: GatewayError,
) -> Failed {
    let problem = Problem::from_connect_error(&error);
    let details = error.connect_details();
    let code = details.as_ref().and_then(|details| details.code.clone());
    if code == Some(ConnectErrorCode::AuthDeviceTokenMismatch)
        && selected.uses_device_token
        && let Err(error) = source.forget_device_token().await
    {
        tracing::warn!(%error, "a stale device token could not be forgotten");
    }
    let may_retry = !was_retry
        && !selected.uses_device_token
        && credentials.token.is_some()
        && credentials.device_token.is_some()
        // Only where the endpoint is certain: the token goes along.
        && (config.url.is_loopback() || (config.url.is_tls() && config.pin.is_some()));
    if may_retry && details.as_ref().is_some_and(wants_device_token) {
        return Failed {
            problem,
            next: Next::RetryWithDeviceToken,
        };
    }
    let next = next_after(&problem, details.as_ref(), error.retryable);
    Failed { problem, next }
}

fn wants_device_token(details: &ConnectErrorDetails) -> bool {
    details.can_retry_with_device_token
        || details.recommended_next_step == Some(NextStep::RetryWithDeviceToken)
        || details.code == Some(ConnectErrorCode::AuthTokenMismatch)
}

/// Which refusals go away by themselves. The reference client pauses on the same ones.
fn next_after(problem: &Problem, details: Option<&ConnectErrorDetails>, retryable: bool) -> Next {
    match problem.code {
        ProblemCode::PairingRequired => Next::AwaitPairing,
        ProblemCode::AuthRateLimited if problem.retry_after_ms.is_some() => Next::Retry,
        ProblemCode::StartupSidecars | ProblemCode::Unavailable => Next::Retry,
        // The clock of one side jumped; the next challenge has a fresh timestamp.
        ProblemCode::DeviceAuthSignatureExpired | ProblemCode::DeviceAuthNonceMismatch => {
            Next::Retry
        }
        _ if retryable => Next::Retry,
        _ if details.and_then(|details| details.retryable) == Some(true) => Next::Retry,
        _ => Next::NeedsPerson,
    }
}

/// Closes a socket that leads nowhere, without waiting for a peer that may be gone.
async fn goodbye(socket: &mut Socket) {
    let _ = tokio::time::timeout(Duration::from_millis(250), socket.close(None)).await;
}
