//! Texts and patterns: quoted, raw, with code in them.

use super::*;

impl Lexer {
    pub(super) fn regex_here(&self) -> bool {
        matches!(
            self.language,
            Language::Node | Language::Perl | Language::Ruby
        ) && match self.out.last() {
            Some(Token::Number(_) | Token::Text(_) | Token::Template(..)) => false,
            Some(Token::Name(name)) => matches!(
                name.as_str(),
                "if" | "unless"
                    | "and"
                    | "or"
                    | "not"
                    | "return"
                    | "split"
                    | "grep"
                    | "print"
                    | "while"
                    | "when"
                    | "puts"
            ),
            Some(Token::Sign(sign)) => !matches!(sign, ')' | ']' | '}'),
            _ => true,
        }
    }

    pub(super) fn regex(&mut self) -> Option<()> {
        let text = self.delimited('/', '/')?;
        while self.peek(0).is_alphabetic() {
            self.at += 1;
        }
        self.pattern(text);
        Some(())
    }

    /// A pattern can carry code in Perl: `(?{…})`, `@{[…]}`.
    pub(super) fn pattern(&mut self, text: String) {
        if self.language == Language::Perl
            && (text.contains("(?{")
                || text.contains("(??{")
                || text.contains("@{")
                || text.contains("${"))
        {
            self.out.push(Token::Code(text));
        } else if self.language == Language::Ruby && text.contains("#{") {
            self.template(text, "#{");
        } else {
            self.out.push(Token::Text(text));
        }
    }

    /// From an opening sign to its end, backslashes minded; nested where the two differ.
    pub(super) fn delimited(&mut self, open: char, close: char) -> Option<String> {
        self.at += 1;
        let mut depth = 1;
        let mut text = String::new();
        while self.at < self.chars.len() {
            let c = self.peek(0);
            self.at += 1;
            if c == '\\' {
                text.push(c);
                text.push(self.peek(0));
                self.at += 1;
                continue;
            }
            if c == close {
                depth -= 1;
                if depth == 0 {
                    return Some(text);
                }
            } else if c == open {
                depth += 1;
            }
            text.push(c);
        }
        None
    }

    pub(super) fn quoted(&mut self, quote: char, prefix: &str) -> Option<()> {
        let triple =
            self.language == Language::Python && self.peek(1) == quote && self.peek(2) == quote;
        let raw = prefix.contains(['r', 'R']);
        let text = if triple {
            self.triple(quote)?
        } else {
            self.delimited('\u{0}', quote)?
        };
        let text = if raw { text } else { unescaped(&text) };
        let formatted = prefix.contains(['f', 'F', 't', 'T']);
        if formatted {
            self.template(text, "{");
        } else if self.language == Language::Ruby && quote == '"' && text.contains("#{") {
            self.template(text, "#{");
        } else if self.language == Language::Php && quote == '"' && text.contains("{$") {
            self.template(text, "{$");
        } else if self.language == Language::Perl
            && quote == '"'
            && (text.contains("@{") || text.contains("${"))
        {
            self.out.push(Token::Code(text));
        } else {
            self.out.push(Token::Text(text));
        }
        Some(())
    }

    pub(super) fn triple(&mut self, quote: char) -> Option<String> {
        self.at += 3;
        let mut text = String::new();
        while self.at < self.chars.len() {
            if self.peek(0) == quote && self.peek(1) == quote && self.peek(2) == quote {
                self.at += 3;
                return Some(text);
            }
            text.push(self.peek(0));
            self.at += 1;
        }
        None
    }

    pub(super) fn template(&mut self, text: String, open: &str) {
        let mut codes = Vec::new();
        let mut rest = text.as_str();
        while let Some(at) = rest.find(open) {
            let after = &rest[at + open.len()..];
            let mut depth = 1;
            let end = after
                .char_indices()
                .find(|(_, c)| {
                    depth += match c {
                        '{' => 1,
                        '}' => -1,
                        _ => 0,
                    };
                    depth == 0
                })
                .map_or(after.len(), |(at, _)| at);
            codes.push(after[..end].to_owned());
            rest = after.get(end + 1..).unwrap_or("");
        }
        self.out.push(Token::Template(text, codes));
    }

    pub(super) fn backquoted(&mut self) -> Option<()> {
        let text = self.delimited('\u{0}', '`')?;
        match self.language {
            Language::Node => self.template(text, "${"),
            Language::Perl | Language::Ruby | Language::Php => self.out.push(Token::Command(text)),
            _ => self.out.push(Token::Code(text)),
        }
        Some(())
    }

    /// `s///`, `tr///`, `m//`, `q{}`, `qq{}`, `qw()`, `qx{}`.
    pub(super) fn quote_like(&mut self, name: &str) -> Option<bool> {
        if !matches!(
            name,
            "s" | "tr" | "y" | "m" | "qr" | "q" | "qq" | "qw" | "qx"
        ) {
            return Some(false);
        }
        let open = self.peek(0);
        let spaced = open.is_whitespace();
        if open == '=' && self.peek(1) == '>'
            || open == ','
            || open == ';'
            || open == ')'
            || open == '\0'
            || spaced && !matches!(self.peek(1), '{' | '(' | '[' | '<' | '/')
            || self.peek(0) == '}'
        {
            return Some(false);
        }
        if spaced {
            self.at += 1;
        }
        let open = self.peek(0);
        let close = closing(open);
        let first = self.delimited(if open == close { '\u{0}' } else { open }, close)?;
        let two = matches!(name, "s" | "tr" | "y");
        let mut second = String::new();
        if two {
            if open == close {
                self.at -= 1;
            } else {
                while self.peek(0).is_whitespace() {
                    self.at += 1;
                }
            }
            let open = self.peek(0);
            let close = closing(open);
            second = self.delimited(if open == close { '\u{0}' } else { open }, close)?;
        }
        let from = self.at;
        while self.peek(0).is_ascii_alphabetic() {
            self.at += 1;
        }
        let flags: String = self.chars[from..self.at].iter().collect();
        match name {
            "qx" => self.out.push(Token::Command(first)),
            "s" => {
                self.pattern(first);
                if flags.contains('e') {
                    self.out
                        .push(Token::Code(if flags.matches('e').count() > 1 {
                            format!("eval {second}")
                        } else {
                            second
                        }));
                } else {
                    self.pattern(second);
                }
            }
            "m" | "qr" | "qq" => self.pattern(first),
            "qw" => self.list(&first),
            _ => self.out.push(Token::Text(first)),
        }
        Some(true)
    }
}
