//! Decides about one connect: proof of the device, then the secret, then pairing, then what it may do.

use std::sync::Arc;

use gatehouse_protocol::device::{Challenge, DeviceId};
use gatehouse_protocol::serve::ConnectRequest;
use gatehouse_protocol::{ConnectErrorCode, ErrorCode, Role, Scope};
use serde_json::json;

use super::{AuthMethod, AuthSettings, Peer, Refusal, origin, proof};

/// A connect, as far as it was read.
pub struct Attempt<'a> {
    pub request: &'a ConnectRequest,
    pub challenge: &'a Challenge,
    pub peer: &'a Peer,
    pub now_ms: u64,
}

/// A connect that is let in.
pub struct Admission {
    pub role: Role,
    pub scopes: Vec<Scope>,
    pub method: AuthMethod,
    pub device: Option<DeviceId>,
    pub user: Option<String>,
}

/// Decides about connects. Cheap to clone.
#[derive(Clone)]
pub struct Gatekeeper {
    settings: Arc<AuthSettings>,
    allowed_origins: Arc<Vec<String>>,
}

impl Gatekeeper {
    pub fn new(settings: AuthSettings, allowed_origins: Vec<String>) -> Self {
        Self {
            settings: Arc::new(settings),
            allowed_origins: Arc::new(allowed_origins),
        }
    }

    /// What the hello calls the mode.
    pub fn mode(&self) -> &'static str {
        match *self.settings {
            AuthSettings::None => "none",
            AuthSettings::Token(_) => "token",
            AuthSettings::Password(_) => "password",
            AuthSettings::TrustedProxy { .. } => "trusted-proxy",
        }
    }

    /// Decides.
    pub async fn admit(&self, attempt: Attempt<'_>) -> Result<Admission, Refusal> {
        origin::check(attempt.peer, &self.allowed_origins)?;
        let role = role(attempt.request)?;
        let device = proof::check(attempt.request, attempt.challenge, attempt.now_ms)?;
        let method = self.authenticate(&attempt)?;
        let requested = attempt.request.scopes.iter().flatten();
        let scopes = requested.map(|scope| Scope::from(scope.as_str())).collect();
        Ok(Admission {
            role,
            scopes,
            method,
            device,
            user: None,
        })
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Result<AuthMethod, Refusal> {
        let auth = &attempt.request.auth;
        let presented = auth.token.as_ref().or(auth.password.as_ref());
        match &*self.settings {
            AuthSettings::None => Ok(AuthMethod::None),
            AuthSettings::Token(secret) => match presented {
                Some(text) if secret.matches(text.expose()) => Ok(AuthMethod::Token),
                Some(_) => Err(mismatch("token")),
                None => Err(missing("token")),
            },
            AuthSettings::Password(secret) => {
                match auth.password.as_ref().or(auth.token.as_ref()) {
                    Some(text) if secret.matches(text.expose()) => Ok(AuthMethod::Password),
                    Some(_) => Err(mismatch("password")),
                    None => Err(missing("password")),
                }
            }
            AuthSettings::TrustedProxy { .. } => Err(missing("proxy identity")),
        }
    }
}

fn role(request: &ConnectRequest) -> Result<Role, Refusal> {
    match Role::from(request.role()) {
        role @ (Role::Operator | Role::Node) => Ok(role),
        _ => Err(Refusal::from_error(crate::router::MethodError::invalid(
            "invalid role",
        ))),
    }
}

fn missing(what: &str) -> Refusal {
    let code = if what == "token" {
        ConnectErrorCode::AuthTokenMissing
    } else {
        ConnectErrorCode::AuthPasswordMissing
    };
    Refusal::unauthorized(
        code,
        &format!("{what}_missing"),
        &format!("gateway {what} missing (provide gateway auth {what})"),
        "update_auth_configuration",
        false,
    )
}

fn mismatch(what: &str) -> Refusal {
    let code = if what == "token" {
        ConnectErrorCode::AuthTokenMismatch
    } else {
        ConnectErrorCode::AuthPasswordMismatch
    };
    Refusal::unauthorized(
        code,
        &format!("{what}_mismatch"),
        &format!("gateway {what} mismatch (provide gateway auth {what})"),
        "retry_with_device_token",
        true,
    )
    .guess()
}

#[expect(dead_code, reason = "pairing uses it")]
fn not_paired(device: &DeviceId) -> Refusal {
    Refusal::new(
        ErrorCode::NotPaired,
        ConnectErrorCode::PairingRequired,
        "pairing required: device is not approved yet",
    )
    .detail("deviceId", json!(device.as_str()))
}
