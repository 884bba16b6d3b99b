//! What code does by way of a variable: the text is there, and where it is used is not followed. Each text that it could
//! be is judged as if it were.

use super::files::denied;
use super::values::pattern;
use super::{Access, Seen, Walker};
use crate::place::{is_below, is_critical, normalise};
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
        "expanduser"
            | "homedir"
            | "home"
            | "HOME"
            | "USERPROFILE"
            | "home_dir"
            | "userInfo"
            | "user_home"
            | "NSHomeDirectory"
            | "homeDirectoryForCurrentUser"
            | "getHomeDirectory"
            | "UserHomeDir"
    )
}

impl Seen {
    pub(super) fn text(&mut self, text: &str) {
        self.home |= matches!(text, "HOME" | "USERPROFILE" | "user.home" | "~");
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
    if seen.reads_unknown {
        each_path(reader, seen, Access::Read);
        for folder in &seen.listed {
            if folder.known().is_some() {
                reader.touch(folder, Access::ReadAll);
            } else {
                denied(reader, folder, Access::ReadAll);
            }
        }
        if seen.listed.iter().any(|folder| folder.known().is_none()) {
            each_path(reader, seen, Access::ReadAll);
        }
    }
    if seen.packs {
        each_path(reader, seen, Access::ReadAll);
    }
    if seen.writes_unknown {
        each_path(reader, seen, Access::Write);
    }
    deletes(reader, seen);
}

/// Tries each text that looks like a path, as it is and below the home folder where that is looked up.
fn each_path(reader: &mut Reader<'_>, seen: &Seen, access: Access) {
    let home = reader.world.home.clone();
    let at_home = seen.home || seen.texts.iter().any(|text| text.starts_with(&home));
    for text in seen.texts.iter().filter(|text| looks_like_a_path(text)) {
        let path = match text.strip_prefix("~/") {
            Some(rest) => format!("{home}/{rest}"),
            None => text.clone(),
        };
        denied(reader, &pattern(Word::Known(path)), access);
        let below = text.trim_start_matches('/');
        if at_home && below.starts_with('.') {
            let path = format!("{home}/{below}");
            denied(reader, &pattern(Word::Known(path)), access);
        }
    }
}

fn looks_like_a_path(text: &str) -> bool {
    (2..256).contains(&text.len())
        && !text.contains(char::is_whitespace)
        && (text.starts_with(['/', '.', '~']) || text.contains('/'))
}

fn deletes(reader: &mut Reader<'_>, seen: &Seen) {
    let Some(all) = seen.deletes_unknown else {
        return;
    };
    each_path(reader, seen, Access::Delete);
    let whole = seen.texts.iter().find_map(|text| whole(text, all, reader));
    let home = reader.world.home.trim_end_matches('/');
    let of_home = match &whole {
        Some(path) => is_below(home, path),
        None => seen.home && (all || seen.listed.iter().any(|folder| is_all_of(folder, home))),
    };
    if of_home {
        reader.deny("delete-home", "Its code deletes, and names a home folder.");
    } else if whole.is_some() {
        reader.deny(
            "delete-system",
            "Its code deletes, and names a folder of the system.",
        );
    }
}

/// Whether a folder that is gone through is the home as a whole: `Path.home().rglob("*")`.
fn is_all_of(folder: &Word, home: &str) -> bool {
    let text = crate::programs::reader::shown_word(folder);
    let rest = text.strip_prefix(home);
    rest.is_some_and(|rest| rest.chars().all(|c| matches!(c, '*' | '/')))
}

/// The folder that a text names if it is never deleted as a whole. A lone slash is more often a separator.
fn whole(text: &str, all: bool, reader: &Reader<'_>) -> Option<String> {
    let path = match text.strip_prefix('~') {
        Some(rest) => format!("{}{rest}", reader.world.home),
        None => text.to_owned(),
    };
    if !path.starts_with('/') || path.starts_with("//") || (path == "/" && !all) {
        return None;
    }
    normalise(&path, None).filter(|path| is_critical(path, reader.world))
}

impl Walker<'_, '_> {
    /// A path as a word. What expands `~` is often beside it, and without it there is no such file.
    pub(super) fn path_word(&self, path: &str) -> Word {
        let path = path.strip_prefix("file://").unwrap_or(path);
        if path == "~" {
            return Word::from(self.reader.world.home.as_str());
        }
        match path.strip_prefix("~/") {
            Some(rest) => Word::Known(format!("{}/{rest}", self.reader.world.home)),
            None => Word::from(path),
        }
    }

    /// A variable that authenticates someone, by its name behind `environ` and the like.
    pub(super) fn credential(&mut self, at: usize) {
        let named = self.source.tokens()[at + 1..]
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
