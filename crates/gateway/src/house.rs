//! What runs and governs, built on the store in one place: sessions, the watch over runs, approvals, the
//! governor, agents, tools and the engine. Part of the start; the order is what each needs of the others.

use std::path::PathBuf;
use std::sync::Arc;

use gatehouse_agent::engine::EngineParts;
use gatehouse_agent::tools::exec::{ExecOptions, Processes};
use gatehouse_agent::tools::web::{FetchOptions, WebFetch};
use gatehouse_agent::tools::{ToolSpec, Toolbox, sessions};
use gatehouse_agent::{Engine, SystemRandomness};
use gatehouse_store::StoreError;
use gatehouse_store::gateway::{ApprovalRecord, GatewayStore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::agents::{Agents, ModelCatalog};
use crate::broadcast::Hub;
use crate::clock::Clock;
use crate::config::ConfigHandle;
use crate::credentials::CredentialDesk;
use crate::govern::undo::{UndoBox, UndoLimits};
use crate::govern::{
    Approvals, ExecModes, GatewayGovernor, GovernorParts, Judge, PolicyDesk, Taints, Vetter,
};
use crate::heartbeats::{self, HeartbeatSwitch, LastHeartbeat};
use crate::router::{Caller, rights};
use crate::runs::{AgentSessions, RunBook, RunWatch, Runs, StoreJournal, recover};
use crate::sessions::Sessions;
use crate::settings;
use crate::world::Surroundings;

/// What of the state folder is the gateway's alone. The agents' workspaces are in it too.
const OWN_PLACES: &[&str] = &[
    "gateway.sqlite3",
    "gateway.sqlite3-wal",
    "gateway.sqlite3-shm",
    "running.json",
    "policy.json5",
    "roles.cedar",
    "openclaw.json",
    "gatehouse.json",
    "gateway-token.hash",
    "undo",
    "audit",
    "credentials",
    "server",
    "secrets.json",
    "secrets.vault",
    "tls",
    "records.sqlite3",
];

/// Where the gateway is, and what it may use there.
pub(crate) struct Site {
    pub(crate) credentials: CredentialDesk,
    pub(crate) state_dir: PathBuf,
    pub(crate) port: u16,
    /// Files of its own elsewhere.
    pub(crate) own_files: Vec<PathBuf>,
}

impl Site {
    /// What the analysis of a command knows of this machine.
    fn surroundings(&self, exec: &ExecOptions) -> Surroundings {
        let own_places = OWN_PLACES.iter().map(|name| self.state_dir.join(name));
        let own_places = own_places.chain(self.own_files.iter().cloned());
        Surroundings {
            protected: own_places
                .map(|place| place.to_string_lossy().into_owned())
                .collect(),
            own_ports: vec![self.port],
            search: exec.search(),
            ..Surroundings::of(&variables())
        }
    }
}

/// Handles to all of it.
pub(crate) struct House {
    pub(crate) governor: Arc<GatewayGovernor>,
    pub(crate) sessions: Sessions,
    pub(crate) runs: Runs,
    pub(crate) approvals: Approvals,
    pub(crate) exec_modes: ExecModes,
    pub(crate) agents: Agents,
    pub(crate) models: ModelCatalog,
    pub(crate) tools: Vec<ToolSpec>,
    pub(crate) last_heartbeat: LastHeartbeat,
    pub(crate) heartbeat_switch: HeartbeatSwitch,
    pub(crate) undo: UndoBox,
    pub(crate) policy: PolicyDesk,
    pub(crate) judge: Judge,
    pub(crate) taints: Taints,
}

impl House {
    /// Builds it, and mends what the last process left.
    pub(crate) async fn build(
        store: Arc<dyn GatewayStore>,
        config: &ConfigHandle,
        hub: &Hub,
        clock: &Clock,
        site: &Site,
        tasks: &TaskTracker,
        stopping: &CancellationToken,
    ) -> Result<Self, StoreError> {
        let state_dir = site.state_dir.as_path();
        let (models, following) = ModelCatalog::follow(config, site.credentials.clone());
        tasks.spawn(until(stopping.clone(), following));
        let agents = Agents::new(store.clone(), config.clone(), models.clone(), state_dir);
        let defaults = agents.clone();
        let sessions = Sessions::new(store.clone(), hub.clone(), clock.clone(), move || {
            defaults.defaults()
        });
        let left = recover(&sessions).await?;

        let (book, booking) = RunBook::start(sessions.clone());
        tasks.spawn(booking);
        let last_heartbeat = LastHeartbeat::new(hub.clone());
        let (watch, watching) =
            RunWatch::start(hub.clone(), book, clock.clone(), last_heartbeat.clone());
        tasks.spawn(watching);
        let policy = PolicyDesk::open(state_dir, store.clone(), clock.clone()).await;
        tasks.spawn(until(stopping.clone(), policy.clone().follow()));
        let may_see = {
            let policy = policy.clone();
            Arc::new(move |caller: &Caller, approval: &ApprovalRecord| {
                rights::may_see(&policy, caller, approval)
            })
        };
        let (approvals, settling) =
            Approvals::start(store.clone(), hub.clone(), clock.clone(), may_see);
        tasks.spawn(settling);
        // After the transcripts, which say of them that they held their calls back.
        approvals.end_those_of_ended_runs().await?;
        let exec_modes = ExecModes::new(
            store.clone(),
            {
                let config = config.clone();
                move || settings::exec(&config.current())
            },
            std::env::home_dir(),
        );

        let exec = settings::commands(&config.current(), std::env::vars_os());
        let rights_of_agents = {
            let config = config.clone();
            Arc::new(move |agent: &str| settings::rights(&config.current(), agent))
        };
        let judge = Judge::new(
            site.surroundings(&exec),
            policy.clone(),
            clock.clone(),
            rights_of_agents,
        );
        judge.count_the_past(&*store).await?;
        let taints = Taints::new(store.clone(), clock.clone());
        let undo = UndoBox::new(state_dir.join("undo"), UndoLimits::default());
        let governor = Arc::new(GatewayGovernor::new(GovernorParts {
            store,
            approvals: approvals.clone(),
            exec_modes: exec_modes.clone(),
            hub: hub.clone(),
            clock: clock.clone(),
            waiting: Arc::new(watch.clone()),
            exec: exec.clone(),
            judge: judge.clone(),
            credentials: site.credentials.secrets().credentials,
            taints: taints.clone(),
            vetter: Vetter::new(models.clone(), site.credentials.redactor(), clock.clone()),
            undo: undo.clone(),
            offers: {
                let agents = agents.clone();
                Arc::new(move |agent, tool| agents.run_settings(agent).tools.permits(tool))
            },
        }));
        let (own_sessions, post) = AgentSessions::new(sessions.clone(), taints.clone());
        let fetching = settings::fetching(&config.current());
        let toolbox = toolbox(clock, exec, fetching, policy.clone(), own_sessions);
        let tools = toolbox.specs();
        let engine = Engine::start(EngineParts {
            journal: Arc::new(StoreJournal::new(
                sessions.clone(),
                site.credentials.redactor(),
            )),
            governor: governor.clone(),
            profiles: Arc::new(agents.clone()),
            sink: Arc::new(watch.clone()),
            secrets: site.credentials.secrets(),
            toolbox,
            clock: Arc::new(clock.clone()),
            randomness: Arc::new(SystemRandomness),
            options: settings::engine(&config.current()),
        });
        tasks.spawn(until(
            stopping.clone(),
            follow_queues(engine.clone(), config.clone()),
        ));
        let heartbeat_switch = HeartbeatSwitch::on();
        let beating = heartbeats::follow(
            engine.clone(),
            agents.clone(),
            sessions.clone(),
            config.clone(),
            heartbeat_switch.clone(),
        );
        tasks.spawn(until(stopping.clone(), beating));
        let runs = Runs::new(engine, watch, sessions.clone(), agents.clone());
        tasks.spawn(post.deliver(runs.clone(), stopping.clone()));
        // Before anybody can say more in these sessions.
        runs.take_up(left).await;
        Ok(Self {
            runs,
            governor,
            sessions,
            approvals,
            exec_modes,
            agents,
            models,
            tools,
            last_heartbeat,
            heartbeat_switch,
            undo,
            policy,
            judge,
            taints,
        })
    }
}

/// The variables of this process, those that are text.
fn variables() -> crate::config::Env {
    let all = std::env::vars_os();
    all.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Ends a task with the gateway.
async fn until(stopping: CancellationToken, task: impl Future<Output = ()>) {
    tokio::select! {
        () = stopping.cancelled() => {}
        () = task => {}
    }
}

/// Keeps the queues of sessions as the configuration has them.
async fn follow_queues(engine: Engine, config: ConfigHandle) {
    let mut changes = config.watch();
    while changes.changed().await.is_ok() {
        let rules = settings::queue_rules(&changes.borrow_and_update().clone());
        engine.set_queue_rules(rules).await;
    }
    std::future::pending().await
}

/// The tools of the workspace and the machine, of the web, and of sessions.
fn toolbox(
    clock: &Clock,
    options: ExecOptions,
    fetching: FetchOptions,
    policy: PolicyDesk,
    sessions: AgentSessions,
) -> Toolbox {
    let processes = Processes::start(Arc::new(clock.clone()), Arc::new(SystemRandomness));
    let mut toolbox = Toolbox::standard(options, Some(processes));
    sessions::add_to(&mut toolbox, Arc::new(sessions));
    let says_the_same = Arc::new(move || !policy.current().policy.tells_urls_apart());
    match WebFetch::new(fetching, says_the_same) {
        Ok(fetch) => toolbox.add(fetch),
        Err(error) => tracing::warn!(%error, "agents cannot fetch pages"),
    }
    toolbox
}
