//! People whom somebody in front has identified: a reverse proxy that authenticates, or Tailscale Serve on this
//! machine. Their headers are believed only from where only they can come.

use std::net::IpAddr;

use gatehouse_protocol::ConnectErrorCode;
use ipnet::IpNet;

use super::{Peer, Refusal};

/// How a trusted proxy tells who it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdentityRules {
    pub user_header: String,
    pub required_headers: Vec<String>,
    /// Only these; none means all.
    pub allow_users: Vec<String>,
    pub allow_loopback: bool,
}

impl IdentityRules {
    /// Whether a person of this name may come in.
    pub(super) fn allows(&self, user: &str) -> bool {
        self.allow_users.is_empty() || self.allow_users.iter().any(|own| own == user)
    }
}

/// The person that a trusted proxy names.
pub(super) fn proxied_user(
    peer: &Peer,
    rules: &IdentityRules,
    proxies: &[IpNet],
) -> Result<String, Refusal> {
    let from_proxy = proxies.iter().any(|net| net.contains(&peer.socket));
    if !from_proxy {
        return Err(missing("trusted_proxy_untrusted_source"));
    }
    if peer.socket.is_loopback() && !rules.allow_loopback {
        let mut refusal = missing("trusted_proxy_untrusted_source");
        refusal.error.message = "a proxy on this machine is trusted with gateway.auth.trustedProxy.allowLoopback, which is not set".to_owned();
        return Err(refusal);
    }
    if !peer.is_attributed {
        let mut refusal = missing("proxy_attribution_required");
        refusal.error.message = "the proxy in front did not say whose connection it passes on: it must set X-Forwarded-For to the client's address".to_owned();
        return Err(refusal);
    }
    // These name nobody, and each proxy of a chain may have written one.
    let is_there = |name: &String| {
        let mut values = peer.headers.get_all(name).iter();
        values.any(|value| !value.as_bytes().trim_ascii().is_empty())
    };
    if !rules.required_headers.iter().all(is_there) {
        return Err(missing("trusted_proxy_missing_header"));
    }
    let user = peer.header(&rules.user_header);
    let user = user.ok_or_else(|| missing("trusted_proxy_user_missing"))?;
    match rules.allows(user) {
        true => Ok(user.to_owned()),
        false => Err(missing("trusted_proxy_user_not_allowed")),
    }
}

fn missing(reason: &str) -> Refusal {
    Refusal::unauthorized(
        ConnectErrorCode::AuthIdentityHeaderRequired,
        reason,
        "the proxy in front did not identify a person who may come in",
        "review_auth_configuration",
        false,
    )
}

/// What Tailscale Serve says about who is behind it: only from this machine, where Serve runs, and only with
/// the headers that it sets itself. The login still has to be confirmed by the local daemon.
pub(super) fn claimed_by_serve(peer: &Peer) -> Option<(String, IpAddr)> {
    let text = |name: &str| peer.header(name);
    if !peer.socket.is_loopback() {
        return None;
    }
    let login = text("tailscale-user-login")?;
    let from = text("x-forwarded-for")?
        .rsplit(',')
        .next()?
        .trim()
        .parse()
        .ok()?;
    (text("x-forwarded-proto").is_some() && text("x-forwarded-host").is_some())
        .then(|| (login.to_owned(), from))
}
