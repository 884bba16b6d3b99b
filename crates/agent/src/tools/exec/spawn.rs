//! Starting a process as the leader of a group of its own, with its output and input as channels.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::{ChildStdin, Command},
    sync::mpsc,
};

use super::ExecOptions;
use crate::{govern::ExecEffect, launch::Held, tools::ToolError};

/// Chunks that may wait between a reader and the owner: a process that writes faster is slowed down.
pub(super) const CHUNKS: usize = 64;

/// Bytes of one chunk, at most.
pub(super) const CHUNK: usize = 8 * 1024;

/// The variable that every process of a run begins with, by which it is known to be one.
pub const RUN_MARK: &str = "GATEHOUSE_AGENT_RUN";

/// Whether any was started since this program began.
static STARTED: AtomicBool = AtomicBool::new(false);

/// Whether a process of a run was started since this program began. Before that there is none to look for.
pub fn has_started() -> bool {
    STARTED.load(Ordering::Relaxed)
}

/// The marks that a process of a run is given: ours, which says which command it comes from, and the one by which OpenClaw lets a shell's start files tell
/// where they run.
pub(super) fn marks(of: &str) -> [(OsString, OsString); 2] {
    STARTED.store(true, Ordering::Relaxed);
    [
        (RUN_MARK.into(), of.into()),
        ("OPENCLAW_SHELL".into(), "exec".into()),
    ]
}

/// A process that has just begun.
pub(super) struct Spawned {
    pub(super) leader: Leader,
    /// What it writes. Closed when nobody holds its output any more.
    pub(super) output: mpsc::Receiver<Vec<u8>>,
    /// What it reads. An empty chunk closes its input.
    pub(super) input: mpsc::Sender<Vec<u8>>,
    /// Of what was judged: it tells that it still runs.
    pub(super) held: Option<Arc<Held>>,
}

/// How a process ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Status {
    pub(super) code: Option<i32>,
    pub(super) signal: Option<String>,
}

/// The first process of the group.
pub(super) enum Leader {
    Plain {
        child: tokio::process::Child,
        pid: u32,
    },
    Pty(super::pty::Terminal),
    /// Several programs, one pipeline after the other.
    Job(super::job::Job),
}

impl Leader {
    pub(super) fn pid(&self) -> u32 {
        match self {
            Self::Plain { pid, .. } => *pid,
            Self::Pty(terminal) => terminal.pid(),
            Self::Job(job) => job.pid(),
        }
    }

    /// Waits for the leader. Safe to drop and call again.
    pub(super) async fn wait(&mut self) -> Status {
        match self {
            Self::Plain { child, .. } => child.wait().await.map(status_of).unwrap_or_default(),
            Self::Pty(terminal) => terminal.wait().await,
            Self::Job(job) => job.wait().await,
        }
    }

    /// Asks the group to end. Without process groups the leader alone is ended, and is not asked.
    pub(super) fn end_group(&mut self) {
        self.end(group::Ending::Ask);
    }

    /// Ends the group without asking.
    pub(super) fn kill_group(&mut self) {
        self.end(group::Ending::Kill);
    }

    #[cfg(unix)]
    fn end(&mut self, ending: group::Ending) {
        match self {
            Self::Job(job) => job.end(ending),
            other => group::end(other.pid(), ending),
        }
    }

    #[cfg(not(unix))]
    fn end(&mut self, ending: group::Ending) {
        // One that is gone already is what was wanted.
        match self {
            Self::Plain { child, .. } => drop(child.start_kill()),
            Self::Pty(terminal) => terminal.kill(),
            Self::Job(job) => job.end(ending),
        }
    }
}

#[cfg(unix)]
pub(super) fn status_of(status: std::process::ExitStatus) -> Status {
    use std::os::unix::process::ExitStatusExt;
    Status {
        code: status.code(),
        signal: status.signal().map(signal_name),
    }
}

/// The signals that end a process in practice; others by number.
#[cfg(unix)]
fn signal_name(number: i32) -> String {
    let known = match number {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        6 => "SIGABRT",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        other => return format!("SIG{other}"),
    };
    known.to_owned()
}

