//! Who may come in, and as what. `Gatekeeper` decides about one connect from what the peer presented and
//! where it came from; the pieces it decides with have a file each. It never logs or answers a secret.

mod gatekeeper;
mod origin;
mod peer;
mod proof;
mod refusal;
mod shared;

pub use gatekeeper::{Admission, Attempt, Gatekeeper};
pub use peer::Peer;
pub(crate) use peer::canonical;
pub use refusal::Refusal;
pub use shared::{AuthSettings, SharedSecret};

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
    /// The name that the hello gives it.
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
