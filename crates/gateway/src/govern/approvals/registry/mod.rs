//! The approvals: asked, answered once, remembered. The store's record is the truth; one task owns those who
//! wait for an answer and the clock of what expires.
//!
//! First answer wins: answering is a compare-and-swap in the store, and only the winner is announced. What
//! ends a question without an answer (expiry, the run that asked being stopped) is a denial.

mod answering;
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

use super::moment::Moment;
use super::question::{Decision, Question};
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
