//! Who it is, before pairing: by a proxy's word, by the shared secret, by a device token or by a setup code.

use std::sync::Arc;

use gatehouse_protocol::{Role, Secret};

use super::refusals::{
    device_token_mismatch, mismatch, missing, scope_mismatch, setup_code_invalid, store_failed,
};
use super::tally::Tally;
use super::{
    Attempt, AuthMethod, AuthSettings, GateRules, Gatekeeper, Guessed, IssuedToken, Refusal,
    SetupCode, SharedSecret, covers, identity,
};

/// Who it is, before pairing.
pub(super) struct Known {
    pub(super) method: AuthMethod,
    pub(super) user: Option<String>,
    /// The shared secret as it was presented.
    pub(super) secret: Option<Secret>,
    /// What the device token that was presented allows.
    pub(super) token: Option<TokenGrant>,
    pub(super) setup: Option<Box<SetupCode>>,
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
        tally: &mut Tally<'_>,
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
        self.by_secret(rules, attempt, device, role, tally).await
    }

    /// By what only its holder knows. A shared secret that was given and is wrong is a guess also where something else
    /// lets its giver in.
    async fn by_secret(
        &self,
        rules: &GateRules,
        attempt: &Attempt<'_>,
        device: Option<&str>,
        role: &Role,
        tally: &mut Tally<'_>,
    ) -> Result<Known, Refusal> {
        let auth = &attempt.request.auth;
        let wrong = match self.by_shared_secret(&rules.settings, attempt, tally).await {
            Compared::Right(known) => return Ok(known),
            Compared::Wrong(text) => Some(text),
            Compared::Not => None,
        };
        let found = match device {
            Some(device) => self.device_token(attempt, device, role, tally).await,
            None => Ok(None),
        };
        let own = found.as_ref().ok().and_then(Option::as_ref);
        if wrong.is_some_and(|wrong| !own.is_some_and(|own| own.token.same_as(wrong))) {
            tally.missed(Guessed::SharedSecret);
        }
        if let Some(grant) = found? {
            tally.right(Guessed::DeviceToken);
            return by_device_token(attempt, grant);
        }
        if let Some(device) = device
            && let Some(code) = &auth.bootstrap_token
        {
            return self.by_setup_code(code, device, tally).await;
        }
        Err(tally
            .refusal()
            .unwrap_or_else(|| unknown(&rules.settings, attempt)))
    }

    async fn by_shared_secret<'a>(
        &self,
        settings: &AuthSettings,
        attempt: &Attempt<'a>,
        tally: &mut Tally<'_>,
    ) -> Compared<'a> {
        let auth = &attempt.request.auth;
        let (secret, method, first, second) = match settings {
            AuthSettings::None | AuthSettings::TrustedProxy { local: None, .. } => {
                return Compared::Not;
            }
            AuthSettings::Token(secret) => (secret, AuthMethod::Token, &auth.token, &auth.password),
            AuthSettings::Password(secret)
            | AuthSettings::TrustedProxy {
                local: Some(secret),
                ..
            } => (secret, AuthMethod::Password, &auth.password, &auth.token),
        };
        let Some(presented) = first.as_ref().or(second.as_ref()) else {
            return Compared::Not;
        };
        match self.is_secret(secret, presented.expose(), tally).await {
            None => Compared::Not,
            Some(false) => Compared::Wrong(presented),
            Some(true) => {
                tally.right(Guessed::SharedSecret);
                Compared::Right(Known {
                    secret: Some(presented.clone()),
                    ..Known::by(method)
                })
            }
        }
    }

    /// What the device token that was presented allows, if it is one of this device in this role.
    async fn device_token(
        &self,
        attempt: &Attempt<'_>,
        device: &str,
        role: &Role,
        tally: &mut Tally<'_>,
    ) -> Result<Option<TokenGrant>, Refusal> {
        let auth = &attempt.request.auth;
        let presented = auth.device_token.as_ref().or(auth.token.as_ref());
        let Some(presented) = presented else {
            return Ok(None);
        };
        if tally.is_locked(Guessed::DeviceToken).await {
            return Ok(None);
        }
        let found = self
            .desk
            .token(device, role.as_str(), presented.expose())
            .await;
        let Some(found) = found.map_err(store_failed)? else {
            if auth.device_token.is_some() {
                tally.missed(Guessed::DeviceToken);
            }
            return Ok(None);
        };
        Ok(Some(TokenGrant {
            token: presented.clone(),
            scopes: serde_json::from_str(&found.scopes).unwrap_or_default(),
            issued_at_ms: u64::try_from(found.created_at).unwrap_or_default(),
        }))
    }

    async fn by_setup_code(
        &self,
        code: &Secret,
        device: &str,
        tally: &mut Tally<'_>,
    ) -> Result<Known, Refusal> {
        if tally.is_locked(Guessed::SetupCode).await {
            return Err(tally.refusal().unwrap_or_else(setup_code_invalid));
        }
        let taken = self
            .desk
            .take_setup_code(code.expose(), device)
            .await
            .map_err(store_failed)?;
        let setup = taken.and_then(|json| serde_json::from_str(&json).ok());
        let Some(setup) = setup else {
            tally.missed(Guessed::SetupCode);
            return Err(setup_code_invalid());
        };
        tally.right(Guessed::SetupCode);
        Ok(Known {
            secret: Some(code.clone()),
            setup: Some(Box::new(setup)),
            ..Known::by(AuthMethod::BootstrapToken)
        })
    }

    pub(super) async fn compare(
        &self,
        secret: &SharedSecret,
        text: &str,
        method: AuthMethod,
        tally: &mut Tally<'_>,
    ) -> Result<AuthMethod, Refusal> {
        match self.is_secret(secret, text, tally).await {
            Some(true) => {
                tally.right(Guessed::SharedSecret);
                Ok(method)
            }
            Some(false) => {
                tally.missed(Guessed::SharedSecret);
                Err(mismatch(method.as_str(), false))
            }
            None => Err(tally
                .refusal()
                .unwrap_or_else(|| mismatch(method.as_str(), false))),
        }
    }

    /// Whether a text is the shared secret; none when it is not looked at. A slow hash is derived off the async threads,
    /// few at a time, and only until it was right once.
    async fn is_secret(
        &self,
        secret: &SharedSecret,
        text: &str,
        tally: &mut Tally<'_>,
    ) -> Option<bool> {
        if tally.is_locked(Guessed::SharedSecret).await {
            return None;
        }
        if !secret.is_slow() {
            return Some(secret.matches(text));
        }
        if self.proven.get().is_some_and(|proven| proven.matches(text)) {
            return Some(true);
        }
        let (secret, Some(text)) = (secret.clone(), Secret::new(text)) else {
            return Some(false);
        };
        let turn = Arc::clone(&self.deriving).acquire_owned().await.ok()?;
        // Others of the same address may have guessed meanwhile.
        if tally.is_locked(Guessed::SharedSecret).await {
            return None;
        }
        let proven = Arc::clone(&self.proven);
        let derived = tokio::task::spawn_blocking(move || {
            // With the derivation, which goes on when whoever asked is gone.
            let _turn = turn;
            let right = secret.matches(text.expose());
            if right {
                // Another connect may have been first with the same answer.
                let _ = proven.set(SharedSecret::of(text.expose()));
            }
            right
        });
        Some(derived.await.unwrap_or(false))
    }
}

