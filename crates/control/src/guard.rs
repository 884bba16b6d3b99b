//! Who may sign in, and which requests come from our own page.

use std::net::SocketAddr;

use async_trait::async_trait;
use axum::http::{HeaderMap, header};
use zeroize::Zeroizing;

/// What the gateway says of a person who wants in.
pub enum Admission {
    /// Come in, without a credential: the gateway asks for none here.
    Open,
    /// Come in with this credential, as what the gateway takes it for.
    Token,
    Password,
}

/// Why somebody was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No credential, or a wrong one.
    Unauthorized,
    /// Too many wrong ones from this address. Seconds until the next is looked at.
    Locked { retry_after_s: u64 },
}

/// The gateway's own check of a credential: constant in time, and limited by address.
#[async_trait]
pub trait Door: Send + Sync {
    /// # Errors
    /// When the credential is missing or wrong, or the address is locked out.
    async fn admit(
        &self,
        peer: SocketAddr,
        credential: Option<&Zeroizing<String>>,
    ) -> Result<Admission, Refusal>;

    /// Whether a page at this origin may talk to the gateway that is addressed as `host`. Also the guard against
    /// a name that was pointed at this machine afterwards.
    fn origin_allowed(&self, origin: Option<&str>, host: &str) -> bool;
}

/// Whether a request that changes something was made by our own page.
///
/// A browser says in `Sec-Fetch-Site` where a request comes from, and sends `Origin` with each that is not a plain
/// read; neither can be set by a page. Without both it is no browser, and has no cookie that others could use.
pub(crate) fn is_same_site(door: &dyn Door, headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(host) = text(header::HOST) else {
        return false;
    };
    let site = headers
        .get("sec-fetch-site")
        .and_then(|value| value.to_str().ok());
    if !matches!(site, None | Some("same-origin" | "none")) {
        return false;
    }
    door.origin_allowed(text(header::ORIGIN), host)
}
