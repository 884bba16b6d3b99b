//! Starting a process as the leader of a group of its own, with its output and input as channels.

use std::{collections::BTreeMap, ffi::OsString, process::Stdio};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::{ChildStdin, Command},
    sync::mpsc,
};

use super::ExecOptions;
use crate::{govern::ExecEffect, tools::ToolError};

/// Chunks that may wait between a reader and the owner: a process that writes faster is slowed down.
pub(super) const CHUNKS: usize = 64;

/// Bytes of one chunk, at most.
pub(super) const CHUNK: usize = 8 * 1024;

/// A process that has just begun.
pub(super) struct Spawned {
    pub(super) leader: Leader,
    /// What it writes. Closed when nobody holds its output any more.
    pub(super) output: mpsc::Receiver<Vec<u8>>,
    /// What it reads. An empty chunk closes its input.
    pub(super) input: mpsc::Sender<Vec<u8>>,
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
}

impl Leader {
    pub(super) fn pid(&self) -> u32 {
        match self {
            Self::Plain { pid, .. } => *pid,
            Self::Pty(terminal) => terminal.pid(),
        }
    }

    /// Waits for the leader. Safe to drop and call again.
    pub(super) async fn wait(&mut self) -> Status {
        match self {
            Self::Plain { child, .. } => child.wait().await.map(status_of).unwrap_or_default(),
            Self::Pty(terminal) => terminal.wait().await,
        }
    }

    /// Asks the group to end.
    #[cfg(unix)]
    pub(super) fn end_group(&mut self) {
        group::signal(self.pid(), rustix::process::Signal::TERM);
    }

    /// Ends the group without asking.
    #[cfg(unix)]
    pub(super) fn kill_group(&mut self) {
        group::signal(self.pid(), rustix::process::Signal::KILL);
    }

    /// Without process groups the leader alone is ended, and is not asked.
    #[cfg(not(unix))]
    pub(super) fn end_group(&mut self) {
        self.kill_group();
    }

    #[cfg(not(unix))]
    pub(super) fn kill_group(&mut self) {
        // One that is gone already is what was wanted.
        match self {
            Self::Plain { child, .. } => drop(child.start_kill()),
            Self::Pty(terminal) => terminal.kill(),
        }
    }
}

#[cfg(unix)]
fn status_of(status: std::process::ExitStatus) -> Status {
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
fn status_of(status: std::process::ExitStatus) -> Status {
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
        .envs(
            options
                .environment
                .iter()
                .map(|(name, value)| (name, value)),
        )
        .envs(env)
        // As OpenClaw does, so that a shell's start files can tell where they run.
        .env("OPENCLAW_SHELL", "exec")
        .stdin(stdin_for(effect))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    #[cfg(unix)]
    command.arg0(&effect.argv[0]);
    let mut child = command
        .spawn()
        .map_err(|error| ToolError::io(format!("cannot start {}", effect.command), error))?;
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
    })
}

/// All that the process gets: what is inherited, what the call sets, and a mark for a shell's start files to
/// tell where they run, as OpenClaw sets it.
fn environment(
    env: &BTreeMap<String, String>,
    options: &ExecOptions,
) -> BTreeMap<OsString, OsString> {
    let mut all: BTreeMap<_, _> = options.environment.iter().cloned().collect();
    all.extend(env.iter().map(|(name, value)| (name.into(), value.into())));
    all.insert("OPENCLAW_SHELL".into(), "exec".into());
    all
}

/// A command that nobody can write to must not wait for input.
fn stdin_for(effect: &ExecEffect) -> Stdio {
    if effect.background {
        Stdio::piped()
    } else {
        Stdio::null()
    }
}

async fn read(mut from: impl AsyncRead + Unpin, chunks: mpsc::Sender<Vec<u8>>) {
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

#[cfg(unix)]
mod group {
    use rustix::process::{Pid, Signal, kill_process_group};

    /// A group that is gone already is what was wanted.
    pub(super) fn signal(leader: u32, signal: Signal) {
        let pid = i32::try_from(leader).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid {
            let _ = kill_process_group(pid, signal);
        }
    }
}
