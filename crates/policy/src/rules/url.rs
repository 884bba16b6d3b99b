//! Patterns of addresses, held against what an address comes to and not against how it is written.

use super::command::Reading;
use super::pattern::{Case, Pattern};

/// `https://example.com/api/*`, in which `*` crosses slashes but not the end of the host, or `^regex$`.
#[derive(Debug, Clone)]
pub(crate) struct UrlPattern {
    whole: Pattern,
    /// Of a text with a host: what is before the path, and the rest.
    parts: Option<(Pattern, Pattern)>,
}

impl UrlPattern {
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let whole = Pattern::read(text, Case::Sensitive)?;
        let parts = split(text).filter(|_| !text.starts_with('^'));
        let parts = parts.map(|(place, rest)| {
            let place = without_usual_port(place);
            let any = rest.is_empty() && place.ends_with('*');
            let rest = Pattern::glob(if any { "*" } else { rest }, None, Case::Sensitive)?;
            Ok::<_, String>((Pattern::glob(place, None, Case::Ignored)?, rest))
        });
        let parts = parts.transpose()?;
        Ok(Self { whole, parts })
    }

    /// Loosely, one way to write the address that matches is enough; tightly, what it comes to has to.
    pub(crate) fn matches(&self, url: &str, reading: Reading) -> bool {
        let plain = plain(url);
        match (reading, &self.parts) {
            (Reading::Tight, Some(_)) => self.by_parts(&plain),
            (Reading::Tight, None) => self.whole.matches(url) && self.whole.matches(&plain),
            (Reading::Loose, _) => {
                let nobodys = without_user(&plain);
                let ways = [url, plain.as_str(), nobodys.as_str()];
                ways.iter()
                    .any(|way| self.whole.matches(way) || self.by_parts(way))
            }
        }
    }

    fn by_parts(&self, url: &str) -> bool {
        let (Some((place, rest)), Some((at, path))) = (&self.parts, split(url)) else {
            return false;
        };
        place.matches(at) && rest.matches(path)
    }
}

/// Scheme and host, and what comes after them.
fn split(url: &str) -> Option<(&str, &str)> {
    let begin = url.find("://")? + "://".len();
    let end = url[begin..].find(['/', '?', '#', '\\']);
    Some(url.split_at(end.map_or(url.len(), |end| begin + end)))
}

fn without_usual_port(place: &str) -> &str {
    let usual = match place.split_once("://") {
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("https") => ":443",
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("http") => ":80",
        _ => return place,
    };
    let short = place.strip_suffix(usual).unwrap_or(place);
    short.strip_suffix(':').unwrap_or(short)
}

fn without_user(url: &str) -> String {
    let Some((place, rest)) = split(url) else {
        return url.to_owned();
    };
    match (place.split_once("://"), place.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}{rest}"),
        _ => url.to_owned(),
    }
}

/// What an address comes to (RFC 3986, section 6.2.2): the usual port and the dots of the path gone, letters that need
/// no encoding as they are, the host in small letters, nothing after `#`.
fn plain(url: &str) -> String {
    let Some((place, rest)) = split(url) else {
        return url.to_owned();
    };
    let (user, host) = match place.rsplit_once('@') {
        Some((user, host)) => (format!("{user}@"), host.to_lowercase()),
        None => (String::new(), place.to_lowercase()),
    };
    let scheme = place.split("://").next().unwrap_or_default().to_lowercase();
    let full = match user.is_empty() {
        true => host,
        false => format!("{scheme}://{host}"),
    };
    let short = without_usual_port(&full).trim_end_matches('.');
    let place = match user.split_once("://") {
        Some((_, user)) => short.replacen("://", &format!("://{user}"), 1),
        None => short.to_owned(),
    };
    let rest = rest.split('#').next().unwrap_or_default();
    let (path, query) = match rest.split_once('?') {
        Some((path, query)) => (path, format!("?{}", decoded(query))),
        None => (rest, String::new()),
    };
    let path = without_dots(&decoded(&path.replace('\\', "/")));
    format!("{place}{path}{query}")
}