/// What came of a shared secret.
enum Compared<'a> {
    Right(Known),
    Wrong(&'a Secret),
    /// None was given, or it is not looked at.
    Not,
}

/// What a good device token lets in, if it covers what is asked.
fn by_device_token(attempt: &Attempt<'_>, grant: TokenGrant) -> Result<Known, Refusal> {
    let asked = attempt.request.scopes.as_deref().unwrap_or_default();
    if !covers(&grant.scopes, asked) {
        return Err(scope_mismatch(asked, &grant.scopes));
    }
    Ok(Known {
        token: Some(grant),
        ..Known::by(AuthMethod::DeviceToken)
    })
}

/// What is said to one whom nothing let in.
fn unknown(settings: &AuthSettings, attempt: &Attempt<'_>) -> Refusal {
    let auth = &attempt.request.auth;
    let what = match settings {
        AuthSettings::Token(_) => "token",
        _ => "password",
    };
    let has_token = auth.signed_secret().is_some();
    if what == "token" && !has_token && auth.password.is_some() {
        return missing(what);
    }
    match (has_token || auth.password.is_some(), &auth.device_token) {
        (true, Some(_)) => device_token_mismatch(),
        (true, None) => {
            let has_device = attempt.request.device.is_some();
            mismatch(what, what == "token" && has_device && has_token)
        }
        (false, _) => missing(what),
    }
}
