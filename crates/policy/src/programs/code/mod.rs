//! Code in other languages, carried in an argument or a here-document.
//!
//! Cut into tokens, never run or understood: what is plainly harmless is allowed (printing, arithmetic, JSON), what
//! runs a command hands that command back, what deletes, writes or reads a named file is judged as a path, and
//! everything else asks. What it cannot see through is not harmless.

mod awk;
mod general;
mod sed;
mod tokens;
mod words;

use super::reader::{Reader, shown_word};
use crate::word::Word;

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
