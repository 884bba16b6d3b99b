//! A second opinion by a model on what is not denied already, where the policy names one. What it says can raise a
//! verdict and nothing else; no answer, one that is late and one that cannot be read change nothing.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use gatehouse_agent::message::Message;
use gatehouse_agent::provider::{
    ModelEvent, ModelRef, ModelRequest, ProviderError, Purpose, Thinking,
};
use gatehouse_policy::Verdict;
use gatehouse_policy::decide::vetting::{self, Brief, Outcome, Redact};
use gatehouse_policy::rules::Vetting;
use gatehouse_vault::Redactor;

use super::Judged;
use crate::agents::ModelCatalog;
use crate::clock::Clock;

/// The longest answer that is waited for; a longer one would not be read.
const MOST_BYTES: usize = 8 * 1024;

/// Tokens of the answer: one object with a sentence.
const MOST_TOKENS: u32 = 1_000;

/// Asks models.
#[derive(Clone)]
pub(crate) struct Vetter {
    models: ModelCatalog,
    redactor: Arc<Redactor>,
    clock: Clock,
}

struct Hiding<'a>(&'a Redactor);

impl Redact for Hiding<'_> {
    fn redact(&self, text: &str) -> String {
        self.0.redact(text).into_owned()
    }
}

impl Vetter {
    pub(crate) fn new(models: ModelCatalog, redactor: Redactor, clock: Clock) -> Self {
        Self {
            models,
            redactor: Arc::new(redactor),
            clock,
        }
    }

    /// What was judged, with the model's advice.
    pub(in crate::govern) async fn vetted(&self, judged: Judged, by: Option<&Vetting>) -> Judged {
        let Some(by) = by.filter(|_| judged.verdict != Verdict::Deny) else {
            return judged;
        };
        let brief = vetting::brief(&judged.decision, &Hiding(&self.redactor));
        let patience = Duration::from_millis(by.timeout_ms);
        let outcome = match tokio::time::timeout(patience, self.ask(&by.model, brief)).await {
            Ok(Ok(text)) => Outcome::Answered(text),
            Ok(Err(error)) => {
                tracing::warn!(model = by.model, %error, "the reviewing model did not answer");
                Outcome::Failed
            }
            Err(_) => {
                tracing::warn!(model = by.model, "the reviewing model took too long");
                Outcome::TimedOut
            }
        };
        judged.advised(&outcome)
    }

    async fn ask(&self, model: &str, brief: Brief) -> Result<String, ProviderError> {
        let unknown = || ProviderError::UnknownModel(model.to_owned());
        let name = ModelRef::parse(model).ok_or_else(unknown)?;
        let models = self.models.current();
        let found = models.find(&name).ok_or_else(unknown)?;
        let request = ModelRequest {
            model: name.model,
            purpose: Purpose::Reply,
            system: brief.instructions.to_owned(),
            messages: vec![Message::user(&brief.action, self.clock.now_ms())],
            tools: Vec::new(),
            max_output_tokens: Some(MOST_TOKENS),
            context_window: Some(found.info.context_window),
            thinking: Some(Thinking::Off),
        };
        let mut stream = found.provider.stream(request).await?;
        let mut text = String::new();
        while let Some(event) = stream.next().await {
            match event? {
                ModelEvent::Text(piece) => text.push_str(&piece),
                ModelEvent::Done { .. } => break,
                _ => {}
            }
            if text.len() > MOST_BYTES {
                break;
            }
        }
        Ok(text)
    }
}
