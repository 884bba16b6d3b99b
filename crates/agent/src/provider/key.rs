//! A provider's key, in a type that cannot be printed or serialised by accident.

use std::sync::Arc;

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
