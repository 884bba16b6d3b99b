//! sed: of its commands `e` runs, `w` writes and `r` reads; the rest only changes text.

use crate::place::Access;
use crate::programs::reader::Reader;
use crate::word::Word;

pub(super) fn read(reader: &mut Reader<'_>, text: &str) {
    let mut script = Script {
        chars: text.chars().collect(),
        at: 0,
    };
    while script.at < script.chars.len() {
        if script.command(reader).is_none() {
            return reader.ask("inline-code", "The script could not be read.");
        }
    }
}

struct Script {
    chars: Vec<char>,
    at: usize,
}

impl Script {
    fn peek(&self) -> char {
        self.chars.get(self.at).copied().unwrap_or('\0')
    }

    fn skip(&mut self, what: impl Fn(char) -> bool) {
        while self.at < self.chars.len() && what(self.peek()) {
            self.at += 1;
        }
    }

    /// Up to a delimiter, backslashes minded; a class in brackets may hold it.
    fn until(&mut self, end: char) -> Option<String> {
        let mut text = String::new();
        let mut class = false;
        while self.at < self.chars.len() {
            let c = self.peek();
            self.at += 1;
            match c {
                // In a class a backslash is a letter, and the bracket behind it the end.
                '\\' if class && self.peek() == ']' => {}
                '\\' => {
                    text.push(c);
                    text.push(self.peek());
                    self.at += 1;
                    continue;
                }
                '[' if end == '/' && !class => class = true,
                ']' if class => class = false,
                c if c == end && !class => return Some(text),
                _ => {}
            }
            text.push(c);
        }
        // A bracket that is never closed was none.
        None
    }

    fn rest_of_line(&mut self) -> String {
        let from = self.at;
        self.skip(|c| c != '\n');
        let text: String = self.chars[from..self.at].iter().collect();
        text.trim().to_owned()
    }

    fn address(&mut self) -> Option<()> {
        loop {
            self.skip(|c| {
                c.is_whitespace()
                    || c == ';'
                    || c.is_ascii_digit()
                    || matches!(c, '$' | ',' | '~' | '+' | '!' | '-')
            });
            match self.peek() {
                '/' => {
                    self.at += 1;
                    self.pattern('/')?;
                }
                '\\' => {
                    let end = *self.chars.get(self.at + 1)?;
                    self.at += 2;
                    self.pattern(end)?;
                }
                _ => return Some(()),
            }
            self.skip(|c| matches!(c, 'I' | 'M'));
        }
    }

    /// A pattern, tried with classes first and without where that fails.
    fn pattern(&mut self, end: char) -> Option<String> {
        let from = self.at;
        if let Some(text) = self.until(end) {
            return Some(text);
        }
        self.at = from;
        while self.at < self.chars.len() {
            let c = self.peek();
            self.at += 1;
            if c == '\\' {
                self.at += 1;
            } else if c == end {
                return Some(self.chars[from..self.at - 1].iter().collect());
            }
        }
        None
    }

    fn command(&mut self, reader: &mut Reader<'_>) -> Option<()> {
        self.address()?;
        let c = self.peek();
        self.at += 1;
        match c {
            '\0' | '{' | '}' | '=' | 'd' | 'D' | 'g' | 'G' | 'h' | 'H' | 'n' | 'N' | 'p' | 'P'
            | 'x' | 'z' | 'F' => {}
            '#' => {
                self.rest_of_line();
            }
            'a' | 'i' | 'c' => self.text(),
            ':' | 'b' | 't' | 'T' => self.skip(|c| c != '\n' && c != ';' && c != '}'),
            'q' | 'Q' | 'l' | 'L' => self.skip(|c| c.is_ascii_digit() || c == ' '),
            'r' | 'R' => {
                let path = self.rest_of_line();
                reader.touch(&Word::Known(path), Access::Read);
            }
            'w' | 'W' => {
                let path = self.rest_of_line();
                writes(reader, path);
            }
            'e' => self.runs(reader),
            's' => self.substitute(reader)?,
            'y' => {
                let end = self.peek();
                self.at += 1;
                self.pattern(end)?;
                self.pattern(end)?;
            }
            'v' => {
                self.rest_of_line();
            }
            _ => return None,
        }
        Some(())
    }

    fn runs(&mut self, reader: &mut Reader<'_>) {
        let command = self.rest_of_line();
        if command.is_empty() {
            reader.out.io.runs_input = true;
            reader.deny("runs-input", "It runs the lines that it reads as commands.");
        } else {
            reader.ask("code-command", "The script runs a command.");
            reader.shell(Word::Known(command));
        }
    }

    /// Text that is added: to the end of the line, and on where a line ends in a backslash.
    fn text(&mut self) {
        loop {
            let line = self.rest_of_line();
            if !line.ends_with('\\') || self.at >= self.chars.len() {
                return;
            }
            self.at += 1;
        }
    }

    fn substitute(&mut self, reader: &mut Reader<'_>) -> Option<()> {
        let end = self.peek();
        self.at += 1;
        self.pattern(end)?;
        let replacement = self.pattern_plain(end)?;
        loop {
            match self.peek() {
                'g' | 'p' | 'i' | 'I' | 'm' | 'M' | '0'..='9' => self.at += 1,
                'e' => {
                    reader.deny(
                        "runs-input",
                        "It runs what a replacement makes of its input.",
                    );
                    reader.shell(Word::Known(replacement.clone()));
                    self.at += 1;
                }
                'w' => {
                    self.at += 1;
                    let path = self.rest_of_line();
                    writes(reader, path);
                    return Some(());
                }
                _ => return Some(()),
            }
        }
    }

    fn pattern_plain(&mut self, end: char) -> Option<String> {
        let from = self.at;
        while self.at < self.chars.len() {
            let c = self.peek();
            self.at += 1;
            if c == '\\' {
                self.at += 1;
            } else if c == end {
                return Some(self.chars[from..self.at - 1].iter().collect());
            }
        }
        None
    }
}

fn writes(reader: &mut Reader<'_>, path: String) {
    if !matches!(path.as_str(), "/dev/stdout" | "/dev/stderr") {
        reader.touch(&Word::Known(path), Access::Write);
    }
}
