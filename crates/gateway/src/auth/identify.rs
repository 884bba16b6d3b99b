//! Who it is, before pairing: by a proxy's word, by the shared secret, by a device token or by a setup code.

use std::sync::Arc;

use gatehouse_protocol::{ConnectErrorCode, Role, Secret};

use super::refusals::{device_token_mismatch, mismatch, missing, scope_mismatch, store_failed};
use super::{
    Attempt, AuthMethod, AuthSettings, GateRules, Gatekeeper, IssuedToken, Refusal, SetupCode,
    SharedSecret, covers, identity,
};

/// Who it is, before pairing.
pub(super) struct Known {
    pub(super) method: AuthMethod,
    pub(super) user: Option<String>,
    /// The shared secret as it was presented.
    pub(super) secret: Option<Secret>,
    /// What the device token that was presented allows.
    pub(super) token: Option<TokenGrant>,
    pub(super) setup: Option<SetupCode>,
}

pub(super) struct TokenGrant {
    pub(super) token: Secret,
    pub(super) scopes: Vec<String>,
    pub(super) issued_at_ms: u64,
}

impl Known {
    fn by(method: AuthMethod) -> Self {
        Self {
            method,
            user: None,
            secret: None,
            token: None,
            setup: None,
        }
    }
}

impl TokenGrant {
    pub(super) fn issued(&self, role: &Role) -> IssuedToken {
        IssuedToken {
            token: self.token.clone(),
            role: role.as_str().to_owned(),
            scopes: self.scopes.clone(),
            issued_at_ms: self.issued_at_ms,
        }
    }
}

impl Gatekeeper {
    pub(super) async fn identify(
        &self,
        rules: &GateRules,
        attempt: &Attempt<'_>,
        device: Option<&str>,
        role: &Role,
    ) -> Result<Known, Refusal> {
        let auth = &attempt.request.auth;
        if let AuthSettings::TrustedProxy {
            rules: proxy,
            proxies,
            local,
        } = &rules.settings
            && (local.is_none() || !attempt.peer.is_local())
        {
            let user = identity::proxied_user(attempt.peer, proxy, proxies)?;
            return Ok(Known {
                user: Some(user),
                ..Known::by(AuthMethod::TrustedProxy)
            });
        }
        if rules.allow_tailscale
            && auth.signed_secret().is_none()
            && auth.password.is_none()
            && let Some((login, from)) = identity::claimed_by_serve(attempt.peer)
        {
            let user = self.tailscale.confirmed(&login, from).await?;
            return Ok(Known {
                user: Some(user),
                ..Known::by(AuthMethod::Tailscale)
            });
        }
        if matches!(rules.settings, AuthSettings::None) {
            // Something in between that is not known here may have brought anyone.
            let near = attempt.peer.is_local() || attempt.peer.trusted_proxy;
            return if near {
                Ok(Known::by(AuthMethod::None))
            } else {
                Err(missing("token"))
            };
        }
        if let Some(known) = self.by_shared_secret(&rules.settings, attempt).await {
            return Ok(known);
        }
        if let Some(device) = device {
            if let Some(known) = self.by_device_token(attempt, device, role).await? {
                return Ok(known);
            }
            if let Some(code) = &auth.bootstrap_token {
                return self.by_setup_code(code).await;
            }
        }
        let what = match rules.settings {
            AuthSettings::Token(_) => "token",
            _ => "password",
        };
        let presented = auth.signed_secret().is_some() || auth.password.is_some();
        if what == "token" && auth.signed_secret().is_none() && presented {
            // A password, which was compared all the same: whoever tries many is guessing.
            return Err(missing(what).guess());
        }
        Err(match (presented, &auth.device_token) {
            (true, Some(_)) => device_token_mismatch(),
            (true, None) => mismatch(what),
            (false, _) => missing(what),
        })
    }

