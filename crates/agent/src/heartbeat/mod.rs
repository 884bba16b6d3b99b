//! Heartbeats: a timer that asks a session every so often whether something needs attention.
//!
//! An answer of `HEARTBEAT_OK` means that nothing does; such a run ends silent, see
//! [`crate::RunOutcome::silent`]. A session that is busy, or whose `HEARTBEAT.md` has nothing in it, is left
//! alone until the next time.

mod hours;

use std::{collections::HashMap, path::PathBuf, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

use crate::{
    Engine, Origin, QueueMode, RunRequest,
    ambient::at,
    provider::ModelRef,
    workspace::{LastLink, Workspace},
};

pub use hours::ActiveHours;

/// The answer of a heartbeat with nothing to say.
pub const OK: &str = "HEARTBEAT_OK";

/// How much may stand beside it; OpenClaw's `ackMaxChars`.
pub const MOST_BESIDE: usize = 300;

/// What a heartbeat asks when the configuration has no words of its own; OpenClaw's words.
pub const PROMPT: &str = "Read HEARTBEAT.md if it exists (workspace context). Follow it strictly. Do not infer \
or repeat old tasks from prior chats. If nothing needs attention, reply HEARTBEAT_OK.";

/// True for an answer that nobody needs to see: the mark at its beginning or end, and little beside it.
pub fn has_nothing_to_say(text: &str) -> bool {
    let text = text.trim().trim_matches(['*', '`', '_']).trim();
    let rest = text.strip_prefix(OK).or_else(|| text.strip_suffix(OK));
    rest.is_some_and(|rest| rest.trim().chars().count() <= MOST_BESIDE)
}

/// True when a `HEARTBEAT.md` is there and has only headings, comments and empty items in it.
pub fn is_effectively_empty(text: &str) -> bool {
    text.lines().map(str::trim).all(|line| {
        let bare = line.trim_start_matches(['-', '*', '+']).trim();
        let bare = bare.trim_start_matches("[ ]").trim();
        bare.is_empty() || line.starts_with('#') || line.starts_with("<!--")
    })
}

/// One session's heartbeat.
#[derive(Clone, Debug, PartialEq)]
pub struct HeartbeatPlan {
    pub agent_id: String,
    pub session_key: String,
    pub workspace: PathBuf,
    /// Nothing shorter than a second.
    pub every: Duration,
    /// Only in these, when given.
    pub hours: Option<ActiveHours>,
    /// [`PROMPT`] when none.
    pub prompt: Option<String>,
    pub model: Option<ModelRef>,
}

enum Command {
    Set(Vec<HeartbeatPlan>),
    /// Now, whatever the timer says.
    Wake {
        agent_id: String,
        reason: Option<String>,
        reply: oneshot::Sender<Option<String>>,
    },
}

/// A handle to the timer. It ends when the last handle is dropped.
#[derive(Clone)]
pub struct Heartbeats {
    commands: mpsc::Sender<Command>,
}

impl Heartbeats {
    /// Starts without a plan.
    pub fn start(engine: Engine) -> Self {
        let (commands, received) = mpsc::channel(16);
        let timer = Timer {
            engine,
            received,
            plans: HashMap::new(),
        };
        tokio::spawn(timer.run());
        Self { commands }
    }

    /// From now on these, and no others. A plan that stays as it is keeps its time; an empty list is off.
    pub async fn set(&self, plans: Vec<HeartbeatPlan>) {
        // Without a timer there is nothing to set.
        let _ = self.commands.send(Command::Set(plans)).await;
    }

    /// Runs an agent's heartbeat now, with a reason for it if there is one. The run's id, or none when the
    /// agent has no heartbeat.
    pub async fn wake(&self, agent_id: &str, reason: Option<String>) -> Option<String> {
        let (reply, answer) = oneshot::channel();
        let agent_id = agent_id.to_owned();
        let command = Command::Wake {
            agent_id,
            reason,
            reply,
        };
        self.commands.send(command).await.ok()?;
        answer.await.ok()?
    }
}

struct Timer {
    engine: Engine,
    received: mpsc::Receiver<Command>,
    /// By session, with the next time.
    plans: HashMap<String, (HeartbeatPlan, Instant)>,
}

impl Timer {
    async fn run(mut self) {
        loop {
            let next = self.plans.values().map(|(_, next)| *next).min();
            tokio::select! {
                biased;
                command = self.received.recv() => match command {
                    None => return,
                    Some(Command::Set(plans)) => self.set(plans),
                    Some(Command::Wake { agent_id, reason, reply }) => {
                        // A caller that went away needs no answer.
                        let _ = reply.send(self.wake(&agent_id, reason).await);
                    }
                },
                () = at(next) => self.beat().await,
            }
        }
    }

    fn set(&mut self, plans: Vec<HeartbeatPlan>) {
        let now = Instant::now();
        let mut old = std::mem::take(&mut self.plans);
        for plan in plans {
            let key = plan.session_key.clone();
            let kept = old.remove(&key).filter(|(known, _)| *known == plan);
            let next = kept.map_or_else(|| now + pause(&plan), |(_, next)| next);
            self.plans.insert(key, (plan, next));
        }
    }

    async fn beat(&mut self) {
        let now = Instant::now();
        let mut due = Vec::new();
        for (plan, next) in self.plans.values_mut() {
            if *next <= now {
                *next = now + pause(plan);
                due.push(plan.clone());
            }
        }
        let now_ms = self.engine.now_ms();
        for plan in due {
            let is_time = plan
                .hours
                .as_ref()
                .is_none_or(|hours| hours.include(now_ms));
            if !is_time {
                continue;
            }
            if self.engine.active(&plan.session_key).await.is_some() || !has_task(&plan).await {
                continue;
            }
            self.submit(&plan, None).await;
        }
    }

    async fn wake(&mut self, agent_id: &str, reason: Option<String>) -> Option<String> {
        let mut plans = self.plans.values().map(|(plan, _)| plan);
        let plan = plans.find(|plan| plan.agent_id == agent_id)?.clone();
        self.submit(&plan, reason).await
    }

    async fn submit(&self, plan: &HeartbeatPlan, reason: Option<String>) -> Option<String> {
        let prompt = plan.prompt.as_deref().unwrap_or(PROMPT);
        let text = reason.map_or_else(
            || prompt.to_owned(),
            |reason| format!("{reason}\n\n{prompt}"),
        );
        let request = RunRequest {
            origin: Origin::Heartbeat,
            queue: QueueMode::Followup,
            model: plan.model.clone(),
            ..RunRequest::text(&plan.session_key, &plan.agent_id, text)
        };
        match self.engine.submit(request).await {
            Ok(accepted) => Some(accepted.run_id),
            Err(error) => {
                tracing::warn!(%error, session = plan.session_key, "a heartbeat was not taken");
                None
            }
        }
    }
}

fn pause(plan: &HeartbeatPlan) -> Duration {
    plan.every.max(Duration::from_secs(1))
}

/// False when the workspace says that there is nothing to do. A missing file says nothing.
async fn has_task(plan: &HeartbeatPlan) -> bool {
    let root = plan.workspace.clone();
    let read = tokio::task::spawn_blocking(move || {
        let workspace = Workspace::new(&root).ok()?;
        let path = workspace.resolve("HEARTBEAT.md", LastLink::Follow).ok()?;
        workspace.read(&path, 1024 * 1024).ok()
    });
    let bytes = read.await.ok().flatten();
    bytes.is_none_or(|bytes| !is_effectively_empty(&String::from_utf8_lossy(&bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_only_says_ok_is_silent() {
        for text in [
            "HEARTBEAT_OK",
            " **HEARTBEAT_OK** ",
            "HEARTBEAT_OK All is well.",
            "Fine. HEARTBEAT_OK",
        ] {
            assert!(has_nothing_to_say(text), "{text}");
        }
        let long = format!("HEARTBEAT_OK {}", "x".repeat(301));
        for text in ["", "The disk is full.", "say HEARTBEAT_OK when done", &long] {
            assert!(!has_nothing_to_say(text), "{text}");
        }
    }

    #[test]
    fn a_file_of_headings_and_empty_items_is_empty() {
        assert!(is_effectively_empty(
            "# Heartbeat\n\n- [ ]\n-\n<!-- nothing -->\n"
        ));
        assert!(is_effectively_empty(""));
        assert!(!is_effectively_empty("# Heartbeat\n- look at the mail\n"));
    }
}
