//! Whose words a run follows: the sessions that told it what to do. What its calls may do is held against them too, so
//! that no session gets done by another what it may not do itself.
//!
//! A session that was told something follows it for longer than one run: a heartbeat, or the end of a command in the
//! background, goes on with what stands in the transcript. So they are kept with it until a person begins a run there,
//! who has read what was said and has the say from then on. Answers that a session asked for count for nothing here,
//! the result of a sub-agent as little as that of a tool: whoever asked decides what to make of them.

use super::{
    request::{Origin, Task},
    run::{Run, RunError},
};

impl Run {
    /// What the session was told before the run.
    pub(super) async fn recall_tellers(&mut self) -> Result<(), RunError> {
        if self.request.task != Task::Reply {
            return Ok(());
        }
        let (journal, key) = (&self.shared.journal, &self.request.session_key);
        let told_by = journal.told_by(key).await;
        if self.request.origin != Origin::Person {
            // Where it cannot be told, only a person goes on.
            self.told_by = told_by?;
        } else if !matches!(&told_by, Ok(none) if none.is_empty()) {
            journal.keep_told_by(key, &[]).await?;
        }
        Ok(())
    }

    /// Follows the words of further sessions from now on. To be called before anything is read of them.
    pub(super) async fn follow(&mut self, told_by: &[String]) -> Result<(), RunError> {
        let key = &self.request.session_key;
        let known = self.told_by.len();
        for one in told_by {
            if one != key && !self.told_by.contains(one) {
                self.told_by.push(one.clone());
            }
        }
        if self.told_by.len() > known {
            let journal = &self.shared.journal;
            journal.keep_told_by(key, &self.told_by).await?;
        }
        Ok(())
    }
}
