//! `$((…))` and `$[…]`: the text with the expansions in it.

use super::super::parser::Unread;
use super::super::syntax::Part;
use super::{Lexer, Mode, Parts, unread};

impl Lexer<'_> {
    /// None where it is a substitution that begins with a subshell after all.
    pub(super) fn arithmetic(&mut self) -> Result<Option<Vec<Part>>, Unread> {
        let start = self.pos;
        self.pos += 3;
        match self.parts(Mode::Arith, ")") {
            Ok(parts) if self.rest().starts_with("))") => {
                self.pos += 2;
                Ok(Some(parts))
            }
            _ => {
                self.pos = start;
                Ok(None)
            }
        }
    }

    pub(super) fn old_arithmetic(&mut self, out: &mut Parts) -> Result<(), Unread> {
        self.pos += 2;
        let parts = self.parts(Mode::Arith, "]")?;
        if !self.eat("]") {
            return unread("an arithmetic expansion is not closed");
        }
        out.push(Part::Arith(parts));
        Ok(())
    }
}
