//! Messages of chats that were left before the gateway took them: still sent, and shown where the chat is opened
//! again. In memory only, as a message can hold a secret.

use gatehouse_client::RequestError;

use super::{Core, OpenChat};
use crate::chat::Unsent;
use crate::inbox::millis;
use crate::view::{GatewayId, MessageState, SessionRef};

impl Core {
    /// Keeps what a chat that is left has not got rid of.
    pub(super) fn keep_unsent(&mut self, session: &SessionRef, chat: &OpenChat) {
        let left = chat.transcript.unaccepted();
        if !left.is_empty() {
            self.unsent.insert(session.clone(), left);
        }
    }

    /// Puts what was kept back into the chat. What is on its way stays so, and what the end of a connection left unanswered
    /// goes out again with the next one.
    pub(super) fn take_up_unsent(&mut self, session: &SessionRef) {
        let now = millis(self.now());
        let left = self.unsent.remove(session).unwrap_or_default();
        let Some(chat) = self.chats.get_mut(session) else {
            return;
        };
        for Unsent { message, state } in left {
            let mut updates = chat.transcript.send_begin(&message, now);
            if let MessageState::Failed { problem } = state {
                updates.extend(chat.transcript.send_failed(&message.id, problem));
            }
            chat.push(updates);
        }
    }

    /// The gateway is connected (again).
    pub(super) fn resend_unsent(&mut self, gateway: &GatewayId) {
        if !self.keeps_keys(gateway) {
            return self.leave_unsent_to_the_person(gateway);
        }
        let of_gateway = self.unsent.iter().filter(|(s, _)| s.gateway == *gateway);
        let waiting = of_gateway
            .flat_map(|(_, left)| left)
            .filter(|unsent| unsent.state == MessageState::Sending)
            .map(|unsent| unsent.message.clone())
            .collect::<Vec<_>>();
        for message in waiting {
            self.send_now(message);
        }
    }

    fn leave_unsent_to_the_person(&mut self, gateway: &GatewayId) {
        let of_gateway = self
            .unsent
            .iter_mut()
            .filter(|(s, _)| s.gateway == *gateway);
        let sending = of_gateway
            .flat_map(|(_, left)| left)
            .filter(|unsent| unsent.state == MessageState::Sending);
        for unsent in sending {
            unsent.state = MessageState::Failed {
                problem: super::sending::unconfirmed(),
            };
        }
    }

    /// What became of a message whose chat is not open.
    pub(super) fn unsent_answered(
        &mut self,
        session: &SessionRef,
        id: &str,
        failed: Option<&RequestError>,
    ) {
        let Some(left) = self.unsent.get_mut(session) else {
            return;
        };
        match failed {
            None => left.retain(|unsent| unsent.message.id != id),
            // Sent again by itself when the gateway is back.
            Some(RequestError::Disconnected) => {}
            Some(error) => {
                let problem = super::sending::problem(error);
                for unsent in left.iter_mut().filter(|unsent| unsent.message.id == id) {
                    unsent.state = MessageState::Failed {
                        problem: problem.clone(),
                    };
                }
            }
        }
        if left.is_empty() {
            self.unsent.remove(session);
        }
    }
}
