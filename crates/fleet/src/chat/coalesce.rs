//! Joins updates so that the page gets a few per frame instead of hundreds: text for the same block, output
//! of the same call, and states of which only the last counts. The caller takes them about every 30 ms.

use crate::view::ChatUpdate;

/// Updates that wait to be sent, in order.
#[derive(Debug, Default)]
pub struct Coalescer {
    waiting: Vec<ChatUpdate>,
}

impl Coalescer {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Adds updates that follow what waits.
    pub fn push(&mut self, updates: impl IntoIterator<Item = ChatUpdate>) {
        for update in updates {
            self.push_one(update);
        }
    }

    /// What waits, in order, for the page to apply.
    pub fn take(&mut self) -> Vec<ChatUpdate> {
        std::mem::take(&mut self.waiting)
    }

    fn push_one(&mut self, update: ChatUpdate) {
        let Some(update) = self.join(update) else {
            return;
        };
        match &update {
            // A snapshot has everything but whether the gateway is there.
            ChatUpdate::Reset { .. } => self
                .waiting
                .retain(|waiting| matches!(waiting, ChatUpdate::Connection { .. })),
            ChatUpdate::Run { .. } => self
                .waiting
                .retain(|waiting| !matches!(waiting, ChatUpdate::Run { .. })),
            ChatUpdate::Usage { .. } => self
                .waiting
                .retain(|waiting| !matches!(waiting, ChatUpdate::Usage { .. })),
            _ => {}
        }
        self.waiting.push(update);
    }

    /// Joins with the last one that waits, or gives the update back.
    fn join(&mut self, update: ChatUpdate) -> Option<ChatUpdate> {
        let Some(last) = self.waiting.last_mut() else {
            return Some(update);
        };
        match (last, update) {
            (
                ChatUpdate::Append { id, block, text },
                ChatUpdate::Append {
                    id: to,
                    block: at,
                    text: added,
                },
            ) if *id == to && *block == at => {
                text.push_str(&added);
                None
            }
            (
                ChatUpdate::ToolOutput { id, tool, text },
                ChatUpdate::ToolOutput {
                    id: to,
                    tool: of,
                    text: added,
                },
            ) if *id == to && *tool == of => {
                text.push_str(&added);
                None
            }
            (ChatUpdate::Message { message }, ChatUpdate::Message { message: newer })
                if message.id == newer.id =>
            {
                *message = newer;
                None
            }
            (_, update) => Some(update),
        }
    }
}
