//! What a command needs to run, opened once: its folder, its programs and its scripts, with the hash of each.
//!
//! A question to a person is bound to all of it ([`Launch::bound`]). Before the run it is opened again and must
//! be the same; then it is started from what was opened: the folder by its handle, and on Linux a binary program
//! by its handle too. A shell's or Python's script runs from a sealed copy of what was opened; one that asks where it
//! lies, and those of other interpreters, are read through their path, as programs look beside themselves for the rest
//! of them: they are compared with what was opened right before and right after the start.
//!
//! Opening reads files; call it off the async threads.

#[cfg(target_os = "linux")]
mod copied;
mod digests;
mod environment;
mod find;
mod later;
mod open;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    ffi::{OsStr, OsString},
    fmt,
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use gatehouse_policy::{Pipeline, Plan};
use serde::Serialize;
use thiserror::Error;

#[cfg(target_os = "linux")]
pub(crate) use copied::Copied;
pub use digests::Digests;
pub use environment::Environment;
use find::{Beginning, Search};
pub use later::{Held, Running, is_of_the_shell, may_begin_again};
use open::{Content, Folder, Opener, Program};

/// Why something could not be opened for a run.
#[derive(Debug, Error)]
#[error("cannot use {}: {source}", path.display())]
pub struct LaunchError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

impl LaunchError {
    fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self { path, source }
    }
}

/// What is to be opened.
#[derive(Clone, Debug)]
pub struct LaunchRequest {
    pub plan: Plan,
    /// Absolute, links resolved.
    pub cwd: PathBuf,
    /// All that the process will get.
    pub environment: Environment,
    /// The arguments of each command that will run, also of those that others start.
    pub commands: Vec<Vec<String>>,
    /// Files that the analysis found to be run, beside those that the arguments of an interpreter name.
    pub scripts: Vec<PathBuf>,
    /// What the command itself changes: files, and folders with all below them.
    pub changes: Vec<PathBuf>,
}

/// What was opened. Cheap to clone.
#[derive(Clone)]
pub struct Launch(Arc<Opened>);

struct Opened {
    plan: Plan,
    cwd: Folder,
    environment: Environment,
    /// By the word that names it.
    programs: BTreeMap<String, Program>,
    scripts: BTreeMap<PathBuf, Content>,
    changes: Vec<PathBuf>,
    /// What may still be read by its path when the command has begun.
    later: BTreeSet<PathBuf>,
    held: Arc<Held>,
}

impl Launch {
    /// Opens everything. `now_ms` is the time of day: a file that changed a moment ago is hashed anew each time.
    pub fn open(
        request: LaunchRequest,
        digests: &Digests,
        now_ms: u64,
    ) -> Result<Self, LaunchError> {
        let cwd = Folder::open(&request.cwd)?;
        let mut opener = Opener {
            search: search(&request.environment, &cwd.path),
            digests,
            now_ms,
            programs: BTreeMap::new(),
            scripts: BTreeMap::new(),
        };
        for name in names(&request) {
            opener.program(&name)?;
        }
        let mut scripts: BTreeSet<PathBuf> = request.scripts.iter().cloned().collect();
        let direct = spawned(&request.plan).map(|spawn| spawn.argv.as_slice());
        for argv in direct.chain(request.commands.iter().map(Vec::as_slice)) {
            scripts.extend(find::script(argv, &cwd.path));
        }
        for path in scripts {
            opener.script(&path)?;
        }
        let Opener {
            programs, scripts, ..
        } = opener;
        let mut opened = Opened {
            plan: request.plan,
            cwd,
            environment: request.environment,
            programs,
            scripts,
            changes: request.changes,
            later: BTreeSet::new(),
            held: Arc::default(),
        };
        opened.later = later::later(&opened, &request.commands);
        Ok(Self(Arc::new(opened)))
    }

    pub fn plan(&self) -> &Plan {
        &self.0.plan
    }

    pub fn environment(&self) -> &BTreeMap<OsString, OsString> {
        self.0.environment.variables()
    }

