//! The approvals: asked, answered once, remembered. The store's record is the truth; one task owns those who
//! wait for an answer and the clock of what expires.
//!
//! First answer wins: answering is a compare-and-swap in the store, and only the winner is announced. What
//! ends a question without an answer (expiry, the run that asked being stopped) is a denial.

use std::sync::Arc;

use gatehouse_store::StoreError;
use gatehouse_store::gateway::{
    AllowEntry, ApprovalRecord, ApprovalState, Consumed, Created, GatewayStore, Resolution,
    Resolved,
};
use serde_json::json;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::question::{Decision, Question, offers};
use super::registry_task::{Command, RegistryTask};
use super::wire;
use crate::broadcast::Hub;
use crate::clock::Clock;

/// Why a question was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalsError {
    #[error("approval id already pending")]
    Taken,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an answer was not taken. The question stands as it was.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    #[error("unknown or expired approval id")]
    Unknown,
    /// Another answer was first, or the time was over; the record that stands.
    #[error("approval already resolved")]
    Settled(Box<ApprovalRecord>),
    #[error("{0} is not offered for this approval")]
    NotOffered(&'static str),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Who answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolver {
    /// The device's id, where it proved one.
    pub device: Option<String>,
    /// How people know it.
    pub label: String,
}

/// A question that waits. Dropped before it was answered, it is withdrawn.
pub struct Pending {
    pub record: ApprovalRecord,
    approvals: Approvals,
    open: bool,
}

/// A handle to the approvals.
#[derive(Clone)]
pub struct Approvals {
    store: Arc<dyn GatewayStore>,
    clock: Clock,
    commands: mpsc::UnboundedSender<Command>,
}

impl Approvals {
    /// Starts the task, with what waits from before. It ends when the last handle is gone.
    pub(crate) fn start(
        store: Arc<dyn GatewayStore>,
        hub: Hub,
        clock: Clock,
    ) -> (Self, impl Future<Output = ()>) {
        let (commands, inbox) = mpsc::unbounded_channel();
        let task = RegistryTask::new(store.clone(), hub, clock.clone(), inbox);
        let handle = Self {
            store,
            clock,
            commands,
        };
        (handle, task.run())
    }

    /// Records a question and tells those who may answer.
    pub async fn ask(&self, question: Question) -> Result<Pending, ApprovalsError> {
        let record = self.recorded(question);
        match self.store.approval_create(record.clone(), None).await? {
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
        match told.await {
            Ok(record) => Ok(Some(*record)),
            // The gateway ends. What is recorded then stands.
            Err(_) => self.store.approval(id).await,
        }
    }

    /// Answers a question with a word that it offers.
    pub async fn answer(
        &self,
        id: &str,
        decision: Decision,
        resolver: &Resolver,
    ) -> Result<ApprovalRecord, AnswerError> {
        let Some(record) = self.store.approval(id).await? else {
            return Err(AnswerError::Unknown);
        };
        if record.state != ApprovalState::Pending {
            return Err(AnswerError::Settled(Box::new(record)));
        }
        if !offers(&wire::request(&record), decision) {
            return Err(AnswerError::NotOffered(decision.word()));
        }
        let state = match decision {
            Decision::Deny => ApprovalState::Denied,
            _ => ApprovalState::Allowed,
        };
        let resolution = Resolution {
            state,
            decision: Some(decision.word().to_owned()),
            reason: Some("user".to_owned()),
            resolver: Some(resolver.json()),
            at: self.now(),
            allow: (decision == Decision::AllowAlways)
                .then(|| self.always(&record))
                .flatten(),
        };
        match self.store.approval_resolve(id, resolution, None).await? {
            Resolved::Won(record) => {
                self.tell(Command::Settled(Box::new(record.clone())));
                Ok(record)
            }
            Resolved::Expired(record) => {
                self.tell(Command::Settled(Box::new(record.clone())));
                Err(AnswerError::Settled(Box::new(record)))
            }
            Resolved::Lost(record) => Err(AnswerError::Settled(Box::new(record))),
            Resolved::Unknown => Err(AnswerError::Unknown),
        }
    }

    /// Takes what was allowed for the action of this digest. Only the first to ask gets it.
    pub(super) async fn consume(&self, id: &str, digest: &str) -> Result<bool, StoreError> {
        let now = self.now();
        let consumed = self.store.approval_consume(id, digest, now, None).await?;
        Ok(matches!(consumed, Consumed::Now(_)))
    }

    /// Denies a question because nobody can be asked. Gives the record that stands.
    pub async fn no_route(&self, id: &str) -> Result<Option<ApprovalRecord>, StoreError> {
        let resolution = Resolution {
            state: ApprovalState::Denied,
            decision: Some(Decision::Deny.word().to_owned()),
            reason: Some("no-route".to_owned()),
            resolver: None,
            at: self.now(),
            allow: None,
        };
        match self.store.approval_resolve(id, resolution, None).await? {
            Resolved::Won(record) | Resolved::Expired(record) => {
                self.tell(Command::Settled(Box::new(record.clone())));
                Ok(Some(record))
            }
            Resolved::Lost(record) => Ok(Some(record)),
            Resolved::Unknown => Ok(None),
        }
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
            decision: None,
            reason: None,
            resolver: None,
            settled_at: None,
            consumed_at: None,
        }
    }

    /// The entry that was recorded with the question for an answer "always".
    fn always(&self, record: &ApprovalRecord) -> Option<AllowEntry> {
        let request = wire::request(record);
        let entry = request.get(wire::ALWAYS)?;
        let text = |name: &str| entry.get(name)?.as_str().map(str::to_owned);
        Some(AllowEntry {
            id: Uuid::new_v4().to_string(),
            agent: record.agent.clone()?,
            pattern: text("pattern")?,
            arg_pattern: Some(text("argPattern")?),
            source: Some(super::allow_list::ALLOW_ALWAYS.to_owned()),
            added_at: self.now(),
            last_resolved: text("lastResolvedPath"),
            ..AllowEntry::default()
        })
    }

    fn now(&self) -> i64 {
        i64::try_from(self.clock.now_ms()).unwrap_or(i64::MAX)
    }

    fn tell(&self, command: Command) {
        // The task ends only with the gateway; the store keeps what was said to it then.
        let _ = self.commands.send(command);
    }
}

impl Pending {
    /// Waits for the answer, which may be that there was none.
    pub async fn settled(mut self) -> Result<ApprovalRecord, StoreError> {
        let settled = self.approvals.settled(&self.record.id).await?;
        self.open = false;
        Ok(settled.unwrap_or_else(|| self.record.clone()))
    }

    /// Leaves it to wait on its own.
    pub fn detach(mut self) -> ApprovalRecord {
        self.open = false;
        self.record.clone()
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if self.open {
            let id = self.record.id.clone();
            self.approvals.tell(Command::Withdraw(id));
        }
    }
}

impl Resolver {
    fn json(&self) -> String {
        let mut json = json!({"kind": "runtime", "label": self.label});
        if let Some(device) = &self.device {
            json["kind"] = json!("device");
            json["id"] = json!(device);
        }
        json.to_string()
    }
}

fn allow_entry_json(entry: &AllowEntry) -> serde_json::Value {
    json!({
        "pattern": entry.pattern,
        "argPattern": entry.arg_pattern,
        "lastResolvedPath": entry.last_resolved,
    })
}
