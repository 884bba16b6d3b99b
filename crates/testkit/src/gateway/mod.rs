//! The real gateways, as published: protocol 4 (`openclaw` 2026.9.6) and protocol 3 (2026.4.25), each with a
//! scripted model and a state folder of its own.
//!
//! What one must know about them is written down in [`quirks`].

mod options;
pub mod quirks;
mod tls;
mod v3_plugins;

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rustix::process::Signal;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

pub use options::{Auth, ExecPolicy, GatewayOptions, Pairing, Version};
pub use tls::TestCertificate;

use crate::{
    child::{PeerCommand, PeerProcess, log_tail},
    error::{During, TestkitError},
    model::ScriptedModel,
    operator::Operator,
    peers, scratch,
};

/// A cold start of either gateway takes 5 to 15 seconds on two idle cores, and the very first one after
/// `npm ci` half a minute more. Tests share the cores with a compiler.
const START_LIMIT: Duration = Duration::from_secs(400);
/// How often one is started that gives up by itself; see the quirk.
const STARTS: usize = 4;
/// A gateway without work ends within a second of SIGTERM; see the quirk about those that do not.
const STOP_GRACE: Duration = Duration::from_secs(10);
/// A busy gateway accepts a connection and then says nothing for a long time.
const PROBE_LIMIT: Duration = Duration::from_secs(2);

/// A running gateway. Its whole process group is killed when this is dropped.
pub struct RealGateway {
    version: Version,
    options: GatewayOptions,
    port: u16,
    secret: String,
    certificate: Option<TestCertificate>,
    model: ScriptedModel,
    folder: tempfile::TempDir,
    process: Option<PeerProcess>,
}

impl RealGateway {
    /// Starts a gateway with an empty state folder and waits until it answers `GET /health`.
    pub async fn start(version: Version, options: GatewayOptions) -> Result<Self, TestkitError> {
        let folder = scratch::folder("peer")?;
        let certificate = options
            .tls
            .then(|| TestCertificate::create(folder.path()))
            .transpose()?;
        let mut gateway = Self {
            version,
            port: free_port()?,
            secret: options.secret(),
            certificate,
            model: ScriptedModel::start()?,
            folder,
            process: None,
            options,
        };
        gateway
            .lay_out()
            .during("write the gateway's configuration")?;
        gateway.launch().await?;
        Ok(gateway)
    }

    /// Where a client connects: `ws://127.0.0.1:PORT`, or `wss://` with TLS.
    pub fn url(&self) -> String {
        format!(
            "{}://127.0.0.1:{}",
            if self.options.tls { "wss" } else { "ws" },
            self.port
        )
    }

    pub fn version(&self) -> Version {
        self.version
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The shared secret: a token or a password, as the options said.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    pub fn auth(&self) -> Auth {
        self.options.auth
    }

    /// The certificate it presents, when it was asked for TLS.
    pub fn certificate(&self) -> Option<&TestCertificate> {
        self.certificate.as_ref()
    }

    /// The first of its processes, while it runs.
    pub fn process_id(&self) -> Option<u32> {
        self.process.as_ref().map(PeerProcess::id)
    }

    /// The model that its agent talks to.
    pub fn model(&self) -> &ScriptedModel {
        &self.model
    }

    /// `OPENCLAW_STATE_DIR`.
    pub fn state_dir(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// `OPENCLAW_CONFIG_PATH`.
    pub fn config_path(&self) -> PathBuf {
        self.folder.path().join("openclaw.json")
    }

    /// Where the agent works: the `cwd` of its commands.
    pub fn workspace(&self) -> PathBuf {
        self.folder.path().join("workspace")
    }

    /// What it printed so far. Kept across restarts.
    pub fn log_path(&self) -> PathBuf {
        self.folder.path().join("gateway.log")
    }

    /// The end of the log, for an assertion's message.
    pub fn log_tail(&self) -> String {
        log_tail(&self.log_path())
    }

    /// A second client with every operator scope, through the published reference client.
    pub async fn operator(&self) -> Result<Operator, TestkitError> {
        Operator::connect(self).await
    }

    /// A setup code as its own command line makes one for a device that is to connect here.
    pub async fn setup_code(&self) -> Result<String, TestkitError> {
        let output = tokio::process::Command::new(peers::node()?)
            .arg(peers::installed(self.version.entry())?)
            .args(["qr", "--setup-code-only", "--url", &self.url()])
            .env_clear()
            .envs(self.environment())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = timeout(START_LIMIT, output).await;
        let output = output.map_err(|_| TestkitError::TimedOut {
            what: "openclaw qr".to_owned(),
            waited: START_LIMIT,
        })?;
        let output = output.during("make a setup code")?;
        let said = String::from_utf8_lossy(&output.stdout);
        let code = said.lines().map(str::trim).rfind(|line| !line.is_empty());
        code.map(str::to_owned).ok_or_else(|| {
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            TestkitError::Other(format!("openclaw qr made no setup code: {told}"))
        })
    }

    /// Asks the gateway to end, as a service supervisor would, and waits for it.
    pub async fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let before = self.shutdowns();
            process
                .terminate(STOP_GRACE, || self.shutdowns() > before)
                .await;
        }
    }

