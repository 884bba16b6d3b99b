//! Where each key and item of a JSON5 text stands. The reader of the project gives values without their places;
//! this walks the same text once more, after it was found to be right, and keeps only the places.

use std::collections::HashMap;

/// A line and a column, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Place {
    pub(crate) const START: Self = Self { line: 1, column: 1 };

    /// The place of a byte.
    pub(crate) fn of(offset: usize, text: &str) -> Self {
        let mut end = offset.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &text[..end];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            line: count(before.matches('\n').count() + 1),
            column: count(before[line_start..].chars().count() + 1),
        }
    }
}

/// The path of a key in an object: `a.b`, or `a["/b"]` where it is no plain name.
pub(crate) fn key(parent: &str, name: &str) -> String {
    let plain = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    match (parent, plain) {
        ("", true) => name.to_owned(),
        (_, true) => format!("{parent}.{name}"),
        (_, false) => format!("{parent}[{name:?}]"),
    }
}

/// The path of an item of a list.
pub(crate) fn item(parent: &str, index: usize) -> String {
    format!("{parent}[{index}]")
}

/// The places of a text, by path.
#[derive(Debug, Default)]
pub(crate) struct Places {
    found: HashMap<String, Place>,
    /// Keys that an object has twice; the last would win silently.
    pub(crate) doubled: Vec<String>,
}

impl Places {
    /// Reads a text that is known to be JSON5.
    pub(crate) fn of(text: &str) -> Self {
        let mut walk = Walk {
            text,
            at: 0,
            places: Self::default(),
        };
        walk.value("");
        walk.places
    }

    /// The place of a path, or of the nearest that is above it.
    pub(crate) fn place(&self, path: &str) -> Place {
        let mut path = path;
        loop {
            if let Some(place) = self.found.get(path) {
                return *place;
            }
            match path.rfind(['.', '[']) {
                Some(cut) => path = &path[..cut],
                None => return Place::START,
            }
        }
    }
}

struct Walk<'a> {
    text: &'a str,
    at: usize,
    places: Places,
}

impl Walk<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn skip(&mut self) {
        while let Some(c) = self.peek() {
            let rest = &self.text[self.at..];
            if rest.starts_with("//") {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                self.at += rest.find("*/").map_or(rest.len(), |end| end + 2);
            } else if c.is_whitespace() || c == '\u{feff}' {
                self.at += c.len_utf8();
            } else {
                return;
            }
        }
    }

    fn eat(&mut self, wanted: char) -> bool {
        self.skip();
        let there = self.peek() == Some(wanted);
        if there {
            self.at += wanted.len_utf8();
        }
        there
    }

    fn mark(&mut self, path: String) {
        let place = Place::of(self.at, self.text);
        if self.places.found.insert(path.clone(), place).is_some() {
            self.places.doubled.push(path);
        }
    }

    fn value(&mut self, path: &str) {
        self.skip();
        match self.peek() {
            Some('{') => self.object(path),
            Some('[') => self.list(path),
            Some('"' | '\'') => drop(self.string()),
            _ => drop(self.bare()),
        }
    }

    fn object(&mut self, path: &str) {
        self.at += 1;
        while !self.eat('}') && self.peek().is_some() {
            let start = self.at;
            let name = match self.peek() {
                Some('"' | '\'') => self.string(),
                _ => self.bare(),
            };
            let inner = key(path, &name);
            let end = std::mem::replace(&mut self.at, start);
            self.mark(inner.clone());
            self.at = end;
            if !self.eat(':') {
                return;
            }
            self.value(&inner);
            self.eat(',');
        }
    }

    fn list(&mut self, path: &str) {
        self.at += 1;
        let mut index = 0;
        while !self.eat(']') && self.peek().is_some() {
            let inner = item(path, index);
            self.mark(inner.clone());
            let before = self.at;
            self.value(&inner);
            if !self.eat(',') && self.at == before {
                return;
            }
            index += 1;
        }
    }

    /// The text between quotes, its escapes resolved as far as keys need it.
    fn string(&mut self) -> String {
        let quote = self.peek();
        let mut chars = self.text[self.at..].char_indices().skip(1);
        let mut out = String::new();
        let mut end = self.text.len() - self.at;
        while let Some((offset, c)) = chars.next() {
            if Some(c) == quote {
                end = offset + c.len_utf8();
                break;
            }
            match c {
                '\\' => out.extend(chars.next().map(|(_, escaped)| escaped)),
                _ => out.push(c),
            }
        }
        self.at += end;
        out
    }

    /// A name, a number or a word without quotes.
    fn bare(&mut self) -> String {
        let rest = &self.text[self.at..];
        let end = rest
            .find(|c: char| {
                c.is_whitespace() || matches!(c, ',' | ':' | '}' | ']' | '{' | '[' | '/')
            })
            .unwrap_or(rest.len());
        self.at += end;
        rest[..end].to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_items_are_found_past_comments_strings_and_trailing_commas() {
        let text =
            "// mine\n{\n  a: {'b c': [1, \"x,]}\", /* two */ {d: 2,}],},\n  \"e\": -1.5,\n}";
        let places = Places::of(text);
        for (path, line, column) in [
            ("a", 3, 3),
            ("a[\"b c\"]", 3, 7),
            ("a[\"b c\"][1]", 3, 18),
            ("a[\"b c\"][2].d", 3, 37),
            ("e", 4, 3),
            ("e.unknown[3]", 4, 3),
            ("nothing", 1, 1),
        ] {
            assert_eq!(places.place(path), Place { line, column }, "{path}");
        }
        assert!(places.doubled.is_empty());
    }

    #[test]
    fn a_key_that_is_there_twice_is_noticed() {
        assert_eq!(Places::of("{a: {b: 1, b: 2}, c: 1}").doubled, ["a.b"]);
    }

    #[test]
    fn a_text_that_ends_in_the_middle_ends_the_walk() {
        for text in ["", "{", "{a", "{a:", "[", "[1", "['", "{a: [}", "/*", "[,"] {
            let _ = Places::of(text);
        }
    }
}
