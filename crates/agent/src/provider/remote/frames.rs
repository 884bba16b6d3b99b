//! An OpenAI-compatible answer, read from its frames as they come in.
//!
//! The library reads them too, and serves as the transport; what it makes of them is not used. It keeps tool calls in a
//! list as long as the highest number of one, takes `"error": null` for an error, and knows no end but `[DONE]`, which not
//! every server sends.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use genai::{
    Error,
    chat::{ChatFrameSink, ChatStreamEvent, FrameCtx, RawFrameRef},
};
use serde_json::Value;

use super::{
    super::{ApiKey, ModelEvent, ProviderError},
    calls::Calls,
    convert, refusal,
};
use crate::message::Usage;

/// What was heard of one answer.
#[derive(Clone, Default)]
pub(super) struct Frames(Arc<Mutex<Heard>>);

#[derive(Default)]
struct Heard {
    /// What was not passed on yet.
    pieces: Vec<ModelEvent>,
    calls: Calls,
    /// Why the model stopped. After it only usage comes.
    finish: Option<String>,
    usage: Usage,
    is_over: bool,
}

impl ChatFrameSink for Frames {
    fn on_frame(&self, _context: &FrameCtx, frame: RawFrameRef<'_>) {
        if let Ok(frame) = serde_json::from_str::<Value>(frame.data) {
            self.lock().hears(&frame);
        }
    }
}

impl Frames {
    /// What is to be passed on after an event of the library, or after its end.
    pub(super) fn after(
        &self,
        event: Option<genai::Result<ChatStreamEvent>>,
        key: Option<&ApiKey>,
    ) -> Vec<Result<ModelEvent, ProviderError>> {
        let mut heard = self.lock();
        if heard.is_over {
            return Vec::new();
        }
        let mut events: Vec<_> = heard.pieces.drain(..).map(Ok).collect();
        if let Some(problem) = heard.calls.problem() {
            events.push(Err(problem));
            return events;
        }
        match event {
            // Comes before anything was sent.
            Some(Ok(ChatStreamEvent::Start)) => {}
            None | Some(Ok(ChatStreamEvent::End(_))) => events.extend(heard.end()),
            Some(Err(error)) if is_none(&error) => {}
            Some(Err(error)) => match refusal::error(&error, key) {
                // The answer is whole; only the connection was not closed in good order.
                ProviderError::Unreachable(_) if heard.finish.is_some() => {
                    events.extend(heard.end());
                }
                error => events.push(Err(error)),
            },
            Some(Ok(_)) if events.is_empty() => events.push(Ok(ModelEvent::Alive)),
            Some(Ok(_)) => {}
        }
        events
    }

    /// Whoever panicked left whole entries.
    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Some servers say in every frame that there is no error.
fn is_none(error: &Error) -> bool {
    matches!(error, Error::ChatResponse { body, .. } if body.is_null())
}

impl Heard {
    fn hears(&mut self, frame: &Value) {
        if let Some(usage) = convert::told_usage(frame) {
            self.usage = usage;
        }
        let choice = &frame["choices"][0];
        let delta = &choice["delta"];
        let (text, thinking) = text_and_thinking(&delta["content"]);
        let apart = delta["reasoning_content"].as_str();
        let apart = apart.or(delta["reasoning"].as_str()).unwrap_or_default();
        let mut thought = |piece: &str| {
            if !piece.is_empty() {
                self.pieces.push(ModelEvent::Thinking(piece.to_owned()));
            }
        };
        thought(&thinking);
        thought(apart);
        if !text.is_empty() {
            self.pieces.push(ModelEvent::Text(text));
        }
        for piece in delta["tool_calls"].as_array().into_iter().flatten() {
            self.calls.hears(piece);
        }
        let finish = choice["finish_reason"].as_str();
        if let Some(finish) = finish.filter(|reason| !reason.is_empty()) {
            self.finish = Some(finish.to_owned());
        }
    }

    fn end(&mut self) -> Vec<Result<ModelEvent, ProviderError>> {
        self.is_over = true;
        let stop = self.finish.take().map(Into::into);
        convert::end(stop, self.usage, self.calls.take())
    }
}

/// A text, or a list of typed parts, as Mistral's reasoning models send it.
fn text_and_thinking(content: &Value) -> (String, String) {
    if let Some(text) = content.as_str() {
        return (text.to_owned(), String::new());
    }
    let (mut text, mut thinking) = (String::new(), String::new());
    for part in content.as_array().into_iter().flatten() {
        let to = if part["type"] == "thinking" {
            &mut thinking
        } else {
            &mut text
        };
        for field in ["text", "thinking"] {
            match &part[field] {
                Value::String(said) => to.push_str(said),
                Value::Array(parts) => {
                    let said = parts.iter().filter_map(|part| part["text"].as_str());
                    to.extend(said);
                }
                _ => {}
            }
        }
    }
    (text, thinking)
}
