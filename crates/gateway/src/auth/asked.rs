//! A device's request to be paired as it waits, and what is told of it.

use serde_json::json;

use super::PairingFacts;
use crate::broadcast::{Event, EventKind};

/// A request as it waits now.
pub(crate) struct Asked {
    pub(crate) request: PairingFacts,
    /// It was not there before.
    pub(crate) is_new: bool,
    /// Those of the same device that it took the place of.
    pub(super) superseded: Vec<String>,
}

impl Asked {
    /// What is told of it: the end of those before it, as the published gateway tells it, and then itself.
    pub(crate) fn told(&self, now: u64) -> Vec<Event> {
        if !self.is_new {
            return Vec::new();
        }
        let ended = self.superseded.iter().map(|id| {
            let payload = json!({"requestId": id, "deviceId": self.request.device_id,
                "decision": "rejected", "ts": now});
            Event::new(EventKind::DEVICE_PAIR_RESOLVED, &payload)
        });
        let itself = Event::new(EventKind::DEVICE_PAIR_REQUESTED, &self.request);
        ended.chain([itself]).flatten().collect()
    }
}
