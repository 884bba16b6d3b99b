//! The text of a notice as a platform may be given it.
//!
//! What an agent wrote is untrusted: with markup it could paint a part of a command in the background's
//! colour, so markup is escaped wherever it would be read, and length is bounded for the bus.

use gatehouse_fleet::view::ItemKey;

/// More than any server draws; a body of a megabyte would only clog the bus.
const BODY_CHARACTERS: usize = 2_000;
const TITLE_CHARACTERS: usize = 120;

/// The body for a server that reads markup in it.
pub(super) fn escape_markup(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// One line, of bounded length.
pub(super) fn title(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    cut(&line, TITLE_CHARACTERS)
}

/// The body with what tells its request from every other: servers have been seen to stack notices of equal
/// text, and to close the first when the second comes.
pub(super) fn body(text: &str, key: &ItemKey) -> String {
    format!("{}\n{}", cut(text, BODY_CHARACTERS), mark(key))
}

/// A short mark of a request, the end of its id.
fn mark(key: &ItemKey) -> String {
    let id = key.0.rsplit('/').next().unwrap_or_default();
    let end: Vec<char> = id.chars().filter(char::is_ascii_alphanumeric).rev().take(6).collect();
    format!("#{}", end.into_iter().rev().collect::<String>())
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &str) -> ItemKey {
        ItemKey(format!("gw/exec/{id}"))
    }

    #[test]
    fn markup_from_an_agent_is_shown_and_not_obeyed() {
        let hidden = "ls <span fgcolor=\"#fff\">; rm -rf ~</span> && echo";
        let escaped = escape_markup(hidden);
        assert!(!escaped.contains('<') && !escaped.contains('>'), "{escaped}");
        assert!(escaped.contains("&lt;span") && escaped.contains("&amp;&amp;"), "{escaped}");
    }

    #[test]
    fn two_requests_for_the_same_command_have_different_texts() {
        assert_ne!(body("rm -rf /", &key("aaaaaa-1")), body("rm -rf /", &key("aaaaaa-2")));
    }

    #[test]
    fn a_megabyte_of_text_is_cut_between_characters() {
        let long = "é".repeat(1 << 20);
        assert!(body(&long, &key("1")).chars().count() < BODY_CHARACTERS + 10);
        assert_eq!(title("two\nlines"), "two lines");
        assert!(title(&long).ends_with('…'));
    }
}
