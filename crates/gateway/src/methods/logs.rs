//! `logs.tail`: the end of the log file, and what came since. A cursor is a place in the file, in bytes.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use gatehouse_protocol::MethodScope;
use serde::{Deserialize, Serialize};

use crate::router::{Cx, MethodError, MethodTable};

pub(super) fn register(table: &mut MethodTable) {
    table.operator("logs.tail", MethodScope::Read, tail);
}

/// Defaults of the published gateway.
const DEFAULT_LINES: usize = 500;
const DEFAULT_BYTES: u64 = 250_000;
const MAX_LINES: usize = 5000;
const MAX_BYTES: u64 = 1_000_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TailParams {
    #[serde(default)]
    cursor: Option<u64>,
    #[serde(default)]
    limit: Option<usize>,
    #[serde(default)]
    max_bytes: Option<u64>,
}

/// `LogsTailResult`.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Tail {
    file: String,
    cursor: u64,
    size: u64,
    lines: Vec<String>,
    truncated: bool,
    /// The file is another one than the cursor was for.
    reset: bool,
}

async fn tail(cx: Cx, params: TailParams) -> Result<Tail, MethodError> {
    let limit = params.limit.unwrap_or(DEFAULT_LINES);
    let max_bytes = params.max_bytes.unwrap_or(DEFAULT_BYTES);
    if limit == 0 || limit > MAX_LINES {
        return Err(MethodError::params(
            "logs.tail",
            "at /limit: must be >= 1 and <= 5000",
        ));
    }
    if max_bytes == 0 || max_bytes > MAX_BYTES {
        return Err(MethodError::params(
            "logs.tail",
            "at /maxBytes: must be >= 1 and <= 1000000",
        ));
    }
    let Some(file) = cx.app.log_file.clone() else {
        return Err(MethodError::unavailable("this gateway writes no log file"));
    };
    let read = tokio::task::spawn_blocking(move || read(&file, params.cursor, limit, max_bytes));
    read.await
        .map_err(MethodError::internal)?
        .map_err(MethodError::internal)
}

fn read(file: &Path, cursor: Option<u64>, limit: usize, max_bytes: u64) -> std::io::Result<Tail> {
    let name = file.display().to_string();
    let mut open = match std::fs::File::open(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let reset = cursor.is_some_and(|cursor| cursor > 0);
            return Ok(Tail {
                file: name,
                cursor: 0,
                size: 0,
                lines: Vec::new(),
                truncated: false,
                reset,
            });
        }
        opened => opened?,
    };
    let size = open.metadata()?.len();
    let reset = cursor.is_some_and(|cursor| cursor > size);
    let from = cursor.filter(|cursor| *cursor <= size);
    let start = from.unwrap_or(0).max(size.saturating_sub(max_bytes));
    let mut truncated = from.is_none_or(|from| start > from) && start > 0;
    open.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    open.take(max_bytes).read_to_end(&mut bytes)?;
    // A line that is still being written is left for the next time; one that was cut in front is left out.
    let whole = bytes
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let cursor = start + whole as u64;
    let mut text = &bytes[..whole];
    if truncated || (start > 0 && from.is_none()) {
        let first = text
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(text.len(), |at| at + 1);
        text = &text[first..];
    }
    let text = String::from_utf8_lossy(text);
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if lines.len() > limit {
        lines.drain(..lines.len() - limit);
        truncated = true;
    }
    Ok(Tail {
        file: name,
        cursor,
        size,
        lines,
        truncated,
        reset,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_brings_what_came_since_and_half_a_line_waits() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log");
        std::fs::write(&file, "one\ntwo\nthr").unwrap();
        let first = read(&file, None, 10, 1000).unwrap();
        assert_eq!(first.lines, ["one", "two"]);
        std::fs::write(&file, "one\ntwo\nthree\n").unwrap();
        let second = read(&file, Some(first.cursor), 10, 1000).unwrap();
        assert_eq!(second.lines, ["three"]);
        assert!(!second.reset && !second.truncated);
    }

    #[test]
    fn a_file_that_was_begun_anew_is_told_and_a_long_one_is_cut_at_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log");
        std::fs::write(&file, "new\n").unwrap();
        let tail = read(&file, Some(1000), 10, 1000).unwrap();
        assert!(tail.reset);
        assert_eq!(tail.lines, ["new"]);
        std::fs::write(&file, "aaaa\nbbbb\ncccc\n").unwrap();
        let tail = read(&file, None, 10, 8).unwrap();
        assert_eq!(tail.lines, ["cccc"]);
        assert!(tail.truncated);
        assert_eq!(read(&file, None, 1, 1000).unwrap().lines, ["cccc"]);
    }
}
