//! Why an item was asked: the last words of its session before it, read once when it comes.

use gatehouse_protocol::model::message::{Message, MessageRole};

use super::Core;
use super::chats::read_history;
use crate::inbox::Item;
use crate::untrusted::cap;
use crate::view::ItemKey;

/// A screenful.
const MOST_TEXT: usize = 4 * 1024;

/// Contexts that are held; in a flood nobody reads them. Those of ended items make way.
const MOST_CONTEXTS: usize = 200;

/// Rows that are read: the words, and the tool calls and results since.
const ROWS: u32 = 8;

impl Core {
    pub(super) fn find_context(&mut self, key: &ItemKey) {
        if self.inbox.contexts.contains_key(key) {
            return;
        }
        if self.inbox.contexts.len() >= MOST_CONTEXTS {
            let desk = &mut self.inbox;
            let waits = |key: &ItemKey| desk.inbox.item(key).is_some_and(Item::is_open);
            desk.contexts.retain(|key, _| waits(key));
        }
        if self.inbox.contexts.len() >= MOST_CONTEXTS {
            return;
        }
        let Some(item) = self.inbox.inbox.item(key) else {
            return;
        };
        let Some(session) = item.request.content.session.clone() else {
            return;
        };
        let Some(asker) = self.asker(&item.gateway) else {
            return;
        };
        let Some(turns) = self
            .gateways
            .get(&item.gateway)
            .map(|entry| entry.turns.clone())
        else {
            return;
        };
        // Asked once: none stands for a question that is on its way or had no answer.
        self.inbox.contexts.insert(key.clone(), None);
        let key = key.clone();
        let work = async move {
            let _turn = turns.acquire_owned().await;
            read_history(&asker, &session, ROWS, Some(4_000)).await
        };
        self.spawn(work, move |core, history| {
            let Ok(history) = history else { return };
            let text = history.messages.items.iter().rev().find_map(last_words);
            if let (Some(text), Some(context)) = (text, core.inbox.contexts.get_mut(&key)) {
                *context = Some(cap(&text, MOST_TEXT).0.to_owned());
            }
        });
    }
}

/// What a person or the model said. Results of tools are neither, whoever they are written down for, nor is what the
/// gateway itself writes where an approval waits: a reason it is not.
fn last_words(row: &Message) -> Option<String> {
    let said = matches!(row.role, Some(MessageRole::Assistant | MessageRole::User));
    let of_a_tool = row.tool_call_id.is_some() || row.tool_name.is_some();
    let text = row.content.text();
    let worth = said && !of_a_tool && !text.trim().is_empty() && !is_approval_prompt(&text);
    worth.then_some(text)
}

/// As OpenClaw writes it into a transcript: "Approval required (id …" and how to answer in a channel.
fn is_approval_prompt(text: &str) -> bool {
    const PROMPTS: [&str; 3] = [
        "Approval required (id ",
        "Approval required.",
        "Reply with: /approve",
    ];
    PROMPTS.iter().any(|prompt| text.contains(prompt))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_value, json};

    fn words(row: serde_json::Value) -> Option<String> {
        last_words(&from_value(row).unwrap())
    }

    #[test]
    fn what_a_person_or_the_model_said_is_why_it_was_asked() {
        for role in ["user", "assistant"] {
            let row = json!({"role": role, "content": "Tidy the build folder"});
            assert_eq!(words(row).as_deref(), Some("Tidy the build folder"));
        }
    }

    #[test]
    fn results_of_tools_and_the_gateways_own_prompts_are_no_reason() {
        let prompt = "Done: Approval required (id eb044283, full eb044283-1).\nReply with: /approve eb044283 allow-once";
        for row in [
            json!({"role": "assistant", "content": prompt}),
            json!({"role": "user", "content": [{"type": "text", "text": prompt}]}),
            json!({"role": "toolResult", "content": "Linux vm 6.1"}),
            json!({"role": "user", "toolCallId": "call_1", "content": "Linux vm 6.1"}),
            json!({"role": "assistant", "content": " "}),
        ] {
            assert_eq!(words(row.clone()), None, "{row}");
        }
    }
}
