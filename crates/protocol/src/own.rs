//! The methods that our own gateway has beside those of the protocol: policy, standing permissions, audit, credentials,
//! undoing. A gateway that has them says so in `features.methods`; none other is asked for them. What each takes and
//! answers is in `docs/methods.md`.
//!
//! Parameters and answers are plain JSON, for both ends are ours and whoever asks reads what it shows. The exception is
//! what carries a secret: it is a type without `Debug`, wiped after use.

use serde::{Serialize, Serializer};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::method::{NoParams, methods};
use crate::methods::ApprovalResolveReply;
use crate::model::session::SessionCreated;
use crate::scope::MethodScope;

methods! {
    PolicyGet = "gatehouse.policy.get", Read, V3, NoParams => Value;
    PolicyValidate = "gatehouse.policy.validate", Read, V3, Value => Value;
    PolicySet = "gatehouse.policy.set", Admin, V3, Value => Value;
    PolicyCheck = "gatehouse.policy.check", Read, V3, Value => Value;
    PolicySimulate = "gatehouse.policy.simulate", Read, V3, Value => Value;
    GrantsList = "gatehouse.grants.list", Read, V3, NoParams => Value;
    GrantsPreview = "gatehouse.grants.preview", Read, V3, Value => Value;
    GrantsRevoke = "gatehouse.grants.revoke", Admin, V3, Value => Value;
    AuditList = "gatehouse.audit.list", Read, V3, Value => Value;
    AuditGet = "gatehouse.audit.get", Read, V3, Value => Value;
    AuditVerify = "gatehouse.audit.verify", Read, V3, NoParams => Value;
    AuditExport = "gatehouse.audit.export", Admin, V3, Value => Value;
    AuditSeal = "gatehouse.audit.seal", Admin, V3, Value => Value;
    CredentialsList = "gatehouse.credentials.list", Read, V3, NoParams => Value;
    CredentialsSet = "gatehouse.credentials.set", Admin, V3, CredentialSetParams => Value;
    CredentialsRotate = "gatehouse.credentials.rotate", Admin, V3, CredentialRotateParams => Value;
    CredentialsExpire = "gatehouse.credentials.expire", Admin, V3, Value => Value;
    CredentialsDelete = "gatehouse.credentials.delete", Admin, V3, Value => Value;
    CredentialsRotateMasterKey = "gatehouse.credentials.rotateMasterKey", Admin, V3, NoParams => Value;
    /// A task in a session of its own, with a limit of what it may cost.
    SessionsSpawn = "gatehouse.sessions.spawn", Write, V3, SpawnParams => SessionCreated;
    UndoList = "gatehouse.undo.list", Read, V3, Value => Value;
    UndoRestore = "gatehouse.undo.restore", Write, V3, Value => Value;
    /// An approval with who answered it and how, which the published record leaves out.
    ApprovalsGet = "gatehouse.approvals.get", Approvals, V3, Value => Value;
    /// An answer to an approval with how long it holds, a reason, or another command.
    ApprovalsResolve = "gatehouse.approvals.resolve", Approvals, V3, Value => ApprovalResolveReply;
    /// One answer to several approvals, each by its digest.
    ApprovalsResolveBatch = "gatehouse.approvals.resolveBatch", Approvals, V3, Value => Value;
    /// Takes a yes back that was not used yet.
    ApprovalsRevoke = "gatehouse.approvals.revoke", Approvals, V3, Value => Value;
}

/// Every method of our own gateway, and the scope that it asks for.
pub fn declared() -> impl Iterator<Item = (&'static str, MethodScope)> {
    DECLARED.iter().copied()
}

/// A task with a limit.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SpawnParams {
    pub task: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    pub budget: SpawnBudget,
}

/// What a task may cost, with all that it starts.
#[derive(Debug, Clone, Serialize)]
pub struct SpawnBudget {
    /// US dollars.
    pub usd: f64,
}

/// A new credential.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CredentialSetParams {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(serialize_with = "opened")]
    pub secret: Zeroizing<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_uses: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bound_hosts: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bound_tools: Vec<String>,
}

/// A new value in the place of the old one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CredentialRotateParams {
    pub name: String,
    #[serde(serialize_with = "opened")]
    pub secret: Zeroizing<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grace_ms: Option<i64>,
}

fn opened<S: Serializer>(secret: &Zeroizing<String>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Method;

    #[test]
    fn every_method_of_ours_says_whose_it_is() {
        assert!(declared().all(|(name, _)| name.starts_with("gatehouse.")));
    }

    #[test]
    fn a_credential_goes_out_with_its_value_and_without_what_is_not_set() {
        let params = CredentialRotateParams {
            name: "DEPLOY".into(),
            secret: Zeroizing::new("s3cret".into()),
            grace_ms: None,
        };
        let sent = serde_json::to_value(&params).unwrap();
        assert_eq!(
            sent,
            serde_json::json!({"name": "DEPLOY", "secret": "s3cret"})
        );
        assert_eq!(CredentialsRotate::NAME, "gatehouse.credentials.rotate");
    }
}
