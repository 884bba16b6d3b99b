//! Splitting into words.

use super::super::scope::word_of;
use crate::word::{Piece, Word};

/// Words under construction.
pub(super) struct Fields {
    done: Vec<Word>,
    current: Vec<Piece>,
    /// Whether there is a word even where nothing is in it: quotes were.
    open: bool,
    separators: String,
    size: usize,
}

/// A text longer than this is not followed: a value that is doubled again and again would fill the memory.
const LONGEST: usize = 64 * 1024;
const MOST_PIECES: usize = 64;

impl Fields {
    pub(super) fn new(separators: String) -> Self {
        Self {
            done: Vec::new(),
            current: Vec::new(),
            open: false,
            separators,
            size: 0,
        }
    }

    /// Whether a word was ended and the next is not begun.
    pub(super) fn begins_anew(&self) -> bool {
        !self.open && !self.done.is_empty()
    }

    /// Whether there is nothing yet.
    pub(super) fn is_empty(&self) -> bool {
        !self.open && self.done.is_empty() && self.current.is_empty()
    }

    /// Whether nothing stands in it, though a quote may have begun.
    pub(super) fn holds_nothing(&self) -> bool {
        self.done.is_empty() && self.current.is_empty()
    }

    /// Whether a word of it is longer than is followed.
    pub(super) fn is_too_long(&self) -> bool {
        self.size > LONGEST
    }

    pub(super) fn open(&mut self) {
        self.open = true;
    }

    pub(super) fn text(&mut self, text: &str) {
        self.open = true;
        self.size += text.len();
        if self.size > LONGEST {
            return;
        }
        if let Some(Piece::Text(before)) = self.current.last_mut() {
            before.push_str(text);
        } else {
            self.piece(Piece::Text(text.to_owned()));
        }
    }

    fn piece(&mut self, piece: Piece) {
        if self.current.len() >= MOST_PIECES {
            self.size = LONGEST + 1;
        } else {
            self.current.push(piece);
        }
    }

    pub(super) fn pattern(&mut self, pattern: &str) {
        self.open = true;
        self.piece(Piece::Pattern(pattern.to_owned()));
    }

    pub(super) fn unknown(&mut self, why: &str) {
        self.open = true;
        self.piece(Piece::Unknown(why.to_owned()));
    }

    /// A word that is not split.
    pub(super) fn word(&mut self, word: &Word) {
        self.open = true;
        match word {
            Word::Known(text) => self.text(text),
            Word::Unknown(why) => self.unknown(why),
            Word::Partial(pieces) => pieces.iter().cloned().for_each(|piece| self.piece(piece)),
        }
    }

    /// The result of an expansion: split and open to patterns unless it is quoted.
    pub(super) fn push(&mut self, word: &Word, quoted: bool) {
        match word {
            // What a pattern matched keeps standing for that, in quotes as well: `for f in *; do rm "$f"; done`.
            _ if quoted => self.word(word),
            Word::Known(text) => self.split(text),
            Word::Unknown(why) => self.unknown(why),
            Word::Partial(pieces) => {
                for piece in pieces {
                    match piece {
                        Piece::Text(text) => self.split(text),
                        Piece::Pattern(text) => self.pattern(text),
                        Piece::Unknown(why) => self.unknown(why),
                    }
                }
            }
        }
    }

    fn split(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            match rest.find(|c: char| self.separators.contains(c)) {
                None => {
                    self.patterned(rest);
                    return;
                }
                Some(at) => {
                    if at > 0 {
                        self.patterned(&rest[..at]);
                    }
                    self.next();
                    let width = rest[at..].chars().next().map_or(1, char::len_utf8);
                    rest = &rest[at + width..];
                }
            }
        }
    }

    /// Text in which `*`, `?` and `[…]` are patterns.
    fn patterned(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find(['*', '?', '[']) {
            let length = match rest.as_bytes()[at] {
                b'[' => match rest[at..].find(']') {
                    Some(close) => close + 1,
                    None => break,
                },
                _ => 1,
            };
            if at > 0 {
                self.text(&rest[..at]);
            }
            self.pattern(&rest[at..at + length]);
            rest = &rest[at + length..];
        }
        if !rest.is_empty() {
            self.text(rest);
        }
    }

    /// Ends the word, if there is one.
    pub(super) fn next(&mut self) {
        if self.open {
            let pieces = std::mem::take(&mut self.current);
            self.done.push(if self.size > LONGEST {
                Word::Unknown("a long text".to_owned())
            } else {
                word_of(pieces)
            });
        }
        self.open = false;
    }

    pub(super) fn finish(mut self) -> Vec<Word> {
        self.next();
        self.done
    }

    /// All of it as one word.
    pub(super) fn joined(self) -> Vec<Piece> {
        if self.size > LONGEST {
            return vec![Piece::Unknown("a long text".to_owned())];
        }
        let mut pieces = Vec::new();
        for word in self.done {
            pieces.extend(super::super::scope::pieces_of(&word));
            pieces.push(Piece::Text(" ".to_owned()));
        }
        pieces.extend(self.current);
        pieces
    }
}
