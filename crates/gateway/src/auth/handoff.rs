//! What a device that comes with a setup code gets beside its own role, and the word about it: that it is in is told
//! when its answer has gone out, since only then it has the tokens.

use gatehouse_store::StoreError;
use gatehouse_store::gateway::DeviceRecord;
use serde_json::json;
use tokio::sync::oneshot;

use super::device::VIA_SETUP_CODE;
use super::identify::Known;
use super::pairing::{Decision, Request};
use super::{Gatekeeper, IssuedToken, SetupCode, SetupUse};
use crate::broadcast::{Event, EventKind};

/// What a setup code gave.
pub struct Handoff {
    /// The tokens of further roles.
    pub tokens: Vec<IssuedToken>,
    /// What is told about it; none where it was told already.
    pub(crate) untold: Option<SetupUse>,
}

impl Gatekeeper {
    pub(super) async fn hand_off(
        &self,
        ask: &Request<'_>,
        setup: &SetupCode,
        known: &Known,
        record: &DeviceRecord,
    ) -> Result<Handoff, StoreError> {
        let tokens = self.operators_half(ask, setup, known).await?;
        let untold = if setup.is_delivered {
            None
        } else {
            let used = SetupUse {
                setup_id: setup.setup_id.clone(),
                device_id: ask.device_id.to_owned(),
                device_name: record.name.clone(),
                access: setup.profile.clone(),
                ts: self.desk.now_ms(),
            };
            self.desk
                .note_setup(&used, &json!({ "used": used }))
                .await?;
            Some(used)
        };
        Ok(Handoff { tokens, untold })
    }

    /// The operator's half of a setup code: the same device, a second role.
    async fn operators_half(
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
        let (record, facts) = self.desk.pair(&ask, before, VIA_SETUP_CODE).await?;
        let issued = self
            .desk
            .issue(&record, &facts, "operator", &scopes, secret.expose())
            .await?;
        Ok(issued.into_iter().collect())
    }

    /// Tells about a setup code as soon as it is known whether the device's answer went out.
    pub(crate) fn tell_when_delivered(&self, used: SetupUse, delivered: oneshot::Receiver<()>) {
        let this = self.clone();
        self.tasks.spawn(async move {
            let is_delivered = delivered.await.is_ok() && this.keep_delivered(&used).await;
            let kind = if is_delivered {
                EventKind::DEVICE_PAIR_SETUP_COMPLETED
            } else {
                EventKind::DEVICE_PAIR_SETUP_DELIVERY_UNCERTAIN
            };
            if let Some(event) = Event::new(kind, &used) {
                this.publish(event);
            }
        });
    }

    async fn keep_delivered(&self, used: &SetupUse) -> bool {
        let note = json!({ "isDelivered": true });
        match self.desk.note_setup(used, &note).await {
            Ok(is_kept) => is_kept,
            Err(error) => {
                let device = &used.device_id;
                tracing::warn!(%error, device, "that a setup code is done could not be kept");
                false
            }
        }
    }
}
