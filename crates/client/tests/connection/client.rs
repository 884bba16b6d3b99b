//! The side under test: a connection with secrets in memory, and waits that cannot hang for ever.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use gatehouse_client::{
    BackoffPolicy, Connection, ConnectionConfig, ConnectionEvent, ConnectionState, CredentialError,
    CredentialSource, Credentials, GatewayUrl, Generation, Limits, Problem, ProblemCode,
};
use gatehouse_protocol::{ClientId, ClientInfo, ClientMode, DeviceKey, DeviceToken, Scope, Secret};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Long enough for a loaded machine; nothing waits this long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(120);

/// Secrets in memory.
#[derive(Default)]
pub(crate) struct Vault(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    token: Option<Secret>,
    bootstrap: Option<Secret>,
    device: Option<DeviceToken>,
    locked: bool,
}

impl Vault {
    pub(crate) fn set_locked(&self, locked: bool) {
        self.0.lock().unwrap().locked = locked;
    }

    /// The device token that is kept now.
    pub(crate) fn device_token(&self) -> Option<String> {
        Some(
            self.0
                .lock()
                .unwrap()
                .device
                .as_ref()?
                .token
                .expose()
                .to_owned(),
        )
    }
}

#[async_trait]
impl CredentialSource for Vault {
    async fn load(&self) -> Result<Credentials, CredentialError> {
        let kept = self.0.lock().unwrap();
        if kept.locked {
            return Err(CredentialError::Locked);
        }
        Ok(Credentials {
            token: kept.token.clone(),
            password: None,
            bootstrap_token: kept.bootstrap.clone(),
            device_token: kept.device.clone(),
            device_key: Some(DeviceKey::from_seed([5; 32])),
        })
    }

    async fn keep_device_token(&self, token: DeviceToken) -> Result<(), CredentialError> {
        self.0.lock().unwrap().device = Some(token);
        Ok(())
    }

    async fn forget_device_token(&self) -> Result<(), CredentialError> {
        self.0.lock().unwrap().device = None;
        Ok(())
    }

    async fn bootstrap_used(&self) -> Result<(), CredentialError> {
        self.0.lock().unwrap().bootstrap = None;
        Ok(())
    }
}

pub(crate) fn vault(token: Option<&str>, device: Option<&str>, bootstrap: Option<&str>) -> Vault {
    let device = device.and_then(Secret::new).map(|token| DeviceToken {
        token,
        role: "operator".into(),
        scopes: vec!["operator.read".into()],
        issued_at_ms: None,
    });
    Vault(Mutex::new(Kept {
        token: token.and_then(Secret::new),
        bootstrap: bootstrap.and_then(Secret::new),
        device,
        locked: false,
    }))
}

/// Fast where waiting proves nothing.
pub(crate) fn config(url: &str) -> ConnectionConfig {
    ConnectionConfig {
        caps: &gatehouse_protocol::connect::caps::OFFERED,
        url: GatewayUrl::parse(url).unwrap(),
        pin: None,
        client: ClientInfo {
            id: ClientId::GatewayClient,
            mode: ClientMode::Ui,
            display_name: Some("Gatehouse".into()),
            version: "0.1.0".into(),
            platform: "linux".into(),
            device_family: None,
            instance_id: None,
        },
        scopes: vec![Scope::Read, Scope::Approvals],
        limits: Limits {
            pairing_poll: Duration::from_millis(20),
            ..Limits::default()
        },
        backoff: BackoffPolicy {
            initial: Duration::from_millis(20),
            max: Duration::from_millis(100),
            ..BackoffPolicy::default()
        },
    }
}

/// A running connection and what it tells.
pub(crate) struct Client {
    pub(crate) connection: Connection,
    pub(crate) events: mpsc::Receiver<ConnectionEvent>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) tracker: TaskTracker,
    pub(crate) cancel: CancellationToken,
}

impl Client {
    pub(crate) fn start(config: ConnectionConfig) -> Self {
        Self::start_with(config, vault(Some("shared"), None, None))
    }

    pub(crate) fn start_with(config: ConnectionConfig, vault: Vault) -> Self {
        let vault = Arc::new(vault);
        let tracker = TaskTracker::new();
        let cancel = CancellationToken::new();
        let (connection, events) =
            Connection::spawn(config, vault.clone(), &tracker, cancel.clone());
        Self {
            connection,
            events,
            vault,
            tracker,
            cancel,
        }
    }

    pub(crate) async fn event(&mut self) -> ConnectionEvent {
        let next = tokio::time::timeout(PATIENCE, self.events.recv()).await;
        next.expect("no event came")
            .expect("the connection is gone")
    }

    pub(crate) async fn up(&mut self) -> Generation {
        match self.event().await {
            ConnectionEvent::Up { generation, .. } => generation,
            other => panic!("expected to be up, got {other:?}"),
        }
    }

    pub(crate) async fn down(&mut self) -> Problem {
        match self.event().await {
            ConnectionEvent::Down { cause, .. } => cause,
            other => panic!("expected to be down, got {other:?}"),
        }
    }

    /// Waits until the state is such that `pick` finds something in it.
    pub(crate) async fn state<T>(&self, pick: impl Fn(&ConnectionState) -> Option<T>) -> T {
        let mut state = self.connection.state();
        let found = tokio::time::timeout(PATIENCE, state.wait_for(|state| pick(state).is_some()));
        let state = found.await.expect("the state did not come").unwrap();
        pick(&state).unwrap()
    }

    /// The problem that needs a person.
    pub(crate) async fn closed(&self) -> Problem {
        self.state(|state| match state {
            ConnectionState::Closed { problem } => problem.clone(),
            _ => None,
        })
        .await
    }

    pub(crate) async fn backing_off(&self) -> Problem {
        self.state(|state| match state {
            ConnectionState::Backoff { cause, .. } => Some(cause.clone()),
            _ => None,
        })
        .await
    }

    pub(crate) async fn expect_closed(&self, code: ProblemCode) {
        assert_eq!(self.closed().await.code, code);
    }
}
