//! A headless gateway of a test's own: the built binary with its state in a temporary folder.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use gatehouse_testkit::gateway::Auth;
use gatehouse_testkit::official::OfficialCli;
use gatehouse_testkit::operator::{ALL_SCOPES, Operator, OperatorDial};
use serde_json::Value;

use crate::run::Gatehouse;
use crate::tap::Tap;

pub(crate) const TOKEN: &str = "token-of-the-own-gateway-1f0e";

/// A running gateway. Killed when dropped.
pub(crate) struct OwnGateway {
    child: Child,
    pub(crate) url: String,
    /// Of its certificate.
    pub(crate) fingerprint: Option<String>,
    state: tempfile::TempDir,
    /// Between it and the clients that are not ours.
    pub(crate) tap: Tap,
}

impl OwnGateway {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(options: &[&str]) -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), 0, options, None)
    }

    /// With a configuration of its own.
    pub(crate) fn configured(config: &Value) -> Self {
        let state = tempfile::tempdir().unwrap();
        std::fs::write(state.path().join("gatehouse.json"), config.to_string()).unwrap();
        Self::in_folder(state, 0, &[], None)
    }

    /// With no more than so many open files.
    pub(crate) fn with_files(files: u32) -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), 0, &[], Some(files))
    }

    fn in_folder(
        state: tempfile::TempDir,
        port: u16,
        options: &[&str],
        files: Option<u32>,
    ) -> Self {
        // The commands of these tests are harmless; what is tried is that a person is asked.
        let asks = r#"{ rules: [{ id: "commands", verdict: "ask", match: { tool: "exec" } }] }"#;
        std::fs::write(state.path().join("policy.json5"), asks).unwrap();
        let limit = files.map_or(String::new(), |files| format!("ulimit -n {files};"));
        let mut child = Command::new("sh")
            .args(["-c", &format!("{limit} exec \"$@\""), "sh"])
            .arg(env!("CARGO_BIN_EXE_gatehouse"))
            .args([
                "gateway",
                "run",
                "--json",
                "--port",
                &port.to_string(),
                "--state-dir",
            ])
            .arg(state.path())
            .args(options)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", state.path())
            .env("OPENCLAW_GATEWAY_TOKEN", TOKEN)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(state.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("{error}: {line}{}", log_of(state.path())));
        let url = said["gateway"]["url"].as_str().unwrap().to_owned();
        let fingerprint = said["gateway"]["fingerprint"].as_str().map(str::to_owned);
        Self {
            tap: Tap::on(&url),
            child,
            url,
            fingerprint,
            state,
        }
    }

    pub(crate) fn state_dir(&self) -> &Path {
        self.state.path()
    }

    pub(crate) fn log(&self) -> String {
        log_of(self.state.path())
    }

    pub(crate) fn port(&self) -> u16 {
        self.url.rsplit(':').next().unwrap().parse().unwrap()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The status that it ended with.
    pub(crate) fn ended(&mut self) -> Option<i32> {
        let until = Instant::now() + Duration::from_secs(60);
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it does not end: {}", self.log())
    }

    /// Dies without a word, and comes back on the same port with the same state.
    pub(crate) fn killed_and_back(self) -> Self {
        self.killed_and_back_with(&[])
    }

    pub(crate) fn killed_and_back_with(mut self, options: &[&str]) -> Self {
        let port = self.port();
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let state = std::mem::replace(&mut self.state, tempfile::tempdir().unwrap());
        drop(self);
        Self::in_folder(state, port, options, None)
    }

    /// Our command line as somebody uses it who is let in.
    pub(crate) fn gatehouse(&self) -> Gatehouse {
        Gatehouse::new()
            .env("OPENCLAW_GATEWAY_URL", &self.url)
            .env("OPENCLAW_GATEWAY_TOKEN", TOKEN)
    }

    pub(crate) fn official(&self) -> OfficialCli {
        OfficialCli::of(&self.tap.url, TOKEN).unwrap()
    }

    /// How the reference client connects.
    pub(crate) fn dial(&self) -> OperatorDial {
        OperatorDial {
            url: self.tap.url.clone(),
            auth: Auth::Token,
            secret: TOKEN.to_owned(),
            protocol: 4,
            tls_fingerprint: None,
            scopes: ALL_SCOPES.to_vec(),
            with_device: false,
            node: None,
            log: self.state.path().join("operator.log"),
        }
    }

    pub(crate) async fn operator(&self) -> Operator {
        let dialled = Operator::dial(self.dial()).await;
        dialled.unwrap_or_else(|error| panic!("{error}\n{}", self.log()))
    }
}

impl Drop for OwnGateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn log_of(state: &Path) -> String {
    std::fs::read_to_string(state.join("log")).unwrap_or_default()
}
