//! Patterns in a rule: a text as it is, a text with `*` and `?`, or `^a regular expression$`.
//!
//! Regular expressions are those of the `regex` crate, which are matched in linear time, and are limited in size.

use regex::{Regex, RegexBuilder};

/// Longest pattern, in bytes: longer than a person writes.
const LONGEST: usize = 1000;
/// Largest compiled pattern, in bytes. The default of the crate is ten times as much; a document has many.
const MAX_COMPILED: usize = 1 << 20;
/// How deep groups may be nested.
const MAX_NESTING: u32 = 32;

/// What a pattern is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Sensitive,
    Ignored,
}

/// A compiled pattern. It matches a whole text, never a part.
#[derive(Debug, Clone)]
pub(crate) enum Pattern {
    Literal(String, Case),
    Expression(Regex),
}

impl Pattern {
    /// Reads a pattern in which `*` stands for any run of characters.
    pub(crate) fn read(text: &str, case: Case) -> Result<Self, String> {
        match expression(text)? {
            Some(inner) => compile(inner, case),
            None => Self::glob(text, None, case),
        }
    }

    /// Reads a pattern in which `*` and `?` do not cross `separator`, and `**` does.
    pub(crate) fn glob(text: &str, separator: Option<char>, case: Case) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!("is longer than {LONGEST} bytes"));
        }
        match translate(text, separator) {
            Translated::Literal(literal) => Ok(Self::Literal(literal, case)),
            Translated::Expression(inner) => compile(&inner, case),
        }
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Literal(literal, Case::Sensitive) => literal == text,
            Self::Literal(literal, Case::Ignored) => {
                literal.eq_ignore_ascii_case(text) || literal.to_lowercase() == text.to_lowercase()
            }
            Self::Expression(expression) => expression.is_match(text),
        }
    }

    pub(crate) fn is_literal(&self) -> bool {
        matches!(self, Self::Literal(..))
    }
}

/// What is between `^` and `$`; none where the text is no regular expression.
pub(crate) fn expression(text: &str) -> Result<Option<&str>, String> {
    let Some(rest) = text.strip_prefix('^') else {
        return Ok(None);
    };
    if rest.len() > LONGEST {
        return Err(format!("is longer than {LONGEST} bytes"));
    }
    match rest.strip_suffix('$') {
        // An odd number of backslashes before it makes the dollar a character.
        Some(inner) if (inner.len() - inner.trim_end_matches('\\').len()) % 2 == 0 => {
            Ok(Some(inner))
        }
        _ => Err(
            "a regular expression begins with ^ and ends with $, so that it matches the whole text"
                .to_owned(),
        ),
    }
}

/// Compiles what stands between the anchors. The group keeps `a|b` from escaping them.
pub(crate) fn compile(inner: &str, case: Case) -> Result<Pattern, String> {
    RegexBuilder::new(&format!(r"\A(?:{inner})\z"))
        .size_limit(MAX_COMPILED)
        .dfa_size_limit(MAX_COMPILED)
        .nest_limit(MAX_NESTING)
        .dot_matches_new_line(true)
        .case_insensitive(case == Case::Ignored)
        .build()
        .map(Pattern::Expression)
        .map_err(|error| in_words(&error))
}

fn in_words(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => "is too large a regular expression".to_owned(),
        other => {
            let text = other.to_string();
            // The last line says what is wrong; those above draw it.
            let last = text.lines().last().unwrap_or_default();
            format!(
                "is not a regular expression: {}",
                last.trim_start_matches("error: ")
            )
        }
    }
}

enum Translated {
    Literal(String),
    Expression(String),
}

/// `*`, `**`, `?` and a backslash before one of them; everything else stands for itself.
fn translate(text: &str, separator: Option<char>) -> Translated {
    let one = match separator {
        Some(separator) => format!("[^{}]", regex::escape(&separator.to_string())),
        None => ".".to_owned(),
    };
    let (mut literal, mut out, mut is_literal) = (String::new(), String::new(), true);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '*' if chars.next_if_eq(&'*').is_some() => out.push_str(".*"),
            '*' => {
                out.push_str(&one);
                out.push('*');
            }
            '?' => out.push_str(&one),
            _ => {
                let escaped = (c == '\\').then(|| chars.next_if(|c| matches!(c, '*' | '?' | '\\')));
                let plain = escaped.flatten().unwrap_or(c);
                literal.push(plain);
                out.push_str(&regex::escape(plain.encode_utf8(&mut [0; 4])));
                continue;
            }
        }
        is_literal = false;
    }
    if is_literal {
        Translated::Literal(literal)
    } else {
        Translated::Expression(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, yes: &[&str], no: &[&str]) {
        let compiled = Pattern::read(pattern, Case::Sensitive).unwrap();
        for text in yes {
            assert!(compiled.matches(text), "{pattern} should match {text}");
        }
        for text in no {
            assert!(!compiled.matches(text), "{pattern} should not match {text}");
        }
    }

    #[test]
    fn a_pattern_matches_the_whole_text_or_not_at_all() {
        check("exec", &["exec"], &["exec2", "my exec", "EXEC"]);
        check("web_*", &["web_fetch", "web_"], &["a web_fetch"]);
        check("a?c", &["abc"], &["ac", "abbc"]);
        check("^(read|write)$", &["read", "write"], &["reads", "unwrite"]);
    }

    #[test]
    fn alternatives_do_not_escape_the_anchors() {
        check("^git|rm$", &["git", "rm"], &["github", "firm"]);
    }

    #[test]
    fn brackets_and_braces_stand_for_themselves() {
        check("[a]{b,c}.*", &["[a]{b,c}.x"], &["a", "[a]bx"]);
        check(r"\*", &["*"], &["a"]);
    }

    #[test]
    fn what_could_not_be_matched_in_time_or_space_is_refused() {
        for wrong in [
            "^a",
            "^a\\$",
            "^(a$",
            "^((((((a{100}){100}){100}){100}){100})$",
            "^(?=a)b$",
        ] {
            assert!(Pattern::read(wrong, Case::Sensitive).is_err(), "{wrong}");
        }
        assert!(Pattern::read(&"a".repeat(1001), Case::Sensitive).is_err());
    }

    #[test]
    fn a_star_stays_within_its_part_and_two_cross() {
        let glob = |text| Pattern::glob(text, Some('/'), Case::Sensitive).unwrap();
        assert!(glob("/a/*/c").matches("/a/b/c"));
        assert!(!glob("/a/*/c").matches("/a/b/b/c"));
        assert!(glob("/a/**/c").matches("/a/b/b/c"));
    }
}
