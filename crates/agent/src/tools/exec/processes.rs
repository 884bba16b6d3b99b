//! The background processes of an engine: who started them, and what is known of them since.
//!
//! A task owns the list. Sessions are kept in memory only, and each is seen by its own agent alone.

use std::{
    collections::VecDeque,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::{mpsc, oneshot};

use super::child::{Child, Exit};
use crate::ambient::{Clock, Randomness};

/// Finished sessions that are remembered, as OpenClaw does.
const MOST_FINISHED: usize = 50;

/// How long a session is remembered after its end; OpenClaw's `tools.exec.cleanupMs`.
const REMEMBERED_MS: u64 = 30 * 60 * 1_000;

/// A process in the background.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) agent_id: Arc<str>,
    /// The key of the session whose run started it.
    pub(crate) started_by: Arc<str>,
    pub(crate) command: String,
    /// What was started for it, as a line.
    pub(crate) runs: String,
    pub(crate) cwd: std::path::PathBuf,
    pub(crate) started_at_ms: u64,
    ended_at_ms: Arc<OnceLock<u64>>,
    pub(crate) child: Child,
    /// Bytes of output that were polled.
    polled: Arc<AtomicU64>,
}

impl Session {
    #[cfg(test)]
    pub(crate) fn ended_at_ms(&self) -> Option<u64> {
        self.ended_at_ms.get().copied()
    }

    /// How much of the output was polled, in bytes.
    pub(crate) fn polled(&self) -> u64 {
        self.polled.load(Ordering::SeqCst)
    }

    pub(crate) fn set_polled(&self, total: u64) {
        self.polled.store(total, Ordering::SeqCst);
    }
}

enum Command {
    Add(Session),
    List {
        agent_id: Arc<str>,
        reply: oneshot::Sender<Vec<Session>>,
    },
    Remove {
        id: String,
        reply: oneshot::Sender<()>,
    },
    TakeAll {
        reply: oneshot::Sender<Vec<Session>>,
    },
}

/// A handle to the list. When the last one is dropped, the processes are ended.
#[derive(Clone)]
pub struct Processes {
    commands: mpsc::Sender<Command>,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
}

impl Processes {
    /// Starts the list on the current runtime.
    pub fn start(clock: Arc<dyn Clock>, randomness: Arc<dyn Randomness>) -> Self {
        let (commands, received) = mpsc::channel(32);
        tokio::spawn(own(received, clock.clone()));
        Self {
            commands,
            clock,
            randomness,
        }
    }

    /// Ends every process and waits for it, but no longer than `grace`. True when all have ended.
    pub async fn stop(&self, grace: Duration) -> bool {
        let sessions = self.ask(|reply| Command::TakeAll { reply }).await;
        let ends = sessions.unwrap_or_default();
        let ends = ends.into_iter().map(|session| async move {
            session.child.stop(Exit::Stopped).await;
        });
        let all = futures_util::future::join_all(ends);
        tokio::time::timeout(grace, all).await.is_ok()
    }

    pub(crate) async fn add(
        &self,
        (agent_id, started_by): (Arc<str>, Arc<str>),
        command: &str,
        runs: String,
        cwd: &std::path::Path,
        child: Child,
    ) -> Session {
        let mut id = self.randomness.id();
        // Short enough for a model to repeat; the list holds few.
        id.truncate(8);
        let ended_at_ms = Arc::new(OnceLock::new());
        let (ended, clock) = (ended_at_ms.clone(), self.clock.clone());
        child.when_ended(move || {
            ended.get_or_init(|| clock.now_ms());
        });
        let session = Session {
            id,
            agent_id,
            started_by,
            command: command.to_owned(),
            runs,
            cwd: cwd.to_owned(),
            started_at_ms: self.clock.now_ms(),
            ended_at_ms,
            child,
            polled: Arc::default(),
        };
        // Without a list the process ends with its handle.
        let _ = self.commands.send(Command::Add(session.clone())).await;
        session
    }

    /// The sessions of an agent, oldest first.
    pub(crate) async fn list(&self, agent_id: &Arc<str>) -> Vec<Session> {
        let agent_id = agent_id.clone();
        let listed = self.ask(|reply| Command::List { agent_id, reply }).await;
        listed.unwrap_or_default()
    }

    pub(crate) async fn find(&self, agent_id: &Arc<str>, id: &str) -> Option<Session> {
        let mut sessions = self.list(agent_id).await.into_iter();
        sessions.find(|session| session.id == id)
    }

    pub(crate) async fn remove(&self, id: &str) {
        let id = id.to_owned();
        self.ask(|reply| Command::Remove { id, reply }).await;
    }

    async fn ask<R>(&self, command: impl FnOnce(oneshot::Sender<R>) -> Command) -> Option<R> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.ok()?;
        answer.await.ok()
    }
}

async fn own(mut commands: mpsc::Receiver<Command>, clock: Arc<dyn Clock>) {
    let mut sessions: VecDeque<Session> = VecDeque::new();
    while let Some(command) = commands.recv().await {
        forget_old(&mut sessions, clock.now_ms());
        // A caller that went away needs no answer.
        match command {
            Command::Add(session) => sessions.push_back(session),
            Command::List { agent_id, reply } => {
                let of_agent = sessions.iter().filter(|s| s.agent_id == agent_id);
                let _ = reply.send(of_agent.cloned().collect());
            }
            Command::Remove { id, reply } => {
                sessions.retain(|session| session.id != id);
                let _ = reply.send(());
            }
            Command::TakeAll { reply } => {
                let _ = reply.send(sessions.drain(..).collect());
            }
        }
    }
}

/// Finished sessions are forgotten when they are old, or too many.
fn forget_old(sessions: &mut VecDeque<Session>, now_ms: u64) {
    let is_finished = |session: &Session| session.child.end_so_far().is_some();
    let finished = sessions.iter().filter(|s| is_finished(s)).count();
    let mut over = finished.saturating_sub(MOST_FINISHED);
    sessions.retain(|session| {
        if !is_finished(session) {
            return true;
        }
        let is_over = over > 0;
        over = over.saturating_sub(1);
        let ended_at_ms = session.ended_at_ms.get().copied().unwrap_or(now_ms);
        !is_over && now_ms.saturating_sub(ended_at_ms) < REMEMBERED_MS
    });
}
