//! Our gateway as people run it: a release build of `gatehouse gateway run` in a process of its own.

use std::{
    fs::{self, File},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use gatehouse_testkit::model::{MODEL_ID, ScriptedModel};
use serde_json::json;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const START_LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(1);

/// A folder, a model and a port; a process while it runs, killed when this is dropped.
pub(crate) struct OwnGateway {
    folder: TempDir,
    model: ScriptedModel,
    port: u16,
    process: Option<Child>,
}

impl OwnGateway {
    pub(crate) const TOKEN: &str = "bench-token-0123456789abcdef";

    pub(crate) fn lay_out() -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let model = ScriptedModel::start().map_err(|error| error.to_string())?;
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let own = Self {
            folder,
            model,
            port: address.port(),
            process: None,
        };
        fs::write(own.config_path(), own.config()).map_err(|error| error.to_string())?;
        Ok(own)
    }

    pub(crate) async fn launch(&mut self) -> Result<(), String> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log_path());
        let log = log.map_err(|error| error.to_string())?;
        let process = Command::new(env!("CARGO_BIN_EXE_gatehouse"))
            .args([
                "gateway",
                "run",
                "--port",
                &self.port.to_string(),
                "--config",
            ])
            .arg(self.config_path())
            .arg("--state-dir")
            .arg(self.state_dir())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.folder.path())
            .env("OPENCLAW_GATEWAY_TOKEN", Self::TOKEN)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        self.process = Some(process.map_err(|error| error.to_string())?);
        let begun = Instant::now();
        while !healthy(self.port).await {
            self.check_alive()?;
            if begun.elapsed() > START_LIMIT {
                return Err(format!("it was not healthy in {START_LIMIT:?}"));
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    /// Asks it to end, so that its state is whole, and waits for that.
    pub(crate) fn stop(&mut self) {
        let Some(mut process) = self.process.take() else {
            return;
        };
        let _ = Command::new("kill")
            .args(["-TERM", &process.id().to_string()])
            .status();
        let begun = Instant::now();
        while matches!(process.try_wait(), Ok(None)) && begun.elapsed() < Duration::from_secs(15) {
            std::thread::sleep(Duration::from_millis(10));
        }
        // Only when it did not end by itself.
        let _ = process.kill();
        let _ = process.wait();
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn model(&self) -> &ScriptedModel {
        &self.model
    }

    pub(crate) fn process_id(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    pub(crate) fn state_dir(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    fn config_path(&self) -> PathBuf {
        self.folder.path().join("gatehouse.json")
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("gateway.log")
    }

    /// The same provider that the published gateway is given.
    fn config(&self) -> String {
        let provider = json!({
            "baseUrl": self.model.base_url(), "apiKey": "none", "api": "openai-completions",
            "models": [{
                "id": MODEL_ID, "name": "Scripted", "contextWindow": 128_000, "maxTokens": 8192,
                "input": ["text"], "reasoning": false,
                "cost": { "input": 1, "output": 2, "cacheRead": 0, "cacheWrite": 0 },
            }],
        });
        let config = json!({
            "models": { "providers": { "scripted-endpoint": provider } },
            "agents": { "defaults": {
                "workspace": self.folder.path().join("workspace"),
                "model": { "primary": format!("scripted-endpoint/{MODEL_ID}") },
            } },
        });
        config.to_string()
    }

    fn check_alive(&mut self) -> Result<(), String> {
        let ended = self
            .process
            .as_mut()
            .and_then(|child| child.try_wait().ok().flatten());
        match ended {
            None => Ok(()),
            Some(status) => {
                let log = fs::read_to_string(self.log_path()).unwrap_or_default();
                Err(format!("it ended with {status}: {log}"))
            }
        }
    }
}

impl Drop for OwnGateway {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Whether `GET /health` is answered with 200.
async fn healthy(port: u16) -> bool {
    let probe = async {
        let mut socket = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
        let request = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
        socket.write_all(request).await.ok()?;
        let mut answer = [0; 12];
        socket.read_exact(&mut answer).await.ok()?;
        (&answer == b"HTTP/1.1 200").then_some(())
    };
    matches!(
        tokio::time::timeout(Duration::from_secs(2), probe).await,
        Ok(Some(()))
    )
}
