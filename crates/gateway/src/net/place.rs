//! The place that an HTTP connection has among those that have not proven anything. Whoever decides that a request is
//! let in gives it back, however deep in a handler: a stream of events that stays open, and a tool that runs for
//! minutes, are no half-open handshakes and make no room for a flood of them.

use std::sync::{Arc, Mutex, PoisonError};

use super::half_open::Ticket;

tokio::task_local! {
    /// The place of the connection whose request is answered.
    static PLACE: Arc<Place>;
}

/// Of one connection.
pub(super) struct Place(Mutex<State>);

enum State {
    Held(Ticket),
    GivenBack,
    Upgraded,
}

/// What a WebSocket begins with.
pub(super) enum Upgrade {
    /// With the place, or none where the connection has proven something.
    Fresh(Option<Ticket>),
    /// The connection was upgraded already.
    Again,
}

impl Place {
    pub(super) fn of(ticket: Ticket) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State::Held(ticket))))
    }

    /// Answers a request of this connection.
    pub(super) async fn answering<T>(self: Arc<Self>, answer: impl Future<Output = T>) -> T {
        PLACE.scope(self, answer).await
    }

    /// Moves into a WebSocket.
    pub(super) fn upgrade(&self) -> Upgrade {
        match self.replace(|_| State::Upgraded) {
            State::Held(ticket) => Upgrade::Fresh(Some(ticket)),
            State::GivenBack => Upgrade::Fresh(None),
            State::Upgraded => Upgrade::Again,
        }
    }

    fn replace(&self, next: impl FnOnce(&State) -> State) -> State {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = next(&state);
        std::mem::replace(&mut state, next)
    }
}

/// The request that is answered now is let in.
pub(crate) fn admitted() {
    // A request that comes over no connection has no place.
    let _ = PLACE.try_with(|place| {
        drop(place.replace(|state| match state {
            State::Upgraded => State::Upgraded,
            State::Held(_) | State::GivenBack => State::GivenBack,
        }));
    });
}
