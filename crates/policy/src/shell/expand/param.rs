//! `$x` and `${x…}`.

use super::super::judge::{Guess, Input, Judge};
use super::super::scope::{Flow, Guessed, Scope, Value, pieces_of, word_of};
use super::super::syntax::{Op, Param, Part};
use super::fields::Fields;
use super::{pattern, positional};
use crate::word::{Piece, Word};

impl Judge<'_> {
    pub(super) fn param(
        &mut self,
        param: &Param,
        quoted: bool,
        scope: &mut Scope,
        fields: &mut Fields,
    ) {
        let mut value = self.value(param, scope);
        if param.length {
            let length = match value.words.as_slice() {
                _ if value.keys.is_some() => Word::Unknown(format!("${{#{}}}", param.name)),
                words if value.array => Word::Known(words.len().to_string()),
                [Word::Known(text)] => Word::Known(text.chars().count().to_string()),
                _ => Word::Unknown(format!("${{#{}}}", param.name)),
            };
            return fields.push(&length, quoted);
        }
        if value.words.is_empty() && !value.array {
            value = self.unset(param, value);
        }
        // `${x:+set}` tells that there is a value, and not which.
        if !matches!(param.op, Op::Default { kind: '+', .. }) {
            self.flow.join(value.flow);
        }
        let Some(words) = self.operate(param, value, scope, quoted, fields) else {
            return;
        };
        let star = param.name == "*" || param.index.as_deref().is_some_and(|i| is(i, "*"));
        self.emit(&words, quoted, star, fields);
    }

    fn emit(&mut self, words: &[Word], quoted: bool, star: bool, fields: &mut Fields) {
        if quoted && star && words.len() > 1 {
            let mut pieces = Vec::new();
            for (n, word) in words.iter().enumerate() {
                if n > 0 {
                    pieces.push(Piece::Text(" ".to_owned()));
                }
                pieces.extend(pieces_of(word));
            }
            return fields.push(&word_of(pieces), true);
        }
        for (n, word) in words.iter().enumerate() {
            if n > 0 {
                fields.next();
            }
            if quoted {
                fields.open();
            }
            fields.push(word, quoted);
        }
    }

    /// A variable that is not known to be set.
    fn unset(&mut self, param: &Param, value: Value) -> Value {
        if matches!(param.op, Op::Default { .. }) {
            return value;
        }
        self.note(Guessed {
            empty: true,
            default: false,
        });
        let word = match self.guess {
            Guess::Unknown => Word::Unknown(format!("${}", param.name)),
            Guess::Empty => Word::Known(String::new()),
        };
        Value {
            words: vec![word],
            ..value
        }
    }

    /// What a parameter holds before its operation.
    fn value(&mut self, param: &Param, scope: &mut Scope) -> Value {
        let plain = self.plain(&param.name, param.index.as_deref(), scope);
        if !param.indirect {
            return plain;
        }
        if matches!(param.op, Op::Names(_)) || param.index.is_some() {
            return Value::unknown("a list of names");
        }
        match plain.words.as_slice() {
            [Word::Known(name)] if is_name(name) => self.plain(name, None, scope),
            [name] => {
                self.named_by(param, name, scope);
                let mut value = Value::unknown("a variable that another names");
                // Which one is not known: it may be any that the environment has.
                value.flow.whole_environment = name.known().is_none();
                value
            }
            _ => Value::unknown("a variable that another names"),
        }
    }

    /// A subscript in the name that a variable holds is calculated, and what it holds is run. `${!#}` is the last
    /// argument.
    fn named_by(&mut self, param: &Param, name: &Word, scope: &mut Scope) {
        let subscript = name.known().and_then(|name| name.split_once('['));
        let whole = subscript.is_some_and(|(_, rest)| {
            let inner = rest.strip_suffix(']').unwrap_or(rest);
            matches!(inner, "@" | "*") || inner.bytes().all(|b| b.is_ascii_digit())
        });
        if param.name != "#" && !whole {
            self.name_of_variable(name, scope);
        }
    }

    fn plain(&mut self, name: &str, index: Option<&[Part]>, scope: &mut Scope) -> Value {
        let array = |words: Vec<Word>| Value {
            words,
            array: true,
            keys: None,
            flow: Flow::default(),
            guess: None,
        };
        match name {
            "@" | "*" => {
                let value = match &scope.positional.words {
                    Some(words) => array(words.to_vec()),
                    None => Value::unknown("$@"),
                };
                let flow = scope.positional.flow();
                Value { flow, ..value }
            }
            "#" => Value::scalar(positional::count(scope.positional.words.as_deref())),
            "0" | "BASH_ARGV0" => Value::scalar(scope.zero.clone()),
            "?" | "$" => Value::unknown(crate::word::NUMBER),
            "!" | "-" => Value::unknown(&format!("${name}")),
            _ if name.starts_with(|c: char| c.is_ascii_digit()) => {
                let at = name.parse::<usize>().unwrap_or(usize::MAX);
                Value {
                    flow: positional::flow_of(at, scope),
                    ..Value::scalar(positional::nth(at, scope))
                }
            }
            _ => {
                let value = self.variable(name, scope);
                self.element(value, index, scope)
            }
        }
    }

    fn element(&mut self, value: Value, index: Option<&[Part]>, scope: &mut Scope) -> Value {
        let Some(index) = index else {
            let words = match &value.keys {
                // `$a` is the element of the key 0.
                Some(keys) => super::keys::element(keys, &value.words, "0")
                    .into_iter()
                    .collect(),
                None => value.words.into_iter().take(1).collect(),
            };
            return Value {
                words,
                array: false,
                keys: None,
                ..value
            };
        };
        if is(index, "@") || is(index, "*") {
            return Value {
                array: true,
                ..value
            };
        }
        let at = self.subscript(&value, index, scope);
        let word = match (&value.keys, at) {
            (_, None) => None,
            (Some(keys), Some(key)) => super::keys::element(keys, &value.words, &key),
            (None, Some(at)) => at
                .parse()
                .ok()
                .and_then(|at| positional::of_list(&value.words, at)),
        };
        let word = word.unwrap_or_else(|| Word::Unknown("an element".to_owned()));
        Value {
            words: vec![word],
            array: false,
            keys: None,
            ..value
        }
    }

    /// The words after the operation; none where they are in `fields` already.
    fn operate(
        &mut self,
        param: &Param,
        value: Value,
        scope: &mut Scope,
        quoted: bool,
        fields: &mut Fields,
    ) -> Option<Vec<Word>> {
        match &param.op {
            Op::None | Op::Names(_) => Some(value.words),
            Op::Default { kind, colon, word } => {
                let taken = self.default(&param.name, *kind, *colon, &value, word, scope);
                match taken {
                    Taken::Words(words) => Some(words),
                    Taken::Written => {
                        for part in word {
                            self.part(part, quoted, scope, fields);
                        }
                        None
                    }
                }
            }
            Op::Substring { offset, length } => {
                let offset = self.number(offset, scope);
                let length = length.as_ref().map(|l| self.number(l, scope));
                if value.array {
                    let mut words = value.words;
                    // Of the positional parameters, the first is the one before them.
                    if matches!(param.name.as_str(), "@" | "*") {
                        words.insert(0, scope.zero.clone());
                    }
                    return Some(slice_list(&words, offset, length));
                }
                let first = offset == Some(0) && length == Some(Some(1));
                if first && matches!(param.name.as_str(), "PATH" | "SHELL" | "OLDPWD") {
                    // Whatever they are, they begin with the root.
                    return Some(vec![Word::from("/")]);
                }
                Some(each(&value.words, |text| substring(text, offset, length)))
            }
            Op::Remove { kind, pattern } => {
                let pattern = self.parts_as_pattern(pattern, scope);
                let glob = pattern::glob(&pattern);
                let without = |word: &Word| pattern::remove_from(kind, glob.as_deref()?, word);
                let unknown = || Word::Unknown("an expansion".to_owned());
                let words = value.words.iter();
                Some(
                    words
                        .map(|word| without(word).unwrap_or_else(unknown))
                        .collect(),
                )
            }
            Op::Replace {
                kind,
                pattern,
                with,
            } => {
                let pattern = self.parts_as_pattern(pattern, scope);
                let glob = pattern::glob(&pattern);
                let with = match with {
                    Some(with) => self.parts_as_one(with, scope),
                    None => Word::Known(String::new()),
                };
                Some(each(&value.words, |text| {
                    pattern::replace(kind, glob.as_deref()?, text, with.known()?)
                }))
            }
            Op::Case { kind, pattern } => {
                let all = pattern.is_empty();
                Some(each(&value.words, |text| {
                    all.then(|| change_case(kind, text))
                }))
            }
            Op::Transform(operator) => Some(self.transform(*operator, &value.words, scope)),
        }
    }

    fn transform(&mut self, operator: char, words: &[Word], scope: &Scope) -> Vec<Word> {
        if operator == 'P' {
            self.ask(
                "prompt-expansion",
                "It expands a text as a prompt, which can run commands.",
            );
            for text in words.iter().filter_map(Word::known) {
                let line = format!(": \"{}\"", text.replace('"', ""));
                self.text(&line, &mut scope.clone(), &Input::inherited());
            }
        }
        each(words, |text| match operator {
            'U' => Some(text.to_uppercase()),
            'L' => Some(text.to_lowercase()),
            'u' => Some(change_case("^", text)),
            _ => None,
        })
    }

    fn default(
        &mut self,
        name: &str,
        kind: char,
        colon: bool,
        value: &Value,
        word: &[Part],
        scope: &mut Scope,
    ) -> Taken {
        let set = match value.words.as_slice() {
            [] if value.array => Some(false),
            [] => None,
            [Word::Known(text)] => Some(!colon || !text.is_empty()),
            [Word::Unknown(_) | Word::Partial(_)] => None,
            _ => Some(true),
        };
        if set.is_none() {
            self.note(Guessed {
                empty: false,
                default: true,
            });
        }
        let unknown = || Taken::Words(vec![Word::Unknown(format!("${{{name}}}"))]);
        let is_set = match (set, self.guess) {
            (Some(set), _) => set,
            (None, Guess::Empty) => false,
            (None, Guess::Unknown) => {
                // Whether it runs or not, what is in the default is looked at.
                let mut aside = scope.clone();
                self.parts_as_one(word, &mut aside);
                return unknown();
            }
        };
        match (kind, is_set) {
            ('+', true) => Taken::Written,
            ('+', false) => Taken::Words(Vec::new()),
            (_, true) => Taken::Words(value.words.clone()),
            ('=', false) => {
                let word = self.parts_as_one(word, scope);
                scope.set(name, Value::scalar(word.clone()));
                Taken::Words(vec![word])
            }
            ('?', false) => Taken::Words(vec![Word::Unknown(format!("${{{name}}}"))]),
            _ => Taken::Written,
        }
    }

    fn parts_as_pattern(&mut self, parts: &[Part], scope: &mut Scope) -> Word {
        self.parts_as_one(parts, scope)
    }

    fn number(&mut self, parts: &[Part], scope: &mut Scope) -> Option<i64> {
        if parts.is_empty() {
            return Some(0);
        }
        self.arithmetic(parts, scope).known()?.parse().ok()
    }
}

