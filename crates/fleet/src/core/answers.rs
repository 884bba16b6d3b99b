//! Answering by rule: what waits on a gateway without a policy of its own, before a person is notified of it.

use gatehouse_store::StoreError;
use tokio::sync::oneshot;

use super::{Core, Write};
use crate::answers::{AnswerBook, Asked};
use crate::choices::allowed;
use crate::error::FleetError;
use crate::inbox::{Choice, InboxEvent, has_to_be_reviewed, millis};
use crate::untrusted::one_line;
use crate::view::{AutoAnswer, AutoAnswered, Decision, GatewayId, ItemKey, ItemKind, Surface};

/// The setting under which the rules and their answers are kept.
pub(crate) const ANSWERS: &str = "autoAnswers";

/// A command as it is recorded, in bytes.
const SUBJECT: usize = 500;

/// The rules, and what they answered.
#[derive(Default)]
pub(crate) struct AnswerDesk {
    pub(crate) book: AnswerBook,
    /// The store has an earlier one.
    is_unkept: bool,
}

/// Tells whether it was written.
pub(crate) type Written = oneshot::Receiver<Result<(), StoreError>>;

impl Core {
    /// Answers an item by rule, when it arrives and at no other time. True where a rule did, so that nobody has to be
    /// notified.
    pub(super) fn answer_by_rule(&mut self, key: &ItemKey) -> bool {
        let Some((choice, answered)) = self.rule_for(key) else {
            return false;
        };
        if let Some(refusal) = self.inbox_event(InboxEvent::Decide(choice)) {
            tracing::warn!(%refusal, "a rule's answer was not taken");
            return false;
        }
        self.answers.book.record(answered);
        self.keep_answers();
        true
    }

    fn rule_for(&mut self, key: &ItemKey) -> Option<(Choice, AutoAnswered)> {
        let item = self.inbox.inbox.item(key)?;
        let open = item.is_waiting() && item.request.kind == ItemKind::Exec;
        if !open || self.is_governed(&item.gateway) {
            return None;
        }
        let reading = self.inbox.readings.read(key, &item.request.content)?;
        let asked = Asked {
            gateway: &item.gateway,
            agent: item.request.content.agent.as_deref(),
            reading: &reading,
        };
        let (rule, answer) = self.answers.book.answer(&asked)?;
        let decision = match answer {
            AutoAnswer::Allow => Decision::AllowOnce,
            AutoAnswer::Deny => Decision::Deny,
        };
        let standing = self.standing(item);
        if !allowed(&item.offered(), &standing.barred).contains(&decision) {
            return None;
        }
        // A rule names a command, and no variables, no other computer and nothing that a gateway warns of.
        if answer == AutoAnswer::Allow && has_to_be_reviewed(item, &standing) {
            return None;
        }
        let answered = AutoAnswered {
            at: millis(self.now()),
            rule,
            gateway: item.gateway.clone(),
            gateway_name: one_line(&self.gateway_name(&item.gateway), 80),
            item: key.clone(),
            subject: one_line(&item.request.content.subject, SUBJECT),
            agent: item.request.content.agent.as_ref().map(|a| one_line(a, 80)),
            answer,
        };
        let choice = Choice {
            key: key.clone(),
            decision,
            revision: item.revision,
            surface: Surface::Rule,
            answer: Vec::new(),
            terms: None,
        };
        Some((choice, answered))
    }

    /// It keeps a policy of its own, as far as it ever said.
    pub(crate) fn is_governed(&self, gateway: &GatewayId) -> bool {
        let entry = self.gateways.get(gateway);
        entry.is_some_and(|entry| entry.known.governed)
    }

    /// Changes the rules. They hold at once, and are kept when what is given back says so.
    pub(crate) fn change_answers<T>(
        &mut self,
        change: impl FnOnce(&mut AnswerBook) -> Result<T, FleetError>,
    ) -> Result<(T, Written), FleetError> {
        let done = change(&mut self.answers.book)?;
        Ok((done, self.hand_over_answers()))
    }

    /// What was changed could not be kept, so it does not hold either. A stop does: it can only leave more to the person.
    pub(crate) fn put_back_answers(&mut self, before: AnswerBook) {
        self.answers.book.put_back(before);
        self.answers.is_unkept = true;
    }

    /// Hands the rules and their answers to the store, and again later where it fails.
    fn keep_answers(&mut self) {
        let written = self.hand_over_answers();
        self.spawn(written, |core, written| {
            if !matches!(written, Ok(Ok(()))) {
                tracing::warn!("what rules answered could not be written; it is tried again");
                core.answers.is_unkept = true;
            }
        });
    }

    pub(super) fn keep_answers_again(&mut self) {
        if std::mem::take(&mut self.answers.is_unkept) {
            self.keep_answers();
        }
    }

    fn hand_over_answers(&mut self) -> Written {
        let (done, written) = oneshot::channel();
        match serde_json::to_string(&self.answers.book) {
            Err(error) => drop(done.send(Err(StoreError::Failed(error.to_string())))),
            Ok(json) => {
                let before = self.unkept_inbox();
                let write = Write::Rules { before, json, done };
                if let Err(Write::Rules { done, .. }) = self.scribe.write(write) {
                    drop(done.send(Err(StoreError::Busy)));
                }
            }
        }
        written
    }
}
