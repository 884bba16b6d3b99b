//! What an expression comes to, where it is put together of texts: `"/home/dev/" + ".netrc"`, `path.join(…)`,
//! `expanduser("~")`. What is not seen through is unknown, and so is only a part where only a part is.

mod called;
mod texts;

use std::cell::Cell;
use std::collections::HashMap;

use super::Language;
use super::source::{Argument, Source};
use crate::programs::code::tokens::Token;
use crate::word::Word;
pub(super) use texts::{concat, join, pattern};

/// Names that are one text wherever they stand.
pub(super) type Known = HashMap<String, Word>;

pub(super) struct Values<'a> {
    source: &'a Source,
    known: &'a Known,
    home: &'a str,
    /// How deep the expression is nested that is looked at.
    depth: Cell<u32>,
}

/// Deeper than this nothing is seen through.
const DEEPEST: u32 = 12;

#[derive(Debug, Clone)]
enum Value {
    Text(Word),
    List(Vec<Word>),
    /// A name, and the name before it: `path.join`.
    Name {
        of: String,
        name: String,
    },
    /// A method of what came before it.
    Method {
        of: Box<Value>,
        name: String,
    },
    Unknown,
}

fn unknown() -> Word {
    Word::Unknown("what its code works out".to_owned())
}

fn text(text: &str) -> Value {
    Value::Text(Word::from(text))
}

impl<'a> Values<'a> {
    pub(super) fn new(source: &'a Source, known: &'a Known, home: &'a str) -> Self {
        Self {
            source,
            known,
            home,
            depth: Cell::new(0),
        }
    }

    pub(super) fn word(&self, from: usize, to: usize) -> Word {
        match self.value(from, to) {
            Value::Text(word) => word,
            _ => unknown(),
        }
    }

    /// All that an argument names: the one text, or those of a list.
    pub(super) fn words(&self, argument: &Argument) -> Vec<Word> {
        match self.value(argument.from, argument.to) {
            Value::Text(word) => vec![word],
            Value::List(words) => words,
            _ => vec![unknown()],
        }
    }

    pub(super) fn argument(&self, argument: &Argument) -> Word {
        self.word(argument.from, argument.to)
    }

    fn value(&self, from: usize, to: usize) -> Value {
        if self.depth.get() >= DEEPEST {
            return Value::Unknown;
        }
        self.depth.set(self.depth.get() + 1);
        let value = self.added(from, to);
        self.depth.set(self.depth.get() - 1);
        value
    }

    fn added(&self, from: usize, to: usize) -> Value {
        let from = self.skip(from, to);
        if from >= to {
            return Value::Unknown;
        }
        let adds = self.split_at(from, to, Self::adds);
        if adds.len() > 1 {
            let words = adds.into_iter().map(|(from, to)| self.word(from, to));
            return Value::Text(concat(words));
        }
        let steps = self.split_at(from, to, |values, at| {
            usize::from(values.source.language == Language::Python && values.source.sign(at) == '/')
        });
        if steps.len() > 1 {
            let words = steps.into_iter().map(|(from, to)| self.word(from, to));
            return Value::Text(join(words));
        }
        self.chain(from, to)
    }

    /// Signs and words that change nothing of a value behind them: `+"x"`, `*list`, `...list`, `new URL(x)`.
    fn skip(&self, mut from: usize, to: usize) -> usize {
        while from < to
            && (matches!(self.source.sign(from), '+' | '*' | '.' | '\\' | '@')
                || matches!(self.source.name(from), Some("new" | "await" | "my" | "our")))
        {
            from += 1;
        }
        from
    }

    /// How many signs put two texts together here.
    fn adds(&self, at: usize) -> usize {
        let source = self.source;
        match (source.language, source.sign(at)) {
            (Language::Perl | Language::Php, '.') => 1,
            (Language::Lua, '.') if source.sign(at + 1) == '.' => 2,
            (Language::Python | Language::Node | Language::Ruby, '+') => 1,
            _ => 0,
        }
    }

    fn split_at(
        &self,
        from: usize,
        to: usize,
        signs: impl Fn(&Self, usize) -> usize,
    ) -> Vec<(usize, usize)> {
        let mut out = Vec::new();
        let (mut begin, mut at) = (from, from);
        while at < to {
            match signs(self, at) {
                0 => at = self.source.after(at),
                count => {
                    out.push((begin, at));
                    at += count;
                    begin = at;
                }
            }
        }
        out.push((begin, to));
        out
    }

    /// A value and what is done with it, from left to right.
    fn chain(&self, from: usize, to: usize) -> Value {
        let source = self.source;
        let mut value = self.primary(from);
        let mut at = source.after(from);
        while at < to {
            (value, at) = match (source.get(at), source.sign(at)) {
                (Some(Token::Text(_)), _) if matches!(value, Value::Text(_)) => {
                    let next = self.primary(at);
                    (Value::Text(concat([word_of(value), word_of(next)])), at + 1)
                }
                (Some(Token::Name(_) | Token::Text(_)), _) if is_name(&value) => {
                    return self.call(value, &source.split(at, to));
                }
                (_, '?') if source.sign(at + 1) == '.' => (value, at + 1),
                (_, '.') if source.name(at + 1).is_some() => {
                    (self.attribute(value, at + 1), at + 2)
                }
                (_, ':') if source.sign(at + 1) == ':' && source.name(at + 2).is_some() => {
                    (self.attribute(value, at + 2), at + 3)
                }
                (_, '-') if source.sign(at + 1) == '>' => match source.name(at + 2) {
                    Some(_) => (self.attribute(value, at + 2), at + 3),
                    None => (value, at + 2),
                },
                (_, '(') => {
                    let arguments = source.split(at + 1, source.mate(at).min(to));
                    (self.call(value, &arguments), source.after(at))
                }
                (_, '[' | '{') => {
                    let inside = (at + 1, source.mate(at).min(to));
                    (self.index(&value, inside), source.after(at))
                }
                _ => return Value::Unknown,
            };
        }
        self.end(value)
    }

    fn primary(&self, at: usize) -> Value {
        let source = self.source;
        match source.get(at) {
            Some(Token::Text(known)) => Value::Text(self.interpolated(known)),
            Some(Token::Template(template, _)) => Value::Text(self.template(template)),
            Some(Token::Name(name)) => match self.known.get(name.as_str()) {
                Some(word) => Value::Text(word.clone()),
                None => Value::Name {
                    of: String::new(),
                    name: name.clone(),
                },
            },
            Some(Token::Sign(sign @ ('(' | '[' | '{'))) => {
                let arguments = source.split(at + 1, source.mate(at).min(source.len()));
                match (sign, arguments.as_slice()) {
                    ('(', [one]) => self.value(one.from, one.to),
                    _ => Value::List(arguments.iter().flat_map(|one| self.words(one)).collect()),
                }
            }
            _ => Value::Unknown,
        }
    }
}

fn word_of(value: Value) -> Word {
    match value {
        Value::Text(word) => word,
        _ => unknown(),
    }
}

fn is_name(value: &Value) -> bool {
    matches!(value, Value::Name { .. })
}
