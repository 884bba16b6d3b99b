//! The gateway in the app's own process, "This computer": started and stopped as the settings say, and told to the
//! fleet, which connects to it as to any other.
//!
//! Listens on loopback alone. Its token is made here at each start, goes to the fleet in memory, and is kept by
//! the gateway as a hash. What it does not do: show anything; whoever starts it is told where a first run begins.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod elsewhere;

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use gatehouse_fleet::view::{GatewayId, SessionRef};
use gatehouse_fleet::{Fleet, FleetError};
use gatehouse_gateway::audit::StateKey;
use gatehouse_gateway::auth::random_token;
use gatehouse_gateway::config::{self, AuthMode, Bind, Env, Flags, SecretFlag};
use gatehouse_gateway::{Gateway, RunningGateway, StartError, StartOptions};
use gatehouse_vault::credentials::VaultShelf;
use gatehouse_vault::{Redactor, Secret, SecretVault};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// The session that a person finds on the first run.
const FIRST_SESSION: &str = "agent:main:main";

/// The gateway of this computer, and what it needs.
pub struct LocalGateway {
    pub fleet: Fleet,
    /// Learns the token, so that no log holds it.
    pub redactor: Redactor,
    pub vault: Arc<dyn SecretVault>,
    /// Its configuration and everything that it keeps: `~/.gatehouse`.
    pub state_dir: PathBuf,
    /// For keys that the configuration names and does not hold: `"apiKey": "${MY_KEY}"`.
    pub env: Env,
    /// Called on the very first start, with the session to begin in.
    pub first_run: Box<dyn Fn(SessionRef) + Send + Sync>,
    /// Waited for before each start, and after `first_run`: what is shown first is not to wait for a gateway.
    pub before_start: Box<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>,
    /// Ends it.
    pub cancel: CancellationToken,
}

impl LocalGateway {
    /// Follows the setting until it is cancelled. The gateway is stopped before this returns.
    pub async fn run(self) {
        while !self.cancel.is_cancelled() {
            if !self.fleet.settings().await.own_gateway.enabled {
                self.until(true).await;
                continue;
            }
            let deeds = self.fleet.deeds();
            let Some(gateway) = self.start_and_tell().await else {
                if !self.wanted_again().await {
                    self.take_away().await;
                }
                continue;
            };
            tokio::select! {
                () = self.until(false) => {}
                () = elsewhere::record(deeds, gateway.app().audit.clone()) => {}
            }
            gateway.stop("switched off").await;
            self.take_away().await;
        }
    }

    /// After it failed: true where the person wants another try, false where it was switched off or the app ends.
    async fn wanted_again(&self) -> bool {
        tokio::select! {
            () = self.until(false) => false,
            () = self.fleet.own_gateway_wanted_again() => true,
        }
    }

    async fn take_away(&self) {
        if !self.cancel.is_cancelled()
            && let Err(error) = self.fleet.own_gateway_off().await
        {
            warn!(%error, "the gateway on this computer is still shown");
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

    async fn start_one(&self) -> Result<RunningGateway, LocalGatewayError> {
        if self.fleet.own_gateway_starting().await? {
            (self.first_run)(SessionRef {
                gateway: GatewayId("this-computer".to_owned()),
                key: FIRST_SESSION.to_owned(),
            });
        }
        (self.before_start)().await;
        let token = Secret::new(random_token()?);
        self.redactor.learn(&token);
        let gateway = self.listen(&token).await?;
        let address = gateway.local_addr();
        info!(%address, "the gateway on this computer listens");
        self.fleet
            .own_gateway_at(format!("ws://{address}"), token)
            .await?;
        Ok(gateway)
    }

    /// On the port that clients look for; where another gateway has that one, on any that is free.
    async fn listen(&self, token: &Secret) -> Result<RunningGateway, StartError> {
        // What an agent's run leaves behind stays below this process, and so is known as an agent's.
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

    /// What `gatehouse.json` says, but for how it is reached: from this computer, by this app.
    fn options(&self, token: &Secret, port: Option<u16>) -> Result<StartOptions, StartError> {
        let given = gatehouse_protocol::Secret::new(token.expose());
        let flags = Flags {
            port,
            bind: Some(Bind::Loopback),
            auth: Some(AuthMode::Token),
            token: given.map(SecretFlag::Text),
            ..Flags::default()
        };
        let prepared = config::prepare(&self.state_dir, &flags, &self.env)?;
        for note in &prepared.notes {
            info!(note, "the configuration of the gateway on this computer");
        }
        let key = StateKey::new(&self.state_dir, Some(self.vault.clone()));
        Ok(StartOptions {
            within: Some("the Gatehouse app".to_owned()),
            audit_key: Some(Arc::new(key)),
            keys: Some(Arc::new(VaultShelf::new(self.vault.clone()))),
            redactor: self.redactor.clone(),
            ..StartOptions::prepared(prepared, self.env.clone(), self.state_dir.clone())
        })
    }
}

/// Why there is no gateway on this computer.
#[derive(Debug, thiserror::Error)]
enum LocalGatewayError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Fleet(#[from] FleetError),
    #[error("the system gave no random numbers: {0}")]
    Random(#[from] getrandom::Error),
}
