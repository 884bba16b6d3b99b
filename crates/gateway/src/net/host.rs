//! Whose name a request came under. Without authentication everyone on this machine is let in, also a page of another
//! site whose name was made to lead here (DNS rebinding): its requests carry that name.

use std::net::IpAddr;

use hyper::Request;
use hyper::header::HOST;
use hyper::http::uri::Authority;

/// What is said to a request that came under another name.
pub(super) const ELSEWHERE: &str =
    "without authentication this gateway answers to localhost and its own address alone\n";

/// Whether all that a request says about its host is this machine or the address it came in at.
pub(super) fn is_here<B>(request: &Request<B>, bound: IpAddr) -> bool {
    let said = request.headers().get_all(HOST).into_iter();
    let mut said = said.map(|value| value.to_str().ok()?.parse::<Authority>().ok());
    let in_line = request.uri().authority();
    request.headers().contains_key(HOST)
        && in_line.is_none_or(|authority| names(authority.host(), bound))
        && said.all(|authority| authority.is_some_and(|authority| names(authority.host(), bound)))
}

fn names(host: &str, bound: IpAddr) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if host == "localhost" || host.ends_with(".localhost") {
        return true;
    }
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let address = address
        .parse::<IpAddr>()
        .map(|address| address.to_canonical());
    address.is_ok_and(|address| address.is_loopback() || address == bound.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn came(uri: &str, hosts: &[&str]) -> bool {
        let mut request = Request::builder().uri(uri);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        is_here(&request.body(()).unwrap(), [192, 168, 1, 5].into())
    }

    #[test]
    fn names_and_addresses_of_this_machine_are_here_and_nothing_else_is() {
        for host in [
            "localhost",
            "LOCALHOST:18789",
            "localhost.",
            "app.localhost:1",
            "127.0.0.1:18789",
            "127.9.9.9",
            "[::1]:18789",
            "192.168.1.5:18789",
        ] {
            assert!(came("/metrics", &[host]), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:18789",
            "localhost.evil.example",
            "notlocalhost",
            "127.0.0.1.evil.example",
            "192.168.1.6",
            "0.0.0.0",
            "user@localhost@evil.example",
            "",
        ] {
            assert!(!came("/metrics", &[host]), "{host}");
        }
    }

    #[test]
    fn every_name_counts_and_none_is_none() {
        assert!(!came("/", &[]));
        assert!(!came("/", &["localhost", "evil.example"]));
        assert!(!came("http://evil.example/", &["localhost"]));
        assert!(came("http://localhost:1/", &["localhost"]));
    }
}
