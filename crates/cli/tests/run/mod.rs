//! Runs the built binary with an environment of its own, and reads what it says.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

/// For a line that must come. Generous, because the cores are shared with other tests.
#[allow(dead_code, reason = "not every test that shares this file watches")]
pub(crate) const SOON: Duration = Duration::from_secs(150);

/// A command line in the making.
pub(crate) struct Gatehouse {
    options: Vec<String>,
    environment: Vec<(String, String)>,
    home: tempfile::TempDir,
    stdin: String,
}

/// What a run said.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Done {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Gatehouse {
    pub(crate) fn new() -> Self {
        Self {
            options: Vec::new(),
            environment: Vec::new(),
            home: tempfile::tempdir().unwrap(),
            stdin: String::new(),
        }
    }

    /// With an option, behind the command.
    pub(crate) fn with(mut self, option: &str, value: &str) -> Self {
        self.options.extend([option.to_owned(), value.to_owned()]);
        self
    }

    #[allow(dead_code, reason = "not every test that shares this file needs it")]
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With something to read.
    #[allow(dead_code, reason = "not every test that shares this file needs it")]
    pub(crate) fn saying(mut self, text: &str) -> Self {
        self.stdin = text.to_owned();
        self
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, line: &[&str]) -> Done {
        let mut child = self
            .command(line)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // One that does not read has ended already, or never will.
        let _ = child.stdin.take().unwrap().write_all(self.stdin.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Done {
            status: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Starts it and reads its lines as they come.
    #[allow(dead_code, reason = "not every test that shares this file watches")]
    pub(crate) fn start(&self, line: &[&str]) -> Running {
        self.start_reading(line, Stdio::null())
    }

    /// Likewise, with something to read from.
    #[allow(dead_code, reason = "not every test that shares this file watches")]
    pub(crate) fn start_reading(&self, line: &[&str], stdin: Stdio) -> Running {
        let mut child = self
            .command(line)
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Running { child, lines }
    }

    /// It as it is started.
    pub(crate) fn command(&self, line: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatehouse"));
        command
            .args(line)
            .args(&self.options)
            .env_clear()
            .env("HOME", self.home.path())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }
}

/// A command that goes on. Killed when dropped.
#[allow(dead_code, reason = "not every test that shares this file watches")]
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
}

#[allow(dead_code, reason = "not every test that shares this file watches")]
impl Running {
    /// Whether it has ended by itself.
    pub(crate) fn ended(&mut self) -> Option<i32> {
        self.child
            .try_wait()
            .unwrap()
            .map(|status| status.code().unwrap_or(-1))
    }

    /// The next line.
    pub(crate) fn line(&self) -> String {
        self.lines.recv_timeout(SOON).expect("a line comes")
    }

    /// Sends it a SIGTERM.
    #[cfg(unix)]
    pub(crate) fn ask_to_end(&self) {
        let pid = i32::try_from(self.child.id()).unwrap();
        let pid = rustix::process::Pid::from_raw(pid).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    }

    /// The status that it ends with.
    pub(crate) fn wait(&mut self) -> i32 {
        self.child.wait().unwrap().code().unwrap_or(-1)
    }

    /// The next line, as JSON.
    pub(crate) fn json(&self) -> Value {
        let line = self.lines.recv_timeout(SOON).expect("a line comes");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
