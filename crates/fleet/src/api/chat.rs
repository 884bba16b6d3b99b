//! One conversation: open, page, write, stop.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatehouse_protocol::methods as m;
use gatehouse_protocol::model::message::ChatHistory;
use gatehouse_store::SessionKey;
use tokio::sync::mpsc;

use crate::core::{Core, OPENS_WITH, ROW_TEXT};
use crate::error::FleetError;
use crate::fleet::Fleet;
use crate::inbox::millis;
use crate::view::{ChatSnapshot, ChatUpdate, MessageView, OlderMessages, SendMessage, SessionRef};

/// Rows of one page of older messages.
const PAGE: u32 = 100;

/// The most rows that an older gateway gives, which cannot page.
const MOST_AT_ONCE: u32 = 1_000;

impl Fleet {
    /// Opens a transcript from the cache at once; the gateway's own follows as a reset.
    pub async fn chat_open(
        &self,
        session: SessionRef,
    ) -> Result<(ChatSnapshot, mpsc::Receiver<Vec<ChatUpdate>>), FleetError> {
        let key = store_key(&session);
        let page = self
            .shared
            .cache
            .messages_page(&key, None, OPENS_WITH)
            .await?;
        self.call(move |core| {
            if !core.gateways.contains_key(&session.gateway) {
                return Err(FleetError::NoSuchGateway);
            }
            Ok(core.open_chat(&session, &page.messages, page.has_older))
        })
        .await?
    }

    pub async fn chat_close(&self, session: SessionRef) -> Result<(), FleetError> {
        self.call(move |core| core.close_chat(&session)).await
    }

    /// Messages before the message `before`: from the cache, else from the gateway.
    pub async fn chat_older(
        &self,
        session: SessionRef,
        before: String,
    ) -> Result<OlderMessages, FleetError> {
        let key = store_key(&session);
        let page = self
            .shared
            .cache
            .messages_page(&key, Some(&before), PAGE)
            .await?;
        if !page.messages.is_empty() {
            let rows: Vec<String> = page.messages.into_iter().map(|row| row.json).collect();
            return self
                .call(move |core| {
                    let chat = core
                        .chats
                        .get_mut(&session)
                        .ok_or(FleetError::NoSuchSession)?;
                    let has_older = page.has_older || chat.next_offset.is_some();
                    Ok(chat.transcript.prepend_cached(&rows, has_older))
                })
                .await?;
        }
        let history = self.older_rows(&session).await?;
        self.call(move |core| {
            let chat = core
                .chats
                .get_mut(&session)
                .ok_or(FleetError::NoSuchSession)?;
            let older = chat.transcript.prepend_older(&history);
            if chat.caches() {
                let rows = chat.transcript.dirty_for_cache();
                core.keep_rows(&session, rows, false);
            }
            Ok(older)
        })
        .await?
    }

    /// Earlier rows of the gateway. A newer one pages backward; an older one gives its thousand latest at most.
    async fn older_rows(&self, session: &SessionRef) -> Result<ChatHistory, FleetError> {
        let asker = self.asker(&session.gateway).await?;
        let asked = session.clone();
        let offset = self
            .call(move |core| core.chats.get(&asked).and_then(|chat| chat.next_offset))
            .await?;
        let params = m::ChatHistoryParams {
            session_key: session.key.clone(),
            limit: Some(if offset.is_some() { PAGE } else { MOST_AT_ONCE }),
            offset,
            max_chars: Some(ROW_TEXT),
            ..Default::default()
        };
        let mut history = asker
            .connection
            .request::<m::ChatHistoryGet>(params)
            .await?;
        history.has_more &= offset.is_some();
        let next = history
            .next_offset
            .and_then(|o| u32::try_from(o).ok())
            .filter(|_| history.has_more);
        let asked = session.clone();
        self.call(move |core| {
            if let Some(chat) = core.chats.get_mut(&asked) {
                chat.next_offset = next;
            }
        })
        .await?;
        Ok(history)
    }

