//! Which redirects are followed: those to what was judged, and allowed, with the call. Any other one ends the call and
//! is told, so that whoever wants the page there calls for it and is judged by that address.

use url::Url;

/// How a page that sends on elsewhere leads there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leads {
    /// To the same scheme, host and port.
    Within,
    /// To the very same page over TLS, both at the usual ports.
    Upgrade,
    Elsewhere,
}

pub(super) fn leads(from: &Url, to: &Url) -> Leads {
    if from.origin() == to.origin() {
        return Leads::Within;
    }
    let at_usual_ports = from.port().is_none() && to.port().is_none();
    let same_page =
        from.host() == to.host() && from.path() == to.path() && from.query() == to.query();
    if at_usual_ports && same_page && (from.scheme(), to.scheme()) == ("http", "https") {
        return Leads::Upgrade;
    }
    Leads::Elsewhere
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_page_over_tls_is_an_upgrade_and_only_the_same_origin_is_within() {
        use Leads::{Elsewhere, Upgrade, Within};
        for (from, to, wanted) in [
            ("http://a.example/x", "http://a.example/y?z", Within),
            ("http://a.example:80/x", "http://a.example/y", Within),
            ("https://a.example/x", "https://A.example:443/y", Within),
            ("http://a.example/x?q", "https://a.example/x?q", Upgrade),
            ("http://a.example:80/x", "https://a.example:443/x", Upgrade),
            ("http://a.example/x", "https://a.example/y", Elsewhere),
            ("http://a.example/x", "https://a.example/x?q", Elsewhere),
            ("https://a.example/x", "http://a.example/x", Elsewhere),
            ("http://a.example/x", "https://www.a.example/x", Elsewhere),
            ("http://a.example/x", "http://a.example:8080/x", Elsewhere),
            ("http://a.example:8080/x", "https://a.example/x", Elsewhere),
            ("http://a.example/x", "https://a.example:8443/x", Elsewhere),
        ] {
            let [parsed_from, parsed_to] = [from, to].map(|url| Url::parse(url).unwrap());
            assert_eq!(leads(&parsed_from, &parsed_to), wanted, "{from} {to}");
        }
    }
}
