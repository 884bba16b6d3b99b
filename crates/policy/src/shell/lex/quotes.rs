//! Quotes, escapes, backquotes and what a dollar begins.

use super::super::parser::Unread;
use super::super::syntax::{Op, Param, Part};
use super::{Lexer, Mode, Parts, unread};

impl Lexer<'_> {
    pub(super) fn single(&mut self, out: &mut Parts) -> Result<(), Unread> {
        self.bump();
        let Some(end) = self.rest().find('\'') else {
            return unread("a quote is not closed");
        };
        out.quoted(&self.rest()[..end]);
        self.pos += end + 1;
        Ok(())
    }

    pub(super) fn double(&mut self, out: &mut Parts) -> Result<(), Unread> {
        self.bump();
        let parts = self.parts(Mode::Double, "\"")?;
        if !self.eat("\"") {
            return unread("a quote is not closed");
        }
        match parts.as_slice() {
            [] => out.quoted(""),
            [Part::Text(text)] => out.quoted(text),
            _ => out.push(Part::Double(parts)),
        }
        Ok(())
    }

    /// A backslash where only some characters are escaped by it.
    pub(super) fn escape_in_quotes(&mut self, mode: Mode, out: &mut Parts) -> Result<(), Unread> {
        self.bump();
        match self.peek() {
            Some('\n') => {
                self.bump();
            }
            Some(c @ ('$' | '`' | '\\')) => {
                self.bump();
                out.text(c);
            }
            // A quote that is one of a pair and a quote that is escaped would be written out alike.
            Some('"') if mode == Mode::Arith => return unread("arithmetic escapes a quote"),
            Some('"') if mode != Mode::HereDoc => {
                self.bump();
                out.text('"');
            }
            Some('}') if mode == Mode::InnerDouble => {
                self.bump();
                out.text('}');
            }
            _ => out.text('\\'),
        }
        Ok(())
    }

    pub(super) fn backquote(&mut self, mode: Mode, out: &mut Parts) -> Result<(), Unread> {
        self.bump();
        let mut text = String::new();
        loop {
            match self.bump() {
                None => return unread("a backquote is not closed"),
                Some('`') => break,
                Some('\\') => match self.bump() {
                    None => return unread("a backquote is not closed"),
                    Some(c @ ('$' | '`' | '\\')) => text.push(c),
                    Some('"') if mode.quoted() && mode != Mode::HereDoc => text.push('"'),
                    Some('\n') => {}
                    Some(c) => text.extend(['\\', c]),
                },
                Some(c) => text.push(c),
            }
        }
        let script = self.nested.script(&text, None)?;
        out.push(Part::Command(script));
        Ok(())
    }

    pub(super) fn dollar(&mut self, mode: Mode, out: &mut Parts) -> Result<(), Unread> {
        let rest = self.rest();
        if rest.starts_with("$((")
            && let Some(parts) = self.arithmetic()?
        {
            out.push(Part::Arith(parts));
            return Ok(());
        }
        if rest.starts_with("$(") {
            return self.substitution(out);
        }
        if rest.starts_with("$[") {
            return self.old_arithmetic(out);
        }
        if rest.starts_with("${") {
            let param = self.braced(mode.quoted())?;
            out.push(param);
            return Ok(());
        }
        if rest.starts_with("$'") && !mode.quoted() {
            return self.ansi(out);
        }
        if rest.starts_with("$\"") && !mode.quoted() {
            self.bump();
            return self.double(out);
        }
        self.bump();
        let name = plain_name(self.rest());
        if name.is_empty() {
            // Quoted, since what is written after it could make it begin something.
            let quote_follows = self.rest().starts_with(['\\', '\'', '"']);
            if mode == Mode::Regex && quote_follows {
                return unread("a pattern is not understood");
            }
            if mode.quoted() || mode == Mode::Regex {
                out.text('$');
            } else {
                out.quoted("$");
            }
            return Ok(());
        }
        self.pos += name.len();
        out.push(Part::Param(Box::new(Param {
            name: name.to_owned(),
            index: None,
            indirect: false,
            length: false,
            op: Op::None,
        })));
        Ok(())
    }

    fn substitution(&mut self, out: &mut Parts) -> Result<(), Unread> {
        self.pos += 2;
        let Some(length) = super::skip::to_close(self.rest()) else {
            return unread("a substitution is not closed");
        };
        let inner = &self.rest()[..length];
        let script = self.nested.script(inner, self.base.map(|b| b + self.pos))?;
        self.pos += length + 1;
        out.push(Part::Command(script));
        Ok(())
    }

    /// `$'…'`. Bytes that are no text make the word unread.
    fn ansi(&mut self, out: &mut Parts) -> Result<(), Unread> {
        self.pos += 2;
        let mut bytes = Vec::new();
        loop {
            match self.bump() {
                None => return unread("a quote is not closed"),
                Some('\'') => break,
                Some('\\') => self.ansi_escape(&mut bytes)?,
                Some(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        match String::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => {
                out.quoted(&text);
                Ok(())
            }
            _ => unread("a quoted text holds bytes that are no text"),
        }
    }

    fn ansi_escape(&mut self, bytes: &mut Vec<u8>) -> Result<(), Unread> {
        let Some(c) = self.bump() else {
            return unread("a quote is not closed");
        };
        let simple = match c {
            'a' => 7,
            'b' => 8,
            'e' | 'E' => 27,
            'f' => 12,
            'n' => b'\n',
            'r' => b'\r',
            't' => b'\t',
            'v' => 11,
            '\\' | '\'' | '"' | '?' => c as u8,
            '0'..='7' => {
                self.pos -= 1;
                bytes.push((self.digits(8, 3) & 0xff) as u8);
                return Ok(());
            }
            'x' => {
                bytes.push((self.digits(16, 2) & 0xff) as u8);
                return Ok(());
            }
            'u' | 'U' => {
                let value = self.digits(16, if c == 'u' { 4 } else { 8 });
                let Some(decoded) = char::from_u32(value) else {
                    return unread("a quoted text holds a character that is none");
                };
                bytes.extend_from_slice(decoded.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            'c' => match self.bump() {
                Some(control) if control.is_ascii() => (control.to_ascii_uppercase() as u8) ^ 0x40,
                _ => return unread("a quoted text holds a control character that is none"),
            },
            other => {
                bytes.push(b'\\');
                bytes.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
        };
        bytes.push(simple);
        Ok(())
    }

    fn digits(&mut self, radix: u32, most: usize) -> u32 {
        let mut value = 0_u32;
        for _ in 0..most {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(radix)) else {
                break;
            };
            self.bump();
            value = value.wrapping_mul(radix).wrapping_add(digit);
        }
        value
    }
}

/// The name that `$` is followed by without braces: an identifier, one digit, or a special parameter.
pub(super) fn plain_name(rest: &str) -> &str {
    let Some(first) = rest.chars().next() else {
        return "";
    };
    if first.is_ascii_digit() || "@*#?$!-".contains(first) {
        return &rest[..1];
    }
    identifier(rest)
}

pub(in crate::shell) fn identifier(rest: &str) -> &str {
    if !rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return "";
    }
    let end = rest
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .unwrap_or(rest.len());
    &rest[..end]
}
