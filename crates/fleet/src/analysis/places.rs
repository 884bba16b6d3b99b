//! From places in a command, in bytes as the analysis has them, to places in the text that is shown, in the UTF-16
//! units that a page counts in. The shown text is longer where characters are escaped.

use std::collections::BTreeMap;

use gatehouse_policy::Span;

use crate::untrusted::{Policy, escape};
use crate::view::SpanView;

/// Each span's place in the escaped text. What reaches beyond the text ends with it.
pub(super) fn shown_places(command: &str, spans: &[Option<Span>]) -> Vec<Option<SpanView>> {
    let borders = spans.iter().flatten().flat_map(|s| [s.start, s.end]);
    let mut units: BTreeMap<u32, u32> = borders.map(|border| (border, 0)).collect();
    let mut at = 0;
    let mut wanted = units.iter_mut().peekable();
    for (index, character) in command.char_indices() {
        while let Some((_, unit)) = wanted.next_if(|(border, _)| **border as usize <= index) {
            *unit = at;
        }
        at += width(character);
    }
    for (_, unit) in wanted {
        *unit = at;
    }
    let place = |span: &Span| SpanView {
        start: units[&span.start],
        end: units[&span.end],
    };
    spans.iter().map(|span| span.as_ref().map(place)).collect()
}

/// UTF-16 units that a character takes where it is shown.
fn width(character: char) -> u32 {
    if matches!(character, '\n' | '\t' | ' '..='~') {
        return 1;
    }
    let shown = escape(character.encode_utf8(&mut [0; 4]), Policy::Command).text;
    shown.encode_utf16().map(|_| 1).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(command: &str, (start, end): (u32, u32), shown: (u32, u32)) {
        let places = shown_places(command, &[Some(Span { start, end }), None]);
        let span = SpanView {
            start: shown.0,
            end: shown.1,
        };
        assert_eq!(places, [Some(span), None], "{command:?}");
    }

    #[test]
    fn places_count_as_a_page_counts() {
        check("rm -rf x", (0, 2), (0, 2));
        check("é rm", (3, 5), (2, 4));
        check("👍 rm", (5, 7), (3, 5));
    }

    #[test]
    fn what_is_escaped_takes_the_place_of_its_escape() {
        check("\u{202e}rm", (3, 5), (8, 10));
        check("a\u{202e}b", (1, 4), (1, 9));
    }

    #[test]
    fn a_place_beyond_the_text_ends_with_it() {
        check("ls", (0, 99), (0, 2));
        check("", (0, 1), (0, 0));
    }
}