    /// All that an approval is bound to, apart from who asks: plan, folder, environment, programs, scripts.
    pub fn bound(&self) -> Bound<'_> {
        let opened = &self.0;
        let programs = opened.programs.iter().map(|(name, program)| match program {
            Program::Found { path, content, .. } => BoundProgram {
                name,
                realpath: Some(path),
                sha256: Some(content.seen()),
            },
            Program::Missing => BoundProgram {
                name,
                realpath: None,
                sha256: None,
            },
        });
        let scripts = opened.scripts.iter().map(|(path, content)| BoundScript {
            path: path.to_string_lossy(),
            sha256: content.seen(),
        });
        Bound {
            plan: &opened.plan,
            cwd: BoundFolder {
                path: opened.cwd.path.to_string_lossy(),
                dev: opened.cwd.identity.dev.to_string(),
                ino: opened.cwd.identity.ino.to_string(),
            },
            env: opened.environment.digest(),
            exe: programs.collect(),
            scripts: scripts.collect(),
        }
    }

    /// The folder, by its handle where the system has that.
    pub(crate) fn folder(&self) -> PathBuf {
        let folder = &self.0.cwd;
        by_handle(folder.handle.as_ref()).unwrap_or_else(|| folder.path.clone())
    }

    pub(crate) fn folder_name(&self) -> &Path {
        &self.0.cwd.path
    }

    /// What to start for a word: the opened file itself where the system can start that.
    pub(crate) fn program(&self, name: &str) -> Option<PathBuf> {
        match self.0.programs.get(name)? {
            Program::Found {
                is_script: false,
                content,
                path,
            } => Some(by_handle(content.handle.as_ref()).unwrap_or_else(|| path.clone())),
            Program::Found { path, .. } => Some(path.clone()),
            Program::Missing => None,
        }
    }

    /// The path of a program that has to be given to a shell, as it is text that names no interpreter.
    pub(crate) fn for_a_shell(&self, name: &str) -> Option<&Path> {
        match self.0.programs.get(name)? {
            Program::Found { path, content, .. } => {
                (content.begins() == Some(&Beginning::Text)).then_some(path)
            }
            Program::Missing => None,
        }
    }

    /// Its path, for what cannot start from a handle.
    pub(crate) fn program_path(&self, name: &str) -> Option<&Path> {
        match self.0.programs.get(name)? {
            Program::Found { path, .. } => Some(path),
            Program::Missing => None,
        }
    }

    /// The hash of a script or a program that was opened, by its path.
    pub fn sha256_of(&self, path: &Path) -> Option<&str> {
        let path = path.canonicalize().ok()?;
        let programs = self
            .0
            .programs
            .values()
            .filter_map(|program| match program {
                Program::Found { path, content, .. } => Some((path, content)),
                Program::Missing => None,
            });
        let mut files = self.0.scripts.iter().chain(programs);
        let (_, content) = files.find(|(known, _)| **known == path)?;
        content.sha256()
    }

    /// What to give an interpreter in place of its script, where the script can run from a copy.
    #[cfg(target_os = "linux")]
    pub(crate) fn copied_script(&self, argv: &[String]) -> io::Result<Option<Copied>> {
        let [program, word, ..] = argv else {
            return Ok(None);
        };
        let Some(interpreter) = copied::bare(program) else {
            return Ok(None);
        };
        let named = self.0.cwd.path.join(word);
        let is_the_script = find::script(argv, &self.0.cwd.path).as_ref() == Some(&named);
        let path = named.canonicalize().ok().filter(|_| is_the_script);
        match path.and_then(|path| self.0.scripts.get_key_value(&path)) {
            Some((path, content)) => copied::copied(interpreter, path, content),
            None => Ok(None),
        }
    }

    /// Whether every path still leads to what was opened, unchanged.
    pub(crate) fn is_unchanged(&self) -> bool {
        self.0.files().all(|(path, content)| content.is_at(path))
    }

    /// The same when the command has begun, but for what it changes itself.
    pub(crate) fn is_unchanged_by_others(&self) -> bool {
        let own = |path: &Path| self.0.changes.iter().any(|own| path.starts_with(own));
        let mut others = self.0.files().filter(|(path, _)| !own(path));
        others.all(|(path, content)| content.is_at(path))
    }

    /// Whether one command of a plan of several finds what was opened for it, when its turn comes: a program that is
    /// named by its path, and the script that it, or what it runs in turn, is given.
    pub(crate) fn is_unchanged_for(&self, argv: &[String]) -> bool {
        let program = argv.first().filter(|name| name.contains('/'));
        let program = program.and_then(|name| match self.0.programs.get(name)? {
            Program::Found { path, content, .. } => Some((path, content)),
            Program::Missing => None,
        });
        let cwd = &self.0.cwd.path;
        let scripts = (0..argv.len()).filter_map(|at| find::script(&argv[at..], cwd));
        let scripts = scripts.filter_map(|path| {
            let path = path.canonicalize().ok()?;
            self.0.scripts.get_key_value(&path)
        });
        let mut files = program.into_iter().chain(scripts);
        files.all(|(path, content)| content.is_at(path))
    }

    /// Where a program is that was not there when the rest was opened: what a line installs is found when it is run.
    pub(crate) fn appeared(&self, name: &str) -> Option<PathBuf> {
        search(&self.0.environment, &self.0.cwd.path).program(name)
    }

    /// Files that the command may still read by their paths when it has begun: whoever changes one of them changes what
    /// runs.
    pub fn reads_later(&self) -> &BTreeSet<PathBuf> {
        &self.0.later
    }

    /// Tells whether the command still runs, or is about to.
    pub fn running(&self) -> Running {
        Running::of(&self.0.held)
    }

    /// To be kept for as long as it runs.
    pub(crate) fn held(&self) -> Arc<Held> {
        self.0.held.clone()
    }
}

