//! Gateways: recognise, find, add, change, connect, remove; and their credentials.

use gatehouse_client::{CertificatePin, GatewayUrl};
use gatehouse_store::GatewayRecord;
use gatehouse_vault::Secret;

use crate::core::{Entry, kind_word};
use crate::drafts::Draft;
use crate::error::FleetError;
use crate::fleet::Fleet;
use crate::paste::{self, Pasted};
use crate::view::{
    AddGateway, BrokenGateway, CredentialKind, Discovered, EditGateway, FoundGateway, GatewayId,
    GatewayView, ProblemView, Recognised, SecretInput,
};

impl Fleet {
    pub async fn gateways_list(&self) -> Vec<GatewayView> {
        self.call(|core| core.gateway_views())
            .await
            .unwrap_or_default()
    }

    /// Makes sense of what a person pasted. A secret in it stays here, under a draft's name.
    pub async fn gateway_recognise(&self, text: String) -> Result<Recognised, FleetError> {
        let Pasted {
            form,
            url,
            name,
            kind,
            secret,
            problem,
        } = paste::recognise(&text);
        // The text itself may be the secret.
        drop(Secret::new(text));
        let kept = url.clone();
        let now = self.shared.clock.now();
        let draft = match secret {
            Some(secret) => Some(
                self.call(move |core| {
                    core.drafts.keep(
                        Draft {
                            url: kept,
                            kind,
                            secret,
                        },
                        now,
                    )
                })
                .await?,
            ),
            None => None,
        };
        let problem = problem.map(|code| ProblemView {
            code: code.to_owned(),
            detail: None,
            request_id: None,
            device_id: None,
        });
        Ok(Recognised {
            form,
            draft,
            url,
            name,
            credential: kind,
            problem,
        })
    }

    /// Gateways on this computer, by their configuration. Offered, never used by itself.
    pub async fn gateway_discover(&self) -> Result<Discovered, FleetError> {
        let looked = crate::discover::discover(&self.shared.environment).await;
        let crate::discover::Looked { found, broken } = looked;
        let told = |broken: crate::discover::Broken| BrokenGateway {
            source: broken.source,
            problem: broken.fault,
            line: broken.line,
        };
        let now = self.shared.clock.now();
        self.call(move |core| {
            let known: Vec<String> = core
                .gateways
                .values()
                .map(|e| e.record.url.clone())
                .collect();
            let offer = |found: crate::discover::Found| {
                let kind = found.kind;
                let secret = found.secret.unwrap_or_else(|| Secret::new(String::new()));
                let draft = Draft {
                    url: Some(found.url.clone()),
                    kind,
                    secret,
                };
                FoundGateway {
                    already_added: known.contains(&found.url),
                    draft: core.drafts.keep(draft, now),
                    url: found.url,
                    name: found.name,
                    credential: kind,
                    source: found.source,
                }
            };
            Discovered {
                gateways: found.into_iter().map(offer).collect(),
                broken: broken.into_iter().map(told).collect(),
            }
        })
        .await
    }

    pub async fn draft_drop(&self, draft: String) {
        // A fleet that has stopped holds no drafts.
        let _ = self.call(move |core| core.drafts.drop_draft(&draft)).await;
    }

    /// Adds a gateway: its secret goes to the vault first, so that one that cannot be kept adds nothing.
    pub async fn gateway_add(&self, gateway: AddGateway) -> Result<GatewayView, FleetError> {
        let id = GatewayId(uuid::Uuid::new_v4().to_string());
        self.gateway_add_as(id, gateway).await
    }

