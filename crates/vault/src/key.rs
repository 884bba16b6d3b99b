//! Names of secrets. A name is not secret: it is shown in the system's own keychain application.

use std::fmt;

use crate::VaultError;

/// What the entries are filed under in the keychain: the application's id.
pub const SERVICE: &str = "app.gatehouse.desktop";

/// The longest name. Windows allows 512 characters for a target name, which holds the service as well.
const LONGEST: usize = 256;

/// Names one secret, such as `gateway/4f1c…/token`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SecretKey(String);

/// The secrets that a gateway may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GatewaySecret {
    /// The shared token that the person gave.
    Token,
    /// The shared password that the person gave.
    Password,
    /// The one-time token out of a setup code.
    BootstrapToken,
    /// What the gateway gave this device when it was paired.
    DeviceToken,
    /// The private key that proves this device to that gateway.
    DeviceKey,
}

impl GatewaySecret {
    /// All of them, to forget a gateway whole.
    pub const ALL: [Self; 5] = [
        Self::Token,
        Self::Password,
        Self::BootstrapToken,
        Self::DeviceToken,
        Self::DeviceKey,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Password => "password",
            Self::BootstrapToken => "bootstrap-token",
            Self::DeviceToken => "device-token",
            Self::DeviceKey => "device-key",
        }
    }
}

impl SecretKey {
    /// A name of printable ASCII without spaces, its parts separated by `/`.
    pub fn new(account: impl Into<String>) -> Result<Self, VaultError> {
        let account = account.into();
        let parts_hold = account.split('/').all(|part| !part.is_empty());
        if account.len() <= LONGEST && parts_hold && account.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(Self(account))
        } else {
            Err(VaultError::BadKey)
        }
    }

    /// A gateway's secret. The id is our own name for the gateway.
    pub fn gateway(id: &str, secret: GatewaySecret) -> Result<Self, VaultError> {
        if id.contains('/') {
            return Err(VaultError::BadKey);
        }
        Self::new(format!("gateway/{id}/{}", secret.name()))
    }

    /// The private key that proves this device to every gateway.
    pub fn device_identity() -> Self {
        Self("device/identity".to_owned())
    }

    /// The account name in the keychain.
    pub fn account(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{GatewaySecret, SecretKey};

    #[test]
    fn a_gateways_secret_is_named_after_the_gateway() {
        let key = SecretKey::gateway("4f1c", GatewaySecret::Token).unwrap();
        assert_eq!(key.account(), "gateway/4f1c/token");
    }

    #[test]
    fn a_name_that_could_be_read_as_another_is_refused() {
        for bad in ["", "/", "a//b", "a b", "a\n", "gateway/é", &"x".repeat(300)] {
            assert!(
                SecretKey::new(bad).is_err(),
                "{bad:?} must not name a secret"
            );
        }
        assert!(SecretKey::gateway("a/b", GatewaySecret::Token).is_err());
        assert!(SecretKey::gateway("", GatewaySecret::Token).is_err());
    }
}
