//! Decides about one connect: where it comes from, the proof of its device, its credentials, pairing, and then
//! what it may do. The order is the order of the functions here.

use std::sync::{Arc, OnceLock};

use gatehouse_protocol::device::Challenge;
use gatehouse_protocol::serve::ConnectRequest;
use gatehouse_protocol::{ConnectErrorCode, ErrorCode, Role, Scope, Secret};
use gatehouse_store::StoreError;
use serde_json::json;
use tokio::sync::watch;

use super::pairing::{Decision, PairingDesk, Request};
use super::{
    AuthMethod, AuthSettings, FailureLimits, Failures, IssuedToken, PairingFacts, Peer, Refusal,
    SetupCode, SharedSecret, covers, identity, origin, proof,
};
use crate::broadcast::{Audience, Delivery, Event, EventKind, Hub};
use crate::router::MethodError;

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
    pub device: Option<String>,
    pub user: Option<String>,
    /// The token of this connection's role.
    pub issued: Option<IssuedToken>,
    /// Further ones, of a setup code's handoff.
    pub handoff: Vec<IssuedToken>,
}

/// What can change while the gateway runs.
#[derive(Clone)]
pub struct GateRules {
    pub settings: AuthSettings,
    pub allowed_origins: Vec<String>,
    pub failure_limits: FailureLimits,
    /// Pair devices of this machine without asking.
    pub auto_approve_local: bool,
    pub allow_tailscale: bool,
    /// Scopes that identified people have beside those of their device.
    pub identity_scopes: std::collections::BTreeMap<String, Vec<String>>,
}

/// Decides about connects. Cheap to clone.
#[derive(Clone)]
pub struct Gatekeeper {
    rules: watch::Receiver<Arc<GateRules>>,
    desk: PairingDesk,
    failures: Failures,
    hub: Hub,
    /// What tokens are derived from when no shared secret was presented: of this process alone.
    process_secret: Arc<Secret>,
    /// A password that was proven right, so that it is not derived anew for every connect.
    proven: Arc<OnceLock<SharedSecret>>,
}

/// Who it is, before pairing.
struct Known {
    method: AuthMethod,
    user: Option<String>,
    /// The shared secret as it was presented.
    secret: Option<Secret>,
    /// What the device token that was presented allows.
    token: Option<TokenGrant>,
    setup: Option<SetupCode>,
}

struct TokenGrant {
    token: Secret,
    scopes: Vec<String>,
    issued_at_ms: u64,
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

impl Gatekeeper {
    pub(crate) fn new(
        rules: watch::Receiver<Arc<GateRules>>,
        desk: PairingDesk,
        failures: Failures,
        hub: Hub,
        process_secret: Secret,
    ) -> Self {
        Self {
            rules,
            desk,
            failures,
            hub,
            process_secret: Arc::new(process_secret),
            proven: Arc::default(),
        }
    }

    /// What the hello calls the mode.
    pub fn mode(&self) -> &'static str {
        match self.rules().settings {
            AuthSettings::None => "none",
            AuthSettings::Token(_) => "token",
            AuthSettings::Password(_) => "password",
            AuthSettings::TrustedProxy { .. } => "trusted-proxy",
        }
    }

    fn rules(&self) -> Arc<GateRules> {
        self.rules.borrow().clone()
    }

    pub(crate) fn desk(&self) -> &PairingDesk {
        &self.desk
    }

    /// Decides about a connect.
    pub async fn admit(&self, attempt: Attempt<'_>) -> Result<Admission, Refusal> {
        let rules = self.rules();
        origin::check(attempt.peer, &rules.allowed_origins)?;
        let role = role(attempt.request)?;
        let who = counted_as(attempt.peer, &rules.failure_limits);
        if let Some(who) = &who
            && let Some(left) = self.failures.locked_for(who).await
        {
            return Err(Refusal::rate_limited(left));
        }
        let device = proof::check(attempt.request, attempt.challenge, attempt.now_ms)?;
        let device = device.map(|device| device.as_str().to_owned());
        let known = self
            .identify(&rules, &attempt, device.as_deref(), &role)
            .await;
        match (&known, &who) {
            (Err(refusal), Some(who)) if refusal.is_guess => {
                self.failures.failed(who, rules.failure_limits);
            }
            (Ok(_), Some(who)) => self.failures.succeeded(who),
            _ => {}
        }
        let known = known?;
        match device {
            Some(device) => {
                self.admit_device(&rules, &attempt, role, device, known)
                    .await
            }
            None => admit_without_device(&rules, &attempt, role, known),
        }
    }

