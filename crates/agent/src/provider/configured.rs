//! From a configuration's providers to models that can be asked.

use std::{sync::Arc, time::Duration};

use url::{Host, Url};

use super::{
    Api, BreakerRules, Guarded, HttpError, ModelInfo, ModelRef, Models, Price, ProviderKey, Remote,
    ResolvedModel, client,
};

/// A context that most models have, for one whose size is not known.
const CONTEXT_WINDOW: u64 = 128_000;

/// What an Ollama model is given where the configuration does not say: the context takes memory of the machine from the
/// beginning, and few have it for more.
const OLLAMA_CONTEXT_WINDOW: u64 = 32_768;

/// How long a model on a machine of one's own may say nothing: it is loaded first, and reads a long prompt for minutes.
const LOCAL_PATIENCE: Duration = Duration::from_secs(15 * 60);

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
    /// What it reads, such as `text` and `image`; none where the configuration does not say.
    pub input: Option<Vec<String>>,
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
            let patience = is_near(&provider.base_url).then_some(LOCAL_PATIENCE);
            for model in provider.models {
                models.add(ResolvedModel {
                    info: ModelInfo {
                        patience,
                        ..model.info(&provider.id, provider.api)
                    },
                    provider: guarded.clone(),
                });
            }
        }
        Ok(models)
    }
}

impl ModelConfig {
    fn info(self, provider: &str, api: Api) -> ModelInfo {
        let usual = match api {
            Api::Ollama => OLLAMA_CONTEXT_WINDOW,
            _ => CONTEXT_WINDOW,
        };
        let reads = |what: &str| {
            let input = self.input.as_ref();
            input.is_none_or(|input| input.iter().any(|reads| reads == what))
        };
        ModelInfo {
            name: ModelRef {
                provider: provider.to_owned(),
                model: self.id,
            },
            title: self.title,
            context_window: self.context_window.unwrap_or(usual),
            max_output_tokens: self.max_output_tokens,
            price: self.price,
            takes_images: reads("image"),
            patience: None,
        }
    }
}

/// On this machine or in its network.
fn is_near(base_url: &str) -> bool {
    let Ok(url) = Url::parse(base_url) else {
        return false;
    };
    match url.host() {
        Some(Host::Ipv4(address)) => {
            address.is_loopback() || address.is_private() || address.is_link_local()
        }
        Some(Host::Ipv6(address)) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
        // A name without a dot is one of the network.
        Some(Host::Domain(name)) => {
            let near = [".localhost", ".local", ".lan", ".internal", ".home.arpa"];
            !name.contains('.') || near.iter().any(|end| name.ends_with(end))
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(api: Api, input: Option<Vec<String>>) -> ModelInfo {
        let config = ModelConfig {
            id: "m".into(),
            title: None,
            context_window: None,
            max_output_tokens: None,
            price: None,
            input,
        };
        config.info("p", api)
    }

    #[test]
    fn what_is_not_said_of_a_model_is_taken_to_be_usual() {
        assert!(config(Api::OpenAiCompletions, None).takes_images);
        let text = || Some(vec!["text".to_owned()]);
        assert!(!config(Api::OpenAiCompletions, text()).takes_images);
        let (usual, ollama) = (config(Api::Anthropic, None), config(Api::Ollama, None));
        assert!(ollama.context_window < usual.context_window);
    }

    #[test]
    fn a_model_that_is_near_is_waited_for_longer() {
        for near in [
            "http://127.0.0.1:11434",
            "http://localhost:8080/v1",
            "http://192.168.1.5:1234/v1",
            "http://[::1]:1/v1",
            "http://box.local/v1",
            "http://ollama:11434",
        ] {
            assert!(is_near(near), "{near}");
        }
        for far in [
            "https://api.example.org/v1",
            "https://8.8.8.8/v1",
            "nothing",
        ] {
            assert!(!is_near(far), "{far}");
        }
    }

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
                input: None,
            }],
        }]);
        let models = models.unwrap();
        let name = ModelRef::parse("local/org/model").unwrap();
        assert_eq!(models.find(&name).unwrap().info.context_window, 8_000);
        assert_eq!(models.list().count(), 2, "the scripted one is always there");
    }
}
