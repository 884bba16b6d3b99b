//! `{a,b}` and `{1..9}`.

use super::super::parser::Unread;
use super::super::syntax::Part;
use super::{Lexer, Mode, Parts};

/// How deep braces may stand in braces before they are text.
const DEEPEST: usize = 8;

impl Lexer<'_> {
    /// A brace expansion, or the brace as text where it is none.
    pub(super) fn brace(&mut self, out: &mut Parts) -> Result<(), Unread> {
        let Some(shape) = shape(self.rest()) else {
            self.bump();
            out.text('{');
            return Ok(());
        };
        if let Shape::Range(length) = shape {
            out.push(Part::Range(self.rest()[..length].to_owned()));
            self.pos += length;
            return Ok(());
        }
        self.bump();
        let mut members = Vec::new();
        loop {
            let start = self.pos;
            let member = self.parts(Mode::Word, ",}")?;
            members.push(member);
            if self.eat("}") {
                break;
            }
            if !self.eat(",") || self.pos == start {
                return super::unread("braces are not closed");
            }
        }
        out.push(Part::Brace(members));
        Ok(())
    }
}

enum Shape {
    List,
    Range(usize),
}

/// What the brace at the start of the text begins; none where it is text. A member may hold quotes and further
/// braces; where one holds an expansion with braces of its own, those are stepped over.
fn shape(text: &str) -> Option<Shape> {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut comma = false;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'\'' => at += 1 + text[at + 1..].find('\'')?,
            b'"' => at += 1 + super::skip::to_quote(&text[at + 1..])?,
            b'$' if text[at..].starts_with("$(") => {
                at += 2 + super::skip::to_close(&text[at + 2..])?;
            }
            b'$' if text[at..].starts_with("${") => {
                at += 2 + super::skip::to_brace(&text[at + 2..])?;
            }
            b'`' => at += 1 + text[at + 1..].find('`')?,
            b'{' => depth += 1,
            b',' if depth == 1 => comma = true,
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            _ => {}
        }
        if depth > DEEPEST {
            return None;
        }
        at += 1;
    }
    if at >= bytes.len() || bytes[at] != b'}' {
        return None;
    }
    if comma {
        return Some(Shape::List);
    }
    is_range(&text[1..at]).then_some(Shape::Range(at + 1))
}

fn is_range(inner: &str) -> bool {
    let ends: Vec<&str> = inner.split("..").collect();
    let number = |text: &str| text.parse::<i64>().is_ok();
    let letter =
        |text: &str| text.len() == 1 && text.starts_with(|c: char| c.is_ascii_alphabetic());
    match ends.as_slice() {
        [a, b] => (number(a) && number(b)) || (letter(a) && letter(b)),
        [a, b, step] => number(step) && ((number(a) && number(b)) || (letter(a) && letter(b))),
        _ => false,
    }
}