#[cfg(not(unix))]
pub(super) fn status_of(status: std::process::ExitStatus) -> Status {
    Status {
        code: status.code(),
        signal: None,
    }
}

/// Spawns exactly what the effect says.
pub(super) fn spawn(
    effect: &ExecEffect,
    env: &BTreeMap<String, String>,
    options: &ExecOptions,
) -> Result<Spawned, ToolError> {
    let env = environment(env, options);
    if effect.pty {
        return super::pty::spawn(effect, &env);
    }
    let mut command = Command::new(&effect.executable);
    command
        .args(&effect.argv[1..])
        .current_dir(&effect.cwd)
        .env_clear()
        .envs(env)
        .stdin(stdin_for(effect))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    #[cfg(unix)]
    command.arg0(&effect.argv[0]);
    started(&mut command, &effect.command)
}

/// Starts a command whose output is piped. `name` is what an error calls it.
pub(super) fn started(command: &mut Command, name: &str) -> Result<Spawned, ToolError> {
    let mut child = command
        .spawn()
        .map_err(|error| ToolError::io(format!("cannot start {name}"), error))?;
    let pid = child.id().expect("it was not waited for yet");
    let (chunks, output) = mpsc::channel(CHUNKS);
    let stdout = child.stdout.take().expect("it was piped");
    let stderr = child.stderr.take().expect("it was piped");
    tokio::spawn(read(stdout, chunks.clone()));
    tokio::spawn(read(stderr, chunks));
    let (input, lines) = mpsc::channel(CHUNKS);
    if let Some(stdin) = child.stdin.take() {
        tokio::spawn(write(stdin, lines));
    }
    Ok(Spawned {
        leader: Leader::Plain { child, pid },
        output,
        input,
        held: None,
    })
}

/// All that the process gets: what is inherited, what the call sets, and the marks of a run.
fn environment(
    env: &BTreeMap<String, String>,
    options: &ExecOptions,
) -> BTreeMap<OsString, OsString> {
    let mut all: BTreeMap<_, _> = options.environment.iter().cloned().collect();
    all.extend(env.iter().map(|(name, value)| (name.into(), value.into())));
    all.extend(marks("1"));
    all
}

/// A command that nobody can write to must not wait for input.
pub(super) fn stdin_for(effect: &ExecEffect) -> Stdio {
    if effect.background {
        Stdio::piped()
    } else {
        Stdio::null()
    }
}

pub(super) async fn read(mut from: impl AsyncRead + Unpin, chunks: mpsc::Sender<Vec<u8>>) {
    let mut buffer = vec![0; CHUNK];
    loop {
        match from.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => {
                if chunks.send(buffer[..count].to_vec()).await.is_err() {
                    return;
                }
            }
        }
    }
}

async fn write(mut to: ChildStdin, mut chunks: mpsc::Receiver<Vec<u8>>) {
    while let Some(bytes) = chunks.recv().await {
        if bytes.is_empty() || to.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

/// Process groups, as far as the system has them.
pub(super) mod group {
    use tokio::process::Command;

    /// How a group is ended.
    #[derive(Clone, Copy, Debug)]
    pub(in super::super) enum Ending {
        Ask,
        Kill,
    }

    /// A group that is gone already is what was wanted.
    #[cfg(unix)]
    pub(in super::super) fn end(leader: u32, ending: Ending) {
        use rustix::process::{Pid, Signal, kill_process_group};
        let signal = match ending {
            Ending::Ask => Signal::TERM,
            Ending::Kill => Signal::KILL,
        };
        let pid = i32::try_from(leader).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid {
            let _ = kill_process_group(pid, signal);
        }
    }

    /// The handles of what is dropped end it.
    #[cfg(not(unix))]
    pub(in super::super) fn end(_: u32, _: Ending) {}

    /// Puts a process into the group of a leader, or makes it one.
    pub(in super::super) fn join(command: &mut Command, leader: Option<u32>) {
        #[cfg(unix)]
        command.process_group(
            leader
                .and_then(|leader| i32::try_from(leader).ok())
                .unwrap_or(0),
        );
        #[cfg(not(unix))]
        let _ = (command, leader);
    }
}
