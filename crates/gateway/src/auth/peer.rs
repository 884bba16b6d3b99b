//! Where a connection comes from: the socket's own address, and what the headers of its upgrade add. A header
//! is evidence only from a proxy that is trusted; from anyone else it makes a local address count as remote.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hyper::HeaderMap;
use hyper::header::{FORWARDED, HOST, ORIGIN, USER_AGENT};
use ipnet::IpNet;

/// The other end of a connection.
#[derive(Debug, Clone)]
pub struct Peer {
    /// The address of the socket.
    pub socket: IpAddr,
    /// The client's own address, as far as it can be known.
    pub address: IpAddr,
    pub origin: Option<String>,
    pub host: Option<String>,
    pub user_agent: Option<String>,
    /// There was a proxy in between, or somebody says so.
    pub proxied: bool,
    /// The socket's other end is a proxy that is trusted.
    pub trusted_proxy: bool,
    /// What identity headers say; looked at only where the mode believes them.
    pub headers: HeaderMap,
    /// A trusted proxy said whose connection it passes on.
    pub is_attributed: bool,
}

/// The published name.
const SCOPES: &str = "x-openclaw-scopes";

impl Peer {
    /// Reads the head of a request.
    pub fn new(socket: IpAddr, headers: &HeaderMap, trusted_proxies: &[IpNet]) -> Self {
        let socket = canonical(socket);
        let text = |name: &hyper::header::HeaderName| {
            let value = headers.get(name)?.to_str().ok()?;
            Some(value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let proxied = headers.contains_key(FORWARDED)
            || headers.contains_key("x-real-ip")
            || headers
                .keys()
                .any(|name| name.as_str().starts_with("x-forwarded-"));
        let trusted_proxy = trusted_proxies.iter().any(|net| net.contains(&socket));
        let reported = (proxied && trusted_proxy)
            .then(|| forwarded_for(headers, trusted_proxies))
            .flatten();
        Self {
            socket,
            address: reported.unwrap_or(socket),
            origin: text(&ORIGIN),
            host: text(&HOST),
            user_agent: text(&USER_AGENT),
            proxied,
            trusted_proxy,
            headers: headers.clone(),
            is_attributed: reported.is_some_and(|address| !address.is_loopback()),
        }
    }

    /// A header that came once. One that came twice says nothing: the first may be the client's own, to which a proxy
    /// added its own.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return None;
        };
        Some(value.to_str().ok()?.trim()).filter(|value| !value.is_empty())
    }

    /// From this machine, with nothing in between.
    pub fn is_local(&self) -> bool {
        self.socket.is_loopback() && !self.proxied
    }
}

/// The scopes that whoever is in front caps a connection or a request at; an empty header allows none.
pub(crate) fn scope_cap(headers: &HeaderMap) -> Option<Vec<String>> {
    let values: Vec<_> = headers.get_all(SCOPES).iter().collect();
    if values.is_empty() {
        return None;
    }
    let names = values
        .iter()
        .flat_map(|value| value.to_str().unwrap_or_default().split(','));
    let named = names.map(str::trim).filter(|name| !name.is_empty());
    Some(named.map(str::to_owned).collect())
}

/// The last address in `X-Forwarded-For` that is no trusted proxy: what stands left of it anyone can write.
fn forwarded_for(headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    let values = headers.get_all("x-forwarded-for");
    let chain: Vec<&str> = values
        .iter()
        .flat_map(|value| value.to_str().unwrap_or_default().split(','))
        .collect();
    let is_trusted = |address: &IpAddr| trusted.iter().any(|net| net.contains(address));
    // Behind a word that is no address nothing is known: what stands left of it the client may have written.
    let mut known = chain.iter().rev().map_while(|part| reported(part));
    known.find(|address| !is_trusted(address))
}

/// An address as proxies write it, some with the port behind it.
fn reported(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let address = bare.unwrap_or(text).parse::<IpAddr>().ok();
    let with_port = || Some(text.parse::<std::net::SocketAddr>().ok()?.ip());
    address.or_else(with_port).map(canonical)
}

/// An IPv4 address that came over an IPv6 socket is an IPv4 address.
pub(crate) fn canonical(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(v4) => IpAddr::V4(Ipv4Addr::from(v4.octets())),
    }
}

/// What one customer of a network has: an IPv4 address, or the 64 bits of an IPv6 address behind which anyone may
/// number as many machines as they like (RFC 6177).
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match canonical(address) {
        IpAddr::V6(v6) if !v6.is_loopback() => {
            let prefix = u128::from(v6) & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from(prefix))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(socket: &str, headers: &[(&'static str, &str)], trusted: &[&str]) -> Peer {
        let map = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        let trusted: Vec<IpNet> = trusted.iter().map(|net| net.parse().unwrap()).collect();
        Peer::new(socket.parse().unwrap(), &map, &trusted)
    }

    #[test]
    fn a_forwarding_header_from_a_stranger_moves_no_address_but_ends_being_local() {
        let seen = peer("127.0.0.1", &[("x-forwarded-for", "10.0.0.9")], &[]);
        assert_eq!(seen.address.to_string(), "127.0.0.1");
        assert!(!seen.is_local());
    }

    #[test]
    fn behind_a_trusted_proxy_the_nearest_stranger_is_the_client() {
        let chain = [("x-forwarded-for", "6.6.6.6, 203.0.113.7, 10.0.0.2")];
        let seen = peer("10.0.0.1", &chain, &["10.0.0.0/8"]);
        assert_eq!(seen.address.to_string(), "203.0.113.7");
    }

    #[test]
    fn a_port_behind_an_address_is_no_address_less_and_behind_a_word_nothing_is_known() {
        for (chain, client) in [
            ("203.0.113.7:4711", "203.0.113.7"),
            ("6.6.6.6, 203.0.113.7:4711, 10.0.0.2:80", "203.0.113.7"),
            ("6.6.6.6, [2001:db8::7]:4711", "2001:db8::7"),
            ("6.6.6.6, unknown, 10.0.0.2", "10.0.0.1"),
        ] {
            let seen = peer("10.0.0.1", &[("x-forwarded-for", chain)], &["10.0.0.0/8"]);
            assert_eq!(seen.address.to_string(), client, "{chain}");
        }
    }

    #[test]
    fn a_mapped_loopback_address_is_local() {
        assert!(peer("::ffff:127.0.0.1", &[], &[]).is_local());
    }
}
