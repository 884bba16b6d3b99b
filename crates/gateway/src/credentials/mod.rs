//! The credentials of this gateway: kept sealed in its store, used by reference, every use and change recorded.
//!
//! The vault seals and counts; here is who may, for what, and the record of it. A use is recorded before its value
//! is given, and a change in the step that makes it: what cannot be recorded is neither used nor changed.

mod keys;
mod rows;
mod said;
mod tools;

use std::sync::Arc;
use std::time::Duration;

use gatehouse_agent::secrets::{CredentialUse, Secrets};
use gatehouse_audit::{Actor, Draft};
use gatehouse_policy::decide::KnownCredential;
use gatehouse_store::gateway::GatewayStore;
use gatehouse_vault::credentials::{
    Credential, CredentialError, CredentialName, CredentialVault, Destination, Host, KeyShelf,
    NewCredential, Refusal, RowsError, Standing, reference,
};
use gatehouse_vault::{Redactor, Secret};
use serde_json::{Value, json};
use url::Url;

use crate::clock::Clock;
use rows::StoreRows;
use said::Said;
use tools::{Cleaner, Giver};

/// How long a start waits for a keychain. Values that it did not get to know are learned at their first use.
const PATIENCE: Duration = Duration::from_secs(5);

/// A handle to the credentials.
#[derive(Clone)]
pub struct CredentialDesk(Arc<Parts>);

struct Parts {
    /// None where no place for a master key was given.
    vault: Option<CredentialVault>,
    store: Arc<dyn GatewayStore>,
    clock: Clock,
    redactor: Redactor,
    /// One at a time moves keys out of the configuration.
    moving: tokio::sync::Mutex<()>,
}

/// Who changes a credential.
pub struct By<'a> {
    pub label: &'a str,
    pub device: Option<&'a str>,
}

impl CredentialDesk {
    /// Opens them. Without `shelf` there are none, and none can be set.
    pub(crate) async fn open(
        store: Arc<dyn GatewayStore>,
        shelf: Option<Arc<dyn KeyShelf>>,
        redactor: Redactor,
        clock: Clock,
    ) -> Result<Self, CredentialError> {
        let vault = match shelf {
            None => None,
            Some(shelf) => {
                let rows = Arc::new(StoreRows {
                    store: store.clone(),
                    said: None,
                });
                Some(CredentialVault::open(rows, shelf, redactor.clone()).await?)
            }
        };
        let desk = Self(Arc::new(Parts {
            vault,
            store,
            clock,
            redactor,
            moving: tokio::sync::Mutex::new(()),
        }));
        desk.teach().await;
        Ok(desk)
    }

    async fn teach(&self) {
        let Ok(vault) = self.vault() else { return };
        match tokio::time::timeout(PATIENCE, vault.teach(self.now())).await {
            Ok(Ok(count)) => tracing::debug!(count, "credentials are known to the redactor"),
            Ok(Err(error)) => tracing::warn!(%error, "credentials cannot be used for now"),
            Err(_) => tracing::warn!("the keychain did not answer; credentials wait for it"),
        }
    }

    /// What tools are given of it.
    pub(crate) fn secrets(&self) -> Secrets {
        Secrets {
            credentials: Arc::new(Giver(self.clone())),
            redactor: Arc::new(Cleaner(self.0.redactor.clone())),
        }
    }

    /// Knows every value that passes.
    pub(crate) fn redactor(&self) -> Redactor {
        self.0.redactor.clone()
    }

    pub async fn list(&self) -> Result<Vec<Credential>, CredentialError> {
        match &self.0.vault {
            Some(vault) => vault.list(self.now()).await,
            None => Ok(Vec::new()),
        }
    }

    /// What there is, as it stands to a use by a tool, which sends it there where a URL is named.
    pub(crate) async fn known(
        &self,
        tool: &str,
        url: Option<&Url>,
    ) -> Result<Vec<KnownCredential>, CredentialError> {
        let to = Destination {
            tool,
            host: url.and_then(host),
        };
        let goes_somewhere = url.is_none() || to.host.is_some();
        let all = self.list().await?.into_iter();
        let known = all.map(|one| KnownCredential {
            name: one.row.name.to_string(),
            kind: one.row.kind.word().to_owned(),
            bound: goes_somewhere && one.row.bounds.allow(&to),
        });
        Ok(known.collect())
    }

    /// Keeps a credential, in place of one of the same name.
    pub async fn set(
        &self,
        new: NewCredential,
        by: &By<'_>,
    ) -> Result<Credential, CredentialError> {
        let name = new.name.clone();
        let vault = self.changed_by("credential.set", by)?;
        vault.set(new, self.now()).await?;
        self.find(&name).await
    }

    pub async fn rotate(
        &self,
        name: &CredentialName,
        secret: &Secret,
        grace_ms: i64,
        by: &By<'_>,
    ) -> Result<Credential, CredentialError> {
        let vault = self.changed_by("credential.rotated", by)?;
        vault.rotate(name, secret, grace_ms, self.now()).await
    }

    /// Lets a credential end at a time, or now.
    pub async fn expire(
        &self,
        name: &CredentialName,
        at: Option<i64>,
        by: &By<'_>,
    ) -> Result<Credential, CredentialError> {
        let at = at.unwrap_or_else(|| self.now());
        let vault = self.changed_by("credential.expires", by)?;
        vault.expire(name, at, self.now()).await
    }

    pub async fn delete(
        &self,
        name: &CredentialName,
        by: &By<'_>,
    ) -> Result<bool, CredentialError> {
        self.changed_by("credential.deleted", by)?
            .delete(name)
            .await
    }