    /// Kills it without a word: what a power cut looks like to its clients and its state.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }

    /// Starts it again on the same port with the same state.
    pub async fn launch(&mut self) -> Result<(), TestkitError> {
        for _ in 1..STARTS {
            match self.launch_once().await {
                Err(TestkitError::Ended { log, .. }) if log.contains(quirks::GAVE_UP_STARTING) => {}
                outcome => return outcome,
            }
        }
        self.launch_once().await
    }

    async fn launch_once(&mut self) -> Result<(), TestkitError> {
        let mut process = self.command()?.spawn()?;
        let port = self.port;
        let tls = self.options.tls;
        process
            .wait_for(START_LIMIT, async || answers(port, tls).await.then_some(()))
            .await?;
        self.process = Some(process);
        Ok(())
    }

    /// [`stop`](Self::stop), then [`launch`](Self::launch).
    pub async fn restart(&mut self) -> Result<(), TestkitError> {
        self.stop().await;
        self.launch().await
    }

    /// Stops the process where it is: sockets stay open and nothing answers. [`thaw`](Self::thaw) undoes it.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// How often it has said that it is done; see the quirk about processes that then stay.
    fn shutdowns(&self) -> usize {
        let log = fs::read(self.log_path()).unwrap_or_default();
        String::from_utf8_lossy(&log)
            .matches(quirks::SHUTDOWN_DONE)
            .count()
    }

    fn signal(&self, signal: Signal) {
        if let Some(process) = &self.process {
            process.signal(signal);
        }
    }

    fn lay_out(&self) -> std::io::Result<()> {
        for folder in [self.state_dir(), self.workspace(), self.home()] {
            fs::create_dir_all(folder)?;
        }
        if self.version == Version::V3 {
            v3_plugins::lay_out(&self.plugins())?;
        }
        let config = options::configuration(self);
        fs::write(self.config_path(), serde_json::to_vec_pretty(&config)?)
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    fn plugins(&self) -> PathBuf {
        self.folder.path().join("plugins")
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self) -> Result<PeerCommand, TestkitError> {
        let entry = peers::installed(self.version.entry())?;
        let command = PeerCommand::new(
            format!("the {:?} gateway", self.version),
            peers::node()?,
            &self.log_path(),
        );
        Ok(command
            .arg(entry)
            .arg("gateway")
            .arg("run")
            .directory(&self.workspace())
            .envs(self.environment()))
    }

    /// Documented in the quirks, one by one.
    fn environment(&self) -> Vec<(&'static str, std::ffi::OsString)> {
        let mut variables: Vec<(&'static str, std::ffi::OsString)> = vec![
            ("PATH", "/usr/local/bin:/usr/bin:/bin".into()),
            ("HOME", self.home().into()),
            ("TMPDIR", self.folder().into()),
            ("OPENCLAW_STATE_DIR", self.state_dir().into()),
            ("OPENCLAW_CONFIG_PATH", self.config_path().into()),
        ];
        for name in quirks::SWITCHED_ON {
            variables.push((name, "1".into()));
        }
        if self.version == Version::V3 {
            variables.push((quirks::PLUGINS_FOLDER_FOR_V3, self.plugins().into()));
        }
        for name in quirks::SWITCHED_OFF {
            variables.push((name, "0".into()));
        }
        variables
    }
}

/// A port that was free a moment ago. The gateway wants a number; it can't be given a bound socket.
fn free_port() -> Result<u16, TestkitError> {
    let listener = TcpListener::bind("127.0.0.1:0").during("find a free port")?;
    Ok(listener.local_addr().during("find a free port")?.port())
}

/// Whether `GET /health` is answered with 200; with TLS, whether a connection is accepted at all.
async fn answers(port: u16, tls: bool) -> bool {
    let probe = async {
        let mut socket = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
        if tls {
            return Some(());
        }
        let request = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
        socket.write_all(request).await.ok()?;
        let mut answer = [0; 12];
        socket.read_exact(&mut answer).await.ok()?;
        (&answer == b"HTTP/1.1 200").then_some(())
    };
    matches!(timeout(PROBE_LIMIT, probe).await, Ok(Some(())))
}
