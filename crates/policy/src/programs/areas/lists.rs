//! Names of files that a program takes from a list: its input, or a file.

use crate::place::normalise;
use crate::programs::options::Parsed;
use crate::programs::reader::Reader;
use crate::programs::{More, Runs};
use crate::word::Word;

/// Judges a command with the names that a list holds as more of its words.
pub(super) fn names_from(list: &Word, separator: char, argv: &[Word], reader: &mut Reader<'_>) {
    names_in(None, list, separator, argv, reader);
}

/// As `names_from`, where the names are those of a folder: `tar -C FOLDER -T LIST`.
pub(super) fn names_in(
    folder: Option<Word>,
    list: &Word,
    separator: char,
    argv: &[Word],
    reader: &mut Reader<'_>,
) {
    let from = (list.known() != Some("-")).then(|| {
        // The list itself is looked for where the program was started.
        let path = folder.as_ref().and(list.known());
        let path = path.and_then(|path| normalise(path, reader.cwd()));
        path.map_or_else(|| list.clone(), Word::Known)
    });
    let more = More {
        separator: Some(separator),
        from,
        ..More::default()
    };
    reader.out.runs.push(Runs::Command {
        argv: argv.to_vec(),
        more: Some(more),
        cwd: folder,
        elsewhere: false,
    });
}

/// Programs that tell how much files hold, or a digest of it.
#[rustfmt::skip]
const COUNT: &[&str] = &[
    "wc", "gwc", "sum", "cksum", "sha1sum", "sha224sum", "sha256sum", "sha384sum", "sha512sum", "gsha256sum", "md5sum", "gmd5sum", "b2sum",
    "b3sum", "shasum", "sha256", "sha512", "crc32", "xxhsum", "xxh64sum",
];

pub(in crate::programs) fn counts(name: &str) -> bool {
    COUNT.contains(&name)
}

/// `wc --files0-from=-`. What a file holds that is only counted comes out nowhere, whichever it is; but one of a name that
/// may be an option is asked about, for a list of names is shown where they name nothing.
pub(super) fn files_from(parsed: &Parsed, reader: &mut Reader<'_>) {
    let only_counts = counts(crate::place::name(reader.invocation.argv[0].prefix()));
    if only_counts && !parsed.vague && !parsed.has("--files0-from") {
        reader
            .out
            .findings
            .retain(|finding| finding.code != "read-unknown");
    }
    let program = [reader.invocation.argv[0].clone()];
    for list in parsed.values("--files0-from") {
        names_from(list, '\0', &program, reader);
    }
    for list in parsed.values("--files-from") {
        names_from(list, '\n', &program, reader);
    }
}
