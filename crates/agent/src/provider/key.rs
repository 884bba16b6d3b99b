//! A provider's key, in a type that cannot be printed or serialised by accident; or where to ask for it.

use std::sync::Arc;

use async_trait::async_trait;

use zeroize::Zeroizing;

/// A secret. Wiped from memory when the last copy is dropped.
#[derive(Clone)]
pub struct ApiKey(Arc<Zeroizing<String>>);

impl ApiKey {
    pub fn new(key: String) -> Self {
        Self(Arc::new(Zeroizing::new(key)))
    }

    /// For the request that it authorises, and nothing else.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }

    /// A text of someone else's, without the key.
    pub(super) fn redact(&self, text: &str) -> String {
        if self.0.is_empty() {
            return text.to_owned();
        }
        text.replace(self.0.as_str(), "[key]")
    }
}

/// Gives a key that is kept elsewhere, anew for each call.
#[async_trait]
pub trait KeySource: Send + Sync {
    /// # Errors
    /// A sentence for a person: why it may not be used now.
    async fn key(&self) -> Result<ApiKey, String>;

    /// The key before a rotation, while it is in its grace: for a provider that does not know the new one yet.
    ///
    /// # Errors
    /// As [`Self::key`].
    async fn former(&self) -> Result<Option<ApiKey>, String> {
        Ok(None)
    }
}

/// Where a provider's key is.
#[derive(Clone)]
pub enum ProviderKey {
    /// In the configuration or the environment.
    Here(ApiKey),
    Kept(Arc<dyn KeySource>),
}

impl ProviderKey {
    pub(super) async fn get(&self) -> Result<ApiKey, String> {
        match self {
            Self::Here(key) => Ok(key.clone()),
            Self::Kept(source) => source.key().await,
        }
    }

    /// The one before a rotation, where it may still be used.
    pub(super) async fn former(&self) -> Result<Option<ApiKey>, String> {
        match self {
            Self::Here(_) => Ok(None),
            Self::Kept(source) => source.former().await,
        }
    }
}