/// What an approval of a command is bound to.
#[derive(Debug, Serialize)]
pub struct Bound<'a> {
    pub plan: &'a Plan,
    pub cwd: BoundFolder<'a>,
    /// A hash over names and values.
    pub env: &'a str,
    pub exe: Vec<BoundProgram<'a>>,
    pub scripts: Vec<BoundScript<'a>>,
}

/// A folder, and which one it is: another may come to have its name.
#[derive(Debug, Serialize)]
pub struct BoundFolder<'a> {
    path: Cow<'a, str>,
    dev: String,
    ino: String,
}

/// A word, and the program that it names.
#[derive(Debug, Serialize)]
pub struct BoundProgram<'a> {
    name: &'a str,
    realpath: Option<&'a Path>,
    sha256: Option<Cow<'a, str>>,
}

#[derive(Debug, Serialize)]
pub struct BoundScript<'a> {
    path: Cow<'a, str>,
    sha256: Cow<'a, str>,
}

impl fmt::Debug for Launch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Launch").field(&self.0.plan).finish()
    }
}

/// The same opening, not an equal one.
impl PartialEq for Launch {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Launch {}

impl Opened {
    fn files(&self) -> impl Iterator<Item = (&PathBuf, &Content)> {
        let programs = self.programs.values();
        let programs = programs.filter_map(|program| match program {
            Program::Found { path, content, .. } => Some((path, content)),
            Program::Missing => None,
        });
        programs.chain(&self.scripts)
    }
}

/// Where programs are looked for.
fn search(environment: &Environment, cwd: &Path) -> Search {
    let path = environment.variables().get(OsStr::new("PATH"));
    Search::along(path.map(OsString::as_os_str), cwd)
}

/// Every word that names a program.
fn names(request: &LaunchRequest) -> BTreeSet<String> {
    let direct = spawned(&request.plan).filter_map(|spawn| spawn.argv.first());
    let others = request.commands.iter().filter_map(|argv| argv.first());
    let mut names: BTreeSet<String> = direct.chain(others).cloned().collect();
    if !matches!(request.plan, Plan::Nothing) {
        names.insert(SHELL.to_owned());
    }
    names
}

/// The shell of a plan that needs one.
pub(crate) const SHELL: &str = "bash";

fn spawned(plan: &Plan) -> impl Iterator<Item = &gatehouse_policy::Spawn> {
    let lists: &[Pipeline] = match plan {
        Plan::Direct { lists } => lists,
        Plan::Shell { .. } | Plan::Nothing => &[],
    };
    lists.iter().flat_map(|pipeline| &pipeline.spawns)
}

/// The path by which a child finds an open file of ours: it is opened anew by no name.
#[cfg(target_os = "linux")]
fn by_handle(file: Option<&File>) -> Option<PathBuf> {
    use std::os::fd::AsRawFd;
    file.map(|file| PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd())))
}

#[cfg(not(target_os = "linux"))]
fn by_handle(_: Option<&File>) -> Option<PathBuf> {
    None
}

#[cfg(all(test, unix))]
mod tests;
