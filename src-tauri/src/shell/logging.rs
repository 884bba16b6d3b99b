//! The log: one file a day in the app's log folder, seven kept, and nothing secret in it. A day that says more than fills
//! a file has two: what is said now, and what was said right before it.
//!
//! Every line passes the vault's redactor on its way to the file, whatever wrote it. That is the last line
//! of defence and not the first: secrets travel in types that cannot be printed.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use gatehouse_vault::{Redactor, process};
use tauri::{AppHandle, Manager};
use thiserror::Error;
use tracing_appender::rolling::{InitError, RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::opening;

/// A week, as a problem is often noticed days after it began.
const FILES_KEPT: usize = 7;
/// The most bytes of one: days of a busy app, and still opened by any editor.
const MOST_BYTES: u64 = 16 * 1024 * 1024;
/// How many bytes are written until the file's size is looked at again.
const LOOK_EVERY: u64 = 256 * 1024;
const PREFIX: &str = "gatehouse";
const SUFFIX: &str = "log";
const DEFAULT_LEVELS: &str = "info,zbus=warn,tauri=warn,wry=warn,tao=warn";

/// Starts the log. `GATEHOUSE_LOG` sets levels as `RUST_LOG` does elsewhere.
///
/// # Errors
/// When the folder cannot be made or written.
pub(crate) fn start(folder: &Path, redactor: Redactor) -> Result<(), InitError> {
    let file = LogFile::start(folder, MOST_BYTES, LOOK_EVERY)?;
    let levels = EnvFilter::try_from_env("GATEHOUSE_LOG");
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_env_filter(levels.unwrap_or_else(|_| EnvFilter::new(DEFAULT_LEVELS)))
        .with_writer(Redacted {
            file,
            redactor: redactor.clone(),
        })
        .finish();
    // A second start in one process happens in tests only.
    let _ = tracing::subscriber::set_global_default(subscriber);
    process::report_panics(redactor, log_panic);
    Ok(())
}

/// Why the log was not opened.
#[derive(Debug, Error)]
pub(crate) enum LogError {
    #[error("there is no log yet")]
    NoLog,
    #[error("nothing here opens {}; {source}", .path.display())]
    NoViewer { path: PathBuf, source: io::Error },
}

impl LogError {
    /// The code that the page acts on.
    pub(crate) fn code(&self) -> &'static str {
        "logNotOpened"
    }
}

/// Opens the newest file of the log in whatever opens such a file here.
///
/// # Errors
/// When there is none, or nothing to open it with.
pub(crate) async fn open(app: &AppHandle) -> Result<(), LogError> {
    let folder = app.path().app_log_dir().map_err(|_| LogError::NoLog)?;
    let path = newest(&folder).ok_or(LogError::NoLog)?;
    opening::open(&path)
        .await
        .map_err(|source| LogError::NoViewer { path, source })
}

/// The files carry their day in the name, so the last one by name is the newest.
fn newest(folder: &Path) -> Option<PathBuf> {
    let files = std::fs::read_dir(folder).ok()?.flatten();
    let logs = files.map(|file| file.path()).filter(|path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX))
    });
    logs.max()
}

/// A panic is a bug: it goes into the log with its place, and to whoever started the app from a terminal.
fn log_panic(panic: &str) {
    tracing::error!(panic, "a task panicked");
    // Whoever cannot be told has the log.
    let _ = writeln!(io::stderr(), "{panic}");
}

/// The file of the day, which is set aside when it is full. What was set aside before on that day goes.
struct LogFile {
    folder: PathBuf,
    most: u64,
    look_every: u64,
    appender: RwLock<RollingFileAppender>,
    unlooked: AtomicU64,
}

impl LogFile {
    fn start(folder: &Path, most: u64, look_every: u64) -> Result<Self, InitError> {
        Ok(Self {
            folder: folder.to_owned(),
            most,
            look_every,
            appender: RwLock::new(appender(folder)?),
            // The day may have begun before this start.
            unlooked: AtomicU64::new(look_every),
        })
    }

