//! Code in other languages, carried in an argument or a here-document.
//!
//! Cut into tokens, never run or understood: what is plainly harmless is allowed (printing, arithmetic, JSON), what
//! runs a command hands that command back, what deletes, writes or reads a named file is judged as a path, and
//! everything else asks. What it cannot see through is not harmless.

mod awk;
mod general;
mod plain;
mod sed;
mod tcl;
mod tokens;
mod words;

pub(crate) use plain::{hides_nothing, is_plain};

use super::reader::{Reader, shown_word};
use super::{Args, Runs, Stdin};
use crate::place::normalise;
use crate::word::Word;
use crate::world::Dialect;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Python,
    Perl,
    Node,
    Ruby,
    Php,
    Awk,
    Sed,
    AppleScript,
    Lua,
    Other,
}

/// Code longer than this is not read.
const LONGEST: usize = 64 * 1024;

/// Whether a word names the input of the command, where a file is to be named.
pub(crate) fn is_input(word: &Word) -> bool {
    matches!(
        word.known(),
        Some("-" | "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0" | "/proc/thread-self/fd/0")
    )
}

/// Code that comes in, or is to be typed.
pub(crate) fn input(reader: &mut Reader<'_>, language: Language) {
    reader.out.io.runs_input = true;
    match reader.invocation.stdin.clone() {
        Stdin::Text(text) => read(reader, &text, language),
        Stdin::File(path) => file(reader, &path, language),
        Stdin::Pipe => reader.ask("code-input", "It runs what another command writes."),
        Stdin::Inherited => reader.ask("code-input", "It runs whatever it is given."),
    }
}

/// A module that is brought in by its name.
pub(crate) fn loads(reader: &mut Reader<'_>, module: &str, language: Language) {
    general::loads(reader, module, language);
}

/// A file of code, read where it is known what it says.
pub(crate) fn file(reader: &mut Reader<'_>, path: &Word, language: Language) {
    if let Some(text) = text_of(reader, path) {
        read(reader, &Word::Known(text), language);
    }
    reader.file(path);
}

/// What a file says.
pub(crate) fn text_of(reader: &Reader<'_>, path: &Word) -> Option<String> {
    let path = normalise(path.known()?, reader.cwd())?;
    reader.world.files.text(&path)
}

/// Code in a language of which nothing is known: it asks, and is denied where a shell that is given it would be.
pub(crate) fn strange_input(reader: &mut Reader<'_>) {
    input(reader, Language::Other);
    let program = reader.invocation.argv.first().map_or("", Word::prefix);
    if let (Stdin::Text(text), "tclsh" | "wish" | "jimsh" | "expect") =
        (&reader.invocation.stdin, crate::place::name(program))
    {
        let text = shown_word(text);
        tcl::read(reader, &text);
    }
    if matches!(reader.invocation.stdin, Stdin::Text(_)) {
        reader.ask("code-input", "It runs code that it is given.");
        reader.out.runs.push(Runs::Input {
            dialect: Dialect::Posix,
            args: Args::default(),
        });
    }
}

/// Reads code and notes what it does.
pub(crate) fn read(reader: &mut Reader<'_>, text: &Word, language: Language) {
    if text.known().is_none() {
        reader.ask(
            "unknown-code",
            "A part of the code that it runs is only known when it runs.",
        );
    }
    let text = shown_word(text);
    if text.len() > LONGEST {
        return reader.ask(
            "long-code",
            "The code that it runs is too long to look through.",
        );
    }
    match language {
        Language::Sed => sed::read(reader, &text),
        Language::Awk => awk::read(reader, &text),
        _ => general::read(reader, &text, language),
    }
}
