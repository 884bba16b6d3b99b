//! What handlers are given: one cheap handle to everything that the gateway is made of.
//!
//! A handler `async fn list(cx: Cx, params: P) -> Result<R, MethodError>` reaches
//! - the store by `cx.app.store` (a trait object; a write is durable when its future is done),
//! - the run engine by `cx.app.runs.engine`; inputs go through `cx.app.runs.submit`,
//! - subscribers by `cx.app.hub.publish(Event::new(EventKind::…, &payload), audience, delivery)`,
//! - the audit by `cx.app.audit`: what changes who may do what is recorded there,
//! - the clock by `cx.now_ms()`; nothing calls the system's clock itself,
//! - the configuration by `cx.app.config.current()`, an immutable snapshot,
//! - work that outlives the request by `cx.app.tasks.spawn(…)`, ended by `cx.app.stopping`.
//!
//! There is no lock here: each part is a handle to the task that owns it.

use std::net::SocketAddr;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use gatehouse_agent::tools::ToolSpec;
use gatehouse_store::gateway::GatewayStore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::agents::{Agents, ModelCatalog};
use crate::audit::{AuditLog, Refusals};
use crate::auth::Gatekeeper;
use crate::broadcast::Hub;
use crate::clock::Clock;
use crate::config::ConfigHandle;
use crate::credentials::CredentialDesk;
use crate::govern::undo::UndoBox;
use crate::govern::{Approvals, ExecModes, GatewayGovernor, Judge, PolicyDesk, Taints};
use crate::health::HealthMonitor;
use crate::heartbeats::{HeartbeatSwitch, LastHeartbeat};
use crate::limits::Limits;
use crate::machine::Machine;
use crate::once::Unwritten;
use crate::router::MethodTable;
use crate::runs::Runs;
use crate::sessions::Sessions;
use crate::web::Counters;

/// The gateway's parts. Cloning clones a handle.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// All that a handler can reach.
pub struct Parts {
    pub store: Arc<dyn GatewayStore>,
    pub sessions: Sessions,
    pub runs: Runs,
    /// Judges every call of a tool; the runs have it too.
    pub governor: Arc<GatewayGovernor>,
    pub approvals: Approvals,
    pub audit: AuditLog,
    /// What was refused, for the audit.
    pub(crate) refusals: Refusals,
    /// How strict commands are by the configuration and the approvals document.
    pub exec_modes: ExecModes,
    pub agents: Agents,
    pub models: ModelCatalog,
    /// The tools that agents have.
    pub tools: Vec<ToolSpec>,
    pub last_heartbeat: LastHeartbeat,
    pub heartbeat_switch: HeartbeatSwitch,
    /// What agents' actions replaced.
    pub undo: UndoBox,
    /// What the gateway goes by, and how it may be changed.
    pub policy: PolicyDesk,
    pub(crate) judge: Judge,
    pub(crate) taints: Taints,
    /// Secrets that agents use by name.
    pub credentials: CredentialDesk,
    pub clock: Clock,
    pub config: ConfigHandle,
    pub hub: Hub,
    pub gatekeeper: Gatekeeper,
    pub health: HealthMonitor,
    pub machine: Machine,
    pub identity: Identity,
    pub limits: Limits,
    pub methods: MethodTable,
    /// `ws` or `wss`, and where it listens.
    pub listens: (&'static str, SocketAddr),
    pub(crate) counters: Counters,
    /// What the store could not be told of idempotency keys.
    pub(crate) unwritten: Unwritten,
    /// What `logs.tail` reads.
    pub log_file: Option<PathBuf>,
    /// Where everything that is kept is kept.
    pub state_dir: PathBuf,
    /// Work that outlives a request. Stopping waits for it, up to `limits.drain`.
    pub tasks: TaskTracker,
    /// Cancelled when the gateway stops.
    pub stopping: CancellationToken,
}

/// Which gateway this is, and since when.
#[derive(Debug, Clone)]
pub struct Identity {
    pub version: &'static str,
    /// Changes with every start.
    pub boot_id: String,
    pub started_at_ms: u64,
}

impl App {
    pub(crate) fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// Milliseconds since the start.
    pub fn uptime_ms(&self) -> u64 {
        let started = self.identity.started_at_ms;
        self.clock.now_ms().saturating_sub(started)
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
