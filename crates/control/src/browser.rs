//! The browsers that signed in: for each a fleet with the one gateway in it.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use gatehouse_fleet::view::{AddGateway, CredentialKind, GatewayId, SecretInput};
use gatehouse_fleet::{Clock, Environment, Fleet, FleetError, FleetOptions};
use gatehouse_gateway::auth::{random_token, token_hash};
use gatehouse_protocol::{ClientId, ClientInfo, ClientMode};
use gatehouse_store::{SqliteCache, StoreError};
use gatehouse_vault::MemoryVault;
use zeroize::Zeroizing;

use crate::{
    events::Streams,
    guard::{Admission, Door},
};

/// Browsers at a time. A fleet is a connection and a small cache; a person has few.
const MOST: usize = 32;

/// A browser that has not been heard of for this long has to sign in again.
pub(crate) const FORGOTTEN_AFTER: Duration = Duration::from_secs(12 * 60 * 60);

/// What the page calls the one gateway in its addresses. The same for every browser and after every sign-in, so that
/// whoever signs in again finds what they were looking at, and what they had begun to write there.
const GATEWAY: &str = "here";

/// How this process reaches the gateway.
pub struct Reach {
    /// Such as `ws://127.0.0.1:18789`.
    pub url: String,
    /// SHA-256 of the gateway's certificate, when it speaks TLS.
    pub pin: Option<String>,
}

/// What the control UI is made of.
pub struct ControlOptions {
    /// The gateway as this process reaches it. Said once the gateway listens: before that nobody can sign in.
    pub reach: Arc<OnceLock<Reach>>,
    /// What the page calls the gateway.
    pub gateway_name: String,
    /// Where each browser's cache lives while it is signed in. Removed afterwards.
    pub scratch: PathBuf,
    /// Whether the cookie is kept to encrypted connections.
    pub secure: bool,
}

/// Why a browser could not be let in.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    #[error("no folder for the browser's cache could be made: {0}")]
    Scratch(#[from] std::io::Error),
    #[error("the browser's cache could not be opened: {0}")]
    Store(#[from] StoreError),
    #[error("the gateway could not be added: {0}")]
    Fleet(#[from] FleetError),
    #[error("{MOST} browsers are signed in, which is the most at a time: close one, or wait")]
    TooMany,
    #[error("the gateway does not listen yet")]
    NotListening,
    #[error("the system gave no random numbers: {0}")]
    Random(#[from] getrandom::Error),
}

/// The control UI of one gateway. A cheap handle.
#[derive(Clone)]
pub struct ControlUi {
    pub(crate) options: Arc<ControlOptions>,
    pub(crate) door: Arc<dyn Door>,
    /// By the SHA-256 of the cookie, so that looking one up says nothing about another. Never locked over an await.
    browsers: Arc<Mutex<HashMap<String, Arc<Browser>>>>,
}

/// One browser that signed in.
pub(crate) struct Browser {
    pub(crate) fleet: Fleet,
    pub(crate) streams: Streams,
    seen: Mutex<Instant>,
    /// Holds the cache; removed with the browser.
    _scratch: tempfile::TempDir,
}

impl ControlUi {
    pub fn new(options: Arc<ControlOptions>, door: Arc<dyn Door>) -> Self {
        Self {
            options,
            door,
            browsers: Arc::default(),
        }
    }

    /// Lets a browser in and gives the text of its cookie.
    pub(crate) async fn sign_in(
        &self,
        admission: Admission,
        credential: Option<Zeroizing<String>>,
    ) -> Result<String, ControlError> {
        self.forget_the_absent().await;
        if self.lock().len() >= MOST {
            return Err(ControlError::TooMany);
        }
        let cookie = random_token()?;
        let browser = Browser::start(&self.options, admission, credential).await?;
        self.lock().insert(token_hash(&cookie), Arc::new(browser));
        Ok(cookie)
    }

    /// The browser that holds this cookie.
    pub(crate) fn browser(&self, cookie: &str) -> Option<Arc<Browser>> {
        let browser = self.lock().get(&token_hash(cookie)).cloned()?;
        *browser.seen.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        Some(browser)
    }

    /// Ends a browser's session and everything that it held.
    pub(crate) async fn sign_out(&self, cookie: &str) {
        let gone = self.lock().remove(&token_hash(cookie));
        if let Some(browser) = gone {
            browser.fleet.shutdown().await;
        }
    }

    /// Ends all sessions: the gateway stops.
    pub async fn shutdown(&self) {
        let all: Vec<_> = self.lock().drain().map(|(_, browser)| browser).collect();
        for browser in all {
            browser.fleet.shutdown().await;
        }
    }

    async fn forget_the_absent(&self) {
        let absent: Vec<_> = self
            .lock()
            .extract_if(|_, browser| browser.is_absent())
            .map(|(_, browser)| browser)
            .collect();
        for browser in absent {
            browser.fleet.shutdown().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Browser>>> {
        self.browsers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Browser {
    async fn start(
        options: &ControlOptions,
        admission: Admission,
        credential: Option<Zeroizing<String>>,
    ) -> Result<Self, ControlError> {
        std::fs::create_dir_all(&options.scratch)?;
        let scratch = tempfile::Builder::new()
            .prefix("browser-")
            .tempdir_in(&options.scratch)?;
        let reach = options.reach.get().ok_or(ControlError::NotListening)?;
        let clock = Clock::system();
        let fleet = Fleet::start(FleetOptions {
            data_dir: scratch.path().to_owned(),
            cache: Arc::new(SqliteCache::open(scratch.path(), clock.now()).await?),
            vault: Arc::new(MemoryVault::default()),
            environment: Environment::default(),
            clock,
            client: client(),
        })
        .await?;
        fleet
            .gateway_add_as(
                GatewayId(GATEWAY.to_owned()),
                AddGateway {
                    url: reach.url.clone(),
                    name: options.gateway_name.clone(),
                    draft: None,
                    secret: secret(admission, credential),
                    pin: reach.pin.clone(),
                },
            )
            .await?;
        Ok(Self {
            streams: Streams::start(&fleet),
            fleet,
            seen: Mutex::new(Instant::now()),
            _scratch: scratch,
        })
    }

    fn is_absent(&self) -> bool {
        let seen = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.elapsed() > FORGOTTEN_AFTER && self.streams.is_empty()
    }
}

fn client() -> ClientInfo {
    ClientInfo {
        id: ClientId::GatewayClient,
        mode: ClientMode::Backend,
        display_name: Some("Control UI".to_owned()),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        platform: std::env::consts::OS.to_owned(),
        device_family: None,
        instance_id: None,
    }
}

fn secret(admission: Admission, credential: Option<Zeroizing<String>>) -> Option<SecretInput> {
    let kind = match admission {
        Admission::Open => return None,
        Admission::Token => CredentialKind::Token,
        Admission::Password => CredentialKind::Password,
    };
    let value = credential?;
    Some(SecretInput {
        kind,
        value: value.as_str().to_owned(),
    })
}
