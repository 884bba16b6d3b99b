//! Words.

use super::super::prescan::is_unseen;
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
            Part::Quoted(text) => self.quoted(text),
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
            Part::Array(array) => self.assignment(array),
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
        for c in text.chars() {
            let escaped = match c {
                '$' | '`' | '\\' => true,
                '"' => context != Context::Arith,
                '}' => context == Context::InnerDouble,
                _ => false,
            };
            if escaped {
                self.put("\\");
            }
            self.text.push(c);
        }
    }

    /// In single quotes, or in those of ANSI C where what is quoted cannot be seen.
    fn quoted(&mut self, text: &str) {
        if !text.chars().any(is_unseen) {
            let text = text.replace('\'', r"'\''");
            return self.put(&format!("'{text}'"));
        }
        self.put("$'");
        for c in text.chars() {
            if is_unseen(c) || matches!(c, '\'' | '\\') {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    self.put(&format!("\\x{byte:02x}"));
                }
            } else {
                self.text.push(c);
            }
        }
        self.put("'");
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
