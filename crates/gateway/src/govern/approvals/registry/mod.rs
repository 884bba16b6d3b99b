//! The approvals: asked, answered once, remembered. The store's record is the truth; one task owns those who
//! wait for an answer and the clock of what expires.
//!
//! First answer wins: answering is a compare-and-swap in the store, and only the winner is announced. What
//! ends a question without an answer (expiry, the run that asked being stopped) is a denial.

mod error;
mod pending;
mod task;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use gatehouse_store::StoreError;
use gatehouse_store::gateway::{
    AllowEntry, ApprovalRecord, ApprovalState, Consumed, Created, GatewayStore, Resolution,
    Resolved, Witness,
};
use serde_json::json;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use uuid::Uuid;

pub use error::{AnswerError, ApprovalsError};
pub use pending::Pending;

use super::answers::{Choice, ChoiceError, Resolver};
use super::moment::Moment;
use super::question::{Decision, Question, offers};
use super::wire;
use super::witness;
use crate::broadcast::Hub;
use crate::clock::Clock;
use task::{Command, MaySee, RegistryTask};

/// The reason of a question that ended because its run had.
const RUN_ENDED: &str = "gateway-restart";

/// How often whoever waits for an answer looks into the record, beside being told.
pub(super) const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// What an answer came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// It settled the question.
    Settled(ApprovalRecord),
    /// It was counted; more people must say yes.
    Counted(ApprovalRecord),
}

impl Answered {
    pub fn record(&self) -> &ApprovalRecord {
        match self {
            Self::Settled(record) | Self::Counted(record) => record,
        }
    }
}

/// A handle to the approvals.
#[derive(Clone)]
pub struct Approvals {
    store: Arc<dyn GatewayStore>,
    moment: Moment,
    commands: mpsc::UnboundedSender<Command>,
}

impl Approvals {
    /// Starts the task, with what waits from before. It ends when the last handle is gone.
    pub(crate) fn start(
        store: Arc<dyn GatewayStore>,
        hub: Hub,
        clock: Clock,
        may_see: MaySee,
    ) -> (Self, impl Future<Output = ()>) {
        // No bound, since a change of an approval must not be lost: each was written to the disk before it is told here,
        // and who waits for an answer has one entry.
        let (commands, inbox) = mpsc::unbounded_channel();
        let moment = Moment::new(clock);
        let task = RegistryTask::new(store.clone(), hub, may_see, moment.clone(), inbox);
        let handle = Self {
            store,
            moment,
            commands,
        };
        (handle, task.run())
    }

    /// Records a question and tells those who may answer.
    pub async fn ask(&self, question: Question) -> Result<Pending, ApprovalsError> {
        let record = self.recorded(question);
        match self
            .store
            .approval_create(record.clone(), self.witness())
            .await?
        {
            Created::Exists(_) => Err(ApprovalsError::Taken),
            Created::New => {
                self.tell(Command::Asked(Box::new(record.clone())));
                Ok(Pending {
                    record,
                    approvals: self.clone(),
                    open: true,
                })
            }
        }
    }

    /// Waits until a question is settled. None where there is no such question.
    pub async fn settled(&self, id: &str) -> Result<Option<ApprovalRecord>, StoreError> {
        let (tell, told) = oneshot::channel();
        let (listen, listening) = oneshot::channel();
        // First listen, then look: an answer in between is not missed.
        self.tell(Command::Wait(id.to_owned(), tell, listen));
        // Without the task nobody tells; the look is all there is then.
        let _ = listening.await;
        match self.store.approval(id).await? {
            Some(record) if record.state == ApprovalState::Pending => {}
            settled => return Ok(settled),
        }
        self.told_or_recorded(id, told).await
    }

    /// What ended without a word, as when a store kept a change that it called failed, is found in the record.
    async fn told_or_recorded(
        &self,
        id: &str,
        mut told: oneshot::Receiver<Box<ApprovalRecord>>,
    ) -> Result<Option<ApprovalRecord>, StoreError> {
        loop {
            match timeout(LOOK_AGAIN, &mut told).await {
                Ok(Ok(record)) => return Ok(Some(*record)),
                // The gateway ends. What is recorded then stands.
                Ok(Err(_)) => return self.store.approval(id).await,
                Err(_) => {}
            }
            // A store that fails now is asked again; the question waits meanwhile.
            if let Ok(Some(record)) = self.store.approval(id).await
                && record.state != ApprovalState::Pending
            {
                return Ok(Some(record));
            }
        }
    }

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

