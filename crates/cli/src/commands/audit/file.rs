//! Verifying an export, far from the gateway that wrote it.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use gatehouse_audit::Hash;
use gatehouse_audit::export::ExportVerifier;
use gatehouse_audit::note::Verifier;
use gatehouse_audit::verify::Head;
use gatehouse_gateway::audit::report_json;
use serde_json::Value;

use crate::failure::Failure;

/// How many lines are read at once.
const LINES: usize = 8_192;

/// A longer line is no record of ours, and is not read into memory.
const LONGEST: u64 = 16 * 1024 * 1024;

pub(super) fn verify(path: &Path, key: Option<&str>, head: Option<&str>) -> Result<Value, Failure> {
    let key = match key.map(Verifier::read) {
        Some(Ok(key)) => Some(key),
        Some(Err(error)) => {
            return Err(Failure::usage(error.to_string())
                .next("`gatehouse audit verify` of the gateway shows it"));
        }
        None => None,
    };
    let head = head.map(read_head).transpose()?;
    let named = File::open(path)
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display())))?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut verifier = ExportVerifier::new(key.clone(), head, threads);
    let mut reader = BufReader::new(named);
    loop {
        let lines = read(&mut reader)?;
        if lines.is_empty() {
            break;
        }
        verifier.lines(lines.iter().map(String::as_str));
    }
    let used = verifier.key().cloned();
    let report = verifier.finish();
    let mut said = report_json(&report, used.as_ref());
    if report.head_is_sealed {
        said["headIsSealed"] = true.into();
    }
    Ok(said)
}

/// `SIZE:ROOT`, as the script in another language reads it.
fn read_head(text: &str) -> Result<Head, Failure> {
    let read = text.split_once(':').and_then(|(size, root)| {
        Some(Head {
            size: size.parse().ok()?,
            root: Hash::from_hex(root)?,
        })
    });
    read.ok_or_else(|| {
        Failure::usage(format!("{text:?} is not SIZE:ROOT"))
            .next("`gatehouse audit verify` of the gateway shows both")
    })
}

/// The next lines. What is not text cannot be what was hashed, and is shown as such.
fn read(reader: &mut impl BufRead) -> Result<Vec<String>, Failure> {
    let mut lines = Vec::new();
    while lines.len() < LINES {
        let mut bytes = Vec::new();
        let read = std::io::Read::take(&mut *reader, LONGEST).read_until(b'\n', &mut bytes)?;
        if read == 0 {
            break;
        }
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
        }
        lines.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    Ok(lines)
}
