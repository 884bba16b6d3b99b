//! Bounds in bytes, time and number. The defaults are what the published gateway keeps ("Transport" and
//! "Versioning" of its protocol pages); tests pass their own.

use std::time::Duration;

/// What one gateway takes and holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest frame before a connection is authenticated, in bytes.
    pub preauth_payload: usize,
    /// Largest frame afterwards, in bytes; told to clients as `policy.maxPayload`.
    pub max_payload: usize,
    /// What may wait for one client before it is closed as too slow, in bytes.
    pub max_buffered: usize,
    /// From the TCP connection to the hello, TLS included.
    pub handshake: Duration,
    /// How long a peer may take over the head of an HTTP request.
    pub http_head: Duration,
    pub tick: Duration,
    /// A ping this often; no sign of life in the window after it ends the connection.
    pub ping_every: Duration,
    pub pong_window: Duration,
    /// How long a close may take before the socket is dropped.
    pub close_grace: Duration,
    /// Unauthenticated connections in all; one more pushes the oldest of them out.
    pub half_open: usize,
    /// Unauthenticated connections from one address that is not this machine.
    pub half_open_per_address: usize,
    /// Requests of one connection whose handlers are at work.
    pub in_flight: usize,
    /// How long one more request waits for one of those to end before it is refused.
    pub in_flight_patience: Duration,
    /// Largest HTTP request body, in bytes.
    pub http_body: usize,
    /// The most pages of 4096 bytes that the database may have; none for as many as the disk has room for.
    pub store_pages: Option<u32>,
    /// How long the runs and requests at work may take to end when the gateway stops.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            preauth_payload: 64 * 1024,
            max_payload: 25 * 1024 * 1024,
            max_buffered: 50 * 1024 * 1024,
            handshake: Duration::from_secs(15),
            http_head: Duration::from_secs(10),
            tick: Duration::from_secs(30),
            ping_every: Duration::from_secs(25),
            pong_window: Duration::from_secs(25),
            close_grace: Duration::from_secs(1),
            half_open: 1024,
            half_open_per_address: 32,
            in_flight: 512,
            in_flight_patience: Duration::from_millis(250),
            http_body: 2 * 1024 * 1024,
            store_pages: None,
            drain: Duration::from_secs(10),
        }
    }
}

impl Limits {
    /// With the time for a handshake that the configuration asks for.
    pub(crate) fn with_handshake(mut self, ms: Option<u64>) -> Self {
        if let Some(ms) = ms {
            self.handshake = Duration::from_millis(ms);
        }
        self
    }
}
