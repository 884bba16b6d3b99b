//! One process with all that it starts: a process group of its own, ended as a whole.
//!
//! A task owns the process and its output; others hold a [`Child`]. When the last one is dropped the group
//! is killed.

use std::time::Duration;

use tokio::{
    sync::{mpsc, oneshot, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use crate::{ambient::at, secrets::RedactStream};

use super::{
    leavers,
    output::Output,
    spawn::{Spawned, Status},
};

/// How long a group has to end after it was asked, before it is killed.
const GRACE: Duration = Duration::from_millis(1_500);

/// How long output is read after the end: whoever still holds the pipe was killed.
const LAST_OUTPUT: Duration = Duration::from_millis(500);

/// Asks that may wait; the owner answers at once.
const ASKS: usize = 16;

/// Why a process came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// By itself.
    Own,
    /// The run was stopped, or someone asked for it.
    Stopped,
    TimedOut,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) exit: Exit,
    pub(crate) code: Option<i32>,
    /// `SIGKILL` for example.
    pub(crate) signal: Option<String>,
}

impl Ended {
    /// An exit code is an answer; a signal, a stop and a timeout are failures.
    pub(crate) fn is_failure(&self) -> bool {
        self.exit != Exit::Own || self.signal.is_some()
    }

    pub(crate) fn reason(&self) -> &'static str {
        match (self.exit, self.signal.as_ref()) {
            (Exit::Own, None) => "exit",
            (Exit::Own, Some(_)) => "signal",
            (Exit::Stopped, _) => "manual-cancel",
            (Exit::TimedOut, _) => "overall-timeout",
        }
    }

    /// What to add to the output for the model.
    pub(crate) fn note(&self) -> Option<String> {
        match (self.exit, self.code, self.signal.as_ref()) {
            (Exit::Stopped, ..) => Some("Command stopped before it finished".into()),
            (Exit::TimedOut, ..) => Some("Command timed out and was stopped".into()),
            (Exit::Own, Some(0), _) => None,
            (Exit::Own, Some(code), _) => Some(format!("Command exited with code {code}")),
            (Exit::Own, None, Some(signal)) => {
                Some(format!("Command was ended by signal {signal}"))
            }
            (Exit::Own, None, None) => Some("Command ended in an unknown way".into()),
        }
    }

    fn of(exit: Exit, status: Status) -> Self {
        Self {
            exit,
            code: status.code,
            signal: status.signal,
        }
    }
}

/// A handle to a process.
#[derive(Clone)]
pub(crate) struct Child {
    pid: u32,
    state: watch::Receiver<State>,
    asks: mpsc::Sender<Ask>,
}

#[derive(Clone, Debug, Default)]
struct State {
    /// Bytes written so far.
    total: u64,
    ended: Option<Ended>,
}

enum Ask {
    Stop(Exit),
    Output {
        part: Part,
        /// With the bytes written so far.
        reply: oneshot::Sender<(String, u64)>,
    },
    Write {
        bytes: Vec<u8>,
        reply: oneshot::Sender<bool>,
    },
}

/// Which part of the output.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    All,
    /// So many of the newest bytes.
    Last(usize),
    /// What was written after so many bytes.
    Since(u64),
}

