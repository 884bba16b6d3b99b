//! One attempt: open, wait for the challenge, prove who we are, wait for the hello. It owns nothing that
//! outlives it, so an attempt that is cut short leaves no trace.

use std::sync::Arc;
use std::time::Duration;

use gatehouse_protocol::error::{ConnectErrorCode, ConnectErrorDetails, NextStep};
use gatehouse_protocol::{GatewayError, HelloOk, IssuedTokens, Role};
use tokio::time::Instant;

use crate::config::ConnectionConfig;
use crate::credentials::{
    CredentialError, CredentialSource, Credentials, Purpose, Selected, select,
};
use crate::event::ClockReading;
use crate::handshake::{await_answer, await_challenge, send_connect};
use crate::problem::{Problem, ProblemCode};
use crate::transport::{self, Socket};

/// A finished handshake.
pub(crate) struct Established {
    pub(crate) socket: Socket,
    pub(crate) hello: HelloOk,
    pub(crate) clock: ClockReading,
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
    /// A person has to look, and now and then it is tried all the same: it may have been a captive portal, a clock that
    /// was wrong when the computer started, a gateway in the middle of an upgrade. Nothing secret is sent before the
    /// certificate was checked.
    LookAgain,
    /// Only a person can change something.
    NeedsPerson,
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        let next = match problem.code {
            ProblemCode::PlainTextRefused | ProblemCode::PinWithoutTls => Next::NeedsPerson,
            code if may_pass(code) => Next::LookAgain,
            // Also an access that ended: gateways end everybody's when their rules change, and most are let in again.
            // Whoever is not is told why by the answer to the next connect.
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

/// What one handshake led to.
enum Outcome {
    Up(Box<Established>),
    /// A setup code was turned into a device token; connect again with that.
    HandedOff,
}

/// Connects once. `with_device_token`: this is the one retry after the shared token was refused.
pub(crate) async fn establish(
    config: Arc<ConnectionConfig>,
    source: Arc<dyn CredentialSource>,
    with_device_token: bool,
) -> Result<Established, Failed> {
    // A setup code takes two: one to trade it in, one with what it was traded for.
    for _ in 0..2 {
        match shake_hands(&config, &*source, with_device_token).await? {
            Outcome::Up(established) => return Ok(*established),
            Outcome::HandedOff => {}
        }
    }
    Err(Failed {
        problem: ProblemCode::NoCredential.into(),
        next: Next::NeedsPerson,
    })
}

async fn shake_hands(
    config: &ConnectionConfig,
    source: &dyn CredentialSource,
    with_device_token: bool,
) -> Result<Outcome, Failed> {
    // A keychain may ask the person first; the gateway's clock must not run meanwhile.
    transport::allowed(config)?;
    let credentials = source.load().await?;
    let mut socket = transport::open(config).await?;
    let deadline = config.limits.handshake_deadline;
    let challenge = within(deadline, await_challenge(&mut socket)).await??;
    let clock = ClockReading {
        shown: challenge.ts,
        heard: Instant::now(),
    };
    let selected = select(&credentials, &config.scopes, with_device_token);
    send_connect(&mut socket, config, &credentials, &selected, &challenge).await?;
    let answer = within(deadline, await_answer(&mut socket)).await??;
    let context = Context {
        config,
        source,
        credentials: &credentials,
        selected: &selected,
    };
    match answer {
        Ok(payload) => {
            let (hello, tokens) = HelloOk::read(payload)
                .map_err(|error| Failed::from(Problem::from_hello_error(&error)))?;
            match selected.purpose {
                Purpose::Operate => {
                    context.keep(tokens).await;
                    let established = Established {
                        socket,
                        hello,
                        clock,
                    };
                    Ok(Outcome::Up(Box::new(established)))
                }
                Purpose::Handoff => {
                    context.trade_in(tokens).await?;
                    goodbye(&mut socket).await;
                    Ok(Outcome::HandedOff)
                }
            }
        }
        Err(error) => {
            goodbye(&mut socket).await;
            Err(context.refused(with_device_token, error).await)
        }
    }
}

async fn within<T>(deadline: Duration, work: impl Future<Output = T>) -> Result<T, Problem> {
    tokio::time::timeout(deadline, work)
        .await
        .map_err(|_| ProblemCode::TimedOut.into())
}

/// What a handshake was made with.
struct Context<'a> {
    config: &'a ConnectionConfig,
    source: &'a dyn CredentialSource,
    credentials: &'a Credentials,
    selected: &'a Selected,
}

impl Context<'_> {
    /// Keeps what the gateway issued. A keychain that fails now costs the token, not the connection.
    async fn keep(&self, tokens: IssuedTokens) {
        let Some(token) = tokens.primary else { return };
        let known = self.credentials.device_token.as_ref();
        // The same token keeps the scopes it was granted, whatever this connection got.
        let is_new = !known.is_some_and(|known| known.token.same_as(&token.token));
        if is_new
            && token.role == Role::Operator.as_str()
            && let Err(error) = self.source.keep_device_token(token).await
        {
            tracing::warn!(%error, "the device token could not be kept");
        }
    }

