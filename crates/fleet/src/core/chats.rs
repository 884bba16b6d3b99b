//! Open chats: subscribed, filled from the cache and the gateway, followed, and written to the cache.
//!
//! What an event means for a transcript is `crate::chat`'s; here is when the gateway is asked and who is told.

use gatehouse_client::RequestError;
use gatehouse_protocol::GatewayEvent;
use gatehouse_protocol::event::ChatState;
use gatehouse_protocol::methods as m;
use gatehouse_protocol::model::message::ChatHistory;
use gatehouse_store::{MessageBatch, MessageRecord, SessionKey};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::open_chat::{Filling, OpenChat};
use super::{Core, Write};
use crate::ask::Asker;
use crate::chat::{CachedRow, Transcript};
use crate::inbox::EpochMs;
use crate::view::{AttachmentLimits, ChatSnapshot, ChatUpdate, GatewayId, SessionRef};

/// Rows that a chat opens with. A page of older ones is read as the person scrolls.
pub(crate) const OPENS_WITH: u32 = 200;

/// Text of one row. The gateways' own default cuts at 8,000 characters; this is the most they give.
pub(crate) const ROW_TEXT: u32 = 500_000;

/// Attachments of one message. Gateways do not say; the reference's page takes as many.
const MOST_ATTACHMENTS: u32 = 10;

/// Batches of updates between the core and the page.
const UPDATES: usize = 64;

/// A page that is this many updates behind starts again from a snapshot.
const MOST_WAITING: usize = 4_000;

/// Until a run's written form is asked for where the gateway did not send it by itself.
const WRITTEN_AFTER: EpochMs = 2_000;

impl Core {
    /// Opens a chat over what the cache has. A chat that is open already gets a new reader.
    pub(crate) fn open_chat(
        &mut self,
        session: &SessionRef,
        rows: &[MessageRecord],
        has_older: bool,
    ) -> (ChatSnapshot, mpsc::Receiver<Vec<ChatUpdate>>) {
        let (updates, receiver) = mpsc::channel(UPDATES);
        let limits = self.attachment_limits(&session.gateway);
        let title = self
            .sessions
            .view(session)
            .map_or_else(|| session.key.clone(), |view| view.title);
        if !self.chats.contains_key(session) {
            let mut transcript = Transcript::new(session.clone(), title);
            let json: Vec<String> = rows.iter().map(|row| row.json.clone()).collect();
            transcript.load_cached(&json, has_older);
            let cached: std::collections::HashSet<_> =
                rows.iter().map(|row| row.id.clone()).collect();
            let chat = OpenChat::new(transcript, updates.clone(), cached);
            self.chats.insert(session.clone(), chat);
            self.show_approvals_in(session);
            self.chat_online(session);
            self.take_up_unsent(session);
        }
        let chat = self.chats.get_mut(session).expect("it was put in above");
        chat.updates = updates;
        chat.transcript.set_limits(limits);
        chat.waiting.take();
        (chat.transcript.snapshot(), receiver)
    }

    pub(crate) fn close_chat(&mut self, session: &SessionRef) {
        let Some(chat) = self.chats.remove(session) else {
            return;
        };
        self.keep_unsent(session, &chat);
        self.unsubscribe(session);
    }

    fn unsubscribe(&self, session: &SessionRef) {
        let Some(asker) = self.asker(&session.gateway) else {
            return;
        };
        let params = m::SessionKeyParams {
            key: session.key.clone(),
            agent_id: None,
        };
        let work = async move {
            asker
                .connection
                .request::<m::MessagesUnsubscribe>(params)
                .await
        };
        let session = session.clone();
        self.spawn(work, move |core, _| {
            // Requests go out side by side. One that was opened again meanwhile may have subscribed before this
            // reached the gateway, which then sends nothing more.
            if core.chats.contains_key(&session) {
                core.chat_online(&session);
            }
        });
    }

    pub(crate) fn attachment_limits(&self, gateway: &GatewayId) -> AttachmentLimits {
        let entry = self.gateways.get(gateway);
        let view = entry.map(|entry| self.gateway_view(gateway, entry));
        AttachmentLimits {
            max_bytes: view.and_then(|v| v.max_attachment_bytes),
            max_count: MOST_ATTACHMENTS,
        }
    }

