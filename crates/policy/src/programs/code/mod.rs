//! Code in other languages, carried in an argument.

use super::reader::Reader;
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

pub(crate) fn read(reader: &mut Reader<'_>, _text: &Word, _language: Language) {
    reader.ask("inline-code", "It runs code that is given in an argument.");
}
