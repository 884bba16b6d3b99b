//! Shell patterns, matched against a whole path: `*` and `?` stop at a slash, `[…]` is one character.
//!
//! Searches are written with `***`, which no shell has: it crosses slashes and matches what is hidden as well; as a
//! part of its own, `***/`, it is any number of folders, none included.

/// Whether a pattern is that of a search.
pub(crate) fn is_search(pattern: &str) -> bool {
    pattern.contains("***")
}

/// What everything begins with that a pattern matches.
pub(crate) fn begin(pattern: &str) -> &str {
    let end = pattern.find(['*', '?', '[', '\\']);
    &pattern[..end.unwrap_or(pattern.len())]
}

/// Whether a pattern could match a text. `**` crosses slashes. Linear in the usual case, bounded always.
pub fn matches(pattern: &str, text: &str) -> bool {
    let mut steps = 4_096;
    go(pattern.as_bytes(), text.as_bytes(), true, &mut steps)
}

/// Whether a pattern matches a text beyond doubt.
pub(crate) fn surely_matches(pattern: &str, text: &str) -> bool {
    let mut steps = 4_096;
    let found = go(pattern.as_bytes(), text.as_bytes(), true, &mut steps);
    found && steps > 0 && !pattern.contains("[[:")
}

fn go(pattern: &[u8], text: &[u8], start: bool, steps: &mut u32) -> bool {
    if *steps == 0 {
        // Too long to tell: a pattern that could match is taken to match.
        return true;
    }
    *steps -= 1;
    if let Some(rest) = pattern.strip_prefix(b"***") {
        return anywhere(rest, text, steps);
    }
    let Some((&first, rest)) = pattern.split_first() else {
        return text.is_empty();
    };
    match first {
        b'*' => {
            if start && text.first() == Some(&b'.') {
                return false;
            }
            let deep = rest.first() == Some(&b'*');
            let rest = if deep { &rest[1..] } else { rest };
            let mut at = 0;
            loop {
                if go(rest, &text[at..], false, steps) {
                    return true;
                }
                match text.get(at) {
                    Some(b'/') if !deep => return false,
                    Some(_) => at += 1,
                    None => return false,
                }
            }
        }
        b'?' => match text.split_first() {
            Some((&c, after)) if c != b'/' && !(start && c == b'.') => {
                go(rest, after, false, steps)
            }
            _ => false,
        },
        b'[' => match (class(rest), text.split_first()) {
            (Some((set, rest)), Some((&c, after))) => {
                c != b'/' && in_class(set, c) && go(rest, after, false, steps)
            }
            (None, Some((b'[', after))) => go(rest, after, false, steps),
            _ => false,
        },
        b'\\' if !rest.is_empty() => {
            text.first() == Some(&rest[0]) && go(&rest[1..], &text[1..], false, steps)
        }
        c => text.first() == Some(&c) && go(rest, &text[1..], c == b'/', steps),
    }
}

/// What comes after `***`, at each place where it may begin.
fn anywhere(rest: &[u8], text: &[u8], steps: &mut u32) -> bool {
    let Some(name) = rest.strip_prefix(b"/") else {
        return (0..=text.len()).any(|at| go(rest, &text[at..], false, steps));
    };
    (0..text.len())
        .filter(|&at| at == 0 || text[at - 1] == b'/')
        .any(|at| go(name, &text[at..], false, steps))
}

fn class(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let from = usize::from(matches!(rest.first(), Some(b'!' | b'^')));
    let end = rest.iter().skip(from + 1).position(|&b| b == b']')? + from + 1;
    Some((&rest[..end], &rest[end + 1..]))
}

fn in_class(set: &[u8], c: u8) -> bool {
    let (negated, set) = match set.split_first() {
        Some((b'!' | b'^', set)) => (true, set),
        _ => (false, set),
    };
    if set.first() == Some(&b'[') {
        // A named class such as `[[:alpha:]]`: taken to match.
        return true;
    }
    let mut at = 0;
    let mut found = false;
    while at < set.len() {
        if at + 2 < set.len() && set[at + 1] == b'-' {
            found |= (set[at]..=set[at + 2]).contains(&c);
            at += 3;
        } else {
            found |= set[at] == c;
            at += 1;
        }
    }
    found != negated
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[track_caller]
    fn check(pattern: &str, text: &str, wanted: bool) {
        assert_eq!(matches(pattern, text), wanted, "{pattern} on {text}");
    }

    #[test]
    fn a_search_matches_at_any_depth_and_what_is_hidden() {
        check("/w/***/config", "/w/config", true);
        check("/w/***/config", "/w/.git/config", true);
        check("/w/***/config", "/w/a/b/config", true);
        check("/w/***/config", "/w/.git/myconfig", false);
        check("/w/***/*.json", "/w/.vscode/.tasks.json", true);
        check("/w/***.pyc", "/w/a/b.pyc", true);
        check("/w/***.pyc", "/w/a/b.py", false);
        check("/w/.git/***", "/w/.git/hooks/pre-commit", true);
    }

    #[test]
    fn a_pattern_of_a_shell_leaves_out_what_is_hidden() {
        check("/w/*/config", "/w/.git/config", false);
        check("/w/*/config", "/w/a/config", true);
        check("/w/**/config", "/w/a/b/config", true);
    }
}
