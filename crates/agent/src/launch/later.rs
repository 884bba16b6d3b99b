//! Which files a command may still read by their paths when it has begun, and whether it still runs.
//!
//! A shell reads its script bit by bit, and a line of several commands comes to the later ones when the earlier ones
//! are done: what is written to such a file meanwhile is run without having been looked at.

use std::{
    collections::{BTreeSet, hash_map::RandomState},
    hash::BuildHasher,
    path::{Path, PathBuf},
    sync::{
        Arc, LazyLock, OnceLock, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use gatehouse_policy::Plan;

use super::{Opened, Program, find};

/// Kept for as long as a command runs.
#[derive(Debug)]
pub struct Held {
    /// What its processes are marked with, and no others.
    mark: String,
    /// When it was started, as the system counts it.
    began: OnceLock<u64>,
}

/// How many commands were opened since this program began.
static OPENED: AtomicU64 = AtomicU64::new(0);

/// What tells the commands of this program from those of one before it, whose processes may live on.
static PROGRAM: LazyLock<String> = LazyLock::new(|| {
    let random = RandomState::new().hash_one(());
    format!("{}-{random:x}", std::process::id())
});

impl Default for Held {
    fn default() -> Self {
        let number = OPENED.fetch_add(1, Ordering::Relaxed);
        let mark = format!("{}-{number:x}", *PROGRAM);
        Self {
            mark,
            began: OnceLock::new(),
        }
    }
}

impl Held {
    pub(crate) fn mark(&self) -> &str {
        &self.mark
    }

    pub(crate) fn began(&self) -> Option<u64> {
        self.began.get().copied()
    }

    /// Says when it is started, where that is known.
    pub(crate) fn begin(&self, at: Option<u64>) {
        if let Some(at) = at {
            // It is started once.
            let _ = self.began.set(at);
        }
    }

    /// Whether anybody asks whether the command runs.
    pub(crate) fn is_watched(this: &Arc<Self>) -> bool {
        Arc::weak_count(this) > 0
    }
}

/// Whether a command still runs, or is about to. Keeps nothing open.
#[derive(Clone, Debug)]
pub struct Running(Weak<Held>);

impl Running {
    pub(super) fn of(held: &Arc<Held>) -> Self {
        Self(Arc::downgrade(held))
    }

    pub fn is_over(&self) -> bool {
        self.0.strong_count() == 0
    }
}

/// Interpreters that read on while they run.
const BIT_BY_BIT: &[&str] = &["sh", "bash", "dash", "ash", "zsh", "ksh", "fish"];

/// Words of a shell that begin what may be run again.
const AGAIN: &[&str] = &["while ", "until ", "for "];

/// What is read by its path once the command has begun. `commands` are all that run, in their order.
pub(super) fn later(opened: &Opened, commands: &[Vec<String>]) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    match &opened.plan {
        Plan::Direct { lists } => {
            for spawn in lists.iter().flat_map(|list| &list.spawns) {
                found.extend(read_on(opened, &spawn.argv));
            }
        }
        Plan::Shell { .. } => {
            let again = may_begin_again(&opened.plan);
            let first = commands.iter().find(|argv| !is_of_the_shell(argv));
            let begun = first.filter(|argv| !again && !reads_on(argv));
            let begun = begun.and_then(|argv| script(opened, argv));
            found.extend(opened.scripts.keys().cloned());
            found.extend(
                opened
                    .programs
                    .values()
                    .filter_map(|program| match program {
                        Program::Found {
                            path, is_script, ..
                        } => is_script.then(|| path.clone()),
                        Program::Missing => None,
                    }),
            );
            if let Some(begun) = begun {
                found.remove(&begun);
            }
        }
        Plan::Nothing => {}
    }
    found
}

/// Whether the commands of a plan may begin more than once.
pub fn may_begin_again(plan: &Plan) -> bool {
    match plan {
        Plan::Shell { text } => AGAIN.iter().any(|word| text.contains(word)),
        Plan::Direct { .. } | Plan::Nothing => false,
    }
}

/// Whether it takes no time, so that what comes next begins with it.
pub fn is_of_the_shell(argv: &[String]) -> bool {
    let name = argv.first().map(String::as_str);
    matches!(name, Some("cd" | "export" | "set" | "pushd" | "umask"))
}

fn reads_on(argv: &[String]) -> bool {
    let name = argv
        .first()
        .and_then(|program| Path::new(program).file_name());
    name.and_then(|name| name.to_str())
        .is_none_or(|name| BIT_BY_BIT.contains(&name))
}

fn script(opened: &Opened, argv: &[String]) -> Option<PathBuf> {
    find::script(argv, &opened.cwd.path)?.canonicalize().ok()
}

/// What one command without a shell around it reads on in.
fn read_on(opened: &Opened, argv: &[String]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let program = argv.first().and_then(|name| opened.programs.get(name));
    if let Some(Program::Found {
        path,
        is_script: true,
        ..
    }) = program
    {
        found.push(path.clone());
    }
    // What a wrapper starts (`env`, `timeout`) is a shell with its script, too.
    for at in 0..argv.len() {
        let argv = &argv[at..];
        let path = script(opened, argv).filter(|_| reads_on(argv));
        found.extend(path.filter(|path| at > 0 || !is_copied(opened, argv, path)));
    }
    found
}

#[cfg(target_os = "linux")]
fn is_copied(opened: &Opened, argv: &[String], path: &Path) -> bool {
    let named = argv.get(1).map(|word| opened.cwd.path.join(word));
    if named.and_then(|named| named.canonicalize().ok()).as_deref() != Some(path) {
        return false;
    }
    let content = opened.scripts.get(path);
    let interpreter = super::copied::bare(&argv[0]);
    let (Some(content), Some(interpreter)) = (content, interpreter) else {
        return false;
    };
    super::copied::copyable(interpreter, path, content).is_ok_and(|bytes| bytes.is_some())
}

#[cfg(not(target_os = "linux"))]
fn is_copied(_: &Opened, _: &[String], _: &Path) -> bool {
    false
}
