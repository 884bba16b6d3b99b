//! Everything that gives a secret away: the ways in which programs write it.
//!
//! Each form is built in one buffer that is large enough from the start and wiped at the end, so that no copy
//! stays behind where a buffer grew.

use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::{SHORTEST, columns, shell};

/// One way of writing a secret.
pub(super) type Form = Zeroizing<Vec<u8>>;

/// Each line of a longer secret, such as a private key, counts by itself from this length.
const SHORTEST_LINE: usize = 16;

/// The letters of a shorter secret stand beside one another in ordinary output, such as `seq 6`.
const SHORTEST_APART: usize = 8;

/// Those of a secret, told apart by how they are looked for.
#[derive(Default)]
pub(super) struct Forms {
    /// As they are, byte by byte.
    pub(super) exact: Vec<Form>,
    /// Programs break these over lines (`base64` after 76 characters), group them (`xxd`) or set them apart (`od -c`), so
    /// white space inside of them means nothing.
    pub(super) loose: Vec<Form>,
}

impl Forms {
    pub(super) fn add(&mut self, value: &str) {
        self.add_one(value);
        for inner in fields_that_are_secret(value) {
            self.add_one(&inner);
        }
    }

    fn add_one(&mut self, value: &str) {
        let trimmed = value.trim();
        let lines = value
            .lines()
            .map(str::trim)
            .filter(|line| line.len() >= SHORTEST_LINE);
        for text in [value, trimmed].into_iter().chain(lines) {
            self.exact.push(copy(text.as_bytes()));
        }
        for text in [value, trimmed] {
            self.exact.extend(json(text));
            self.exact.push(debug(text));
            self.exact.extend(percent(text));
            self.exact.extend(shell::quoted(text));
            self.exact.push(reversed(text));
            self.loose.extend(hex(text.as_bytes()));
            self.loose.extend(base64(text.as_bytes()));
            self.loose.extend(base32(text.as_bytes()));
            if text.len() >= SHORTEST_APART {
                self.loose.extend(columns::in_columns(text));
            }
        }
    }

    /// Puts them in order, each once, without those that are too short.
    pub(super) fn sorted(mut self) -> Self {
        for forms in [&mut self.exact, &mut self.loose] {
            forms.retain(|form| form.len() >= SHORTEST);
            forms.sort_unstable_by(|a, b| a.as_slice().cmp(b));
            forms.dedup_by(|a, b| a.as_slice() == b.as_slice());
        }
        self
    }
}

/// As `rev` writes it.
fn reversed(value: &str) -> Form {
    let mut form = Zeroizing::new(Vec::with_capacity(value.len()));
    for c in value.chars().rev() {
        form.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
    form
}

fn copy(bytes: &[u8]) -> Form {
    build(bytes.len(), bytes.iter().copied())
}

/// Collects without growing: there are `most` bytes at most.
fn build(most: usize, bytes: impl IntoIterator<Item = u8>) -> Form {
    let mut form = Zeroizing::new(Vec::with_capacity(most));
    for byte in bytes {
        form.push(byte);
    }
    form
}

/// Fields of a secret kept as a JSON object that are secret by themselves. The others, such as a role or scopes,
/// are ordinary words that must stay readable.
const SECRET_FIELDS: [&str; 14] = [
    "token",
    "deviceToken",
    "accessToken",
    "access_token",
    "refreshToken",
    "refresh_token",
    "password",
    "secret",
    "clientSecret",
    "client_secret",
    "key",
    "privateKey",
    "private_key",
    "seed",
];

fn fields_that_are_secret(value: &str) -> Vec<Zeroizing<String>> {
    if !value.trim_start().starts_with('{') {
        return Vec::new();
    }
    let Ok(serde_json::Value::Object(fields)) = serde_json::from_str(value) else {
        return Vec::new();
    };
    let secret = |(name, value)| match value {
        serde_json::Value::String(text) if SECRET_FIELDS.contains(&String::as_str(&name)) => {
            Some(Zeroizing::new(text))
        }
        _ => None,
    };
    fields.into_iter().filter_map(secret).collect()
}

/// The longest escape of one byte of text, `\u001b` or `\u{1b}`.
const LONGEST_ESCAPE: usize = 6;

/// As JSON is usually written; as ASCII alone (Python); without what HTML would read (Go).
fn json(value: &str) -> [Form; 3] {
    let ascii = |c: char| !c.is_ascii();
    let html = |c: char| matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}');
    [
        json_escaping(value, |_| false),
        json_escaping(value, ascii),
        json_escaping(value, html),
    ]
}

