//! Keys of model providers: kept as credentials, named in the configuration, and moved there where the
//! configuration holds them in the clear.

use std::sync::Arc;

use async_trait::async_trait;
use gatehouse_agent::provider::{ApiKey, KeySource, ProviderKey};
use gatehouse_audit::{Actor, Draft};
use gatehouse_vault::Secret;
use gatehouse_vault::credentials::{
    Bounds, CredentialError, CredentialKind, CredentialName, Destination, NewCredential, Part,
    parts, reference,
};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{By, CredentialDesk, host, reason};
use crate::config::{ClearKey, ConfigHandle, ConfigRecord, ROOT, url_secrets};

/// What the keys of model providers are bound to, beside their host.
const TOOL: &str = "models";

/// Who moves keys, in the record.
const MOVER: By<'static> = By {
    label: "gateway",
    device: None,
};

impl CredentialDesk {
    /// The key of a provider, as the configuration says it.
    pub(crate) fn provider_key(&self, said: &str, base_url: &str) -> ProviderKey {
        match parts(said).as_deref() {
            Ok([Part::Reference(name)]) => ProviderKey::Kept(Arc::new(KeptKey {
                desk: self.clone(),
                name: name.clone(),
                base_url: base_url.to_owned(),
            })),
            _ => {
                self.0.redactor.learn(&Secret::new(said));
                ProviderKey::Here(ApiKey::new(said.to_owned()))
            }
        }
    }

    /// Moves keys that the configuration holds in the clear here, and leaves references in their place.
    pub(crate) async fn adopt_keys(&self, config: &ConfigHandle) {
        let _one_at_a_time = self.0.moving.lock().await;
        if self.vault().is_err() {
            return;
        }
        let mut moved = Vec::new();
        for key in config.clear_keys().await {
            match self.adopt(&key).await {
                Ok(name) => moved.push((key.provider, key.secret, reference(&name))),
                Err(error) => {
                    tracing::warn!(provider = key.provider, %error, "a provider's key stays in the clear in the configuration");
                }
            }
        }
        if moved.is_empty() {
            return;
        }
        let count = moved.len();
        let by = Draft {
            actor: Actor::gateway(),
            ..Draft::default()
        };
        let record = ConfigRecord::new(self.0.store.clone(), self.0.clock.clone(), by);
        let referred = config.refer(moved, record.before()).await;
        let changes = referred.as_ref().map(|changes| changes.as_slice());
        record.after(changes).await;
        match referred.map(drop) {
            Ok(()) => tracing::info!(
                count,
                "keys of model providers were moved out of the configuration into the credentials"
            ),
            Err(error) => {
                tracing::error!(%error, "the configuration still holds keys in the clear")
            }
        }
    }

    /// Keeps an eye on the file, which people edit too.
    pub(crate) async fn follow(self, config: ConfigHandle, stopping: CancellationToken) {
        let mut changes = config.watch();
        while let Some(Ok(())) = stopping.run_until_cancelled(changes.changed()).await {
            self.learn_urls(&config);
            self.adopt_keys(&config).await;
        }
    }

    /// Secrets inside of URLs stay in the configuration; errors and logs quote such URLs.
    pub(crate) fn learn_urls(&self, config: &ConfigHandle) {
        for secret in url_secrets(&ROOT, &config.current().raw) {
            self.0.redactor.learn(&Secret::new(secret));
        }
    }

    async fn adopt(&self, key: &ClearKey) -> Result<CredentialName, CredentialError> {
        let name = self.free_name(&key.provider).await?;
        let hosts = key.base_url.as_deref().and_then(bound_host);
        let new = NewCredential {
            name: name.clone(),
            kind: CredentialKind::ApiKey,
            secret: key.secret.clone(),
            expires_at: None,
            max_uses: None,
            bounds: Bounds::new(hosts, [TOOL.to_owned()])?,
        };
        self.set(new, &MOVER).await?;
        Ok(name)
    }

    /// A name after the provider that is not taken, or is taken by an earlier key of a provider.
    async fn free_name(&self, provider: &str) -> Result<CredentialName, CredentialError> {
        let plain = |c: char| {
            let holds = c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            if holds { c } else { '-' }
        };
        let stem: String = provider.chars().map(plain).take(100).collect();
        let all = self.list().await?;
        let is_free = |name: &CredentialName| {
            let taken = all.iter().find(|one| one.row.name == *name);
            taken.is_none_or(|one| one.row.bounds.tools() == [TOOL])
        };
        let mut name = CredentialName::new(&format!("provider-{stem}"))?;
        let mut count = 1;
        while !is_free(&name) {
            count += 1;
            name = CredentialName::new(&format!("provider-{stem}-{count}"))?;
        }
        Ok(name)
    }
}

/// The host that a provider is at, as a credential is bound to it.
fn bound_host(base_url: &str) -> Option<String> {
    let url = Url::parse(base_url).ok()?;
    let found = host(&url)?;
    let plain = if found.is_private { "" } else { "http://" };
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    Some(format!("{plain}{}{port}", found.name))
}

/// A key that is asked for with each call.
struct KeptKey {
    desk: CredentialDesk,
    name: CredentialName,
    base_url: String,
}

#[async_trait]
impl KeySource for KeptKey {
    async fn key(&self) -> Result<ApiKey, String> {
        let url = Url::parse(&self.base_url).map_err(|error| error.to_string())?;
        let taken = self.desk.take(&self.name, &to(&url), self.draft()).await;
        let secret = taken.map_err(|error| reason(&error))?;
        Ok(ApiKey::new(secret.expose().to_owned()))
    }

    async fn former(&self) -> Result<Option<ApiKey>, String> {
        let url = Url::parse(&self.base_url).map_err(|error| error.to_string())?;
        let taken = self
            .desk
            .take_former(&self.name, &to(&url), self.draft())
            .await;
        let secret = taken.map_err(|error| reason(&error))?;
        Ok(secret.map(|secret| ApiKey::new(secret.expose().to_owned())))
    }
}

impl KeptKey {
    fn draft(&self) -> gatehouse_audit::Draft {
        gatehouse_audit::Draft {
            actor: Actor::new("gateway", "models"),
            action: Some(TOOL.to_owned()),
            ..self.desk.draft()
        }
    }
}

fn to(url: &Url) -> Destination<'_> {
    Destination {
        tool: TOOL,
        host: host(url),
    }
}