    fn write(&self, line: &[u8]) -> io::Result<()> {
        let unlooked = self.unlooked.load(Ordering::Relaxed) + line.len() as u64;
        self.unlooked.store(unlooked, Ordering::Relaxed);
        if unlooked > self.look_every {
            self.make_room();
        }
        let appender = self.appender.read();
        let appender = appender.unwrap_or_else(PoisonError::into_inner);
        appender.make_writer().write_all(line)
    }

    /// What fails here is tried again after some more lines; there is nowhere to report it.
    fn make_room(&self) {
        let mut appender_now = self
            .appender
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        self.unlooked.store(0, Ordering::Relaxed);
        let Some(path) = newest(&self.folder) else {
            return;
        };
        let size = std::fs::metadata(&path).map_or(0, |found| found.len());
        if size < self.most || std::fs::rename(&path, aside(&path)).is_err() {
            return;
        }
        if let Ok(anew) = appender(&self.folder) {
            *appender_now = anew;
        }
    }
}

fn appender(folder: &Path) -> Result<RollingFileAppender, InitError> {
    RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .max_log_files(FILES_KEPT)
        .filename_prefix(PREFIX)
        .filename_suffix(SUFFIX)
        .build(folder)
}

/// A name that counts among the files of the log, and comes by name before the one that it is of.
fn aside(path: &Path) -> PathBuf {
    path.with_extension(format!("before.{SUFFIX}"))
}

struct Redacted {
    file: LogFile,
    redactor: Redactor,
}

impl<'a> MakeWriter<'a> for Redacted {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        Line {
            to: self,
            text: Vec::new(),
        }
    }
}

/// Collects one event, so that a secret which was written in pieces is seen whole.
pub(crate) struct Line<'a> {
    to: &'a Redacted,
    text: Vec<u8>,
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        let text = String::from_utf8_lossy(&self.text);
        let line = self.to.redactor.redact(&text);
        // A full disk must not end the app, and there is nowhere to report it.
        let _ = self.to.file.write(line.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use gatehouse_vault::Secret;

    use super::*;

    #[test]
    fn the_newest_of_the_logs_is_opened_and_no_other_file() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(newest(folder.path()), None);
        for name in [
            "gatehouse.2026-11-21.log",
            "gatehouse.2026-11-22.log",
            "zoo.2026-11-23.log",
            "gatehouse.2026-11-24.sqlite3",
        ] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let found = newest(folder.path()).unwrap();
        assert!(found.ends_with("gatehouse.2026-11-22.log"), "{found:?}");
    }

    #[test]
    fn a_day_that_says_much_keeps_its_newest_lines_and_no_more_than_two_files() {
        let folder = tempfile::tempdir().unwrap();
        for half in [0..100, 100..200] {
            let log = LogFile::start(folder.path(), 100, 20).unwrap();
            for line in half {
                log.write(format!("line {line}\n").as_bytes()).unwrap();
            }
        }
        let newest = newest(folder.path()).unwrap();
        let text = |path: &Path| std::fs::read_to_string(path).unwrap();
        let (former, now) = (text(&aside(&newest)), text(&newest));
        for text in [&former, &now] {
            assert!(text.len() < 200, "{text}");
        }
        let all = former + &now;
        let kept: Vec<&str> = all.lines().collect();
        let expected: Vec<String> = (200 - kept.len()..200)
            .map(|line| format!("line {line}"))
            .collect();
        assert_eq!(kept, expected, "the newest, whole and in their order");
        // One more where midnight came in between.
        assert!(std::fs::read_dir(folder.path()).unwrap().count() <= 3);
    }

    #[test]
    fn a_secret_that_is_logged_by_mistake_does_not_reach_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let redactor = Redactor::new();
        start(folder.path(), redactor.clone()).unwrap();
        redactor.learn(&Secret::new("a-token-of-some-length"));
        tracing::warn!(url = "ws://x/?token=a-token-of-some-length", "connected");
        let caught = std::panic::catch_unwind(|| panic!("with a-token-of-some-length in it"));
        assert!(caught.is_err());
        let file = std::fs::read_dir(folder.path())
            .unwrap()
            .next()
            .unwrap()
            .unwrap();
        let log = std::fs::read_to_string(file.path()).unwrap();
        assert!(
            log.contains("connected") && log.contains("a task panicked"),
            "{log}"
        );
        assert!(!log.contains("a-token-of-some-length"), "{log}");
    }
}
