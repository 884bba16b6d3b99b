//! What is done to what a search finds.

use super::super::wrappers::replaced;
use super::below_own;
use super::narrowed::{Names, Narrowed};
use crate::place::{Access, is_below, is_critical, locate, trimmed};
use crate::programs::reader::Reader;
use crate::word::{Piece, Word};

pub(super) struct Search {
    pub(super) roots: Vec<Word>,
    /// Whether it goes through links.
    pub(super) follows: bool,
    /// Whether it leaves out what git keeps.
    pub(super) skips_git: bool,
}

/// Programs that read what they are given.
#[rustfmt::skip]
const READERS: &[&str] = &[
    "cat", "head", "tail", "less", "more", "base64", "xxd", "od", "strings", "cp", "tar", "curl", "scp", "rsync", "nc",
    "openssl", "gzip", "zip", "sed", "awk", "python3", "perl", "sh", "bash", "hexdump", "nl", "tac", "bat", "install",
];

impl Search {
    /// All that is found is deleted: with nothing to narrow it, everything.
    pub(super) fn deletes(&self, reader: &mut Reader<'_>, narrowed: &Narrowed) {
        self.links(reader);
        for root in &self.roots {
            match &narrowed.names {
                Some(names) if below_own(reader, root) => {
                    for word in self.chosen(root, names, narrowed.depth) {
                        reader.touch(&word, Access::Delete);
                    }
                }
                Some(names) if names.iter().all(has_ending) && lies_in_home(reader, root) => {
                    reader.ask(
                        "delete-outside",
                        "It deletes files of a kind wherever it finds them outside of the workspace.",
                    );
                    for word in self.chosen(root, names, narrowed.depth) {
                        reader.touch(&word, Access::Delete);
                    }
                }
                _ => {
                    reader.touch(root, Access::DeleteAll);
                }
            }
        }
    }

    /// A command is run for what is found.
    pub(super) fn runs(&self, reader: &mut Reader<'_>, narrowed: &Narrowed, command: &[Word]) {
        self.links(reader);
        let reads = command
            .first()
            .and_then(Word::known)
            .is_some_and(|name| READERS.contains(&name));
        for root in &self.roots {
            let own = below_own(reader, root);
            let narrow = narrowed.names.is_some();
            if !own && reads && !narrow && !narrowed.picky {
                reader.touch(root, Access::ReadAll);
            } else if !own && reads {
                reader.ask(
                    "read-outside",
                    "It reads files that it finds outside of the workspace.",
                );
            }
            let stand_ins = match &narrowed.names {
                Some(names) if own || reads => self.chosen(root, names, narrowed.depth),
                None if own || (!narrowed.picky && is_everything(reader, root)) => {
                    vec![self.found(root, narrowed.depth)]
                }
                _ if own => vec![self.found(root, narrowed.depth)],
                _ => vec![root.clone()],
            };
            for stands_for in stand_ins {
                let put = |word: &Word| match word.known() {
                    Some("{}") => stands_for.clone(),
                    Some(text) => match named_value(text) {
                        Some(name) => behind(name, &stands_for),
                        None => replaced(word, "{}"),
                    },
                    None => word.clone(),
                };
                let argv: Vec<Word> = command.iter().map(put).collect();
                reader.command(&argv, false, None, false);
            }
        }
    }

    fn links(&self, reader: &mut Reader<'_>) {
        if self.follows {
            reader.ask(
                "follows-links",
                "It goes through the links that it finds, wherever they lead.",
            );
        }
    }

    /// The names as words below a root.
    fn chosen(&self, root: &Word, names: &[Names], depth: Option<u32>) -> Vec<Word> {
        let Some(root) = root.known() else {
            return vec![unknown()];
        };
        let words = names.iter().map(|names| match names {
            Names::Name(_) if depth == Some(0) => Word::from(root),
            Names::Name(name) if depth == Some(1) => below(root, name),
            Names::Name(name) => below(root, &format!("***/{name}")),
            Names::Path(path) => by_path(root, path),
            // What has nothing in it holds nothing of anyone's.
            Names::Empty => below(root, "***/…"),
        });
        words.collect()
    }

    /// What a search that nothing narrows may find below a root.
    fn found(&self, root: &Word, depth: Option<u32>) -> Word {
        match root.known() {
            Some(root) if depth == Some(0) => Word::from(root),
            Some(root) if self.skips_git || depth == Some(1) => below(root, "*"),
            Some(root) => below(root, "***/*"),
            None => unknown(),
        }
    }
}

/// The globs of names that a search comes down to; none where they are not of names alone.
pub(super) fn names_of(names: &[Names]) -> Vec<String> {
    let name = |names: &Names| match names {
        Names::Name(name) => Some(name.clone()),
        Names::Path(_) | Names::Empty => None,
    };
    let all: Option<Vec<String>> = names.iter().map(name).collect();
    all.unwrap_or_default()
}

/// Whether a pattern leaves all but one kind of files: `*.o`.
fn has_ending(names: &Names) -> bool {
    let Names::Name(name) = names else {
        return false;
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    name.strip_prefix("*.")
        .is_some_and(|ending| !ending.is_empty() && ending.chars().all(plain))
}

/// Whether all that lies below is all of a home or of the system.
fn is_everything(reader: &Reader<'_>, root: &Word) -> bool {
    let place = root
        .known()
        .and_then(|text| locate(text, reader.cwd(), reader.world));
    place.is_some_and(|place| is_critical(&place.path, reader.world))
}

fn lies_in_home(reader: &Reader<'_>, root: &Word) -> bool {
    let place = root
        .known()
        .and_then(|text| locate(text, reader.cwd(), reader.world));
    place.is_some_and(|place| is_below(&place.path, trimmed(&reader.world.home)))
}

/// `of={}`: a name, and what is found.
fn named_value(text: &str) -> Option<&str> {
    let name = text.strip_suffix("{}").filter(|name| name.ends_with('='))?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '=');
    name.chars().all(plain).then_some(name)
}

fn behind(name: &str, found: &Word) -> Word {
    let mut pieces = vec![Piece::Text(name.to_owned())];
    match found {
        Word::Known(text) => pieces.push(Piece::Text(text.clone())),
        Word::Unknown(why) => pieces.push(Piece::Unknown(why.clone())),
        Word::Partial(found) => pieces.extend(found.iter().cloned()),
    }
    let known: Option<String> = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    known.map_or(Word::Partial(pieces), Word::Known)
}

fn unknown() -> Word {
    Word::Unknown("what the search finds".to_owned())
}

fn below(root: &str, pattern: &str) -> Word {
    Word::Partial(vec![
        Piece::Text(format!("{}/", root.trim_end_matches('/'))),
        Piece::Pattern(pattern.to_owned()),
    ])
}

/// A pattern of a whole path, in which a star crosses slashes. What is found begins with the root, as it is written.
fn by_path(root: &str, path: &str) -> Word {
    let wide = |text: &str| text.replace('*', "***");
    match path.find(['*', '?', '[']) {
        None => Word::from(path),
        Some(0) => below(root, &wide(path)),
        Some(at) => Word::Partial(vec![
            Piece::Text(path[..at].to_owned()),
            Piece::Pattern(wide(&path[at..])),
        ]),
    }
}