    async fn by_shared_secret(
        &self,
        settings: &AuthSettings,
        attempt: &Attempt<'_>,
    ) -> Option<Known> {
        let auth = &attempt.request.auth;
        let (secret, method, first, second) = match settings {
            AuthSettings::None => return None,
            AuthSettings::Token(secret) => (secret, AuthMethod::Token, &auth.token, &auth.password),
            AuthSettings::Password(secret) => {
                (secret, AuthMethod::Password, &auth.password, &auth.token)
            }
            AuthSettings::TrustedProxy { local, .. } => {
                let secret = local.as_ref()?;
                (secret, AuthMethod::Password, &auth.password, &auth.token)
            }
        };
        let presented = first.as_ref().or(second.as_ref())?;
        if !self.is_secret(secret, presented.expose()).await {
            return None;
        }
        Some(Known {
            secret: Some(presented.clone()),
            ..Known::by(method)
        })
    }

    async fn by_device_token(
        &self,
        attempt: &Attempt<'_>,
        device: &str,
        role: &Role,
    ) -> Result<Option<Known>, Refusal> {
        let auth = &attempt.request.auth;
        let presented = auth.device_token.as_ref().or(auth.token.as_ref());
        let Some(presented) = presented else {
            return Ok(None);
        };
        let found = self
            .desk
            .token(device, role.as_str(), presented.expose())
            .await;
        let Some(found) = found.map_err(store_failed)? else {
            return Ok(None);
        };
        let scopes: Vec<String> = serde_json::from_str(&found.scopes).unwrap_or_default();
        let asked = attempt.request.scopes.clone().unwrap_or_default();
        if !covers(&scopes, &asked) {
            return Err(scope_mismatch(&asked, &scopes));
        }
        let grant = TokenGrant {
            token: presented.clone(),
            scopes,
            issued_at_ms: u64::try_from(found.created_at).unwrap_or_default(),
        };
        Ok(Some(Known {
            token: Some(grant),
            ..Known::by(AuthMethod::DeviceToken)
        }))
    }

    async fn by_setup_code(&self, code: &Secret) -> Result<Known, Refusal> {
        let taken = self
            .desk
            .take_setup_code(code.expose())
            .await
            .map_err(store_failed)?;
        let setup = taken.and_then(|json| serde_json::from_str(&json).ok());
        match setup {
            Some(setup) => Ok(Known {
                secret: Some(code.clone()),
                setup: Some(setup),
                ..Known::by(AuthMethod::BootstrapToken)
            }),
            None => Err(Refusal::unauthorized(
                ConnectErrorCode::AuthBootstrapTokenInvalid,
                "bootstrap_token_invalid",
                "bootstrap token invalid or expired (scan a fresh setup code)",
                "review_auth_configuration",
                false,
            )
            .guess()),
        }
    }

    pub(super) async fn compare(
        &self,
        secret: &SharedSecret,
        text: &str,
        method: AuthMethod,
    ) -> Result<AuthMethod, Refusal> {
        if self.is_secret(secret, text).await {
            Ok(method)
        } else {
            Err(mismatch(method.as_str()))
        }
    }

    /// Whether a text is the shared secret. A slow hash is derived off the async threads, and only until it
    /// was right once.
    async fn is_secret(&self, secret: &SharedSecret, text: &str) -> bool {
        if !secret.is_slow() {
            return secret.matches(text);
        }
        if self.proven.get().is_some_and(|proven| proven.matches(text)) {
            return true;
        }
        let (secret, text) = (secret.clone(), Secret::new(text));
        let Some(text) = text else {
            return false;
        };
        let proven = Arc::clone(&self.proven);
        let derived = tokio::task::spawn_blocking(move || {
            let right = secret.matches(text.expose());
            if right {
                // Another connect may have been first with the same answer.
                let _ = proven.set(SharedSecret::of(text.expose()));
            }
            right
        });
        derived.await.unwrap_or(false)
    }
}
