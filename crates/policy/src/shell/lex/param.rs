//! `${…}`.

use super::super::parser::Unread;
use super::super::syntax::{Op, Param, Part};
use super::quotes::identifier;
use super::{Lexer, Mode, unread};

impl Lexer<'_> {
    pub(super) fn braced(&mut self, quoted: bool) -> Result<Part, Unread> {
        self.pos += 2;
        let mut param = Param {
            name: String::new(),
            index: None,
            indirect: false,
            length: false,
            op: Op::None,
        };
        if self.rest().starts_with('#') && !self.rest().starts_with("#}") && self.names_at(1) {
            param.length = true;
            self.pos += 1;
        } else if self.rest().starts_with('!') && self.names_at(1) {
            param.indirect = true;
            self.pos += 1;
        }
        param.name = self.name()?;
        if self.eat("[") {
            let index = self.parts(Mode::Arith, "]")?;
            if !self.eat("]") {
                return unread("an index is not closed");
            }
            param.index = Some(index);
        }
        param.op = self.op(&param, quoted)?;
        if !self.eat("}") {
            return unread("an expansion is not understood");
        }
        Ok(Part::Param(Box::new(param)))
    }

    fn names_at(&self, offset: usize) -> bool {
        self.rest()[offset..]
            .starts_with(|c: char| c.is_ascii_alphanumeric() || "_@*#?$!-".contains(c))
    }

    fn name(&mut self) -> Result<String, Unread> {
        let rest = self.rest();
        let name = match rest.chars().next() {
            Some(c) if c.is_ascii_digit() => {
                let end = rest
                    .find(|c: char| !c.is_ascii_digit())
                    .unwrap_or(rest.len());
                &rest[..end]
            }
            Some(c) if "@*#?$!-".contains(c) => &rest[..1],
            _ => identifier(rest),
        };
        if name.is_empty() {
            return unread("an expansion is not understood");
        }
        self.pos += name.len();
        Ok(name.to_owned())
    }

    fn op(&mut self, param: &Param, quoted: bool) -> Result<Op, Unread> {
        let rest = self.rest();
        if rest.starts_with('}') {
            return Ok(Op::None);
        }
        if param.indirect && (rest.starts_with("*}") || rest.starts_with("@}")) {
            return Ok(Op::Names(self.bump().unwrap_or('*')));
        }
        let inner = if quoted {
            Mode::InnerDouble
        } else {
            Mode::Inner
        };
        let colon = rest.starts_with(':');
        let after = &rest[usize::from(colon)..];
        if let Some(kind) = after.chars().next().filter(|c| "-=?+".contains(*c)) {
            self.pos += 1 + usize::from(colon);
            let word = self.parts(inner, "}")?;
            return Ok(Op::Default { kind, colon, word });
        }
        if colon {
            return self.substring();
        }
        if self.eat("@") {
            return match self.bump() {
                Some(c) if c.is_ascii_alphabetic() => Ok(Op::Transform(c)),
                _ => unread("an expansion is not understood"),
            };
        }
        self.pattern_op()
    }

    fn substring(&mut self) -> Result<Op, Unread> {
        self.pos += 1;
        let offset = self.parts(Mode::Arith, ":}")?;
        let length = if self.eat(":") {
            Some(self.parts(Mode::Arith, "}")?)
        } else {
            None
        };
        Ok(Op::Substring { offset, length })
    }

    fn pattern_op(&mut self) -> Result<Op, Unread> {
        for kind in ["##", "#", "%%", "%"] {
            if self.eat(kind) {
                let pattern = self.parts(Mode::Inner, "}")?;
                return Ok(Op::Remove { kind, pattern });
            }
        }
        for kind in ["^^", "^", ",,", ","] {
            if self.eat(kind) {
                let pattern = self.parts(Mode::Inner, "}")?;
                return Ok(Op::Case { kind, pattern });
            }
        }
        for kind in ["//", "/#", "/%", "/"] {
            if self.eat(kind) {
                let pattern = self.parts(Mode::Inner, "/}")?;
                let with = if self.eat("/") {
                    Some(self.parts(Mode::Inner, "}")?)
                } else {
                    None
                };
                return Ok(Op::Replace {
                    kind,
                    pattern,
                    with,
                });
            }
        }
        unread("an expansion is not understood")
    }
}
