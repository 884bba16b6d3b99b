//! Variables that hold options of a tool, and so what it loads.

use crate::programs::reader::{Reader, shown_word};
use crate::word::Word;

/// Judges a value as the options that it stands for.
pub(super) fn judge(name: &str, value: &Word, reader: &mut Reader<'_>) {
    let text = shown_word(value);
    match name {
        "PYTEST_ADDOPTS" => {
            let unquoted = |word: &str| word.replace(['"', '\''], "");
            let args: Vec<Word> = text
                .split_ascii_whitespace()
                .map(|word| Word::Known(unquoted(word)))
                .collect();
            reader.again("pytest", &args);
        }
        "PYTEST_PLUGINS" => {
            let named = |name: &str| [Word::from("-p"), Word::from(name.trim())];
            let names = text.split(',').filter(|name| !name.trim().is_empty());
            let args: Vec<Word> = names.flat_map(named).collect();
            reader.again("pytest", &args);
        }
        _ => return,
    }
    if value.known().is_none() {
        reader.ask(
            "loads-code",
            "What it makes the tests load is only known when it runs.",
        );
    }
}
