//! The start, in its order, in one place; and the stop.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use gatehouse_protocol::Secret;
use gatehouse_protocol::model::presence::PresenceEntry;
use gatehouse_store::gateway::{GatewayStore, SqliteGatewayStore};
use serde_json::json;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::auth::{
    AuthSettings, FailureLimits, Failures, GateRules, Gatekeeper, PairingDesk, random_token,
};
use crate::broadcast::{Audience, Delivery, Event, EventKind, Hub};
use crate::clock::Clock;
use crate::config::{Config, ConfigHandle};
use crate::error::StartError;
use crate::health::HealthMonitor;
use crate::limits::Limits;
use crate::machine::Machine;
use crate::net::{self, Listener};
use crate::state::{App, Identity, Parts};
use crate::{methods, web};

/// What a gateway is started with. Paths, clock and limits come from outside.
pub struct StartOptions {
    pub config: Config,
    pub auth: AuthSettings,
    /// Where everything that is kept is kept.
    pub state_dir: PathBuf,
    pub clock: Clock,
    pub limits: Limits,
}

/// The gateway as a whole.
pub struct Gateway;

/// A gateway that runs. Dropping it leaves it running; [`RunningGateway::stop`] ends it.
pub struct RunningGateway {
    app: App,
    address: SocketAddr,
}

impl Gateway {
    /// Starts a gateway; it takes connections when this returns.
    pub async fn start(options: StartOptions) -> Result<RunningGateway, StartError> {
        let StartOptions {
            config,
            auth,
            state_dir,
            clock,
            limits,
        } = options;
        let listen_on = SocketAddr::new(config.gateway.bind.address(), config.gateway.port);
        if matches!(auth, AuthSettings::None) && !listen_on.ip().is_loopback() {
            return Err(StartError::Unsafe(format!(
                "authentication \"none\" is for this machine alone, and {listen_on} can be reached from others; choose a token or a password, or bind to loopback"
            )));
        }

        let now = i64::try_from(clock.now_ms()).unwrap_or(i64::MAX);
        let store = SqliteGatewayStore::open(&state_dir, now).await;
        let store = store.map_err(|error| StartError::Store(error.to_string()))?;
        for notice in store.notices() {
            tracing::warn!(?notice, "the store was opened, but not as it was left");
        }
        let store: Arc<dyn GatewayStore> = Arc::new(store);

        let socket = net::bind(listen_on).await?;
        let address = socket.local_addr().map_err(|source| StartError::Bind {
            address: listen_on,
            source,
        })?;

        let tasks = TaskTracker::new();
        let machine = Machine::here();
        let identity = Identity {
            version: env!("CARGO_PKG_VERSION"),
            boot_id: Uuid::new_v4().to_string(),
            started_at_ms: clock.now_ms(),
        };
        let (hub, hub_task) = Hub::start(clock.clone(), own_presence(&machine, &identity));
        tasks.spawn(hub_task);
        let (health, health_task) = HealthMonitor::start(clock.clone(), hub.clone(), "main");
        tasks.spawn(health_task);

        let (failures, failures_task) = Failures::start(clock.clone());
        tasks.spawn(failures_task);
        let (_, rules) = watch::channel(Arc::new(gate_rules(&config, auth)));
        let desk = PairingDesk::new(Arc::clone(&store), clock.clone());
        let process_secret = random_token().and_then(Secret::new);
        let process_secret = process_secret
            .ok_or_else(|| StartError::Randomness("the system gives none".to_owned()))?;
        let gatekeeper = Gatekeeper::new(rules, desk, failures, hub.clone(), process_secret);
        let app = App::new(Parts {
            clock,
            config: ConfigHandle::fixed(config),
            hub,
            gatekeeper,
            health,
            machine,
            store,
            identity,
            limits,
            methods: methods::table(),
            public_url: format!("ws://{address}"),
            state_dir,
            tasks: tasks.clone(),
            stopping: CancellationToken::new(),
        });
        let listener = Listener {
            socket,
            tls: None,
            web: web::routes(app.clone()),
        };
        tasks.spawn(listener.run(app.clone()));
        tracing::info!(%address, auth = app.gatekeeper.mode(), "the gateway takes connections");
        Ok(RunningGateway { app, address })
    }
}

impl RunningGateway {
    /// Where it listens; the port is a real one even when 0 was asked for.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The parts, for whoever shares the process with the gateway.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Tells every client, lets what is at work end, and stops.
    pub async fn stop(self, reason: &str) {
        let app = self.app;
        let payload = json!({"reason": reason});
        if let Some(event) = Event::new(EventKind::SHUTDOWN, &payload) {
            app.hub
                .publish(event, Audience::Everyone, Delivery::Required);
        }
        let code = gatehouse_protocol::close::SERVICE_RESTART;
        app.hub.close_where(|_| true, code, "service restart");
        app.stopping.cancel();
        app.tasks.close();
        let (tasks, drain) = (app.tasks.clone(), app.limits.drain);
        let store = Arc::clone(&app.store);
        drop(app);
        if tokio::time::timeout(drain, tasks.wait()).await.is_err() {
            tracing::warn!(
                left = tasks.len(),
                "work was still going on when the gateway stopped"
            );
        }
        store.close().await;
    }
}

fn gate_rules(config: &Config, settings: AuthSettings) -> GateRules {
    GateRules {
        settings,
        allowed_origins: config.gateway.control_ui.allowed_origins.clone(),
        failure_limits: FailureLimits::default(),
        auto_approve_local: true,
        allow_tailscale: false,
        identity_scopes: Default::default(),
    }
}

fn own_presence(machine: &Machine, identity: &Identity) -> PresenceEntry {
    let host = machine.hostname.clone();
    PresenceEntry {
        text: Some(format!(
            "Gateway: {host} · app {} · mode gateway",
            identity.version
        )),
        host: Some(host),
        ip: None,
        version: Some(identity.version.to_owned()),
        platform: Some(machine.os_label.clone()),
        device_family: Some(machine.platform.to_owned()),
        mode: Some("gateway".to_owned()),
        reason: Some("self".to_owned()),
        ts: None,
        device_id: None,
        instance_id: Some(identity.boot_id.clone()),
        roles: Vec::new(),
        scopes: Vec::new(),
        extra: Default::default(),
    }
}
