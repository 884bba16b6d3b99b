//! Compaction: when the context fills, a summary takes the place of its older part.

use super::{
    answer::Answer,
    estimate,
    run::{Run, RunError},
};
use crate::{
    event::{CompactionPhase, RunEventKind},
    journal::Compaction,
    message::{CompactionSummary, Message, StopReason},
    provider::{ModelRequest, ProviderError, Purpose, ResolvedModel},
};

/// Tokens that stay free for the answer; OpenClaw's reserve. A quarter of a smaller context.
const RESERVE: u64 = 20_000;

/// Tokens of the newest messages that are kept as they are. A quarter of a smaller context.
const KEPT: u64 = 20_000;

/// The most of the older part that is given to the model at once, in bytes for each token of its context.
const READ_PER_TOKEN: u64 = 2;

/// After one that failed, the context grows by such a part of the window before the next try: each costs a call.
const AGAIN_AFTER: u64 = 20;

const INSTRUCTION: &str = "Summarise the conversation below so that it can go on from the summary alone. Keep \
what the user wants, decisions, facts, names, paths, open tasks and unfinished work. Leave out pleasantries. \
Write the summary and nothing else.";

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Compacted {
    /// The context is shorter now.
    Done,
    /// There is no older part.
    Nothing,
    Failed(String),
}

impl Run {
    /// Compacts before a call that would not fit. A compaction that fails is told, and the call is made.
    pub(super) async fn compact_when_full(&mut self) -> Result<(), RunError> {
        let Ok(model) = self.first_model() else {
            return Ok(());
        };
        let window = self.window(&model);
        let full = window.saturating_sub(RESERVE.min(window / 4));
        let tokens = self.tokens();
        if tokens > full.max(self.compacts_from)
            && self.compact_now(&model).await? != Compacted::Done
        {
            self.compacts_from = tokens + window / AGAIN_AFTER;
        }
        Ok(())
    }

    /// For a person who asks for it. The summary, or that there is nothing to make one of.
    pub(super) async fn compact_on_request(&mut self) -> Result<String, RunError> {
        let model = self.first_model()?;
        match self.compact_now(&model).await? {
            Compacted::Done => Ok(self.context.first().map(Message::text).unwrap_or_default()),
            Compacted::Nothing => Ok("There is nothing to compact yet.".into()),
            Compacted::Failed(reason) => Err(RunError::NotCompacted(reason)),
        }
    }

    pub(super) async fn compact_now(
        &mut self,
        model: &ResolvedModel,
    ) -> Result<Compacted, RunError> {
        let window = self.window(model);
        let tokens_before = self.tokens();
        let Some(cut) = cut(&self.context, KEPT.min(window / 4)) else {
            return Ok(Compacted::Nothing);
        };
        self.tell(CompactionPhase::Started { tokens_before });
        let summary = match self.summarise(model, cut).await {
            Ok(summary) => summary,
            Err(reason) => {
                self.tell(CompactionPhase::Failed {
                    reason: reason.clone(),
                });
                return Ok(Compacted::Failed(reason));
            }
        };
        let summary = Message::CompactionSummary(CompactionSummary {
            summary,
            tokens_before,
            timestamp: self.shared.clock.now_ms(),
        });
        let compaction = Compaction {
            summary: summary.clone(),
            replaced: cut,
        };
        let key = &self.request().session_key;
        let run_id = self.emitter.run_id();
        self.shared
            .journal
            .compact(key, run_id, &compaction)
            .await?;
        self.context.splice(..cut, [summary]);
        let tokens_after = self.tokens();
        self.tell(CompactionPhase::Done {
            tokens_before,
            tokens_after,
        });
        Ok(Compacted::Done)
    }

    /// Part by part, when the older messages are more than the model reads at once: each summary is the
    /// beginning of what the next one is made from.
    async fn summarise(&mut self, model: &ResolvedModel, cut: usize) -> Result<String, String> {
        let most = self.window(model).saturating_mul(READ_PER_TOKEN);
        let most = usize::try_from(most).unwrap_or(usize::MAX).max(1_000);
        let text = rendered(&self.context[..cut]);
        let mut summary = String::new();
        for part in parts(&text, most) {
            if let Some(what) = self.request().budget.used_up() {
                return Err(format!("the budget of the run is used up: {what}"));
            }
            let text = if summary.is_empty() {
                part.to_owned()
            } else {
                format!("Earlier summary: {summary}\n{part}")
            };
            summary = self.summarise_text(model, text).await?;
        }
        Ok(summary)
    }

