//! What one command does, read from its arguments by a typed table of programs and their flags.

mod areas;
pub(crate) mod code;
pub mod foreign;
mod handed;
mod inputs;
mod lookup;
mod network;
mod options;
mod outputs;
mod reader;
mod table;
mod variables;

use crate::effect::Effect;
use crate::place::{self, Named, named};
use crate::verdict::Finding;
use crate::word::{Piece, Word};
use crate::world::{Dialect, World};
pub use inputs::is_commanded_by;
pub(crate) use inputs::{Inputs, MANIFEST, inputs};
pub(crate) use options::without;
pub(crate) use outputs::{Leaves, Named as NamedFiles, inside, leaves, named_by_a_text};
use reader::Reader;
pub(crate) use variables::is_credential;

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
    /// Code that its own code brings in.
    pub loads: Vec<Load>,
    pub io: Io,
    /// Whether the table knows the program. Where it does not, the caller asks.
    pub known: bool,
    /// Where the command should be run otherwise than it was written, so that what it reads cannot run programs:
    /// `git status` becomes `git -c core.fsmonitor=false --no-pager status`.
    pub instead: Option<Vec<Word>>,
}

/// Code that is brought in by a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// Where it would lie: the path without what the language puts behind the name.
    pub stem: String,
    /// Its language has something of this name, which a file can only hide.
    pub known: bool,
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
    /// Its words are in its output (`echo`, `basename`) or in what it leaves for others to read (`git commit -m`).
    pub prints_arguments: bool,
    /// Its output is names of files, all below the workspace or a temporary folder and none of them guarded or
    /// secret by name as far as the command says (`find . -name '*.rs'`, `git ls-files`, `rg -l`).
    pub names_files: bool,
    /// They are the names of all that is there, and nothing chooses among them (`find . -type f`, `ls`).
    pub names_all: bool,
    /// Its output is names of files in a folder of what authenticates someone (`find ~/.ssh`).
    pub names_secrets: bool,
    /// Its output is names of files of a home or of the system as a whole (`find / -name x`).
    pub names_critical: bool,
}

/// Why a word is not known into which a line of the input is put.
pub(crate) const A_LINE: &str = "a line of the input";

/// Why a word is not known that is a process of the gateway (`pgrep openclaw`).
pub(crate) const GATEWAY_PROCESS: &str = "a process of the gateway";

/// Why a word is not known that is a revision, in hexadecimal (`git rev-parse HEAD`): no option and no path.
pub(crate) const REVISION: &str = "a revision";

/// Whether a word turns out to begin in a way that nobody knows, so that it may be an option.
pub(crate) fn begins_unknown(word: &Word) -> bool {
    let why = match word {
        Word::Known(_) => return false,
        Word::Unknown(why) => why,
        Word::Partial(pieces) => match pieces.first() {
            Some(Piece::Unknown(why)) => why,
            _ => return false,
        },
    };
    why != REVISION
}

/// Whether a makefile holds rules and nothing else, each of which is read where a command of `make` makes it.
pub(crate) fn is_plain_makefile(text: &str, argv: &[Word]) -> bool {
    areas::is_plain_makefile(text, argv)
}

/// Whether a command tells how much files hold, or a digest of it, and nothing of what it is.
pub(crate) fn only_counts(argv: &[Word]) -> bool {
    let name = argv.first().and_then(Word::known);
    name.is_some_and(|name| areas::counts(place::name(name)))
}

/// Whether a command tells the processes of the gateway, by its name or by a port that it listens on.
pub(crate) fn finds_the_gateway(argv: &[Word], own_ports: &[u16]) -> bool {
    let name = argv.first().and_then(Word::known).unwrap_or_default();
    let mut words = argv.iter().skip(1).map(reader::shown_word);
    match place::name(name) {
        "pgrep" | "pidof" => words.any(|word| areas::is_ours(&word)),
        "lsof" | "fuser" => words.any(|word| areas::names_a_port(&word, own_ports)),
        _ => false,
    }
}

/// What a script is called with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Args {
    /// What `$0` is.
    pub zero: Word,
    /// Its positional parameters.
    pub words: Vec<Word>,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            zero: Word::from("sh"),
            words: Vec::new(),
        }
    }
}

/// What of its input a command hands on as arguments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct More {
    /// What stands between them; blanks, with quotes, where nothing is said.
    pub separator: Option<char>,
    /// How many of them a command gets at most.
    pub most: Option<usize>,
    /// The most is one of lines, not of words.
    pub by_line: bool,
    /// How many of them a command gets depends on how long they are.
    pub by_length: bool,
    /// Each line has a command of its own, and is put in where a word has `A_LINE`, not at the end.
    pub put_in: bool,
    /// The file that they are read from in place of the input.
    pub from: Option<Word>,
}

/// Whether the table has a program of this name, in a folder of the system or anywhere.
pub(crate) fn is_known(name: &str) -> bool {
    lookup::find(place::name(name)).is_some()
}

/// Something that a command runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Runs {
    /// Another command, as its words, and what of the input is added to them (`xargs`).
    Command {
        argv: Vec<Word>,
        more: Option<More>,
        cwd: Option<Word>,
        elsewhere: bool,
    },
    /// A script that it carries; `elsewhere` when it runs on another machine or in a container.
    Script {
        text: Word,
        dialect: Dialect,
        elsewhere: bool,
        args: Args,
    },
    /// Its input, as a script.
    Input { dialect: Dialect, args: Args },
    /// A file, as a script or a program; none where it is in a language that no shell reads.
    File {
        path: Word,
        dialect: Option<Dialect>,
        args: Vec<Word>,
    },
    /// A file that an interpreter of its language runs, and what it is called with.
    Code { path: Word, args: Vec<Word> },
}

