//! Python's `sqlite3`: what it opens is a file, and what it is told to do is a statement, not a command.

use super::{Access, Language, Walker};
use crate::word::Word;

/// What makes a statement reach other files or load code.
const REACHES: &[&str] = &[
    "attach",
    "load_extension",
    "writefile",
    "readfile",
    "vacuum into",
    "fts3_tokenizer",
    "edit(",
];

impl Walker<'_, '_> {
    /// `sqlite3.connect("x.db")` and the statements of what it gives back.
    pub(super) fn database(&mut self, at: usize, name: &str) -> bool {
        if self.language != Language::Python || !self.bound.has_database() {
            return false;
        }
        match name {
            "connect"
                if self
                    .module_before(at)
                    .is_some_and(|of| self.bound.is_database(of)) =>
            {
                let arguments = self.source.arguments(at);
                let path = arguments.first().map(|one| self.values().argument(one));
                match path {
                    Some(Word::Known(path)) if path == ":memory:" => {}
                    Some(Word::Known(path)) if path.starts_with("file:") => self.reader.ask(
                        "database-files",
                        "The name of its file is spelled so that it is not read here.",
                    ),
                    Some(path) => self.path(&path, Access::Write),
                    None => return false,
                }
            }
            "execute" | "executemany" | "executescript"
                if self.source.before(at) == '.' && self.sign(at + 1) == '(' =>
            {
                self.statement(at);
            }
            _ => return false,
        }
        true
    }

    fn statement(&mut self, at: usize) {
        let arguments = self.source.arguments(at);
        let text = arguments.first().map(|one| self.values().argument(one));
        let Some(Word::Known(text)) = text else {
            return self.reader.ask(
                "code-input",
                "Which statement its code gives to a database is only known when it runs.",
            );
        };
        let lower = text.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        if has(REACHES) {
            self.reader.ask(
                "database-files",
                "It makes the database read or write files.",
            );
        }
        if has(&["drop ", "delete from", "truncate "]) {
            self.reader
                .ask("database-delete", "It deletes what is kept in a database.");
        }
    }
}
