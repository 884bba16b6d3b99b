//! What a connection tells its owner.

use std::sync::Arc;

use gatehouse_protocol::{GatewayEvent, HelloOk};
use tokio::time::Instant;

use crate::problem::Problem;

/// Counts the handshakes of one connection. What was learned in one generation may be untrue in the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub u64);

impl std::fmt::Display for Generation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What a gateway's clock showed when it was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockReading {
    /// Milliseconds since the Unix epoch.
    pub shown: u64,
    pub heard: Instant,
}

/// Something that happened on a connection, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum ConnectionEvent {
    /// Connected. Subscribe again, read histories again, list approvals again.
    Up {
        generation: Generation,
        hello: Arc<HelloOk>,
        clock: ClockReading,
    },
    /// Not connected any more. Requests of this generation have failed.
    Down {
        generation: Generation,
        cause: Problem,
        /// When the gateway was last heard from.
        heard: Instant,
    },
    /// What the gateway's clock shows now, told now and then: either clock may be set.
    Clock {
        generation: Generation,
        clock: ClockReading,
    },
    /// An event of the gateway. Ticks are not passed on; they only prove that it is alive.
    Event {
        generation: Generation,
        event: GatewayEvent,
        /// Its place on this connection.
        seq: Option<u64>,
    },
    /// Events from `expected` up to, not including, `got` are missing: dropped by the gateway, unreadable, or
    /// dropped here because their owner did not take them. Read histories and lists again.
    Gap {
        generation: Generation,
        expected: u64,
        got: u64,
    },
    /// A frame that could not be used. The connection goes on.
    Rejected {
        generation: Generation,
        problem: Problem,
    },
}

/// Where a connection stands.
#[derive(Debug, Clone, PartialEq)]
pub enum ConnectionState {
    /// Not started yet.
    Idle,
    /// The first attempt is 1.
    Connecting { attempt: u32 },
    /// Waits until a person approves this device at the gateway; looks now and then.
    PairingRequired { problem: Problem },
    Ready {
        generation: Generation,
        since: Instant,
    },
    /// Tries again at `until`.
    Backoff {
        until: Instant,
        attempt: u32,
        cause: Problem,
    },
    /// With a problem: needs a person, then `reconnect_now`. Without: closed for good.
    Closed { problem: Option<Problem> },
}
