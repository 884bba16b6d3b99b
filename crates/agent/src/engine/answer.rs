//! One model call: from a request to an assistant message, told as it arrives.

use std::sync::Arc;

use futures_util::StreamExt;
use tokio::time::Instant;

use super::{
    coalesce::Coalescer,
    draft::{self, Drafts},
    estimate,
    parts::Shared,
    stop::StopSignal,
};
use crate::{
    ambient::at,
    event::Emitter,
    message::{AssistantMessage, Content, StopReason, ToolCall, Usage},
    provider::{ModelEvent, ModelRequest, ProviderError, ResolvedModel},
    transcript::INTERRUPTED,
};

/// What came of a model call.
pub(crate) enum Answer {
    Whole(AssistantMessage),
    /// The run was stopped; what there was until then, without tool calls.
    Stopped(AssistantMessage),
    Failed(ProviderError),
}

/// What a call needs of its run.
pub(crate) struct Asking<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) stop: &'a StopSignal,
    pub(crate) emitter: &'a Arc<Emitter>,
    pub(crate) model: &'a ResolvedModel,
    /// The number of the assistant message within the run.
    pub(crate) item: u32,
    pub(crate) audience: Audience,
}

/// Whether deltas are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    Watchers,
    Nobody,
}

/// What has arrived besides text.
#[derive(Default)]
struct Arrived {
    /// About how many tokens the request was, once it was sent.
    sent: u64,
    has_begun: bool,
    calls: Vec<ToolCall>,
    thinking_signature: Option<String>,
    end: Option<(Usage, StopReason)>,
}

impl Asking<'_> {
    /// For an answer that is no part of the conversation.
    pub(crate) fn quietly(mut self) -> Self {
        self.audience = Audience::Nobody;
        self
    }

    /// Makes the call, once. What it took is told with its answer, also of one that was stopped or broke off.
    pub(crate) async fn ask(&self, request: ModelRequest) -> (Answer, Usage) {
        let every = self.shared.options.delta_every;
        let mut told = Coalescer::new(self.watchers(), self.item, every);
        let mut arrived = Arrived::default();
        let result = tokio::select! {
            biased;
            () = self.stop.token().cancelled() => None,
            result = self.read(request, &mut told, &mut arrived) => Some(result),
        };
        let (thinking, text) = told.finish();
        let failed_at_once = matches!(result, Some(Err(_))) && !arrived.has_begun;
        let mut message = self.message(thinking, text, arrived);
        let usage = message.usage;
        match result {
            None => {
                let is_call = |block: &Content| matches!(block, Content::ToolCall(_));
                message.content.retain(|block| !is_call(block));
                message.stop_reason = StopReason::Aborted;
                message.error_message = self.stop.cause().map(|cause| cause.sentence().to_owned());
                (Answer::Stopped(message), usage)
            }
            // A provider that refused, or could not be reached, took nothing.
            Some(Err(error)) if failed_at_once => (Answer::Failed(error), Usage::default()),
            Some(Err(error)) => (Answer::Failed(error), usage),
            Some(Ok(())) => (Answer::Whole(message), usage),
        }
    }

    fn watchers(&self) -> Option<Arc<Emitter>> {
        (self.audience == Audience::Watchers).then(|| self.emitter.clone())
    }

    async fn read(
        &self,
        request: ModelRequest,
        told: &mut Coalescer,
        arrived: &mut Arrived,
    ) -> Result<(), ProviderError> {
        arrived.sent = estimate::of_request(&request);
        let usual = self.shared.options.model_silence;
        let silence = self.model.info.patience.unwrap_or(usual);
        let begun = tokio::time::timeout(silence, self.model.provider.stream(request)).await;
        let mut stream = begun.map_err(|_| ProviderError::Silent(silence))??;
        let mut patience = Instant::now() + silence;
        let mut drafts = self.drafts();
        while arrived.end.is_none() {
            let next = tokio::select! {
                biased;
                () = at(told.deadline()) => {
                    told.flush();
                    continue;
                }
                () = at(drafts.deadline()) => {
                    let (thinking, text) = told.so_far();
                    drafts.keep(self.cut_off(thinking, text));
                    continue;
                }
                () = drafts.written() => continue,
                next = stream.next() => next,
                () = tokio::time::sleep_until(patience) => {
                    return Err(ProviderError::Silent(silence));
                }
            };
            patience = Instant::now() + silence;
            let Some(event) = next else {
                return Err(ProviderError::ended_early());
            };
            let event = event?;
            arrived.has_begun = true;
            match event {
                ModelEvent::Text(piece) => {
                    told.text(&piece);
                    drafts.grew();
                }
                ModelEvent::Thinking(piece) => {
                    told.thinking(&piece);
                    drafts.grew();
                }
                ModelEvent::ThinkingSignature(piece) => {
                    let signature = arrived.thinking_signature.get_or_insert_default();
                    signature.push_str(&piece);
                }
                ModelEvent::Alive => {}
                ModelEvent::ToolCall(call) => arrived.calls.push(call),
                ModelEvent::Done { usage, stop } => arrived.end = Some((usage, stop)),
            }
        }
        Ok(())
    }

    fn drafts(&self) -> Drafts {
        let is_told = self.audience == Audience::Watchers;
        let journal = is_told.then(|| self.shared.journal.clone());
        Drafts::new(journal, self.emitter.clone())
    }

    /// The answer as it stands where nothing more of it comes.
    fn cut_off(&self, thinking: &str, text: &str) -> AssistantMessage {
        let whole = |text| draft::whole_words(text).to_owned();
        let message = self.message(whole(thinking), whole(text), Arrived::default());
        AssistantMessage {
            usage: Usage::default(),
            stop_reason: StopReason::Aborted,
            error_message: Some(INTERRUPTED.to_owned()),
            ..message
        }
    }

    fn message(&self, thinking: String, text: String, arrived: Arrived) -> AssistantMessage {
        let mut content = Vec::new();
        let thinking_signature = arrived.thinking_signature;
        // Some models keep their thinking to themselves and sign it all the same.
        if !thinking.is_empty() || thinking_signature.is_some() {
            content.push(Content::Thinking {
                thinking,
                thinking_signature,
            });
        }
        if !text.is_empty() {
            content.push(Content::Text { text });
        }
        content.extend(arrived.calls.into_iter().map(Content::ToolCall));
        let (told, stop_reason) = arrived.end.unwrap_or((Usage::default(), StopReason::Stop));
        let mut usage = estimate::told_or(told, arrived.sent, estimate::of_content(&content));
        let price = self.model.info.price.unwrap_or_default();
        price.charge(&mut usage);
        AssistantMessage {
            content,
            provider: self.model.info.name.provider.clone(),
            model: self.model.info.name.model.clone(),
            usage,
            stop_reason,
            error_message: None,
            timestamp: self.shared.clock.now_ms(),
        }
    }
}
