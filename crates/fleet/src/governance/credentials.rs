//! Credentials that agents use by name. A value goes to the gateway once, and is wiped here.

use gatehouse_protocol::own::{CredentialRotateParams, CredentialSetParams};
use gatehouse_protocol::{NoParams, own};
use serde_json::json;
use zeroize::Zeroizing;

use super::read::Fields;
use crate::error::FleetError;
use crate::fleet::Fleet;
use crate::view::{
    AgentCredentialView, CredentialState, GatewayId, RotateAgentCredential, SetAgentCredential,
};

impl Fleet {
    pub async fn agent_credentials_list(
        &self,
        gateway: GatewayId,
    ) -> Result<Vec<AgentCredentialView>, FleetError> {
        let answer = self
            .ask_governed::<own::CredentialsList>(&gateway, NoParams {})
            .await?;
        Ok(Fields(&answer)
            .list("credentials")
            .map(credential)
            .collect())
    }

    pub async fn agent_credential_set(&self, input: SetAgentCredential) -> Result<(), FleetError> {
        let params = CredentialSetParams {
            name: input.name,
            kind: input.kind,
            secret: Zeroizing::new(input.secret),
            expires_at: input.expires_at.map(whole),
            max_uses: input.max_uses,
            bound_hosts: input.bound_hosts,
            bound_tools: input.bound_tools,
        };
        self.ask_governed::<own::CredentialsSet>(&input.gateway, params)
            .await?;
        Ok(())
    }

    pub async fn agent_credential_rotate(
        &self,
        input: RotateAgentCredential,
    ) -> Result<(), FleetError> {
        let params = CredentialRotateParams {
            name: input.name,
            secret: Zeroizing::new(input.secret),
            grace_ms: input.grace_ms.map(whole),
        };
        self.ask_governed::<own::CredentialsRotate>(&input.gateway, params)
            .await?;
        Ok(())
    }

    /// False where there was none of that name.
    pub async fn agent_credential_delete(
        &self,
        gateway: GatewayId,
        name: String,
    ) -> Result<bool, FleetError> {
        let answer = self
            .ask_governed::<own::CredentialsDelete>(&gateway, json!({"name": name}))
            .await?;
        Ok(Fields(&answer).flag("deleted"))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "whole milliseconds")]
fn whole(millis: f64) -> i64 {
    millis as i64
}

fn credential(fields: Fields<'_>) -> AgentCredentialView {
    let state = match fields.word("state").as_str() {
        "expired" => CredentialState::Expired,
        "used-up" | "usedUp" => CredentialState::UsedUp,
        _ => CredentialState::Active,
    };
    AgentCredentialView {
        name: fields.word("name"),
        kind: fields.word("type"),
        state,
        created_at: fields.number("createdAt").unwrap_or_default(),
        rotated_at: fields.number("rotatedAt"),
        expires_at: fields.number("expiresAt"),
        last_used_at: fields.number("lastUsedAt"),
        uses: fields.count("uses"),
        max_uses: fields.value("maxUses").map(|_| fields.count("maxUses")),
        grace_until: fields.number("graceUntil"),
        bound_hosts: fields.lines("boundHosts"),
        bound_tools: fields.lines("boundTools"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_read_without_any_value() {
        let read = credential(Fields(&json!({
            "name": "DEPLOY", "type": "api_key", "state": "used-up", "uses": 1, "maxUses": 1,
            "boundHosts": ["api.example.org"], "secret": "must not get through",
        })));
        assert_eq!(
            (read.state, read.max_uses),
            (CredentialState::UsedUp, Some(1))
        );
        let shown = serde_json::to_string(&read).unwrap();
        assert!(!shown.contains("must not"), "{shown}");
    }
}
