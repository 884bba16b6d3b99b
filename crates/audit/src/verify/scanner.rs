//! A walk over JSON that is written without spaces, which takes nothing that is no JSON.

use std::borrow::Cow;

/// Deeper than any request or detail that a gateway writes.
const DEEPEST: u8 = 64;

/// More digits may be a number that does not fit.
const MOST_DIGITS: usize = 18;

/// Walks over JSON without spaces. Each step gives none where the text is not what it expects.
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    pub(super) fn next(&mut self) -> Option<u8> {
        let byte = self.text.as_bytes().get(self.at).copied();
        self.at += 1;
        byte
    }

    pub(super) fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    /// Whether the next byte is this one; then it is behind.
    fn is_next(&mut self, byte: u8) -> bool {
        let is = self.text.as_bytes().get(self.at) == Some(&byte);
        self.at += usize::from(is);
        is
    }

    /// A member's name, with the colon after it.
    pub(super) fn name(&mut self) -> Option<&'a str> {
        self.expect(b'"')?;
        let (name, escaped) = self.rest_of_text()?;
        self.expect(b':')?;
        (!escaped).then_some(name)
    }

    pub(super) fn text(&mut self) -> Option<Cow<'a, str>> {
        let start = self.at;
        self.expect(b'"')?;
        let (text, escaped) = self.rest_of_text()?;
        if !escaped {
            return Some(Cow::Borrowed(text));
        }
        let quoted = self.text.get(start..self.at)?;
        serde_json::from_str(quoted).ok().map(Cow::Owned)
    }

    /// The text up to its closing quote, as it is written, and whether something in it is escaped.
    fn rest_of_text(&mut self) -> Option<(&'a str, bool)> {
        let (start, mut escaped) = (self.at, false);
        loop {
            self.pass_plain();
            match self.next()? {
                b'"' => return Some((self.text.get(start..self.at - 1)?, escaped)),
                b'\\' => self.escape()?,
                // A control character, which JSON escapes.
                _ => return None,
            }
            escaped = true;
        }
    }

    /// Steps to the next quote, backslash or control character; eight bytes at a time.
    fn pass_plain(&mut self) {
        let bytes = self.text.as_bytes();
        while let Some(eight) = bytes.get(self.at..).and_then(<[u8]>::first_chunk) {
            let special = special(u64::from_le_bytes(*eight));
            if special != 0 {
                self.at += special.trailing_zeros() as usize / 8;
                return;
            }
            self.at += 8;
        }
        let rest = bytes.get(self.at..).unwrap_or_default().iter();
        let plain = rest.take_while(|byte| !matches!(**byte, b'"' | b'\\' | ..0x20));
        self.at += plain.count();
    }

    fn escape(&mut self) -> Option<()> {
        match self.next()? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(()),
            b'u' => (0..4).try_for_each(|_| self.next()?.is_ascii_hexdigit().then_some(())),
            _ => None,
        }
    }

    /// An integer that is not negative.
    pub(super) fn number(&mut self) -> Option<u64> {
        let (start, mut number) = (self.at, 0);
        let bytes = self.text.as_bytes();
        while let Some(digit) = bytes.get(self.at).filter(|byte| byte.is_ascii_digit()) {
            if self.at - start == MOST_DIGITS {
                return None;
            }
            number = number * 10 + u64::from(digit - b'0');
            self.at += 1;
        }
        match self.at - start {
            0 => None,
            1 => Some(number),
            _ => (bytes[start] != b'0').then_some(number),
        }
    }

    /// Steps over a value of any kind.
    pub(super) fn skip(&mut self) -> Option<()> {
        self.skip_value(DEEPEST)
    }

    fn skip_value(&mut self, deepest: u8) -> Option<()> {
        match self.next()? {
            b'"' => self.rest_of_text().map(drop),
            b'{' => self.skip_members(deepest.checked_sub(1)?),
            b'[' => self.skip_items(deepest.checked_sub(1)?),
            b't' => self.word("rue"),
            b'f' => self.word("alse"),
            b'n' => self.word("ull"),
            b'-' => self.skip_number(),
            b'0'..=b'9' => {
                self.at -= 1;
                self.skip_number()
            }
            _ => None,
        }
    }

    fn skip_members(&mut self, deepest: u8) -> Option<()> {
        if self.is_next(b'}') {
            return Some(());
        }
        loop {
            self.expect(b'"')?;
            self.rest_of_text()?;
            self.expect(b':')?;
            self.skip_value(deepest)?;
            match self.next()? {
                b',' => {}
                b'}' => return Some(()),
                _ => return None,
            }
        }
    }

    fn skip_items(&mut self, deepest: u8) -> Option<()> {
        if self.is_next(b']') {
            return Some(());
        }
        loop {
            self.skip_value(deepest)?;
            match self.next()? {
                b',' => {}
                b']' => return Some(()),
                _ => return None,
            }
        }
    }

    fn word(&mut self, rest: &str) -> Option<()> {
        let left = self.text.get(self.at..)?;
        self.at += rest.len();
        left.starts_with(rest).then_some(())
    }

    /// Without its sign.
    fn skip_number(&mut self) -> Option<()> {
        if !self.is_next(b'0') {
            self.digits()?;
        }
        if self.is_next(b'.') {
            self.digits()?;
        }
        if self.is_next(b'e') || self.is_next(b'E') {
            let _ = self.is_next(b'+') || self.is_next(b'-');
            self.digits()?;
        }
        Some(())
    }

    /// One or more.
    fn digits(&mut self) -> Option<()> {
        let rest = self.text.as_bytes().get(self.at..)?.iter();
        let count = rest.take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        (count > 0).then_some(())
    }
}

/// The high bit of each byte that is a quote, a backslash or a control character; above the lowest one of another, too.
fn special(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 0xff;
    // Of a byte that is less than `byte`, which is at most 0x80, the difference has the high bit.
    let below = |word: u64, byte: u8| word.wrapping_sub(ONES * u64::from(byte)) & !word;
    let is = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    (below(word, 0x20) | is(b'"') | is(b'\\')) & (ONES * 0x80)
}
