//! From words to files: programs along the search path, the script that an interpreter is given, and the
//! interpreter that a script names.

use std::{
    ffi::OsStr,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

/// Programs that run the file which their first plain argument names.
const INTERPRETERS: &[&str] = &[
    "sh",
    "bash",
    "dash",
    "ash",
    "zsh",
    "ksh",
    "fish",
    "python",
    "pypy",
    "node",
    "nodejs",
    "deno",
    "bun",
    "ruby",
    "perl",
    "php",
    "lua",
    "luajit",
    "Rscript",
    "tclsh",
    "pwsh",
    "osascript",
    "tsx",
    "ts-node",
    "source",
    ".",
];

/// Their words before the file.
const SUB_COMMANDS: &[&str] = &["run", "exec"];

/// Options after which the code is in the arguments, not in a file.
const CODE: &[&str] = &[
    "-c", "-e", "-E", "-m", "-r", "--eval", "--print", "-p", "-s",
];

/// The longest first line that Linux reads.
const LONGEST_LINE: u64 = 256;

/// The file that a word names as a program.
pub(super) fn program(name: &str, search: Option<&OsStr>, cwd: &Path) -> Option<PathBuf> {
    if name.is_empty() || name.contains('\0') {
        return None;
    }
    if name.contains('/') {
        let path = cwd.join(name);
        return is_program(&path).then_some(path);
    }
    std::env::split_paths(search?)
        // An empty entry stands for the current folder, as does a relative one for one below it.
        .map(|folder| cwd.join(folder).join(name))
        .find(|candidate| is_program(candidate))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// The script that a command runs by its interpreter.
pub(super) fn script(argv: &[String], cwd: &Path) -> Option<PathBuf> {
    let (program, arguments) = argv.split_first()?;
    let name = Path::new(program).file_name()?.to_str()?;
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    if !INTERPRETERS.contains(&bare) && !INTERPRETERS.contains(&name) {
        return None;
    }
    for word in arguments {
        if CODE.contains(&word.as_str()) {
            return None;
        }
        let path = cwd.join(word);
        if !word.starts_with('-') && !SUB_COMMANDS.contains(&word.as_str()) && path.is_file() {
            return Some(path);
        }
    }
    None
}

/// Whether a file is text that says nothing of what reads it: the system does not start such a one, and a shell that
/// was to start it reads it itself.
pub(super) fn is_left_to_a_shell(file: &File) -> bool {
    let Some(begin) = head(file) else {
        return false;
    };
    !begin.starts_with(b"#!") && !begin.contains(&0)
}

fn head(mut file: &File) -> Option<Vec<u8>> {
    use std::io::{Seek, SeekFrom};
    file.seek(SeekFrom::Start(0)).ok()?;
    let mut begin = Vec::new();
    file.take(LONGEST_LINE).read_to_end(&mut begin).ok()?;
    Some(begin)
}

/// The program that the first line of a script names. The file is read from its beginning.
pub(super) fn interpreter(file: &File) -> Option<String> {
    let begin = head(file)?;
    let line = begin.strip_prefix(b"#!")?;
    let line = line.split(|byte| *byte == b'\n').next()?;
    let words = String::from_utf8_lossy(line);
    let mut words = words.split_whitespace();
    let first = words.next()?;
    // `env` looks for the next word along the search path.
    if Path::new(first).file_name() == Some(OsStr::new("env"))
        && let Some(named) = words.find(|word| !word.starts_with('-') && !word.contains('='))
    {
        return Some(named.to_owned());
    }
    Some(first.to_owned())
}
