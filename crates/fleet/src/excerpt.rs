//! What of a command is shown where there is little room: on a notification, in the tray.
//!
//! A server cuts a long text where it likes and does not say so. What follows the cut, or stands far to the right or far
//! below in a sea of blanks, would be allowed unseen. So no more is given than servers show, blanks are counted instead
//! of drawn, and whoever shows it is told whether that is the whole.

/// As many lines as desktops show of a notification.
const LINES: usize = 6;
/// Characters of one of them, on the narrowest.
const COLUMNS: usize = 60;
/// As many blanks as ordinary writing has in a row: an indented line. More of them push what follows out of sight.
const BLANKS: usize = 16;
/// Line breaks with nothing between them: a paragraph has two.
const BREAKS: usize = 3;

/// The beginning of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Excerpt {
    pub(crate) text: String,
    /// More follows.
    pub(crate) cut: bool,
    /// It is the text as it is: nothing follows, and no blanks were counted instead.
    pub(crate) whole: bool,
}

/// Cuts an escaped text to what can be seen at once.
pub(crate) fn excerpt(text: &str) -> Excerpt {
    let text = text.trim_end();
    let (counted, as_it_is) = count_blanks(text);
    let room = fits(&counted);
    let cut = room < counted.len();
    Excerpt {
        text: counted[..room].trim_end().to_owned(),
        cut,
        whole: as_it_is && !cut,
    }
}

/// Puts a mark with their number in the place of many blanks in a row, and tells whether there were none.
fn count_blanks(text: &str) -> (String, bool) {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut as_it_is = true;
    while !rest.is_empty() {
        let words = rest.find(char::is_whitespace).unwrap_or(rest.len());
        out.push_str(&rest[..words]);
        rest = &rest[words..];
        let blank = rest.len() - rest.trim_start().len();
        let mark = mark(&rest[..blank]);
        as_it_is &= mark.is_none();
        out.push_str(mark.as_deref().unwrap_or(&rest[..blank]));
        rest = &rest[blank..];
    }
    (out, as_it_is)
}

fn mark(blank: &str) -> Option<String> {
    let breaks = blank.matches('\n').count();
    if breaks > BREAKS {
        return Some(format!(" ⏎×{breaks}\n"));
    }
    let longest = blank.split('\n').map(|line| line.chars().count()).max();
    let blanks = blank.chars().count();
    (longest.unwrap_or_default() > BLANKS).then(|| format!(" ␣×{blanks} "))
}

/// How many bytes of it fit into the lines.
fn fits(text: &str) -> usize {
    let (mut line, mut column) = (1, 0);
    for (at, c) in text.char_indices() {
        if c == '\n' {
            (line, column) = (line + 1, 0);
        } else if column == COLUMNS {
            (line, column) = (line + 1, 1);
        } else {
            column += 1;
        }
        if line > LINES {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_desktop_shows_at_once_is_shown_as_it_is() {
        let script = "set -e\n\nfor f in *; do\n    echo \"$f\"\ndone";
        let full = "x".repeat(LINES * COLUMNS);
        let indented = format!("a\n{}b", " ".repeat(BLANKS));
        for text in ["ls", script, &full, &indented, "a\n\n\nb", "tab\there"] {
            let expected = Excerpt {
                text: text.to_owned(),
                cut: false,
                whole: true,
            };
            assert_eq!(excerpt(text), expected);
        }
        assert!(excerpt("ls\n\n\n\n\n").whole, "nothing follows the breaks");
    }

    #[test]
    fn what_stands_behind_many_blanks_is_in_sight_and_the_whole_is_not_claimed() {
        let tail = "./deploy-production --yes";
        for (blank, mark) in [
            ("\n".repeat(60), "⏎×60"),
            ("\n \t".repeat(60), "⏎×60"),
            (" ".repeat(900), "␣×900"),
            ("\t".repeat(40), "␣×40"),
            (format!("\n{}", " ".repeat(300)), "␣×301"),
        ] {
            let shown = excerpt(&format!("ls -la{blank}{tail}"));
            assert!(!shown.whole && !shown.cut, "{mark}");
            assert!(shown.text.contains(mark), "{}", shown.text);
            assert!(shown.text.ends_with(tail), "{}", shown.text);
        }
    }

    #[test]
    fn what_is_longer_than_a_desktop_shows_is_cut() {
        let long = format!("echo {}; ./deploy-production", "a".repeat(3000));
        let lines = "x\n".repeat(LINES) + "./deploy-production";
        let wide = "é".repeat(LINES * COLUMNS + 1);
        for text in [&long, &lines, &wide] {
            let shown = excerpt(text);
            assert!(!shown.whole && shown.cut);
            assert!(!shown.text.contains("deploy"), "{}", shown.text);
        }
    }
}
