//! One answer for a run: the agent's models in order, each with a few attempts.

use std::borrow::Cow;

use super::{
    answer::{Answer, Asking, Audience},
    compact::Compacted,
    request::Origin,
    run::{Run, RunError},
};
use crate::{
    event::RunEventKind,
    message::{Content, Message, StopReason, text_of},
    provider::{ModelInfo, ModelRef, ModelRequest, ProviderError, Purpose, ResolvedModel},
    transcript,
};

impl Run {
    /// Asks until there is an answer, or nobody is left to ask.
    pub(super) async fn ask(&mut self) -> Result<Answer, RunError> {
        let models = self.candidates()?;
        let mut last = None;
        // What a model found too long: only one that takes more is worth asking then.
        let mut too_long = 0;
        for model in &models {
            if last.is_some() && model.info.context_window <= too_long {
                continue;
            }
            let mut answer = self.ask_patiently(model).await;
            if matches!(&answer, Answer::Failed(ProviderError::ContextOverflow(_)))
                && self.compact_now(model).await? == Compacted::Done
            {
                answer = self.ask_patiently(model).await;
            }
            let Answer::Failed(error) = answer else {
                return Ok(answer);
            };
            if matches!(error, ProviderError::ContextOverflow(_)) {
                too_long = too_long.max(model.info.context_window);
            }
            tracing::warn!(%error, model = %model.info.name, "a model gave no answer");
            last = Some(error);
        }
        let none = || ProviderError::UnknownModel("(none)".into());
        Ok(Answer::Failed(last.unwrap_or_else(none)))
    }

    /// The first of the agent's models, or the one of the request.
    pub(super) fn first_model(&self) -> Result<ResolvedModel, RunError> {
        let mut models = self.candidates()?;
        Ok(models.swap_remove(0))
    }

    /// The request's model if it names one, then the agent's. A name that the configuration does not know is
    /// skipped as long as another is left.
    fn candidates(&self) -> Result<Vec<ResolvedModel>, RunError> {
        let profile = self.profile();
        let chosen = self.request().model.as_ref();
        let rest = profile.models.iter().filter(|name| Some(*name) != chosen);
        let names: Vec<&ModelRef> = chosen.into_iter().chain(rest).collect();
        let found: Vec<_> = names
            .iter()
            .filter_map(|name| profile.catalog.find(name).cloned())
            .collect();
        let first = names.first().copied();
        let unknown = match (first, found.first()) {
            (None, _) => return Err(RunError::Profile("the agent has no model".into())),
            // A person who chose a model wants to hear that it is not there.
            (Some(name), _) if Some(name) == chosen && profile.catalog.find(name).is_none() => name,
            (Some(name), None) => name,
            (Some(_), Some(_)) => return self.priced(found),
        };
        Err(ProviderError::UnknownModel(unknown.to_string()).into())
    }

    /// Those that a budget in dollars can be kept with. Whoever wanted the first hears that it is none of them.
    fn priced(&self, mut found: Vec<ResolvedModel>) -> Result<Vec<ResolvedModel>, RunError> {
        if !self.request().budget.is_in_dollars() {
            return Ok(found);
        }
        if found[0].info.price.is_none() {
            return Err(RunError::Unpriced(found[0].info.name.to_string()));
        }
        found.retain(|model| model.info.price.is_some());
        Ok(found)
    }

    async fn ask_patiently(&mut self, model: &ResolvedModel) -> Answer {
        let mut attempt = 1;
        loop {
            let answer = self.ask_once(model).await;
            let Answer::Failed(error) = &answer else {
                return answer;
            };
            let fraction = self.shared.randomness.fraction();
            let backoff = &self.shared.options.backoff;
            let Some(wait) = backoff.after(attempt, error, fraction) else {
                return answer;
            };
            self.emitter.emit(RunEventKind::Retry {
                attempt,
                delay_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
                reason: error.to_string(),
            });
            tokio::select! {
                biased;
                // The next call ends at once, as stopped.
                () = self.stop.token().cancelled() => {}
                () = tokio::time::sleep(wait) => {}
            }
            attempt += 1;
        }
    }

