//! The tool `exec`: a shell command in the workspace.
//!
//! Parameters as OpenClaw documents them. What is spawned is the plan that was judged, from what was opened for
//! it (`launch`); where nobody judged, the argument vector that was shown to the governor.

mod child;
mod credentials;
mod environment;
mod job;
mod launch;
mod leavers;
mod notify;
mod orphans;
mod output;
mod processes;
mod pty;
mod request;
mod spawn;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    time::Duration,
};

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{CallContext, Tool, ToolError, ToolOutput, ToolSpec};
use crate::{
    govern::{Effect, ExecEffect},
    launch::Launch,
};
use request::ExecRequest;
use spawn::Spawned;

pub use credentials::texts as credential_texts;
pub use environment::CleanEnvironment;
pub use orphans::{adopt_orphans, adopts_orphans};
pub use processes::Processes;
pub use spawn::{RUN_MARK, has_started};

pub(crate) use child::{Child, Ended, Exit, Part};
pub(crate) use processes::Session;

/// What the tool needs from outside.
#[derive(Clone)]
pub struct ExecOptions {
    /// The shell, as an absolute path. It must understand `-c`.
    pub shell: PathBuf,
    /// The environment that a command inherits.
    pub environment: Vec<(OsString, OsString)>,
    /// How long a command may run unless the call says otherwise; OpenClaw's default is 1,800 s.
    pub timeout: Option<Duration>,
    /// How much output is kept, in bytes: the first and the last half of it. OpenClaw keeps 200,000.
    pub kept_output: usize,
    /// The shortest time between two live updates.
    pub update_every: Duration,
    /// A command in the background that says something or fails starts a run of its session when it ends;
    /// OpenClaw's `tools.exec.notifyOnExit`.
    pub notify_on_exit: bool,
    /// How long a call waits before its process goes to the background; 10 s in OpenClaw.
    pub patience: Duration,
}

impl ExecOptions {
    /// Takes over an environment, without what belongs to the gateway alone: its own credentials and the
    /// keys of model providers.
    pub fn new(environment: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let environment = environment.into_iter();
        Self {
            shell: PathBuf::from("/bin/sh"),
            environment: environment.filter(|(name, _)| !is_ours(name)).collect(),
            timeout: Some(Duration::from_secs(1800)),
            kept_output: 200_000,
            update_every: Duration::from_millis(100),
            notify_on_exit: true,
            patience: Duration::from_secs(10),
        }
    }

    /// The environment of a judged command: what is known to be harmless of the inherited one, to which comes what
    /// the call sets on top.
    pub fn clean_environment(&self) -> CleanEnvironment {
        CleanEnvironment::of(&self.environment)
    }

    /// The folders in which a command looks for the programs that it names without a path.
    pub fn search(&self) -> Vec<PathBuf> {
        let path = self.search_path().map(OsString::as_os_str);
        std::env::split_paths(path.unwrap_or_default()).collect()
    }

    pub(crate) fn search_path(&self) -> Option<&OsString> {
        let path = self.environment.iter().find(|(name, _)| name == "PATH");
        path.map(|(_, value)| value)
    }
}

fn is_ours(name: &OsString) -> bool {
    let name = name.to_string_lossy().to_uppercase();
    let ours = ["OPENCLAW_GATEWAY_", "GATEHOUSE_"];
    ours.iter().any(|prefix| name.starts_with(prefix)) || name.ends_with("_API_KEY")
}

/// How much of the newest output a live update carries, in bytes.
const LIVE_TAIL: usize = 4_000;

/// The tool.
pub struct Exec {
    options: ExecOptions,
    /// Takes what goes to the background; without it every call waits for the end.
    processes: Option<Processes>,
}

impl Exec {
    /// Every call waits for its command to end.
    pub fn new(options: ExecOptions) -> Self {
        let processes = None;
        Self { options, processes }
    }

    /// What takes long goes to the background, where the tool `process` finds it.
    pub fn with_background(options: ExecOptions, processes: Processes) -> Self {
        let processes = Some(processes);
        Self { options, processes }
    }
}

/// Why a call stopped watching its process.
enum Watched {
    Ended(Ended),
    /// It takes longer than the call waits.
    Yielded,
}

