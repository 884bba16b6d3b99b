//! Starting a process as the leader of a group of its own, with its output and input as channels.

use std::process::{ExitStatus, Stdio};

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::Command,
    sync::mpsc,
};

use super::ExecOptions;
use crate::{govern::ExecEffect, tools::ToolError};

/// Chunks that may wait between a reader and the owner: a process that writes faster is slowed down.
const CHUNKS: usize = 64;

/// Bytes of one chunk, at most.
const CHUNK: usize = 8 * 1024;

/// A process that has just begun.
pub(super) struct Spawned {
    pub(super) leader: Leader,
    /// What it writes. Closed when nobody holds its output any more.
    pub(super) output: mpsc::Receiver<Vec<u8>>,
}

/// The first process of the group.
pub(super) enum Leader {
    Plain {
        child: tokio::process::Child,
        pid: u32,
    },
}

impl Leader {
    pub(super) fn pid(&self) -> u32 {
        let Self::Plain { pid, .. } = self;
        *pid
    }

    /// Waits for the leader. Safe to drop and call again.
    pub(super) async fn wait(&mut self) -> Option<ExitStatus> {
        let Self::Plain { child, .. } = self;
        child.wait().await.ok()
    }

    /// Asks the group to end.
    pub(super) fn end_group(&self) {
        group::signal(self.pid(), group::Signal::End);
    }

    /// Ends the group without asking.
    pub(super) fn kill_group(&self) {
        group::signal(self.pid(), group::Signal::Kill);
    }
}

/// Spawns exactly what the effect says.
pub(super) fn spawn(
    effect: &ExecEffect,
    env: &std::collections::BTreeMap<String, String>,
    options: &ExecOptions,
) -> Result<Spawned, ToolError> {
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
        .stdin(Stdio::null())
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
    Ok(Spawned {
        leader: Leader::Plain { child, pid },
        output,
    })
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

#[cfg(unix)]
pub(super) mod group {
    use rustix::process::{Pid, kill_process_group};

    #[derive(Clone, Copy)]
    pub(crate) enum Signal {
        End,
        Kill,
    }

    /// A group that is gone already is what was wanted.
    pub(crate) fn signal(leader: u32, signal: Signal) {
        let signal = match signal {
            Signal::End => rustix::process::Signal::TERM,
            Signal::Kill => rustix::process::Signal::KILL,
        };
        let pid = i32::try_from(leader).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid {
            let _ = kill_process_group(pid, signal);
        }
    }
}

#[cfg(not(unix))]
pub(super) mod group {
    #[derive(Clone, Copy)]
    pub(crate) enum Signal {
        End,
        Kill,
    }

    /// Without process groups the leader is ended when its handle is dropped.
    pub(crate) fn signal(_leader: u32, _signal: Signal) {}
}
