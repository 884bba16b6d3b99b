//! What a run needs from a model: one streamed answer to a list of messages.
//!
//! A provider only asks once. Trying again, other models and prices are the business of the parts around it.

use std::{pin::Pin, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures_util::Stream;

use crate::{
    message::{Message, StopReason, ToolCall, Usage},
    tools::ToolSpec,
};

mod backoff;
mod breaker;
mod configured;
mod error;
mod http;
mod key;
mod remote;
pub mod scripted;

pub use backoff::Backoff;
pub use breaker::{BreakerRules, Guarded};
pub use configured::{ModelConfig, ProviderConfig};
pub use error::ProviderError;
pub(crate) use http::builder as http_builder;
pub use http::{HttpError, client};
pub use key::{ApiKey, KeySource, ProviderKey};
pub use remote::{Api, Remote};

/// An answer as it arrives. Dropping it ends the call.
pub type ModelStream = Pin<Box<dyn Stream<Item = Result<ModelEvent, ProviderError>> + Send>>;

/// Something that answers.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Begins an answer.
    async fn stream(&self, request: ModelRequest) -> Result<ModelStream, ProviderError>;
}

/// What a model is asked.
#[derive(Clone, Debug)]
pub struct ModelRequest {
    /// The model's name at its provider.
    pub model: String,
    pub purpose: Purpose,
    pub system: String,
    pub messages: Vec<Message>,
    pub tools: Vec<ToolSpec>,
    /// The most tokens of the answer; the provider's own limit when none.
    pub max_output_tokens: Option<u32>,
    /// How many tokens the model is to take in all, where it can be told; the same in every request, since a server may
    /// load the model anew for another.
    pub context_window: Option<u64>,
    /// How much the model should think, where it can be told.
    pub thinking: Option<Thinking>,
}

/// What the answer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Reply,
    /// A summary in place of older messages.
    Compaction,
}

/// Levels of thinking, as OpenClaw names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thinking {
    Off,
    Minimal,
    Low,
    Medium,
    High,
}

impl Thinking {
    /// The words for them, from the least on.
    pub const WORDS: [&str; 5] = ["off", "minimal", "low", "medium", "high"];

    /// These, and those that the published gateway knows beside them.
    pub const PUBLISHED: [&str; 9] = [
        "off", "minimal", "low", "medium", "high", "xhigh", "adaptive", "max", "ultra",
    ];

    /// Its published word.
    pub fn word(self) -> &'static str {
        let [off, minimal, low, medium, high] = Self::WORDS;
        match self {
            Self::Off => off,
            Self::Minimal => minimal,
            Self::Low => low,
            Self::Medium => medium,
            Self::High => high,
        }
    }

    /// By one of the published words. What goes beyond the most that is asked of a model here is that, and what is left
    /// to the model is the middle.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word.trim().to_ascii_lowercase().as_str() {
            "off" => Self::Off,
            "minimal" => Self::Minimal,
            "low" => Self::Low,
            "medium" | "adaptive" => Self::Medium,
            "high" | "xhigh" | "max" | "ultra" => Self::High,
            _ => return None,
        })
    }
}

/// A piece of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelEvent {
    Text(String),
    Thinking(String),
    /// A piece of the signature of the thinking before it; see [`crate::message::Content::Thinking`].
    ThinkingSignature(String),
    /// Nothing new, but the provider is at it.
    Alive,
    /// A whole call; providers that stream calls in pieces put them together first.
    ToolCall(ToolCall),
    /// The last one. Costs are filled in by the caller, who knows the prices.
    Done {
        usage: Usage,
        stop: StopReason,
    },
}

/// A model, by provider and name: `anthropic/claude-sonnet-4-5`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModelRef {
    pub provider: String,
    pub model: String,
}

impl ModelRef {
    /// Reads `provider/model`. The model's name may hold further slashes.
    pub fn parse(text: &str) -> Option<Self> {
        let (provider, model) = text.trim().split_once('/')?;
        let named = !provider.is_empty() && !model.is_empty();
        named.then(|| Self {
            provider: provider.to_owned(),
            model: model.to_owned(),
        })
    }
}

impl std::fmt::Display for ModelRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.provider, self.model)
    }
}

/// What is known about one model.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelInfo {
    pub name: ModelRef,
    /// What people call it, where the configuration says.
    pub title: Option<String>,
    /// How many tokens the model takes in all.
    pub context_window: u64,
    pub max_output_tokens: Option<u32>,
    /// None where nobody said what it costs.
    pub price: Option<Price>,
    /// False where the configuration says that it reads texts alone.
    pub takes_images: bool,
    /// How long it may say nothing before it counts as failed, where that is not what it is for all.
    pub patience: Option<Duration>,
}

/// US dollars for a million tokens, as OpenClaw's `models.providers.*.models[].cost` gives them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Price {
    pub input: f64,
    pub output: f64,
    pub cache_read: f64,
    pub cache_write: f64,
}

impl Price {
    /// Fills in what the tokens cost, and their sum where the provider gave none.
    pub fn charge(&self, usage: &mut Usage) {
        let cost = |tokens: u64, price: f64| tokens as f64 * price / 1_000_000.0;
        usage.cost.input = cost(usage.input, self.input);
        usage.cost.output = cost(usage.output, self.output);
        usage.cost.cache_read = cost(usage.cache_read, self.cache_read);
        usage.cost.cache_write = cost(usage.cache_write, self.cache_write);
        usage.cost.total =
            usage.cost.input + usage.cost.output + usage.cost.cache_read + usage.cost.cache_write;
        let sum = usage.input + usage.output + usage.cache_read + usage.cache_write;
        usage.total_tokens = usage.total_tokens.max(sum);
    }
}

/// A model with the provider that answers for it.
#[derive(Clone)]
pub struct ResolvedModel {
    pub info: ModelInfo,
    pub provider: Arc<dyn Provider>,
}

/// The models that the configuration names. Built anew when the configuration changes.
#[derive(Clone, Default)]
pub struct Models {
    models: Vec<ResolvedModel>,
}

impl Models {
    /// Only the built-in scripted model.
    pub fn scripted() -> Self {
        let mut models = Self::default();
        models.add(scripted::model(scripted::Scripted::default()));
        models
    }

    /// Adds a model, in place of one with the same name.
    pub fn add(&mut self, model: ResolvedModel) {
        self.models
            .retain(|known| known.info.name != model.info.name);
        self.models.push(model);
    }

    /// In the order they were added.
    pub fn list(&self) -> impl Iterator<Item = &ModelInfo> {
        self.models.iter().map(|model| &model.info)
    }

    pub fn find(&self, name: &ModelRef) -> Option<&ResolvedModel> {
        self.models.iter().find(|model| model.info.name == *name)
    }
}
