//! How shells write a value: `printf %q`, `set -x`, `export -p`, `declare -p` and what quotes for them.

use zeroize::Zeroizing;

use super::forms::Form;

/// What bash puts a backslash before, wherever it stands; zsh does so before some more.
const BASH: &str = " \t\n!\"$&'()*,;<>?[\\]^`{|}";
const ZSH: &str = " \t\n!\"$&'()*;<>?[\\]^`{|}#~=";

/// The longest that one character becomes: `'"'"'`, or four digits with a backslash for each of four bytes.
const LONGEST: usize = 16;

/// Every way that is not the value itself gives more than one shell's.
pub(super) fn quoted(value: &str) -> Vec<Form> {
    let single = |quote: &'static str| {
        written(value, move |at, form| {
            push(form, if at.c == '\'' { quote } else { "" }, at.c)
        })
    };
    let octal = |bytes_too: bool| written(value, move |at, form| ansi_c(at.c, bytes_too, form));
    vec![
        written(value, |at, form| {
            after_backslash(at, BASH.contains(at.c), form)
        }),
        written(value, |at, form| {
            after_backslash(at, BASH.contains(at.c) || at.is_tilde(), form)
        }),
        written(value, |at, form| {
            let first = at.before.is_none() && matches!(at.c, '#' | '~');
            after_backslash(at, first || BASH.contains(at.c) || at.is_tilde(), form)
        }),
        written(value, |at, form| {
            after_backslash(at, ZSH.contains(at.c), form)
        }),
        single("'\\''"),
        single("'\"'\"'"),
        written(value, |at, form| {
            after_backslash(at, matches!(at.c, '"' | '$' | '`' | '\\'), form)
        }),
        octal(false),
        octal(true),
    ]
}

/// A character of the value, and the one before.
struct At {
    before: Option<char>,
    c: char,
}

impl At {
    /// One that would be a home folder in an assignment.
    fn is_tilde(&self) -> bool {
        self.c == '~' && matches!(self.before, Some(':' | '='))
    }
}

fn written(value: &str, write: impl Fn(&At, &mut Form)) -> Form {
    let mut form = Zeroizing::new(Vec::with_capacity(value.len() * LONGEST));
    let mut before = None;
    for c in value.chars() {
        write(&At { before, c }, &mut form);
        before = Some(c);
    }
    form
}

/// What stands for a character, or the character where that is nothing.
fn push(form: &mut Form, instead: &str, c: char) {
    if instead.is_empty() {
        form.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    } else {
        form.extend_from_slice(instead.as_bytes());
    }
}

fn after_backslash(at: &At, is_special: bool, form: &mut Form) {
    if is_special {
        form.push(b'\\');
    }
    push(form, "", at.c);
}

/// As it stands between `$'` and `'`; with all that is not ASCII as bytes where the locale knows no such letters.
fn ansi_c(c: char, bytes_too: bool, form: &mut Form) {
    let instead = match c {
        '\'' => "\\'",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\t' => "\\t",
        '\r' => "\\r",
        '\u{7}' => "\\a",
        '\u{8}' => "\\b",
        '\u{b}' => "\\v",
        '\u{c}' => "\\f",
        '\u{1b}' => "\\E",
        _ => "",
    };
    let as_bytes = c.is_ascii_control() || (bytes_too && !c.is_ascii());
    if !instead.is_empty() || !as_bytes {
        return push(form, instead, c);
    }
    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
        form.push(b'\\');
        form.extend([6, 3, 0].map(|shift| b'0' + (byte >> shift & 7)));
    }
}
