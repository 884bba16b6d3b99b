//! What the audit says of a change of credentials. It is written in the transaction that makes the change.

use gatehouse_audit::{Actor, Draft};
use gatehouse_store::gateway::PutSaid;
use gatehouse_vault::credentials::{CredentialName, CredentialRow, Millis, VersionRow, reference};
use serde_json::{Value, json};

use super::By;

/// Who changes credentials, when, and what the change is called.
pub(super) struct Said {
    kind: &'static str,
    by: String,
    device: Option<String>,
    at: Millis,
}

impl Said {
    pub(super) fn new(kind: &'static str, by: &By<'_>, at: Millis) -> Self {
        Self {
            kind,
            by: by.label.to_owned(),
            device: by.device.map(str::to_owned),
            at,
        }
    }

    pub(super) fn put(&self, row: &CredentialRow) -> PutSaid {
        let told = json!({
            "type": row.kind.word(), "expiresAt": row.expires_at, "maxUses": row.max_uses,
            "boundHosts": row.bounds.hosts(), "boundTools": row.bounds.tools(),
        });
        PutSaid {
            new: self.of(self.kind, &row.name, told.clone()),
            replaced: self.of("credential.replaced", &row.name, told),
        }
    }

    /// Of a credential that is given another value or another end.
    pub(super) fn change(&self, row: &CredentialRow, versions: &[VersionRow]) -> Draft {
        let told = if self.kind == "credential.rotated" {
            let graces = versions.iter().filter_map(|one| one.usable_until);
            let until = graces.filter(|until| *until > self.at).max();
            json!({"version": row.version, "graceUntil": until})
        } else {
            json!({"expiresAt": row.expires_at})
        };
        self.of(self.kind, &row.name, told)
    }

    pub(super) fn deletion(&self, name: &CredentialName) -> Draft {
        self.of(self.kind, name, json!({}))
    }

    pub(super) fn master_key(&self, wrapped: usize) -> Draft {
        Draft {
            what: Some("puts another master key in place of the one in force".to_owned()),
            ..self.by_them(self.kind, json!({"wrapped": wrapped}))
        }
    }

    fn of(&self, kind: &str, name: &CredentialName, told: Value) -> Draft {
        Draft {
            what: Some(format!("{} {}", words(kind), reference(name))),
            resource: Some(name.to_string()),
            ..self.by_them(kind, told)
        }
    }

    fn by_them(&self, kind: &str, mut told: Value) -> Draft {
        if let (Some(device), Some(told)) = (&self.device, told.as_object_mut()) {
            told.insert("device".to_owned(), json!(device));
        }
        let is_nothing = told.as_object().is_none_or(serde_json::Map::is_empty);
        Draft {
            ts: self.at,
            kind: kind.to_owned(),
            actor: Actor::new("operator", &self.by),
            detail: (!is_nothing).then_some(told),
            ..Draft::default()
        }
    }
}

/// What a change comes to, before the credential's reference.
fn words(kind: &str) -> &'static str {
    match kind {
        "credential.set" => "keeps",
        "credential.replaced" => "puts another value and other bounds in place of",
        "credential.rotated" => "gives a new value to",
        "credential.expires" => "sets the end of",
        "credential.deleted" => "deletes",
        _ => "changes",
    }
}
