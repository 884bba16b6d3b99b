//! `$0`, `$1`, `$#`: where a word before may turn out to be several, the number of one after it says little.

use super::super::scope::{Flow, Positional, Scope};
use crate::word::{Piece, Word};

/// Whether a word may stand for several: a pattern that is not quoted.
pub(super) fn may_be_many(word: &Word) -> bool {
    match word {
        Word::Known(_) | Word::Unknown(_) => false,
        Word::Partial(pieces) => pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Pattern(_))),
    }
}

/// The parameter of a number.
pub(super) fn nth(at: usize, scope: &Scope) -> Word {
    let Some(words) = &scope.positional.words else {
        return Word::Unknown(format!("${at}"));
    };
    let Some(index) = at.checked_sub(1) else {
        return scope.zero.clone();
    };
    if let Some(word) = of_list(words, index) {
        return word;
    }
    // Beyond the last there is nothing, unless one that is not known becomes several.
    match words.last() {
        Some(last) if last.known().is_none() => last.clone(),
        _ if words.iter().any(|word| word.known().is_none()) => Word::Unknown(format!("${at}")),
        _ => Word::Known(String::new()),
    }
}

/// Where the parameter of a number comes from.
pub(super) fn flow_of(at: usize, scope: &Scope) -> Flow {
    let Some(index) = at.checked_sub(1) else {
        return Flow::default();
    };
    let words = scope.positional.words.as_deref().map(Vec::as_slice);
    let counted = words
        .and_then(|words| words.get(..=index))
        .is_some_and(|words| !words.iter().any(may_be_many));
    let flow = scope.positional.flows.get(index).filter(|_| counted);
    flow.copied().unwrap_or_else(|| scope.positional.flow())
}

/// An element of a list, not known where one before it may be several; none beyond the last.
pub(super) fn of_list(words: &[Word], at: usize) -> Option<Word> {
    let before = words.get(..at)?;
    match before.iter().find(|word| may_be_many(word)) {
        None => words.get(at).cloned(),
        Some(_) if at < words.len() => Some(Word::Unknown("one of several".to_owned())),
        Some(many) if at == words.len() && words.last() == Some(many) => Some(many.clone()),
        Some(_) => Some(Word::Unknown("one of several".to_owned())),
    }
}

pub(super) fn count(words: Option<&Vec<Word>>) -> Word {
    match words {
        Some(words) if !words.iter().any(may_be_many) => Word::Known(words.len().to_string()),
        _ => Word::Unknown("$#".to_owned()),
    }
}

/// The words without the first ones; a word that may be several stays.
pub(in crate::shell) fn shifted(before: &Positional, count: usize) -> Positional {
    let Some(words) = &before.words else {
        return before.clone();
    };
    let stays = words.iter().position(may_be_many).unwrap_or(count);
    let words = words.get(count.min(stays)..).unwrap_or(words).to_vec();
    let flows = match before.flows.get(count..) {
        Some(flows) if stays >= count && flows.len() == words.len() => flows.to_vec(),
        _ => vec![before.flow(); words.len()],
    };
    Positional::new(words, flows)
}
