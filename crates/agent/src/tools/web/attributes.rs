//! A bound on the attributes of a tag. A tokenizer compares each one with all before it, so that a tag of many thousands
//! keeps it busy for seconds, in which it cannot be stopped.

use std::borrow::Cow;

/// The most words of a tag that are read as its attributes: tags that people or their tools write have fewer than 100.
const MOST: usize = 1_000;

/// The page without what stands in a tag behind so many words. Only what no page has is ever left out; a script that
/// looks like such a tag loses no more than words of its own.
pub(super) fn bounded(html: &str) -> Cow<'_, str> {
    let mut reader = Reader::default();
    let (mut kept, mut from) = (String::new(), 0);
    for (at, byte) in html.bytes().enumerate() {
        let was_over = reader.is_over();
        reader.read(byte);
        match (was_over, reader.is_over()) {
            (false, true) => kept.push_str(&html[from..at]),
            // What ends it, the `>` or the next `<`, stays.
            (true, false) => from = at,
            _ => {}
        }
    }
    if kept.is_empty() && from == 0 && !reader.is_over() {
        return Cow::Borrowed(html);
    }
    if !reader.is_over() {
        kept.push_str(&html[from..]);
    }
    Cow::Owned(kept)
}

/// Where in a page the reading is.
#[derive(Default)]
struct Reader {
    place: Place,
    /// Words of the tag so far.
    words: usize,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Text,
    /// Behind a `<`.
    Opening,
    /// In a tag, outside of a value; `true` behind what ends a word.
    Tag { is_between: bool },
    /// Behind a `=`.
    Equals,
    /// In a value with this quote.
    Quoted(u8),
}

impl Reader {
    fn is_over(&self) -> bool {
        self.words > MOST
    }

    fn read(&mut self, byte: u8) {
        let is_space = byte.is_ascii_whitespace();
        self.place = match (self.place, byte) {
            (Place::Quoted(quote), _) if byte == quote => Place::Tag { is_between: true },
            (Place::Quoted(quote), _) => Place::Quoted(quote),
            (Place::Equals, b'"' | b'\'') => Place::Quoted(byte),
            (Place::Equals, _) if is_space => Place::Equals,
            (_, b'<') => {
                self.words = 0;
                Place::Opening
            }
            (Place::Text, _) => Place::Text,
            (_, b'>') => {
                self.words = 0;
                Place::Text
            }
            (Place::Opening, _) if byte.is_ascii_alphabetic() || byte == b'/' => {
                Place::Tag { is_between: false }
            }
            (Place::Opening, _) => Place::Text,
            (Place::Tag { .. } | Place::Equals, b'=') => Place::Equals,
            (Place::Tag { .. }, _) if is_space || byte == b'/' => Place::Tag { is_between: true },
            (Place::Tag { is_between }, _) => {
                self.words += usize::from(is_between);
                Place::Tag { is_between: false }
            }
            (Place::Equals, _) => Place::Tag { is_between: false },
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(attributes: usize) -> String {
        let words: Vec<String> = (0..attributes)
            .map(|at| format!("a{at}=\"1 > 0\""))
            .collect();
        format!("<p>before</p><p {}>words</p> after", words.join(" "))
    }

    #[test]
    fn a_tag_of_more_attributes_than_any_page_has_keeps_the_first_and_the_words_around_it() {
        let page = tag(20_000);
        let read = bounded(&page);
        assert!(read.starts_with("<p>before</p><p a0="), "the first stay");
        assert!(read.ends_with(">words</p> after"), "and the words behind");
        assert_eq!(read.matches('=').count(), MOST);
        let without_values = format!("<p {}>words</p>", "a/".repeat(20_000));
        assert!(bounded(&without_values).len() < 3 * MOST);
    }

    #[test]
    fn a_page_stays_as_it_is() {
        let script = format!(
            "<script>if (a <b) {{ {} }}</script> words",
            "x = y; ".repeat(9_000)
        );
        for page in [
            tag(20),
            "a < b, <!doctype html><p title='\u{e9} > x' hidden>x</p>".to_owned(),
            format!("<p>{}</p>", "word ".repeat(9_000)),
            format!("<img src=\"{}\">", "a b ".repeat(9_000)),
            String::new(),
        ] {
            assert!(matches!(bounded(&page), Cow::Borrowed(_)), "{page:.80}");
        }
        assert!(
            bounded(&script).ends_with("</script> words"),
            "a script ends where it did"
        );
    }

    #[test]
    fn a_tag_that_never_ends_is_cut_at_a_character() {
        let read = format!("x<p {}", "\u{e9} ".repeat(20_000));
        assert!(bounded(&read).starts_with("x<p \u{e9} "));
    }
}
