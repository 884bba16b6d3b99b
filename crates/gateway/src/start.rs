//! The start, in its order, in one place; and the stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gatehouse_protocol::Secret;
use gatehouse_protocol::model::presence::PresenceEntry;
use gatehouse_store::StoreError;
use gatehouse_store::gateway::{GatewayStore, Scrub, SqliteGatewayStore};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::audit::{AuditLog, Gate, Refusals, StateKey};
use crate::auth::{AuthSettings, Failures, Gatekeeper, PairingDesk, random_token};
use crate::broadcast::{Audience, Delivery, Event, EventKind, Hub};
use crate::clock::Clock;
use crate::config::{Config, ConfigHandle};
use crate::credentials::CredentialDesk;
use crate::error::StartError;
use crate::health::HealthMonitor;
use crate::house::{House, Site};
use crate::machine::Machine;
use crate::net::{self, Listener, Tls};
use crate::once::Unwritten;
use crate::options::StartOptions;
use crate::running::{RunRecord, StateLock};
use crate::runs::DirectCalls;
use crate::state::{App, Identity, Parts};
use crate::web::{self, Counters, WebParts};
use crate::{live_config, maintenance, methods, start_hooks};

/// The gateway as a whole.
pub struct Gateway;

/// A gateway that runs. Dropping it leaves it running; [`RunningGateway::stop`] ends it.
pub struct RunningGateway {
    app: App,
    address: SocketAddr,
    record: RunRecord,
    state_lock: StateLock,
}

impl Gateway {
    /// Starts a gateway; it takes connections when this returns.
    pub async fn start(options: StartOptions) -> Result<RunningGateway, StartError> {
        let StartOptions {
            config,
            auth,
            file,
            state_dir,
            clock,
            limits,
            web,
            log_file,
            state_lock,
            within,
            audit_key,
            keys,
            redactor,
            tls_vault,
            tailscale,
            own_files,
        } = options;
        check_safe(&config, &auth)?;
        let limits = limits.with_handshake(config.gateway.handshake_timeout_ms);
        let mut state_lock = match state_lock {
            Some(held) => held,
            None => StateLock::take(&state_dir)?,
        };
        let tls = net::load_tls(&config, &state_dir, tls_vault.as_ref()).await?;

        // The port is taken before anything runs that could not be taken back; nothing is accepted yet.
        let (socket, address) = listen(&config).await?;
        let (gate, scrub) = Gate::new(Arc::new(redactor.clone()));
        let store = open_store(&state_dir, limits.store_pages, &clock, scrub).await?;

        let audit_key = audit_key.unwrap_or_else(|| Arc::new(StateKey::new(&state_dir, None)));
        let audit = AuditLog::start(store.clone(), clock.clone(), gate, audit_key);
        let (audit, keeping) = audit.await.map_err(|e| StartError::Store(e.to_string()))?;
        // Beside the tasks that a stop waits for: it signs what those have written, and ends with the last handle.
        tokio::spawn(keeping);

        let tasks = TaskTracker::new();
        let stopping = CancellationToken::new();
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
        if let Some(file) = &file {
            audit.migrated(&file.migrated, &file.place).await;
        }
        let config = match file {
            Some(file) => live_config::start(file, &config, &store, &hub, &health, &clock, &tasks),
            None => ConfigHandle::fixed(config),
        };

        let credentials = CredentialDesk::open(store.clone(), keys, redactor, clock.clone()).await;
        let credentials = credentials.map_err(|error| StartError::Store(error.to_string()))?;
        credentials.learn_urls(&config);
        credentials.adopt_keys(&config).await;
        tasks.spawn(credentials.clone().follow(config.clone(), stopping.clone()));

        let (failures, failures_task) = Failures::start();
        tasks.spawn(failures_task);
        let rules = live_config::gate_rules(&config, auth, &hub, &tasks);
        let desk = PairingDesk::new(Arc::clone(&store), clock.clone());
        let process_secret = random_token().ok().and_then(Secret::new);
        let process_secret = process_secret
            .ok_or_else(|| StartError::Randomness("the system gives none".to_owned()))?;
        let gatekeeper = Gatekeeper::new(
            rules,
            desk,
            failures,
            hub.clone(),
            tasks.clone(),
            tailscale,
            process_secret,
        );
        let house = House::build(
            Arc::clone(&store),
            &config,
            &hub,
            &clock,
            &Site {
                credentials: credentials.clone(),
                state_dir: state_dir.clone(),
                port: address.port(),
                own_files,
            },
            &tasks,
            &stopping,
        )
        .await;
        let house = house.map_err(|error| StartError::Store(error.to_string()))?;
        let (refusals, refusals_task) = Refusals::start(audit.clone(), stopping.clone());
        tasks.spawn(refusals_task);
        let scheme = if tls.is_some() { "wss" } else { "ws" };
        let app = App::new(Parts {
            sessions: house.sessions,
            runs: house.runs,
            governor: house.governor,
            approvals: house.approvals,
            audit,
            refusals,
            exec_modes: house.exec_modes,
            agents: house.agents,
            models: house.models,
            tools: house.tools,
            last_heartbeat: house.last_heartbeat,
            heartbeat_switch: house.heartbeat_switch,
            credentials,
            undo: house.undo,
            policy: house.policy,
            judge: house.judge,
            taints: house.taints,
            clock,
            config,
            hub,
            gatekeeper,
            health,
            machine,
            store,
            identity,
            limits,
            methods: methods::table(),
            listens: (scheme, address),
            counters: Counters::new(),
            unwritten: Unwritten::default(),
            log_file,
            state_dir,
            tasks: tasks.clone(),
            stopping,
        });
        tasks.spawn(maintenance::run(app.clone()));
        let tls_fingerprint = tls.as_ref().map(|tls| tls.fingerprint.clone());
        let record = RunRecord {
            pid: std::process::id(),
            url: local_url(scheme, address),
            started_at_ms: app.identity.started_at_ms,
            fingerprint: tls_fingerprint.clone(),
            within,
        };
        state_lock
            .write(&record)
            .map_err(|source| StartError::State {
                what: "the record of the running gateway cannot be written".to_owned(),
                source,
            })?;
        let listener = Listener {
            socket,
            tls: tls.map(|tls: Tls| tls.acceptor),
            web: web::routes(app.clone(), with_tools(web, &app)),
        };
        tasks.spawn(listener.run(app.clone()));
        tasks.spawn(start_hooks::run(app.clone()));
        tracing::info!(%address, auth = app.gatekeeper.mode(), "the gateway takes connections");
        Ok(RunningGateway {
            app,
            address,
            record,
            state_lock,
        })
    }
}