fn json_escaping(value: &str, also: impl Fn(char) -> bool) -> Form {
    let mut form = Zeroizing::new(Vec::with_capacity(value.len() * LONGEST_ESCAPE));
    for c in value.chars() {
        match c {
            '"' => form.extend_from_slice(b"\\\""),
            '\\' => form.extend_from_slice(b"\\\\"),
            '\n' => form.extend_from_slice(b"\\n"),
            '\r' => form.extend_from_slice(b"\\r"),
            '\t' => form.extend_from_slice(b"\\t"),
            '\u{8}' => form.extend_from_slice(b"\\b"),
            '\u{c}' => form.extend_from_slice(b"\\f"),
            c if c < ' ' || also(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    form.extend_from_slice(b"\\u");
                    form.extend(
                        unit.to_be_bytes()
                            .iter()
                            .flat_map(|byte| digits(*byte, LOWER)),
                    );
                }
            }
            c => form.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    form
}

/// As `{:?}` prints a text, without its quotes.
fn debug(value: &str) -> Form {
    let mut form = Zeroizing::new(Vec::with_capacity(value.len() * LONGEST_ESCAPE));
    for c in value.chars() {
        if c == '\'' {
            form.push(b'\'');
            continue;
        }
        for c in c.escape_debug() {
            form.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
    form
}

pub(super) const LOWER: &[u8; 16] = b"0123456789abcdef";
const UPPER: &[u8; 16] = b"0123456789ABCDEF";

pub(super) fn digits(byte: u8, alphabet: &[u8; 16]) -> [u8; 2] {
    [
        alphabet[usize::from(byte >> 4)],
        alphabet[usize::from(byte & 15)],
    ]
}

fn hex(bytes: &[u8]) -> [Form; 2] {
    [LOWER, UPPER].map(|alphabet| {
        let both = bytes.iter().flat_map(|byte| digits(*byte, alphabet));
        build(bytes.len() * 2, both)
    })
}

/// Encoders differ in what they leave alone and in the case of the digits.
fn percent(value: &str) -> Vec<Form> {
    // RFC 3986 unreserved; JavaScript's encodeURIComponent and encodeURI; HTML forms.
    let sets: [(&[u8], &[u8]); 4] = [
        (b"-._~", b"%20"),
        (b"-._~!*'()", b"%20"),
        (b"-._~!*'();/?:@&=+$,#", b"%20"),
        (b"-._*", b"+"),
    ];
    let both = |(left_alone, space)| {
        [LOWER, UPPER].map(|alphabet| percent_encoded(value, left_alone, space, alphabet))
    };
    sets.into_iter().flat_map(both).collect()
}

fn percent_encoded(value: &str, left_alone: &[u8], space: &[u8], alphabet: &[u8; 16]) -> Form {
    let mut form = Zeroizing::new(Vec::with_capacity(value.len() * 3));
    for byte in value.bytes() {
        if byte == b' ' {
            form.extend_from_slice(space);
        } else if byte.is_ascii_alphanumeric() || left_alone.contains(&byte) {
            form.push(byte);
        } else {
            form.push(b'%');
            form.extend(digits(byte, alphabet));
        }
    }
    form
}

/// Inside of a longer encoded text the value begins at one of three places in a group of four characters,
/// and the characters at its ends are shared with its neighbours: what is certain is what lies between.
fn base64(bytes: &[u8]) -> Vec<Form> {
    let mut forms = Vec::new();
    for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
        for before in 0..3 {
            let mut padded = Zeroizing::new(Vec::with_capacity(bytes.len() + before));
            padded.extend_from_slice(&[0; 2][..before]);
            padded.extend_from_slice(bytes);
            // Each character holds six bits: the first that is ours alone, and the last.
            let first = (before * 8).div_ceil(6);
            let last = padded.len() * 8 / 6;
            let whole = encoded(&engine, &padded);
            forms.extend(whole.get(first..last).map(copy));
        }
        // Encoded by itself, its last character is ours too.
        forms.push(encoded(&engine, bytes));
    }
    forms
}

fn encoded(engine: &GeneralPurpose, bytes: &[u8]) -> Form {
    let mut form = Zeroizing::new(vec![0; bytes.len() * 4 / 3 + 4]);
    let length = engine.encode_slice(bytes, &mut form).unwrap_or_default();
    form.truncate(length);
    form
}

/// RFC 4648, section 6; the value begins at one of five places in a group of eight characters.
fn base32(bytes: &[u8]) -> Vec<Form> {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let letters = |before, first: usize, last: usize| {
        let letters = (first..last).map(|n| ALPHABET[fifth(bytes, before, n)]);
        build(last.saturating_sub(first), letters)
    };
    let inside = |before: usize| {
        // Each character holds five bits: the first that is ours alone, and the last.
        let first = (before * 8).div_ceil(5);
        letters(before, first, (before + bytes.len()) * 8 / 5)
    };
    let mut forms: Vec<Form> = (0..5).map(inside).collect();
    // Encoded by itself, its last character is ours too.
    forms.push(letters(0, 0, (bytes.len() * 8).div_ceil(5)));
    forms
}

/// The five bits of the character `n` of what has so many bytes before ours.
fn fifth(bytes: &[u8], before: usize, n: usize) -> usize {
    let bit = |at: usize| {
        let byte = (at / 8).checked_sub(before).and_then(|at| bytes.get(at));
        byte.map_or(0, |byte| usize::from(byte >> (7 - at % 8) & 1))
    };
    (n * 5..n * 5 + 5).fold(0, |all, at| all << 1 | bit(at))
}
