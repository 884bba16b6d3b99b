//! Taking a log up where it was left: its tree is built again and held against the head that was kept elsewhere.

use gatehouse_audit::{Frontier, Hash};
use gatehouse_store::StoreError;

use super::Keeper;
use crate::audit::key::KeptHead;

impl Keeper {
    /// Builds the tree of what there is, and holds it against the head.
    pub(super) async fn take_up(&mut self) -> Result<Vec<String>, StoreError> {
        let head = self.kept.clone().unwrap_or_default();
        let passed = if self.trust_last(&head).await? {
            Hash::from_hex(&head.root)
        } else {
            self.begin_after_segments().await?;
            let already = (self.tree.size() == head.size).then(|| self.tree.root());
            match self.advance(Some(head.size)).await {
                Ok(passed) => already.or(passed),
                Err(error) => {
                    return Ok(self.rolled_back(self.tree.size() + 1, error.to_string()));
                }
            }
        };
        if let Err(error) = self.advance(None).await {
            return Ok(self.rolled_back(self.tree.size() + 1, error.to_string()));
        }
        let size = self.tree.size();
        if head.size > size {
            let text = format!(
                "the log has {size} records, and the head kept outside of it counts {}",
                head.size
            );
            return Ok(self.rolled_back(size + 1, text));
        }
        let other = passed.is_some_and(|root| root.to_hex() != head.root);
        if head.size > 0 && other {
            let text = format!(
                "the first {} records are not those that the head kept outside of the log knows",
                head.size
            );
            let seq = self.last_signed_before(head.size).await? + 1;
            return Ok(self.rolled_back(seq, text));
        }
        Ok(Vec::new())
    }

    /// The last checkpoint is trusted where the head says the same: then only what came after is read.
    async fn trust_last(&mut self, head: &KeptHead) -> Result<bool, StoreError> {
        let Some(last) = self.store.audit_checkpoint_latest().await? else {
            return Ok(false);
        };
        self.signed = last.size;
        let Some(tree) = Frontier::from_bytes(last.size, &last.frontier) else {
            return Ok(false);
        };
        let same = last.size == head.size && tree.root().to_hex() == head.root;
        if same {
            self.tree = tree;
        }
        Ok(same)
    }

    async fn begin_after_segments(&mut self) -> Result<(), StoreError> {
        let segments = self.store.audit_segments().await?;
        let last = segments
            .last()
            .and_then(|segment| Frontier::from_bytes(segment.last, &segment.frontier));
        self.tree = last.unwrap_or_default();
        Ok(())
    }

    /// The largest checkpoint below a size.
    async fn last_signed_before(&self, size: u64) -> Result<u64, StoreError> {
        let (mut last, mut after) = (0, 0);
        loop {
            let page = self.store.audit_checkpoints(after, 1_000).await?;
            let Some(newest) = page.last() else {
                return Ok(last);
            };
            after = newest.size;
            let below = page.iter().filter(|checkpoint| checkpoint.size < size);
            last = below
                .map(|checkpoint| checkpoint.size)
                .max()
                .unwrap_or(last);
            if after >= size {
                return Ok(last);
            }
        }
    }
}