/// What is encoded and need not be: letters, digits, and `-._~`.
fn decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        let (before, encoded) = rest.split_at(at);
        out.push_str(before);
        let byte = encoded
            .get(1..3)
            .filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|hex| u8::from_str_radix(hex, 16).ok())
            .map(char::from)
            .filter(|c| c.is_ascii_alphanumeric() || "-._~".contains(*c));
        let taken = match byte {
            Some(c) => {
                out.push(c);
                3
            }
            None => {
                out.push('%');
                1
            }
        };
        rest = &encoded[taken..];
    }
    out.push_str(rest);
    out
}

fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let parts: Vec<&str> = path.split('/').collect();
    let last = parts.len() - 1;
    for (at, part) in parts.iter().enumerate() {
        let goes_up = *part == "..";
        if goes_up && kept.len() > 1 {
            kept.pop();
        }
        let is_dots = goes_up || *part == ".";
        if !is_dots {
            kept.push(part);
        } else if at == last {
            kept.push("");
        }
    }
    kept.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(pattern: &str, url: &str) -> (bool, bool) {
        let pattern = UrlPattern::read(pattern).unwrap();
        let [loose, tight] = [Reading::Loose, Reading::Tight].map(|how| pattern.matches(url, how));
        (loose, tight)
    }

    #[test]
    fn an_address_comes_to_the_same_however_it_is_written() {
        for (url, is) in [
            ("HTTPS://A.Example:443/v1/x", "https://a.example/v1/x"),
            ("http://a.example.:80/", "http://a.example/"),
            ("http://a.example:443/", "http://a.example:443/"),
            ("https://a.example/v0/../v1/./x/..", "https://a.example/v1/"),
            ("https://a.example/../../x", "https://a.example/x"),
            (
                "https://a.example/%76%31/%2e%2E/x%2fy%",
                "https://a.example/x%2fy%",
            ),
            (
                "https://A@B.example:443/ü%c3%bc?%61#x",
                "https://A@b.example/ü%c3%bc?a",
            ),
            ("https://a.example", "https://a.example"),
            ("https://a.example\\v1\\x", "https://a.example/v1/x"),
            ("nothing", "nothing"),
            ("://", "://"),
        ] {
            assert_eq!(plain(url), is, "{url}");
            assert_eq!(plain(&plain(url)), is, "once is enough: {url}");
        }
    }

    #[test]
    fn a_denial_is_not_walked_around_by_writing_the_address_another_way() {
        for url in [
            "https://a.example/v1/x",
            "https://a.example:443/v1/x",
            "https://A.EXAMPLE./v1/x",
            "https://a.example/%76%31/x",
            "https://a.example/v2/../v1/x",
            "https://me:pw@a.example/v1/x",
        ] {
            assert!(by("https://a.example/v1/*", url).0, "{url}");
        }
        assert!(!by("https://a.example/v1/*", "https://a.example/v2/x").0);
        assert!(by("https://a.example:443/*", "https://a.example/x").0);
        assert!(
            by(
                "^https://a\\.example/v1/.*$",
                "https://a.example:443/%76%31/x"
            )
            .0
        );
    }

    #[test]
    fn what_is_allowed_stays_at_its_host_and_below_its_path() {
        for (pattern, url, is_allowed) in [
            (
                "https://a.example/v1/*",
                "https://a.example/v1/x?y=/..",
                true,
            ),
            ("https://a.example/v1/*", "https://A.example:443/v1/x", true),
            (
                "https://a.example/v1/*",
                "https://a.example/v1/../admin",
                false,
            ),
            (
                "https://a.example/v1/*",
                "https://a.example/v1/%2e%2e/admin",
                false,
            ),
            ("https://a.example/v1/*", "https://me@a.example/v1/x", false),
            ("https://*.a.example/*", "https://b.a.example/x", true),
            (
                "https://*.a.example/*",
                "https://evil.test/.a.example/x",
                false,
            ),
            (
                "https://*.a.example/*",
                "https://evil.test?.a.example/x",
                false,
            ),
            ("https://*", "https://evil.test/x", true),
            ("https://a.example", "https://a.example", true),
            (
                "^https://a\\.example/v1/.*$",
                "https://a.example/v1/../admin",
                false,
            ),
        ] {
            assert_eq!(by(pattern, url).1, is_allowed, "{pattern} {url}");
        }
    }
}
