//! A question that waits, and what becomes of it when nobody waits for it any more.

use gatehouse_store::StoreError;
use gatehouse_store::gateway::ApprovalRecord;

use super::Approvals;
use super::task::Command;

/// A question that waits. Dropped before it was answered, it is withdrawn.
pub struct Pending {
    pub record: ApprovalRecord,
    pub(super) approvals: Approvals,
    pub(super) open: bool,
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