    /// Puts another master key in place of the one in force.
    pub async fn rotate_master_key(&self, by: &By<'_>) -> Result<usize, CredentialError> {
        self.changed_by("credential.masterKeyRotated", by)?
            .rotate_master_key()
            .await
    }

    /// The vault, by a way on which changes are recorded as this person's.
    fn changed_by(
        &self,
        kind: &'static str,
        by: &By<'_>,
    ) -> Result<CredentialVault, CredentialError> {
        let rows = StoreRows {
            store: self.0.store.clone(),
            said: Some(Said::new(kind, by, self.now())),
        };
        Ok(self.vault()?.by_way_of(Arc::new(rows)))
    }

    async fn find(&self, name: &CredentialName) -> Result<Credential, CredentialError> {
        let all = self.list().await?;
        let found = all.into_iter().find(|one| one.row.name == *name);
        found.ok_or_else(|| CredentialError::Unknown(name.to_string()))
    }

    fn vault(&self) -> Result<&CredentialVault, CredentialError> {
        self.0.vault.as_ref().ok_or(CredentialError::NoShelf)
    }

    fn now(&self) -> i64 {
        i64::try_from(self.0.clock.now_ms()).unwrap_or(i64::MAX)
    }

    /// Makes a use: checked, recorded, counted, in this order.
    async fn take(
        &self,
        name: &CredentialName,
        to: &Destination<'_>,
        draft: Draft,
    ) -> Result<Secret, CredentialError> {
        let standing = self.checked(name, to, draft.clone()).await?;
        let detail = json!({"version": standing.version, "to": to.to_string()});
        self.record(use_of(name, to, Ok(detail), draft)).await?;
        Ok(self.vault()?.take(name, to, self.now()).await?.secret)
    }

    /// Whether a use would be given a value. That it would not is recorded.
    async fn checked(
        &self,
        name: &CredentialName,
        to: &Destination<'_>,
        draft: Draft,
    ) -> Result<Standing, CredentialError> {
        let checked = self.vault()?.check(name, to, self.now()).await;
        if let Err(error) = &checked {
            self.record(use_of(name, to, Err(error), draft)).await?;
        }
        checked
    }

    /// Whether there is a value before a rotation that a use would be given.
    async fn has_former(
        &self,
        name: &CredentialName,
        to: &Destination<'_>,
    ) -> Result<bool, CredentialError> {
        let former = self.vault()?.check_former(name, to, self.now()).await?;
        Ok(former.is_some())
    }

    /// As `take`, with the value before a rotation while it is in its grace. None, and no use, where there is none.
    async fn take_former(
        &self,
        name: &CredentialName,
        to: &Destination<'_>,
        draft: Draft,
    ) -> Result<Option<Secret>, CredentialError> {
        let vault = self.vault()?;
        let Some(standing) = vault.check_former(name, to, self.now()).await? else {
            return Ok(None);
        };
        let detail =
            json!({"version": standing.version, "to": to.to_string(), "afterRefusal": true});
        self.record(use_of(name, to, Ok(detail), draft)).await?;
        let taken = vault.take_former(name, to, self.now()).await?;
        Ok(taken.map(|taken| taken.secret))
    }

    fn draft(&self) -> Draft {
        Draft {
            ts: self.now(),
            ..Draft::default()
        }
    }

    async fn record(&self, draft: Draft) -> Result<(), CredentialError> {
        let appended = self.0.store.audit_append(vec![draft]).await;
        appended
            .map(drop)
            .map_err(|error| RowsError::new(error).into())
    }
}

/// A use, as the audit has it, with what is told of one that was allowed.
fn use_of(
    name: &CredentialName,
    to: &Destination<'_>,
    checked: Result<Value, &CredentialError>,
    draft: Draft,
) -> Draft {
    let (outcome, detail) = match checked {
        Ok(detail) => ("allowed", detail),
        Err(CredentialError::Refused(refusal)) => (
            "refused",
            json!({"code": refusal.code(), "reason": refusal.to_string(), "to": to.to_string()}),
        ),
        Err(error) => ("failed", json!({"reason": error.to_string()})),
    };
    Draft {
        kind: "credential.used".to_owned(),
        resource: Some(name.to_string()),
        what: Some(reference(name)),
        outcome: Some(outcome.to_owned()),
        detail: Some(detail),
        ..draft
    }
}

/// The host of a URL, as bounds are compared with it.
fn host(url: &Url) -> Option<Host<'_>> {
    let name = url.host_str()?;
    Some(Host {
        name,
        port: url.port_or_known_default(),
        is_private: url.scheme() == "https" || is_this_machine(url),
    })
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// A use by a tool, as the audit has it.
fn used_by(usage: &CredentialUse<'_>, draft: Draft) -> Draft {
    Draft {
        actor: Actor::agent(usage.agent_id),
        agent: Some(usage.agent_id.to_owned()),
        session: Some(usage.session_key.to_owned()),
        run: Some(usage.run_id.to_owned()),
        action: Some(usage.tool.to_owned()),
        trace: Some(usage.tool_call_id.to_owned()),
        ..draft
    }
}

/// What a model, or a person at a log, is told of a credential that was not given.
fn reason(error: &CredentialError) -> String {
    match error {
        CredentialError::Refused(Refusal::Unknown(name)) => {
            format!("there is no credential {name}; ask the person who runs this gateway to set it")
        }
        CredentialError::Refused(refusal) => refusal.to_string(),
        CredentialError::Rows(error) => {
            tracing::error!(%error, "a credential could not be read or its use recorded");
            "the gateway could not record the use of the credential, so it was not used".to_owned()
        }
        other => format!("credentials cannot be used now: {other}"),
    }
}
