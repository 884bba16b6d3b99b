//! Where secrets come from, and which of them a connect presents. They are loaded for each attempt and
//! dropped after it; nothing here keeps one.

use async_trait::async_trait;
use gatehouse_protocol::{ConnectAuth, DeviceKey, DeviceToken, Role, Scope, Secret};

/// All that is known for one gateway.
pub struct Credentials {
    /// The gateway's shared token.
    pub token: Option<Secret>,
    pub password: Option<Secret>,
    /// Of a setup code; good for one pairing.
    pub bootstrap_token: Option<Secret>,
    /// Issued by the gateway to this device.
    pub device_token: Option<DeviceToken>,
    /// Proves who this device is. Gateways take a `gateway-client` in `backend` mode without one, on the
    /// loopback interface and with the shared secret; anyone else has to have it.
    pub device_key: Option<DeviceKey>,
}

/// Why secrets could not be loaded or kept.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// A person has to unlock the keychain.
    #[error("the keychain is locked")]
    Locked,
    /// There is no keychain, or it does not answer.
    #[error("the keychain is not available: {0}")]
    Unavailable(String),
    /// It answers, and there is nothing for this gateway.
    #[error("no credential is stored for this gateway")]
    Missing,
}

/// The keeper of one gateway's secrets.
#[async_trait]
pub trait CredentialSource: Send + Sync + 'static {
    async fn load(&self) -> Result<Credentials, CredentialError>;
    /// A gateway issued a token to this device.
    async fn keep_device_token(&self, token: DeviceToken) -> Result<(), CredentialError>;
    /// A gateway does not know the device token any more.
    async fn forget_device_token(&self) -> Result<(), CredentialError>;
    /// The bootstrap token did its work; it is worth nothing now.
    async fn bootstrap_used(&self) -> Result<(), CredentialError>;
}

/// What one connect presents.
pub(crate) struct Selected {
    pub(crate) auth: ConnectAuth,
    pub(crate) scopes: Vec<Scope>,
    /// The stored device token is (part of) what is presented.
    pub(crate) uses_device_token: bool,
    pub(crate) purpose: Purpose,
}

/// What a connect is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To work with the gateway.
    Operate,
    /// To trade a setup code for an operator token. Gateways hand it out to a node that asks for no
    /// scopes; an operator that presents a setup code is refused ("Handshake" of the protocol, seen in 2026.9.6).
    Handoff,
}

impl Purpose {
    pub(crate) fn role(self) -> Role {
        match self {
            Self::Operate => Role::Operator,
            Self::Handoff => Role::Node,
        }
    }
}

/// Selects what to present, in the documented order ("Auth" of the protocol's auth page): a password
/// always goes along; `auth.token` is the shared token, else the device token; the bootstrap token
/// only when there is nothing else. `retry_with_device_token` adds the device token once, after the
/// shared token was refused.
pub(crate) fn select(
    credentials: &Credentials,
    wanted: &[Scope],
    retry_with_device_token: bool,
) -> Selected {
    let stored = credentials.device_token.as_ref();
    let alone = credentials.token.is_none() && credentials.password.is_none();
    let device = stored.filter(|_| alone || retry_with_device_token);
    let device_secret = device.map(|device| device.token.clone());
    let token = credentials.token.clone().or_else(|| device_secret.clone());
    let bootstrap_token = (token.is_none() && credentials.password.is_none())
        .then(|| credentials.bootstrap_token.clone())
        .flatten();
    let purpose = match bootstrap_token {
        Some(_) => Purpose::Handoff,
        None => Purpose::Operate,
    };
    // A device token was granted a set of scopes; asking for others would start a new pairing.
    let granted = device.filter(|device| alone && !device.scopes.is_empty());
    let scopes = match (purpose, granted) {
        (Purpose::Handoff, _) => Vec::new(),
        (_, Some(device)) => device
            .scopes
            .iter()
            .map(|s| Scope::from(s.as_str()))
            .collect(),
        (_, None) => wanted.to_vec(),
    };
    Selected {
        uses_device_token: device.is_some(),
        purpose,
        auth: ConnectAuth {
            token,
            bootstrap_token,
            device_token: device_secret,
            password: credentials.password.clone(),
        },
        scopes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Case {
        token: Option<&'static str>,
        password: Option<&'static str>,
        bootstrap: Option<&'static str>,
        device: Option<&'static str>,
        retry: bool,
    }

    const NONE: Case = Case {
        token: None,
        password: None,
        bootstrap: None,
        device: None,
        retry: false,
    };

    fn selected(case: Case) -> Selected {
        let secret = |text: Option<&str>| text.and_then(Secret::new);
        let credentials = Credentials {
            token: secret(case.token),
            password: secret(case.password),
            bootstrap_token: secret(case.bootstrap),
            device_token: secret(case.device).map(|token| DeviceToken {
                token,
                role: "operator".into(),
                scopes: vec!["operator.read".into()],
                issued_at_ms: None,
            }),
            device_key: Some(DeviceKey::from_seed([1; 32])),
        };
        select(&credentials, &[Scope::Read, Scope::Approvals], case.retry)
    }

    /// Expected: `auth.token`, `auth.deviceToken`, `auth.password`, `auth.bootstrapToken`, signed.
    fn check(case: Case, expected: [Option<&str>; 5]) {
        let auth = selected(case).auth;
        let text = |secret: &Option<Secret>| secret.as_ref().map(|s| s.expose().to_owned());
        let found = [
            text(&auth.token),
            text(&auth.device_token),
            text(&auth.password),
            text(&auth.bootstrap_token),
            auth.signed_secret().map(|s| s.expose().to_owned()),
        ];
        assert_eq!(found.each_ref().map(Option::as_deref), expected);
    }

    #[test]
    fn credentials_are_presented_in_the_documented_order() {
        let (t, p, b, d) = (Some("t"), Some("p"), Some("b"), Some("d"));
        check(
            Case {
                token: t,
                device: d,
                ..NONE
            },
            [t, None, None, None, t],
        );
        check(
            Case {
                token: t,
                password: p,
                bootstrap: b,
                ..NONE
            },
            [t, None, p, None, t],
        );
        check(
            Case {
                password: p,
                device: d,
                bootstrap: b,
                ..NONE
            },
            [None, None, p, None, None],
        );
        check(
            Case {
                device: d,
                bootstrap: b,
                ..NONE
            },
            [d, d, None, None, d],
        );
        check(
            Case {
                bootstrap: b,
                ..NONE
            },
            [None, None, None, b, b],
        );
        check(NONE, [None; 5]);
    }

    #[test]
    fn the_retry_presents_both_tokens_and_signs_the_shared_one() {
        let (t, d) = (Some("t"), Some("d"));
        check(
            Case {
                token: t,
                device: d,
                retry: true,
                ..NONE
            },
            [t, d, None, None, t],
        );
    }

    #[test]
    fn a_device_token_alone_asks_for_the_scopes_it_was_granted() {
        let alone = selected(Case {
            device: Some("d"),
            ..NONE
        });
        assert_eq!(alone.scopes, [Scope::Read]);
        let shared = selected(Case {
            token: Some("t"),
            device: Some("d"),
            ..NONE
        });
        assert_eq!(shared.scopes, [Scope::Read, Scope::Approvals]);
    }
}