    /// The gateway is connected (again): every open chat of it subscribes and reads its history.
    pub(super) fn chats_up(&mut self, gateway: &GatewayId) {
        for session in self.chats_of(gateway) {
            if let Some(chat) = self.chats.get_mut(&session) {
                let left = chat.transcript.unanswered().into_iter();
                chat.resends = left.map(|message| message.id).collect();
            }
            self.chat_online(&session);
        }
        self.resend_unsent(gateway);
    }

    /// Something was missed: every open chat of the gateway reads its history again.
    pub(super) fn chats_in_doubt(&mut self, gateway: &GatewayId) {
        for session in self.chats_of(gateway) {
            if let Some(chat) = self.chats.get_mut(&session) {
                chat.follows = false;
            }
            self.chat_online(&session);
        }
    }

    fn chats_of(&self, gateway: &GatewayId) -> Vec<SessionRef> {
        self.chats
            .keys()
            .filter(|s| s.gateway == *gateway)
            .cloned()
            .collect()
    }

    pub(super) fn chats_lost(&mut self, gateway: &GatewayId) {
        for (session, chat) in &mut self.chats {
            if session.gateway == *gateway {
                chat.filling = Filling::No;
                chat.follows = false;
                let updates = chat.transcript.online(false);
                chat.push(updates);
            }
        }
        self.touch();
    }

    /// Subscribes first and reads then, so that nothing falls between.
    pub(crate) fn chat_online(&mut self, session: &SessionRef) {
        let Some(asker) = self.asker(&session.gateway) else {
            return;
        };
        let limits = self.attachment_limits(&session.gateway);
        let Some(chat) = self.chats.get_mut(session) else {
            return;
        };
        chat.transcript.set_limits(limits);
        let updates = chat.transcript.online(true);
        chat.push(updates);
        if chat.filling != Filling::No {
            chat.filling = Filling::Again;
            return;
        }
        chat.filling = Filling::Asked;
        chat.transcript.history_asked();
        let generation = asker.generation;
        let session = session.clone();
        let key = session.key.clone();
        let work = async move {
            let subscribe = m::MessagesSubscribeParams {
                key: key.clone(),
                ..Default::default()
            };
            asker
                .connection
                .request_on::<m::MessagesSubscribe>(generation, subscribe)
                .await?;
            read_history(&asker, &key, OPENS_WITH, Some(ROW_TEXT)).await
        };
        self.spawn(work, move |core, history| {
            core.chat_filled(&session, generation, history)
        });
        self.touch();
    }

    fn chat_filled(
        &mut self,
        session: &SessionRef,
        generation: gatehouse_client::Generation,
        history: Result<ChatHistory, RequestError>,
    ) {
        let is_current = self
            .asker(&session.gateway)
            .is_some_and(|a| a.generation == generation);
        let now = self.now();
        if !is_current {
            return;
        }
        let Some(chat) = self.chats.get_mut(session) else {
            // Closed meanwhile; what was said of it to the gateway then may have been faster than this.
            return self.unsubscribe(session);
        };
        let again = std::mem::replace(&mut chat.filling, Filling::No) == Filling::Again;
        chat.follows = history.is_ok() && !again;
        let left = match history {
            Ok(_) => std::mem::take(&mut chat.resends),
            Err(_) => Vec::new(),
        };
        match history {
            Ok(history) => {
                let updates = chat
                    .transcript
                    .load_history(&history, crate::inbox::millis(now));
                chat.push(updates);
                chat.next_offset = history.next_offset.and_then(|o| u32::try_from(o).ok());
                let rows = chat.transcript.dirty_for_cache();
                let whole = chat.begins_anew(&rows);
                self.keep_rows(session, rows, whole);
                self.show_approvals_in(session);
            }
            Err(RequestError::Disconnected | RequestError::Stale) => {}
            Err(error) => {
                tracing::warn!(%error, "a history could not be read");
                chat.read_again_at = Some(now + WRITTEN_AFTER);
            }
        }
        self.touch();
        self.resend(session, &left);
        if again {
            self.chat_online(session);
        }
    }