    /// Keeps what a setup code was traded for. Without it there is nothing to connect with.
    async fn trade_in(&self, tokens: IssuedTokens) -> Result<(), Failed> {
        // Such tokens may be kept only when they came over a transport to trust ("Auth" of the protocol);
        // the address policy has let through nothing worse than a network of one's own.
        let issued = tokens.primary.into_iter().chain(tokens.handoff);
        let operator = issued
            .into_iter()
            .find(|token| token.role == Role::Operator.as_str());
        let Some(token) = operator else {
            let problem = Problem::new(ProblemCode::AuthScopeMismatch);
            return Err(Failed {
                problem,
                next: Next::NeedsPerson,
            });
        };
        self.source.keep_device_token(token).await?;
        if let Err(error) = self.source.bootstrap_used().await {
            tracing::warn!(%error, "a used setup code could not be forgotten");
        }
        Ok(())
    }

    /// What a refusal means, and what it does to the secrets.
    async fn refused(&self, was_retry: bool, error: GatewayError) -> Failed {
        let problem = Problem::from_connect_error(&error);
        let details = error.connect_details();
        let stale = problem.code == ProblemCode::AuthDeviceTokenMismatch
            && self.selected.uses_device_token
            && self.forget_device_token().await;
        // It held back the setup code that the person gave since.
        if stale && self.credentials.bootstrap_token.is_some() {
            let next = Next::Retry;
            return Failed { problem, next };
        }
        let wanted = details.as_ref().is_some_and(wants_device_token);
        if wanted && !was_retry && self.may_present_device_token() {
            return Failed {
                problem,
                next: Next::RetryWithDeviceToken,
            };
        }
        let next = next_after(&problem, details.as_ref(), error.retryable);
        Failed { problem, next }
    }

    async fn forget_device_token(&self) -> bool {
        let forgotten = self.source.forget_device_token().await;
        if let Err(error) = &forgotten {
            tracing::warn!(%error, "a stale device token could not be forgotten");
        }
        forgotten.is_ok()
    }

    /// Only where the endpoint is certain: loopback, or TLS with a pin.
    fn may_present_device_token(&self) -> bool {
        let url = &self.config.url;
        self.credentials.token.is_some()
            && self.credentials.device_token.is_some()
            && !self.selected.uses_device_token
            && (url.is_loopback() || (url.is_tls() && self.config.pin.is_some()))
    }
}

fn may_pass(code: ProblemCode) -> bool {
    use ProblemCode as P;
    matches!(code, P::PinMismatch | P::TlsUntrusted | P::ProtocolMismatch)
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
        code if may_pass(code) => Next::LookAgain,
        _ if retryable => Next::Retry,
        _ if details.and_then(|details| details.retryable) == Some(true) => Next::Retry,
        _ => Next::NeedsPerson,
    }
}

/// Closes a socket that leads nowhere, without waiting for a peer that may be gone.
async fn goodbye(socket: &mut Socket) {
    let _ = tokio::time::timeout(Duration::from_millis(250), socket.close(None)).await;
}
