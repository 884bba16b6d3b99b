//! Setup codes: a one-time way in for a new device, made by an administrator. The code carries an address and a
//! bootstrap token; of the token only the hash is kept, and the first device that takes it is the only one that can.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What is kept beside the hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SetupCode {
    pub(crate) setup_id: String,
    /// `limited` or `node`.
    pub(crate) profile: String,
    /// The device that came with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) used: Option<SetupUse>,
    /// Whether that device's answer, with its tokens, has gone out.
    #[serde(default)]
    pub(crate) is_delivered: bool,
}

/// That a device was let in by a setup code: what is told about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SetupUse {
    pub(crate) setup_id: String,
    pub(crate) device_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) device_name: Option<String>,
    pub(crate) access: String,
    pub(crate) ts: u64,
}

impl SetupCode {
    /// How long a code is good, in milliseconds; the published gateway's time.
    pub(crate) const LIFETIME_MS: u64 = 10 * 60 * 1000;

    /// What `device.pair.setupStatus` answers.
    pub(crate) fn status(&self) -> Value {
        match &self.used {
            None => json!({}),
            Some(used) if self.is_delivered => json!({ "completion": used }),
            Some(used) => json!({ "deliveryUncertain": used }),
        }
    }

    /// What the operator's half of the handoff may do: enough to work with, nothing to let others in with
    /// ("Handshake" of the published protocol).
    pub(super) fn operator_scopes(&self) -> Vec<String> {
        if self.profile == "node" {
            return Vec::new();
        }
        [
            "operator.approvals",
            "operator.read",
            "operator.talk.secrets",
            "operator.write",
        ]
        .map(str::to_owned)
        .to_vec()
    }

    /// What the code lets a new device in for: a node without scopes, or an operator with no more than the
    /// operator's half. Whoever holds a code gets nothing wider by asking for it.
    pub(super) fn admits(&self, role: &str, scopes: &[String]) -> bool {
        match role {
            "node" => scopes.is_empty(),
            "operator" => {
                let own = self.operator_scopes();
                !own.is_empty() && super::covers(&own, scopes)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_lets_nobody_in_for_more_than_its_profile() {
        let code = |profile: &str| SetupCode {
            setup_id: "s".into(),
            profile: profile.into(),
            used: None,
            is_delivered: false,
        };
        let scopes = |name: &str| vec![name.to_owned()];
        assert!(code("limited").admits("node", &[]));
        assert!(code("limited").admits("operator", &scopes("operator.read")));
        assert!(!code("limited").admits("operator", &scopes("operator.admin")));
        assert!(!code("limited").admits("operator", &scopes("operator.pairing")));
        assert!(!code("limited").admits("node", &scopes("operator.read")));
        assert!(!code("node").admits("operator", &[]));
    }

    #[test]
    fn a_device_whose_answer_may_not_have_gone_out_is_told_as_uncertain() {
        let used = SetupUse {
            setup_id: "s".into(),
            device_id: "d".into(),
            device_name: None,
            access: "node".into(),
            ts: 1,
        };
        let mut setup = SetupCode {
            setup_id: "s".into(),
            profile: "node".into(),
            used: Some(used.clone()),
            is_delivered: false,
        };
        assert_eq!(setup.status(), json!({ "deliveryUncertain": used }));
        setup.is_delivered = true;
        assert_eq!(setup.status(), json!({ "completion": used }));
    }
}
