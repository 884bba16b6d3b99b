//! Ids of runs: taken before their input is kept, so that two of one id are not both kept, and given back where it could
//! not be.

use tokio::sync::oneshot;

use super::Actor;
use crate::engine::request::{QueueMode, SubmitError};

pub(super) type Reserving = oneshot::Sender<Result<(), SubmitError>>;

/// Where an input is to wait.
pub(crate) struct Room {
    pub(crate) session_key: String,
    pub(crate) mode: QueueMode,
    /// Somebody is there to hear that there is none. What the gateway itself has to say is kept.
    pub(crate) is_asked_for: bool,
}

impl Actor {
    /// Whether an id is known is known when the input of whoever took it first is durable, or could not be kept.
    pub(super) fn reserve_in_turn(
        &mut self,
        run_id: String,
        room: Room,
        reply: Reserving,
        stopping: bool,
    ) {
        if let Some(waiting) = self.reserved.get_mut(&run_id) {
            return waiting.push((room, reply));
        }
        let taken = self.reserve(run_id.clone(), &room, stopping);
        if taken.is_ok() {
            self.reserved.insert(run_id, Vec::new());
        }
        let _ = reply.send(taken);
    }

    pub(super) fn release(&mut self, run_id: &str, stopping: bool) {
        self.ended.forget(run_id);
        for (room, reply) in self.reserved.remove(run_id).into_iter().flatten() {
            self.reserve_in_turn(run_id.to_owned(), room, reply, stopping);
        }
    }

    pub(super) fn durable(&mut self, run_id: &str) {
        for (_, reply) in self.reserved.remove(run_id).into_iter().flatten() {
            let _ = reply.send(Err(SubmitError::DuplicateRun(run_id.to_owned())));
        }
    }

    fn reserve(&mut self, run_id: String, room: &Room, stopping: bool) -> Result<(), SubmitError> {
        if stopping {
            return Err(SubmitError::Stopping);
        }
        let lane = self.lanes.get(&room.session_key);
        let is_new = !self.ended.knows(&run_id);
        if is_new && room.is_asked_for && lane.is_some_and(|lane| lane.is_full_for(room.mode)) {
            return Err(SubmitError::Full(self.rules.cap.max(1)));
        }
        if self.ended.begin(&run_id) {
            Ok(())
        } else {
            Err(SubmitError::DuplicateRun(run_id))
        }
    }
}
