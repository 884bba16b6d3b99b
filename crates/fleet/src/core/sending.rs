//! Messages on their way to a gateway: shown at once, confirmed later, kept for a retry when they were not taken.

use gatehouse_client::RequestError;
use gatehouse_protocol::methods as m;

use super::Core;
use crate::error::{FleetError, request_code};
use crate::inbox::millis;
use crate::untrusted::one_line;
use crate::view::{GatewayId, MessageView, ProblemView, SendMessage, SessionRef};

impl Core {
    pub(crate) fn send_message(&mut self, message: SendMessage) -> Result<MessageView, FleetError> {
        self.asker(&message.session.gateway)
            .map(drop)
            .ok_or(FleetError::NotConnected)?;
        let now = millis(self.now());
        let chat = self
            .chats
            .get_mut(&message.session)
            .ok_or(FleetError::NoSuchSession)?;
        let is_known = chat.transcript.message(&message.id).is_some();
        let updates = chat.transcript.send_begin(&message, now);
        chat.push(updates);
        let view = chat
            .transcript
            .message(&message.id)
            .cloned()
            .ok_or(FleetError::NoSuchMessage)?;
        if !is_known {
            self.send_now(message);
        }
        self.touch();
        Ok(view)
    }

    pub(crate) fn retry_message(
        &mut self,
        session: &SessionRef,
        id: &str,
    ) -> Result<(), FleetError> {
        self.asker(&session.gateway)
            .map(drop)
            .ok_or(FleetError::NotConnected)?;
        let chat = self
            .chats
            .get_mut(session)
            .ok_or(FleetError::NoSuchSession)?;
        let (message, updates) = chat.transcript.retry(id).ok_or(FleetError::NoSuchMessage)?;
        chat.push(updates);
        self.send_now(message);
        self.touch();
        Ok(())
    }

    /// After a reconnect, once the history is read: what was not answered and is not in it goes out again under its own
    /// key, which runs once whatever became of the first try. A gateway that forgets its keys would run it twice, so
    /// there the person is asked.
    pub(super) fn resend(&mut self, session: &SessionRef, left: &[String]) {
        let keeps_keys = self.keeps_keys(&session.gateway);
        let Some(chat) = self.chats.get_mut(session) else {
            return;
        };
        let mut unanswered = chat.transcript.unanswered();
        unanswered.retain(|message| left.contains(&message.id));
        for message in unanswered {
            if keeps_keys {
                self.send_now(message);
            } else if let Some(chat) = self.chats.get_mut(session) {
                let updates = chat.transcript.send_failed(&message.id, unconfirmed());
                chat.push(updates);
            }
        }
        self.touch();
    }

    /// Protocol 3 keeps the keys of messages in memory and for minutes.
    pub(super) fn keeps_keys(&self, gateway: &GatewayId) -> bool {
        let up = self.gateways.get(gateway).and_then(|e| e.up.as_ref());
        up.is_some_and(|(_, hello)| hello.protocol.0 > 3)
    }

    pub(super) fn send_now(&self, message: SendMessage) {
        let Some(asker) = self.asker(&message.session.gateway) else {
            return;
        };
        let SendMessage {
            session,
            id,
            text,
            attachments,
        } = message;
        let attachments = attachments.into_iter().map(|file| m::Attachment {
            kind: Some(
                if file.mime.starts_with("image/") {
                    "image"
                } else {
                    "file"
                }
                .to_owned(),
            ),
            mime_type: file.mime,
            file_name: file.name,
            content: file.data,
        });
        let params = m::ChatSendParams {
            session_key: session.key.clone(),
            message: text,
            attachments: attachments.collect(),
            idempotency_key: id.clone(),
            ..Default::default()
        };
        let work = async move { asker.connection.request::<m::ChatSend>(params).await };
        self.spawn(work, move |core, sent| {
            let now = millis(core.now());
            let Some(chat) = core.chats.get_mut(&session) else {
                return core.unsent_answered(&session, &id, sent.as_ref().err());
            };
            let updates = match sent {
                Ok(sent) => {
                    // A message that was sent again may belong to a run that is over.
                    let is_over = sent.status.as_deref() == Some("ok");
                    let run = sent.run_id.as_deref().filter(|_| !is_over);
                    chat.transcript.send_accepted(&id, run, now)
                }
                // Sent again by itself when the gateway is back.
                Err(RequestError::Disconnected) => return,
                Err(error) => chat.transcript.send_failed(&id, problem(&error)),
            };
            chat.push(updates);
            core.touch();
        });
    }
}

/// The connection broke before the gateway answered, and it may have the message.
pub(super) fn unconfirmed() -> ProblemView {
    ProblemView {
        code: "messageUnconfirmed".to_owned(),
        detail: None,
        request_id: None,
        device_id: None,
    }
}

/// Why a message was not taken, beside the message.
pub(super) fn problem(error: &RequestError) -> ProblemView {
    let detail = match error {
        RequestError::Gateway(refusal) => Some(one_line(&refusal.message, 1024)),
        _ => None,
    };
    ProblemView {
        code: request_code(error).to_owned(),
        detail,
        request_id: None,
        device_id: None,
    }
}
