//! Answering: a compare-and-swap in the store, of which only the winner is announced.

use gatehouse_store::StoreError;
use gatehouse_store::gateway::{ApprovalRecord, ApprovalState, Resolution, Resolved};
use serde_json::json;

use super::task::Command;
use super::{AnswerError, Answered, Approvals};
use crate::govern::approvals::answers::{Choice, ChoiceError, Resolver};
use crate::govern::approvals::question::{Decision, offers};
use crate::govern::approvals::wire;

impl Approvals {
    /// Answers a question with a published word that it offers.
    pub async fn answer(
        &self,
        id: &str,
        decision: Decision,
        resolver: &Resolver,
    ) -> Result<Answered, AnswerError> {
        let record = self.open(id).await?;
        if !offers(&wire::request(&record), decision) {
            return Err(ChoiceError::NotOffered(decision.word()).into());
        }
        self.settle(&record, &Choice::of(decision), resolver).await
    }

    /// The published "always", with an end of its own, in milliseconds since 1970.
    pub async fn answer_until(
        &self,
        id: &str,
        until: i64,
        resolver: &Resolver,
    ) -> Result<Answered, AnswerError> {
        let record = self.open(id).await?;
        let always = Decision::AllowAlways;
        if !offers(&wire::request(&record), always) {
            return Err(ChoiceError::NotOffered(always.word()).into());
        }
        let choice = Choice::Always {
            pattern: None,
            until: Some(until),
        };
        self.settle(&record, &choice, resolver).await
    }

    /// Answers a question with a choice that it offers. With `digest`, only the question of exactly that digest.
    pub async fn choose(
        &self,
        id: &str,
        digest: Option<&str>,
        choice: &Choice,
        resolver: &Resolver,
    ) -> Result<Answered, AnswerError> {
        let record = self.open(id).await?;
        if digest.is_some_and(|digest| digest != record.digest) {
            return Err(AnswerError::Differs);
        }
        self.settle(&record, choice, resolver).await
    }

    /// As `choose`, for one of many that are answered together.
    pub async fn choose_of_many(
        &self,
        id: &str,
        digest: &str,
        choice: &Choice,
        resolver: &Resolver,
    ) -> Result<Answered, AnswerError> {
        let record = self.open(id).await?;
        if !matches!(choice, Choice::Deny { .. }) && wire::is_one_by_one(&record) {
            return Err(ChoiceError::OneByOne.into());
        }
        self.choose(id, Some(digest), choice, resolver).await
    }

    /// Whether a question takes another command.
    pub(in crate::govern) async fn check_edit(&self, id: &str) -> Result<(), AnswerError> {
        let record = self.open(id).await?;
        if record.bound && wire::choices(&record).iter().any(|word| word == "edit") {
            return Ok(());
        }
        Err(ChoiceError::NotOffered("edit").into())
    }

    /// Puts another command in the place of the one that is asked about: this question is withdrawn, and whoever
    /// waits for it asks anew.
    pub async fn edit(
        &self,
        id: &str,
        command: &str,
        resolver: &Resolver,
    ) -> Result<Answered, AnswerError> {
        self.check_edit(id).await?;
        let mut json: serde_json::Value =
            serde_json::from_str(&resolver.json(&Choice::Once)).unwrap_or_default();
        json["choice"] = json!("edit");
        json["edited"] = json!(command);
        let resolution = Resolution {
            state: ApprovalState::Cancelled,
            reason: Some("edited".to_owned()),
            resolver: Some(json.to_string()),
            by: Some(resolver.principal.clone()),
            at: self.now(),
            ..Resolution::default()
        };
        self.resolve(id, resolution).await
    }

    /// Takes a yes back that was not used yet. False where there is none.
    pub async fn revoke(&self, id: &str, resolver: &Resolver) -> Result<bool, StoreError> {
        // A question is none; and what the store notes of it as expired on the way would be told to nobody.
        match self.store.approval(id).await? {
            Some(record) if record.state == ApprovalState::Allowed => {}
            _ => return Ok(false),
        }
        let by = resolver.json(&Choice::Deny { reason: None });
        let revoked = self
            .store
            .approval_revoke(id, Some(&by), self.now(), self.witness())
            .await?;
        let is_revoked = revoked.is_some();
        if let Some(record) = revoked {
            self.tell(Command::Settled(Box::new(record)));
        }
        Ok(is_revoked)
    }

    /// The record of a question that can still be answered.
    async fn open(&self, id: &str) -> Result<ApprovalRecord, AnswerError> {
        let Some(record) = self.store.approval(id).await? else {
            return Err(AnswerError::Unknown);
        };
        if record.state != ApprovalState::Pending {
            return Err(AnswerError::Settled(Box::new(record)));
        }
        Ok(record)
    }

    async fn settle(
        &self,
        record: &ApprovalRecord,
        choice: &Choice,
        resolver: &Resolver,
    ) -> Result<Answered, AnswerError> {
        let now = self.now();
        let effects = choice.effects(record, &resolver.label, now)?;
        let resolution = Resolution {
            state: effects.state,
            decision: Some(effects.decision.word().to_owned()),
            reason: Some("user".to_owned()),
            resolver: Some(resolver.json_granting(choice, effects.grant.as_ref())),
            at: now,
            by: Some(resolver.principal.clone()),
            person: Some(resolver.person.clone()),
            allow: effects.allow,
            grant: effects.grant,
        };
        self.resolve(&record.id, resolution).await
    }

    async fn resolve(&self, id: &str, resolution: Resolution) -> Result<Answered, AnswerError> {
        match self
            .store
            .approval_resolve(id, resolution, self.witness())
            .await?
        {
            Resolved::Won(record) => {
                self.tell(Command::Settled(Box::new(record.clone())));
                Ok(Answered::Settled(record))
            }
            Resolved::Counted(record) => {
                self.tell(Command::Counted(Box::new(record.clone())));
                Ok(Answered::Counted(record))
            }
            Resolved::Expired(record) => {
                self.tell(Command::Settled(Box::new(record.clone())));
                Err(AnswerError::Settled(Box::new(record)))
            }
            Resolved::Lost(record) => Err(AnswerError::Settled(Box::new(record))),
            Resolved::Again(record) => Err(AnswerError::Again(Box::new(record))),
            Resolved::Own(_) => Err(AnswerError::Own),
            Resolved::Unknown => Err(AnswerError::Unknown),
        }
    }
}
