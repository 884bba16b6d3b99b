//! What one command does, read from its arguments by a typed table of programs and their flags.

use crate::effect::Effect;
use crate::verdict::Finding;
use crate::word::Word;
use crate::world::{Dialect, World};

/// A command after expansion, its assignments and redirections taken off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// The program first. Never empty.
    pub argv: Vec<Word>,
    /// The folder it runs in; none where that is not known.
    pub cwd: Option<String>,
    pub stdin: Stdin,
}

/// Where a command's input comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stdin {
    /// Nothing is said about it.
    Inherited,
    /// A here-document, a here-string, or the output of a command whose output is known.
    Text(Word),
    /// A file.
    File(Word),
    /// Another command's output.
    Pipe,
}

/// What a command does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    pub effects: Vec<Effect>,
    /// What is wrong with it or not known about it.
    pub findings: Vec<Finding>,
    /// What it runs in turn. The caller judges each.
    pub runs: Vec<Runs>,
    pub io: Io,
    /// Whether the table knows the program. Where it does not, the caller asks.
    pub known: bool,
    /// Where the command should be run otherwise than it was written, so that what it reads cannot run programs:
    /// `git status` becomes `git -c core.fsmonitor=false --no-pager status`.
    pub instead: Option<Vec<Word>>,
}

/// What passes through a command; for flows along a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Io {
    /// Its output is or may be secret.
    pub emits_secret: bool,
    /// Its output came from the network.
    pub emits_network: bool,
    /// Its output is decoded, so that nobody saw it (`base64 -d`, `xxd -r`, `openssl enc -d`, `tr`).
    pub decodes: bool,
    /// It sends its input over the network.
    pub sends_input: bool,
    /// It runs its input.
    pub runs_input: bool,
    /// Its output is its input, changed or not (`cat`, `tee`, `sort`).
    pub passes_input: bool,
    /// Its output is the text of these words (`echo`, `printf`), known when they are.
    pub prints_arguments: bool,
}

/// Something that a command runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Runs {
    /// Another command, as its words; arguments may be added at the end when `more` is set (`xargs`).
    Command {
        argv: Vec<Word>,
        more: bool,
        cwd: Option<Word>,
        elsewhere: bool,
    },
    /// A script that it carries; `elsewhere` when it runs on another machine or in a container.
    Script {
        text: Word,
        dialect: Dialect,
        elsewhere: bool,
    },
    /// Its input, as a script.
    Input { dialect: Dialect },
    /// A file, as a script or a program.
    File { path: Word },
}

/// Reads what a command does.
pub fn read(_invocation: &Invocation, _world: &World<'_>) -> Reading {
    Reading::default()
}
