//! The tool `process`: looks at and acts on what `exec` left in the background.

use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    CallContext, Tool, ToolError, ToolOutput, ToolSpec,
    exec::{Exit, Part, Processes, Session},
    files::arguments,
};
use crate::govern::{Effect, ProcessInput};

/// The longest wait of a poll, as OpenClaw clamps it.
const LONGEST_POLL: Duration = Duration::from_secs(30);

/// Lines of a log when the call names none.
const LOG_LINES: usize = 200;

/// So much is typed at once, in bytes: a person may have to read it.
const LONGEST_INPUT: usize = 64 * 1024;

/// The key that ends a line on a terminal.
const ENTER: &str = "\r";

/// The tool.
pub struct Process {
    processes: Processes,
}

impl Process {
    /// Over the list that `exec` fills.
    pub fn new(processes: Processes) -> Self {
        Self { processes }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Arguments {
    action: Action,
    #[serde(default)]
    session_id: Option<String>,
    #[serde(default)]
    data: Option<String>,
    #[serde(default)]
    eof: bool,
    #[serde(default)]
    offset: Option<usize>,
    #[serde(default)]
    limit: Option<usize>,
    /// Milliseconds.
    #[serde(default)]
    timeout: u64,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Action {
    List,
    Poll,
    Log,
    Write,
    Submit,
    Kill,
    Clear,
    Remove,
}

impl Action {
    fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Poll => "poll",
            Self::Log => "log",
            Self::Write => "write",
            Self::Submit => "submit",
            Self::Kill => "kill",
            Self::Clear => "clear",
            Self::Remove => "remove",
        }
    }
}

#[async_trait]
impl Tool for Process {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: "process",
            label: "Process",
            description: "List, poll, read, write to and end commands that exec left running in the background.",
            parameters: json!({
                "type": "object",
                "required": ["action"],
                "properties": {
                    "action": { "type": "string",
                        "enum": ["list", "poll", "log", "write", "submit", "kill", "clear", "remove"] },
                    "sessionId": { "type": "string", "description": "The session, for all actions but list." },
                    "data": { "type": "string", "description": "What to write." },
                    "eof": { "type": "boolean", "description": "Close the input after writing." },
                    "offset": { "type": "integer", "minimum": 0, "description": "First line of a log." },
                    "limit": { "type": "integer", "minimum": 1, "description": "Lines of a log." },
                    "timeout": { "type": "integer", "minimum": 0,
                        "description": "How long a poll waits for news, in milliseconds; 30000 at most." },
                },
            }),
        }
    }

    async fn resolve(&self, given: &Value, call: &CallContext) -> Result<Effect, ToolError> {
        let given: Arguments = arguments(given)?;
        let session = given.session_id.clone().unwrap_or_default();
        let known = self.processes.find(&call.agent_id, &session).await;
        let of = known.map(|session| session.started_by);
        let of = of.filter(|of| *of != call.session_key);
        let input = match given.typed() {
            Some(data) if data.len() > LONGEST_INPUT => {
                let text = format!("at most {LONGEST_INPUT} bytes are written at once");
                return Err(ToolError::Arguments(text));
            }
            Some(data) => {
                let session = self.found(&session, call).await?;
                Some(ProcessInput {
                    command: session.runs,
                    cwd: session.cwd,
                    data: data.to_owned(),
                })
            }
            None => None,
        };
        Ok(Effect::Process {
            action: given.action.name().to_owned(),
            session,
            of: of.map(|of| of.to_string()),
            input,
        })
    }

    async fn run(
        &self,
        _effect: &Effect,
        given: &Value,
        call: &CallContext,
    ) -> Result<ToolOutput, ToolError> {
        let given: Arguments = arguments(given)?;
        if matches!(given.action, Action::List) {
            return Ok(self.list(call).await);
        }
        let id = given.session_id.clone().unwrap_or_default();
        let session = self.found(&id, call).await?;
        self.act(&given, &session, call).await
    }
}

impl Arguments {
    /// What the program gets to read.
    fn typed(&self) -> Option<&str> {
        match self.action {
            Action::Write => self.data.as_deref().filter(|data| !data.is_empty()),
            Action::Submit => Some(ENTER),
            _ => None,
        }
    }
}

impl Process {
    async fn found(&self, id: &str, call: &CallContext) -> Result<Session, ToolError> {
        let found = self.processes.find(&call.agent_id, id).await;
        let missing = || ToolError::Failed(format!("there is no background session “{id}”"));
        found.ok_or_else(missing)
    }