#[async_trait]
impl Tool for Exec {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: "exec",
            label: "Exec",
            description: "Run a shell command in the workspace and return its output.",
            parameters: request::schema(),
        }
    }

    async fn resolve(&self, arguments: &Value, call: &CallContext) -> Result<Effect, ToolError> {
        let request = ExecRequest::read(arguments)?;
        Ok(Effect::Exec(request.effect(&self.options, call)?))
    }

    async fn run(
        &self,
        effect: &Effect,
        arguments: &Value,
        call: &CallContext,
    ) -> Result<ToolOutput, ToolError> {
        let Effect::Exec(effect) = effect else {
            return Err(ToolError::Failed("not a command".into()));
        };
        let request = ExecRequest::read(arguments)?;
        let values = credentials::for_shell(effect, &request.env, call).await?;
        let env = credentials::filled(&request.env, &values);
        let spawned = spawn::spawn(effect, &env, &self.options)?;
        let runs = effect.command.clone();
        self.follow(spawned, runs, effect, &request, call).await
    }

    async fn launch(
        &self,
        launch: &Launch,
        effect: &Effect,
        arguments: &Value,
        call: &CallContext,
    ) -> Result<ToolOutput, ToolError> {
        let Effect::Exec(effect) = effect else {
            return Err(ToolError::Failed("not a command".into()));
        };
        let request = ExecRequest::read(arguments)?;
        let values = credentials::for_launch(launch, effect, call).await?;
        let spawned = launch::launch(launch, effect, &values)?;
        // A person may have put another command in the place of the call's.
        let runs = launch::shown(launch.plan());
        self.follow(spawned, runs, effect, &request, call).await
    }
}

impl Exec {
    /// Watches a process to its end, or into the background.
    async fn follow(
        &self,
        spawned: Spawned,
        runs: String,
        effect: &ExecEffect,
        request: &ExecRequest,
        call: &CallContext,
    ) -> Result<ToolOutput, ToolError> {
        let timeout = request.timeout(self.options.timeout);
        let started = Instant::now();
        let deadline = timeout.map(|timeout| started + timeout);
        let redaction = call.secrets.redactor.stream();
        let child = Child::own(spawned, deadline, self.options.kept_output, redaction);
        let patience = request.patience(self.options.patience);
        let watched = self.watch(&child, started + patience, call).await;
        match (watched, &self.processes) {
            (Watched::Yielded, Some(processes)) => {
                let whose = (call.agent_id.clone(), call.session_key.clone());
                let session = processes.add(whose, &effect.command, runs, &effect.cwd, child);
                let session = session.await;
                // It outlives the call, and the run, but not a stop of it.
                session.child.ends_with(call.cancel.clone());
                let output = in_background(&session).await;
                if self.options.notify_on_exit {
                    notify::when_ended(session, call);
                }
                Ok(output)
            }
            (Watched::Yielded, None) => Err(ToolError::Failed("there is no background".into())),
            (Watched::Ended(ended), _) => {
                Ok(report(&child, &ended, &effect.cwd, started.elapsed()).await)
            }
        }
    }

    /// Waits for the end and tells about the output on the way.
    async fn watch(&self, child: &Child, until: Instant, call: &CallContext) -> Watched {
        let mut told = 0;
        let mut next_update = Instant::now();
        loop {
            tokio::select! {
                biased;
                () = call.cancel.cancelled() => {
                    return Watched::Ended(child.stop(Exit::Stopped).await);
                }
                ended = child.ended() => return Watched::Ended(ended),
                () = tokio::time::sleep_until(until), if self.processes.is_some() => {
                    return Watched::Yielded;
                }
                total = news(child, told, next_update) => told = total,
            }
            next_update = Instant::now() + self.options.update_every;
            (call.progress)(running(child).await);
        }
    }
}

/// Waits for more output, but not before `earliest`.
async fn news(child: &Child, told: u64, earliest: Instant) -> u64 {
    child.more_output(told).await;
    tokio::time::sleep_until(earliest).await;
    child.total()
}

async fn running(child: &Child) -> ToolOutput {
    let tail = child.output(Part::Last(LIVE_TAIL)).await;
    let details = json!({ "status": "running", "pid": child.pid(), "tail": tail });
    ToolOutput::text(tail).with_details(details)
}

async fn in_background(session: &Session) -> ToolOutput {
    let (tail, total) = session.child.output_since(0).await;
    session.set_polled(total);
    let id = &session.id;
    let text = format!(
        "{}\n\n(Command still runs in the background as session {id}; use the tool process to poll or end it)",
        tail.trim_end()
    );
    ToolOutput::text(text.trim_start()).with_details(json!({
        "status": "running",
        "sessionId": id,
        "pid": session.child.pid(),
        "startedAt": session.started_at_ms,
        "cwd": session.cwd,
        "tail": tail,
    }))
}

async fn report(child: &Child, ended: &Ended, cwd: &Path, took: Duration) -> ToolOutput {
    let output = child.output(Part::All).await;
    let text = output.trim_end();
    let shown = if text.is_empty() { "(no output)" } else { text };
    let note = ended.note();
    let said = note.map_or_else(|| shown.to_owned(), |note| format!("{shown}\n\n({note})"));
    let details = json!({
        "status": if ended.is_failure() { "failed" } else { "completed" },
        "exitCode": ended.code,
        "exitSignal": &ended.signal,
        "exitReason": ended.reason(),
        "durationMs": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        "aggregated": text,
        "cwd": cwd,
    });
    ToolOutput {
        is_error: ended.is_failure(),
        ..ToolOutput::text(said).with_details(details)
    }
}

#[cfg(all(test, unix))]
mod tests;
