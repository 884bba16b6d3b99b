//! Who may sign in, and which requests come from our own page.

use std::net::SocketAddr;

use async_trait::async_trait;
use axum::http::HeaderMap;
use gatehouse_gateway::auth::AuthMethod;
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
        from: SocketAddr,
        headers: &HeaderMap,
        credential: Option<&Zeroizing<String>>,
    ) -> Result<Admission, Refusal>;

    /// The request that is answered now is of somebody who signed in before.
    fn known(&self) {}

    /// Whether the page that made a request with these headers may talk to the gateway. Also the guard against a name
    /// that was pointed at this machine afterwards.
    fn origin_allowed(&self, from: SocketAddr, headers: &HeaderMap) -> bool;
}

#[async_trait]
impl Door for gatehouse_gateway::Door {
    async fn admit(
        &self,
        from: SocketAddr,
        headers: &HeaderMap,
        credential: Option<&Zeroizing<String>>,
    ) -> Result<Admission, Refusal> {
        let secret = credential.map(|it| it.as_str());
        match gatehouse_gateway::Door::admit(self, from, headers, secret).await {
            Ok(AuthMethod::None) => Ok(Admission::Open),
            Ok(AuthMethod::Password) => Ok(Admission::Password),
            Ok(_) => Ok(Admission::Token),
            Err(refusal) => {
                Err(refusal
                    .error
                    .retry_after_ms
                    .map_or(Refusal::Unauthorized, |wait_ms| Refusal::Locked {
                        retry_after_s: wait_ms.div_ceil(1000),
                    }))
            }
        }
    }

    fn known(&self) {
        gatehouse_gateway::Door::known(self);
    }

    fn origin_allowed(&self, from: SocketAddr, headers: &HeaderMap) -> bool {
        gatehouse_gateway::Door::origin_allowed(self, from, headers)
    }
}

/// Whether a request was made by our own page.
///
/// A browser says in `Sec-Fetch-Site` where a request comes from, and sends `Origin` with each that is not a plain
/// read; neither can be set by a page. Without both it is no browser, and has no cookie that others could use.
pub(crate) fn is_same_site(door: &dyn Door, from: SocketAddr, headers: &HeaderMap) -> bool {
    let site = headers
        .get("sec-fetch-site")
        .and_then(|value| value.to_str().ok());
    matches!(site, None | Some("same-origin" | "none")) && door.origin_allowed(from, headers)
}
