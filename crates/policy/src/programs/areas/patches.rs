//! Files that a patch changes, where its text is known.

use crate::place::{Access, locate};
use crate::programs::Stdin;
use crate::programs::code::text_of;
use crate::programs::reader::Reader;
use crate::word::Word;

/// Judges what the patches in files, or in the input where there are none, change of what is guarded.
///
/// The rest of the workspace is left to the program's own entry: to apply a patch there is everyday work.
pub(super) fn changes(files: &[Word], reader: &mut Reader<'_>) {
    let texts: Vec<String> = match (&reader.invocation.stdin, files) {
        (Stdin::Text(text), []) => text.known().map(str::to_owned).into_iter().collect(),
        (Stdin::File(file), []) => text_of(reader, file).into_iter().collect(),
        _ => files
            .iter()
            .filter_map(|file| text_of(reader, file))
            .collect(),
    };
    for path in texts.iter().flat_map(|text| text.lines()).filter_map(named) {
        // How many folders are taken off the name is said by an option, and is one as a rule.
        let inner = path.split_once('/').map_or(path, |(_, rest)| rest);
        for path in [path, inner] {
            if is_guarded(path, reader) {
                reader.touch(&Word::from(path), Access::Write);
            }
        }
    }
}

fn is_guarded(path: &str, reader: &Reader<'_>) -> bool {
    let place = locate(path, reader.cwd(), reader.world);
    place.is_some_and(|place| place.guard.is_some())
}

/// The file that a line of a patch names.
fn named(line: &str) -> Option<&str> {
    let begins = ["+++ ", "--- ", "rename to ", "copy to "];
    let rest = begins.iter().find_map(|begin| line.strip_prefix(begin))?;
    let path = rest.split('\t').next()?.trim().trim_matches('"');
    (path != "/dev/null" && !path.is_empty()).then_some(path)
}
