//! Secrets inside of URLs: who signs in (`https://user:password@…`), and what stands behind the `?` and the `#`.
//! The rest of the address is shown, so that a person sees where it leads.

use std::ops::Range;

use super::redact::{SENTINEL, is_reference};

/// A part of a URL that is not shown.
struct Part<'a> {
    kind: Kind,
    /// Of a pair behind the `?` or the `#`.
    name: &'a str,
    range: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    User,
    Query,
    Fragment,
}

/// Names whose values sign in. The other values are hidden too, but are no secrets to look for elsewhere.
const SIGNS_IN: &[&str] = &[
    "key", "token", "secret", "pass", "pwd", "auth", "sig", "cred", "code", "session",
];

/// A value of this length is hardly there by chance, in bytes.
const LONG: usize = 20;

/// The URL without its secrets; none where it has none.
pub(super) fn hidden(text: &str) -> Option<String> {
    let parts = parts(text);
    if parts.is_empty() {
        return None;
    }
    replaced(text, &parts, |_| Some(SENTINEL.to_owned()))
}

/// What is hidden of a URL.
pub(super) fn secrets(text: &str) -> Vec<&str> {
    parts(text)
        .iter()
        .map(|part| &text[part.range.clone()])
        .collect()
}

/// What is hidden of a URL and is worth taking out of other texts.
pub(super) fn to_look_for(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for part in parts(text) {
        let value = &text[part.range.clone()];
        let name = part.name.to_lowercase();
        if part.kind == Kind::User {
            let password = value.split_once(':').map(|(_, password)| password);
            found.extend(password);
            found.push(value);
        } else if value.len() >= LONG || SIGNS_IN.iter().any(|word| name.contains(word)) {
            found.push(value);
        }
    }
    found
}

/// Whether a URL holds a sentinel.
pub(super) fn has_sentinel(text: &str) -> bool {
    text.contains(SENTINEL) && is_url(text)
}

/// The URL with what stands in `now` for its sentinels. None where there is nothing to stand for one, and where it leads
/// to another host: nobody is told a secret by changing the address that it goes to.
pub(super) fn restored(text: &str, now: &str) -> Option<String> {
    if host(text)? != host(now)? {
        return None;
    }
    let (wanted, known) = (parts(text), parts(now));
    let same = |a: &Part<'_>, b: &Part<'_>| a.kind == b.kind && a.name == b.name;
    let put = |index: usize| {
        let part = &wanted[index];
        let said = &text[part.range.clone()];
        if said != SENTINEL {
            return Some(said.to_owned());
        }
        let before = wanted[..index]
            .iter()
            .filter(|other| same(other, part))
            .count();
        let stood = known.iter().filter(|other| same(other, part)).nth(before)?;
        Some(now[stood.range.clone()].to_owned())
    };
    let restored = replaced(text, &wanted, put)?;
    (!restored.contains(SENTINEL)).then_some(restored)
}

fn replaced(
    text: &str,
    parts: &[Part<'_>],
    put: impl Fn(usize) -> Option<String>,
) -> Option<String> {
    let mut whole = String::new();
    let mut done = 0;
    for (index, part) in parts.iter().enumerate() {
        whole.push_str(&text[done..part.range.start]);
        whole.push_str(&put(index)?);
        done = part.range.end;
    }
    whole.push_str(&text[done..]);
    Some(whole)
}

fn is_url(text: &str) -> bool {
    authority(text).is_some()
}

/// Where the user and the host stand. Only what is a URL as a whole has any.
fn authority(text: &str) -> Option<Range<usize>> {
    let scheme = text.find("://")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    if scheme == 0 || !text[..scheme].chars().all(plain) || text.contains(char::is_whitespace) {
        return None;
    }
    let start = scheme + 3;
    let end = text[start..]
        .find(['/', '?', '#'])
        .map_or(text.len(), |at| start + at);
    if text[start..end].contains('@') {
        return Some(start..end);
    }
    // A password with a slash in it reads as a port that is no number.
    let port = text[start..end].rsplit_once(':').map(|(_, port)| port);
    let is_port = port.is_none_or(|port| {
        port.ends_with(']') || is_reference(port) || port.bytes().all(|b| b.is_ascii_digit())
    });
    match text[end..].rfind('@') {
        Some(at) if !is_port => {
            let host = end + at + 1;
            let after = text[host..].find(['/', '?', '#']);
            Some(start..after.map_or(text.len(), |at| host + at))
        }
        _ => Some(start..end),
    }
}

fn host(text: &str) -> Option<String> {
    let authority = authority(text)?;
    let scheme = &text[..authority.start];
    let host = text[authority].rsplit('@').next().unwrap_or_default();
    Some(format!("{scheme}{host}").to_lowercase())
}

/// What is not shown, in its order.
fn parts(text: &str) -> Vec<Part<'_>> {
    let Some(authority) = authority(text) else {
        return Vec::new();
    };
    let mut parts = Vec::new();
    if let Some(at) = text[authority.clone()].rfind('@') {
        let range = authority.start..authority.start + at;
        if !is_plain_user(&text[range.clone()]) {
            parts.push(Part {
                kind: Kind::User,
                name: "",
                range,
            });
        }
    }
    let rest = authority.end;
    let fragment = text[rest..].find('#').map_or(text.len(), |at| rest + at);
    if let Some(at) = text[rest..fragment].find('?') {
        pairs(text, rest + at + 1..fragment, Kind::Query, &mut parts);
    }
    if fragment < text.len() {
        pairs(text, fragment + 1..text.len(), Kind::Fragment, &mut parts);
    }
    parts
}

