//! The parts of one word: quotes, expansions, patterns and braces.
//!
//! Works on the text as it was written and must use up all of it: where another reader of the grammar drew the
//! borders of the word differently, the word is unread, and the command is asked about.

mod arith;
mod braces;
mod param;
mod quotes;
mod skip;

use super::parser::Unread;
use super::syntax::{Part, Script, Word};

/// Reads the text of a substitution.
pub(super) trait Nested {
    fn script(&self, text: &str, base: Option<usize>) -> Result<Script, Unread>;
}

/// What the text stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Word,
    /// The value of an assignment: a tilde counts after a colon too.
    Assigned,
    /// Right of `=~`, where parentheses and bars stand for themselves.
    Regex,
    /// A word within `${…}`, where blanks stand for themselves.
    Inner,
    Double,
    /// A word within `"${…}"`.
    InnerDouble,
    HereDoc,
    Arith,
}

impl Mode {
    fn quoted(self) -> bool {
        matches!(
            self,
            Self::Double | Self::InnerDouble | Self::HereDoc | Self::Arith
        )
    }
}

/// Reads a word, all of it.
pub(super) fn word(
    text: &str,
    base: Option<usize>,
    mode: Mode,
    nested: &dyn Nested,
) -> Result<Word, Unread> {
    let mut lexer = Lexer {
        text,
        pos: 0,
        base,
        nested,
    };
    let parts = lexer.parts(mode, "")?;
    if lexer.pos < text.len() {
        return Err(Unread("it is not clear where a word of it ends".to_owned()));
    }
    let at = super::syntax::At(base.map(|start| super::span(start, start + text.len())));
    Ok(Word { parts, at })
}

pub(super) use self::quotes::identifier;

pub(super) struct Lexer<'a> {
    text: &'a str,
    pos: usize,
    base: Option<usize>,
    nested: &'a dyn Nested,
}

fn unread<T>(what: &str) -> Result<T, Unread> {
    Err(Unread(what.to_owned()))
}

impl<'a> Lexer<'a> {
    fn peek(&self) -> Option<char> {
        self.text[self.pos..].chars().next()
    }

