//! Approvals as the gateway has them: what waits, and what was recorded.

use gatehouse_protocol::methods::{
    ApprovalFamily, ApprovalGet, ApprovalIdParams, ExecApprovalList, PluginApprovalList,
    SystemApprovalList,
};
use gatehouse_protocol::model::approval::{ApprovalKind, ApprovalRecord};
use gatehouse_protocol::{Listed, NoParams, own};
use serde_json::json;

use super::shape::{Recorded, Waiting};
use crate::dial::Link;
use crate::failure::{Failure, FailureKind};

/// What waits now.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The oldest first.
    pub(super) waiting: Vec<Waiting>,
    /// How many wait besides that have not even an id that can be read.
    pub(super) unreadable: usize,
}

impl Found {
    /// What cannot be shown must not look as if it were not there.
    pub(super) fn unreadable(&self) -> Option<Failure> {
        let count = self.unreadable;
        (count > 0).then(|| {
            Failure::new(
                FailureKind::General,
                "badAnswer",
                format!("{count} of the approvals that wait cannot be read"),
            )
            .next("`gatehouse call exec.approval.list` shows them as they are")
        })
    }

    fn take<T: Into<Waiting>>(&mut self, list: Listed<T>) {
        self.unreadable += list.unreadable.len();
        self.waiting.extend(list.items.into_iter().map(Into::into));
    }
}

/// Everything that waits now, of all families.
pub(super) async fn waiting(link: &Link) -> Result<Found, Failure> {
    let mut found = Found::default();
    found.take(link.read::<ExecApprovalList>(NoParams {}).await?);
    if link.offers::<PluginApprovalList>() {
        found.take(link.read::<PluginApprovalList>(NoParams {}).await?);
    }
    if link.offers::<SystemApprovalList>() {
        found.take(link.read::<SystemApprovalList>(NoParams {}).await?);
    }
    found.waiting.sort_by_key(|approval| approval.created_at_ms);
    Ok(found)
}

/// The record of an approval, where the gateway keeps one.
pub(super) async fn record(link: &Link, id: &str) -> Result<Option<ApprovalRecord>, Failure> {
    if !link.offers::<ApprovalGet>() {
        return Ok(None);
    }
    let params = ApprovalIdParams { id: id.to_owned() };
    match link.read::<ApprovalGet>(params).await {
        Ok(found) => Ok(Some(found.approval)),
        Err(failure) if failure.kind == FailureKind::Refused => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// How it ended, with the name of who answered and what was answered where the gateway is ours and tells.
pub(super) async fn ending(link: &Link, record: ApprovalRecord) -> Recorded {
    let mut recorded = Recorded::from(record);
    if recorded.is_pending() || !link.offers::<own::ApprovalsGet>() {
        return recorded;
    }
    let told = link
        .read::<own::ApprovalsGet>(json!({"id": recorded.id}))
        .await;
    // What is known without it stands.
    if let Ok(told) = told {
        recorded.add(&told["answer"]);
    }
    recorded
}

/// The family that a record belongs to; the gateway has to be told when it is decided.
pub(super) fn family_of(record: &ApprovalRecord) -> Option<ApprovalFamily> {
    match record.presentation.as_ref()?.kind.as_ref()? {
        ApprovalKind::Exec => Some(ApprovalFamily::Exec),
        ApprovalKind::Plugin => Some(ApprovalFamily::Plugin),
        ApprovalKind::SystemAgent => Some(ApprovalFamily::SystemAgent),
        ApprovalKind::Other(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use gatehouse_protocol::model::approval::ExecApproval;

    use super::*;

    #[test]
    fn one_that_cannot_be_read_hides_no_other() {
        let list =
            json!([{"request": {"command": "lost"}}, {"id": "b", "request": {"command": "make"}}]);
        let mut found = Found::default();
        found.take::<ExecApproval>(serde_json::from_value(list).unwrap());
        assert_eq!(found.waiting[0].id, "b");
        assert!(found.unreadable().is_some());
    }
}
