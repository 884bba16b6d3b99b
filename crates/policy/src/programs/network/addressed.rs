//! Addresses as those programs read them that take more than a plain one: `file:`, sets of names, a backslash.

use crate::place::Access;
use crate::programs::reader::Reader;
use crate::word::Word;

/// How many names a set may come to; an address with more asks.
const MOST: usize = 64;

/// Whether programs differ in which host it names: for some a backslash ends the host, for others it does not.
pub(super) fn is_strange(text: &str) -> bool {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.contains('\\')
}

/// The files that an address names, of which `file:` is taken off: `///a/{b,c}`, `//localhost/a`, `///%61`.
pub(super) fn files(rest: &str, reader: &mut Reader<'_>) {
    let path = match rest.strip_prefix("//") {
        Some(after) => after.find('/').map_or("/", |at| &after[at..]),
        None => rest,
    };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let Some(paths) = each(path) else {
        return reader.ask(
            "unknown-argument",
            "Which files an address names is only known when it runs.",
        );
    };
    for path in paths {
        reader.touch(&Word::Known(decoded(&path)), Access::Read);
    }
}

/// What the sets in a path come to. None where there is a range in it, or too much.
fn each(path: &str) -> Option<Vec<String>> {
    let mut done: Vec<String> = vec![String::new()];
    let mut rest = path;
    while let Some(at) = rest.find(['{', '[']) {
        let (before, set) = rest.split_at(at);
        let (inner, after) = set.strip_prefix('{')?.split_once('}')?;
        let one = |begin: &String| {
            let begin = format!("{begin}{before}");
            inner.split(',').map(move |name| format!("{begin}{name}"))
        };
        done = done.iter().flat_map(one).take(MOST + 1).collect();
        if done.len() > MOST {
            return None;
        }
        rest = after;
    }
    Some(done.into_iter().map(|begin| begin + rest).collect())
}

fn decoded(path: &str) -> String {
    let mut out = Vec::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        let hex: Vec<u8> = bytes.clone().take(2).collect();
        let value = std::str::from_utf8(&hex)
            .ok()
            .filter(|hex| byte == b'%' && hex.len() == 2 && !hex.starts_with('+'))
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        if value.is_some() {
            bytes.nth(1);
        }
        out.push(value.unwrap_or(byte));
    }
    String::from_utf8_lossy(&out).into_owned()
}
