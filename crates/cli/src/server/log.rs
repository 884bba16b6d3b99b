//! The log of a headless gateway: lines on stderr for whoever runs it, and lines of JSON in the state folder for
//! `logs.tail`, both with every known secret taken out. `GATEHOUSE_LOG` filters them, in the way of `RUST_LOG`;
//! without it the configuration's `logging.level` does.

use std::fs::{File, OpenOptions};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gatehouse_gateway::config::LoggingConfig;
use gatehouse_vault::Redactor;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

use crate::environment::Environment;
use crate::failure::Failure;

const NAME: &str = "gateway.log";
/// A log of this size is set aside at the next start, in place of the one before it.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Starts it, and says which file it goes to.
pub(crate) fn start(
    environment: &Environment,
    redactor: &Redactor,
    folder: &Path,
    configured: &LoggingConfig,
) -> Result<PathBuf, Failure> {
    let path = configured.file.clone();
    let path = path.unwrap_or_else(|| folder.join(NAME));
    let file = open(&path)
        .map_err(|error| Failure::configuration(format!("{}: {error}", path.display())))?;
    let file = Arc::new(file);
    let wanted = environment
        .get("GATEHOUSE_LOG")
        .or(configured.level.as_deref().map(level))
        .unwrap_or("info");
    let filter = EnvFilter::try_new(wanted).unwrap_or_else(|_| EnvFilter::new("info"));
    let colour = std::io::stderr().is_terminal() && environment.get("NO_COLOR").is_none();
    let (for_file, for_stderr) = (redactor.clone(), redactor.clone());
    let to_file = fmt::layer()
        .json()
        .with_writer(move || for_file.writer(SharedFile(Arc::clone(&file))));
    let to_stderr = fmt::layer()
        .with_ansi(colour)
        .with_writer(move || for_stderr.writer(std::io::stderr()));
    // A second start in one process keeps the first one's log.
    let _ = tracing_subscriber::registry()
        .with(filter)
        .with(to_file)
        .with(to_stderr)
        .try_init();
    Ok(path)
}

/// The published word for a level, as a filter.
fn level(word: &str) -> &str {
    match word {
        "silent" => "off",
        word => word,
    }
}

/// One file for every line.
struct SharedFile(Arc<File>);

impl Write for SharedFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        (&*self.0).write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        (&*self.0).flush()
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    if std::fs::metadata(path).is_ok_and(|found| found.len() > MAX_BYTES) {
        std::fs::rename(path, path.with_extension("log.1"))?;
    }
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
