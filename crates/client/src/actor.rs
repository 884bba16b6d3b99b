//! The task behind a connection: attempt, live, wait, again. It decides when to try; how is in `attempt`,
//! and what happens while connected in `live`. At every point it listens to orders and delivers events.

use std::sync::Arc;
use std::time::Duration;

use gatehouse_protocol::HelloOk;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::attempt::{Established, Failed, Next, establish};
use crate::config::ConnectionConfig;
use crate::connection::{Command, Link, RequestError};
use crate::credentials::CredentialSource;
use crate::event::{ClockReading, ConnectionEvent, ConnectionState, Generation};
use crate::live::{Ended, Live, Surroundings};
use crate::outbox::Outbox;
use crate::problem::{Problem, ProblemCode};

/// The reference client's clamp for a retry that should be fast.
const FAST_RETRY: Duration = Duration::from_millis(250);
/// Bounds that the reference client puts on a starting gateway's `retryAfterMs`.
const STARTUP_BOUNDS: (u64, u64) = (100, 2_000);
/// Longest wait that a gateway may ask for; a person can always cut it short.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(600);

pub(crate) struct Actor {
    config: Arc<ConnectionConfig>,
    credentials: Arc<dyn CredentialSource>,
    commands: mpsc::Receiver<Command>,
    outbox: Outbox,
    state: watch::Sender<ConnectionState>,
    link: watch::Sender<Option<Link>>,
    cancel: CancellationToken,
    generation: Generation,
    /// Attempts since the last connection that settled.
    failures: u32,
    /// A person asked for the next attempt.
    is_asked_for: bool,
    device_token: DeviceTokenRetry,
}

/// The one retry with the device token, after the shared token was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DeviceTokenRetry {
    Unused,
    Due,
    Used,
}

/// What interrupts a wait.
enum Interrupt {
    Stop,
    ReconnectNow,
}

impl Actor {
    pub(crate) fn new(
        config: ConnectionConfig,
        credentials: Arc<dyn CredentialSource>,
        commands: mpsc::Receiver<Command>,
        events: mpsc::Sender<ConnectionEvent>,
        state: watch::Sender<ConnectionState>,
        link: watch::Sender<Option<Link>>,
        cancel: CancellationToken,
    ) -> Self {
        Self {
            outbox: Outbox::new(events, &config.limits),
            config: Arc::new(config),
            credentials,
            commands,
            state,
            link,
            cancel,
            generation: Generation(0),
            failures: 0,
            is_asked_for: false,
            device_token: DeviceTokenRetry::Unused,
        }
    }

    /// Runs until somebody ends it.
    pub(crate) async fn run(mut self) {
        while self.once().await.is_ok() {}
        self.state
            .send_replace(ConnectionState::Closed { problem: None });
        self.commands.close();
    }

    /// One attempt, its connection if it has one, and the wait after it. An error ends it for good.
    async fn once(&mut self) -> Result<(), Interrupt> {
        // A look whether the pairing was approved, or the trouble has passed, is no news to anybody.
        let is_quiet = matches!(
            *self.state.borrow(),
            ConnectionState::PairingRequired { .. } | ConnectionState::Closed { .. }
        );
        if !is_quiet || self.is_asked_for {
            let attempt = self.failures.saturating_add(1);
            self.state
                .send_replace(ConnectionState::Connecting { attempt });
        }
        self.is_asked_for = false;
        let with_device_token = self.device_token == DeviceTokenRetry::Due;
        if with_device_token {
            self.device_token = DeviceTokenRetry::Used;
        }
        let connecting = establish(
            self.config.clone(),
            self.credentials.clone(),
            with_device_token,
        );
        let outcome = match self.meanwhile(connecting).await {
            Ok(outcome) => outcome,
            Err(Interrupt::ReconnectNow) => return Ok(()),
            Err(Interrupt::Stop) => return Err(Interrupt::Stop),
        };
        match outcome {
            Ok(established) => self.live(established).await,
            Err(failed) => self.after_failure(failed).await,
        }
    }

