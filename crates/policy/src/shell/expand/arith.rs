//! Arithmetic: what is known of the result, and what an index or the value of a variable makes the shell run.
//!
//! A variable within arithmetic is itself read as arithmetic, and a subscript within that can hold a substitution:
//! a value that is not known is a program that is not known.

use super::super::judge::Judge;
use super::super::lex::{self, Mode, Nested};
use super::super::parser::{Unread, parse_caged};
use super::super::prescan;
use super::super::scope::{Scope, pieces_of, shown};
use super::super::syntax::{Part, Script};
use crate::word::{Piece, Word};

pub(in crate::shell) use crate::word::NUMBER;
/// How often a variable may lead to another.
const DEEPEST: u32 = 4;

impl Judge<'_> {
    pub(in crate::shell) fn arithmetic(&mut self, parts: &[Part], scope: &mut Scope) -> Word {
        self.step();
        let text = self.parts_as_one(parts, scope);
        // What is written there was taken apart: this is in a value, and calculating runs it.
        if let Some(text) = text.known().filter(|text| text.contains(['$', '`'])) {
            self.judge_arithmetic(text, scope, 0);
        }
        self.arithmetic_text(&text, scope, 0)
    }

    pub(in crate::shell) fn arithmetic_text(
        &mut self,
        text: &Word,
        scope: &mut Scope,
        depth: u32,
    ) -> Word {
        let unknown = Word::Unknown(NUMBER.to_owned());
        if depth > DEEPEST {
            return unknown;
        }
        let known = match text {
            Word::Known(text) => text.clone(),
            other => shown(other),
        };
        self.names(&known, scope, depth);
        if text.known().is_none() {
            self.not_a_number(text);
            return unknown;
        }
        let mut values = |name: &str| {
            let value = self.variable(name, scope);
            match value.words.as_slice() {
                [Word::Known(text)] => text.trim().parse::<i64>().ok(),
                [] => None,
                _ => None,
            }
        };
        match evaluate(&known, &mut values) {
            Some(number) => Word::Known(number.to_string()),
            None => unknown,
        }
    }

    /// Asks where a part of an expression is not known and may be more than a number.
    fn not_a_number(&mut self, text: &Word) {
        let numbers = [
            "$?", "$$", "$!", "$#", "$PPID", "$UID", "$EUID", "$RANDOM", "$SECONDS", "$LINENO",
            NUMBER,
        ];
        let safe = pieces_of(text).iter().all(|piece| match piece {
            Piece::Unknown(why) => numbers.contains(&why.as_str()) || why.starts_with("${#"),
            Piece::Text(_) | Piece::Pattern(_) => true,
        });
        if !safe {
            self.ask("arithmetic-unknown", "It calculates with a text that is only known when it runs, and such a text can run commands.");
        }
    }

    /// Looks at what the names in an expression hold.
    fn names(&mut self, text: &str, scope: &mut Scope, depth: u32) {
        let mut rest = text;
        while let Some(at) = rest.find(|c: char| c.is_ascii_alphabetic() || c == '_') {
            let before_digit = rest[..at].ends_with(|c: char| c.is_ascii_digit());
            let name = lex::identifier(&rest[at..]);
            rest = &rest[at + name.len()..];
            if before_digit {
                continue;
            }
            let value = self.variable(name, scope);
            for word in value.words {
                match word {
                    Word::Known(text) if text.contains(['$', '`', '[']) => {
                        self.judge_arithmetic(&text, scope, depth);
                    }
                    Word::Known(_) => {}
                    Word::Unknown(why) if why == NUMBER || is_number(name) => {}
                    _ => self.ask(
                        "arithmetic-unknown",
                        "It calculates with a text that is only known when it runs, and such a text can run commands.",
                    ),
                }
            }
        }
    }

    fn judge_arithmetic(&mut self, text: &str, scope: &mut Scope, depth: u32) {
        match lex::word(text, None, Mode::Arith, &Caged) {
            Ok(word) => {
                let word = self.parts_as_one(&word.parts, scope);
                self.arithmetic_text(&word, scope, depth + 1);
            }
            Err(_) => self.ask(
                "arithmetic-unknown",
                "It calculates with a text that is not understood.",
            ),
        }
    }
}

/// Names whose value the shell itself makes, always a number.
fn is_number(name: &str) -> bool {
    matches!(
        name,
        "RANDOM"
            | "SRANDOM"
            | "SECONDS"
            | "LINENO"
            | "PPID"
            | "UID"
            | "EUID"
            | "BASHPID"
            | "SHLVL"
            | "EPOCHSECONDS"
            | "OPTIND"
            | "BASH_SUBSHELL"
            | "COLUMNS"
            | "LINES"
    )
}

/// Reads the substitutions of a value.
struct Caged;

impl Nested for Caged {
    fn script(&self, text: &str, _: Option<usize>) -> Result<Script, Unread> {
        let nesting = prescan::scan(text).map_err(|fault| Unread(fault.says()))?;
        parse_caged(text, nesting)
    }
}

/// The value of an expression of numbers, names, `+ - * / %` and parentheses.
fn evaluate(text: &str, values: &mut dyn FnMut(&str) -> Option<i64>) -> Option<i64> {
    let mut reader = Expression {
        rest: text.trim(),
        values,
        depth: 0,
    };
    let value = reader.sum()?;
    reader.rest.trim().is_empty().then_some(value)
}

struct Expression<'a> {
    rest: &'a str,
    values: &'a mut dyn FnMut(&str) -> Option<i64>,
    depth: u32,
}

impl Expression<'_> {
    fn eat(&mut self, c: char) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(c) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn sum(&mut self) -> Option<i64> {
        let mut value = self.product()?;
        loop {
            if self.eat('+') {
                value = value.checked_add(self.product()?)?;
            } else if self.eat('-') {
                value = value.checked_sub(self.product()?)?;
            } else {
                return Some(value);
            }
        }
    }

    fn product(&mut self) -> Option<i64> {
        let mut value = self.atom()?;
        loop {
            if self.eat('*') {
                value = value.checked_mul(self.atom()?)?;
            } else if self.eat('/') {
                value = value.checked_div(self.atom()?)?;
            } else if self.eat('%') {
                value = value.checked_rem(self.atom()?)?;
            } else {
                return Some(value);
            }
        }
    }

    fn atom(&mut self) -> Option<i64> {
        self.depth += 1;
        if self.depth > 64 {
            return None;
        }
        let value = if self.eat('(') {
            let value = self.sum()?;
            self.eat(')').then_some(value)
        } else if self.eat('-') {
            self.atom()?.checked_neg()
        } else if self.eat('+') {
            self.atom()
        } else {
            self.name_or_number()
        };
        self.depth -= 1;
        value
    }

    fn name_or_number(&mut self) -> Option<i64> {
        let name = lex::identifier(self.rest);
        if !name.is_empty() {
            self.rest = &self.rest[name.len()..];
            return (self.values)(name);
        }
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        // A leading zero is octal.
        if digits.len() > 1 && digits.starts_with('0') {
            return i64::from_str_radix(digits, 8).ok();
        }
        digits.parse().ok()
    }
}
