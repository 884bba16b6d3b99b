//! What was worked out of the store, kept until something is written to it: clients ask for the same list and the
//! same history again and again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How many answers are kept, unless said otherwise. Each is bounded by [`LARGEST`], so this is a few megabytes at the
/// most.
const MOST: usize = 24;
/// A larger answer, in bytes, is worked out each time.
const LARGEST: usize = 256 * 1024;

/// Something that knows how much of it there is.
pub(crate) trait Weight {
    /// About how many.
    fn bytes(&self) -> usize;
}

/// Answers by what was asked.
pub(crate) struct Kept<T> {
    held: Mutex<HashMap<String, Held<T>>>,
    most: usize,
}

struct Held<T> {
    revision: u64,
    value: Arc<T>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self::at_most(MOST)
    }
}

impl<T> Kept<T> {
    /// Keeps so many answers; for small ones.
    pub(crate) fn at_most(most: usize) -> Self {
        Self {
            held: Mutex::default(),
            most,
        }
    }
}

impl<T: Weight> Kept<T> {
    /// What was kept for a question, if nothing was written since.
    pub(crate) fn get(&self, question: &str, revision: Option<u64>) -> Option<Arc<T>> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let found = held.get(question)?;
        (Some(found.revision) == revision).then(|| found.value.clone())
    }

    /// Keeps what was read when the store was at `revision`, or later.
    pub(crate) fn put(&self, question: String, revision: Option<u64>, value: &Arc<T>) {
        let Some(revision) = revision.filter(|_| value.bytes() <= LARGEST) else {
            return;
        };
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= self.most {
            held.retain(|_, held| held.revision == revision);
        }
        if held.len() >= self.most {
            held.clear();
        }
        let value = value.clone();
        held.insert(question, Held { revision, value });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Text(usize);

    impl Weight for Text {
        fn bytes(&self) -> usize {
            self.0
        }
    }

    #[test]
    fn an_answer_holds_until_something_is_written() {
        let kept = Kept::default();
        kept.put("list".to_owned(), Some(1), &Arc::new(Text(10)));
        assert!(kept.get("list", Some(1)).is_some());
        assert!(kept.get("list", Some(2)).is_none(), "after a write");
        assert!(kept.get("other", Some(1)).is_none(), "another question");
    }

    #[test]
    fn nothing_is_kept_of_a_store_that_others_write_to() {
        let kept = Kept::default();
        kept.put("list".to_owned(), None, &Arc::new(Text(10)));
        assert!(kept.get("list", None).is_none());
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let kept = Kept::default();
        kept.put("large".to_owned(), Some(1), &Arc::new(Text(LARGEST + 1)));
        assert!(kept.get("large", Some(1)).is_none());
        for n in 0..10 * MOST {
            kept.put(n.to_string(), Some(1), &Arc::new(Text(1)));
        }
        assert!(kept.held.lock().unwrap().len() <= MOST);
    }
}
