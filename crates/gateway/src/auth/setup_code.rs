//! Setup codes: a one-time way in for a new device, made by an administrator. The code carries an address and a
//! bootstrap token; of the token only the hash is kept, and the first device that takes it is the only one that can.

use serde::{Deserialize, Serialize};

/// What is kept beside the hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SetupCode {
    pub(crate) setup_id: String,
    /// `limited` or `node`.
    pub(crate) profile: String,
}

impl SetupCode {
    /// How long a code is good, in milliseconds; the published gateway's time.
    pub(crate) const LIFETIME_MS: u64 = 10 * 60 * 1000;

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
        };
        let scopes = |name: &str| vec![name.to_owned()];
        assert!(code("limited").admits("node", &[]));
        assert!(code("limited").admits("operator", &scopes("operator.read")));
        assert!(!code("limited").admits("operator", &scopes("operator.admin")));
        assert!(!code("limited").admits("operator", &scopes("operator.pairing")));
        assert!(!code("limited").admits("node", &scopes("operator.read")));
        assert!(!code("node").admits("operator", &[]));
    }
}
