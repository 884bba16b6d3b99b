//! Who may come in, and as what. `Gatekeeper` decides about one connect from what the peer presented and
//! where it came from; the pieces it decides with have a file each. It never logs or answers a secret.

mod admit;
mod asked;
mod device;
mod failures;
mod gatekeeper;
#[cfg(test)]
mod gatekeeper_tests;
mod handoff;
mod identify;
mod identity;
mod issued;
mod origin;
mod pairing;
mod peer;
mod proof;
mod refusal;
mod refusals;
mod scopes;
mod setup_code;
mod shared;
mod tally;
mod token;

pub use device::{DeviceFacts, PairingFacts};
pub use failures::{FailureLimits, Failures, Guessed};
pub use gatekeeper::{Admission, Attempt, GateRules, Gatekeeper};
pub use handoff::Handoff;
pub use identity::IdentityRules;
pub use issued::IssuedToken;
pub(crate) use pairing::{PairingDesk, REQUEST_LIFETIME_MS, Request as PairingAsk};
pub use peer::Peer;
pub(crate) use peer::{canonical, network, scope_cap};
pub use refusal::Refusal;
pub(crate) use scopes::{covers, union, within};
pub(crate) use setup_code::{SetupCode, SetupUse};
pub use shared::{AuthSettings, SharedSecret};
pub use token::{random_token, token_hash};

/// How a connection was authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMethod {
    None,
    Token,
    Password,
    DeviceToken,
    BootstrapToken,
    Tailscale,
    TrustedProxy,
}

impl AuthMethod {
    /// The published name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Token => "token",
            Self::Password => "password",
            Self::DeviceToken => "device-token",
            Self::BootstrapToken => "bootstrap-token",
            Self::Tailscale => "tailscale",
            Self::TrustedProxy => "trusted-proxy",
        }
    }

    /// Whether it proves that the shared secret of this gateway is known.
    pub fn is_shared_secret(self) -> bool {
        matches!(self, Self::Token | Self::Password)
    }
}