    /// Adds a gateway under an id that the caller answers for: one that no other gateway of this fleet has or had.
    pub async fn gateway_add_as(
        &self,
        id: GatewayId,
        gateway: AddGateway,
    ) -> Result<GatewayView, FleetError> {
        let AddGateway {
            url,
            name,
            draft,
            secret,
            pin,
        } = gateway;
        let (url, pin) = checked(&url, pin.as_deref())?;
        let now = self.shared.clock.now();
        let drafted = self.take_draft(draft, &url).await?;
        let (kind, secret) = match secret {
            Some(SecretInput { kind, value }) => (kind, Some(Secret::new(value))),
            None => drafted.map_or((CredentialKind::None, None), |d| (d.kind, Some(d.secret))),
        };
        let secret = secret.filter(|s| !s.expose().trim().is_empty());
        let kind = if secret.is_some() {
            kind
        } else {
            CredentialKind::None
        };
        let wanted = url.clone();
        let name = self
            .call(move |core| core.name_new(&wanted, &name))
            .await??;
        if let Some(secret) = &secret {
            self.shared.safe.keep(&id, kind, secret).await?;
        }
        let record = GatewayRecord {
            id: id.0.clone(),
            name,
            url,
            pin,
            credential: kind_word(kind).to_owned(),
            credential_saved_at: secret.as_ref().map(|_| now),
            paused: false,
            added_at: now,
            last_seen: None,
            json: "{}".to_owned(),
        };
        if let Err(error) = self.shared.cache.gateway_put(&record).await {
            self.shared.safe.forget(&id).await?;
            return Err(error.into());
        }
        self.call(move |core| {
            core.gateways.insert(id.clone(), Entry::new(record));
            core.connect(&id);
            core.view_of(&id)
        })
        .await?
    }

    /// A draft's secret goes only to the address that it was pasted with.
    async fn take_draft(
        &self,
        draft: Option<String>,
        url: &str,
    ) -> Result<Option<Draft>, FleetError> {
        let Some(name) = draft else { return Ok(None) };
        let now = self.shared.clock.now();
        let draft = self.call(move |core| core.drafts.get(&name, now)).await?;
        let draft = draft.ok_or(FleetError::NoSuchDraft)?;
        let elsewhere = draft
            .url
            .as_deref()
            .is_some_and(|of| !may_have_the_secrets_of(of, url));
        if elsewhere {
            return Err(FleetError::InvalidInput(
                "the pasted secret belongs to another address",
            ));
        }
        Ok(Some(draft))
    }

    /// Changes name, address or pin. Another address or pin connects anew. Another host or port, or the same without
    /// TLS, gets none of the secrets that were kept for the one before: they are forgotten, and the person gives them
    /// again.
    pub async fn gateway_edit(&self, gateway: EditGateway) -> Result<GatewayView, FleetError> {
        let EditGateway { id, url, name, pin } = gateway;
        let (url, pin) = checked(&url, pin.as_deref())?;
        let (known, wanted) = (id.clone(), url.clone());
        let is_elsewhere = self
            .call(move |core| core.leave_address(&known, &wanted))
            .await??;
        if is_elsewhere && let Err(error) = self.shared.safe.forget(&id).await {
            // Nothing was changed, so it goes on as it was.
            self.call(move |core| core.connect(&id)).await?;
            return Err(error.into());
        }
        self.call(move |core| {
            let name = (!name.trim().is_empty()).then(|| core.free_name(&name, Some(&id)));
            let entry = core
                .gateways
                .get_mut(&id)
                .ok_or(FleetError::NoSuchGateway)?;
            let moved = entry.record.url != url || entry.record.pin != pin;
            entry.record.url = url;
            entry.record.pin = pin;
            if let Some(name) = name {
                entry.record.name = name;
                core.renamed(&id);
            }
            if is_elsewhere {
                return core.credential_now(&id, CredentialKind::None, None);
            }
            core.keep_gateway(&id);
            if moved {
                core.connect(&id);
            }
            core.view_of(&id)
        })
        .await?
    }

    /// Removes a gateway with its secrets, sessions and items.
    pub async fn gateway_remove(&self, id: GatewayId) -> Result<(), FleetError> {
        let removed = id.clone();
        let scribe = self
            .call(move |core| core.remove_gateway(&removed).then(|| core.scribe.clone()))
            .await?;
        let scribe = scribe.ok_or(FleetError::NoSuchGateway)?;
        // The secrets go whatever the store says. Those that cannot be reached now are forgotten as soon as they can.
        let forgotten = self.shared.safe.forget_for_good(&id).await;
        scribe.remove(id.0).await?;
        Ok(forgotten?)
    }

