//! Messages of ours on their way out, and the connection going and coming.
//!
//! A message's id is its idempotency key and, until the gateway's own id is known, the id of its message on
//! the page: sent twice, it runs once and is shown once.

use super::Transcript;
use super::chat_events::visible_text;
use super::log::{self, Entry, Origin};
use super::row;
use super::text;
use crate::untrusted;
use crate::view::{
    AttachmentInput, BlockView, ChatUpdate, MessageState, MessageView, Millis, ProblemView, Role,
    SendMessage,
};

/// A message that no gateway has taken, and how its sending stands.
#[derive(Clone)]
pub(crate) struct Unsent {
    pub(crate) message: SendMessage,
    pub(crate) state: MessageState,
}

impl Transcript {
    /// Shows a message as being sent. Saying it again for the same id changes nothing but the state.
    pub fn send_begin(&mut self, send: &SendMessage, now: Millis) -> Vec<ChatUpdate> {
        let mut out = Vec::new();
        if let Some(entry) = self.log.get_mut(&send.id) {
            if entry.is_ours() {
                set_state(entry, MessageState::Sending, &mut out);
            }
            return out;
        }
        let entry = Entry::new(
            view_of(send, now),
            None,
            Origin::Ours {
                send: Box::new(send.clone()),
                accepted: false,
            },
        );
        self.log.push(entry, &mut out);
        out
    }

    /// The gateway took the message and named the run. It may have come back as a row before that answer.
    pub fn send_accepted(&mut self, id: &str, run: Option<&str>, now: Millis) -> Vec<ChatUpdate> {
        let mut out = Vec::new();
        if let Some(entry) = self.log.get_mut(id)
            && let Origin::Ours { accepted, .. } = &mut entry.origin
        {
            *accepted = true;
            set_state(entry, MessageState::Done, &mut out);
            self.drop_if_written(id, &mut out);
        }
        if let Some(run) = run {
            self.run_at(run, now);
        }
        self.sync_run(&mut out);
        out
    }

    /// A gateway that keeps no keys may have written the message before it said that it took it.
    fn drop_if_written(&mut self, id: &str, out: &mut Vec<ChatUpdate>) {
        let Some(at) = self.log.position(id) else {
            return;
        };
        let ours = &self.log.entries[at];
        let is_written = self.log.entries.iter().any(|row| {
            matches!(row.origin, Origin::Row { .. })
                && row.view.role == Role::User
                && row.arrival > ours.arrival
                && visible_text(&row.view).map(str::trim) == visible_text(&ours.view).map(str::trim)
        });
        if is_written {
            self.log.remove(at, out);
        }
    }

    /// The gateway refused the message, or no answer came. A message that has come back is not failed.
    pub fn send_failed(&mut self, id: &str, problem: ProblemView) -> Vec<ChatUpdate> {
        let mut out = Vec::new();
        if let Some(entry) = self.log.get_mut(id)
            && matches!(
                entry.origin,
                Origin::Ours {
                    accepted: false,
                    ..
                }
            )
        {
            set_state(entry, MessageState::Failed { problem }, &mut out);
        }
        out
    }

    /// Shows a failed message as being sent again, and gives back what to send, under the same key. None
    /// when there is nothing to send again.
    pub fn retry(&mut self, id: &str) -> Option<(SendMessage, Vec<ChatUpdate>)> {
        let mut out = Vec::new();
        let entry = self.log.get_mut(id)?;
        if !matches!(entry.view.state, MessageState::Failed { .. }) {
            return None;
        }
        let Origin::Ours { send, .. } = &entry.origin else {
            return None;
        };
        let send = send.as_ref().clone();
        set_state(entry, MessageState::Sending, &mut out);
        Some((send, out))
    }

    /// Messages whose answer never came, for sending again after a reconnect: under their own keys they run
    /// once whatever happened to the first try.
    pub fn unanswered(&self) -> Vec<SendMessage> {
        let unaccepted = self.unaccepted().into_iter();
        let waiting = unaccepted.filter(|unsent| unsent.state == MessageState::Sending);
        waiting.map(|unsent| unsent.message).collect()
    }

    /// Messages that the gateway has not taken, as far as anyone knows, with how their sending stands.
    pub(crate) fn unaccepted(&self) -> Vec<Unsent> {
        let ours = self
            .log
            .entries
            .iter()
            .filter_map(|entry| match &entry.origin {
                Origin::Ours {
                    send,
                    accepted: false,
                } => Some(Unsent {
                    message: send.as_ref().clone(),
                    state: entry.view.state.clone(),
                }),
                _ => None,
            });
        ours.collect()
    }

    /// Takes a failed message away for good.
    pub fn discard(&mut self, id: &str) -> Vec<ChatUpdate> {
        let mut out = Vec::new();
        if let Some(at) = self.log.position(id)
            && matches!(self.log.entries[at].view.state, MessageState::Failed { .. })
        {
            self.log.remove(at, &mut out);
        }
        out
    }

    /// The gateway went away or came back. What became of a run is known again with `load_history`.
    pub fn online(&mut self, online: bool) -> Vec<ChatUpdate> {
        let mut out = Vec::new();
        if online {
            self.history_asked();
        }
        if self.online == online {
            return out;
        }
        self.online = online;
        if !online {
            self.aborting.clear();
        }
        out.push(ChatUpdate::Connection {
            gateway: self.session.gateway.clone(),
            online,
        });
        self.sync_run(&mut out);
        out
    }
}

fn set_state(entry: &mut Entry, state: MessageState, out: &mut Vec<ChatUpdate>) {
    if entry.view.state != state {
        entry.view.state = state;
        out.push(log::message(entry));
    }
}

fn view_of(send: &SendMessage, now: Millis) -> MessageView {
    let mut blocks = Vec::new();
    if !send.text.trim().is_empty() {
        let text = text::whole_block(&send.text);
        blocks.push(BlockView::Text { text });
    }
    blocks.extend(send.attachments.iter().map(attachment));
    MessageView {
        id: send.id.clone(),
        role: Role::User,
        at: Some(now),
        blocks,
        state: MessageState::Sending,
        model: None,
        tokens: None,
        cost_usd: None,
    }
}

fn attachment(input: &AttachmentInput) -> BlockView {
    let name = untrusted::one_line(&input.name, 200);
    let mime = untrusted::one_line(&input.mime, 200);
    if mime.starts_with("image/") {
        let data = row::data_url(&input.mime, &input.data);
        return BlockView::Image {
            mime,
            data,
            name: Some(name),
        };
    }
    BlockView::File {
        name,
        mime: Some(mime),
        bytes: Some((input.data.len() / 4 * 3) as f64),
    }
}
