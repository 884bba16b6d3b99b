//! The place of a run among those that are at work at the same time.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A place that is given back while the run waits for somebody else: what it waits for may need one. Clones are the
/// same place.
#[derive(Clone, Default)]
pub struct Seat {
    /// None outside of a run.
    room: Option<Arc<Semaphore>>,
    held: Arc<Mutex<Option<OwnedSemaphorePermit>>>,
}

impl Seat {
    pub(crate) fn in_room(room: &Arc<Semaphore>) -> Self {
        Self {
            room: Some(room.clone()),
            held: Arc::default(),
        }
    }

    /// Waits for a place, unless it has one.
    pub(crate) async fn take(&self) {
        let Some(room) = self.room.as_ref().filter(|_| !self.is_taken()) else {
            return;
        };
        // A room is never closed.
        let permit = room.clone().acquire_owned().await.ok();
        self.put(permit);
    }

    pub(crate) fn give_back(&self) {
        self.put(None);
    }

    /// Gives it back at the end of a run, however that comes.
    pub(crate) fn until_dropped(&self) -> Seated {
        Seated(self.clone())
    }

    fn is_taken(&self) -> bool {
        let held = self.held.lock();
        held.unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn put(&self, permit: Option<OwnedSemaphorePermit>) {
        let held = self.held.lock();
        *held.unwrap_or_else(PoisonError::into_inner) = permit;
    }
}

/// See [`Seat::until_dropped`].
pub(crate) struct Seated(Seat);

impl Drop for Seated {
    fn drop(&mut self) {
        self.0.give_back();
    }
}
