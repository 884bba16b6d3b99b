//! From a configuration's providers to models that can be asked.

use std::sync::Arc;

use super::{
    Api, BreakerRules, Guarded, HttpError, ModelInfo, ModelRef, Models, Price, ProviderKey, Remote,
    ResolvedModel, client,
};

/// A context that most models have, for one whose size is not known.
const CONTEXT_WINDOW: u64 = 128_000;

/// One of OpenClaw's `models.providers`.
#[derive(Clone)]
pub struct ProviderConfig {
    pub id: String,
    pub api: Api,
    /// Where the API's own paths begin.
    pub base_url: String,
    pub key: Option<ProviderKey>,
    pub models: Vec<ModelConfig>,
}

/// One of its `models`.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelConfig {
    pub id: String,
    /// What people call it.
    pub title: Option<String>,
    pub context_window: Option<u64>,
    pub max_output_tokens: Option<u32>,
    /// None where the configuration does not say.
    pub price: Option<Price>,
}

impl Models {
    /// The models of some providers, and the scripted one. All models of a provider share a breaker.
    ///
    /// # Errors
    /// When no HTTP client can be made; without a provider none is.
    pub fn configured(providers: Vec<ProviderConfig>) -> Result<Self, HttpError> {
        let mut models = Self::scripted();
        if providers.is_empty() {
            return Ok(models);
        }
        let http = client()?;
        for provider in providers {
            let remote = Remote::new(http.clone(), provider.api, &provider.base_url, provider.key);
            let guarded = Guarded::new(Arc::new(remote), &provider.id, BreakerRules::default());
            let guarded = Arc::new(guarded);
            for model in provider.models {
                models.add(ResolvedModel {
                    info: model.info(&provider.id),
                    provider: guarded.clone(),
                });
            }
        }
        Ok(models)
    }
}

impl ModelConfig {
    fn info(self, provider: &str) -> ModelInfo {
        ModelInfo {
            name: ModelRef {
                provider: provider.to_owned(),
                model: self.id,
            },
            title: self.title,
            context_window: self.context_window.unwrap_or(CONTEXT_WINDOW),
            max_output_tokens: self.max_output_tokens,
            price: self.price,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_found_by_provider_and_name() {
        let models = Models::configured(vec![ProviderConfig {
            id: "local".into(),
            api: Api::OpenAiCompletions,
            base_url: "http://127.0.0.1:1/v1".into(),
            key: None,
            models: vec![ModelConfig {
                id: "org/model".into(),
                title: None,
                context_window: Some(8_000),
                max_output_tokens: None,
                price: None,
            }],
        }]);
        let models = models.unwrap();
        let name = ModelRef::parse("local/org/model").unwrap();
        assert_eq!(models.find(&name).unwrap().info.context_window, 8_000);
        assert_eq!(models.list().count(), 2, "the scripted one is always there");
    }
}
