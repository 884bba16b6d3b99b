//! Starting a process on a terminal of its own. It leads a session, and with it a process group.
//!
//! Terminals are read, written and waited for by threads: the library's calls block.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    io::{Read, Write},
    thread,
};

use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};
use tokio::sync::{mpsc, watch};

use super::spawn::{CHUNK, CHUNKS, Leader, Spawned, Status};
use crate::{govern::ExecEffect, tools::ToolError};

/// The size that programs are told. Wide, so that lines are seldom broken.
const SIZE: PtySize = PtySize {
    rows: 40,
    cols: 120,
    pixel_width: 0,
    pixel_height: 0,
};

/// A process with its terminal.
pub(super) struct Terminal {
    pid: u32,
    status: watch::Receiver<Option<Status>>,
    #[cfg(not(unix))]
    killer: Box<dyn portable_pty::ChildKiller + Send + Sync>,
    /// Held open as long as the process lives: closing it hangs up.
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    #[cfg(not(unix))]
    pub(super) fn kill(&mut self) {
        // One that is gone already is what was wanted.
        drop(self.killer.kill());
    }

    pub(super) async fn wait(&mut self) -> Status {
        let status = self.status.wait_for(Option::is_some).await;
        let status = status.map(|status| status.clone());
        status.ok().flatten().unwrap_or_default()
    }
}

pub(super) fn spawn(
    effect: &ExecEffect,
    env: &BTreeMap<OsString, OsString>,
) -> Result<Spawned, ToolError> {
    let failed = |error: &dyn std::fmt::Display| {
        ToolError::Failed(format!(
            "cannot start {} on a terminal: {error}",
            effect.command
        ))
    };
    let pair = native_pty_system()
        .openpty(SIZE)
        .map_err(|error| failed(&error))?;
    let mut command = CommandBuilder::new(&effect.executable);
    command.args(&effect.argv[1..]);
    command.cwd(&effect.cwd);
    command.env_clear();
    for (name, value) in env {
        command.env(name, value);
    }
    if !env.contains_key(std::ffi::OsStr::new("TERM")) {
        command.env("TERM", "xterm-256color");
    }
    let mut child = pair
        .slave
        .spawn_command(command)
        .map_err(|error| failed(&error))?;
    drop(pair.slave);
    let reader = pair
        .master
        .try_clone_reader()
        .map_err(|error| failed(&error))?;
    let writer = pair.master.take_writer().map_err(|error| failed(&error))?;
    let pid = child.process_id().unwrap_or_default();
    #[cfg(not(unix))]
    let killer = child.clone_killer();
    let (ended, status) = watch::channel(None);
    let (chunks, output) = mpsc::channel(CHUNKS);
    let (input, lines) = mpsc::channel(CHUNKS);
    thread::spawn(move || {
        let status = child.wait().map(|status| status_of(&status));
        // Nobody waits any more when the owner is gone.
        let _ = ended.send(Some(status.unwrap_or_default()));
    });
    thread::spawn(move || read(reader, &chunks));
    thread::spawn(move || write(writer, lines));
    let _master = pair.master;
    Ok(Spawned {
        leader: Leader::Pty(Terminal {
            pid,
            status,
            #[cfg(not(unix))]
            killer,
            _master,
        }),
        output,
        input,
        held: None,
    })
}

fn status_of(status: &portable_pty::ExitStatus) -> Status {
    let signal = status.signal().map(str::to_owned);
    let code = i32::try_from(status.exit_code()).ok();
    Status {
        code: code.filter(|_| signal.is_none()),
        signal,
    }
}

fn read(mut from: impl Read, chunks: &mpsc::Sender<Vec<u8>>) {
    let mut buffer = vec![0; CHUNK];
    // A terminal whose process is gone answers with an error; that is its end.
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if chunks.blocking_send(buffer[..count].to_vec()).is_err() {
            return;
        }
    }
}

fn write(mut to: impl Write, mut chunks: mpsc::Receiver<Vec<u8>>) {
    while let Some(bytes) = chunks.blocking_recv() {
        // The end of input is a key on a terminal.
        let bytes = if bytes.is_empty() { vec![4] } else { bytes };
        if to.write_all(&bytes).and_then(|()| to.flush()).is_err() {
            return;
        }
    }
}
