//! The file of a log, below a size: when it is full it is set aside, in place of the one before it, and begun anew.
//! So the newest lines are there, at least as many as fill a file and at most twice as many.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The most bytes of a file: days of a busy gateway, and still opened by any editor.
pub(super) const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// A handle to the file; every line goes through one of them.
#[derive(Clone)]
pub(super) struct LogFile(Arc<Mutex<Open>>);

struct Open {
    path: PathBuf,
    most: u64,
    file: File,
    size: u64,
    looked: Instant,
}

/// How often is looked whether the file is where it was: whoever turns logs over by hand moves it away.
const LOOKS: Duration = Duration::from_secs(1);

impl LogFile {
    /// Opens it to add to it, for its owner alone where it is new.
    pub(super) fn open(path: &Path, most: u64) -> io::Result<Self> {
        let file = append(path)?;
        let size = file.metadata()?.len();
        let path = path.to_owned();
        Ok(Self(Arc::new(Mutex::new(Open {
            path,
            most,
            file,
            size,
            looked: Instant::now(),
        }))))
    }
}

impl Write for LogFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.looked.elapsed() >= LOOKS {
            open.look();
        }
        open.make_room(line.len() as u64)?;
        let written = open.file.write(line)?;
        open.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.file.flush()
    }
}

impl Open {
    /// Begins a new file where the path is not the open one's any more. Where that cannot be, the old one goes on.
    fn look(&mut self) {
        self.looked = Instant::now();
        if self.is_in_place() {
            return;
        }
        if let Ok(file) = append(&self.path) {
            self.size = file.metadata().map_or(0, |file| file.len());
            self.file = file;
        }
    }

    #[cfg(unix)]
    fn is_in_place(&self) -> bool {
        use std::os::unix::fs::MetadataExt;
        let (Ok(open), Ok(there)) = (self.file.metadata(), std::fs::metadata(&self.path)) else {
            return false;
        };
        (open.dev(), open.ino()) == (there.dev(), there.ino())
    }

    /// Without numbers of files, one that is gone is all that can be told.
    #[cfg(not(unix))]
    fn is_in_place(&self) -> bool {
        self.path.exists()
    }

    fn make_room(&mut self, more: u64) -> io::Result<()> {
        if self.size == 0 || self.size + more <= self.most {
            return Ok(());
        }
        let aside = self.path.with_extension("log.1");
        let anew = std::fs::rename(&self.path, aside).and_then(|()| append(&self.path));
        match anew {
            Ok(file) => self.file = file,
            // It cannot be set aside, or was taken away: what it holds goes, rather than grow without end.
            Err(_) => self.file.set_len(0)?,
        }
        self.size = 0;
        Ok(())
    }
}

fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_stays_below_its_size_while_it_is_written_and_has_the_newest_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gateway.log");
        let (most, lines) = (100, 200);
        for half in [0..lines / 2, lines / 2..lines] {
            let mut log = LogFile::open(&path, most).unwrap();
            for line in half {
                writeln!(log, "line {line}").unwrap();
            }
        }
        let text = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        let (former, now) = (text("gateway.log.1"), text("gateway.log"));
        assert!(former.len() as u64 <= most && now.len() as u64 <= most);
        let all = former + &now;
        let kept: Vec<&str> = all.lines().collect();
        let newest: Vec<String> = (lines - kept.len()..lines)
            .map(|line| format!("line {line}"))
            .collect();
        assert_eq!(kept, newest, "the newest, whole and in their order");
        assert!(all.len() as u64 > most);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_log_that_was_moved_away_is_begun_anew_where_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gateway.log");
        let mut log = LogFile::open(&path, MOST_BYTES).unwrap();
        writeln!(log, "before").unwrap();
        let aside = folder.path().join("gateway.log.1");
        for put_there in [None, Some("another's\n")] {
            std::fs::rename(&path, &aside).unwrap();
            if let Some(text) = put_there {
                std::fs::write(&path, text).unwrap();
            }
            log.0.lock().unwrap().looked -= LOOKS;
            writeln!(log, "after").unwrap();
            let text = std::fs::read_to_string(&path).unwrap();
            assert_eq!(text, put_there.unwrap_or_default().to_owned() + "after\n");
        }
        assert_eq!(std::fs::read_to_string(&aside).unwrap(), "after\n");
    }

    #[test]
    fn a_line_that_is_longer_than_a_log_is_written_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gateway.log");
        let mut log = LogFile::open(&path, 10).unwrap();
        for line in ["a line of more than ten bytes\n", "another of them\n"] {
            log.write_all(line.as_bytes()).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), line);
        }
    }
}
