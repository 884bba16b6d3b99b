//! Text that an agent or a gateway wrote, made safe to look at.
//!
//! Control, invisible and bidirectional characters can make a command look like another one, so they are shown
//! as `⟨U+202E⟩`. Nothing is removed: what was sent stays countable and readable. This file knows nothing of
//! markup; whoever renders HTML or notification markup escapes that on its own.

/// How strict the escape is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// For what is decided on (commands, paths, names): everything that cannot be seen is shown, look-alikes of
    /// the plain space included.
    Command,
    /// For conversation: the joiners and variation selectors that ordinary writing and emoji need stay, and so
    /// do typographic spaces.
    Prose,
}

/// Text that is safe to show, and how many of its characters are shown as escapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escaped {
    pub text: String,
    pub count: u32,
}

/// Escapes `text`; `\n` and `\t` stay as they are.
pub fn escape(text: &str, policy: Policy) -> Escaped {
    let mut count = 0;
    if !text.chars().any(|c| is_hidden(c, policy)) {
        return Escaped {
            text: text.to_owned(),
            count,
        };
    }
    let mut out = String::with_capacity(text.len() + 64);
    for c in text.chars() {
        if is_hidden(c, policy) {
            count += 1;
            push_code_point(&mut out, c);
        } else {
            out.push(c);
        }
    }
    Escaped { text: out, count }
}

/// Escapes a text that takes one line: line breaks and tabs become plain spaces.
pub fn one_line(text: &str, max_bytes: usize) -> String {
    let flat: String = text
        .chars()
        .map(|c| {
            if matches!(c, '\n' | '\r' | '\t') {
                ' '
            } else {
                c
            }
        })
        // One more than there is room for, so that what follows is known of.
        .take(max_bytes.saturating_add(1))
        .collect();
    let (cut, was_cut) = cap(&flat, max_bytes);
    let mut line = escape(cut, Policy::Command).text;
    if was_cut {
        line.push('…');
    }
    line
}

/// A text that is decided on, with its letters in the order in which they are run: lines with letters that are written
/// from right to left are told to stand from left to right. Without it whatever draws them puts what lies between two
/// such words on the other side of them, and a command looks like another one.
///
/// For escaped text that others draw: it has nothing in it that ends what is put around it.
pub fn in_order(text: &str) -> String {
    const FROM_LEFT_TO_RIGHT: char = '\u{202D}';
    const END: char = '\u{202C}';
    if !is_reordered(text) {
        return text.to_owned();
    }
    let line = |line: &str| {
        if is_reordered(line) {
            format!("{FROM_LEFT_TO_RIGHT}{line}{END}")
        } else {
            line.to_owned()
        }
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// Whether there is a letter in it that is written from right to left, or a digit that is drawn among such.
pub fn is_reordered(text: &str) -> bool {
    text.chars().any(|c| {
        // Unicode 16: the blocks of the classes R, AL and AN.
        matches!(c,
            '\u{0590}'..='\u{08FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFE}'
            | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
    })
}

/// Conversation text, escaped.
pub fn prose(text: &str) -> String {
    escape(text, Policy::Prose).text
}

/// The beginning of `text` that fits in `max_bytes`, cut between characters, and whether it was cut.
pub fn cap(text: &str, max_bytes: usize) -> (&str, bool) {
    if text.len() <= max_bytes {
        return (text, false);
    }
    let mut end = max_bytes;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    (&text[..end], true)
}

/// The end of `text` that fits in `max_bytes`, cut between characters, and whether it was cut.
pub fn cap_tail(text: &str, max_bytes: usize) -> (&str, bool) {
    if text.len() <= max_bytes {
        return (text, false);
    }
    let mut start = text.len() - max_bytes;
    while !text.is_char_boundary(start) {
        start += 1;
    }
    (&text[start..], true)
}

/// JSON that can be printed: what would reorder or hide text becomes a `\\u` escape, which means the same to every
/// reader of JSON. Such characters occur in strings only, so the text may be taken whole.
pub fn json(text: &str) -> String {
    use std::fmt::Write as _;
    if !text.chars().any(|c| is_hidden(c, Policy::Command)) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 64);
    for c in text.chars() {
        if !is_hidden(c, Policy::Command) {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            write!(out, "\\u{unit:04x}").expect("writing to a String cannot fail");
        }
    }
    out
}

/// Whether a text shows all that it is made of: nothing in it is hidden, reorders or breaks a line.
pub fn is_plain(text: &str) -> bool {
    !text
        .chars()
        .any(|c| matches!(c, '\n' | '\t') || is_hidden(c, Policy::Command))
}

fn push_code_point(out: &mut String, c: char) {
    use std::fmt::Write as _;
    write!(out, "⟨U+{:04X}⟩", u32::from(c)).expect("writing to a String cannot fail");
}

fn is_hidden(c: char, policy: Policy) -> bool {
    match c {
        '\n' | '\t' | ' '..='~' => false,
        _ if c.is_control() => true,
        _ if is_dangerous(c) => true,
        _ => policy == Policy::Command && is_unseen(c),
    }
}

/// Never shown as they are: they reorder, hide or break lines, and no ordinary writing needs them.
/// Taken from Unicode 16: `Bidi_Control`, `Default_Ignorable_Code_Point`, the line and paragraph separators.
fn is_dangerous(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}'
        | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
        | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E00FF}')
}

