//! A program that a test started, together with everything it started in turn: one process group, one log
//! file, and an end that cannot be missed, not even when the test itself is killed.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process_group};

use crate::error::{During, TestkitError};

/// Runs the program as the group's leader beside a watcher that holds the read end of a pipe from the test.
/// When the test ends, however it ends, the pipe closes and the watcher kills the group. `$1` is the file
/// that the program reads as its standard input, since the pipe has taken that place.
const LEADER: &str = r#"
exec 3<&0
(read -r _ <&3; kill -KILL 0) >/dev/null 2>&1 &
input=$1; shift
exec "$@" 3<&- <"$input"
"#;

/// How much of a log goes into an error message.
const LOG_TAIL_BYTES: u64 = 4096;
const POLL: Duration = Duration::from_millis(50);

/// A program to be started as a peer. Its environment holds what is named here and nothing else.
pub(crate) struct PeerCommand {
    what: String,
    log: PathBuf,
    program: OsString,
    args: Vec<OsString>,
    env: BTreeMap<OsString, OsString>,
    directory: Option<PathBuf>,
    input: Option<String>,
}

impl PeerCommand {
    /// `what` names it in errors; what it prints is appended to `log`.
    pub(crate) fn new(what: impl Into<String>, program: impl Into<OsString>, log: &Path) -> Self {
        Self {
            what: what.into(),
            log: log.to_owned(),
            program: program.into(),
            args: Vec::new(),
            env: BTreeMap::new(),
            directory: None,
            input: None,
        }
    }

    pub(crate) fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    pub(crate) fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.insert(name.into(), value.into());
        self
    }

    pub(crate) fn envs<K, V>(mut self, variables: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: Into<OsString>,
        V: Into<OsString>,
    {
        self.env
            .extend(variables.into_iter().map(|(k, v)| (k.into(), v.into())));
        self
    }

    pub(crate) fn directory(mut self, directory: &Path) -> Self {
        self.directory = Some(directory.to_owned());
        self
    }

    /// What the program reads from its standard input; nothing when not given.
    pub(crate) fn input(mut self, text: impl Into<String>) -> Self {
        self.input = Some(text.into());
        self
    }

    /// Starts it with its output in the log.
    pub(crate) fn spawn(self) -> Result<PeerProcess, TestkitError> {
        Ok(self.spawn_with(|log| Ok(log.into()))?.0)
    }

    /// Starts it with its standard output for the caller to read; errors still go to the log.
    pub(crate) fn spawn_piped(self) -> Result<(PeerProcess, ChildStdout), TestkitError> {
        let (process, output) = self.spawn_with(|_| Ok(Stdio::piped()))?;
        Ok((process, output.expect("the output was asked for as a pipe")))
    }

    fn spawn_with(
        self,
        output: impl FnOnce(File) -> std::io::Result<Stdio>,
    ) -> Result<(PeerProcess, Option<ChildStdout>), TestkitError> {
        let doing = format!("start {}", self.what);
        let log = File::options()
            .create(true)
            .append(true)
            .open(&self.log)
            .during(&doing)?;
        let output = output(log.try_clone().during(&doing)?).during(&doing)?;
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", LEADER, "sh"])
            .arg(self.input_file().during(&doing)?);
        command
            .arg(&self.program)
            .args(&self.args)
            .env_clear()
            .envs(&self.env);
        command
            .stdin(Stdio::piped())
            .stdout(output)
            .stderr(log)
            .process_group(0);
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        let mut child = command.spawn().during(&doing)?;
        let lifeline = child
            .stdin
            .take()
            .expect("the input was asked for as a pipe");
        let stdout = child.stdout.take();
        let process = PeerProcess {
            what: self.what,
            child,
            log: self.log,
            ended: None,
            _lifeline: lifeline,
        };
        Ok((process, stdout))
    }

    fn input_file(&self) -> std::io::Result<PathBuf> {
        let Some(text) = &self.input else {
            return Ok(PathBuf::from("/dev/null"));
        };
        let path = self.log.with_extension("stdin");
        fs::write(&path, text)?;
        Ok(path)
    }
}

/// A running process group. Killed when dropped.
pub(crate) struct PeerProcess {
    what: String,
    child: Child,
    log: PathBuf,
    ended: Option<ExitStatus>,
    // Open for as long as the group may live: see LEADER.
    _lifeline: ChildStdin,
}

