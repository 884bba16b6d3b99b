//! Names that are one text wherever they stand: assigned once, to what comes to a text, and only read elsewhere.

use std::collections::HashMap;

use super::Language;
use super::source::Source;
use super::values::{Known, Values};
use crate::programs::code::tokens::Token;
use crate::programs::code::words::{DELETES, DELETES_ALL, OPENS, READS, WRITES, is_control};
use crate::word::Word;

/// A name and where its value begins; none where it is more than a name for one value.
type Candidates = HashMap<String, Option<usize>>;

/// What is known each time that a loop over texts is gone through; once where there is none.
pub(super) fn each_round(source: &Source, home: &str) -> Vec<Known> {
    let Some((name, texts)) = loop_over_texts(source) else {
        return vec![constants(source, home, Known::new())];
    };
    let rounds = texts.into_iter().map(|text| {
        let round = Known::from([(name.clone(), Word::Known(text))]);
        constants(source, home, round)
    });
    rounds.collect()
}

/// More texts than this are not gone through.
const MOST_TEXTS: usize = 8;

/// `for x in ["a", "b"]`, `for (const x of ["a", "b"])`: where it is the only such loop, and its name is only read.
fn loop_over_texts(source: &Source) -> Option<(String, Vec<String>)> {
    if !matches!(source.language, Language::Python | Language::Node) {
        return None;
    }
    let mut found = None;
    for at in 2..source.len() {
        let open = at + 1;
        let over =
            matches!(source.name(at), Some("in" | "of")) && matches!(source.sign(open), '[' | '(');
        let begins = matches!(source.name(at - 2), Some("for" | "const" | "let" | "var"));
        let (true, true, Some(name)) = (over, begins, source.name(at - 1)) else {
            continue;
        };
        let inside = open + 1..source.mate(open).min(source.len());
        let texts: Vec<String> = inside
            .clone()
            .filter_map(|at| source.text(at))
            .map(str::to_owned)
            .collect();
        let commas = inside.clone().filter(|&at| source.sign(at) == ',').count();
        let plain = texts.len() + commas == inside.len() && commas + 1 >= texts.len();
        if !plain || texts.is_empty() || texts.len() > MOST_TEXTS || found.is_some() {
            return None;
        }
        found = Some((at - 1, name, texts));
    }
    let (place, name, texts) = found?;
    // Another loop may give it other values, and a function may have one of its own.
    let only_read = (0..source.len()).all(|at| {
        let other = source.name(at) != Some(name) || at == place;
        other || source.sign(at + 1) != '=' && is_read(source, at)
    });
    let hidden = (0..source.len()).any(|at| match source.get(at) {
        Some(Token::Name(word)) => word == "case",
        Some(Token::Code(code)) => code.contains(name),
        _ => false,
    });
    (only_read && !hidden).then(|| (name.to_owned(), texts))
}

fn constants(source: &Source, home: &str, mut known: Known) -> Known {
    let mut candidates = assigned(source);
    candidates.retain(|name, _| !known.contains_key(name));
    if candidates.is_empty() {
        return known;
    }
    for at in 0..source.len() {
        match source.get(at) {
            // A pattern gives names to what it takes apart.
            Some(Token::Name(name)) if name == "case" => return known,
            Some(Token::Name(name)) => {
                if let Some(place) = candidates.get_mut(name)
                    && place.is_some_and(|value| value != at + 2)
                    && !is_read(source, at)
                {
                    *place = None;
                }
            }
            Some(Token::Template(_, codes)) => codes
                .iter()
                .filter(|code| code.contains('='))
                .for_each(|code| forget(&mut candidates, code)),
            Some(Token::Code(code)) => forget(&mut candidates, code),
            _ => {}
        }
    }
    let mut places: Vec<(String, usize)> = candidates
        .into_iter()
        .filter_map(|(name, place)| Some((name, place?)))
        .collect();
    places.sort_by_key(|(_, place)| *place);
    for (name, place) in places {
        let values = Values::new(source, &known, home);
        let word = values.word(place, source.statement_end(place));
        if word.known().is_some() {
            known.insert(name, word);
        }
    }
    known
}

fn forget(candidates: &mut Candidates, code: &str) {
    candidates.retain(|name, _| !code.contains(name.trim_start_matches(['$', '@', '%'])));
}

/// Names that a statement of its own gives a value.
fn assigned(source: &Source) -> Candidates {
    let mut out = Candidates::new();
    for at in 0..source.len() {
        let Some(name) = source.name(at) else {
            continue;
        };
        if source.sign(at + 1) != '=' || matches!(source.sign(at + 2), '=' | '>' | '~') {
            continue;
        }
        let place = begins_statement(source, at).then_some(at + 2);
        out.entry(name.to_owned())
            .and_modify(|before| *before = None)
            .or_insert(place);
    }
    out.retain(|name, _| !name.starts_with("__") && !name.starts_with(['@', '%']));
    out
}

