//! Our client as a test drives it: credentials in memory, and every event kept so that a test can wait for the
//! one it means.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use gatehouse_client::{
    BackoffPolicy, CertificatePin, Connection, ConnectionConfig, ConnectionEvent, ConnectionState,
    CredentialError, CredentialSource, Credentials, GatewayUrl, Generation, Limits, Problem,
};
use gatehouse_protocol::{
    ClientId, ClientInfo, ClientMode, DeviceKey, DeviceToken, GatewayEvent, HelloOk, Scope, Secret,
};
use gatehouse_testkit::gateway::{Auth, RealGateway};
use tokio::sync::{mpsc, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// For anything that a gateway does at once. Generous, because the cores are shared with other tests.
pub(crate) const SOON: Duration = Duration::from_secs(150);

/// What a connection presents, and what the gateway gave it to keep.
pub(crate) struct MemoryCredentials {
    auth: Auth,
    secret: String,
    setup_code: Option<String>,
    seed: [u8; 32],
    pub(crate) device_token: Mutex<Option<DeviceToken>>,
}

#[async_trait]
impl CredentialSource for MemoryCredentials {
    async fn load(&self) -> Result<Credentials, CredentialError> {
        let secret = Secret::new(&self.secret);
        let (token, password) = match self.auth {
            Auth::Token => (secret, None),
            Auth::Password => (None, secret),
        };
        Ok(Credentials {
            token,
            password,
            bootstrap_token: self.setup_code.as_ref().and_then(Secret::new),
            device_token: self.device_token.lock().unwrap().clone(),
            device_key: Some(DeviceKey::from_seed(self.seed)),
        })
    }

    async fn keep_device_token(&self, token: DeviceToken) -> Result<(), CredentialError> {
        *self.device_token.lock().unwrap() = Some(token);
        Ok(())
    }

    async fn forget_device_token(&self) -> Result<(), CredentialError> {
        *self.device_token.lock().unwrap() = None;
        Ok(())
    }

    async fn bootstrap_used(&self) -> Result<(), CredentialError> {
        Ok(())
    }
}

/// How to reach a gateway.
pub(crate) struct Dial {
    pub(crate) url: String,
    pub(crate) auth: Auth,
    /// Empty where there is none.
    pub(crate) secret: String,
    /// The bootstrap token in a setup code.
    pub(crate) setup_code: Option<String>,
    /// What the gateway gave an earlier connection of the device.
    pub(crate) device_token: Option<DeviceToken>,
    pub(crate) pin: Option<CertificatePin>,
    /// The device is another one for each name.
    pub(crate) device: &'static str,
}

impl Dial {
    /// Directly, with the right secret.
    pub(crate) fn to(gateway: &RealGateway, device: &'static str) -> Self {
        Self {
            url: gateway.url(),
            auth: gateway.auth(),
            secret: gateway.secret().to_owned(),
            setup_code: None,
            device_token: None,
            pin: None,
            device,
        }
    }

    pub(crate) fn through(self, url: String) -> Self {
        Self { url, ..self }
    }
}

/// A connection under test.
pub(crate) struct Client {
    pub(crate) connection: Connection,
    pub(crate) credentials: Arc<MemoryCredentials>,
    log: Arc<Mutex<Vec<ConnectionEvent>>>,
    length: watch::Receiver<usize>,
    cancel: CancellationToken,
}

impl Client {
    /// Starts to connect.
    pub(crate) fn dial(dial: Dial) -> Self {
        let credentials = Arc::new(MemoryCredentials {
            auth: dial.auth,
            secret: dial.secret,
            setup_code: dial.setup_code,
            seed: seed(dial.device),
            device_token: Mutex::new(dial.device_token),
        });
        let config = ConnectionConfig {
            caps: &gatehouse_protocol::connect::caps::OFFERED,
            url: GatewayUrl::parse(&dial.url).unwrap(),
            pin: dial.pin,
            client: client_info(dial.device),
            // As the app: without admin a v4 gateway shows no approval of a run that another device began.
            scopes: vec![
                Scope::Read,
                Scope::Write,
                Scope::Approvals,
                Scope::Pairing,
                Scope::Admin,
            ],
            limits: Limits {
                pairing_poll: Duration::from_secs(1),
                ..Limits::default()
            },
            backoff: BackoffPolicy {
                initial: Duration::from_millis(200),
                max: Duration::from_secs(1),
                ..BackoffPolicy::default()
            },
        };
        let cancel = CancellationToken::new();
        let (connection, events) = Connection::spawn(
            config,
            credentials.clone(),
            &TaskTracker::new(),
            cancel.clone(),
        );
        let log = Arc::new(Mutex::new(Vec::new()));
        let (grown, length) = watch::channel(0);
        tokio::spawn(keep(events, log.clone(), grown));
        Self {
            connection,
            credentials,
            log,
            length,
            cancel,
        }
    }

    /// Connects and waits until it is up.
    pub(crate) async fn ready(dial: Dial) -> (Self, Generation) {
        let client = Self::dial(dial);
        let generation = client.up().await;
        (client, generation)
    }

    /// Waits until the connection is up.
    pub(crate) async fn up(&self) -> Generation {
        self.reaches(|state| match state {
            ConnectionState::Ready { generation, .. } => Some(*generation),
            _ => None,
        })
        .await
    }

    /// Waits until the connection is up again, after `before`.
    pub(crate) async fn up_after(&self, before: Generation) -> Generation {
        self.reaches(|state| match state {
            ConnectionState::Ready { generation, .. } if *generation > before => Some(*generation),
            _ => None,
        })
        .await
    }

    /// Waits until it has stopped and needs a person.
    pub(crate) async fn stopped(&self) -> Problem {
        self.reaches(|state| match state {
            ConnectionState::Closed { problem } => problem.clone(),
            _ => None,
        })
        .await
    }

    /// Waits for a state.
    pub(crate) async fn reaches<T>(&self, pick: impl Fn(&ConnectionState) -> Option<T>) -> T {
        let mut state = self.connection.state();
        let begun = Instant::now();
        loop {
            let now = state.borrow_and_update().clone();
            if let Some(found) = pick(&now) {
                return found;
            }
            let left = SOON.saturating_sub(begun.elapsed());
            let changed = tokio::time::timeout(left, state.changed()).await;
            assert!(
                matches!(changed, Ok(Ok(()))),
                "stuck in {now:?}; events: {:#?}",
                self.log()
            );
        }
    }

    /// The greeting of a generation.
    pub(crate) async fn hello(&self, wanted: Generation) -> Arc<HelloOk> {
        self.sees(|event| match event {
            ConnectionEvent::Up {
                generation, hello, ..
            } if *generation == wanted => Some(hello.clone()),
            _ => None,
        })
        .await
    }

    /// Waits for an event, whenever it came.
    pub(crate) async fn sees<T>(&self, mut pick: impl FnMut(&ConnectionEvent) -> Option<T>) -> T {
        let mut length = self.length.clone();
        let begun = Instant::now();
        let mut looked = 0;
        loop {
            let known = *length.borrow_and_update();
            let found = self.log.lock().unwrap()[looked..known]
                .iter()
                .find_map(&mut pick);
            looked = known;
            if let Some(found) = found {
                return found;
            }
            let left = SOON.saturating_sub(begun.elapsed());
            let grown = tokio::time::timeout(left, length.changed()).await;
            assert!(
                matches!(grown, Ok(Ok(()))),
                "no such event; events: {:#?}",
                self.log()
            );
        }
    }

    /// Waits for an event of the gateway.
    pub(crate) async fn hears<T>(&self, mut pick: impl FnMut(&GatewayEvent) -> Option<T>) -> T {
        self.sees(|event| match event {
            ConnectionEvent::Event { event, .. } => pick(event),
            _ => None,
        })
        .await
    }

    /// Everything so far.
    pub(crate) fn log(&self) -> Vec<ConnectionEvent> {
        self.log.lock().unwrap().clone()
    }

    /// The gateway's events so far.
    pub(crate) fn heard(&self) -> Vec<GatewayEvent> {
        let events = self.log().into_iter().filter_map(|event| match event {
            ConnectionEvent::Event { event, .. } => Some(event),
            _ => None,
        });
        events.collect()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

async fn keep(
    mut events: mpsc::Receiver<ConnectionEvent>,
    log: Arc<Mutex<Vec<ConnectionEvent>>>,
    grown: watch::Sender<usize>,
) {
    while let Some(event) = events.recv().await {
        let mut log = log.lock().unwrap();
        log.push(event);
        grown.send_replace(log.len());
    }
}

fn client_info(device: &str) -> ClientInfo {
    ClientInfo {
        id: ClientId::GatewayClient,
        mode: ClientMode::Ui,
        display_name: Some(format!("Gatehouse test {device}")),
        version: "0.1.0".into(),
        platform: "linux".into(),
        device_family: None,
        instance_id: None,
    }
}

fn seed(device: &str) -> [u8; 32] {
    let mut seed = [0; 32];
    for (place, byte) in seed.iter_mut().zip(device.bytes().cycle()) {
        *place = byte;
    }
    seed
}