impl PeerProcess {
    pub(crate) fn log_tail(&self) -> String {
        log_tail(&self.log)
    }

    /// An error if the program has ended by itself.
    pub(crate) fn check_alive(&mut self) -> Result<(), TestkitError> {
        match self.status() {
            None => Ok(()),
            Some(status) => Err(TestkitError::Ended {
                what: self.what.clone(),
                status: status.to_string(),
                log: self.log_tail(),
            }),
        }
    }

    /// Polls until `ready` gives something, the program ends or the time is up.
    pub(crate) async fn wait_for<T>(
        &mut self,
        limit: Duration,
        mut ready: impl AsyncFnMut() -> Option<T>,
    ) -> Result<T, TestkitError> {
        let begun = Instant::now();
        loop {
            if let Some(found) = ready().await {
                return Ok(found);
            }
            self.check_alive()?;
            if begun.elapsed() > limit {
                let (what, log) = (self.what.clone(), self.log_tail());
                return Err(TestkitError::NotReady {
                    what,
                    waited: limit,
                    log,
                });
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Asks the program to end, waits that long for it or until it says that it is `done`, then kills what is
    /// left of the group.
    pub(crate) async fn terminate(&mut self, grace: Duration, done: impl Fn() -> bool) {
        if let Some(pid) = self.pid() {
            // It may have ended in between: then there is nobody to tell.
            let _ = kill_process(pid, Signal::TERM);
        }
        let begun = Instant::now();
        while self.status().is_none() && begun.elapsed() < grace && !done() {
            tokio::time::sleep(POLL).await;
        }
        self.kill();
    }

    /// Sends a signal to the whole group.
    pub(crate) fn signal(&self, signal: Signal) {
        if let Some(pid) = self.pid() {
            let _ = kill_process_group(pid, signal);
        }
    }

    /// Kills the group and waits until nothing of it is left.
    pub(crate) fn kill(&mut self) {
        self.signal(Signal::KILL);
        if self.ended.is_none() {
            self.ended = self.child.wait().ok();
        }
        let begun = Instant::now();
        while self.group_exists() && begun.elapsed() < Duration::from_secs(2) {
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn group_exists(&self) -> bool {
        self.pid()
            .is_some_and(|pid| test_kill_process_group(pid).is_ok())
    }

    fn status(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().ok().flatten();
        }
        self.ended
    }

    /// The group's leader.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    fn pid(&self) -> Option<Pid> {
        Pid::from_raw(i32::try_from(self.child.id()).ok()?)
    }
}

impl Drop for PeerProcess {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The end of a log, for an error message.
pub(crate) fn log_tail(path: &Path) -> String {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(LOG_TAIL_BYTES)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    match read() {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => format!("(no log at {}: {error})", path.display()),
    }
}

/// Finds a program on the path, or says which Debian package has it.
pub(crate) fn require_program(
    program: &'static str,
    package: &'static str,
) -> Result<PathBuf, TestkitError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
        .ok_or(TestkitError::MissingProgram { program, package })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch_log() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("peer.log");
        (folder, log)
    }

    #[tokio::test]
    async fn a_dropped_process_takes_its_own_children_with_it() {
        let (_folder, log) = scratch_log();
        let mut process = PeerCommand::new("a shell", "/bin/sh", &log)
            .arg("-c")
            .arg("/bin/sleep 600 & echo $!; wait")
            .spawn()
            .unwrap();
        let grandchild = process
            .wait_for(Duration::from_secs(60), async || {
                fs::read_to_string(&log).ok()?.trim().parse::<i32>().ok()
            })
            .await
            .unwrap();
        drop(process);
        let state = fs::read_to_string(format!("/proc/{grandchild}/stat")).unwrap_or_default();
        assert!(
            state.is_empty() || state.contains(") Z"),
            "still running: {state}"
        );
    }

    #[tokio::test]
    async fn a_program_that_ends_by_itself_is_reported_with_its_log() {
        let (_folder, log) = scratch_log();
        let mut process = PeerCommand::new("a failing shell", "/bin/sh", &log)
            .arg("-c")
            .arg("echo out of luck; exit 3")
            .spawn()
            .unwrap();
        let error = process
            .wait_for(Duration::from_secs(60), async || None::<()>)
            .await
            .unwrap_err();
        assert!(error.to_string().contains("out of luck"), "{error}");
    }
}