/// Reads what a command does.
///
/// A name is looked up in the table; so is a path in a folder of the system. Another path is a file that is run.
pub fn read(invocation: &Invocation, world: &World<'_>) -> Reading {
    let mut reader = Reader::new(invocation, world);
    let (program, args) = match invocation.argv.split_first() {
        Some((Word::Known(program), args)) => (program.as_str(), args),
        Some((program @ Word::Partial(_), args)) => {
            by_pattern(program, args, &mut reader);
            return reader.out;
        }
        _ => return reader.out,
    };
    if !program.contains('/') {
        by_name(program, args, &mut reader);
        return reader.out;
    }
    let path = place::normalise(program, reader.cwd());
    match path.as_deref().and_then(of_the_system) {
        Some(name) => by_name(name, args, &mut reader),
        None => by_path(program, path.as_deref(), args, &mut reader),
    }
    reader.out
}

fn by_name(name: &str, args: &[Word], reader: &mut Reader<'_>) {
    let lower;
    let name = if reader.world.ignore_case && name.bytes().any(|b| b.is_ascii_uppercase()) {
        lower = name.to_ascii_lowercase();
        lower.as_str()
    } else {
        name
    };
    match lookup::find(name) {
        Some(program) if asks_what_it_is(program, args) => reader.out.known = true,
        Some(program) => {
            reader.by(program, args);
            handed::judge(name, args, reader);
            network::addresses(reader);
        }
        // Of Elixir; PowerShell's alias of that name has no such words.
        None if name == "iex"
            && matches!(args, [Word::Known(only)] if matches!(only.as_str(), "--version" | "--help")) =>
        {
            reader.out.known = true;
        }
        None => foreign::by_name(name, args, reader),
    }
}

/// `terraform --version`, `psql --help`, `rclone version`: nothing but a question about the program itself.
fn asks_what_it_is(program: &table::Program, args: &[Word]) -> bool {
    let [Word::Known(only)] = args else {
        return false;
    };
    match only.as_str() {
        "--version" | "--help" => true,
        // Others may have a file or a task of that name.
        "version" | "help" => program
            .says
            .is_some_and(|says| says.kind == crate::effect::EffectKind::Remote),
        _ => false,
    }
}

#[rustfmt::skip]
const FOLDERS: &[&str] = &[
    "/bin", "/usr/bin", "/sbin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/opt/homebrew/bin", "/snap/bin",
    "/opt/local/bin", "/usr/libexec", "/run/current-system/sw/bin", "/usr/lib/git-core", "/usr/lib/openssh",
];

/// The name of a program that lies where the system keeps its programs.
fn of_the_system(path: &str) -> Option<&str> {
    let (folder, name) = path.rsplit_once('/')?;
    FOLDERS.contains(&folder).then_some(name)
}

#[rustfmt::skip]
const KEPT: &[&str] = &[
    "/node_modules/.bin/", "/.venv/bin/", "/venv/bin/", "/vendor/bin/", "/bin/",
];

/// What governs this agent is driven by its command wherever that lies.
const OURS: &[&str] = &["gatehouse", "gatehouse-desktop", "openclaw"];

/// The program of ours that a file is: by its own name, or a script of the package that is named so.
pub(crate) fn own_program(path: &str) -> Option<&'static table::Program> {
    let name = place::name(path);
    let stem = name.split('.').next().unwrap_or(name);
    let mut parts = path.split('/');
    let mut package = None;
    while let Some(part) = parts.next() {
        if part == "node_modules" {
            package = parts.clone().next();
        }
    }
    [Some(stem), package]
        .into_iter()
        .flatten()
        .find(|name| OURS.contains(name))
        .and_then(lookup::find)
}

/// A file that is run; a task runner or a tool that a project keeps is read by its name as well.
fn by_path(program: &str, path: Option<&str>, args: &[Word], reader: &mut Reader<'_>) {
    reader.out.known = true;
    let name = place::name(program);
    if program.chars().any(char::is_control) {
        reader.ask(
            "strange-name",
            "The name of the program holds what separates words elsewhere.",
        );
    }
    let script = Word::from(program);
    areas::framework(&script, args, reader);
    reader.script_file(&script, args);
    if let Some(entry) = own_program(program) {
        return reader.by(entry, args);
    }
    let kept = path.is_some_and(|path| KEPT.iter().any(|folder| path.contains(folder)));
    if (kept || matches!(name, "gradlew" | "mvnw" | "manage.py"))
        && let Some(entry) = lookup::find(name)
    {
        reader.by(entry, args);
        handed::judge(name, args, reader);
    }
}

/// So many programs are read of those that a pattern may name.
const MOST_NAMED: usize = 64;

/// `/???/[r]m`: each program of the table that the pattern may name is read, and it is asked about.
fn by_pattern(program: &Word, args: &[Word], reader: &mut Reader<'_>) {
    let Named::Pattern { glob, .. } = named(program) else {
        return;
    };
    reader.out.known = false;
    // Neither part of a pattern crosses a slash, so that the folder is held against its part once.
    let Some((folder, last)) = glob.rsplit_once('/') else {
        return;
    };
    let folders = ["/bin", "/usr/bin"];
    if !folders.iter().any(|one| place::matches(folder, one)) {
        return;
    }
    let named = lookup::names().filter(|name| place::matches(last, name));
    for name in named.take(MOST_NAMED) {
        by_name(name, args, reader);
    }
    reader.out.known = false;
}

#[cfg(test)]
mod tests;
