//! Answers that were given before, for as long as the policies are the same: agents ask the same thing all day.

use std::collections::HashMap;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use super::check::Access;

/// Answers that are kept. Beyond it all are forgotten: that costs less than to tell which is the oldest.
const MOST: usize = 4_096;

/// Answers by their question.
#[derive(Default)]
pub(super) struct Memory(RwLock<HashMap<String, Access>>);

impl Memory {
    /// The answer to a question, found by `find` where it is not known.
    pub(super) fn answer(&self, question: String, find: impl FnOnce() -> Access) -> Access {
        // Whoever panicked left whole entries.
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = known.get(&question) {
            return answer.clone();
        }
        drop(known);
        let answer = find();
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(question, answer.clone());
        answer
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memory")
    }
}