    /// Takes what was allowed for the action of this digest. Only the first to ask gets it, in its time.
    pub(in crate::govern) async fn consume(
        &self,
        id: &str,
        digest: &str,
    ) -> Result<Consumed, StoreError> {
        let consumed = self
            .store
            .approval_consume(id, digest, self.now(), self.witness())
            .await?;
        // Who watches was shown that it is allowed.
        if consumed == Consumed::Late
            && let Some(record) = self.store.approval(id).await?
        {
            self.tell(Command::Settled(Box::new(record)));
        }
        Ok(consumed)
    }

    /// Denies a question because nobody can be asked. Gives the record that stands.
    pub async fn no_route(&self, id: &str) -> Result<Option<ApprovalRecord>, StoreError> {
        let resolution = Resolution {
            state: ApprovalState::Denied,
            decision: Some(Decision::Deny.word().to_owned()),
            reason: Some("no-route".to_owned()),
            at: self.now(),
            ..Resolution::default()
        };
        match self
            .store
            .approval_resolve(id, resolution, self.witness())
            .await?
        {
            Resolved::Won(record) | Resolved::Expired(record) => {
                self.tell(Command::Settled(Box::new(record.clone())));
                Ok(Some(record))
            }
            Resolved::Lost(record)
            | Resolved::Counted(record)
            | Resolved::Again(record)
            | Resolved::Own(record) => Ok(Some(record)),
            Resolved::Unknown => Ok(None),
        }
    }

    /// Ends the questions of the runs that ended with the last process: nobody waits for the answers. What another
    /// client asks about stays; it may come back for the answer.
    pub(crate) async fn end_those_of_ended_runs(&self) -> Result<(), StoreError> {
        let waiting = self.store.approvals_pending().await?;
        for record in waiting.iter().filter(|record| record.bound) {
            let resolution = Resolution {
                state: ApprovalState::Cancelled,
                reason: Some(RUN_ENDED.to_owned()),
                at: self.now(),
                ..Resolution::default()
            };
            let resolved = self
                .store
                .approval_resolve(&record.id, resolution, self.witness())
                .await?;
            if let Resolved::Won(record) | Resolved::Expired(record) = resolved {
                self.tell(Command::Settled(Box::new(record)));
            }
        }
        Ok(())
    }

    /// What waits and can still be answered, the oldest first.
    pub async fn pending(&self) -> Result<Vec<ApprovalRecord>, StoreError> {
        let now = self.now();
        let mut waiting = self.store.approvals_pending().await?;
        // The clock's task may be a moment behind.
        waiting.retain(|record| record.expires_at > now);
        Ok(waiting)
    }

    fn recorded(&self, question: Question) -> ApprovalRecord {
        let created_at = self.now();
        let mut request = question.request;
        if let Some(always) = question.always {
            request.insert(wire::ALWAYS.into(), allow_entry_json(&always));
        }
        if let Some(basis) = question.grants {
            request.insert(wire::GRANT_BASIS.into(), json!(basis));
        }
        ApprovalRecord {
            id: question.id.unwrap_or_else(|| Uuid::new_v4().to_string()),
            kind: "exec".to_owned(),
            state: ApprovalState::Pending,
            created_at,
            expires_at: created_at.saturating_add_unsigned(question.timeout_ms),
            agent: question.agent,
            session: question.session,
            run: question.run,
            digest: question.digest,
            request: serde_json::Value::Object(request).to_string(),
            requester: question.requester,
            requester_person: question.requester_person,
            approvers: question.approvers,
            bound: question.bound,
            ..ApprovalRecord::default()
        }
    }

    fn witness(&self) -> Option<Witness> {
        witness::of_approval(self.now())
    }

    /// The time by which questions expire.
    pub(crate) fn now(&self) -> i64 {
        self.moment.now()
    }

    fn tell(&self, command: Command) {
        // The task ends only with the gateway; the store keeps what was said to it then.
        let _ = self.commands.send(command);
    }
}

fn allow_entry_json(entry: &AllowEntry) -> serde_json::Value {
    json!({
        "pattern": entry.pattern,
        "argPattern": entry.arg_pattern,
        "lastResolvedPath": entry.last_resolved,
    })
}
