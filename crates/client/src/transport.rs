//! From an address to an open WebSocket: policy, name, TCP, TLS, upgrade, one function for each so that `doctor`
//! can walk them. What is said over it is not decided here.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, client::IntoClientRequest};

use crate::address::GatewayUrl;
use crate::config::{ConnectionConfig, Limits};
use crate::problem::{Problem, ProblemCode};

/// A stream of either kind.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// An open WebSocket.
pub(crate) type Socket = WebSocketStream<Box<dyn Stream>>;

/// Opens a socket, within the connect deadline.
pub(crate) async fn open(config: &ConnectionConfig) -> Result<Socket, Problem> {
    allowed(config)?;
    let deadline = config.limits.connect_deadline;
    tokio::time::timeout(deadline, open_unbounded(config))
        .await
        .unwrap_or_else(|_| Err(ProblemCode::TimedOut.into()))
}

async fn open_unbounded(config: &ConnectionConfig) -> Result<Socket, Problem> {
    let addresses = resolve(&config.url).await?;
    let tcp = dial(&addresses).await?;
    let stream = secure(tcp, config).await?;
    upgrade(stream, config).await
}

/// Whether secrets may go to this address in this way at all. Asked before anything is sent.
pub(crate) fn allowed(config: &ConnectionConfig) -> Result<(), Problem> {
    if !config.url.may_carry_secrets() {
        return Err(Problem::new(ProblemCode::PlainTextRefused).with_detail(config.url.host()));
    }
    if config.pin.is_some() && !config.url.is_tls() {
        return Err(ProblemCode::PinWithoutTls.into());
    }
    Ok(())
}

/// The addresses behind the name.
pub(crate) async fn resolve(url: &GatewayUrl) -> Result<Vec<SocketAddr>, Problem> {
    let found = tokio::net::lookup_host((url.host(), url.port())).await;
    let addresses: Vec<_> = found
        .map_err(|error| Problem::new(ProblemCode::DnsFailed).with_detail(error.to_string()))?
        .collect();
    if addresses.is_empty() {
        return Err(ProblemCode::DnsFailed.into());
    }
    Ok(addresses)
}

/// How long an address may keep silent before the next is tried as well; RFC 8305, section 5.
const HEAD_START: Duration = Duration::from_millis(250);

/// Connects to the first address that answers; the last refusal counts when none does.
pub(crate) async fn dial(addresses: &[SocketAddr]) -> Result<TcpStream, Problem> {
    let stream = race(addresses, TcpStream::connect).await?;
    // Without it, a decision of a few bytes could wait for the next tick.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// An address that refuses makes way for the next at once; one that keeps silent goes on being tried beside it.
async fn race<S, F: Future<Output = std::io::Result<S>>>(
    addresses: &[SocketAddr],
    connect: impl Fn(SocketAddr) -> F,
) -> Result<S, Problem> {
    let mut rest = addresses.iter().copied();
    let mut tried = FuturesUnordered::new();
    let mut problem = Problem::new(ProblemCode::DnsFailed);
    loop {
        tried.extend(rest.next().map(&connect));
        tokio::select! {
            Some(answer) = tried.next() => match answer {
                Ok(stream) => return Ok(stream),
                Err(error) => problem = dial_problem(&error),
            },
            () = tokio::time::sleep(HEAD_START), if rest.len() > 0 => {}
            else => return Err(problem),
        }
    }
}

/// Puts TLS around the stream, where the address wants it.
pub(crate) async fn secure(
    tcp: TcpStream,
    config: &ConnectionConfig,
) -> Result<Box<dyn Stream>, Problem> {
    if !config.url.is_tls() {
        return Ok(Box::new(tcp));
    }
    let stream = crate::tls::wrap(tcp, &config.url.host(), config.pin).await?;
    Ok(Box::new(stream))
}

/// Asks for a WebSocket.
pub(crate) async fn upgrade(
    stream: Box<dyn Stream>,
    config: &ConnectionConfig,
) -> Result<Socket, Problem> {
    let request =
        config.url.as_str().into_client_request().map_err(|error| {
            Problem::new(ProblemCode::NotAGateway).with_detail(error.to_string())
        })?;
    let limits = Some(socket_limits(&config.limits));
    match tokio_tungstenite::client_async_with_config(request, stream, limits).await {
        Ok((socket, _)) => Ok(socket),
        Err(error) => Err(upgrade_problem(error)),
    }
}

fn dial_problem(error: &std::io::Error) -> Problem {
    let code = match error.kind() {
        ErrorKind::ConnectionRefused => ProblemCode::ConnectionRefused,
        ErrorKind::TimedOut => ProblemCode::TimedOut,
        _ => ProblemCode::Unreachable,
    };
    Problem::new(code).with_detail(error.to_string())
}

fn socket_limits(limits: &Limits) -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(limits.max_frame_bytes))
        .max_frame_size(Some(limits.max_frame_bytes))
}

fn upgrade_problem(error: WsError) -> Problem {
    match error {
        WsError::Http(response) => Problem::new(ProblemCode::UpgradeRefused)
            .with_detail(format!("HTTP {}", response.status().as_u16())),
        WsError::Io(error) if error.kind() != ErrorKind::InvalidData => {
            Problem::new(ProblemCode::ConnectionLost).with_detail(error.to_string())
        }
        // It hung up instead of answering: a proxy without its gateway, or a gateway that goes away.
        error @ WsError::Protocol(ProtocolError::HandshakeIncomplete) => {
            Problem::new(ProblemCode::ConnectionLost).with_detail(error.to_string())
        }
        other => Problem::new(ProblemCode::NotAGateway).with_detail(other.to_string()),
    }
}

/// A socket that failed while it was read or written.
pub(crate) fn socket_problem(error: &WsError) -> Problem {
    let code = match error {
        WsError::Capacity(_) => ProblemCode::FrameTooLarge,
        WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
            ProblemCode::ConnectionLost
        }
        WsError::Protocol(_) | WsError::Utf8(_) => ProblemCode::BadFrame,
        _ => ProblemCode::ConnectionLost,
    };
    Problem::new(code).with_detail(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        ([127, 0, 0, 1], port).into()
    }

    /// Of the addresses, by their ports: 1 keeps silent, 2 refuses, the others answer.
    async fn answer(address: SocketAddr) -> std::io::Result<u16> {
        match address.port() {
            1 => std::future::pending().await,
            2 => Err(ErrorKind::ConnectionRefused.into()),
            port => Ok(port),
        }
    }

    async fn answered(ports: &[u16]) -> (Result<u16, ProblemCode>, Duration) {
        let addresses: Vec<_> = ports.iter().copied().map(address).collect();
        let begun = tokio::time::Instant::now();
        let answer = race(&addresses, answer).await;
        (answer.map_err(|problem| problem.code), begun.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_keeps_silent_does_not_keep_the_next_from_being_tried() {
        let (answer, took) = answered(&[1, 1, 7]).await;
        assert_eq!(answer, Ok(7));
        assert!(took < Duration::from_secs(1), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_refuses_makes_way_at_once_and_counts_when_none_answers() {
        assert_eq!(answered(&[2, 8]).await, (Ok(8), Duration::ZERO));
        assert_eq!(
            answered(&[2, 2]).await.0,
            Err(ProblemCode::ConnectionRefused)
        );
        assert_eq!(answered(&[]).await.0, Err(ProblemCode::DnsFailed));
    }
}
