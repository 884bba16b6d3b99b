//! The origin check. A page of any site can open a WebSocket to this machine; the browser says from where, and
//! only pages that belong to this gateway may go on. Programs that are no browsers send no origin.

use gatehouse_protocol::{ConnectErrorCode, ErrorCode};
use url::Url;

use super::{Peer, Refusal};

/// Refuses a page that is neither served from this gateway's own address nor listed.
pub(crate) fn check(peer: &Peer, allowed: &[String]) -> Result<(), Refusal> {
    let Some(origin) = &peer.origin else {
        return Ok(());
    };
    if allowed
        .iter()
        .any(|listed| listed == "*" || same_origin(listed, origin))
    {
        return Ok(());
    }
    let own = peer
        .host
        .as_deref()
        .is_some_and(|host| Url::parse(origin).is_ok_and(|origin| serves(host, &origin)));
    if own {
        return Ok(());
    }
    Err(Refusal::new(
        ErrorCode::InvalidRequest,
        ConnectErrorCode::ControlUiOriginNotAllowed,
        "origin not allowed (open the control UI from this gateway, or add the origin to gateway.controlUi.allowedOrigins)",
    ))
}

fn same_origin(a: &str, b: &str) -> bool {
    match (Url::parse(a), Url::parse(b)) {
        (Ok(a), Ok(b)) => a.origin() == b.origin() && a.origin().is_tuple(),
        _ => false,
    }
}

/// Whether the page came from the host that it now talks to. Loopback names count as one, because a page
/// opened as `localhost` connects to `127.0.0.1`; a foreign name that resolves here (DNS rebinding) does not.
fn serves(host: &str, origin: &Url) -> bool {
    let Ok(own) = Url::parse(&format!("{}://{host}", origin.scheme())) else {
        return false;
    };
    let same_port = own.port_or_known_default() == origin.port_or_known_default();
    let names = (own.host_str(), origin.host_str());
    let (Some(own), Some(theirs)) = names else {
        return false;
    };
    let is_address = own.parse::<std::net::IpAddr>().is_ok() || own.starts_with('[');
    let both_local = is_local_name(own) && is_local_name(theirs);
    same_port && (both_local || (own == theirs && is_address))
}

fn is_local_name(name: &str) -> bool {
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(origin: &str, host: &str, allowed: &[&str]) -> bool {
        let mut headers = hyper::HeaderMap::new();
        headers.insert("origin", origin.parse().unwrap());
        headers.insert("host", host.parse().unwrap());
        let peer = Peer::new("127.0.0.1".parse().unwrap(), &headers, &[]);
        let allowed: Vec<String> = allowed.iter().map(|&origin| origin.to_owned()).collect();
        check(&peer, &allowed).is_ok()
    }

    #[test]
    fn only_pages_of_this_gateway_or_listed_ones_come_in() {
        assert!(outcome("http://127.0.0.1:18789", "127.0.0.1:18789", &[]));
        assert!(outcome("http://localhost:18789", "127.0.0.1:18789", &[]));
        assert!(outcome("http://192.168.1.4:1", "192.168.1.4:1", &[]));
        assert!(outcome(
            "https://ui.example",
            "127.0.0.1:18789",
            &["https://ui.example"]
        ));
        for (origin, host) in [
            ("https://evil.example", "127.0.0.1:18789"),
            ("http://localhost:3000", "127.0.0.1:18789"),
            ("null", "127.0.0.1:18789"),
            // The page's own name resolves to this machine: rebinding.
            ("http://evil.example:18789", "evil.example:18789"),
        ] {
            assert!(!outcome(origin, host, &[]), "{origin} to {host}");
        }
    }
}
