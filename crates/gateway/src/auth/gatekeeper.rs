//! Decides about one connect: where it comes from, the proof of its device, its credentials, pairing, and then
//! what it may do. `identify` finds out who it is, `admit` what that one may do.

use std::sync::{Arc, OnceLock};

use gatehouse_protocol::device::Challenge;
use gatehouse_protocol::serve::ConnectRequest;
use gatehouse_protocol::{Role, Scope, Secret};
use tokio::sync::{Semaphore, watch};
use tokio_util::task::TaskTracker;

use super::admit::admit_without_device;
use super::pairing::PairingDesk;
use super::refusals::missing;
use super::tally::Tally;
use super::{
    AuthMethod, AuthSettings, FailureLimits, Failures, Handoff, IssuedToken, Peer, Refusal,
    SharedSecret, covers, identity, origin, proof, scope_cap, within,
};
use crate::broadcast::Hub;
use crate::router::{Caller, MethodError};
use crate::tailscale::Tailscale;

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
    /// Whether a person let the device in.
    pub is_device_vouched: bool,
    pub user: Option<String>,
    /// Those of the scopes that nobody but that user has.
    pub personal_scopes: Vec<String>,
    /// Whether there is a record of the device, without which it is not in.
    pub is_paired: bool,
    /// The token of this connection's role.
    pub issued: Option<IssuedToken>,
    /// What it gets beside that, where it came with a setup code.
    pub handoff: Option<Handoff>,
}

impl Admission {
    /// The same for no more than these scopes, as whoever is in front wants it.
    fn capped(mut self, cap: &[String]) -> Self {
        let names = |scopes: &[Scope]| -> Vec<String> {
            scopes
                .iter()
                .map(|scope| scope.as_str().to_owned())
                .collect()
        };
        let scopes = within(&names(&self.scopes), cap);
        self.scopes = scopes
            .iter()
            .map(|name| Scope::from(name.as_str()))
            .collect();
        self.personal_scopes = within(&self.personal_scopes, cap);
        self
    }
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

impl GateRules {
    /// What a person has beside what their device has.
    pub(super) fn scopes_of(&self, user: Option<&str>) -> &[String] {
        let mut entries = self.identity_scopes.iter();
        // As published: an address of mail is the same in capital letters, another name is not.
        let is = |name: &str, user: &str| {
            name == user || (name.contains('@') && name.eq_ignore_ascii_case(user))
        };
        let own = user.and_then(|user| entries.find(|(name, _)| is(name, user)));
        own.map(|(_, scopes)| scopes.as_slice()).unwrap_or_default()
    }

