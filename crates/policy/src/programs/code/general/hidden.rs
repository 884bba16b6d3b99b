//! What code does by way of a variable: the text is there, and where it is used is not followed. Each text that it could
//! be is judged as if it were.

use super::{Seen, Walker};
use crate::place::{is_critical, normalise};
use crate::programs::reader::Reader;
use crate::programs::variables::is_secret;
use crate::word::Word;

use super::Token;

/// More texts than this are not tried.
const MOST: usize = 32;

/// Names by which code finds the home folder.
pub(super) fn is_home(name: &str) -> bool {
    matches!(
        name,
        "expanduser" | "homedir" | "home" | "HOME" | "USERPROFILE" | "home_dir" | "userInfo"
    )
}

impl Seen {
    pub(super) fn text(&mut self, text: &str) {
        self.home |= matches!(text, "HOME" | "USERPROFILE" | "~");
        if self.texts.len() < MOST && !text.is_empty() {
            self.texts.push(text.to_owned());
        }
    }
}

pub(super) fn judge(reader: &mut Reader<'_>, seen: &Seen) {
    if seen.runs_unknown {
        let commands = seen.texts.iter().filter(|text| text.trim().contains(' '));
        for text in commands {
            reader.shell(Word::from(text.as_str()));
        }
    }
    let Some(all) = seen.deletes_unknown else {
        return;
    };
    let critical = seen.texts.iter().any(|text| is_whole(text, all, reader));
    if (seen.home && all) || critical {
        reader.deny(
            "delete-unknown",
            "Its code deletes, and names a home folder or one of the system.",
        );
    }
}

/// Whether a text names a folder that is never deleted as a whole. A lone slash is more often a separator.
fn is_whole(text: &str, all: bool, reader: &Reader<'_>) -> bool {
    let path = match text.strip_prefix('~') {
        Some(rest) => format!("{}{rest}", reader.world.home),
        None => text.to_owned(),
    };
    if !path.starts_with('/') || path.starts_with("//") || (path == "/" && !all) {
        return false;
    }
    normalise(&path, None).is_some_and(|path| is_critical(&path, reader.world))
}

impl Walker<'_, '_> {
    /// A path as a word. What expands `~` is often beside it, and without it there is no such file.
    pub(super) fn path_word(&self, path: &str) -> Word {
        match path.strip_prefix("~/") {
            Some(rest) => Word::Known(format!("{}/{rest}", self.reader.world.home)),
            None => Word::from(path),
        }
    }

    /// A variable that authenticates someone, by its name behind `environ` and the like.
    pub(super) fn credential(&mut self, at: usize) {
        let named = self.tokens[at + 1..]
            .iter()
            .take(8)
            .any(|token| match token {
                Token::Text(text) | Token::Name(text) => is_secret(text),
                _ => false,
            });
        if named {
            self.reader.deny(
                "print-credential",
                "Its code reads a credential of the environment.",
            );
        }
    }
}