    /// Tries again now. The gateway of this process that did not start is started again.
    pub async fn gateway_reconnect(&self, id: GatewayId) -> Result<(), FleetError> {
        if self.own_gateway_has_failed(&id).await? {
            self.shared.own_again.notify_one();
            return Ok(());
        }
        self.call(move |core| core.reconnect(&id)).await?
    }

    pub async fn gateway_pause(&self, id: GatewayId, paused: bool) -> Result<(), FleetError> {
        self.call(move |core| {
            let entry = core
                .gateways
                .get_mut(&id)
                .ok_or(FleetError::NoSuchGateway)?;
            if entry.record.paused != paused {
                entry.record.paused = paused;
                core.keep_gateway(&id);
                core.connect(&id);
            }
            Ok(())
        })
        .await?
    }

    /// Puts another secret in place of the one that is kept, and connects with it.
    pub async fn credential_rotate(
        &self,
        id: GatewayId,
        secret: SecretInput,
    ) -> Result<GatewayView, FleetError> {
        let SecretInput { kind, value } = secret;
        let value = Secret::new(value);
        if value.expose().trim().is_empty() || kind == CredentialKind::None {
            return Err(FleetError::InvalidInput("a secret has a kind and a value"));
        }
        let known = id.clone();
        if !self
            .call(move |core| core.gateways.contains_key(&known))
            .await?
        {
            return Err(FleetError::NoSuchGateway);
        }
        self.shared.safe.keep(&id, kind, &value).await?;
        let now = self.shared.clock.now();
        self.call(move |core| core.credential_now(&id, kind, Some(now)))
            .await?
    }

    /// Forgets a gateway's secrets, its device token included.
    pub async fn credential_forget(&self, id: GatewayId) -> Result<GatewayView, FleetError> {
        self.shared.safe.forget(&id).await?;
        self.call(move |core| core.credential_now(&id, CredentialKind::None, None))
            .await?
    }
}

/// An address and a pin that can be used.
fn checked(url: &str, pin: Option<&str>) -> Result<(String, Option<String>), FleetError> {
    let url = GatewayUrl::parse(url)?;
    if !url.may_carry_secrets() {
        return Err(FleetError::PlainTextRefused);
    }
    let pin = pin
        .map(str::trim)
        .filter(|pin| !pin.is_empty())
        .map(CertificatePin::parse)
        .transpose()?;
    Ok((url.as_str().to_owned(), pin.map(|pin| pin.to_string())))
}

pub(crate) fn host_of(url: &str) -> String {
    GatewayUrl::parse(url).map_or_else(|_| url.to_owned(), |url| url.host())
}

/// What tells gateways on one host apart.
pub(crate) fn host_and_port(url: &str) -> String {
    let Ok(url) = GatewayUrl::parse(url) else {
        return url.to_owned();
    };
    let (host, port) = (url.host(), url.port());
    if host.contains(':') {
        return format!("[{host}]:{port}");
    }
    format!("{host}:{port}")
}

/// Whether what is kept for one address may be shown to another.
pub(crate) fn may_have_the_secrets_of(kept: &str, other: &str) -> bool {
    let is_tls = |url: &str| GatewayUrl::parse(url).is_ok_and(|url| url.is_tls());
    same_host(kept, other) && (is_tls(other) || !is_tls(kept))
}

/// And the same port: another program may listen on another.
fn same_host(a: &str, b: &str) -> bool {
    match (GatewayUrl::parse(a), GatewayUrl::parse(b)) {
        (Ok(a), Ok(b)) => a.host() == b.host() && a.port() == b.port(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_for_one_listener_and_never_for_less_than_it_had() {
        for (kept, other, may) in [
            (
                "wss://home.example:8443",
                "wss://home.example:8443/path",
                true,
            ),
            ("ws://127.0.0.1:18789", "wss://127.0.0.1:18789", true),
            ("ws://127.0.0.1:18789", "ws://127.0.0.1:18790", false),
            ("wss://10.0.0.7:8443", "ws://10.0.0.7:8443", false),
            ("wss://home.example", "wss://home.example.org", false),
            ("wss://home.example", "nonsense", false),
        ] {
            assert_eq!(
                may_have_the_secrets_of(kept, other),
                may,
                "{kept} to {other}"
            );
        }
    }
}
