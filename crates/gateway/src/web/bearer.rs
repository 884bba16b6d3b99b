//! Who makes an HTTP request: the bearer secret in its header, and where it comes from. Secrets in the address
//! are not looked at: addresses end in logs.

use std::net::SocketAddr;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use super::Web;
use crate::auth::{AuthMethod, Peer, Refusal};

impl Web {
    pub(super) fn peer(&self, from: SocketAddr, headers: &HeaderMap) -> Peer {
        let config = self.app.config.current();
        Peer::new(from.ip(), headers, &config.gateway.trusted_proxies)
    }

    /// Decides whether the request may go on.
    pub(super) async fn admit(
        &self,
        from: SocketAddr,
        headers: &HeaderMap,
    ) -> Result<AuthMethod, Refusal> {
        let peer = self.peer(from, headers);
        self.app.gatekeeper.admit_http(&peer, bearer(headers)).await
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = value.split_once(' ')?;
    let secret = secret.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !secret.is_empty()).then_some(secret)
}