    /// Sends a message. Its id is the idempotency key: sent twice, it runs once. Answers as soon as it is shown;
    /// whether the gateway took it comes as an update.
    pub async fn chat_send(&self, message: SendMessage) -> Result<MessageView, FleetError> {
        check(&message)?;
        self.call(move |core| core.send_message(message)).await?
    }

    /// Sends a message that failed again, with the same idempotency key.
    pub async fn chat_retry(&self, session: SessionRef, id: String) -> Result<(), FleetError> {
        self.call(move |core| core.retry_message(&session, &id))
            .await?
    }

    /// Stops the session's run. What it had said stays; the gateway's confirmation comes as an update.
    pub async fn chat_abort(&self, session: SessionRef) -> Result<(), FleetError> {
        let asker = self.asker(&session.gateway).await?;
        let asked = session.clone();
        let begun = self
            .call(move |core| {
                let chat = core.chats.get_mut(&asked)?;
                let mut abort = chat.transcript.abort_begin()?;
                chat.push(std::mem::take(&mut abort.updates));
                core.touch();
                Some(abort)
            })
            .await?;
        let (run_id, asked_for) = begun.map_or((None, Vec::new()), |abort| (abort.run, abort.of));
        let params = m::ChatAbortParams {
            session_key: session.key.clone(),
            agent_id: None,
            run_id,
        };
        let aborted = asker.connection.request::<m::ChatAbort>(params).await;
        let outcome = match &aborted {
            Ok(reply) if reply.aborted == Some(false) => Stopped::NothingRan,
            Ok(reply) => Stopped::Runs(reply.run_ids.clone()),
            Err(_) => Stopped::Unknown,
        };
        let stopped = self
            .call(move |core| core.stopped(&session, outcome, &asked_for))
            .await?;
        aborted?;
        stopped
    }
}

impl Core {
    /// What the gateway made of an abort, in the chat. An answer that leaves a doubt is looked into: the history
    /// tells what goes on.
    fn stopped(
        &mut self,
        session: &SessionRef,
        outcome: Stopped,
        asked_for: &[String],
    ) -> Result<(), FleetError> {
        let now = millis(self.now());
        self.touch();
        let transcript = self.chats.get_mut(session).map(|c| &mut c.transcript);
        let (updates, told) = match (outcome, transcript) {
            (Stopped::NothingRan, None) => return Err(FleetError::NothingRuns),
            (_, None) => return Ok(()),
            (Stopped::Unknown, Some(chat)) => (chat.abort_failed(), Ok(())),
            (Stopped::NothingRan, Some(chat)) => {
                (chat.nothing_runs(now), Err(FleetError::NothingRuns))
            }
            (Stopped::Runs(runs), Some(chat)) => {
                let updates = chat.abort_confirmed(&runs, now);
                let goes_on = !runs.is_empty() && chat.goes_on(asked_for);
                let told = if goes_on {
                    Err(FleetError::RunGoesOn)
                } else {
                    Ok(())
                };
                (updates, told)
            }
        };
        if let Some(chat) = self.chats.get_mut(session) {
            chat.push(updates);
        }
        let is_clear = told.is_ok() && !asked_for.iter().any(String::is_empty);
        if !is_clear {
            self.chat_online(session);
        }
        told
    }
}

/// What the gateway made of an abort.
enum Stopped {
    Runs(Vec<String>),
    NothingRan,
    /// It refused, or did not answer.
    Unknown,
}

fn check(message: &SendMessage) -> Result<(), FleetError> {
    if message.text.trim().is_empty() && message.attachments.is_empty() {
        return Err(FleetError::InvalidInput(
            "a message has text or an attachment",
        ));
    }
    if message.id.is_empty() || message.id.len() > 128 {
        return Err(FleetError::InvalidInput("a message has an id of its own"));
    }
    for file in &message.attachments {
        STANDARD
            .decode(&file.data)
            .map_err(|_| FleetError::InvalidInput("an attachment is not base64"))?;
    }
    Ok(())
}

fn store_key(session: &SessionRef) -> SessionKey {
    SessionKey::new(session.gateway.0.clone(), session.key.clone())
}
