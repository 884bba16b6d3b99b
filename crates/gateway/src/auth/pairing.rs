//! Pairing: which devices are known, what each may do, and what happens to one that is new or wants more.
//! Everything is in the store; a request is settled there in one step, so that it cannot be answered twice.

use std::sync::Arc;

use gatehouse_audit::{Actor, Draft};
use gatehouse_protocol::error::PairingReason;
use gatehouse_store::StoreError;
use gatehouse_store::gateway::{
    DeviceRecord, DeviceToken, GatewayStore, PairingRecord, PairingState,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::SetupUse;
use super::asked::Asked;
use super::device::{DeviceFacts, PairingFacts, VIA_NOBODY, VIA_OPERATOR, VIA_SETUP_CODE};
use super::issued::{self, IssuedToken};
use super::scopes::{covers, union};
use super::token::{random_token, token_hash};
use crate::clock::Clock;

/// How long a request waits for an answer, in milliseconds ("Node pairing" of the published documentation).
pub(crate) const REQUEST_LIFETIME_MS: u64 = 5 * 60 * 1000;

/// The devices of this gateway.
#[derive(Clone)]
pub(crate) struct PairingDesk {
    store: Arc<dyn GatewayStore>,
    clock: Clock,
}

/// A device that connects, as far as pairing is concerned.
pub(crate) struct Request<'a> {
    pub(crate) device_id: &'a str,
    pub(crate) public_key: &'a str,
    pub(crate) role: &'a str,
    pub(crate) scopes: &'a [String],
    pub(crate) client: &'a gatehouse_protocol::serve::ClientClaims,
    pub(crate) remote_ip: Option<String>,
}

/// How a device stands.
pub(crate) enum Decision {
    /// It is paired for what it asks.
    Paired(DeviceRecord, DeviceFacts),
    /// It is not, for this reason; `is_new` when it is not known at all.
    Wanting {
        reason: PairingReason,
        known: Option<(DeviceRecord, DeviceFacts)>,
    },
}

