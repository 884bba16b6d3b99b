//! Code cut into words, texts and signs.

mod lists;
mod quotes;

use super::Language;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A name, with what stands before it in Perl, Ruby and PHP (`$x`, `@x`, `:x`).
    Name(String),
    /// A number as it is written; empty for a variable of one sign.
    Number(String),
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

/// Tokens, and which of them begin a line.
#[derive(Default)]
pub(super) struct Cut {
    pub(super) tokens: Vec<Token>,
    pub(super) begins: Vec<bool>,
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    language: Language,
    out: Vec<Token>,
    begins: Vec<bool>,
}

/// None where the text does not end where it should.
pub(super) fn cut(text: &str, language: Language) -> Option<Cut> {
    let mut lexer = Lexer {
        chars: text.chars().collect(),
        at: 0,
        language,
        out: Vec::new(),
        begins: Vec::new(),
    };
    lexer.run()?;
    Some(Cut {
        tokens: lexer.out,
        begins: lexer.begins,
    })
}

impl Lexer {
    fn peek(&self, ahead: usize) -> char {
        self.chars.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn run(&mut self) -> Option<()> {
        let mut line = true;
        while self.at < self.chars.len() {
            let c = self.peek(0);
            line |= c == '\n';
            self.one(c)?;
            while self.begins.len() < self.out.len() {
                self.begins.push(std::mem::take(&mut line));
            }
        }
        Some(())
    }

    fn one(&mut self, c: char) -> Option<()> {
        match c {
            c if c.is_whitespace() => self.at += 1,
            '\\' if self.peek(1) == '\n' => self.at += 2,
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
                self.at += 2;
                match self.long_bracket() {
                    Some(level) => drop(self.long_text(level)?),
                    None => self.line(),
                }
            }
            '[' if let Some(level) = self.long_bracket() => {
                let text = self.long_text(level)?;
                self.out.push(Token::Text(text));
            }
            '<' if self.glob_here() => self.glob(),
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

    fn number(&mut self) {
        let from = self.at;
        while self.peek(0).is_ascii_alphanumeric()
            || self.peek(0) == '_'
            || (self.peek(0) == '.' && self.peek(1).is_ascii_digit())
        {
            self.at += 1;
        }
        let text = self.chars[from..self.at].iter().collect();
        self.out.push(Token::Number(text));
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
            match next {
                'x' => self.out.push(Token::Command(text)),
                'w' | 'W' | 'i' => self.list(&text),
                _ => self.out.push(Token::Text(text)),
            }
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
                self.out.push(Token::Number(String::new()));
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
