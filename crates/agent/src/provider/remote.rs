//! Providers behind HTTP, through genai: OpenAI-compatible endpoints, Anthropic, Ollama and Gemini.
//!
//! This is the only file that knows the library.

mod broke_off;
mod calls;
mod convert;
mod quiet;

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use genai::{
    Client, ModelIden, ServiceTarget,
    adapter::AdapterKind,
    chat::{ChatOptions, ChatStreamEvent, ReasoningEffort},
    resolver::{AuthData, Endpoint},
};

use broke_off::ToldError;
use calls::ToldCalls;
use quiet::Quiet;

use crate::message::ToolCall;

use super::{
    ApiKey, ModelEvent, ModelRequest, ModelStream, Provider, ProviderError, ProviderKey, Thinking,
};

/// What a provider speaks; OpenClaw's `models.providers.*.api`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    OpenAiCompletions,
    OpenAiResponses,
    Anthropic,
    Ollama,
    Gemini,
}

impl Api {
    /// By OpenClaw's name for it.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "openai-completions" => Self::OpenAiCompletions,
            "openai-responses" => Self::OpenAiResponses,
            "anthropic-messages" => Self::Anthropic,
            "ollama" => Self::Ollama,
            "google-generative-ai" => Self::Gemini,
            _ => return None,
        })
    }

    fn adapter(self) -> AdapterKind {
        match self {
            Self::OpenAiCompletions => AdapterKind::OpenAI,
            Self::OpenAiResponses => AdapterKind::OpenAIResp,
            Self::Anthropic => AdapterKind::Anthropic,
            Self::Ollama => AdapterKind::Ollama,
            Self::Gemini => AdapterKind::Gemini,
        }
    }
}

/// One provider of the configuration.
pub struct Remote {
    client: Client,
    api: Api,
    /// Ends in a slash.
    base_url: String,
    key: Option<ProviderKey>,
}

impl Remote {
    /// `base_url` is where the API's own paths begin, `https://api.example.org/v1` for example.
    pub fn new(http: reqwest::Client, api: Api, base_url: &str, key: Option<ProviderKey>) -> Self {
        let client = Client::builder().with_reqwest(http).build();
        Self {
            client: client.expect("with a given HTTP client nothing is built"),
            api,
            base_url: format!("{}/", base_url.trim_end_matches('/')),
            key,
        }
    }

    fn target(&self, model: &str, key: Option<&ApiKey>) -> ServiceTarget {
        let key = key.map_or("", ApiKey::reveal);
        ServiceTarget {
            endpoint: Endpoint::from_owned(self.base_url.clone()),
            auth: AuthData::from_single(key),
            model: ModelIden::new(self.api.adapter(), model),
        }
    }

    fn options(request: &ModelRequest) -> ChatOptions {
        let mut options = ChatOptions::default().with_capture_usage(true);
        if let Some(most) = request.max_output_tokens {
            options = options.with_max_tokens(most);
        }
        if let Some(effort) = request.thinking.and_then(effort) {
            options = options.with_reasoning_effort(effort);
        }
        options
    }
}

/// None where nothing is said about it.
fn effort(thinking: Thinking) -> Option<ReasoningEffort> {
    match thinking {
        Thinking::Off => None,
        Thinking::Minimal | Thinking::Low => Some(ReasoningEffort::Low),
        Thinking::Medium => Some(ReasoningEffort::Medium),
        Thinking::High => Some(ReasoningEffort::High),
    }
}

#[async_trait]
impl Provider for Remote {
    async fn stream(&self, request: ModelRequest) -> Result<ModelStream, ProviderError> {
        let key = match &self.key {
            None => None,
            Some(key) => Some(key.get().await.map_err(ProviderError::KeyRefused)?),
        };
        let refused = match self.begin(request.clone(), key).await {
            Err(refused @ ProviderError::Unauthorized { .. }) => refused,
            begun => return begun,
        };
        let former = match &self.key {
            None => None,
            Some(key) => key.former().await.map_err(ProviderError::KeyRefused)?,
        };
        match former {
            Some(former) => self.begin(request, Some(former)).await,
            None => Err(refused),
        }
    }
}