enum Taken {
    Words(Vec<Word>),
    /// The word as it is written after the operator.
    Written,
}

fn is(parts: &[Part], what: &str) -> bool {
    matches!(parts, [Part::Text(text)] if text == what)
}

pub(in crate::shell) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn each(words: &[Word], change: impl Fn(&str) -> Option<String>) -> Vec<Word> {
    words
        .iter()
        .map(|word| match word.known().and_then(&change) {
            Some(text) => Word::Known(text),
            None => Word::Unknown("an expansion".to_owned()),
        })
        .collect()
}

fn change_case(kind: &str, text: &str) -> String {
    let mut chars = text.chars();
    match (kind, chars.next()) {
        ("^^", _) => text.to_uppercase(),
        (",,", _) => text.to_lowercase(),
        ("^", Some(first)) => first.to_uppercase().chain(chars).collect(),
        (",", Some(first)) => first.to_lowercase().chain(chars).collect(),
        _ => String::new(),
    }
}

fn bounds(
    length: usize,
    offset: Option<i64>,
    count: Option<Option<i64>>,
) -> Option<(usize, usize)> {
    let length = length as i64;
    let offset = offset?;
    let start = if offset < 0 { length + offset } else { offset };
    if start < 0 || start > length {
        return Some((0, 0));
    }
    let end = match count {
        None => length,
        Some(count) => match count? {
            count if count < 0 => length + count,
            count => (start + count).min(length),
        },
    };
    Some((start as usize, end.max(start) as usize))
}

fn substring(text: &str, offset: Option<i64>, count: Option<Option<i64>>) -> Option<String> {
    let chars: Vec<char> = text.chars().collect();
    let (start, end) = bounds(chars.len(), offset, count)?;
    Some(chars[start..end].iter().collect())
}

/// `${@:2}`, `${list[@]:0:1}`.
fn slice_list(words: &[Word], offset: Option<i64>, count: Option<Option<i64>>) -> Vec<Word> {
    if words.iter().any(positional::may_be_many) {
        return words.to_vec();
    }
    match bounds(words.len(), offset, count) {
        Some((start, end)) => words[start..end].to_vec(),
        None => vec![Word::Unknown("a part of a list".to_owned())],
    }
}