    /// Decides about an HTTP request by its bearer secret. Returns how it was authenticated.
    pub(crate) async fn admit_http(
        &self,
        peer: &Peer,
        bearer: Option<&str>,
    ) -> Result<AuthMethod, Refusal> {
        let rules = self.rules();
        origin::check(peer, &rules.allowed_origins)?;
        let who = counted_as(peer, &rules.failure_limits);
        if let Some(who) = &who
            && let Some(left) = self.failures.locked_for(who).await
        {
            return Err(Refusal::rate_limited(left));
        }
        let outcome = match (&rules.settings, bearer) {
            (AuthSettings::None, _) if peer.is_local() => Ok(AuthMethod::None),
            (AuthSettings::None, _) => Err(missing("token")),
            (
                AuthSettings::TrustedProxy {
                    rules,
                    proxies,
                    local,
                },
                bearer,
            ) => match (local, bearer) {
                (Some(secret), Some(text)) if peer.is_local() => {
                    self.compare(secret, text, AuthMethod::Password).await
                }
                _ => identity::proxied_user(peer, rules, proxies).map(|_| AuthMethod::TrustedProxy),
            },
            (AuthSettings::Token(secret), Some(text)) => {
                self.compare(secret, text, AuthMethod::Token).await
            }
            (AuthSettings::Password(secret), Some(text)) => {
                self.compare(secret, text, AuthMethod::Password).await
            }
            (AuthSettings::Token(_), None) => Err(missing("token")),
            (AuthSettings::Password(_), None) => Err(missing("password")),
        };
        if let (Err(refusal), Some(who)) = (&outcome, &who)
            && refusal.is_guess
        {
            self.failures.failed(who, rules.failure_limits);
        }
        outcome
    }