    fn rest(&self) -> &'a str {
        &self.text[self.pos..]
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.pos += c.len_utf8();
        Some(c)
    }

    fn eat(&mut self, what: &str) -> bool {
        let found = self.rest().starts_with(what);
        if found {
            self.pos += what.len();
        }
        found
    }

    /// Parts up to one of `stops`, which is left, or to the end.
    fn parts(&mut self, mode: Mode, stops: &str) -> Result<Vec<Part>, Unread> {
        let mut out = Parts::default();
        if matches!(mode, Mode::Word | Mode::Assigned | Mode::Inner) {
            self.tilde(&mut out);
        }
        let mut depth = 0_u32;
        while let Some(c) = self.peek() {
            if depth == 0 && stops.contains(c) {
                break;
            }
            if mode == Mode::Arith {
                match c {
                    '(' | '[' => depth += 1,
                    ')' | ']' => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
            if mode.quoted() {
                self.quoted_step(c, mode, &mut out)?;
            } else {
                self.plain_step(c, mode, &mut out)?;
            }
        }
        Ok(out.done())
    }

    fn quoted_step(&mut self, c: char, mode: Mode, out: &mut Parts) -> Result<(), Unread> {
        match c {
            '\\' => self.escape_in_quotes(mode, out),
            '$' => self.dollar(mode, out),
            '`' => self.backquote(mode, out),
            '"' if matches!(mode, Mode::InnerDouble) => self.double(out),
            _ => {
                self.bump();
                out.text(c);
                Ok(())
            }
        }
    }

    fn plain_step(&mut self, c: char, mode: Mode, out: &mut Parts) -> Result<(), Unread> {
        match c {
            '\\' => {
                self.bump();
                match self.bump() {
                    // The shell joins the lines before it looks for a tilde or a set.
                    Some('\n') => return unread("a line is continued within a word of it"),
                    Some(next) => out.quoted(&next.to_string()),
                    None => return unread("a backslash ends it"),
                }
                Ok(())
            }
            '\'' => self.single(out),
            '"' => self.double(out),
            '$' => self.dollar(mode, out),
            '`' => self.backquote(mode, out),
            '*' | '?' => {
                self.bump();
                out.push(Part::Glob(c.to_string()));
                Ok(())
            }
            '[' => {
                self.bracket(out);
                Ok(())
            }
            '{' if mode == Mode::Word => self.brace(out),
            ' ' | '\t' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')'
                if matches!(mode, Mode::Word | Mode::Assigned) =>
            {
                unread("it is not clear where a word of it ends")
            }
            _ => {
                let assigns = mode == Mode::Word && c == '=' && out.names_a_variable();
                self.bump();
                out.text(c);
                out.assigns |= assigns;
                // `dd of=~/x`: the shell takes what looks like an assignment for one, wherever it stands.
                if assigns || c == ':' && (mode == Mode::Assigned || out.assigns) {
                    self.tilde(out);
                }
                Ok(())
            }
        }
    }

    fn tilde(&mut self, out: &mut Parts) {
        let Some(after) = self.rest().strip_prefix('~') else {
            return;
        };
        let end = after
            .find(|c: char| !(c.is_ascii_alphanumeric() || "_.+-".contains(c)))
            .unwrap_or(after.len());
        let stopped = after[end..].chars().next();
        if matches!(stopped, None | Some('/' | ':' | '}' | ',')) {
            out.push(Part::Tilde(after[..end].to_owned()));
            self.pos += 1 + end;
        }
    }

    /// `[…]` where it closes within the word and holds no quotes; else the bracket alone, as a pattern.
    fn bracket(&mut self, out: &mut Parts) {
        let rest = self.rest();
        let mut end = 1 + usize::from(rest[1..].starts_with(['!', '^']));
        end += usize::from(rest[end..].starts_with(']'));
        let close = rest[end..].find(|c: char| "]'\"\\$`/ \t\n;&|<>(){}".contains(c));
        match close {
            Some(at) if rest[end + at..].starts_with(']') => {
                let whole = &rest[..=end + at];
                out.push(Part::Glob(whole.to_owned()));
                self.pos += whole.len();
            }
            // A set with quotes in it: `["r"]m`.
            Some(at) if rest[end + at..].starts_with(['\'', '"', '\\', '$', '`']) => {
                self.pos += 1;
                out.push(Part::Glob("[".to_owned()));
            }
            _ => {
                self.pos += 1;
                out.text('[');
            }
        }
    }
}

/// Parts under construction; text and quoted text are joined with what stands before.
#[derive(Default)]
struct Parts {
    parts: Vec<Part>,
    /// A word that begins like an assignment: what stands behind a colon is a path there.
    assigns: bool,
}

impl Parts {
    fn text(&mut self, c: char) {
        if let Some(Part::Text(text)) = self.parts.last_mut() {
            text.push(c);
        } else {
            self.parts.push(Part::Text(c.to_string()));
        }
    }

    fn quoted(&mut self, more: &str) {
        if let Some(Part::Quoted(text)) = self.parts.last_mut() {
            text.push_str(more);
        } else {
            self.parts.push(Part::Quoted(more.to_owned()));
        }
    }

    fn push(&mut self, part: Part) {
        self.parts.push(part);
    }

    /// Whether what there is so far, and nothing of it quoted, is what a variable can be called.
    fn names_a_variable(&self) -> bool {
        let [Part::Text(name), index @ ..] = self.parts.as_slice() else {
            return false;
        };
        let name = name.strip_suffix('+').unwrap_or(name);
        let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let indexed = matches!(index, [] | [Part::Glob(_)]);
        begins && plain && indexed
    }

    fn done(self) -> Vec<Part> {
        self.parts
    }
}
