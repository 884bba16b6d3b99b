//! What tools are given: values for references, and the redactor.

use std::borrow::Cow;

use async_trait::async_trait;
use gatehouse_agent::secrets::{CredentialUse, Credentials, Redact, RedactStream, Values};
use gatehouse_policy::decide::KnownCredential;
use gatehouse_vault::credentials::{CredentialName, Destination, Part, parts};
use gatehouse_vault::{RedactingStream, Redactor};
use zeroize::Zeroizing;

use super::{CredentialDesk, host, reason, used_by};

/// Gives values.
pub(super) struct Giver(pub(super) CredentialDesk);

#[async_trait]
impl Credentials for Giver {
    async fn take(&self, texts: &[&str], usage: &CredentialUse<'_>) -> Result<Values, String> {
        let names = names(texts)?;
        let to = destination(usage)?;
        // Looked at first, so that one that is refused does not use the others up.
        self.usable(&names, &to, usage).await?;
        let mut values = Vec::with_capacity(names.len());
        for name in &names {
            let value = self.give(name, &to, usage).await?;
            values.push((name.to_string(), value));
        }
        Ok(Values::new(values))
    }

    async fn check(&self, texts: &[&str], usage: &CredentialUse<'_>) -> Result<(), String> {
        let names = names(texts)?;
        self.usable(&names, &destination(usage)?, usage).await
    }

    async fn known(
        &self,
        names: &[String],
        usage: &CredentialUse<'_>,
    ) -> Result<Vec<KnownCredential>, String> {
        self.0.vault().map_err(|error| reason(&error))?;
        let known = self.0.known(usage.tool, usage.url).await;
        let mut known = known.map_err(|error| reason(&error))?;
        known.retain(|one| names.contains(&one.name));
        Ok(known)
    }

    async fn take_former(
        &self,
        texts: &[&str],
        usage: &CredentialUse<'_>,
    ) -> Result<Option<Values>, String> {
        let names = names(texts)?;
        let to = destination(usage)?;
        // Nothing is used, or recorded as used, for a second try that there will not be.
        let mut any = false;
        for name in &names {
            let former = self.0.has_former(name, &to).await;
            any |= former.map_err(|error| reason(&error))?;
        }
        if !any {
            return Ok(None);
        }
        let mut values = Vec::with_capacity(names.len());
        for name in &names {
            let draft = used_by(usage, self.0.draft());
            let former = self.0.take_former(name, &to, draft).await;
            let value = match former.map_err(|error| reason(&error))? {
                Some(secret) => Zeroizing::new(secret.expose().to_owned()),
                None => self.give(name, &to, usage).await?,
            };
            values.push((name.to_string(), value));
        }
        Ok(Some(Values::new(values)))
    }
}

impl Giver {
    /// Whether all of them would be given. One that would not be is recorded as refused.
    async fn usable(
        &self,
        names: &[CredentialName],
        to: &Destination<'_>,
        usage: &CredentialUse<'_>,
    ) -> Result<(), String> {
        for name in names {
            let vault = self.0.vault().map_err(|error| reason(&error))?;
            if vault.check(name, to, self.0.now()).await.is_err() {
                let draft = used_by(usage, self.0.draft());
                let checked = self.0.checked(name, to, draft).await;
                checked.map_err(|error| reason(&error))?;
            }
        }
        Ok(())
    }

    async fn give(
        &self,
        name: &CredentialName,
        to: &Destination<'_>,
        usage: &CredentialUse<'_>,
    ) -> Result<Zeroizing<String>, String> {
        let draft = used_by(usage, self.0.draft());
        let taken = self.0.take(name, to, draft).await;
        let secret = taken.map_err(|error| reason(&error))?;
        Ok(Zeroizing::new(secret.expose().to_owned()))
    }
}

fn destination<'u>(usage: &'u CredentialUse<'u>) -> Result<Destination<'u>, String> {
    let to = Destination {
        tool: usage.tool,
        host: usage.url.and_then(host),
    };
    if usage.url.is_some() && to.host.is_none() {
        return Err("a credential is sent to a host, and this URL names none".to_owned());
    }
    Ok(to)
}

