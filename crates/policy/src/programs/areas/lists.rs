//! Names of files that a program takes from a list: its input, or a file.

use crate::programs::More;
use crate::programs::options::Parsed;
use crate::programs::reader::Reader;
use crate::word::Word;

/// Judges a command with the names that a list holds as more of its words.
pub(super) fn names_from(list: &Word, separator: char, argv: &[Word], reader: &mut Reader<'_>) {
    let from = (list.known() != Some("-")).then(|| list.clone());
    reader.command_with(
        argv,
        More {
            separator: Some(separator),
            from,
            ..More::default()
        },
    );
}

/// `wc --files0-from=-`
pub(super) fn files_from(parsed: &Parsed, reader: &mut Reader<'_>) {
    let program = [reader.invocation.argv[0].clone()];
    for list in parsed.values("--files0-from") {
        names_from(list, '\0', &program, reader);
    }
    for list in parsed.values("--files-from") {
        names_from(list, '\n', &program, reader);
    }
}
