//! Shell patterns, matched against a whole path: `*` and `?` stop at a slash, `[…]` is one character.

/// Whether a pattern could match a text. `**` crosses slashes. Linear in the usual case, bounded always.
pub fn matches(pattern: &str, text: &str) -> bool {
    let mut steps = 4_096;
    go(pattern.as_bytes(), text.as_bytes(), true, &mut steps)
}

fn go(pattern: &[u8], text: &[u8], start: bool, steps: &mut u32) -> bool {
    if *steps == 0 {
        // Too long to tell: a pattern that could match is taken to match.
        return true;
    }
    *steps -= 1;
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
