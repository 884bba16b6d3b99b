//! Calls of what has no name of its own: `$f(…)`, `&{"sys"."tem"}(…)`, `x["system"](…)`, `array_map("system", …)`.

use super::{Language, Token, Walker};
use crate::programs::code::words::{is_deed, is_delete};

impl Walker<'_, '_> {
    fn calls_the_unnamed(&mut self) {
        self.seen.runs_unknown = true;
        self.reader
            .ask("inline-code", "Its code calls something that is not named.");
    }

    /// Whether a variable is called that the code does not define as a function.
    pub(super) fn calls_a_variable(&mut self, at: usize, name: &str) -> bool {
        let arrow = self.sign(at + 1) == '-' && self.sign(at + 2) == '>';
        let called = match self.language {
            Language::Php => self.sign(at + 1) == '(',
            Language::Perl => {
                arrow && self.sign(at + 3) == '(' || self.source.is_attribute(at) && !arrow
            }
            _ => false,
        };
        let dynamic = called && name.starts_with('$') && !self.bound.is_function(name);
        if dynamic {
            self.calls_the_unnamed();
        }
        dynamic
    }

    pub(super) fn signed(&mut self, at: usize, sign: char) {
        let before = at.checked_sub(1).and_then(|at| self.source.get(at));
        let unnamed = match (self.language, sign) {
            (Language::Perl, '&') => self.refers_to_the_unnamed(at),
            (Language::Perl, '*') => self.names_anew(at),
            (Language::Perl, '-') => {
                matches!(before, Some(Token::Text(_)))
                    && self.sign(at + 1) == '>'
                    && self.sign(at + 2) == '('
            }
            (Language::Perl, '<') => return self.reads_lines(at),
            (Language::Perl, _) => false,
            (Language::Php, '(') if matches!(before, Some(Token::Text(_))) => true,
            (_, '(') => matches!(before, Some(Token::Sign(']' | ')'))),
            _ => false,
        };
        if unnamed {
            self.calls_the_unnamed();
        }
    }

    /// `&$f(…)`, `&{…}(…)`; between two values it is only a sum of bits.
    fn refers_to_the_unnamed(&self, at: usize) -> bool {
        let value = match at.checked_sub(1).and_then(|at| self.source.get(at)) {
            Some(Token::Name(name)) => name.starts_with('$'),
            Some(Token::Number(_)) => true,
            Some(Token::Sign(sign)) => matches!(sign, ')' | ']' | '&'),
            _ => false,
        };
        let variable = self
            .name(at + 1)
            .is_some_and(|name| name.starts_with('$') && !self.bound.is_function(name));
        !value && (variable || matches!(self.sign(at + 1), '{' | '$'))
    }

    /// `*name = \&system`, `*{"name"} = …`
    fn names_anew(&self, at: usize) -> bool {
        let begins = at == 0 || matches!(self.sign(at - 1), ';' | '{' | '}');
        let reference = self.sign(at + 2) == '=' && self.sign(at + 3) == '\\';
        begins && (self.sign(at + 1) == '{' || self.name(at + 1).is_some() && reference)
    }

    fn reads_lines(&mut self, at: usize) {
        let plain = |name: &str| name.starts_with('$') || matches!(name, "STDIN" | "ARGV" | "DATA");
        if self.sign(at + 2) == '>' && self.name(at + 1).is_some_and(|name| !plain(name)) {
            self.reader.ask(
                "inline-code",
                "Its code reads from something that is not plain.",
            );
        }
    }

    /// The name of a function, given to one that calls it.
    pub(super) fn callback(&mut self, at: usize, text: &str) {
        if self.language != Language::Php || !is_deed(text) {
            return;
        }
        let caller = self
            .source
            .parent(at)
            .and_then(|open| self.name(open.checked_sub(1)?));
        let only_shows = [
            "print",
            "echo",
            "printf",
            "in_array",
            "str_replace",
            "strlen",
        ];
        if caller.is_some_and(|caller| !only_shows.contains(&caller)) {
            self.calls_the_unnamed();
            self.seen.reads_unknown = true;
            self.seen.writes_unknown = true;
            if is_delete(text) {
                self.seen.deletes_unknown.get_or_insert(false);
            }
        }
    }
}
