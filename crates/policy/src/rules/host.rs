//! Patterns of hosts and addresses of pages.

use super::command::{Matched, Reading};
use super::pattern::{Case, Pattern};
use super::url::UrlPattern;
use crate::effect::{Effect, EffectKind, Target};

/// `example.com`, `*.example.com` (every name below it), `^regex$`.
pub(crate) fn read_host(text: &str) -> Result<Pattern, String> {
    if text.contains('/') && !text.starts_with('^') {
        return Err("is an address; a host has no slash (use `urls` for addresses)".to_owned());
    }
    Pattern::read(text.trim_end_matches('.'), Case::Ignored)
}

/// Whether an effect reaches one of the hosts. None where it reaches no host.
pub(crate) fn on_hosts(patterns: &[Pattern], effect: &Effect, reading: Reading) -> Option<Matched> {
    let host = match &effect.target {
        Target::Host(host) => host.as_str(),
        Target::Url(url) => match host_of(url) {
            Some(host) => host,
            None => return Some(unknown(reading)),
        },
        _ if effect.kind == EffectKind::Network => return Some(unknown(reading)),
        _ => return None,
    };
    let host = host.trim_end_matches('.').trim_matches(['[', ']']);
    Some(patterns.iter().any(|pattern| pattern.matches(host)).into())
}

/// Whether an effect reaches one of the addresses. A host alone may be any address of it.
pub(crate) fn on_urls(
    patterns: &[UrlPattern],
    effect: &Effect,
    reading: Reading,
) -> Option<Matched> {
    match &effect.target {
        Target::Url(url) => {
            let any = patterns.iter().any(|pattern| pattern.matches(url, reading));
            Some(any.into())
        }
        _ if effect.kind == EffectKind::Network => Some(unknown(reading)),
        _ => None,
    }
}

fn unknown(reading: Reading) -> Matched {
    match reading {
        Reading::Loose => Matched::Maybe,
        Reading::Tight => Matched::No,
    }
}

/// The host of an address: after the scheme and a user, before a port, a path or a question mark.
pub(crate) fn host_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let place = authority.rsplit('@').next()?;
    let host = match place.strip_prefix('[') {
        Some(v6) => v6.split(']').next()?,
        None => place.split(':').next()?,
    };
    (!host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effect::Zone;

    fn reaches(pattern: &str, target: Target) -> Option<Matched> {
        let effect = Effect {
            kind: EffectKind::Network,
            target,
            zone: Zone::Elsewhere,
            secret: false,
            span: None,
            text: String::new(),
        };
        on_hosts(&[read_host(pattern).unwrap()], &effect, Reading::Loose)
    }

    #[test]
    fn a_host_is_found_in_an_address_whatever_stands_around_it() {
        for (url, host) in [
            ("https://Example.com/a", Some("Example.com")),
            ("https://user:pw@example.com:8443/a@b", Some("example.com")),
            ("https://good.test@evil.test/", Some("evil.test")),
            ("http://[::1]:80/", Some("::1")),
            ("https://evil.test\\@good.test/", Some("evil.test")),
            ("mailto:x", None),
        ] {
            assert_eq!(host_of(url), host, "{url}");
        }
    }

    #[test]
    fn hosts_match_by_name_whatever_the_case() {
        use Matched::{Maybe, No, Yes};
        let host = |text: &str| Target::Host(text.to_owned());
        assert_eq!(reaches("example.com", host("EXAMPLE.com.")), Some(Yes));
        assert_eq!(reaches("*.example.com", host("a.b.example.com")), Some(Yes));
        assert_eq!(reaches("*.example.com", host("example.com")), Some(No));
        assert_eq!(reaches("*.example.com", host("badexample.com")), Some(No));
        assert_eq!(reaches("example.com", Target::Unknown), Some(Maybe));
        assert!(read_host("example.com/a").is_err());
    }
}
