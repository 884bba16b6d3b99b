//! What an identified client is let in with: its device's pairing, its scopes, and its tokens.

use gatehouse_protocol::error::PairingReason;
use gatehouse_protocol::serve::ConnectRequest;
use gatehouse_protocol::{ConnectErrorCode, ErrorCode, Role, Scope};
use gatehouse_store::gateway::DeviceRecord;

use super::device::{VIA_NOBODY, VIA_SETUP_CODE};
use super::identify::Known;
use super::pairing::{Decision, Request};
use super::refusals::{pairing_required, store_failed};
use super::{
    Admission, Attempt, AuthMethod, DeviceFacts, GateRules, Gatekeeper, IssuedToken, Refusal,
    scope_cap, within,
};
use crate::broadcast::{Audience, Delivery, Event};

impl Gatekeeper {
    pub(super) async fn admit_device(
        &self,
        rules: &GateRules,
        attempt: &Attempt<'_>,
        role: Role,
        device: String,
        known: Known,
    ) -> Result<Admission, Refusal> {
        let asked = asked_for(attempt.request, &known);
        // What the one in front does not let through is neither asked of a person nor kept for the device.
        let scopes = match scope_cap(&attempt.peer.headers) {
            Some(cap) => within(&asked, &cap),
            None => asked,
        };
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
            let device = Some(device.clone());
            let is_paired = token.is_some();
            return Ok(Admission {
                is_paired,
                ..admission(rules, role.clone(), &scopes, device, &known, token)
            });
        }
        let (record, facts) = self.paired(rules, attempt, &ask, &known).await?;
        let issued = match &known.token {
            Some(grant) => Some(grant.issued(&role)),
            None => {
                let secret = known.secret.as_ref().unwrap_or(&self.process_secret);
                let issuing =
                    self.desk
                        .issue(&record, &facts, role.as_str(), &scopes, secret.expose());
                issuing.await.map_err(store_failed)?
            }
        };
        let named = Some(device.clone());
        let mut admitted = admission(rules, role.clone(), &scopes, named, &known, issued);
        admitted.is_device_vouched = facts.is_vouched();
        admitted.is_paired = true;
        if let Some(setup) = &known.setup {
            let handing = self.hand_off(&ask, setup, &known, &record);
            admitted.handoff = Some(handing.await.map_err(store_failed)?);
        }
        let desk = self.desk.clone();
        self.tasks.spawn(async move { desk.seen(&device).await });
        Ok(admitted)
    }

    /// The record of a device that is paired for what it asks, or is paired now. One that has to wait for a
    /// person is refused.
    async fn paired(
        &self,
        rules: &GateRules,
        attempt: &Attempt<'_>,
        ask: &Request<'_>,
        known: &Known,
    ) -> Result<(DeviceRecord, DeviceFacts), Refusal> {
        let (reason, before) = match self.desk.look(ask).await.map_err(store_failed)? {
            Decision::Paired(record, facts) => return Ok((record, facts)),
            Decision::Wanting { reason, known } => (reason, known),
        };
        let via = if known
            .setup
            .as_ref()
            .is_some_and(|setup| setup.admits(ask.role, ask.scopes))
        {
            VIA_SETUP_CODE
        } else if pairs_silently(rules, attempt, ask.role, known, &reason, before.is_some()) {
            VIA_NOBODY
        } else {
            return Err(self.ask_a_person(ask, &reason, before.is_some()).await);
        };
        let pairing = self.desk.pair(ask, before, via).await;
        tracing::info!(
            device = ask.device_id,
            via,
            role = ask.role,
            "a device is paired"
        );
        pairing.map_err(store_failed)
    }

    async fn ask_a_person(
        &self,
        ask: &Request<'_>,
        reason: &PairingReason,
        known: bool,
    ) -> Refusal {
        match self.desk.request(ask, known).await {
            Ok(asked) => {
                if asked.is_new {
                    tracing::info!(device = ask.device_id, %reason, "a device asks to be paired");
                }
                for event in asked.told(self.desk.now_ms()) {
                    self.publish(event);
                }
                pairing_required(&asked.request, reason)
            }
            Err(error) => store_failed(error),
        }
    }

    pub(super) fn publish(&self, event: Event) {
        self.hub
            .publish(event, Audience::Everyone, Delivery::DropIfSlow);
    }
}

/// What it asks for. A device token that comes without a wish asks for what it was given.
pub(super) fn asked_for(request: &ConnectRequest, known: &Known) -> Vec<String> {
    match (&request.scopes, &known.token) {
        (Some(scopes), _) => scopes.clone(),
        (None, Some(grant)) => grant.scopes.clone(),
        (None, None) => Vec::new(),
    }
}

pub(super) fn admission(
    rules: &GateRules,
    role: Role,
    scopes: &[String],
    device: Option<String>,
    known: &Known,
    issued: Option<IssuedToken>,
) -> Admission {
    let personal = rules.scopes_of(known.user.as_deref());
    let only_personal = personal.iter().filter(|scope| !scopes.contains(scope));
    let personal_scopes = only_personal.cloned().collect();
    let scopes = super::scopes::union(scopes, personal);
    Admission {
        role,
        scopes: scopes
            .iter()
            .map(|scope| Scope::from(scope.as_str()))
            .collect(),
        method: known.method,
        device,
        is_device_vouched: false,
        user: known.user.clone(),
        personal_scopes,
        is_paired: false,
        issued,
        handoff: None,
    }
}

/// Without a device only those come in who have shown the shared secret or were identified. What they declare
/// counts on this machine's own command line and backends; to others it grants nothing, and who was identified has
/// what the configuration grants to that name ("Operator scopes" of the published documentation).
pub(super) fn admit_without_device(
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
    let scopes = if own_tool && local {
        asked_for(attempt.request, &known)
    } else {
        Vec::new()
    };
    Ok(admission(rules, role, &scopes, None, &known, None))
}

/// The published gateway's exception for its own helpers: a backend on this machine, no browser.
pub(super) fn is_local_backend(attempt: &Attempt<'_>, known: &Known) -> bool {
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
pub(super) fn pairs_silently(
    rules: &GateRules,
    attempt: &Attempt<'_>,
    role: &str,
    known: &Known,
    reason: &PairingReason,
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
        || (is_known && role != Role::Operator.as_str())
    {
        return false;
    }
    *reason != PairingReason::ScopeUpgrade
        || known.method.is_shared_secret()
        || known.method == AuthMethod::None
}
