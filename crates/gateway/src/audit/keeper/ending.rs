//! Where the log ends when it is taken up: held against what was told of it, and told from then on.

use std::sync::Arc;

use gatehouse_audit::tail::Verdict;
use gatehouse_audit::verify::{BreakKind, Broken};
use gatehouse_audit::{Hash, Record, Statement, leaf_hash};
use gatehouse_store::StoreError;

use super::{Commands, Found, Keeper, PAGE};
use crate::audit::tail::{TailFile, TailWriter, leave_off};
use crate::audit::verify::{end, held_against};

impl Keeper {
    /// Checks what no checkpoint counts yet, before one does. Then the end is told with every write.
    pub(super) async fn ending(
        &mut self,
        seed: Option<&[u8; 32]>,
        has_key: bool,
        found: &mut Found,
        commands: &Commands,
    ) -> Result<Option<(TailFile, Arc<TailWriter>)>, StoreError> {
        let Some(path) = self.key.tail() else {
            return Ok(None);
        };
        let Some(seed) = seed else {
            // What comes cannot be told, and the next start must not take it for somebody else's.
            leave_off(&path).map_err(failed)?;
            return Ok(None);
        };
        let file = TailFile::new(&path, seed);
        // Of a log that is known to be broken no more is said, and another key has told nothing.
        if found.breaks.is_empty() {
            let verdict = match self.unsigned().await? {
                Some(broken) => Verdict::Broken(broken),
                None if has_key => {
                    let told = file.read();
                    held_against(&*self.store, &told, &told, self.kept.as_ref()).await?
                }
                None => Verdict::Right,
            };
            match verdict {
                Verdict::Right => {}
                Verdict::Broken(broken) => found.breaks.extend(self.broken(broken)),
                Verdict::Unproven { first, last } => {
                    found.unproven.push(Statement::Unproven { first, last });
                }
            }
        }
        // What was found is known for good before anything is told that does not show it.
        if !found.breaks.is_empty() {
            self.keep_known().await;
        }
        let here = end(&*self.store).await?;
        let starts = self.kept.as_ref().map_or(0, |kept| kept.starts);
        // A head that cannot be read now may know of as many as the file does.
        let start = starts.max(file.start()) + 1;
        let writer = file.clone().begin(here, start, commands.clone());
        let writer = Arc::new(writer.map_err(failed)?);
        self.store.audit_watched(writer.clone());
        // Only after the file is on the disk: one of a lower number is an older one.
        if let Some(kept) = &mut self.kept {
            (kept.tail, kept.starts) = (true, start);
            self.keep_known().await;
        }
        Ok(Some((file, writer)))
    }

    /// The first record after the last checkpoint that is not what was written, or does not go on from the one before.
    async fn unsigned(&self) -> Result<Option<Broken>, StoreError> {
        let signed = self.store.audit_checkpoint_latest().await?;
        let mut after = signed.map_or(0, |signed| signed.size);
        let mut prev = match self.store.audit_row(after).await? {
            Some(row) => Some(row.leaf),
            None if after == 0 => Some(Hash::ZERO),
            None => {
                let segment = self.store.audit_segments().await?.pop();
                segment.filter(|one| one.last == after).map(|one| one.leaf)
            }
        };
        loop {
            let page = self.store.audit_rows(after, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(None);
            };
            after = last.seq;
            for row in &page {
                let goes_on = Record::read(&row.bytes)
                    .is_ok_and(|record| prev.is_none_or(|prev| record.prev == prev.to_hex()));
                if !goes_on || leaf_hash(row.bytes.as_bytes()) != row.leaf {
                    let (seq, kind) = (row.seq, BreakKind::Changed);
                    let text = format!("record {seq} is not what was written");
                    return Ok(Some(Broken { seq, kind, text }));
                }
                prev = Some(row.leaf);
            }
        }
    }

    /// Somebody else wrote into the log while it was written.
    pub(super) async fn found(&mut self, broken: Broken) {
        if let Some(found) = self.broken(broken) {
            tracing::error!(%found, "the audit is not as it was left");
            self.keep_known().await;
        }
    }
}

fn failed(error: std::io::Error) -> StoreError {
    StoreError::Failed(format!("the end of the audit cannot be kept: {error}"))
}
