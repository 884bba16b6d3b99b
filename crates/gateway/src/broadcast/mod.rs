//! Events on their way out. An event is serialised once (`Event`), the hub decides who gets it (`hub`), and
//! each connection adds its own sequence number when it writes. What waits for a connection is bounded in
//! bytes (`outbox`). When to send which event is the business of whoever publishes.

mod event;
mod hub;
mod kinds;
mod outbox;
mod presence;

pub use event::{Audience, Delivery, Event, StateVersion};
pub use hub::{ConnId, Hub, Member, Topic};
pub use kinds::{EVENTS, EventKind, Guard};
pub use outbox::{Outbox, OutboxReader, Outgoing, outbox};
pub use presence::PresenceBoard;
