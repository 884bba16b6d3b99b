//! A word as the name of a file: exact, a pattern, or known in part.

use crate::word::{Piece, Word};

/// What a word says about a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Named {
    Exact(String),
    /// What a pattern matches: as it was written, and with its quoted parts escaped.
    Pattern {
        text: String,
        glob: String,
    },
    /// Unknown pieces stand as `…`.
    Part {
        text: String,
    },
    Unknown,
}

pub(crate) fn named(word: &Word) -> Named {
    let pieces = match word {
        Word::Known(text) => return Named::Exact(text.clone()),
        Word::Unknown(_) => return Named::Unknown,
        Word::Partial(pieces) => pieces,
    };
    let mut text = String::new();
    let mut glob = String::new();
    let mut unknown = false;
    for piece in pieces {
        match piece {
            Piece::Text(known) => {
                text.push_str(known);
                for c in known.chars() {
                    if matches!(c, '*' | '?' | '[' | '\\') {
                        glob.push('\\');
                    }
                    glob.push(c);
                }
            }
            Piece::Pattern(pattern) => {
                text.push_str(pattern);
                glob.push_str(pattern);
            }
            // A number leads into no other folder.
            Piece::Unknown(why) if why == crate::word::NUMBER => {
                text.push('…');
                glob.push_str("[0-9]*");
            }
            Piece::Unknown(_) => {
                unknown = true;
                text.push('…');
            }
        }
    }
    if unknown {
        Named::Part { text }
    } else {
        Named::Pattern { text, glob }
    }
}
