//! Texts that only some languages have: long brackets of Lua, lists of words, patterns of names in Perl.

use super::*;

impl Lexer {
    /// `[[` and `[==[` of Lua: how many signs stand between the brackets.
    pub(super) fn long_bracket(&self) -> Option<usize> {
        if self.language != Language::Lua || self.peek(0) != '[' {
            return None;
        }
        let level = (1..).take_while(|&ahead| self.peek(ahead) == '=').count();
        (self.peek(level + 1) == '[').then_some(level)
    }

    pub(super) fn long_text(&mut self, level: usize) -> Option<String> {
        self.at += level + 2;
        let mut text = String::new();
        while self.at < self.chars.len() {
            let signs = (1..).take_while(|&ahead| self.peek(ahead) == '=').count();
            if self.peek(0) == ']' && signs == level && self.peek(level + 1) == ']' {
                self.at += level + 2;
                return Some(text);
            }
            text.push(self.peek(0));
            self.at += 1;
        }
        None
    }

    /// `qw(a b)` and `%w(a b)` are lists of texts.
    pub(super) fn list(&mut self, words: &str) {
        self.out.push(Token::Sign('['));
        for (n, word) in words.split_whitespace().enumerate() {
            if n > 0 {
                self.out.push(Token::Sign(','));
            }
            self.out.push(Token::Text(word.to_owned()));
        }
        self.out.push(Token::Sign(']'));
    }

    /// `</tmp/*.log>` of Perl, where a value is expected; `<$in>` and `<STDIN>` read lines.
    pub(super) fn glob_here(&self) -> bool {
        let value = match self.out.last() {
            Some(Token::Name(name)) => !name.starts_with(['$', '@', '%']),
            Some(Token::Sign(sign)) => !matches!(sign, ')' | ']' | '}'),
            Some(_) => false,
            None => true,
        };
        self.language == Language::Perl
            && value
            && self
                .inside_angles()
                .is_some_and(|text| text.contains(['/', '*', '?', '~', '.', '[']))
    }

    fn inside_angles(&self) -> Option<String> {
        let rest = &self.chars[self.at + 1..];
        let end = rest
            .iter()
            .position(|c| matches!(c, '>' | ';' | '\n' | '=' | '('))?;
        (rest[end] == '>' && end > 0).then(|| rest[..end].iter().collect())
    }

    pub(super) fn glob(&mut self) {
        let text = self.inside_angles().unwrap_or_default();
        self.at += text.chars().count() + 2;
        self.out.push(Token::Name("glob".to_owned()));
        self.out.push(Token::Text(text));
    }
}