impl RunningGateway {
    /// Where it listens; the port is a real one even when 0 was asked for.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// SHA-256 of the certificate, for clients to pin; none without TLS.
    pub fn tls_fingerprint(&self) -> Option<&str> {
        self.record.fingerprint.as_deref()
    }

    /// What `running.json` says of it.
    pub fn record(&self) -> &RunRecord {
        &self.record
    }

    /// The parts, for whoever shares the process with the gateway.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Lets what is at work end, with its clients there to see it and to answer; then tells every client, and stops.
    pub async fn stop(self, reason: &str) {
        let app = self.app;
        if !app.runs.engine.drain(app.limits.drain).await {
            tracing::warn!("runs are stopped that did not end in time");
        }
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
        if !app.runs.engine.stop(LAST_WORD).await {
            tracing::warn!("runs were still going on when the gateway stopped");
        }
        let (store, audit) = (app.store.clone(), app.audit.clone());
        drop(app);
        if tokio::time::timeout(drain, tasks.wait()).await.is_err() {
            tracing::warn!(
                left = tasks.len(),
                "work was still going on when the gateway stopped"
            );
        }
        audit.stopped(reason).await;
        store.close().await;
        drop(self.state_lock);
    }
}

/// How long the runs that are stopped have to write down how far they came.
const LAST_WORD: Duration = Duration::from_secs(5);

/// Refuses what would let strangers in.
fn check_safe(config: &Config, auth: &AuthSettings) -> Result<(), StartError> {
    let address = config.gateway.bind.address();
    if matches!(auth, AuthSettings::None) && !address.is_loopback() {
        return Err(StartError::Unsafe(format!(
            "authentication \"none\" is for this machine alone, and {address} can be reached from others; choose a token or a password, or bind to loopback"
        )));
    }
    if matches!(auth, AuthSettings::TrustedProxy { rules, .. } if !rules.allow_loopback)
        && address.is_loopback()
    {
        tracing::warn!(
            "only this machine reaches the gateway, and a proxy on it is trusted with gateway.auth.trustedProxy.allowLoopback, which is not set: nobody whom the proxy names can come in"
        );
    }
    if matches!(auth, AuthSettings::TrustedProxy { proxies, .. } if proxies.is_empty()) {
        return Err(StartError::Unsafe(
            "authentication \"trusted-proxy\" needs gateway.trustedProxies: without it anyone could pretend to be the proxy".to_owned(),
        ));
    }
    Ok(())
}

async fn open_store(
    state_dir: &std::path::Path,
    most_pages: Option<u32>,
    clock: &Clock,
    scrub: Scrub,
) -> Result<Arc<dyn GatewayStore>, StartError> {
    let now = i64::try_from(clock.now_ms()).unwrap_or(i64::MAX);
    let store = SqliteGatewayStore::open_bounded(state_dir, now, most_pages).await;
    let store = store.map_err(|error| match error {
        StoreError::NotWritable { path } => StartError::State {
            what: format!("{} cannot be used", path.display()),
            source: std::io::ErrorKind::PermissionDenied.into(),
        },
        error => StartError::Store(error.to_string()),
    })?;
    for notice in store.notices() {
        tracing::warn!(?notice, "the store was opened, but not as it was left");
    }
    Ok(Arc::new(store.scrubbing(scrub)))
}

async fn listen(config: &Config) -> Result<(TcpListener, SocketAddr), StartError> {
    let wanted = SocketAddr::new(config.gateway.bind.address(), config.gateway.port);
    let socket = net::bind(wanted).await?;
    let address = socket.local_addr().map_err(|source| StartError::Bind {
        address: wanted,
        source,
    })?;
    Ok((socket, address))
}

/// The address for clients of this machine.
fn local_url(scheme: &str, mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    format!("{scheme}://{address}")
}

/// The gateway's own tools over HTTP, unless others were given.
fn with_tools(mut web: WebParts, app: &App) -> WebParts {
    let own = || DirectCalls::new(app.runs.clone(), app.sessions.clone(), app.stopping.clone());
    web.tools.get_or_insert_with(|| Arc::new(own()));
    web
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
