//! The letters of a page: from the bytes of whatever encoding it says it has, to text.

use std::sync::LazyLock;

use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use regex::bytes::Regex;

/// Where a page says its encoding, if it does so itself (HTML, section 4.2.5.4).
const HEAD: usize = 1024;

static DECLARED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)<meta[^>]{0,200}?charset\s*=\s*["']?\s*([a-z0-9_:.-]{1,40})"#)
        .expect("the pattern is fixed")
});

/// Makes text of bytes that come in pieces. A mark at the very beginning says more than anything else; then the header,
/// then the page itself. It is UTF-8 where nothing is said.
pub(super) struct Letters {
    /// What the header says.
    told: Option<&'static Encoding>,
    state: State,
}

enum State {
    /// Bytes that may say which encoding it is.
    Waiting(Vec<u8>),
    Known(Decoder),
}

impl Letters {
    pub(super) fn new(content_type: &str) -> Self {
        let told = content_type.split(';').skip(1).find_map(|part| {
            let (name, value) = part.split_once('=')?;
            let label = value.trim().trim_matches('"');
            let is_charset = name.trim().eq_ignore_ascii_case("charset");
            Encoding::for_label(label.as_bytes()).filter(|_| is_charset)
        });
        Self {
            told,
            state: State::Waiting(Vec::new()),
        }
    }

    /// The text of some more bytes; what is not known yet comes with the next ones.
    pub(super) fn push(&mut self, bytes: &[u8]) -> String {
        match &mut self.state {
            State::Known(decoder) => decoded(decoder, bytes, false),
            State::Waiting(head) => {
                head.extend_from_slice(bytes);
                if self.told.is_none() && head.len() < HEAD {
                    return String::new();
                }
                self.begin(false)
            }
        }
    }

    /// What was held back.
    pub(super) fn finish(mut self) -> String {
        match &mut self.state {
            State::Known(decoder) => decoded(decoder, &[], true),
            State::Waiting(_) => self.begin(true),
        }
    }

    fn begin(&mut self, last: bool) -> String {
        let State::Waiting(head) = &mut self.state else {
            return String::new();
        };
        let head = std::mem::take(head);
        let encoding = self.told.or_else(|| declared(&head)).unwrap_or(UTF_8);
        let mut decoder = encoding.new_decoder();
        let text = decoded(&mut decoder, &head, last);
        self.state = State::Known(decoder);
        text
    }
}

/// A page that could be read so far as to say that it is UTF-16 is none.
fn declared(head: &[u8]) -> Option<&'static Encoding> {
    let head = &head[..head.len().min(HEAD)];
    let found = Encoding::for_label(&DECLARED.captures(head)?[1])?;
    let is_wide = found == UTF_16BE || found == UTF_16LE;
    Some(if is_wide { UTF_8 } else { found })
}

fn decoded(decoder: &mut Decoder, bytes: &[u8], last: bool) -> String {
    let room = decoder.max_utf8_buffer_length(bytes.len());
    let mut text = String::with_capacity(room.unwrap_or(bytes.len()));
    // There is room for all of it.
    let _ = decoder.decode_to_string(bytes, &mut text, last);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content_type: &str, bytes: &[u8], piece: usize) -> String {
        let mut letters = Letters::new(content_type);
        let mut text = String::new();
        for part in bytes.chunks(piece) {
            text.push_str(&letters.push(part));
        }
        text + &letters.finish()
    }

    #[test]
    fn a_page_is_read_in_the_letters_that_it_has() {
        let long = format!("{}\u{e9}", "x".repeat(3_000));
        let latin = |text: &str| encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
        let meta = r#"<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">é"#;
        let wide: Vec<u8> = [0xfe, 0xff]
            .into_iter()
            .chain("日本".encode_utf16().flat_map(u16::to_be_bytes))
            .collect();
        for (content_type, bytes, expected) in [
            ("text/html", "é 日本".as_bytes().to_vec(), "é 日本"),
            ("text/html; charset=ISO-8859-1", latin("é"), "é"),
            ("text/html; charset=ISO-8859-1", latin(&long), &*long),
            (
                "text/html;Charset=\"Shift_JIS\"",
                encoding_rs::SHIFT_JIS.encode("日本").0.into_owned(),
                "日本",
            ),
            ("text/html", latin(meta), meta),
            (
                "text/html",
                latin("<meta charset=latin1>é"),
                "<meta charset=latin1>é",
            ),
            ("text/html; charset=latin1", wide, "日本"),
            ("text/html; charset=nonsense", "é".as_bytes().to_vec(), "é"),
            ("text/plain", vec![b'a', 0xff, b'b'], "a\u{fffd}b"),
            ("", Vec::new(), ""),
        ] {
            for piece in [1, 7, 5_000] {
                assert_eq!(
                    read(content_type, &bytes, piece),
                    expected,
                    "{content_type}"
                );
            }
        }
    }
}