    /// Whether somebody who is in would still be let in as who they are, for as much. Others than those that somebody in front has
    /// identified hold a secret, which a change of the configuration does not take away.
    pub(crate) fn still_allow(&self, caller: &Caller) -> bool {
        let user = caller.user.as_deref();
        if !covers(self.scopes_of(user), &caller.personal_scopes) {
            return false;
        }
        match (&self.settings, caller.method, user) {
            (AuthSettings::TrustedProxy { rules, .. }, AuthMethod::TrustedProxy, Some(user)) => {
                rules.allows(user)
            }
            (_, AuthMethod::Tailscale, _) => self.allow_tailscale,
            _ => true,
        }
    }
}

/// Decides about connects. Cheap to clone.
#[derive(Clone)]
pub struct Gatekeeper {
    pub(super) rules: watch::Receiver<Arc<GateRules>>,
    pub(super) desk: PairingDesk,
    pub(super) failures: Failures,
    pub(super) hub: Hub,
    pub(super) tasks: TaskTracker,
    pub(super) tailscale: Tailscale,
    /// What tokens are derived from when no shared secret was presented: of this process alone.
    pub(super) process_secret: Arc<Secret>,
    /// A password that was proven right, so that it is not derived anew for every connect.
    pub(super) proven: Arc<OnceLock<SharedSecret>>,
    /// Passwords that are derived at the same time.
    pub(super) deriving: Arc<Semaphore>,
}

/// A derivation takes 19 MiB and a core for a tenth of a second, for anyone who asks: not more than this many at a time.
pub(super) const DERIVATIONS: usize = 2;

impl Gatekeeper {
    pub(crate) fn new(
        rules: watch::Receiver<Arc<GateRules>>,
        desk: PairingDesk,
        failures: Failures,
        hub: Hub,
        tasks: TaskTracker,
        tailscale: Tailscale,
        process_secret: Secret,
    ) -> Self {
        Self {
            rules,
            desk,
            failures,
            hub,
            tasks,
            tailscale,
            process_secret: Arc::new(process_secret),
            proven: Arc::default(),
            deriving: Arc::new(Semaphore::new(DERIVATIONS)),
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

    /// Whether anybody has to prove anything; who does not is let in from this machine.
    pub(crate) fn asks_for_proof(&self) -> bool {
        !matches!(self.rules().settings, AuthSettings::None)
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
        let device = proof::check(attempt.request, attempt.challenge, attempt.now_ms)?;
        let device = device.map(|device| device.as_str().to_owned());
        let mut tally = Tally::of(attempt.peer, rules.failure_limits, &self.failures);
        let identified = self
            .identify(&rules, &attempt, device.as_deref(), &role, &mut tally)
            .await;
        tally.count();
        let known = identified?;
        let admitted = match device {
            Some(device) => {
                self.admit_device(&rules, &attempt, role, device, known)
                    .await
            }
            None => admit_without_device(&rules, &attempt, role, known),
        };
        let cap = scope_cap(&attempt.peer.headers);
        admitted.map(|admission| match cap {
            Some(cap) => admission.capped(&cap),
            None => admission,
        })
    }

    /// Whether what a client was let in by holds still: the rules, its device and its token. Where the store does not
    /// say, it does not.
    pub(crate) async fn still_admits(&self, caller: &Caller, admission: &Admission) -> bool {
        if !self.rules().still_allow(caller) {
            return false;
        }
        let (Some(device), true) = (&admission.device, admission.is_paired) else {
            return true;
        };
        let held = match &admission.issued {
            Some(issued) => {
                let (role, token) = (&issued.role, issued.token.expose());
                let token = self.desk.token(device, role, token).await;
                token.map(|token| token.is_some())
            }
            None => self.desk.is_paired(device).await,
        };
        held.unwrap_or_else(|error| {
            tracing::error!(%error, "the store failed during a connect");
            false
        })
    }

    /// Whether the page that made a request may talk to this gateway.
    pub(crate) fn allows_origin(&self, peer: &Peer) -> bool {
        origin::check(peer, &self.rules().allowed_origins).is_ok()
    }

    /// Decides about an HTTP request by its bearer secret. Returns how it was authenticated.
    pub(crate) async fn admit_http(
        &self,
        peer: &Peer,
        bearer: Option<&str>,
    ) -> Result<AuthMethod, Refusal> {
        let rules = self.rules();
        origin::check(peer, &rules.allowed_origins)?;
        let mut tally = Tally::of(peer, rules.failure_limits, &self.failures);
        let identified = self
            .identify_http(&rules.settings, peer, bearer, &mut tally)
            .await;
        tally.count();
        if identified.is_ok() {
            crate::net::admitted();
        }
        identified
    }

    async fn identify_http(
        &self,
        settings: &AuthSettings,
        peer: &Peer,
        bearer: Option<&str>,
        tally: &mut Tally<'_>,
    ) -> Result<AuthMethod, Refusal> {
        match (settings, bearer) {
            (AuthSettings::None, _) if peer.is_local() => Ok(AuthMethod::None),
            (AuthSettings::None | AuthSettings::Token(_), None) | (AuthSettings::None, _) => {
                Err(missing("token"))
            }
            (AuthSettings::Password(_), None) => Err(missing("password")),
            (AuthSettings::Token(secret), Some(text)) => {
                self.compare(secret, text, AuthMethod::Token, tally).await
            }
            (AuthSettings::Password(secret), Some(text)) => {
                self.compare(secret, text, AuthMethod::Password, tally)
                    .await
            }
            (
                AuthSettings::TrustedProxy {
                    local: Some(secret),
                    ..
                },
                Some(text),
            ) if peer.is_local() => {
                self.compare(secret, text, AuthMethod::Password, tally)
                    .await
            }
            (AuthSettings::TrustedProxy { rules, proxies, .. }, _) => {
                let user = identity::proxied_user(peer, rules, proxies);
                user.map(|_| AuthMethod::TrustedProxy)
            }
        }
    }
}

pub(super) fn role(request: &ConnectRequest) -> Result<Role, Refusal> {
    match Role::from(request.role()) {
        role @ (Role::Operator | Role::Node) => Ok(role),
        _ => Err(Refusal::from_error(MethodError::invalid("invalid role"))),
    }
}
