//! Providers behind HTTP: OpenAI-compatible endpoints, Anthropic and Gemini through genai, and Ollama without it.
//!
//! Only this file and those below it know the library.

mod calls;
mod convert;
mod frames;
mod model_name;
mod ollama;
mod quiet;
mod refusal;
mod wire;

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use genai::{
    Client, ModelIden, ServiceTarget,
    adapter::AdapterKind,
    chat::{ChatOptions, ChatStreamEvent, ReasoningEffort},
    resolver::{AuthData, Endpoint},
};

use frames::Frames;
use quiet::Quiet;

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
    http: reqwest::Client,
    api: Api,
    /// Ends in a slash.
    base_url: String,
    key: Option<ProviderKey>,
}

impl Remote {
    /// `base_url` is where the API's own paths begin, `https://api.example.org/v1` for example.
    pub fn new(http: reqwest::Client, api: Api, base_url: &str, key: Option<ProviderKey>) -> Self {
        let client = Client::builder().with_reqwest(http.clone()).build();
        Self {
            client: client.expect("with a given HTTP client nothing is built"),
            http,
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
            model: ModelIden::new(self.api.adapter(), model_name::given(self.api, model)),
        }
    }

    fn options(&self, request: &ModelRequest) -> ChatOptions {
        let mut options = ChatOptions::default().with_capture_usage(true);
        if let Some(body) = model_name::corrected(self.api, &request.model) {
            options = options.with_extra_body(body);
        }
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
        if self.api == Api::Ollama {
            return ollama::begin(&self.http, &self.base_url, request, key).await;
        }
        let target = self.target(&request.model, key.as_ref());
        let overheard = Overheard::at(self.api);
        let options = overheard.listens(self.options(&request));
        let chat = convert::request(request);
        let begun = self.client.exec_chat_stream(target, chat, Some(&options));
        let begun = Quiet::new(begun)
            .await
            .map_err(|error| refusal::error(&error, key.as_ref()))?;
        let events = Quiet::new(begun.stream).map(Some);
        let mut events = events
            .chain(stream::iter([None]))
            .flat_map(move |event| stream::iter(overheard.after(event, key.as_ref())))
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
    /// Nothing either. Signatures belong to single parts, and calls have their own at the end.
    NoSignatures,
    Everything(Frames),
}

impl Overheard {
    fn at(api: Api) -> Self {
        match api {
            Api::OpenAiCompletions => Self::Everything(Frames::default()),
            Api::Gemini => Self::NoSignatures,
            Api::OpenAiResponses | Api::Anthropic | Api::Ollama => Self::Nothing,
        }
    }

    fn listens(&self, options: ChatOptions) -> ChatOptions {
        let options = options.with_capture_tool_calls(!matches!(self, Self::Everything(_)));
        match self {
            Self::Nothing | Self::NoSignatures => options,
            Self::Everything(frames) => options.with_raw_frame_sink(frames.clone()),
        }
    }

    /// What is to be passed on after an event of the library, or after its end.
    fn after(
        &self,
        event: Option<genai::Result<ChatStreamEvent>>,
        key: Option<&ApiKey>,
    ) -> Vec<Result<ModelEvent, ProviderError>> {
        if let Self::Everything(frames) = self {
            return frames.after(event, key);
        }
        match event {
            None => Vec::new(),
            Some(Ok(event)) => self.after_event(event),
            Some(Err(error)) => vec![Err(refusal::error(&error, key))],
        }
    }

    fn after_event(&self, event: ChatStreamEvent) -> Vec<Result<ModelEvent, ProviderError>> {
        match event {
            ChatStreamEvent::Chunk(chunk) => vec![Ok(ModelEvent::Text(chunk.content))],
            ChatStreamEvent::ReasoningChunk(chunk) => vec![Ok(ModelEvent::Thinking(chunk.content))],
            ChatStreamEvent::ThoughtSignatureChunk(_) if matches!(self, Self::NoSignatures) => {
                vec![Ok(ModelEvent::Alive)]
            }
            ChatStreamEvent::ThoughtSignatureChunk(chunk) => {
                vec![Ok(ModelEvent::ThinkingSignature(chunk.content))]
            }
            // Comes before anything was sent.
            ChatStreamEvent::Start => Vec::new(),
            // Calls are taken whole at the end.
            ChatStreamEvent::ToolCallChunk(_) | ChatStreamEvent::Heartbeat => {
                vec![Ok(ModelEvent::Alive)]
            }
            ChatStreamEvent::End(end) => convert::captured_end(end),
        }
    }
}
