//! Code as tokens, and what of them belongs together: brackets, statements, the arguments of a call.

use super::Language;
use crate::programs::code::tokens::{Cut, Token, cut};
use crate::programs::code::words::is_control;

pub(super) struct Source {
    pub(super) language: Language,
    tokens: Vec<Token>,
    begins: Vec<bool>,
    /// For a bracket the one that belongs to it; where there is none, the end.
    mates: Vec<usize>,
    /// The bracket that encloses a token.
    parents: Vec<Option<usize>>,
}

/// An argument of a call: its tokens, and its name where it is given by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Argument {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) name: Option<String>,
}

/// What has more links than this is not followed to its begin.
const LONGEST_CHAIN: usize = 32;

impl Source {
    pub(super) fn read(text: &str, language: Language) -> Option<Self> {
        let Cut { tokens, begins } = cut(text, language)?;
        let mut mates = vec![tokens.len(); tokens.len()];
        let mut parents = vec![None; tokens.len()];
        let mut open = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            if let Token::Sign(')' | ']' | '}') = token
                && let Some(begin) = open.pop()
            {
                mates[begin] = at;
                mates[at] = begin;
            }
            parents[at] = open.last().copied();
            if let Token::Sign('(' | '[' | '{') = token {
                open.push(at);
            }
        }
        Some(Self {
            language,
            tokens,
            begins,
            mates,
            parents,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    pub(super) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    pub(super) fn get(&self, at: usize) -> Option<&Token> {
        self.tokens.get(at)
    }

    pub(super) fn name(&self, at: usize) -> Option<&str> {
        match self.tokens.get(at)? {
            Token::Name(name) => Some(name),
            _ => None,
        }
    }

    pub(super) fn text(&self, at: usize) -> Option<&str> {
        match self.tokens.get(at)? {
            Token::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn sign(&self, at: usize) -> char {
        match self.tokens.get(at) {
            Some(Token::Sign(sign)) => *sign,
            _ => '\0',
        }
    }

    /// The token before, as a sign.
    pub(super) fn before(&self, at: usize) -> char {
        at.checked_sub(1).map_or('\0', |at| self.sign(at))
    }

    pub(super) fn begins_line(&self, at: usize) -> bool {
        self.begins.get(at).copied().unwrap_or(true)
    }

    /// The bracket that belongs to this one, or the end.
    pub(super) fn mate(&self, at: usize) -> usize {
        self.mates.get(at).copied().unwrap_or(self.tokens.len())
    }

    pub(super) fn parent(&self, at: usize) -> Option<usize> {
        self.parents.get(at).copied().flatten()
    }

    /// The token after this one, or after the brackets that it opens.
    pub(super) fn after(&self, at: usize) -> usize {
        match self.sign(at) {
            '(' | '[' | '{' => self.mate(at).saturating_add(1).max(at + 1),
            _ => at + 1,
        }
    }

    /// Whether a name is one of an object, a class or a module: `x.name`, `x->name`, `x::name`.
    pub(super) fn is_attribute(&self, at: usize) -> bool {
        let two = (at > 1).then(|| (self.sign(at - 2), self.sign(at - 1)));
        self.before(at) == '.' || matches!(two, Some(('-', '>') | (':', ':')))
    }

    /// Where the statement ends that a token stands in.
    pub(super) fn statement_end(&self, from: usize) -> usize {
        let end = self.parent(from).map_or(self.len(), |open| self.mate(open));
        let mut at = from;
        while at < end {
            if self.sign(at) == ';' || at > from && self.ends_before(at) {
                return at;
            }
            at = self.after(at);
        }
        end.min(self.len())
    }

    /// Whether a new line ends a statement, or a word that is put behind one: `unlink $x if …`.
    fn ends_before(&self, at: usize) -> bool {
        let goes_on = matches!(self.before(at), ',' | '+' | '.' | '=' | '\\' | '|' | '&');
        let by_line = !matches!(self.language, Language::Perl | Language::Php);
        if by_line && self.begins_line(at) && !goes_on && self.sign(at) != '.' {
            return true;
        }
        matches!(self.language, Language::Perl | Language::Ruby)
            && matches!(
                self.name(at),
                Some("if" | "unless" | "for" | "foreach" | "while" | "until" | "or" | "and" | "do")
            )
    }

    /// What a name at this place is called with.
    pub(super) fn arguments(&self, at: usize) -> Vec<Argument> {
        let first = at + 1;
        if self.sign(first) == '(' {
            return self.split(first + 1, self.mate(first).min(self.len()));
        }
        let next = self.get(first);
        match self.language {
            Language::Perl | Language::Ruby | Language::Php => {
                self.split(first, self.statement_end(at))
            }
            Language::Other if matches!(next, Some(Token::Text(_))) => {
                self.split(first, self.statement_end(at))
            }
            Language::Lua | Language::Node
                if matches!(next, Some(Token::Text(_) | Token::Template(..)))
                    && !(self.language == Language::Node && self.begins_line(first)) =>
            {
                self.split(first, first + 1)
            }
            _ => Vec::new(),
        }
    }

    /// The parts between commas.
    pub(super) fn split(&self, from: usize, to: usize) -> Vec<Argument> {
        let mut out = Vec::new();
        let mut begin = from;
        let mut at = from;
        while at < to {
            // `system {"program"} "name", …`
            let block = at == begin && self.sign(at) == '{' && self.language == Language::Perl;
            at = self.after(at);
            if self.sign(at) == ',' && at < to {
                out.push(self.argument(begin, at));
                begin = at + 1;
                at = begin;
            } else if block && at < to && begin == from {
                out.push(self.argument(begin + 1, at - 1));
                begin = at;
            }
        }
        if begin < to {
            out.push(self.argument(begin, to));
        }
        out
    }

    fn argument(&self, from: usize, to: usize) -> Argument {
        let named = self.name(from).filter(|_| {
            let next = self.sign(from + 1);
            let equals = next == '=' && !matches!(self.sign(from + 2), '=' | '>');
            (equals && self.language == Language::Python)
                || (next == ':' && self.sign(from + 2) != ':' && self.language == Language::Ruby)
        });
        match named.filter(|_| from + 2 <= to) {
            Some(name) => Argument {
                name: Some(name.to_owned()),
                from: from + 2,
                to,
            },
            None => Argument {
                name: None,
                from,
                to,
            },
        }
    }

    /// Where the expression begins that an attribute at this place belongs to: `a.b("c")` of `a.b("c").read`.
    pub(super) fn receiver(&self, at: usize) -> Option<(usize, usize)> {
        let end = self.before_separator(at)?;
        let mut at = end;
        for links in 0.. {
            if links > LONGEST_CHAIN {
                return None;
            }
            let last = at.checked_sub(1)?;
            match self.sign(last) {
                ')' | ']' | '}' if self.mate(last) < last => {
                    at = self.mate(last);
                    if matches!(self.before(at), ')' | ']') {
                        continue;
                    }
                    let called = at.checked_sub(1).and_then(|at| self.name(at));
                    at -= usize::from(called.is_some_and(|name| !is_control(name)));
                }
                '\0' => at = last,
                _ => return None,
            }
            match self.before_separator(at) {
                Some(before) => at = before,
                None => break,
            }
        }
        if at > 0 && self.name(at - 1) == Some("new") {
            at -= 1;
        }
        Some((at, end))
    }

    fn before_separator(&self, at: usize) -> Option<usize> {
        if self.before(at) == '.' {
            let optional = at > 1 && self.sign(at - 2) == '?';
            return Some(at - 1 - usize::from(optional));
        }
        self.is_attribute(at).then(|| at - 2)
    }
}