impl Remote {
    async fn begin(
        &self,
        request: ModelRequest,
        key: Option<ApiKey>,
    ) -> Result<ModelStream, ProviderError> {
        let target = self.target(&request.model, key.as_ref());
        let overheard = Overheard::at(self.api);
        let options = overheard.listens(Self::options(&request));
        let chat = convert::request(request);
        let begun = self.client.exec_chat_stream(target, chat, Some(&options));
        let begun = Quiet::new(begun)
            .await
            .map_err(|error| convert::error(&error, key.as_ref()))?;
        let mut events = Quiet::new(begun.stream)
            .flat_map(move |event| {
                let events = match event {
                    Ok(event) => events_of(event, &overheard, key.as_ref()),
                    Err(error) => vec![Err(convert::error(&error, key.as_ref()))],
                };
                stream::iter(events)
            })
            .boxed();
        // The status may come with the first event: a refusal is one of the beginning.
        match events.next().await {
            Some(Err(refused @ ProviderError::Unauthorized { .. })) => Err(refused),
            Some(first) => Ok(Box::pin(stream::iter([first]).chain(events))),
            None => Ok(Box::pin(stream::empty())),
        }
    }
}

/// What is taken from the frames as they come in, since the library loses it.
enum Overheard {
    Nothing,
    Error(ToldError),
    Calls(ToldCalls),
}

impl Overheard {
    fn at(api: Api) -> Self {
        match api {
            Api::Ollama => Self::Error(ToldError::default()),
            Api::OpenAiCompletions => Self::Calls(ToldCalls::default()),
            Api::OpenAiResponses | Api::Anthropic | Api::Gemini => Self::Nothing,
        }
    }

    fn listens(&self, options: ChatOptions) -> ChatOptions {
        match self {
            Self::Nothing => options.with_capture_tool_calls(true),
            Self::Error(told) => options
                .with_capture_tool_calls(true)
                .with_raw_frame_sink(told.clone()),
            Self::Calls(told) => options
                .with_capture_tool_calls(false)
                .with_raw_frame_sink(told.clone()),
        }
    }

    /// Why the answer is over before its end.
    fn problem(&self, key: Option<&ApiKey>) -> Option<ProviderError> {
        match self {
            Self::Nothing => None,
            Self::Error(told) => told.words().map(|words| convert::broke_off(words, key)),
            Self::Calls(told) => told.problem(),
        }
    }

    fn calls(&self) -> Vec<ToolCall> {
        match self {
            Self::Calls(told) => told.take(),
            Self::Nothing | Self::Error(_) => Vec::new(),
        }
    }
}

fn events_of(
    event: ChatStreamEvent,
    overheard: &Overheard,
    key: Option<&ApiKey>,
) -> Vec<Result<ModelEvent, ProviderError>> {
    match event {
        ChatStreamEvent::Chunk(chunk) => vec![Ok(ModelEvent::Text(chunk.content))],
        ChatStreamEvent::ReasoningChunk(chunk) => vec![Ok(ModelEvent::Thinking(chunk.content))],
        ChatStreamEvent::ThoughtSignatureChunk(chunk) => {
            vec![Ok(ModelEvent::ThinkingSignature(chunk.content))]
        }
        // Comes before anything was sent.
        ChatStreamEvent::Start => Vec::new(),
        // Calls are taken whole at the end.
        ChatStreamEvent::ToolCallChunk(_) | ChatStreamEvent::Heartbeat => {
            vec![overheard.problem(key).map_or(Ok(ModelEvent::Alive), Err)]
        }
        ChatStreamEvent::End(end) => match overheard.problem(key) {
            Some(problem) => vec![Err(problem)],
            None => convert::end(end, overheard.calls()),
        },
    }
}
