//! Why an item was asked: the last words of its session before it, read once when it comes.

use gatehouse_protocol::model::message::{Message, MessageRole};

use super::Core;
use super::chats::read_history;
use crate::untrusted::cap;
use crate::view::ItemKey;

/// A screenful.
const MOST_TEXT: usize = 4 * 1024;

/// Contexts that are held; in a flood nobody reads them.
const MOST_CONTEXTS: usize = 200;

/// Rows that are read: the words, and the tool calls and results since.
const ROWS: u32 = 8;

impl Core {
    pub(super) fn find_context(&mut self, key: &ItemKey) {
        if self.inbox.contexts.contains_key(key) || self.inbox.contexts.len() >= MOST_CONTEXTS {
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

fn last_words(row: &Message) -> Option<String> {
    let said = matches!(row.role, Some(MessageRole::Assistant | MessageRole::User));
    let text = row.content.text();
    (said && !text.trim().is_empty()).then_some(text)
}
