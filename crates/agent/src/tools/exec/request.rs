//! The arguments of `exec`, and what they mean on this machine.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::ExecOptions;
use crate::{
    govern::{ExecEffect, hex},
    tools::{CallContext, ToolError},
};

/// What a model may say. What it says beside this is refused: it would count on it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ExecRequest {
    command: String,
    #[serde(default)]
    workdir: Option<PathBuf>,
    #[serde(default)]
    pub(super) env: BTreeMap<String, String>,
    /// OpenClaw's tool calls it `timeout`.
    #[serde(default, alias = "timeout")]
    timeout_seconds: Option<f64>,
    #[serde(default)]
    pty: bool,
    #[serde(default)]
    pub(super) background: bool,
    /// Milliseconds.
    #[serde(default)]
    yield_ms: Option<u64>,
    #[serde(default)]
    host: Option<String>,
}

pub(super) fn schema() -> Value {
    json!({
        "type": "object",
        "required": ["command"],
        "properties": {
            "command": { "type": "string", "description": "Shell command to run." },
            "workdir": { "type": "string", "description": "Working directory; the workspace when left out." },
            "env": { "type": "object", "additionalProperties": { "type": "string" },
                "description": "Environment variables on top of the inherited ones." },
            "timeoutSeconds": { "type": "number", "minimum": 0,
                "description": "The command's whole lifetime in seconds; 0 for no limit." },
            "pty": { "type": "boolean", "description": "Run on a terminal, for programs that need one." },
            "background": { "type": "boolean", "description": "Return at once with a sessionId for the tool process." },
            "yieldMs": { "type": "integer", "minimum": 10, "maximum": 120_000,
                "description": "Go to the background after so many milliseconds; 10000 when left out." },
        },
    })
}

/// Variables that decide what code a command runs; OpenClaw refuses `PATH` and the loader's likewise.
const REFUSED: &[&str] = &["PATH", "BASH_ENV", "ENV", "IFS", "SHELLOPTS", "BASHOPTS"];
const REFUSED_PREFIXES: &[&str] = &["LD_", "DYLD_", "BASH_FUNC_"];

/// Characters that give a command to the shell rather than to one program.
const SHELL_SYNTAX: &[char] = &[
    '|', '&', ';', '<', '>', '(', ')', '$', '`', '\\', '"', '\'', '*', '?', '[', ']', '#', '~',
    '=', '%', '{', '}', '!', '\n',
];

impl ExecRequest {
    pub(super) fn read(arguments: &Value) -> Result<Self, ToolError> {
        let request: Self = serde_json::from_value(arguments.clone())
            .map_err(|error| ToolError::Arguments(error.to_string()))?;
        request.check()?;
        Ok(request)
    }

    fn check(&self) -> Result<(), ToolError> {
        let wrong = |text: String| Err(ToolError::Arguments(text));
        if self.command.trim().is_empty() {
            return wrong("the argument `command` is empty".into());
        }
        if self.command.contains('\0') {
            return wrong("a command cannot hold a NUL character".into());
        }
        if let Some(host) = self.host.as_deref()
            && !matches!(host, "auto" | "gateway")
        {
            return wrong(format!(
                "commands run on the gateway here; `{host}` is not available"
            ));
        }
        let refused = self.env.keys().find(|name| is_refused(name));
        match refused {
            Some(name) => wrong(format!("the variable {name} cannot be set by a call")),
            None => Ok(()),
        }
    }

    /// The lifetime of the process: the call's word, or the configured one.
    pub(super) fn timeout(&self, configured: Option<Duration>) -> Option<Duration> {
        match self.timeout_seconds {
            None => configured,
            Some(seconds) if seconds > 0.0 => Duration::try_from_secs_f64(seconds).ok(),
            Some(_) => None,
        }
    }

    /// How long the call waits before the process goes to the background; clamped as OpenClaw does.
    pub(super) fn patience(&self, configured: Duration) -> Duration {
        if self.background {
            return Duration::ZERO;
        }
        let asked = self.yield_ms.map(|ms| ms.clamp(10, 120_000));
        asked.map_or(configured, Duration::from_millis)
    }

    pub(super) fn effect(
        &self,
        options: &ExecOptions,
        call: &CallContext,
    ) -> Result<ExecEffect, ToolError> {
        let cwd = call
            .workspace
            .join(self.workdir.as_deref().unwrap_or(Path::new("")));
        let resolved = |path: &Path| {
            path.canonicalize()
                .map_err(|error| ToolError::io(format!("cannot use {}", path.display()), error))
        };
        let cwd = resolved(&cwd)?;
        if !cwd.is_dir() {
            let text = format!("{} is not a folder", cwd.display());
            return Err(ToolError::Path(text));
        }
        let shell = options.shell.to_string_lossy().into_owned();
        Ok(ExecEffect {
            command: self.command.clone(),
            argv: vec![shell, "-c".into(), self.command.clone()],
            executable: resolved(&options.shell)?,
            program: self.program(options, &cwd),
            cwd,
            env_names: self.env.keys().cloned().collect(),
            env_digest: self.env_digest(),
            pty: self.pty,
            background: self.background,
        })
    }

    fn program(&self, options: &ExecOptions, cwd: &Path) -> Option<PathBuf> {
        if self.command.contains(SHELL_SYNTAX) {
            return None;
        }
        let name = self.command.split_whitespace().next()?;
        if name.contains('/') {
            return cwd.join(name).canonicalize().ok();
        }
        let path = options.search_path()?;
        std::env::split_paths(path)
            .map(|folder| folder.join(name))
            .find(|candidate| candidate.is_file())
            .and_then(|found| found.canonicalize().ok())
    }

    fn env_digest(&self) -> String {
        let mut hash = Sha256::new();
        for (name, value) in &self.env {
            for part in [name, value] {
                hash.update((part.len() as u64).to_le_bytes());
                hash.update(part.as_bytes());
            }
        }
        hex(&hash.finalize())
    }
}

fn is_refused(name: &str) -> bool {
    let upper = name.to_uppercase();
    let malformed = name.is_empty() || name.contains(['=', '\0']);
    malformed
        || REFUSED.contains(&upper.as_str())
        || REFUSED_PREFIXES
            .iter()
            .any(|prefix| upper.starts_with(prefix))
}