    async fn compare(
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

    async fn identify(
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
            let user = crate::tailscale::confirmed(&login, from).await?;
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

    async fn admit_device(
        &self,
        rules: &GateRules,
        attempt: &Attempt<'_>,
        role: Role,
        device: String,
        known: Known,
    ) -> Result<Admission, Refusal> {
        let scopes = asked_for(attempt.request, &known);
        let proof = attempt.request.device.as_ref();
        let ask = Request {
            device_id: &device,
            public_key: proof.map_or("", |proof| &proof.public_key),
            role: role.as_str(),
            scopes: &scopes,
            client: &attempt.request.client,
            remote_ip: (!attempt.peer.address.is_loopback())
                .then(|| attempt.peer.address.to_string()),
        };
        if is_local_backend(attempt, &known) {
            // A program of this machine that already knows the secret leaves no record behind.
            let token = known.token.as_ref().map(|grant| grant.issued(&role));
            return Ok(admission(
                rules,
                role.clone(),
                &scopes,
                Some(device),
                &known,
                token,
            ));
        }
        let (record, facts) = match self.desk.look(&ask).await.map_err(store_failed)? {
            Decision::Paired(record, facts) => (record, facts),
            Decision::Wanting {
                reason,
                known: before,
            } => {
                let via = if known.setup.is_some() {
                    "setup-code"
                } else if pairs_silently(rules, attempt, &role, &known, reason, before.is_some()) {
                    "silent"
                } else {
                    return Err(self.ask_a_person(&ask, reason, before.is_some()).await);
                };
                let paired = self
                    .desk
                    .pair(&ask, before, via)
                    .await
                    .map_err(store_failed)?;
                tracing::info!(device, via, role = ask.role, "a device was paired");
                paired
            }
        };
        let issued = match &known.token {
            Some(grant) => Some(grant.issued(&role)),
            None => {
                let secret = known.secret.as_ref().unwrap_or(&self.process_secret);
                let issued =
                    self.desk
                        .issue(&record, &facts, role.as_str(), &scopes, secret.expose());
                issued.await.map_err(store_failed)?
            }
        };
        let mut admitted = admission(
            rules,
            role.clone(),
            &scopes,
            Some(device.clone()),
            &known,
            issued,
        );
        if let Some(setup) = &known.setup {
            admitted.handoff = self
                .hand_off(&ask, setup, &known)
                .await
                .map_err(store_failed)?;
        }
        let desk = self.desk.clone();
        tokio::spawn(async move { desk.seen(&device).await });
        Ok(admitted)
    }

    /// The operator's half of a setup code: the same device, a second role.
    async fn hand_off(
        &self,
        ask: &Request<'_>,
        setup: &SetupCode,
        known: &Known,
    ) -> Result<Vec<IssuedToken>, StoreError> {
        let scopes = setup.operator_scopes();
        let Some(secret) = known.secret.as_ref().filter(|_| !scopes.is_empty()) else {
            return Ok(Vec::new());
        };
        let ask = Request {
            role: "operator",
            scopes: &scopes,
            remote_ip: ask.remote_ip.clone(),
            ..*ask
        };
        let before = match self.desk.look(&ask).await? {
            Decision::Paired(record, facts) => Some((record, facts)),
            Decision::Wanting { known, .. } => known,
        };
        let (record, facts) = self.desk.pair(&ask, before, "setup-code").await?;
        let issued = self
            .desk
            .issue(&record, &facts, "operator", &scopes, secret.expose())
            .await?;
        let payload = json!({"setupId": setup.setup_id, "deviceId": ask.device_id,
            "access": setup.profile, "ts": record.approved_at});
        self.tell(EventKind::DEVICE_PAIR_SETUP_COMPLETED, &payload);
        Ok(issued.into_iter().collect())
    }

    async fn ask_a_person(&self, ask: &Request<'_>, reason: &'static str, known: bool) -> Refusal {
        match self.desk.request(ask, known).await {
            Ok((request, is_new)) => {
                if is_new {
                    tracing::info!(device = ask.device_id, reason, "a device asks to be paired");
                    self.tell(EventKind::DEVICE_PAIR_REQUESTED, &request);
                }
                pairing_required(&request, reason)
            }
            Err(error) => store_failed(error),
        }
    }

    fn tell<T: serde::Serialize>(&self, kind: EventKind, payload: &T) {
        if let Some(event) = Event::new(kind, payload) {
            self.hub
                .publish(event, Audience::Everyone, Delivery::DropIfSlow);
        }
    }
}

impl TokenGrant {
    fn issued(&self, role: &Role) -> IssuedToken {
        IssuedToken {
            token: self.token.clone(),
            role: role.as_str().to_owned(),
            scopes: self.scopes.clone(),
            issued_at_ms: self.issued_at_ms,
        }
    }
}

/// What it asks for. A device token that comes without a wish asks for what it was given.
fn asked_for(request: &ConnectRequest, known: &Known) -> Vec<String> {
    match (&request.scopes, &known.token) {
        (Some(scopes), _) => scopes.clone(),
        (None, Some(grant)) => grant.scopes.clone(),
        (None, None) => Vec::new(),
    }
}

fn admission(
    rules: &GateRules,
    role: Role,
    scopes: &[String],
    device: Option<String>,
    known: &Known,
    issued: Option<IssuedToken>,
) -> Admission {
    let personal = known.user.as_ref().and_then(|user| {
        let mut entries = rules.identity_scopes.iter();
        entries.find(|(name, _)| name.eq_ignore_ascii_case(user))
    });
    let personal = personal
        .map(|(_, scopes)| scopes.as_slice())
        .unwrap_or_default();
    let scopes = super::scopes::union(scopes, personal);
    Admission {
        role,
        scopes: scopes
            .iter()
            .map(|scope| Scope::from(scope.as_str()))
            .collect(),
        method: known.method,
        device,
        user: known.user.clone(),
        issued,
        handoff: Vec::new(),
    }
}

/// Without a device only those come in who have shown the shared secret or were identified. What they declare
/// counts on this machine's own command line and backends; to others it grants nothing.
fn admit_without_device(
    rules: &GateRules,
    attempt: &Attempt<'_>,
    role: Role,
    known: Known,
) -> Result<Admission, Refusal> {
    let trusted = known.method.is_shared_secret()
        || matches!(
            known.method,
            AuthMethod::None | AuthMethod::TrustedProxy | AuthMethod::Tailscale
        );
    if role != Role::Operator || !trusted {
        return Err(Refusal::new(
            ErrorCode::NotPaired,
            ConnectErrorCode::DeviceIdentityRequired,
            "device identity required",
        ));
    }
    let client = &attempt.request.client;
    let own_tool = matches!(
        (client.id.as_str(), client.mode.as_str()),
        ("cli", "cli") | ("gateway-client", "backend")
    );
    let local = attempt.peer.is_local() && attempt.peer.origin.is_none();
    let keeps = (own_tool && local) || known.method == AuthMethod::TrustedProxy;
    let scopes = if keeps {
        asked_for(attempt.request, &known)
    } else {
        Vec::new()
    };
    Ok(admission(rules, role, &scopes, None, &known, None))
}

/// The published gateway's exception for its own helpers: a backend on this machine, no browser.
fn is_local_backend(attempt: &Attempt<'_>, known: &Known) -> bool {
    let client = &attempt.request.client;
    client.id == "gateway-client"
        && client.mode == "backend"
        && attempt.peer.is_local()
        && attempt.peer.origin.is_none()
        && (known.method.is_shared_secret()
            || matches!(known.method, AuthMethod::None | AuthMethod::DeviceToken))
}

/// Whether a device of this machine is paired without asking. A page of a browser is not, unless it is the
/// control UI; and wider scopes are given only to one that has shown the shared secret.
fn pairs_silently(
    rules: &GateRules,
    attempt: &Attempt<'_>,
    role: &Role,
    known: &Known,
    reason: &str,
    is_known: bool,
) -> bool {
    let client = &attempt.request.client;
    let is_own_page = matches!(
        client.id.as_str(),
        "openclaw-control-ui" | "webchat-ui" | "webchat"
    );
    if !attempt.peer.is_local()
        || !rules.auto_approve_local
        || (attempt.peer.origin.is_some() && !is_own_page)
        || (is_known && *role != Role::Operator)
    {
        return false;
    }
    reason != "scope-upgrade" || known.method.is_shared_secret() || known.method == AuthMethod::None
}

/// Under which name failures of a peer are counted; none when they are not.
fn counted_as(peer: &Peer, limits: &FailureLimits) -> Option<String> {
    if let Some(origin) = peer.origin.as_ref().filter(|_| peer.address.is_loopback()) {
        // A page is never exempt, and one page's failures lock out no other.
        return Some(format!("{} {origin}", peer.address));
    }
    let exempt = limits.exempt_loopback && peer.is_local();
    (!exempt).then(|| peer.address.to_string())
}

fn role(request: &ConnectRequest) -> Result<Role, Refusal> {
    match Role::from(request.role()) {
        role @ (Role::Operator | Role::Node) => Ok(role),
        _ => Err(Refusal::from_error(MethodError::invalid("invalid role"))),
    }
}

fn store_failed(error: StoreError) -> Refusal {
    tracing::error!(%error, "the store failed during a connect");
    let error = MethodError::unavailable("the gateway's store is not available").retry_after(1000);
    Refusal::from_error(error).closing(
        gatehouse_protocol::close::TRY_AGAIN_LATER,
        "store unavailable",
    )
}

fn missing(what: &str) -> Refusal {
    let code = if what == "token" {
        ConnectErrorCode::AuthTokenMissing
    } else {
        ConnectErrorCode::AuthPasswordMissing
    };
    let message = format!("gateway {what} missing (provide gateway auth {what})");
    let reason = format!("{what}_missing");
    Refusal::unauthorized(code, &reason, &message, "update_auth_configuration", false)
}

fn mismatch(what: &str) -> Refusal {
    let code = if what == "token" {
        ConnectErrorCode::AuthTokenMismatch
    } else {
        ConnectErrorCode::AuthPasswordMismatch
    };
    let message = format!("gateway {what} mismatch (provide gateway auth {what})");
    let reason = format!("{what}_mismatch");
    Refusal::unauthorized(code, &reason, &message, "retry_with_device_token", true).guess()
}

fn device_token_mismatch() -> Refusal {
    Refusal::unauthorized(
        ConnectErrorCode::AuthDeviceTokenMismatch,
        "device_token_mismatch",
        "device token mismatch (rotate/reissue device token)",
        "update_auth_credentials",
        false,
    )
    .guess()
}

fn scope_mismatch(asked: &[String], granted: &[String]) -> Refusal {
    Refusal::unauthorized(
        ConnectErrorCode::AuthScopeMismatch,
        "scope_mismatch",
        "device token does not cover the requested role or scopes",
        "review_auth_configuration",
        false,
    )
    .detail("requestedScopes", json!(asked))
    .detail("approvedScopes", json!(granted))
}

fn pairing_required(request: &PairingFacts, reason: &'static str) -> Refusal {
    let message = match reason {
        "not-paired" => "pairing required: device is not approved yet",
        "scope-upgrade" => {
            "pairing required: device is asking for more scopes than currently approved"
        }
        _ => "pairing required: device is asking for a higher role than currently approved",
    };
    Refusal::new(
        ErrorCode::NotPaired,
        ConnectErrorCode::PairingRequired,
        message,
    )
    .detail("requestId", json!(request.request_id))
    .detail("deviceId", json!(request.device_id))
    .detail("reason", json!(reason))
    .detail("requestedRole", json!(request.role))
    .detail("requestedScopes", json!(request.scopes))
    .detail(
        "remediationHint",
        json!("Approve this device from the pending pairing requests."),
    )
    .closing(
        gatehouse_protocol::close::POLICY,
        format!("{message} (requestId: {})", request.request_id),
    )
}
