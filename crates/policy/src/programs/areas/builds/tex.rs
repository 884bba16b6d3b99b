//! TeX: a document, or code that stands in the line.

use super::*;
use crate::programs::reader::shown_word;

pub(super) fn tex(parsed: &Parsed, reader: &mut Reader<'_>) {
    careful(&parsed.operands, reader);
    for word in &parsed.operands {
        let text = shown_word(word);
        if text.contains('\\') {
            code(&text, reader);
        }
    }
}

/// `\input{FILE}`, `\openout5=FILE`: what it names is read, and written where it opens anything to write.
fn code(text: &str, reader: &mut Reader<'_>) {
    reader.ask("inline-code", "It runs code that is given in an argument.");
    if text.contains("write18") || text.contains("directlua") || text.contains("ShellEscape") {
        reader.deny("shell-escape", "The document runs commands.");
    }
    let writes = ["openout", "newwrite", "filecontents"];
    let access = if writes.iter().any(|word| text.contains(word)) {
        Access::Write
    } else {
        Access::Read
    };
    let ends = ['{', '}', '[', ']', '=', '"', '|', ',', ' ', '\\'];
    for path in text
        .split(ends)
        .filter(|part| part.contains(['/', '.', '~']))
    {
        reader.touch(&Word::from(path), access);
    }
}