/// Cannot be seen, or cannot be told from a plain space, yet has its place in ordinary writing.
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{00A0}' | '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{1680}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{2000}'..='\u{200A}' | '\u{200C}' | '\u{200D}'
        | '\u{202F}' | '\u{205F}' | '\u{2800}' | '\u{3000}' | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FFA0}' | '\u{E0100}'..='\u{E01EF}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(policy: Policy, text: &str, shown: &str, count: u32) {
        assert_eq!(
            escape(text, policy),
            Escaped {
                text: shown.to_owned(),
                count
            }
        );
    }

    #[test]
    fn a_plain_text_hides_nothing() {
        for plain in ["", "own-1", "a b", "grüße"] {
            assert!(is_plain(plain), "{plain}");
        }
        for other in [
            "a\nb",
            "a\tb",
            "a\0",
            "a\u{202E}b",
            "a\u{200D}b",
            "a\u{1b}[2J",
        ] {
            assert!(!is_plain(other), "{other:?}");
        }
    }

    #[test]
    fn a_command_shows_what_would_reorder_or_hide_it() {
        check(
            Policy::Command,
            "rm \u{202E}txt.exe",
            "rm ⟨U+202E⟩txt.exe",
            1,
        );
        check(
            Policy::Command,
            "ls\u{200B}\u{00A0}-l",
            "ls⟨U+200B⟩⟨U+00A0⟩-l",
            2,
        );
        check(
            Policy::Command,
            "a\rb\u{1b}[2Kc\u{7f}",
            "a⟨U+000D⟩b⟨U+001B⟩[2Kc⟨U+007F⟩",
            3,
        );
        check(Policy::Command, "x\u{E0041}y", "x⟨U+E0041⟩y", 1);
    }

    #[test]
    fn lines_tabs_and_letters_of_any_script_stay() {
        check(
            Policy::Command,
            "a\n\tb é 日本 שלום 👍",
            "a\n\tb é 日本 שלום 👍",
            0,
        );
    }

    #[test]
    fn words_from_right_to_left_leave_what_runs_in_its_order() {
        assert_eq!(in_order("ls -la\nmake"), "ls -la\nmake");
        assert_eq!(
            in_order("cd /tmp\nrm \u{5d0} /etc \u{5d1}"),
            "cd /tmp\n\u{202d}rm \u{5d0} /etc \u{5d1}\u{202c}"
        );
        assert!(is_reordered("echo \u{0627}"), "Arabic as well");
        // What was sent cannot end it: it stands escaped.
        let sent = escape("\u{5d0}\u{202c} /etc", Policy::Command).text;
        assert_eq!(in_order(&sent).matches('\u{202c}').count(), 1);
    }

    #[test]
    fn prose_keeps_the_joiners_that_emoji_need_but_not_bidi() {
        check(
            Policy::Prose,
            "👩\u{200D}💻 ❤\u{FE0F}",
            "👩\u{200D}💻 ❤\u{FE0F}",
            0,
        );
        check(Policy::Prose, "a\u{2066}b", "a⟨U+2066⟩b", 1);
    }

    #[test]
    fn caps_cut_between_characters() {
        assert_eq!(cap("aé", 2), ("a", true));
        assert_eq!(cap_tail("éa", 2), ("a", true));
        assert_eq!(cap("abc", 3), ("abc", false));
        assert_eq!(one_line("a\nb\u{202e}", 100), "a b⟨U+202E⟩");
    }

    #[test]
    fn a_line_that_was_cut_says_so_whatever_its_letters_take() {
        for (text, shown) in [
            ("abcd", "abcd"),
            ("abcde", "abcd…"),
            ("éé", "éé"),
            ("ééé", "éé…"),
        ] {
            assert_eq!(one_line(text, 4), shown);
        }
    }

    #[test]
    fn json_stays_the_same_value_and_shows_nothing_hidden() {
        let value =
            serde_json::json!({"command": "rm \u{202E}txt\u{E0041}\u{1b}[2K", "n": [1, "é👍"]});
        let printed = json(&serde_json::to_string_pretty(&value).unwrap());
        assert!(
            !printed.chars().any(|c| is_hidden(c, Policy::Command)),
            "{printed}"
        );
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&printed).unwrap(),
            value
        );
    }

    proptest! {
        #[test]
        fn escaped_text_is_clean_and_escaping_it_again_changes_nothing(text in "\\PC*|[\\x00-\\x20\u{2000}-\u{2070}a-z]*") {
            for policy in [Policy::Command, Policy::Prose] {
                let once = escape(&text, policy);
                prop_assert!(!once.text.chars().any(|c| is_hidden(c, policy)));
                prop_assert_eq!(escape(&once.text, policy).text, once.text);
                prop_assert_eq!(once.count as usize, text.chars().filter(|c| is_hidden(*c, policy)).count());
            }
        }

        #[test]
        fn caps_hold_for_any_text(text in ".*", max in 0usize..64) {
            let (head, cut) = cap(&text, max);
            prop_assert!(head.len() <= max && text.starts_with(head) && cut == (head.len() < text.len()));
            let (tail, _) = cap_tail(&text, max);
            prop_assert!(tail.len() <= max && text.ends_with(tail));
        }
    }
}
