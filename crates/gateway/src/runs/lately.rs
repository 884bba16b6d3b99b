//! What was sent within the last moment and is at work, so that the same words sent twice run once.
//!
//! Words count as sent when they are durable, not before: whoever sends the same ones meanwhile waits to hear whether
//! they are. An input that could not be kept leaves no trace, and theirs is taken in its place.

use std::time::Duration;

use tokio::time::Instant;

use super::watch::{Asking, Registered};

/// The same words in the same session within this time are one input while its run is at work: a click that was heard
/// twice, or a client that sent again under a new key. Said again after the answer, they are meant again.
const SAME_WITHIN: Duration = Duration::from_secs(3);

#[derive(Default)]
pub(super) struct Lately(Vec<Sent>);

/// An input, as it is recognised when it is sent twice.
struct Sent {
    /// The wall's clock may be set back; this one is not.
    at: Instant,
    fingerprint: String,
    /// That answers it: its own, or the one that took it up.
    run_id: String,
    /// Those who sent the same, until it is durable; none from then on.
    waiting: Option<Vec<Asking>>,
}

impl Lately {
    /// Answers where the same words were sent lately, or will. Gives it back where its words are new, and notes them.
    pub(super) fn same(&mut self, asking: Asking) -> Option<Asking> {
        let Some(fingerprint) = asking.fingerprint.clone() else {
            return Some(asking);
        };
        self.0
            .retain(|sent| sent.at.elapsed() < SAME_WITHIN || sent.waiting.is_some());
        let same = self
            .0
            .iter_mut()
            .find(|sent| sent.fingerprint == fingerprint && sent.run_id != asking.run.run_id);
        if let Some(same) = same {
            match &mut same.waiting {
                Some(waiting) => waiting.push(asking),
                None => {
                    // Who sent it may have gone.
                    let _ = asking.tell.send(Registered::Same(same.run_id.clone()));
                }
            }
            return None;
        }
        if self.0.iter().all(|sent| sent.run_id != asking.run.run_id) {
            self.0.push(Sent {
                at: Instant::now(),
                fingerprint,
                run_id: asking.run.run_id.clone(),
                waiting: Some(Vec::new()),
            });
        }
        Some(asking)
    }

    pub(super) fn kept(&mut self, run_id: &str) {
        for sent in self.0.iter_mut().filter(|sent| sent.run_id == run_id) {
            for asking in sent.waiting.take().into_iter().flatten() {
                // Who sent it may have gone.
                let _ = asking.tell.send(Registered::Same(run_id.to_owned()));
            }
        }
    }

    /// Gives those who still waited for it.
    pub(super) fn forget(&mut self, run_id: &str) -> Vec<Asking> {
        let gone = self.0.extract_if(.., |sent| sent.run_id == run_id);
        gone.filter_map(|sent| sent.waiting).flatten().collect()
    }

    /// From now on another run answers it.
    pub(super) fn merged(&mut self, run_id: &str, into: &str) {
        for sent in self.0.iter_mut().filter(|sent| sent.run_id == run_id) {
            sent.run_id = into.to_owned();
        }
    }
}
