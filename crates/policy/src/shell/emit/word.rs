//! Words.

use super::super::syntax::{Op, Param, Part};
use super::Out;

/// What a part stands in, which decides how text is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    Plain,
    Double,
    /// A word of `"${…}"`.
    InnerDouble,
    Arith,
}

impl Out<'_> {
    pub(super) fn parts(&mut self, parts: &[Part], context: Context) {
        for part in parts {
            self.part(part, context);
        }
    }

    fn part(&mut self, part: &Part, context: Context) {
        match part {
            Part::Text(text) => self.text_in(text, context),
            Part::Quoted(text) if context == Context::InnerDouble => {
                self.put("\"");
                self.text_in(text, Context::Double);
                self.put("\"");
            }
            Part::Quoted(text) => {
                self.put("'");
                self.put(&text.replace('\'', r"'\''"));
                self.put("'");
            }
            Part::Glob(pattern) => self.put(pattern),
            Part::Tilde(user) => {
                self.put("~");
                self.put(user);
            }
            Part::Double(parts) => {
                self.put("\"");
                self.parts(parts, Context::Double);
                self.put("\"");
            }
            Part::Param(param) => self.param(param, context),
            Part::Command(script) => {
                self.put("$( ");
                self.script(script);
                self.put(")");
            }
            Part::Arith(parts) => {
                self.put("$((");
                self.parts(parts, Context::Arith);
                self.put("))");
            }
            Part::Process { input, script } => {
                self.put(if *input { "<( " } else { ">( " });
                self.script(script);
                self.put(")");
            }
            Part::Brace(members) => {
                for (n, member) in members.iter().enumerate() {
                    self.put(if n > 0 { "," } else { "{" });
                    self.parts(member, Context::Plain);
                }
                self.put("}");
            }
            Part::Range(text) => self.put(text),
        }
    }

    fn text_in(&mut self, text: &str, context: Context) {
        if matches!(context, Context::Plain) {
            return self.put(text);
        }
        for (n, c) in text.char_indices() {
            let escaped = match c {
                '"' | '`' | '\\' => true,
                // A dollar that begins nothing stands for itself; within arithmetic it never does.
                '$' => text[n + 1..].starts_with(|c: char| !c.is_whitespace()) || context != Context::Double || n + 1 == text.len(),
                '}' => context == Context::InnerDouble,
                _ => false,
            };
            if escaped {
                self.put("\\");
            }
            self.text.push(c);
        }
    }

    fn param(&mut self, param: &Param, context: Context) {
        self.put("${");
        if param.length {
            self.put("#");
        }
        if param.indirect {
            self.put("!");
        }
        self.put(&param.name);
        if let Some(index) = &param.index {
            self.put("[");
            self.parts(index, Context::Arith);
            self.put("]");
        }
        self.op(&param.op, context);
        self.put("}");
    }

    fn op(&mut self, op: &Op, context: Context) {
        let inner = match context {
            Context::Plain => Context::Plain,
            _ => Context::InnerDouble,
        };
        match op {
            Op::None => {}
            Op::Default { kind, colon, word } => {
                self.put(if *colon { ":" } else { "" });
                self.text.push(*kind);
                self.parts(word, inner);
            }
            Op::Substring { offset, length } => {
                self.put(":");
                self.parts(offset, Context::Arith);
                if let Some(length) = length {
                    self.put(":");
                    self.parts(length, Context::Arith);
                }
            }
            Op::Remove { kind, pattern } | Op::Case { kind, pattern } => {
                self.put(kind);
                self.parts(pattern, Context::Plain);
            }
            Op::Replace {
                kind,
                pattern,
                with,
            } => {
                self.put(kind);
                self.parts(pattern, Context::Plain);
                if let Some(with) = with {
                    self.put("/");
                    self.parts(with, Context::Plain);
                }
            }
            Op::Transform(operator) => {
                self.put("@");
                self.text.push(*operator);
            }
            Op::Names(kind) => self.text.push(*kind),
        }
    }
}
