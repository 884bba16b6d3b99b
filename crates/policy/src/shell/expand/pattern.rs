//! Patterns on texts that are known: prefix and suffix removal, replacement, `case`.

use super::super::scope::word_of;
use crate::place;
use crate::word::{Piece, Word};

/// A text as a pattern that matches only itself.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if "*?[]\\".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The pattern that a word is; none where a part of it is not known.
pub(super) fn glob(word: &Word) -> Option<String> {
    match word {
        Word::Known(text) => Some(escaped(text)),
        Word::Unknown(_) => None,
        Word::Partial(pieces) => pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => Some(escaped(text)),
                Piece::Pattern(pattern) => Some(pattern.clone()),
                Piece::Unknown(_) => None,
            })
            .collect(),
    }
}

/// `*` of `case` and of expansions passes slashes; that of paths does not. Slashes are taken for a letter.
fn matches(glob: &str, text: &str) -> bool {
    place::matches(&glob.replace('/', "\u{1}"), &text.replace('/', "\u{1}"))
}

/// Whether a pattern matches; none where that is not known.
pub(in crate::shell) fn matches_word(pattern: &Word, text: &Word) -> Option<bool> {
    Some(matches(&glob(pattern)?, text.known()?))
}

/// The longest text that patterns are tried on at every place.
const LONGEST: usize = 1024;

pub(super) fn remove(kind: &str, glob: &str, text: &str) -> Option<String> {
    if text.len() > LONGEST {
        return None;
    }
    let mut cuts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    cuts.push(text.len());
    let prefix = kind.starts_with('#');
    let longest = kind.len() == 2;
    // The longest prefix is the last cut, the longest suffix the first.
    if prefix == longest {
        cuts.reverse();
    }
    for cut in cuts {
        let (head, tail) = text.split_at(cut);
        let (candidate, rest) = if prefix { (head, tail) } else { (tail, head) };
        if matches(glob, candidate) {
            return Some(rest.to_owned());
        }
    }
    Some(text.to_owned())
}

/// The same of a word, which may be a pattern itself: of what `*.js` matches, `%.js` takes the end off.
pub(in crate::shell) fn remove_from(kind: &str, glob: &str, word: &Word) -> Option<Word> {
    let pieces = match word {
        Word::Known(text) => return remove(kind, glob, text).map(Word::Known),
        Word::Partial(pieces) => pieces,
        Word::Unknown(_) => return None,
    };
    let crosses = |piece: &Piece| match piece {
        Piece::Pattern(pattern) => pattern.contains('/'),
        Piece::Unknown(_) => true,
        Piece::Text(_) => false,
    };
    if pieces.iter().any(crosses) {
        return None;
    }
    match (kind, glob) {
        ("##", "*/") => Some(last_part(pieces)),
        ("%" | "%%", end) if !end.contains(['*', '?', '[', '\\', '/']) => without_end(pieces, end),
        _ => None,
    }
}

/// The folder that a pattern of names lies in: what stands before the last slash.
pub(in crate::shell) fn without_last(word: &Word) -> Option<Word> {
    let Word::Partial(pieces) = word else {
        return None;
    };
    let (last, before) = pieces.split_last()?;
    match (before, last) {
        ([Piece::Text(folder)], Piece::Pattern(glob)) => in_folder(folder, glob),
        ([Piece::Text(folder), Piece::Pattern(glob)], Piece::Text(end)) if !end.contains('/') => {
            in_folder(folder, glob)
        }
        _ => None,
    }
}

fn in_folder(folder: &str, glob: &str) -> Option<Word> {
    let folder = match folder.rsplit_once('/') {
        None => ".",
        Some(("", _)) => "/",
        Some((folder, _)) => folder,
    };
    let plain = !glob.contains('/') && (folder == "/" || !folder.ends_with('/'));
    plain.then(|| Word::from(folder))
}

/// What stands after the last slash.
fn last_part(pieces: &[Piece]) -> Word {
    let slash = |piece: &Piece| match piece {
        Piece::Text(text) => text.rfind('/'),
        _ => None,
    };
    let mut at = pieces.iter().enumerate().rev();
    let last = at.find_map(|(n, piece)| slash(piece).map(|at| (n, at)));
    let Some((n, at)) = last else {
        return word_of(pieces.to_vec());
    };
    let mut rest = pieces[n..].to_vec();
    if let Some(Piece::Text(text)) = rest.first_mut() {
        *text = text[at + 1..].to_owned();
    }
    word_of(rest)
}

/// A word that ends in a text, with that taken off.
fn without_end(pieces: &[Piece], end: &str) -> Option<Word> {
    let (last, before) = pieces.split_last()?;
    let Piece::Text(text) = last else {
        return None;
    };
    let text = text.strip_suffix(end)?;
    let mut pieces = before.to_vec();
    pieces.push(Piece::Text(text.to_owned()));
    Some(word_of(pieces))
}

pub(super) fn replace(kind: &str, glob: &str, text: &str, with: &str) -> Option<String> {
    if text.len() > LONGEST || glob.is_empty() {
        return (text.len() <= LONGEST).then(|| text.to_owned());
    }
    let mut out = String::new();
    let mut at = 0;
    while at <= text.len() {
        if out.len() > LONGEST {
            return None;
        }
        let anchored = match kind {
            "/#" => at == 0,
            _ => true,
        };
        let found = anchored.then(|| longest_at(kind, glob, text, at)).flatten();
        match found {
            Some(end) if end > at || kind.len() == 2 && kind != "//" => {
                out.push_str(with);
                at = end;
                if kind != "//" {
                    break;
                }
            }
            _ => {
                let Some(c) = text[at..].chars().next() else {
                    break;
                };
                out.push(c);
                at += c.len_utf8();
            }
        }
    }
    out.push_str(&text[at.min(text.len())..]);
    Some(out)
}

fn longest_at(kind: &str, glob: &str, text: &str, at: usize) -> Option<usize> {
    if kind == "/%" {
        return matches(glob, &text[at..]).then_some(text.len());
    }
    let mut ends: Vec<usize> = text[at..].char_indices().map(|(n, _)| at + n).collect();
    ends.push(text.len());
    ends.into_iter()
        .rev()
        .find(|end| matches(glob, &text[at..*end]))
}