    async fn summarise_text(
        &mut self,
        model: &ResolvedModel,
        text: String,
    ) -> Result<String, String> {
        let request = ModelRequest {
            model: model.info.name.model.clone(),
            purpose: Purpose::Compaction,
            system: INSTRUCTION.to_owned(),
            messages: vec![Message::user(text, self.shared.clock.now_ms())],
            tools: Vec::new(),
            max_output_tokens: model.info.max_output_tokens,
            context_window: Some(model.info.context_window),
            thinking: None,
        };
        let (answer, usage) = self.asking(model).quietly().ask(request).await;
        self.charge(model, Purpose::Compaction, &usage).await;
        match answer {
            Answer::Whole(message) => {
                if message.stop_reason == StopReason::Refused {
                    return Err(ProviderError::Withheld.to_string());
                }
                let text = Message::Assistant(message).text();
                if text.trim().is_empty() {
                    return Err("the model wrote no summary".into());
                }
                Ok(text)
            }
            Answer::Stopped(_) => Err("the run was stopped".into()),
            Answer::Failed(error) => Err(error.to_string()),
        }
    }

    /// How many tokens the model takes, or fewer where the agent is to use no more.
    fn window(&self, model: &ResolvedModel) -> u64 {
        let window = model.info.context_window;
        let wished = self.profile().context_tokens;
        wished.map_or(window, |wished| wished.min(window))
    }

    /// About how many tokens the next call would take.
    fn tokens(&self) -> u64 {
        let context = self.context.iter().map(estimate::of_message);
        estimate::of_fixed(&self.system, &self.tools()) + context.sum::<u64>()
    }

    fn tell(&self, phase: CompactionPhase) {
        self.emitter.emit(RunEventKind::Compaction(phase));
    }
}

/// How many of the oldest messages a summary may replace: what is kept fits `keep` tokens, is at least the
/// last message, and does not begin with a result whose call is gone. None when there is nothing to win.
fn cut(messages: &[Message], keep: u64) -> Option<usize> {
    let mut kept = 0;
    let mut cut = messages.len();
    while cut > 0 {
        kept += estimate::of_message(&messages[cut - 1]);
        if kept > keep && cut < messages.len() {
            break;
        }
        cut -= 1;
    }
    let is_result = |message: &Message| matches!(message, Message::ToolResult(_));
    while cut < messages.len() && is_result(&messages[cut]) {
        cut += 1;
    }
    if cut == messages.len() {
        // Only results at the end: go back to the call that they belong to.
        cut = messages.iter().rposition(|message| !is_result(message))?;
    }
    let only_summary = cut == 1 && matches!(messages[0], Message::CompactionSummary(_));
    (cut > 0 && !only_summary).then_some(cut)
}

/// The messages as a text.
fn rendered(messages: &[Message]) -> String {
    let mut text = String::new();
    for message in messages {
        let who = match message {
            Message::User(_) => "User",
            Message::Assistant(_) => "Assistant",
            Message::ToolResult(_) => "Tool result",
            Message::CompactionSummary(_) => "Earlier summary",
        };
        text.push_str(&format!("{who}: {}\n", message.text()));
        if let Message::Assistant(answer) = message {
            for call in answer.tool_calls() {
                text.push_str(&format!("Tool call: {} {}\n", call.name, call.arguments));
            }
        }
    }
    text
}

/// Pieces of at most `most` bytes, each ending with a line where it can.
fn parts(text: &str, most: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while rest.len() > most {
        let mut end = most;
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let end = rest[..end].rfind('\n').map_or(end, |line| line + 1);
        let (part, after) = rest.split_at(end);
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Content, ToolResultMessage};

    fn result(text: &str) -> Message {
        Message::ToolResult(ToolResultMessage {
            tool_call_id: "c".into(),
            tool_name: "exec".into(),
            content: vec![Content::text(text)],
            details: None,
            is_error: false,
            timestamp: 0,
        })
    }

    fn user(length: usize) -> Message {
        Message::user("x".repeat(length), 0)
    }

    #[test]
    fn the_newest_messages_that_fit_are_kept() {
        let messages = [user(400), user(400), user(400), user(400)];
        // 108 tokens each.
        assert_eq!(cut(&messages, 220), Some(2));
        assert_eq!(cut(&messages, 10), Some(3), "the last one always stays");
        assert_eq!(cut(&messages, 10_000), None);
    }

    #[test]
    fn a_long_text_is_read_in_parts_that_end_with_lines() {
        assert_eq!(parts("aa\nbb\ncc", 7), ["aa\nbb\n", "cc"]);
        assert_eq!(parts("üüüü", 5), ["üü", "üü"]);
        assert_eq!(parts("", 5), [""]);
    }

    #[test]
    fn a_result_is_never_kept_without_its_call() {
        let messages = [user(400), user(8), result("x"), result("y"), user(8)];
        assert_eq!(cut(&messages, 25), Some(4));
        let messages = [user(400), user(8), result("x"), result(&"y".repeat(800))];
        assert_eq!(cut(&messages, 20), Some(1), "back to the call");
    }
}
