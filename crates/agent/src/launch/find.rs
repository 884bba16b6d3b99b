//! From words to files: programs along the search path, the script that an interpreter is given, and the
//! interpreter that a script names.

use std::{
    cell::OnceCell,
    ffi::OsStr,
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
pub(super) const LONGEST_LINE: usize = 256;

/// Where programs are looked for: the search path, taken apart once for all words of a command.
pub(super) struct Search {
    cwd: PathBuf,
    folders: Vec<Folder>,
}

struct Folder {
    path: PathBuf,
    /// Links resolved, once a program was found there; none where that cannot be.
    real: OnceCell<Option<PathBuf>>,
}

impl Search {
    /// An empty entry stands for the current folder, as does a relative one for one below it.
    pub(super) fn along(search: Option<&OsStr>, cwd: &Path) -> Self {
        let mut folders: Vec<Folder> = Vec::new();
        for entry in search.into_iter().flat_map(std::env::split_paths) {
            let path = cwd.join(entry);
            // What is not there the first time is not there the second time either.
            if folders.iter().all(|before| before.path != path) {
                let real = OnceCell::new();
                folders.push(Folder { path, real });
            }
        }
        let cwd = cwd.to_owned();
        Self { cwd, folders }
    }

    /// The file that a word names as a program.
    pub(super) fn program(&self, name: &str) -> Option<PathBuf> {
        self.found(name).map(|(path, _)| path)
    }

    /// The same, links resolved.
    pub(super) fn real_program(&self, name: &str) -> Option<PathBuf> {
        match self.found(name)? {
            (path, None) => path.canonicalize().ok(),
            (path, Some(folder)) => {
                // Of a file that is no link, the folder is all that there is to resolve.
                if path.symlink_metadata().ok()?.is_symlink() {
                    return path.canonicalize().ok();
                }
                let real = folder.real.get_or_init(|| folder.path.canonicalize().ok());
                Some(real.as_ref()?.join(name))
            }
        }
    }

    /// The folder where it was come by, if it was looked for.
    fn found(&self, name: &str) -> Option<(PathBuf, Option<&Folder>)> {
        if name.is_empty() || name.contains('\0') {
            return None;
        }
        if name.contains('/') {
            let path = self.cwd.join(name);
            return is_program(&path).then_some((path, None));
        }
        let mut path = PathBuf::new();
        let folder = self.folders.iter().find(|folder| {
            path.clone_from(&folder.path);
            path.push(name);
            is_program(&path)
        })?;
        Some((path, Some(folder)))
    }
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

/// How a file begins, which says what starts it as a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Beginning {
    /// Its first line names the program that reads it.
    Names(String),
    /// Text that says nothing of what reads it: the system does not start such a one, and a shell that was to start it
    /// reads it itself.
    Text,
    /// The system starts it, or nothing does.
    Binary,
}

impl Beginning {
    /// Of the first [`LONGEST_LINE`] bytes, or all where there are fewer.
    pub(super) fn of(head: &[u8]) -> Self {
        match head.strip_prefix(b"#!") {
            Some(line) => interpreter(line).map_or(Self::Binary, Self::Names),
            None if head.contains(&0) => Self::Binary,
            None => Self::Text,
        }
    }
}

/// The program that the first line of a script names after `#!`.
fn interpreter(line: &[u8]) -> Option<String> {
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
