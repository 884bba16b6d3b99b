//! Tcl, as far as it deletes files and runs commands.

use super::Reader;
use crate::word::Word;

/// What is read of a script.
const MOST_COMMANDS: usize = 128;

pub(super) fn read(reader: &mut Reader<'_>, text: &str) {
    for command in text.split(['\n', ';', '[', ']']).take(MOST_COMMANDS) {
        let words: Vec<String> = command
            .split_ascii_whitespace()
            .map(|word| plain(word, &reader.world.home))
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["file", "delete", paths @ ..] => {
                let paths = paths.iter().filter(|path| !path.starts_with('-'));
                let argv = ["rm", "-rf"].into_iter().chain(paths.copied());
                let argv: Vec<Word> = argv.map(Word::from).collect();
                reader.run(&argv);
            }
            ["exec", argv @ ..] if !argv.is_empty() => reader.shell(Word::Known(argv.join(" "))),
            _ => {}
        }
    }
}

/// A word without what only holds it together, and the home folder by its path.
fn plain(word: &str, home: &str) -> String {
    let word = word.trim_matches(['{', '}', '"']);
    word.replace("$::env(HOME)", home)
        .replace("$env(HOME)", home)
}
