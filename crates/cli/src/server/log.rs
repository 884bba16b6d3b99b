//! The log of a headless gateway: lines on stderr for whoever runs it, and lines of JSON in the state folder for
//! `logs.tail`, both with every known secret taken out. `GATEHOUSE_LOG` filters them, in the way of `RUST_LOG`;
//! without it the configuration's `logging.level` does, also when it changes.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gatehouse_gateway::config::{Config, LoggingConfig};
use gatehouse_vault::{Redactor, process};
use tokio::sync::watch;
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry, fmt, reload};

use super::lines::Lines;
use super::log_file::{LogFile, MOST_BYTES};
use crate::environment::Environment;
use crate::failure::Failure;

const NAME: &str = "gateway.log";
/// What goes to the log when nothing says so.
const USUAL: &str = "info";

/// A log that was started.
pub(crate) struct Log {
    /// Where it goes.
    pub(crate) file: PathBuf,
    /// None where the environment says what goes there.
    filter: Option<reload::Handle<EnvFilter, Registry>>,
}

impl Log {
    /// Follows the level of a configuration for as long as that is there.
    pub(crate) async fn follow(self, mut configs: watch::Receiver<Arc<Config>>) {
        let Some(filter) = self.filter else { return };
        while configs.changed().await.is_ok() {
            let wanted = wanted(&configs.borrow_and_update().logging);
            // Fails where another log was there first, which follows nothing.
            let _ = filter.reload(wanted);
        }
    }
}

/// Starts it.
pub(crate) fn start(
    environment: &Environment,
    redactor: &Redactor,
    folder: &Path,
    configured: &LoggingConfig,
) -> Result<Log, Failure> {
    let path = configured.file.clone();
    let path = path.unwrap_or_else(|| folder.join(NAME));
    let file = LogFile::open(&path, MOST_BYTES)
        .map_err(|error| Failure::configuration(format!("{}: {error}", path.display())))?;
    let of_environment = environment.get("GATEHOUSE_LOG");
    let first = match of_environment {
        Some(said) => filter(said),
        None => wanted(configured),
    };
    let (first, handle) = reload::Layer::new(first);
    let colour = std::io::stderr().is_terminal() && environment.get("NO_COLOR").is_none();
    let (for_file, for_stderr) = (redactor.clone(), redactor.clone());
    let to_file = fmt::layer()
        .event_format(Lines)
        .fmt_fields(JsonFields::new())
        .with_writer(move || for_file.writer(file.clone()));
    let to_stderr = fmt::layer()
        .with_ansi(colour)
        .with_writer(move || for_stderr.writer(std::io::stderr()));
    // A second start in one process keeps the first one's log.
    let _ = tracing_subscriber::registry()
        .with(first)
        .with(to_file)
        .with(to_stderr)
        .try_init();
    process::report_panics(redactor.clone(), |panic| {
        tracing::error!(panic, "a task panicked");
    });
    Ok(Log {
        file: path,
        filter: of_environment.is_none().then_some(handle),
    })
}

fn wanted(configured: &LoggingConfig) -> EnvFilter {
    filter(configured.level.as_deref().map_or(USUAL, level))
}

fn filter(said: &str) -> EnvFilter {
    EnvFilter::try_new(said).unwrap_or_else(|_| EnvFilter::new(USUAL))
}

/// The published word for a level, as a filter.
fn level(word: &str) -> &str {
    match word {
        "silent" => "off",
        word => word,
    }
}
