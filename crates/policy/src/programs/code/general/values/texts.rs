//! Texts put together, and what is put into them.

use super::called::is_home;
use super::{Language, Source, Values, Word, unknown};
use crate::word::Piece;

/// The pieces of words, one behind the other.
pub(in super::super) fn concat(words: impl IntoIterator<Item = Word>) -> Word {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut add = |piece: Piece| match (pieces.last_mut(), piece) {
        (Some(Piece::Text(last)), Piece::Text(text)) => last.push_str(&text),
        (_, piece) => pieces.push(piece),
    };
    for word in words {
        match word {
            Word::Known(text) => add(Piece::Text(text)),
            Word::Unknown(why) => add(Piece::Unknown(why)),
            Word::Partial(more) => more.into_iter().for_each(&mut add),
        }
    }
    match pieces.as_slice() {
        [] => Word::Known(String::new()),
        [Piece::Text(text)] => Word::Known(text.clone()),
        [Piece::Unknown(why)] => Word::Unknown(why.clone()),
        _ => Word::Partial(pieces),
    }
}

/// Paths put together. One that begins at the root begins anew.
pub(in super::super) fn join(words: impl IntoIterator<Item = Word>) -> Word {
    let mut whole: Option<Word> = None;
    for word in words {
        whole = Some(match whole {
            Some(before) if !word.prefix().starts_with('/') => {
                concat([before, Word::from("/"), word])
            }
            _ => word,
        });
    }
    whole.unwrap_or_else(|| Word::from("."))
}

/// A text as a pattern of names.
pub(in super::super) fn pattern(word: Word) -> Word {
    match word {
        Word::Known(text) if text.contains(['*', '?', '[', '{']) => {
            let begin = text.find(['*', '?', '[', '{']).unwrap_or(0);
            let mut pieces = vec![Piece::Text(text[..begin].to_owned())];
            pieces.retain(|piece| *piece != Piece::Text(String::new()));
            pieces.push(Piece::Pattern(text[begin..].to_owned()));
            Word::Partial(pieces)
        }
        word => word,
    }
}

impl Values<'_> {
    /// Perl and PHP put variables into texts by their sign alone.
    pub(super) fn interpolated(&self, known: &str) -> Word {
        if !matches!(self.source.language, Language::Perl | Language::Php) || !known.contains('$') {
            return Word::from(known);
        }
        let mut words = Vec::new();
        let mut rest = known;
        while let Some(at) = rest.find('$') {
            words.push(Word::from(&rest[..at]));
            let after = &rest[at + 1..];
            let plain = |c: char| !c.is_alphanumeric() && c != '_';
            let end = after.find(plain).unwrap_or(after.len());
            let name = &rest[at..at + 1 + end];
            rest = &after[end..];
            let key = rest
                .strip_prefix('{')
                .and_then(|rest| rest.split_once('}'))
                .filter(|_| name == "$ENV");
            words.push(match (key, self.known.get(name)) {
                (Some((key, behind)), _) => {
                    rest = behind;
                    if is_home(key) {
                        Word::from(self.home)
                    } else {
                        unknown()
                    }
                }
                (None, Some(word)) => word.clone(),
                (None, None) => unknown(),
            });
        }
        words.push(Word::from(rest));
        concat(words)
    }

    /// A text with code in it.
    pub(super) fn template(&self, template: &str) -> Word {
        let open = match self.source.language {
            Language::Node => "${",
            Language::Ruby => "#{",
            Language::Php => "{$",
            _ => "{",
        };
        let mut words = Vec::new();
        let mut rest = template;
        while let Some(at) = rest.find(open) {
            words.push(Word::from(&rest[..at]));
            let after = &rest[at + open.len()..];
            let end = after.find('}').unwrap_or(after.len());
            words.push(self.part(&after[..end]));
            rest = after.get(end + 1..).unwrap_or_default();
        }
        words.push(Word::from(rest));
        concat(words)
    }

    fn part(&self, code: &str) -> Word {
        let code = if self.source.language == Language::Php {
            format!("${code}")
        } else {
            code.to_owned()
        };
        let Some(source) = Source::read(&code, self.source.language) else {
            return unknown();
        };
        let values = Values::new(&source, self.known, self.home);
        values.depth.set(self.depth.get() + 1);
        values.word(0, source.len())
    }
}
