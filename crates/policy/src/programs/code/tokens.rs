//! Code cut into words, texts and signs.

use super::Language;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A name, with what stands before it in Perl, Ruby and PHP (`$x`, `@x`, `:x`).
    Name(String),
    Number,
    /// A text, its escapes resolved as far as that matters.
    Text(String),
    /// A text whose parts in braces are code.
    Template(String, Vec<String>),
    /// A text that is run as a command: backquotes, `qx`, `%x`.
    Command(String),
    /// The code of a replacement: `s/…/…/e`.
    Code(String),
    Sign(char),
}

pub(super) struct Lexer<'a> {
    chars: Vec<char>,
    at: usize,
    language: Language,
    out: Vec<Token>,
    _text: &'a str,
}

/// None where the text does not end where it should.
pub(super) fn cut(text: &str, language: Language) -> Option<Vec<Token>> {
    let mut lexer = Lexer {
        chars: text.chars().collect(),
        at: 0,
        language,
        out: Vec::new(),
        _text: text,
    };
    lexer.run()?;
    Some(lexer.out)
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> char {
        self.chars.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn run(&mut self) -> Option<()> {
        while self.at < self.chars.len() {
            let c = self.peek(0);
            match c {
                c if c.is_whitespace() => self.at += 1,
                '#' if !matches!(
                    self.language,
                    Language::Node | Language::Lua | Language::AppleScript
                ) && self.peek(1) != '{'
                    && !self.after_sigil() =>
                {
                    self.line()
                }
                '/' if self.peek(1) == '/'
                    && matches!(
                        self.language,
                        Language::Node | Language::Php | Language::Other
                    ) =>
                {
                    self.line()
                }
                '/' if self.peek(1) == '*'
                    && matches!(self.language, Language::Node | Language::Php) =>
                {
                    self.block()?
                }
                '-' if self.peek(1) == '-'
                    && matches!(self.language, Language::Lua | Language::AppleScript) =>
                {
                    self.line()
                }
                '"' | '\'' => self.quoted(c, "")?,
                '`' => self.backquoted()?,
                '/' if self.regex_here() => self.regex()?,
                c if c.is_alphabetic() || c == '_' => self.name()?,
                c if c.is_ascii_digit() => self.number(),
                '$' | '@' | '%'
                    if matches!(
                        self.language,
                        Language::Perl | Language::Ruby | Language::Php
                    ) =>
                {
                    self.sigil()?
                }
                c => {
                    self.out.push(Token::Sign(c));
                    self.at += 1;
                }
            }
        }
        Some(())
    }

    /// `$#array` is no comment.
    fn after_sigil(&self) -> bool {
        self.at > 0 && self.chars[self.at - 1] == '$'
    }

    fn line(&mut self) {
        while self.at < self.chars.len() && self.peek(0) != '\n' {
            self.at += 1;
        }
    }

    fn block(&mut self) -> Option<()> {
        while self.at + 1 < self.chars.len() {
            self.at += 1;
            if self.peek(0) == '*' && self.peek(1) == '/' {
                self.at += 2;
                return Some(());
            }
        }
        None
    }

    fn regex_here(&self) -> bool {
        matches!(
            self.language,
            Language::Node | Language::Perl | Language::Ruby
        ) && match self.out.last() {
            Some(Token::Number | Token::Text(_) | Token::Template(..)) => false,
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

    fn regex(&mut self) -> Option<()> {
        let text = self.delimited('/', '/')?;
        while self.peek(0).is_alphabetic() {
            self.at += 1;
        }
        self.pattern(text);
        Some(())
    }

    /// A pattern can carry code in Perl: `(?{…})`, `@{[…]}`.
    fn pattern(&mut self, text: String) {
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
    fn delimited(&mut self, open: char, close: char) -> Option<String> {
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

    fn quoted(&mut self, quote: char, prefix: &str) -> Option<()> {
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

    fn triple(&mut self, quote: char) -> Option<String> {
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

    fn template(&mut self, text: String, open: &str) {
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

    fn backquoted(&mut self) -> Option<()> {
        let text = self.delimited('\u{0}', '`')?;
        match self.language {
            Language::Node => self.template(text, "${"),
            Language::Perl | Language::Ruby | Language::Php => self.out.push(Token::Command(text)),
            _ => self.out.push(Token::Code(text)),
        }
        Some(())
    }

    fn number(&mut self) {
        while self.peek(0).is_ascii_alphanumeric()
            || self.peek(0) == '_'
            || (self.peek(0) == '.' && self.peek(1).is_ascii_digit())
        {
            self.at += 1;
        }
        self.out.push(Token::Number);
    }

    fn name(&mut self) -> Option<()> {
        let from = self.at;
        while self.peek(0).is_alphanumeric()
            || self.peek(0) == '_'
            || (self.language == Language::Node && self.peek(0) == '$')
        {
            self.at += 1;
        }
        let mut name: String = self.chars[from..self.at].iter().collect();
        while self.language == Language::Perl && self.peek(0) == ':' && self.peek(1) == ':' {
            name.push_str("::");
            self.at += 2;
            while self.peek(0).is_alphanumeric() || self.peek(0) == '_' {
                name.push(self.peek(0));
                self.at += 1;
            }
        }
        if matches!(self.language, Language::Perl) && self.quote_like(&name)? {
            return Some(());
        }
        let prefix = self.language == Language::Python
            && name.len() <= 2
            && name.bytes().all(|b| b"rRbBuUfFtT".contains(&b));
        if prefix && matches!(self.peek(0), '"' | '\'') {
            return self.quoted(self.peek(0), &name);
        }
        self.out.push(Token::Name(name));
        Some(())
    }

    /// `s///`, `tr///`, `m//`, `q{}`, `qq{}`, `qw()`, `qx{}`.
    fn quote_like(&mut self, name: &str) -> Option<bool> {
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
            _ => self.out.push(Token::Text(first)),
        }
        Some(true)
    }

    fn sigil(&mut self) -> Option<()> {
        let sign = self.peek(0);
        let next = self.peek(1);
        if self.language == Language::Ruby
            && sign == '%'
            && matches!(next, 'x' | 'q' | 'Q' | 'w' | 'W' | 'i')
            && matches!(self.peek(2), '{' | '(' | '[' | '<' | '|' | '!' | '/')
        {
            self.at += 2;
            let open = self.peek(0);
            let text = self.delimited(
                if open == closing(open) { '\u{0}' } else { open },
                closing(open),
            )?;
            self.out.push(if next == 'x' {
                Token::Command(text)
            } else {
                Token::Text(text)
            });
            return Some(());
        }
        let named = next.is_alphabetic() || next == '_';
        self.at += 1;
        if !named {
            self.out.push(Token::Sign(sign));
            // `$/`, `$,`, `$0`: a variable of one sign.
            if sign == '$'
                && next != '{'
                && next != '('
                && next != '$'
                && next != '\0'
                && self.language != Language::Php
            {
                self.at += 1;
                self.out.pop();
                self.out.push(Token::Number);
            }
            return Some(());
        }
        let mut name = sign.to_string();
        while self.peek(0).is_alphanumeric() || self.peek(0) == '_' {
            name.push(self.peek(0));
            self.at += 1;
        }
        self.out.push(Token::Name(name));
        Some(())
    }
}

fn closing(open: char) -> char {
    match open {
        '(' => ')',
        '[' => ']',
        '{' => '}',
        '<' => '>',
        c => c,
    }
}

/// `\x2f`, `\057`, `\u002f`, `\n`: texts are compared as they will be.
pub(super) fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('\n') => {}
            Some(kind @ ('x' | 'u')) => {
                let braces = chars.peek() == Some(&'{');
                if braces {
                    chars.next();
                }
                let most = if braces {
                    6
                } else if kind == 'x' {
                    2
                } else {
                    4
                };
                let mut number = 0;
                for _ in 0..most {
                    let Some(digit) = chars.peek().and_then(|c| c.to_digit(16)) else {
                        break;
                    };
                    number = number * 16 + digit;
                    chars.next();
                }
                if braces && chars.peek() == Some(&'}') {
                    chars.next();
                }
                out.extend(char::from_u32(number));
            }
            Some(digit @ '0'..='7') => {
                let mut number = digit.to_digit(8).unwrap_or(0);
                for _ in 0..2 {
                    let Some(digit) = chars.peek().and_then(|c| c.to_digit(8)) else {
                        break;
                    };
                    number = number * 8 + digit;
                    chars.next();
                }
                out.extend(char::from_u32(number));
            }
            Some(c) => out.push(c),
            None => {}
        }
    }
    out
}
