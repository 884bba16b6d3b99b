//! The gateway in this process, "This computer".
//!
//! The shell starts it and says here where it is. Its token is made at each start and lives in memory alone, so
//! that it works before a keychain is open and on a computer that has none.

use gatehouse_client::{Problem, ProblemCode};
use gatehouse_store::GatewayRecord;
use gatehouse_vault::Secret;

use crate::core::{Core, Entry, kind_word};
use crate::credentials::own_gateway;
use crate::error::FleetError;
use crate::fleet::Fleet;
use crate::untrusted::one_line;
use crate::view::{CredentialKind, GatewayId};

/// What the person reads, until they name it otherwise.
const NAME: &str = "This computer";

impl Fleet {
    /// It is being started: shown, and not yet connected. True where it was not known before.
    pub async fn own_gateway_starting(&self) -> Result<bool, FleetError> {
        let now = self.shared.clock.now();
        self.call(move |core| {
            let id = own_gateway();
            let is_new = !core.gateways.contains_key(&id);
            let name = core.free_name(NAME, Some(&id));
            let fresh = || Entry::new(record(name, now));
            let entry = core.gateways.entry(id.clone()).or_insert_with(fresh);
            entry.unusable = None;
            core.keep_gateway(&id);
            is_new
        })
        .await
    }

    /// It listens at `url` and takes `token`.
    pub async fn own_gateway_at(&self, url: String, token: Secret) -> Result<(), FleetError> {
        let id = own_gateway();
        self.shared
            .safe
            .keep(&id, CredentialKind::Token, &token)
            .await?;
        self.call(move |core| {
            let Some(entry) = core.gateways.get_mut(&id) else {
                return; // Switched off in the meantime.
            };
            entry.record.url = url;
            core.keep_gateway(&id);
            core.connect(&id);
        })
        .await
    }

    /// It could not be started, and why.
    pub async fn own_gateway_failed(&self, why: &str) -> Result<(), FleetError> {
        let mut problem = Problem::new(ProblemCode::OwnGatewayFailed);
        problem.detail = Some(one_line(why, 1024));
        self.call(move |core| {
            let id = own_gateway();
            core.disconnect(&id);
            if let Some(entry) = core.gateways.get_mut(&id) {
                entry.unusable = Some(problem);
            }
        })
        .await
    }

    /// Waits until a person wants it started again, after it failed.
    pub async fn own_gateway_wanted_again(&self) {
        self.shared.own_again.notified().await;
    }

    pub(super) async fn own_gateway_has_failed(&self, id: &GatewayId) -> Result<bool, FleetError> {
        if *id != own_gateway() {
            return Ok(false);
        }
        let failed = |problem: &Problem| problem.code == ProblemCode::OwnGatewayFailed;
        self.call(move |core| {
            let entry = core.gateways.get(&own_gateway());
            entry.is_some_and(|entry| entry.unusable.as_ref().is_some_and(failed))
        })
        .await
    }

    /// The person switched it off: it is not shown any more. What it keeps, it keeps itself.
    pub async fn own_gateway_off(&self) -> Result<(), FleetError> {
        let id = own_gateway();
        let removed = id.clone();
        let scribe = self
            .call(move |core: &mut Core| core.remove_gateway(&removed).then(|| core.scribe.clone()))
            .await?;
        if let Some(scribe) = scribe {
            scribe.remove(id.0.clone()).await?;
        }
        Ok(self.shared.safe.forget(&id).await?)
    }
}

fn record(name: String, now: i64) -> GatewayRecord {
    GatewayRecord {
        id: own_gateway().0,
        name,
        // Where it will be, most likely; the shell says where it is.
        url: "ws://127.0.0.1:18789".to_owned(),
        pin: None,
        credential: kind_word(CredentialKind::Token).to_owned(),
        credential_saved_at: None,
        paused: false,
        added_at: now,
        last_seen: None,
        json: "{}".to_owned(),
    }
}
