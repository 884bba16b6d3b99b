//! The official command line (`openclaw` 2026.9.6), with a home and a state folder of its own, told about one gateway
//! in the way a person tells it: in its configuration, and with `--url` and `--token`.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use crate::error::{During, TestkitError};
use crate::gateway::quirks;
use crate::{peers, scratch};

/// A cold start of it takes three seconds on idle cores.
const LIMIT: Duration = Duration::from_secs(180);

/// The command line of somebody who is let in.
pub struct OfficialCli {
    folder: tempfile::TempDir,
    url: String,
    token: String,
}

/// What a run said.
#[derive(Debug)]
pub struct Said {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Said {
    /// Stdout as JSON.
    pub fn json(&self) -> Result<Value, TestkitError> {
        serde_json::from_str(&self.stdout)
            .map_err(|error| TestkitError::Other(format!("{error}: {self:?}")))
    }
}

impl OfficialCli {
    pub fn of(url: &str, token: &str) -> Result<Self, TestkitError> {
        let folder = scratch::folder("official")?;
        let config =
            json!({ "gateway": { "mode": "remote", "remote": { "url": url, "token": token } } });
        std::fs::write(folder.path().join("openclaw.json"), config.to_string())
            .during("configure the official command line")?;
        Ok(Self {
            folder,
            url: url.to_owned(),
            token: token.to_owned(),
        })
    }

    /// Runs it with `--url` and `--token` behind the arguments.
    pub async fn run(&self, arguments: &[&str]) -> Result<Said, TestkitError> {
        let target = ["--url", &self.url, "--token", &self.token];
        self.run_plain(&[arguments, &target].concat()).await
    }

    /// Runs it with nothing but its configuration: for commands without these options.
    pub async fn run_plain(&self, arguments: &[&str]) -> Result<Said, TestkitError> {
        let folder = self.folder.path();
        let mut command = tokio::process::Command::new(peers::node()?);
        command
            .arg(peers::installed("openclaw/openclaw.mjs")?)
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", folder)
            .env("TMPDIR", folder)
            .env("NO_COLOR", "1")
            .env("OPENCLAW_STATE_DIR", folder.join("state"))
            .env("OPENCLAW_CONFIG_PATH", folder.join("openclaw.json"))
            .envs(quirks::SWITCHED_ON.map(|name| (name, "1")))
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let output = tokio::time::timeout(LIMIT, command.output()).await;
        let output = output.map_err(|_| TestkitError::TimedOut {
            what: format!("openclaw {}", arguments.join(" ")),
            waited: LIMIT,
        })?;
        let output = output.during("run the official command line")?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(Said {
            status: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        })
    }
}