fn begins_statement(source: &Source, at: usize) -> bool {
    let declared = at > 0
        && matches!(
            source.name(at - 1),
            Some("const" | "let" | "var" | "my" | "our" | "local")
        );
    let at = at - usize::from(declared);
    let outside = source
        .parent(at)
        .is_none_or(|open| source.sign(open) == '{');
    outside && (at == 0 || matches!(source.before(at), ';' | '{' | '}') || source.begins_line(at))
}

/// Whether the name at this place is only looked at.
fn is_read(source: &Source, at: usize) -> bool {
    let by_value = matches!(
        source.language,
        Language::Python | Language::Node | Language::Lua
    );
    if source.language == Language::Python && is_given_a_value(source, at) {
        return false;
    }
    if by_value && source.before(at) == '.' {
        // Someone else's attribute of the same name.
        return true;
    }
    let next = source.sign(at + 1);
    if by_value && next == '.' && source.name(at + 2).is_some() {
        return true;
    }
    if by_value && (next == '=' && source.sign(at + 2) == '=' || is_told(source, at)) {
        return true;
    }
    let ends = matches!(next, ',' | ')' | '+' | '/' | ';');
    if by_value && matches!(source.before(at), '+' | '%' | '/') {
        return ends || source.get(at + 1).is_none() || source.begins_line(at + 1);
    }
    ends && in_a_call(source, at, by_value)
}

/// `lambda path, mode: …`, `… for path, mode in …`: a name of its own, that hides the one outside.
fn is_given_a_value(source: &Source, at: usize) -> bool {
    const FURTHEST: usize = 32;
    for before in (at.saturating_sub(FURTHEST)..at).rev() {
        // What comes before is another statement.
        if source.begins_line(before + 1) && source.parent(before + 1).is_none() {
            return false;
        }
        match source.get(before) {
            Some(Token::Name(name)) => match name.as_str() {
                "lambda" | "for" | "import" => return true,
                "in" | "if" | "else" | "and" | "or" | "return" => return false,
                _ => {}
            },
            Some(Token::Sign(',' | '*' | '(' | ')' | '=') | Token::Text(_) | Token::Number(_)) => {}
            _ => return false,
        }
    }
    false
}

/// Whether a name stands among the parameters of a function: `(path, mode) => …`, `function (path) {…}`.
fn is_parameter(source: &Source, at: usize) -> bool {
    let Some(open) = source.parent(at).filter(|&open| source.sign(open) == '(') else {
        return false;
    };
    let behind = source.mate(open) + 1;
    let defined = (1..=2).any(|back| {
        let name = open.checked_sub(back).and_then(|at| source.name(at));
        matches!(name, Some("function" | "def"))
    });
    let arrow = source.sign(behind) == '=' && source.sign(behind + 1) == '>';
    defined || arrow || source.sign(behind) == '{'
}

/// `assert x in s, path` and its like bind nothing.
fn is_told(source: &Source, at: usize) -> bool {
    if is_parameter(source, at) {
        return false;
    }
    const FURTHEST: usize = 64;
    let begin = (at.saturating_sub(FURTHEST)..=at)
        .rev()
        .find(|&at| source.begins_line(at) || source.sign(at) == ';');
    begin.is_some_and(|begin| {
        let begin = begin + usize::from(source.sign(begin) == ';');
        matches!(source.name(begin), Some("assert" | "return" | "raise"))
    }) && !matches!(source.sign(at + 1), ':' | '=')
        && source
            .name(at + 1)
            .is_none_or(|_| source.begins_line(at + 1))
}

fn in_a_call(source: &Source, at: usize, by_value: bool) -> bool {
    let Some(open) = source.parent(at).filter(|&open| source.sign(open) == '(') else {
        return false;
    };
    let Some(name) = open.checked_sub(1).and_then(|at| source.name(at)) else {
        return false;
    };
    let defined = open > 1
        && matches!(
            source.name(open - 2),
            Some("def" | "function" | "class" | "sub" | "fn" | "async" | "get" | "set")
        );
    let behind = source.mate(open) + 1;
    let body =
        source.sign(behind) == '{' || source.sign(behind) == '=' && source.sign(behind + 1) == '>';
    if defined || body || is_control(name) || source.begins_line(open) {
        return false;
    }
    let known = || {
        let lists = [OPENS, READS, WRITES, DELETES, DELETES_ALL];
        lists.iter().any(|list| list.contains(&name)) || matches!(name, "print" | "copy")
    };
    by_value || known()
}
