//! The inbox: what waits, in full, and a person's choice.

use crate::error::FleetError;
use crate::fleet::Fleet;
use crate::inbox::{Choice, InboxEvent, Refusal};
use crate::view::{DecideInput, InboxItemDetail, InboxItemView, InboxSnapshot, ItemKey, Surface};

impl Fleet {
    pub async fn inbox_snapshot(&self) -> InboxSnapshot {
        let none = InboxSnapshot {
            revision: 0,
            items: Vec::new(),
            waiting: 0,
            overflow: Vec::new(),
        };
        self.call(|core| core.inbox_snapshot())
            .await
            .unwrap_or(none)
    }

    /// One item in full.
    pub async fn inbox_item(&self, key: ItemKey) -> Result<InboxItemDetail, FleetError> {
        let detail = self.call(move |core| core.item_detail(&key)).await?;
        detail.ok_or(FleetError::Refused(Refusal::NoSuchItem))
    }

    /// A person's explicit choice. Taken only while the item waits as the person saw it, and for a decision that
    /// the request offers. Answers as soon as it is on its way; what was recorded comes as a change.
    pub async fn inbox_decide(
        &self,
        input: DecideInput,
        surface: Surface,
    ) -> Result<InboxItemView, FleetError> {
        let key = input.key.clone();
        let choice = Choice {
            key: input.key,
            decision: input.decision,
            revision: input.revision,
            surface,
            answer: input.answer.unwrap_or_default(),
            terms: input.terms,
        };
        self.call(move |core| {
            if let Some(scope) = core.scope_for(&key, choice.decision) {
                return Err(FleetError::MissingScope(scope));
            }
            match core.inbox_event(InboxEvent::Decide(choice)) {
                Some(refusal) => Err(FleetError::Refused(refusal)),
                None => core
                    .item_view(&key)
                    .ok_or(FleetError::Refused(Refusal::NoSuchItem)),
            }
        })
        .await?
    }

    /// The notice of an item is not on the screen any more, because the person or the platform closed it. Decides
    /// nothing; another item may take its place there.
    pub async fn notice_closed(&self, key: ItemKey) {
        // A fleet that has stopped shows no notices.
        let _ = self.call(move |core| core.notice_closed(&key)).await;
    }
}