    async fn live(&mut self, established: Established) -> Result<(), Interrupt> {
        let Established {
            socket,
            hello,
            clock,
        } = established;
        self.generation.0 += 1;
        self.device_token = DeviceTokenRetry::Unused;
        let since = self.announce(&hello, clock);
        let around = Surroundings {
            commands: &mut self.commands,
            outbox: &mut self.outbox,
            cancel: &self.cancel,
        };
        let live = Live::new(socket, &hello, self.generation, self.config.limits, around);
        let (ended, heard) = live.run().await;
        self.link.send_replace(None);
        let settled = since.elapsed() >= self.config.backoff.settled_after;
        self.failures = if settled { 0 } else { self.failures };
        match ended {
            Ended::Stopped => Err(Interrupt::Stop),
            Ended::Reconnect => {
                self.say_down(ProblemCode::ConnectionLost.into(), heard);
                Ok(())
            }
            Ended::Lost(cause) => {
                self.say_down(cause.clone(), heard);
                self.after_failure(Failed::from(cause)).await
            }
        }
    }

    /// Tells everybody that the connection is up.
    fn announce(&mut self, hello: &HelloOk, clock: ClockReading) -> Instant {
        let since = Instant::now();
        let generation = self.generation;
        let link = Link {
            generation,
            protocol: hello.protocol,
            max_payload: hello.policy.max_payload(),
        };
        self.link.send_replace(Some(link));
        self.state
            .send_replace(ConnectionState::Ready { generation, since });
        let hello = Arc::new(hello.clone());
        let up = ConnectionEvent::Up {
            generation,
            hello,
            clock,
        };
        self.outbox.push(up, 0);
        since
    }

    fn say_down(&mut self, cause: Problem, heard: Instant) {
        let down = ConnectionEvent::Down {
            generation: self.generation,
            cause,
            heard,
        };
        self.outbox.push(down, 0);
    }

    /// Waits as the failure asks for.
    async fn after_failure(&mut self, failed: Failed) -> Result<(), Interrupt> {
        let Failed { problem, next } = failed;
        tracing::debug!(code = ?problem.code, ?next, "a connection is not up");
        self.failures = self.failures.saturating_add(1);
        let wait = match next {
            Next::NeedsPerson => {
                self.close_for(problem);
                None
            }
            Next::LookAgain => {
                self.close_for(problem);
                Some(self.config.limits.second_look)
            }
            Next::AwaitPairing => {
                self.state
                    .send_replace(ConnectionState::PairingRequired { problem });
                Some(self.config.limits.pairing_poll)
            }
            Next::RetryWithDeviceToken => {
                self.device_token = DeviceTokenRetry::Due;
                Some(FAST_RETRY)
            }
            Next::Retry => Some(self.back_off(problem)),
        };
        let waited = match wait {
            Some(wait) => self.meanwhile(tokio::time::sleep(wait)).await,
            None => self.meanwhile(std::future::pending()).await,
        };
        match waited {
            Ok(()) => Ok(()),
            Err(Interrupt::ReconnectNow) => {
                self.failures = 0;
                self.is_asked_for = true;
                self.device_token = DeviceTokenRetry::Unused;
                Ok(())
            }
            Err(Interrupt::Stop) => Err(Interrupt::Stop),
        }
    }

    fn close_for(&mut self, problem: Problem) {
        self.state.send_replace(ConnectionState::Closed {
            problem: Some(problem),
        });
    }

    fn back_off(&mut self, cause: Problem) -> Duration {
        let usual = self.config.backoff.delay(self.failures);
        let wait = match (cause.code, cause.retry_after_ms) {
            (ProblemCode::StartupSidecars, Some(ms)) => {
                Duration::from_millis(ms.clamp(STARTUP_BOUNDS.0, STARTUP_BOUNDS.1))
            }
            (_, Some(ms)) => Duration::from_millis(ms).clamp(usual, MAX_RETRY_AFTER.max(usual)),
            (_, None) => usual,
        };
        let until = Instant::now() + wait;
        let attempt = self.failures;
        self.state.send_replace(ConnectionState::Backoff {
            until,
            attempt,
            cause,
        });
        wait
    }

    /// Does something while not connected, without being deaf: delivers events and obeys orders.
    async fn meanwhile<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Interrupt> {
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => return Err(Interrupt::Stop),
                command = self.commands.recv() => match command {
                    None | Some(Command::Close) => return Err(Interrupt::Stop),
                    Some(Command::ReconnectNow) => return Err(Interrupt::ReconnectNow),
                    // There is nothing to probe.
                    Some(Command::Probe) => {}
                    Some(Command::Request(request)) => {
                        let _ = request.reply.send(Err(RequestError::Disconnected));
                    }
                },
                () = self.outbox.deliver() => {}
                done = &mut work => return Ok(done),
            }
        }
    }
}