impl Child {
    /// Takes a process over. It is ended at the deadline, if there is one.
    /// What it writes is kept without secrets.
    pub(super) fn own(
        spawned: Spawned,
        deadline: Option<Instant>,
        kept_output: usize,
        redaction: Box<dyn RedactStream>,
    ) -> Self {
        let (asks, asked) = mpsc::channel(ASKS);
        let (publish, state) = watch::channel(State::default());
        let pid = spawned.leader.pid();
        let owner = Owner {
            spawned,
            output: Output::new(kept_output),
            redaction,
            publish,
            asked,
            deadline,
        };
        tokio::spawn(owner.run());
        Self { pid, state, asks }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Waits for the end.
    pub(crate) async fn ended(&self) -> Ended {
        let mut state = self.state.clone();
        let ended = state.wait_for(|state| state.ended.is_some()).await;
        // The owner lives as long as a handle does, unless its runtime is going down.
        ended.map_or(Ended::of(Exit::Stopped, Status::default()), |state| {
            state.ended.clone().expect("this was waited for")
        })
    }

    /// How it ended, if it did.
    pub(crate) fn end_so_far(&self) -> Option<Ended> {
        self.state.borrow().ended.clone()
    }

    /// Waits until there is more output than `known` bytes; returns how many there are.
    pub(crate) async fn more_output(&self, known: u64) -> u64 {
        let mut state = self.state.clone();
        let total = state.wait_for(|state| state.total > known).await;
        let total = total.map(|state| state.total).ok();
        match total {
            Some(total) => total,
            None => std::future::pending().await,
        }
    }

    /// Bytes written so far.
    pub(crate) fn total(&self) -> u64 {
        self.state.borrow().total
    }

    /// Ends the whole group and waits until it has ended.
    pub(crate) async fn stop(&self, exit: Exit) -> Ended {
        // A full queue or a gone owner: the wait tells.
        let _ = self.asks.send(Ask::Stop(exit)).await;
        self.ended().await
    }

    /// From now on the group ends when this fires. Keeps no handle.
    pub(crate) fn ends_with(&self, stopped: CancellationToken) {
        let (mut state, asks) = (self.state.clone(), self.asks.downgrade());
        tokio::spawn(async move {
            let ended = async { state.wait_for(|state| state.ended.is_some()).await.is_ok() };
            tokio::select! {
                biased;
                _ = ended => {}
                () = stopped.cancelled() => {
                    if let Some(asks) = asks.upgrade() {
                        // An owner that is gone has ended it.
                        let _ = asks.send(Ask::Stop(Exit::Stopped)).await;
                    }
                }
            }
        });
    }

    /// Does this at the end. Keeps no handle.
    pub(crate) fn when_ended(&self, work: impl FnOnce() + Send + 'static) {
        let mut state = self.state.clone();
        tokio::spawn(async move {
            // It ends with its owner at the latest.
            let _ = state.wait_for(|state| state.ended.is_some()).await;
            work();
        });
    }

    pub(crate) async fn output(&self, part: Part) -> String {
        self.output_and_total(part).await.0
    }

    /// What was written after the first `known` bytes, and how many bytes that makes in all.
    pub(crate) async fn output_since(&self, known: u64) -> (String, u64) {
        self.output_and_total(Part::Since(known)).await
    }

    async fn output_and_total(&self, part: Part) -> (String, u64) {
        let (reply, answer) = oneshot::channel();
        let _ = self.asks.send(Ask::Output { part, reply }).await;
        answer.await.unwrap_or_default()
    }

    /// Writes to the input of the process. False when it takes none any more.
    pub(crate) async fn write(&self, bytes: Vec<u8>) -> bool {
        let (reply, answer) = oneshot::channel();
        let _ = self.asks.send(Ask::Write { bytes, reply }).await;
        answer.await.unwrap_or(false)
    }
}

/// The task that owns the process.
struct Owner {
    spawned: Spawned,
    output: Output,
    /// A secret may be cut by a chunk, and would be by what is kept: it goes before that.
    redaction: Box<dyn RedactStream>,
    publish: watch::Sender<State>,
    asked: mpsc::Receiver<Ask>,
    deadline: Option<Instant>,
}

impl Owner {
    async fn run(mut self) {
        let (exit, status) = self.live().await;
        self.spawned.leader.kill_group();
        if exit != Exit::Own {
            leavers::end(self.spawned.held.as_ref()).await;
        }
        self.read_the_rest().await;
        // Whoever is told of the end finds that it has ended.
        leavers::let_go(self.spawned.held.take()).await;
        let mut held = Vec::new();
        self.redaction.finish(&mut held);
        self.keep(&held);
        let ended = Ended::of(exit, status);
        self.publish
            .send_modify(|state| state.ended = Some(ended.clone()));
        while let Some(ask) = self.asked.recv().await {
            self.answer(ask);
        }
    }

    /// Until the leader is gone.
    async fn live(&mut self) -> (Exit, Status) {
        let mut exit = Exit::Own;
        let mut kill_at = None;
        loop {
            tokio::select! {
                biased;
                () = at(kill_at) => {
                    self.spawned.leader.kill_group();
                    kill_at = None;
                }
                () = at(self.deadline), if exit == Exit::Own => {
                    exit = self.ask_to_end(Exit::TimedOut, &mut kill_at);
                }
                ask = self.asked.recv(), if exit == Exit::Own => match ask {
                    Some(Ask::Stop(why)) => exit = self.ask_to_end(why, &mut kill_at),
                    Some(ask) => self.answer(ask),
                    None => exit = self.ask_to_end(Exit::Stopped, &mut kill_at),
                },
                status = self.spawned.leader.wait() => return (exit, status),
                Some(bytes) = self.spawned.output.recv() => self.take(&bytes),
            }
        }
    }

    fn ask_to_end(&mut self, why: Exit, kill_at: &mut Option<Instant>) -> Exit {
        self.spawned.leader.end_group();
        *kill_at = Some(Instant::now() + GRACE);
        why
    }

    async fn read_the_rest(&mut self) {
        let patience = tokio::time::sleep(LAST_OUTPUT);
        tokio::pin!(patience);
        loop {
            tokio::select! {
                biased;
                bytes = self.spawned.output.recv() => match bytes {
                    Some(bytes) => self.take(&bytes),
                    None => return,
                },
                () = &mut patience => return,
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        let mut clean = Vec::with_capacity(bytes.len());
        self.redaction.push(bytes, &mut clean);
        self.keep(&clean);
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.output.push(bytes);
        let total = self.output.total();
        self.publish.send_modify(|state| state.total = total);
    }

    /// A caller that went away needs no answer.
    fn answer(&self, ask: Ask) {
        match ask {
            Ask::Stop(_) => {}
            Ask::Output { part, reply } => {
                let text = match part {
                    Part::All => self.output.all(),
                    Part::Last(most) => self.output.last(most),
                    Part::Since(known) => self.output.since(known),
                };
                let _ = reply.send((text, self.output.total()));
            }
            Ask::Write { bytes, reply } => {
                let _ = reply.send(self.spawned.input.try_send(bytes).is_ok());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_code_is_an_answer_and_a_signal_a_failure() {
        let ended = |code, signal: Option<&str>| Ended {
            exit: Exit::Own,
            code,
            signal: signal.map(str::to_owned),
        };
        assert!(!ended(Some(3), None).is_failure());
        assert_eq!(
            ended(Some(3), None).note().unwrap(),
            "Command exited with code 3"
        );
        assert!(ended(None, Some("SIGKILL")).is_failure());
    }
}