    async fn ask_once(&mut self, model: &ResolvedModel) -> Answer {
        self.emitter.emit(RunEventKind::Model {
            provider: model.info.name.provider.clone(),
            model: model.info.name.model.clone(),
        });
        self.items += 1;
        let longest = usize::try_from(model.info.context_window).unwrap_or(usize::MAX);
        let request = ModelRequest {
            model: model.info.name.model.clone(),
            purpose: Purpose::Reply,
            system: self.system.clone(),
            messages: readable(&self.context, &model.info, longest),
            tools: self.tools(),
            max_output_tokens: model.info.max_output_tokens,
            context_window: Some(model.info.context_window),
            thinking: self.request().thinking.or(self.profile().thinking),
        };
        let (answer, usage) = self.asking(model).ask(request).await;
        self.charge(model, Purpose::Reply, &usage).await;
        self.worth_keeping(answer)
    }

    /// An answer that was withheld or has no word in it is a failure. After other words of the run, none is how some models say that they are done.
    fn worth_keeping(&self, answer: Answer) -> Answer {
        let Answer::Whole(message) = answer else {
            return answer;
        };
        let silent = message.tool_calls().next().is_none()
            && text_of(&message.content).trim().is_empty()
            && self.has_said_nothing()
            // Nothing is an answer to whether there is something.
            && self.request().origin != Origin::Heartbeat;
        let failure = match message.stop_reason {
            StopReason::Refused => ProviderError::Withheld,
            StopReason::Length if silent => ProviderError::CutAtOnce,
            _ if silent => ProviderError::Nothing,
            _ => return Answer::Whole(message),
        };
        Answer::Failed(failure)
    }

    pub(super) fn asking<'a>(&'a self, model: &'a ResolvedModel) -> Asking<'a> {
        Asking {
            shared: &self.shared,
            stop: &self.stop,
            emitter: &self.emitter,
            model,
            item: self.items,
            audience: Audience::Watchers,
        }
    }
}

/// What stands for an image with a model that reads none.
const UNSEEN: &str = "[an image, which this model cannot see]";

/// The messages as a model can read them.
fn readable(messages: &[Message], model: &ModelInfo, longest: usize) -> Vec<Message> {
    let mut messages = shortened(messages, &model.name, longest);
    if !model.takes_images {
        messages.iter_mut().for_each(without_images);
    }
    messages
}

fn without_images(message: &mut Message) {
    let content = match message {
        Message::User(message) => &mut message.content,
        Message::ToolResult(message) => &mut message.content,
        Message::Assistant(_) | Message::CompactionSummary(_) => return,
    };
    for block in content {
        if let Content::Image { .. } = block {
            *block = Content::text(UNSEEN);
        }
    }
}

/// The messages, with the middle taken out of results that alone would fill a quarter of the context: as many
/// characters as the context has tokens.
fn shortened(messages: &[Message], model: &ModelRef, longest: usize) -> Vec<Message> {
    let mut messages = transcript::for_model(messages, model);
    for message in &mut messages {
        let Message::ToolResult(result) = message else {
            continue;
        };
        for block in &mut result.content {
            if let Content::Text { text } = block
                && let Cow::Owned(short) = without_middle(text, longest)
            {
                *text = short;
            }
        }
    }
    messages
}

fn without_middle(text: &str, longest: usize) -> Cow<'_, str> {
    if text.len() <= longest {
        return Cow::Borrowed(text);
    }
    let (mut head, mut tail) = (longest / 2, text.len() - longest / 2);
    while !text.is_char_boundary(head) {
        head -= 1;
    }
    while !text.is_char_boundary(tail) {
        tail += 1;
    }
    let gone = tail - head;
    let (head, tail) = (&text[..head], &text[tail..]);
    Cow::Owned(format!("{head}\n[… {gone} bytes left out …]\n{tail}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_sees_nothing_is_told_that_there_is_an_image() {
        let image = Content::Image {
            data: "aW1hZ2U=".into(),
            mime_type: "image/png".into(),
        };
        let mut message = Message::user("look", 1);
        if let Message::User(user) = &mut message {
            user.content.push(image);
        }
        without_images(&mut message);
        assert_eq!(message.text(), format!("look\n{UNSEEN}"));
    }

    #[test]
    fn long_results_lose_their_middle_and_short_ones_nothing() {
        assert_eq!(without_middle("short", 10), "short");
        assert_eq!(
            without_middle("aaaaaüüüüübbbbb", 11),
            "aaaaa\n[… 10 bytes left out …]\nbbbbb"
        );
    }
}
