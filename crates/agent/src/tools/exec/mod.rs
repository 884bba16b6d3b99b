//! The tool `exec`: a shell command in the workspace.
//!
//! Parameters as OpenClaw documents them. What is spawned is the argument vector that was shown to the
//! governor, with an absolute, resolved executable; the search path is not consulted again.

mod child;
mod output;
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
use crate::govern::Effect;
use child::{Child, Ended, Exit, Part};
use request::ExecRequest;

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
        }
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
}

impl Exec {
    pub fn new(options: ExecOptions) -> Self {
        Self { options }
    }
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
        let timeout = request.timeout(self.options.timeout);
        let started = Instant::now();
        let spawned = spawn::spawn(effect, &request.env, &self.options)?;
        let deadline = timeout.map(|timeout| started + timeout);
        let child = Child::own(spawned, deadline, self.options.kept_output);
        let ended = self.watch(&child, call).await;
        Ok(report(&child, &ended, &effect.cwd, started.elapsed()).await)
    }
}

impl Exec {
    /// Waits for the end and tells about the output on the way.
    async fn watch(&self, child: &Child, call: &CallContext) -> Ended {
        let mut told = 0;
        let mut next_update = Instant::now();
        loop {
            tokio::select! {
                biased;
                () = call.cancel.cancelled() => return child.stop(Exit::Stopped).await,
                ended = child.ended() => return ended,
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

async fn report(child: &Child, ended: &Ended, cwd: &Path, took: Duration) -> ToolOutput {
    let output = child.output(Part::All).await;
    let text = output.trim_end();
    let shown = if text.is_empty() { "(no output)" } else { text };
    let note = ended.note();
    let said = note.map_or_else(|| shown.to_owned(), |note| format!("{shown}\n\n({note})"));
    let details = json!({
        "status": if ended.is_failure() { "failed" } else { "completed" },
        "exitCode": ended.code,
        "exitSignal": ended.signal,
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