/// Nothing but names of secrets, and whom a secret is for.
fn is_plain_user(user: &str) -> bool {
    match user.split_once(':') {
        Some((_, password)) => is_reference(password),
        None => user.is_empty() || is_reference(user),
    }
}

fn pairs<'a>(text: &'a str, range: Range<usize>, kind: Kind, parts: &mut Vec<Part<'a>>) {
    let mut start = range.start;
    for item in text[range].split('&') {
        let end = start + item.len();
        let (name, value) = match item.split_once('=') {
            Some((name, _)) => (name, start + name.len() + 1..end),
            // A word alone is a place in a page, or a key.
            None if kind == Kind::Query => ("", start..end),
            None => ("", end..end),
        };
        if !value.is_empty() && !is_reference(&text[value.clone()]) {
            let range = value;
            parts.push(Part { kind, name, range });
        }
        start = end + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_shows_where_it_leads_and_not_who_signs_in() {
        for (text, wanted) in [
            ("https://user:pw99@a.example/v1", "https://•@a.example/v1"),
            ("https://token99@a.example:8443", "https://•@a.example:8443"),
            (
                "https://a.example/v1?key=s1&v=2",
                "https://a.example/v1?key=•&v=•",
            ),
            ("https://a.example/hook?s1", "https://a.example/hook?•"),
            (
                "http://127.0.0.1:1/#token=s1",
                "http://127.0.0.1:1/#token=•",
            ),
            ("socks5h://u:p@proxy:1080", "socks5h://•@proxy:1080"),
            ("https://u:p/w@a.example/x", "https://•@a.example/x"),
            ("https://u:p@w@a.example", "https://•@a.example"),
        ] {
            let wanted = wanted.replace('•', SENTINEL);
            assert_eq!(hidden(text), Some(wanted.clone()), "{text}");
            assert_eq!(restored(&wanted, text).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_has_no_secret_stays_as_it_is() {
        for text in [
            "https://a.example/v1",
            "https://a.example/@scope/package",
            "http://[::1]:8080/@x",
            "https://a.example/page#section",
            "https://me:${PASSWORD}@a.example/v1?key={{cred:KEY}}",
            "read https://u:p@a.example and go on",
            "user@a.example",
            "",
        ] {
            assert_eq!(hidden(text), None, "{text}");
        }
    }

    #[test]
    fn a_hidden_part_comes_back_to_its_own_host_alone() {
        let now = "https://u:p@a.example/v1?key=one&key=two";
        let shown = hidden(now).unwrap();
        let moved = shown.replace("/v1", "/v2");
        assert_eq!(
            restored(&moved, now).as_deref(),
            Some("https://u:p@a.example/v2?key=one&key=two")
        );
        for wrong in [
            shown.replace("a.example", "b.example"),
            shown.replace("https", "http"),
            shown.replace("key", "other"),
            shown.replacen(SENTINEL, &format!("x{SENTINEL}"), 1),
        ] {
            assert_eq!(restored(&wrong, now), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_looked_for_elsewhere_is_what_signs_in() {
        let url =
            "https://u:password9@a.example/?api-version=2024-02-01&sig=s1g&x=01234567890123456789";
        let found = to_look_for(url);
        assert_eq!(
            found,
            ["password9", "u:password9", "s1g", "01234567890123456789"]
        );
    }
}