    /// Rows for the cache. `whole`: what the cache has does not go on into these.
    pub(crate) fn keep_rows(&mut self, session: &SessionRef, rows: Vec<CachedRow>, whole: bool) {
        if rows.is_empty() && !whole {
            return;
        }
        let upsert = rows.into_iter().map(|row| MessageRecord {
            id: row.id,
            position: row.position,
            #[expect(clippy::cast_possible_truncation, reason = "whole milliseconds")]
            at: row.at.map(|at| at as i64),
            json: row.json,
            text: row.text,
        });
        let key = SessionKey::new(session.gateway.0.clone(), session.key.clone());
        let batch = MessageBatch {
            upsert: upsert.collect(),
            remove: Vec::new(),
            whole,
        };
        let ids: Vec<String> = batch.upsert.iter().map(|row| row.id.clone()).collect();
        let written = self.scribe.write(Write::Messages {
            session: key,
            batch,
        });
        let Some(chat) = self.chats.get_mut(session) else {
            return;
        };
        if written.is_ok() {
            chat.cached.extend(ids);
        } else {
            tracing::debug!("messages were not cached: the store is busy");
            chat.is_cache_broken = true;
        }
    }

    /// An event that a transcript may be about. Transcripts know their own.
    pub(super) fn chat_news(&mut self, gateway: &GatewayId, event: &GatewayEvent) {
        let now = self.now();
        let ends = matches!(event, GatewayEvent::Chat(chat)
            if matches!(chat.state, Some(ChatState::Final | ChatState::Error | ChatState::Aborted)));
        let mut is_touched = false;
        for (session, chat) in &mut self.chats {
            if session.gateway != *gateway {
                continue;
            }
            let updates = chat.transcript.apply(event, crate::inbox::millis(now));
            if ends && !updates.is_empty() {
                chat.read_again_at = Some(now + WRITTEN_AFTER);
            }
            is_touched |= !updates.is_empty();
            chat.push(updates);
        }
        if is_touched {
            self.touch();
        }
    }

    pub(super) fn tick_chats(&mut self) {
        let now = self.now();
        let due = |chat: &OpenChat| chat.read_again_at.is_some_and(|at| at <= now);
        let sessions: Vec<_> = self
            .chats
            .iter()
            .filter(|(_, chat)| due(chat))
            .map(|(s, _)| s.clone())
            .collect();
        for session in sessions {
            let Some(chat) = self.chats.get_mut(&session) else {
                continue;
            };
            chat.read_again_at = None;
            if !chat.follows || chat.transcript.has_unwritten() {
                self.chat_online(&session);
            }
        }
    }

    pub(super) fn flush_chats(&mut self) {
        let mut gone = Vec::new();
        let mut rows = Vec::new();
        let mut is_behind = false;
        for (session, chat) in &mut self.chats {
            if chat.caches() {
                rows.push((session.clone(), chat.transcript.dirty_for_cache()));
            }
            if chat.waiting.is_empty() {
                continue;
            }
            let mut updates = chat.waiting.take();
            if updates.len() > MOST_WAITING {
                updates = vec![ChatUpdate::Reset {
                    snapshot: chat.transcript.snapshot(),
                }];
            }
            match chat.updates.try_send(updates) {
                Ok(()) => {}
                Err(TrySendError::Full(updates)) => {
                    chat.waiting.push(updates);
                    is_behind = true;
                }
                Err(TrySendError::Closed(_)) => gone.push(session.clone()),
            }
        }
        for (session, rows) in rows {
            self.keep_rows(&session, rows, false);
        }
        for session in gone {
            self.close_chat(&session);
        }
        if is_behind {
            self.touch();
        }
    }
}

/// Reads the latest rows of a session. `max_chars` bounds their text.
pub(crate) async fn read_history(
    asker: &Asker,
    key: &str,
    limit: u32,
    max_chars: Option<u32>,
) -> Result<ChatHistory, RequestError> {
    let params = m::ChatHistoryParams {
        session_key: key.to_owned(),
        limit: Some(limit),
        max_chars,
        ..Default::default()
    };
    asker
        .connection
        .request_on::<m::ChatHistoryGet>(asker.generation, params)
        .await
}