impl PairingDesk {
    pub(crate) fn new(store: Arc<dyn GatewayStore>, clock: Clock) -> Self {
        Self { store, clock }
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    fn now(&self) -> i64 {
        millis(self.now_ms())
    }

    /// Looks a device up.
    pub(crate) async fn look(&self, ask: &Request<'_>) -> Result<Decision, StoreError> {
        let Some(record) = self.store.device(ask.device_id).await? else {
            return Ok(Decision::Wanting {
                reason: PairingReason::NotPaired,
                known: None,
            });
        };
        let facts = DeviceFacts::of(&record);
        let reason = if !facts.has_role(ask.role) {
            PairingReason::RoleUpgrade
        } else if !covers(&facts.scopes, ask.scopes) {
            PairingReason::ScopeUpgrade
        } else {
            return Ok(Decision::Paired(record, facts));
        };
        Ok(Decision::Wanting {
            reason,
            known: Some((record, facts)),
        })
    }

    /// Whether a device is known at all.
    pub(crate) async fn is_paired(&self, device: &str) -> Result<bool, StoreError> {
        Ok(self.store.device(device).await?.is_some())
    }

    /// Pairs a device for what it asks, beside what it had.
    pub(crate) async fn pair(
        &self,
        ask: &Request<'_>,
        known: Option<(DeviceRecord, DeviceFacts)>,
        via: &str,
    ) -> Result<(DeviceRecord, DeviceFacts), StoreError> {
        let paired = self.widened(ask, known, via);
        let said = self.paired_by_itself(ask, via);
        self.store.device_put(paired.0.clone(), Some(said)).await?;
        Ok(paired)
    }

    /// What the audit says of a pairing that no person was asked about.
    fn paired_by_itself(&self, ask: &Request<'_>, via: &str) -> Draft {
        let (device, role) = (ask.device_id, ask.role);
        let why = match via {
            VIA_SETUP_CODE => "it came with a setup code",
            _ => "it is on this machine, which lets in its own",
        };
        Draft {
            ts: self.now(),
            kind: "device.paired".to_owned(),
            actor: Actor::new(role, device),
            what: Some(format!("device {device} was paired as {role}: {why}")),
            resource: Some(device.to_owned()),
            detail: Some(json!({
                "via": via, "role": role, "scopes": ask.scopes, "client": ask.client.id,
                "address": ask.remote_ip,
            })),
            ..Draft::default()
        }
    }

    fn widened(
        &self,
        ask: &Request<'_>,
        known: Option<(DeviceRecord, DeviceFacts)>,
        via: &str,
    ) -> (DeviceRecord, DeviceFacts) {
        let now = self.clock.now_ms();
        let client = ask.client;
        let before = known
            .map(|(_, facts)| facts)
            .unwrap_or_else(|| DeviceFacts {
                created_at_ms: now,
                ..DeviceFacts::default()
            });
        let facts = DeviceFacts {
            roles: union(&before.roles, &[ask.role.to_owned()]),
            scopes: union(&before.scopes, ask.scopes),
            platform: Some(client.platform.clone()),
            device_family: client.device_family.clone(),
            client_id: Some(client.id.clone()),
            client_mode: Some(client.mode.clone()),
            remote_ip: ask.remote_ip.clone(),
            approved_via: match before.is_vouched() && via == VIA_NOBODY {
                true => before.approved_via,
                false => Some(via.to_owned()),
            },
            ..before
        };
        let record = DeviceRecord {
            id: ask.device_id.to_owned(),
            public_key: ask.public_key.to_owned(),
            name: client.display_name.clone(),
            approved_at: millis(now),
            last_seen_at: Some(millis(now)),
            json: facts.to_json(),
        };
        (record, facts)
    }

    /// Keeps a request for a person to answer. One that already waits for the same stays as it is, so that its
    /// id does not change while somebody looks at it.
    pub(crate) async fn request(
        &self,
        ask: &Request<'_>,
        is_repair: bool,
    ) -> Result<Asked, StoreError> {
        let pending = self.pending().await?;
        let same = pending.into_iter().find(|waiting| {
            waiting.device_id == ask.device_id
                && waiting.role == ask.role
                && covers(&waiting.scopes, ask.scopes)
        });
        if let Some(waiting) = same {
            return Ok(Asked {
                request: waiting,
                is_new: false,
                superseded: Vec::new(),
            });
        }
        let now = self.clock.now_ms();
        let facts = PairingFacts {
            request_id: Uuid::new_v4().to_string(),
            device_id: ask.device_id.to_owned(),
            public_key: ask.public_key.to_owned(),
            display_name: ask.client.display_name.clone(),
            platform: Some(ask.client.platform.clone()),
            device_family: ask.client.device_family.clone(),
            client_id: Some(ask.client.id.clone()),
            client_mode: Some(ask.client.mode.clone()),
            role: ask.role.to_owned(),
            roles: vec![ask.role.to_owned()],
            scopes: ask.scopes.to_vec(),
            remote_ip: ask.remote_ip.clone(),
            silent: false,
            is_repair,
            ts: now,
        };
        let record = PairingRecord {
            id: facts.request_id.clone(),
            device: facts.device_id.clone(),
            state: PairingState::Pending,
            created_at: millis(now),
            expires_at: millis(now + REQUEST_LIFETIME_MS),
            settled_at: None,
            json: serde_json::to_string(&facts).expect("texts and numbers are JSON"),
        };
        let superseded = self.store.pairing_put(record).await?;
        Ok(Asked {
            request: facts,
            is_new: true,
            superseded,
        })
    }

    /// What waits for an answer, the oldest first.
    pub(crate) async fn pending(&self) -> Result<Vec<PairingFacts>, StoreError> {
        let pending = self.store.pairings_pending(self.now()).await?;
        Ok(pending.iter().filter_map(PairingFacts::of).collect())
    }

    /// The request of an id that still waits.
    pub(crate) async fn waiting(&self, id: &str) -> Result<Option<PairingFacts>, StoreError> {
        let pending = self.pending().await?;
        Ok(pending.into_iter().find(|waiting| waiting.request_id == id))
    }

    /// Settles a request as approved and pairs its device, in one step with what the audit says of it. None when something was first.
    pub(crate) async fn approve(
        &self,
        request: &PairingFacts,
        audit: Draft,
    ) -> Result<Option<(DeviceRecord, DeviceFacts)>, StoreError> {
        let known = self.store.device(&request.device_id).await?;
        let known = known.map(|record| (DeviceFacts::of(&record), record));
        let client = gatehouse_protocol::serve::ClientClaims {
            id: request.client_id.clone().unwrap_or_default(),
            display_name: request.display_name.clone(),
            version: String::new(),
            build_id: None,
            platform: request.platform.clone().unwrap_or_default(),
            device_family: request.device_family.clone(),
            model_identifier: None,
            time_zone: None,
            mode: request.client_mode.clone().unwrap_or_default(),
            instance_id: None,
        };
        let ask = Request {
            device_id: &request.device_id,
            public_key: &request.public_key,
            role: &request.role,
            scopes: &request.scopes,
            client: &client,
            remote_ip: request.remote_ip.clone(),
        };
        let known = known.map(|(facts, record)| (record, facts));
        let (record, facts) = self.widened(&ask, known, VIA_OPERATOR);
        let approved = PairingState::Approved;
        let settled = self
            .store
            .pairing_settle(
                &request.request_id,
                approved,
                self.now(),
                Some(record.clone()),
                Some(audit),
            )
            .await?;
        Ok(settled.map(|_| (record, facts)))
    }

    /// Settles a request as rejected. False when something was first.
    pub(crate) async fn reject(&self, id: &str, audit: Draft) -> Result<bool, StoreError> {
        let rejected = PairingState::Rejected;
        let settled = self
            .store
            .pairing_settle(id, rejected, self.now(), None, Some(audit))
            .await?;
        Ok(settled.is_some())
    }

    /// The live token that belongs to a hash, if it is this device's in this role.
    pub(crate) async fn token(
        &self,
        device: &str,
        role: &str,
        presented: &str,
    ) -> Result<Option<DeviceToken>, StoreError> {
        let found = self
            .store
            .device_token_by_hash(&token_hash(presented))
            .await?;
        Ok(found.filter(|token| {
            token.device == device && token.role == role && token.revoked_at.is_none()
        }))
    }

    /// The token that a paired device gets when it came with `secret`. None when it has one of its own making
    /// (it rotated), which must not be taken away from it.
    pub(crate) async fn issue(
        &self,
        record: &DeviceRecord,
        facts: &DeviceFacts,
        role: &str,
        scopes: &[String],
        secret: &str,
    ) -> Result<Option<IssuedToken>, StoreError> {
        let tokens = self.store.device_tokens(&record.id).await?;
        let current = tokens.into_iter().find(|token| token.role == role);
        let live = current.as_ref().filter(|token| token.revoked_at.is_none());
        if live.is_some_and(|token| token.rotated_at.is_some()) {
            return Ok(None);
        }
        let mut facts = facts.clone();
        let salt = match facts.token_salts.get(role) {
            Some(salt) if current.is_none() || live.is_some() => salt.clone(),
            _ => self.new_salt(record, &mut facts, role).await?,
        };
        let Some(token) = issued::derive(secret, &salt, &record.id, role) else {
            return Ok(None);
        };
        let hash = token_hash(token.expose());
        let before = live.filter(|own| own.hash == hash);
        let had: Vec<String> = before
            .and_then(|own| serde_json::from_str(&own.scopes).ok())
            .unwrap_or_default();
        // The same token again: the device keeps it for all that it was given for.
        let unchanged = before.filter(|_| covers(&had, scopes));
        let (scopes, issued_at) = match unchanged {
            Some(own) => (had, own.created_at),
            None => {
                let (now, scopes) = (self.now(), union(&had, scopes));
                let scopes_json = serde_json::to_string(&scopes).expect("texts are JSON");
                let token = Self::token_of(&record.id, role, hash, scopes_json, now, None);
                self.store.device_token_put(token, None).await?;
                (scopes, now)
            }
        };
        Ok(Some(IssuedToken {
            token,
            role: role.to_owned(),
            scopes,
            issued_at_ms: u64::try_from(issued_at).unwrap_or_default(),
        }))
    }

    async fn new_salt(
        &self,
        record: &DeviceRecord,
        facts: &mut DeviceFacts,
        role: &str,
    ) -> Result<String, StoreError> {
        let salt = random_token()
            .map_err(|_| StoreError::Failed("the system gives no randomness".to_owned()))?;
        facts.token_salts.insert(role.to_owned(), salt.clone());
        let record = DeviceRecord {
            json: facts.to_json(),
            ..record.clone()
        };
        self.store.device_put(record, None).await?;
        Ok(salt)
    }

    /// A token of nobody's derivation, in place of the one before.
    pub(crate) async fn rotate(
        &self,
        device: &str,
        role: &str,
        scopes: &[String],
        audit: Draft,
    ) -> Result<Option<(gatehouse_protocol::Secret, u64)>, StoreError> {
        let Some(token) = random_token()
            .ok()
            .and_then(gatehouse_protocol::Secret::new)
        else {
            return Ok(None);
        };
        let scopes = serde_json::to_string(scopes).expect("texts are JSON");
        let (hash, now) = (token_hash(token.expose()), self.now());
        let token_of = Self::token_of(device, role, hash, scopes, now, Some(now));
        self.store.device_token_put(token_of, Some(audit)).await?;
        Ok(Some((token, self.clock.now_ms())))
    }

    fn token_of(
        device: &str,
        role: &str,
        hash: String,
        scopes: String,
        created_at: i64,
        rotated_at: Option<i64>,
    ) -> DeviceToken {
        DeviceToken {
            device: device.to_owned(),
            role: role.to_owned(),
            hash,
            scopes,
            created_at,
            rotated_at,
            revoked_at: None,
            last_used_at: None,
        }
    }

    /// Takes a setup code for a device, which no other can use then. The same one can, so that an answer that was lost on
    /// the way does not cost the code.
    pub(crate) async fn take_setup_code(
        &self,
        token: &str,
        device: &str,
    ) -> Result<Option<String>, StoreError> {
        self.store
            .setup_code_take(&token_hash(token), device, self.now())
            .await
    }

    /// Adds to what is kept about a setup code. False where it is no longer kept.
    pub(crate) async fn note_setup(
        &self,
        used: &SetupUse,
        note: &Value,
    ) -> Result<bool, StoreError> {
        let note = note.to_string();
        self.store.setup_code_note(&used.setup_id, &note).await
    }

    /// Notes that a device was here. Nobody waits for it.
    pub(crate) async fn seen(&self, device: &str) {
        if let Err(error) = self.store.device_seen(device, self.now()).await {
            tracing::warn!(%error, "when a device was last seen could not be kept");
        }
    }
}

fn millis(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}
