//! The text of a notice as a platform may be given it.
//!
//! What an agent wrote is untrusted: with markup it could paint a part of a command in the background's
//! colour, so markup is escaped wherever it would be read, and length is bounded for the bus.

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

/// The body where nobody knows whether markup is read: letters that look alike and are none of it.
pub(crate) fn without_markup(text: &str) -> String {
    let plain = |c| match c {
        '<' => '‹',
        '>' => '›',
        '&' => '＆',
        c => c,
    };
    text.chars().map(plain).collect()
}

/// One line, of bounded length.
pub(super) fn title(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    cut(&line, TITLE_CHARACTERS)
}

/// The body, of bounded length.
pub(super) fn body(text: &str) -> String {
    cut(text, BODY_CHARACTERS)
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

    #[test]
    fn markup_from_an_agent_is_shown_and_not_obeyed() {
        let hidden = "ls <span fgcolor=\"#fff\">; rm -rf ~</span> && echo";
        let escaped = escape_markup(hidden);
        assert!(
            !escaped.contains('<') && !escaped.contains('>'),
            "{escaped}"
        );
        assert!(
            escaped.contains("&lt;span") && escaped.contains("&amp;&amp;"),
            "{escaped}"
        );
    }

    #[test]
    fn where_nobody_knows_what_reads_it_no_markup_is_left() {
        let plain = without_markup("<b>Bold</b> <a href=\"http://evil.example/\">me</a> &lt;");
        assert!(!plain.contains(['<', '>', '&']), "{plain}");
        assert!(plain.contains("‹b›Bold‹/b›"), "{plain}");
    }

    #[test]
    fn a_megabyte_of_text_is_cut_between_characters() {
        let long = "é".repeat(1 << 20);
        assert!(body(&long).chars().count() < BODY_CHARACTERS + 10);
        assert_eq!(title("two\nlines"), "two lines");
        assert!(title(&long).ends_with('…'));
    }
}
