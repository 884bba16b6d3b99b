//! The gateway in this process, "This computer": started and stopped as the settings say.
//!
//! Listens on loopback alone. Its token is made here at each start, goes to the fleet in memory, and is kept by
//! the gateway as a hash.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use gatehouse_gateway::audit::StateKey;
use gatehouse_gateway::config::{self, AuthMode, Bind, Env, Flags, SecretFlag};
use gatehouse_gateway::{Gateway, RunningGateway, StartError, StartOptions};
use gatehouse_vault::credentials::VaultShelf;
use gatehouse_vault::{Redactor, Secret, SecretVault};
use tauri::{AppHandle, Manager};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::desk::Desk;
use super::life::Life;
use gatehouse_fleet::view::{GatewayId, Opening, SessionRef};
use gatehouse_fleet::{Fleet, FleetError};

/// The session that a person finds on the first run.
const FIRST_SESSION: &str = "agent:main:main";

/// Follows the setting until the app ends.
pub(crate) fn start(
    app: &AppHandle,
    fleet: Fleet,
    redactor: Redactor,
    vault: Arc<dyn SecretVault>,
) {
    let life = app.state::<Life>();
    let Ok(home) = app.path().home_dir() else {
        return error!("there is no home folder, so no gateway is started on this computer");
    };
    let own = OwnGateway {
        app: app.clone(),
        fleet,
        redactor,
        vault,
        state_dir: home.join(".gatehouse"),
        cancel: life.cancel.child_token(),
    };
    life.tracker
        .spawn_on(own.run(), tauri::async_runtime::handle().inner());
}

struct OwnGateway {
    app: AppHandle,
    fleet: Fleet,
    redactor: Redactor,
    vault: Arc<dyn SecretVault>,
    state_dir: PathBuf,
    cancel: CancellationToken,
}

impl OwnGateway {
    async fn run(self) {
        while !self.cancel.is_cancelled() {
            if !self.fleet.settings().await.own_gateway.enabled {
                self.until(true).await;
                continue;
            }
            let running = self.start_and_tell().await;
            self.until(false).await;
            if let Some(gateway) = running {
                gateway.stop("switched off").await;
            }
            if !self.cancel.is_cancelled()
                && let Err(error) = self.fleet.own_gateway_off().await
            {
                warn!(%error, "the gateway on this computer is still shown");
            }
        }
    }

    /// Waits until the person wants it on, or off, or the app ends.
    async fn until(&self, enabled: bool) {
        let mut changes = self.fleet.subscribe();
        loop {
            if self.fleet.settings().await.own_gateway.enabled == enabled {
                return;
            }
            let next = self.cancel.run_until_cancelled(changes.recv()).await;
            if matches!(next, None | Some(Err(RecvError::Closed))) {
                return self.cancel.cancel();
            }
        }
    }

    async fn start_and_tell(&self) -> Option<RunningGateway> {
        match self.start_one().await {
            Ok(gateway) => Some(gateway),
            Err(error) => {
                warn!(%error, "no gateway on this computer");
                // The fleet only refuses when the app is ending.
                let _ = self.fleet.own_gateway_failed(&error.to_string()).await;
                None
            }
        }
    }

    async fn start_one(&self) -> Result<RunningGateway, OwnGatewayError> {
        if self.fleet.own_gateway_starting().await? {
            self.show_first_session();
        }
        self.app.state::<Desk>().first_paint().await;
        let token = new_token()?;
        self.redactor.learn(&token);
        let gateway = self.listen(&token).await?;
        let address = gateway.local_addr();
        info!(%address, "the gateway on this computer listens");
        self.fleet
            .own_gateway_at(format!("ws://{address}"), token)
            .await?;
        Ok(gateway)
    }

    /// The first run: the page begins in a chat. A page that is there already stays where the person is.
    fn show_first_session(&self) {
        let session = SessionRef {
            gateway: GatewayId("this-computer".to_owned()),
            key: FIRST_SESSION.to_owned(),
        };
        self.app
            .state::<Desk>()
            .begin_at(Opening::Session { session });
    }

    /// On the port that clients look for; where another gateway has that one, on any that is free.
    async fn listen(&self, token: &Secret) -> Result<RunningGateway, StartError> {
        gatehouse_gateway::adopt_orphans();
        match Gateway::start(self.options(token, None)?).await {
            Err(StartError::Bind { source, .. })
                if source.kind() == std::io::ErrorKind::AddrInUse =>
            {
                info!("the usual port is taken, so another one is used");
                Gateway::start(self.options(token, Some(0))?).await
            }
            started => started,
        }
    }

    /// What `~/.gatehouse/gatehouse.json` says, but for how it is reached: from this computer, by this app.
    fn options(&self, token: &Secret, port: Option<u16>) -> Result<StartOptions, StartError> {
        let given = gatehouse_protocol::Secret::new(token.expose());
        let flags = Flags {
            port,
            bind: Some(Bind::Loopback),
            auth: Some(AuthMode::Token),
            token: given.map(SecretFlag::Text),
            ..Flags::default()
        };
        // For keys that the file names and does not hold: `"apiKey": "${MY_KEY}"`.
        let text = |(name, value): (OsString, OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        let env: Env = std::env::vars_os().filter_map(text).collect();
        let prepared = config::prepare(&self.state_dir, &flags, &env)?;
        for note in &prepared.notes {
            info!(note, "the configuration of the gateway on this computer");
        }
        let key = StateKey::new(&self.state_dir, Some(self.vault.clone()));
        Ok(StartOptions {
            within: Some("the Gatehouse app".to_owned()),
            audit_key: Some(Arc::new(key)),
            keys: Some(Arc::new(VaultShelf::new(self.vault.clone()))),
            redactor: self.redactor.clone(),
            ..StartOptions::prepared(prepared, env, self.state_dir.clone())
        })
    }
}

/// 256 random bits in hexadecimal: nobody guesses them, so a plain hash is enough to keep them.
fn new_token() -> Result<Secret, OwnGatewayError> {
    let mut random = zeroize::Zeroizing::new([0_u8; 32]);
    getrandom::fill(random.as_mut_slice())?;
    let text = random.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Secret::new(String::from_iter::<Vec<String>>(text)))
}

/// Why there is no gateway on this computer.
#[derive(Debug, thiserror::Error)]
enum OwnGatewayError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Fleet(#[from] FleetError),
    #[error("the system gave no random numbers: {0}")]
    Random(#[from] getrandom::Error),
}
