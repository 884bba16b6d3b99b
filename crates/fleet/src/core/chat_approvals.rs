//! Approvals of the inbox, shown at the calls of open chats that wait for them.

use super::Core;
use crate::chat::Ending;
use crate::inbox::{Item, Phase, Verdict, millis};
use crate::view::{ItemKey, SessionRef};

impl Core {
    /// Tells a chat about the approvals of its session that the inbox has.
    pub(super) fn show_approvals_in(&mut self, session: &SessionRef) {
        let is_about = |item: &&Item| {
            item.gateway == session.gateway
                && item.request.content.session.as_ref() == Some(&session.key)
        };
        let keys: Vec<ItemKey> = self
            .inbox
            .inbox
            .items()
            .filter(is_about)
            .map(Item::key)
            .collect();
        for key in keys {
            self.show_approval(&key);
        }
    }

    /// An item changed: the call that it is about shows it.
    pub(super) fn show_approval(&mut self, key: &ItemKey) {
        let now = millis(self.now());
        let Some(item) = self.inbox.inbox.item(key) else {
            return;
        };
        let Some(session) = item.request.content.session.clone() else {
            return;
        };
        let session = SessionRef {
            gateway: item.gateway.clone(),
            key: session,
        };
        let Some(chat) = self.chats.get_mut(&session) else {
            return;
        };
        let ending = match &item.phase {
            Phase::Waiting { .. } | Phase::Deciding { .. } => None,
            // What became of it shows when the gateway is back; until then the call waits.
            Phase::Unreachable { .. } => return,
            Phase::Ended { outcome, .. } => Some(match outcome.verdict {
                Verdict::Decided(decision) => Ending::Decided(decision),
                Verdict::Expired | Verdict::Gone => Ending::Lapsed,
            }),
        };
        let call = item.request.content.tool_call.as_deref();
        let updates = chat.transcript.approval(key, call, ending, now);
        chat.push(updates);
    }
}
