//! The parts of a path that a program writes, where the path is a pattern: of what `docs/*.md` matches, `basename`
//! writes what `*.md` matches.

use super::super::expand::{remove_from, without_last};
use super::super::scope::pieces_of;
use crate::word::{Piece, Word};

/// What `basename` and `dirname` write of a path that is known in part.
pub(super) fn of_a_path(argv: &[Word]) -> Option<Vec<Piece>> {
    let (name, args) = argv.split_first()?;
    let args = match args {
        [Word::Known(dashes), rest @ ..] if dashes == "--" => rest,
        args => args,
    };
    let word = match (name.known()?, args) {
        ("basename", [path]) => last(path)?,
        ("basename", [Word::Known(option), Word::Known(end), path]) if option == "-s" => {
            shorter(last(path)?, end)?
        }
        ("basename", [path, Word::Known(end)]) => shorter(last(path)?, end)?,
        ("dirname", [path]) => without_last(path)?,
        _ => return None,
    };
    Some(pieces_of(&word))
}

fn last(path: &Word) -> Option<Word> {
    let partial = matches!(path, Word::Partial(_));
    partial.then(|| remove_from("##", "*/", path)).flatten()
}

/// Without an ending. A pattern of any names is one of those without it as well.
fn shorter(name: Word, end: &str) -> Option<Word> {
    let any = |piece: &Piece| matches!(piece, Piece::Pattern(glob) if glob.ends_with('*'));
    match &name {
        Word::Partial(pieces) if pieces.last().is_some_and(any) => Some(name),
        _ => remove_from("%", end, &name).or_else(|| ends_otherwise(name, end)),
    }
}

fn ends_otherwise(name: Word, end: &str) -> Option<Word> {
    let Word::Partial(pieces) = &name else {
        return None;
    };
    let Some(Piece::Text(text)) = pieces.last() else {
        return None;
    };
    (text.len() >= end.len() && !text.ends_with(end)).then_some(name)
}
