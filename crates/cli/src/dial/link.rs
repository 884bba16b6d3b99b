//! A connection that is up, as a command uses it: one attempt, or as long as a starting gateway needs, and a
//! failure with words when it does not come up.

use std::sync::Arc;
use std::time::Duration;

use gatehouse_client::doctor::{self, CheckedStep, Diagnosis};
use gatehouse_client::{
    BackoffPolicy, Connection, ConnectionConfig, ConnectionEvent, ConnectionState,
    CredentialSource, Generation, Limits, Problem, ProblemCode, RequestError,
};
use gatehouse_protocol::{ClientId, ClientInfo, ClientMode, HelloOk, Method, Scope};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Dial;
use super::device::Identity;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::problem_words;

/// A live connection.
pub(crate) struct Link {
    pub(crate) connection: Connection,
    pub(crate) events: mpsc::Receiver<ConnectionEvent>,
    pub(crate) generation: Generation,
    pub(crate) hello: Arc<HelloOk>,
    patience: Duration,
    tasks: TaskTracker,
}

impl Dial {
    /// Connects.
    pub(crate) async fn connect(&self, environment: &Environment) -> Result<Link, Failure> {
        let Identity { mode, source } = self.identity(environment);
        let tasks = TaskTracker::new();
        let (connection, mut events) = Connection::spawn(
            self.config(mode),
            Arc::<dyn CredentialSource>::from(source),
            &tasks,
            CancellationToken::new(),
        );
        let coming_up = tokio::time::timeout(self.timeout, come_up(&connection, &mut events));
        let (generation, hello) = match coming_up.await {
            Ok(Ok(up)) => up,
            Ok(Err(problem)) => return Err(problem_words::failure(&problem, self)),
            Err(_) => return Err(problem_words::failure(&ProblemCode::TimedOut.into(), self)),
        };
        Ok(Link {
            connection,
            events,
            generation,
            hello,
            patience: self.timeout,
            tasks,
        })
    }

    /// Walks the way to the gateway, step by step.
    pub(crate) async fn examine(
        &self,
        environment: &Environment,
        report: impl FnMut(&CheckedStep) + Send,
    ) -> Diagnosis {
        let Identity { mode, source } = self.identity(environment);
        doctor::walk(&self.config(mode), &*source, report).await
    }

    fn config(&self, mode: ClientMode) -> ConnectionConfig {
        let limits = Limits::default();
        ConnectionConfig {
            url: self.url.clone(),
            pin: self.pin,
            client: ClientInfo {
                id: ClientId::GatewayClient,
                mode,
                display_name: Some("Gatehouse command line".into()),
                version: env!("CARGO_PKG_VERSION").into(),
                platform: std::env::consts::OS.into(),
                device_family: None,
                instance_id: None,
            },
            caps: self.caps,
            // Without admin a gateway of protocol 4 shows no approval of a run that another client began.
            scopes: vec![
                Scope::Read,
                Scope::Write,
                Scope::Approvals,
                Scope::Pairing,
                Scope::Admin,
            ],
            limits: Limits {
                request_deadline: self.timeout,
                connect_deadline: limits.connect_deadline.min(self.timeout),
                handshake_deadline: limits.handshake_deadline.min(self.timeout),
                ..limits
            },
            backoff: BackoffPolicy {
                initial: Duration::from_millis(250),
                max: Duration::from_secs(5),
                ..BackoffPolicy::default()
            },
        }
    }
}

/// Waits until it is up, or until there is no use in waiting.
async fn come_up(
    connection: &Connection,
    events: &mut mpsc::Receiver<ConnectionEvent>,
) -> Result<(Generation, Arc<HelloOk>), Problem> {
    let mut state = connection.state();
    loop {
        let hopeless = match &*state.borrow_and_update() {
            ConnectionState::Backoff { cause, .. } => {
                (!comes_by_itself(cause.code)).then(|| cause.clone())
            }
            ConnectionState::PairingRequired { problem } => Some(problem.clone()),
            ConnectionState::Closed { problem } => Some(
                problem
                    .clone()
                    .unwrap_or(ProblemCode::ConnectionLost.into()),
            ),
            _ => None,
        };
        if let Some(problem) = hopeless {
            return Err(problem);
        }
        tokio::select! {
            event = events.recv() => match event {
                Some(ConnectionEvent::Up { generation, hello, .. }) => return Ok((generation, hello)),
                Some(_) => {}
                None => return Err(ProblemCode::ConnectionLost.into()),
            },
            changed = state.changed() => if changed.is_err() {
                return Err(ProblemCode::ConnectionLost.into());
            },
        }
    }
}

/// A gateway that starts or says goodbye for a restart is there in a moment.
fn comes_by_itself(code: ProblemCode) -> bool {
    matches!(code, ProblemCode::StartupSidecars | ProblemCode::Shutdown)
}

impl Link {
    /// Asks once.
    pub(crate) async fn ask<M: Method>(&self, params: M::Params) -> Result<M::Output, Failure> {
        Ok(self.connection.request::<M>(params).await?)
    }

    /// Asks on this very connection, for what must not be said twice.
    pub(crate) async fn ask_here<M: Method>(
        &self,
        params: M::Params,
    ) -> Result<M::Output, RequestError> {
        self.connection
            .request_on::<M>(self.generation, params)
            .await
    }

    /// Asks, and asks again while the gateway says that it is not ready yet. For methods that change nothing, or
    /// whose idempotency key makes the second the first.
    pub(crate) async fn read<M: Method>(&self, params: M::Params) -> Result<M::Output, Failure>
    where
        M::Params: Clone,
    {
        let until = tokio::time::Instant::now() + self.patience;
        loop {
            let answer = self.connection.request::<M>(params.clone()).await;
            let Err(RequestError::Gateway(error)) = &answer else {
                return Ok(answer?);
            };
            let pause = Duration::from_millis(error.retry_after_ms.unwrap_or(500).clamp(50, 5_000));
            if !error.retryable || tokio::time::Instant::now() + pause > until {
                return Ok(answer?);
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// How long an answer may take.
    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    /// Whether the gateway has a method, as far as it says.
    pub(crate) fn offers<M: Method>(&self) -> bool {
        self.hello.offers::<M>()
    }

    /// Says goodbye.
    pub(crate) async fn close(self) {
        drop(self.events);
        self.connection.close().await;
        self.tasks.close();
        self.tasks.wait().await;
    }
}
