//! Where a gateway is. Takes what people paste, keeps nothing secret of it, and refuses to speak in the
//! clear over a network that others may listen on. Recognising setup codes and tokens is not done here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// The address of a gateway: `ws` or `wss`, without user, password, query or fragment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GatewayUrl(Url);

/// Why an address cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("not an address")]
    Malformed,
    #[error("an address starts with ws, wss, http or https")]
    Scheme,
    #[error("an address names a host")]
    NoHost,
    #[error("a port is a number from 1 to 65535")]
    Port,
    #[error("an address has no second one in it")]
    Second,
}

impl GatewayUrl {
    /// Reads an address. `http` becomes `ws` and `https` becomes `wss`; credentials, query and
    /// fragment are dropped, so that a pasted dashboard link leaves no token behind.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let mut url = Url::parse(text.trim()).map_err(|error| match error {
            url::ParseError::InvalidPort => AddressError::Port,
            _ => AddressError::Malformed,
        })?;
        let scheme = match url.scheme() {
            "ws" | "http" => "ws",
            "wss" | "https" => "wss",
            _ => return Err(AddressError::Scheme),
        };
        url.set_scheme(scheme).map_err(|()| AddressError::Scheme)?;
        if url.host().is_none() {
            return Err(AddressError::NoHost);
        }
        if url.port() == Some(0) {
            return Err(AddressError::Port);
        }
        // What was pasted behind an address that was there already.
        if url.path().contains("://") {
            return Err(AddressError::Second);
        }
        url.set_fragment(None);
        url.set_query(None);
        url.set_username("").map_err(|()| AddressError::NoHost)?;
        url.set_password(None).map_err(|()| AddressError::NoHost)?;
        Ok(Self(url))
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub fn is_tls(&self) -> bool {
        self.0.scheme() == "wss"
    }

    /// Without brackets around an IPv6 address.
    pub fn host(&self) -> String {
        match self.0.host() {
            Some(Host::Domain(name)) => name.to_owned(),
            Some(Host::Ipv4(ip)) => ip.to_string(),
            Some(Host::Ipv6(ip)) => ip.to_string(),
            None => String::new(),
        }
    }

    pub fn port(&self) -> u16 {
        self.0
            .port_or_known_default()
            .unwrap_or(if self.is_tls() { 443 } else { 80 })
    }

    /// Whether nobody but this machine can listen.
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Domain(name)) => name.trim_end_matches('.') == "localhost",
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => as_v4(ip).map_or(ip.is_loopback(), |ip| ip.is_loopback()),
            None => false,
        }
    }

    /// Whether secrets may travel to it: TLS, or plain text to loopback, private, link-local and CGNAT
    /// addresses and to `.local` and `.ts.net` names, as the reference client has it.
    pub fn may_carry_secrets(&self) -> bool {
        if self.is_tls() || self.is_loopback() {
            return true;
        }
        match self.0.host() {
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.').to_ascii_lowercase();
                name.ends_with(".local") || name.ends_with(".ts.net")
            }
            Some(Host::Ipv4(ip)) => is_private(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => is_private(as_v4(ip).map_or(IpAddr::V6(ip), IpAddr::V4)),
            None => false,
        }
    }
}

impl std::fmt::Display for GatewayUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

fn as_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    ip.to_ipv4_mapped()
}

fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            // 100.64.0.0/10 is carrier-grade NAT (RFC 6598), which tailnets use.
            let carrier = a == 100 && (64..128).contains(&b);
            ip.is_loopback() || ip.is_private() || ip.is_link_local() || carrier
        }
        IpAddr::V6(ip) => {
            let first = ip.segments()[0];
            // fec0::/10 is the retired site-local range; the reference client still takes it.
            let site_local = first & 0xffc0 == 0xfec0;
            ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local() || site_local
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> GatewayUrl {
        GatewayUrl::parse(text).unwrap()
    }

    #[test]
    fn a_dashboard_link_leaves_no_secret_behind() {
        let parsed = url("http://user:pw@127.0.0.1:18789/chat?token=a#token=b");
        assert_eq!(parsed.as_str(), "ws://127.0.0.1:18789/chat");
    }

    #[test]
    fn an_address_behind_another_is_refused_and_a_path_is_not() {
        for twice in [
            "ws://127.0.0.1:28003/openclaw://gateway/add",
            "wss://gw.example.com/wss://gw.example.com",
            "http://127.0.0.1:18789/chat/http://127.0.0.1:18789/chat?token=a",
        ] {
            assert_eq!(
                GatewayUrl::parse(twice),
                Err(AddressError::Second),
                "{twice}"
            );
        }
        for once in [
            "wss://gw.example.com/base/path",
            "wss://gw.example.com//openclaw",
            "https://gw.example.com/chat?next=https://example.com/",
            "https://gw.example.com/#gatewayUrl=wss://gw.example.com",
        ] {
            assert!(GatewayUrl::parse(once).is_ok(), "{once}");
        }
    }

    #[test]
    fn plain_text_is_only_for_networks_of_ones_own() {
        let check = |text: &str, expected: bool| {
            assert_eq!(url(text).may_carry_secrets(), expected, "{text}");
        };
        for own in [
            "ws://127.0.0.1:1",
            "ws://localhost:1",
            "ws://[::1]:1",
            "ws://10.0.0.4",
            "ws://172.31.255.1",
            "ws://192.168.1.2",
            "ws://169.254.3.4",
            "ws://100.64.0.1",
            "ws://100.127.255.254",
            "ws://[fd00::1]",
            "ws://[fe80::1]",
            "ws://[::ffff:192.168.1.2]",
            "ws://nas.local",
            "ws://nas.local.",
            "ws://box.tail1234.ts.net",
            "wss://example.com",
        ] {
            check(own, true);
        }
        for foreign in [
            "ws://example.com",
            "ws://8.8.8.8",
            "ws://100.128.0.1",
            "ws://172.32.0.1",
            "ws://[2001:db8::1]",
            "ws://local",
            "ws://evil-ts.net",
            "ws://localhost.evil.com",
        ] {
            check(foreign, false);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        assert_eq!(GatewayUrl::parse("ftp://a"), Err(AddressError::Scheme));
        for address in ["ws://127.0.0.1:0", "wss://a:99999", "https://a:0/x"] {
            assert_eq!(
                GatewayUrl::parse(address),
                Err(AddressError::Port),
                "{address}"
            );
        }
        assert_eq!(
            GatewayUrl::parse("not an address"),
            Err(AddressError::Malformed)
        );
    }
}
