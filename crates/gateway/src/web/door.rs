//! The sign-in of the control UI: the same check, the same counting of failures and the same origins as for every
//! other client.

use std::net::SocketAddr;

use axum::http::HeaderMap;

use crate::auth::{AuthMethod, Peer, Refusal};
use crate::state::App;

/// Decides about people who sign in with a browser. Cheap to clone.
#[derive(Clone)]
pub struct Door(App);

impl Door {
    pub(super) fn new(app: App) -> Self {
        Self(app)
    }

    /// Whether somebody at this address, with these headers and this secret, may come in, and by what.
    pub async fn admit(
        &self,
        from: SocketAddr,
        headers: &HeaderMap,
        secret: Option<&str>,
    ) -> Result<AuthMethod, Refusal> {
        let peer = self.peer(from, headers);
        self.0.gatekeeper.admit_http(&peer, secret).await
    }

    /// Says that the request that is answered now is of somebody who signed in before, so that its connection is not
    /// taken for a stranger's.
    pub fn known(&self) {
        crate::net::admitted();
    }

    /// Whether a request with these headers was made by a page that may talk to this gateway.
    pub fn origin_allowed(&self, from: SocketAddr, headers: &HeaderMap) -> bool {
        self.0.gatekeeper.allows_origin(&self.peer(from, headers))
    }

    fn peer(&self, from: SocketAddr, headers: &HeaderMap) -> Peer {
        let config = self.0.config.current();
        Peer::new(from.ip(), headers, &config.gateway.trusted_proxies)
    }
}