    async fn list(&self, call: &CallContext) -> ToolOutput {
        let sessions = self.processes.list(&call.agent_id).await;
        let rows: Vec<Value> = sessions.iter().map(row).collect();
        if rows.is_empty() {
            return ToolOutput::text("No background sessions")
                .with_details(json!({ "sessions": [] }));
        }
        ToolOutput::json(json!({ "sessions": rows }))
    }

    async fn act(
        &self,
        given: &Arguments,
        session: &Session,
        call: &CallContext,
    ) -> Result<ToolOutput, ToolError> {
        match given.action {
            Action::List => Ok(self.list(call).await),
            Action::Poll => Ok(poll(session, given.timeout, call).await),
            Action::Log => Ok(log(session, given.offset, given.limit).await),
            Action::Write => self::write(session, given.typed(), given.eof).await,
            Action::Submit => self::write(session, given.typed(), false).await,
            Action::Kill => {
                session.child.stop(Exit::Stopped).await;
                Ok(ToolOutput::json(row(session)))
            }
            Action::Clear if session.child.end_so_far().is_none() => Err(ToolError::Failed(
                "the command still runs; kill or remove it".into(),
            )),
            Action::Clear | Action::Remove => {
                if session.child.end_so_far().is_none() {
                    session.child.stop(Exit::Stopped).await;
                }
                self.processes.remove(&session.id).await;
                Ok(ToolOutput::text(format!("Removed {}", session.id)))
            }
        }
    }
}

fn row(session: &Session) -> Value {
    let ended = session.child.end_so_far();
    let name: String = session.command.chars().take(80).collect();
    json!({
        "sessionId": session.id,
        "name": name,
        "command": session.command,
        "cwd": session.cwd,
        "pid": session.child.pid(),
        "startedAt": session.started_at_ms,
        "status": match &ended {
            None => "running",
            Some(ended) if ended.is_failure() => "failed",
            Some(_) => "completed",
        },
        "exitCode": ended.as_ref().and_then(|ended| ended.code),
        "exitSignal": ended.as_ref().and_then(|ended| ended.signal.clone()),
        "exitReason": ended.as_ref().map(super::exec::Ended::reason),
    })
}

/// What is new since the last poll, after waiting for it if there is nothing.
async fn poll(session: &Session, timeout_ms: u64, call: &CallContext) -> ToolOutput {
    let known = session.polled();
    if known == session.child.total() && session.child.end_so_far().is_none() {
        let wait = Duration::from_millis(timeout_ms).min(LONGEST_POLL);
        tokio::select! {
            biased;
            () = call.cancel.cancelled() => {}
            _ = session.child.ended() => {}
            _ = session.child.more_output(known) => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
    let (text, total) = session.child.output_since(known).await;
    session.set_polled(total);
    let details = row(session);
    let status = details["status"].as_str().unwrap_or_default().to_owned();
    let shown = if text.is_empty() {
        "(no new output)"
    } else {
        text.trim_end()
    };
    let ended = session.child.end_so_far().and_then(|ended| ended.note());
    let note = ended.map_or_else(
        || format!("[{status}]"),
        |note| format!("[{status}: {note}]"),
    );
    ToolOutput::text(format!("{shown}\n\n{note}")).with_details(details)
}

async fn log(session: &Session, offset: Option<usize>, limit: Option<usize>) -> ToolOutput {
    let text = session.child.output(Part::All).await;
    let total = text.lines().count();
    let (from, most) = match (offset, limit) {
        (None, None) => (total.saturating_sub(LOG_LINES), LOG_LINES),
        (None, Some(limit)) => (total.saturating_sub(limit), limit),
        (Some(offset), limit) => (offset, limit.unwrap_or(usize::MAX)),
    };
    let lines: Vec<&str> = text.lines().skip(from).take(most).collect();
    let to = from + lines.len();
    let note = format!("[lines {from} to {to} of {total}]");
    ToolOutput::text(format!("{}\n\n{note}", lines.join("\n"))).with_details(row(session))
}

async fn write(session: &Session, data: Option<&str>, eof: bool) -> Result<ToolOutput, ToolError> {
    let closed = || ToolError::Failed("the command takes no input".into());
    let data = data.unwrap_or_default();
    if !data.is_empty() && !session.child.write(data.as_bytes().to_vec()).await {
        return Err(closed());
    }
    if eof && !session.child.write(Vec::new()).await {
        return Err(closed());
    }
    Ok(ToolOutput::text(format!(
        "Wrote {} bytes to {}",
        data.len(),
        session.id
    )))
}