/// Each name once.
fn names(texts: &[&str]) -> Result<Vec<CredentialName>, String> {
    let mut names = Vec::new();
    for text in texts {
        for part in parts(text).map_err(|malformed| malformed.to_string())? {
            match part {
                Part::Reference(name) if !names.contains(&name) => names.push(name),
                _ => {}
            }
        }
    }
    Ok(names)
}

/// Takes secrets out.
pub(super) struct Cleaner(pub(super) Redactor);

impl Redact for Cleaner {
    fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.0.redact(text)
    }

    fn stream(&self) -> Box<dyn RedactStream> {
        Box::new(Stream(self.0.stream()))
    }
}

struct Stream(RedactingStream);

impl RedactStream for Stream {
    fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        self.0.push(chunk, out);
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        self.0.finish(out);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use gatehouse_store::gateway::{GatewayStore, SqliteGatewayStore};
    use gatehouse_vault::Secret;
    use gatehouse_vault::credentials::{Bounds, CredentialKind, KeyFile, NewCredential};

    use super::super::By;
    use super::*;
    use crate::clock::Clock;

    const BY: By<'static> = By {
        label: "test",
        device: None,
    };

    const USE: CredentialUse<'static> = CredentialUse {
        tool: "exec",
        url: None,
        agent_id: "main",
        session_key: "s",
        run_id: "r",
        tool_call_id: "c",
    };

    const TEXT: &str = "{{cred:key}}";

    async fn desk(folder: &std::path::Path) -> (CredentialDesk, Arc<dyn GatewayStore>) {
        let store: Arc<dyn GatewayStore> = Arc::new(SqliteGatewayStore::in_memory().await.unwrap());
        let shelf = Arc::new(KeyFile::new(folder.join("keys")));
        let clock = Clock::new(|| 1_000);
        let desk = CredentialDesk::open(store.clone(), Some(shelf), Redactor::new(), clock).await;
        let desk = desk.unwrap();
        let new = NewCredential {
            name: CredentialName::new("key").unwrap(),
            kind: CredentialKind::ApiKey,
            secret: Secret::new("the-first-value"),
            expires_at: None,
            max_uses: Some(2),
            bounds: Bounds::new([], ["exec".to_owned()]).unwrap(),
        };
        desk.set(new, &BY).await.unwrap();
        (desk, store)
    }

    async fn uses(store: &dyn GatewayStore) -> (i64, usize) {
        let row = store.credential("key").await.unwrap().unwrap();
        let records = store.audit_rows(0, 100).await.unwrap();
        let used = records.iter().filter(|row| row.kind == "credential.used");
        (row.uses, used.count())
    }

    #[tokio::test]
    async fn a_second_try_that_there_will_not_be_uses_nothing_and_records_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (desk, store) = desk(folder.path()).await;
        let giver = Giver(desk.clone());
        giver.take(&[TEXT], &USE).await.unwrap();
        let former = giver.take_former(&[TEXT], &USE).await.unwrap();
        assert!(former.is_none(), "it was never rotated");
        assert_eq!(uses(&*store).await, (1, 1));
        let name = CredentialName::new("key").unwrap();
        let new = Secret::new("the-second-value");
        desk.rotate(&name, &new, 60_000, &BY).await.unwrap();
        let former = giver.take_former(&[TEXT], &USE).await.unwrap();
        assert!(former.is_some(), "the value before is in its grace");
        assert_eq!(uses(&*store).await, (2, 2));
    }

    #[tokio::test]
    async fn one_that_was_altered_is_refused_before_a_use_and_recorded_as_failed() {
        let folder = tempfile::tempdir().unwrap();
        let (desk, store) = desk(folder.path()).await;
        let mut row = store.credential("key").await.unwrap().unwrap();
        row.max_uses = Some(1_000_000);
        row.revision += 1;
        let key = store.credential_header().await.unwrap().unwrap().key_id;
        let versions = store.credential_versions(&row.id).await.unwrap();
        let changed = store.credential_change(&key, row, versions, None).await;
        assert!(changed.unwrap());
        let refused = Giver(desk).check(&[TEXT], &USE).await.unwrap_err();
        assert!(refused.contains("altered"), "{refused}");
        assert_eq!(uses(&*store).await, (0, 1));
        let records = store.audit_rows(0, 100).await.unwrap();
        let last = records.last().unwrap();
        assert!(last.bytes.contains("\"failed\""), "{}", last.bytes);
    }
}
