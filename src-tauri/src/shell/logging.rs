//! The log: one file a day in the app's log folder, seven kept, and nothing secret in it.
//!
//! Every line passes the vault's redactor on its way to the file, whatever wrote it. That is the last line
//! of defence and not the first: secrets travel in types that cannot be printed.

use std::io::{self, Write};
use std::path::Path;

use tracing_appender::rolling::{InitError, RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Makes what is written fit for a file.
pub(crate) trait Redact: Clone + Send + Sync + 'static {
    fn redact(&self, line: &str) -> String;
}

/// A week, as a problem is often noticed days after it began.
const FILES_KEPT: usize = 7;
const DEFAULT_LEVELS: &str = "info,zbus=warn,tauri=warn,wry=warn,tao=warn";

/// Starts the log. `GATEHOUSE_LOG` sets levels as `RUST_LOG` does elsewhere.
///
/// # Errors
/// When the folder cannot be made or written.
pub(crate) fn start(folder: &Path, redactor: impl Redact) -> Result<(), InitError> {
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .max_log_files(FILES_KEPT)
        .filename_prefix("gatehouse")
        .filename_suffix("log")
        .build(folder)?;
    let levels = EnvFilter::try_from_env("GATEHOUSE_LOG");
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_env_filter(levels.unwrap_or_else(|_| EnvFilter::new(DEFAULT_LEVELS)))
        .with_writer(Redacted { file, redactor })
        .finish();
    // A second start in one process happens in tests only.
    let _ = tracing::subscriber::set_global_default(subscriber);
    log_panics();
    Ok(())
}

/// A panic is a bug: it goes into the log with its place, then on to the default report.
fn log_panics() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tracing::error!(%panic, "a task panicked");
        report(panic);
    }));
}

struct Redacted<R> {
    file: RollingFileAppender,
    redactor: R,
}

impl<'a, R: Redact> MakeWriter<'a> for Redacted<R> {
    type Writer = Line<'a, R>;

    fn make_writer(&'a self) -> Self::Writer {
        Line {
            to: self,
            text: Vec::new(),
        }
    }
}

/// Collects one event, so that a secret which was written in pieces is seen whole.
pub(crate) struct Line<'a, R: Redact> {
    to: &'a Redacted<R>,
    text: Vec<u8>,
}

impl<R: Redact> Write for Line<'_, R> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<R: Redact> Drop for Line<'_, R> {
    fn drop(&mut self) {
        let line = self
            .to
            .redactor
            .redact(&String::from_utf8_lossy(&self.text));
        // A full disk must not end the app, and there is nowhere to report it.
        let _ = self.to.file.make_writer().write_all(line.as_bytes());
    }
}
