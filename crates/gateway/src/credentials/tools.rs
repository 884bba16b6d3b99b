//! What tools are given: values for references, and the redactor.

use std::borrow::Cow;

use async_trait::async_trait;
use gatehouse_agent::secrets::{CredentialUse, Credentials, Redact, RedactStream, Values};
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
        let to = Destination {
            tool: usage.tool,
            host: usage.url.and_then(host),
        };
        if usage.url.is_some() && to.host.is_none() {
            return Err("a credential is sent to a host, and this URL names none".to_owned());
        }
        // Looked at first, so that one that is refused does not use the others up.
        for name in &names {
            let vault = self.0.vault().map_err(|error| reason(&error))?;
            if vault.check(name, &to, self.0.now()).await.is_err() {
                return self.give(name, &to, usage).await.map(|_| Values::default());
            }
        }
        let mut values = Vec::with_capacity(names.len());
        for name in &names {
            let value = self.give(name, &to, usage).await?;
            values.push((name.to_string(), value));
        }
        Ok(Values::new(values))
    }

    async fn take_former(
        &self,
        texts: &[&str],
        usage: &CredentialUse<'_>,
    ) -> Result<Option<Values>, String> {
        let names = names(texts)?;
        let to = Destination {
            tool: usage.tool,
            host: usage.url.and_then(host),
        };
        let mut values = Vec::with_capacity(names.len());
        let mut any = false;
        for name in &names {
            let draft = used_by(usage, self.0.draft());
            let former = self.0.take_former(name, &to, draft).await;
            let value = match former.map_err(|error| reason(&error))? {
                Some(secret) => {
                    any = true;
                    Zeroizing::new(secret.expose().to_owned())
                }
                None => self.give(name, &to, usage).await?,
            };
            values.push((name.to_string(), value));
        }
        Ok(any.then(|| Values::new(values)))
    }
}

impl Giver {
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
