//! Scripts that run from a copy of what was opened: sealed, in memory, and compared with the hash that was judged.
//! Whatever happens to the file meanwhile, swapped or written to, the interpreter reads what was looked at.
//!
//! A copy has another name, so only scripts that do not ask for theirs are run so; the others are read through their
//! path and compared before and after the start.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Write},
    os::fd::{AsFd, AsRawFd, OwnedFd},
    os::unix::fs::FileExt,
    path::Path,
};

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use sha2::{Digest, Sha256};

use super::Content;
use crate::govern::hex;

/// Larger scripts are not copied, in bytes.
const LARGEST: u64 = 256 * 1024;

/// Words by which a shell's script asks where it is.
const OF_SHELLS: &[&str] = &["$0", "${0", "BASH_SOURCE", "BASH_ARGV", "caller"];

/// Words by which a Python script asks where it is, or shows its name.
const OF_PYTHON: &[&str] = &[
    "__file__",
    "__main__.",
    "argv",
    "argparse",
    "optparse",
    "click",
    "typer",
    "docopt",
    "fire",
    "inspect",
    "multiprocessing",
    "concurrent",
    "importlib",
    "runpy",
    "unittest",
    "doctest",
    "sys.path",
    "pickle",
];

/// A copy that a process is given. It is open until it is dropped, also for processes that are started meanwhile.
pub(crate) struct Copied(OwnedFd);

impl Copied {
    /// The path by which a child finds it.
    pub(crate) fn path(&self) -> String {
        format!("/proc/self/fd/{}", self.0.as_raw_fd())
    }
}

/// Copies a script for an interpreter of this name. None where it is to be read through its path.
pub(super) fn copied(
    interpreter: &str,
    path: &Path,
    content: &Content,
) -> io::Result<Option<Copied>> {
    let Some(bytes) = copyable(interpreter, path, content)? else {
        return Ok(None);
    };
    // It is to be inherited, so it is not closed by an exec.
    let copy = memfd_create("script", MemfdFlags::ALLOW_SEALING)?;
    File::from(copy.as_fd().try_clone_to_owned()?).write_all(&bytes)?;
    let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
    fcntl_add_seals(&copy, seals)?;
    Ok(Some(Copied(copy)))
}

/// What a copy would hold. None where it is to be read through its path.
pub(super) fn copyable(
    interpreter: &str,
    path: &Path,
    content: &Content,
) -> io::Result<Option<Vec<u8>>> {
    let (Some(file), Some(sha256)) = (&content.handle, content.sha256()) else {
        return Ok(None);
    };
    if file.metadata()?.len() > LARGEST {
        return Ok(None);
    }
    let bytes = whole(file)?;
    if hex(&Sha256::digest(&bytes)) != sha256 {
        return Err(io::Error::other("it changed after it was looked at"));
    }
    let is_free = std::str::from_utf8(&bytes).is_ok_and(|text| is_free(interpreter, text, path));
    Ok(is_free.then_some(bytes))
}

fn whole(file: &File) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(LARGEST).unwrap_or(0) + 1];
    let mut length = 0;
    loop {
        match file.read_at(&mut bytes[length..], length as u64)? {
            0 => break,
            count => length += count,
        }
    }
    bytes.truncate(length);
    Ok(bytes)
}

/// Whether a script means the same under another name.
fn is_free(interpreter: &str, text: &str, path: &Path) -> bool {
    let asks = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match interpreter {
        "sh" | "bash" | "dash" => !asks(OF_SHELLS),
        "python" => !asks(OF_PYTHON) && !imports_a_neighbour(text, path),
        _ => false,
    }
}

/// Python looks beside the script for what it imports.
fn imports_a_neighbour(text: &str, path: &Path) -> bool {
    let Some(folder) = path.parent() else {
        return true;
    };
    let lines = text.lines().map(str::trim_start);
    let mut named = lines
        .filter(|line| line.starts_with("import ") || line.starts_with("from "))
        .flat_map(|line| line.split(|c: char| !(c.is_alphanumeric() || c == '_')));
    named.any(|name| {
        !name.is_empty()
            && (folder.join(name).is_dir() || folder.join(format!("{name}.py")).exists())
    })
}

/// The interpreter's plain name: `python3.12` is `python`.
pub(super) fn bare(program: &str) -> Option<&str> {
    let name = Path::new(program).file_name().and_then(OsStr::to_str)?;
    Some(name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_that_asks_for_its_place_is_read_through_its_path() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("mine.py"), "").unwrap();
        let path = folder.path().join("x");
        for (interpreter, text, free) in [
            ("bash", "echo hi; ls \"$1\"", true),
            ("sh", "cd \"$(dirname \"$0\")\"", false),
            ("bash", "here=${BASH_SOURCE[0]}", false),
            ("python", "import json\nprint(json.dumps(1))", true),
            ("python", "import mine", false),
            ("python", "from os import path\nprint(__file__)", false),
            ("python", "import sys\nprint(sys.argv[1])", false),
            ("node", "console.log(1)", false),
        ] {
            assert_eq!(
                is_free(interpreter, text, &path),
                free,
                "{interpreter}: {text}"
            );
        }
    }
}
