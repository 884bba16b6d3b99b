//! How one connection behaves. Everything has a default; tests pass their own.

use std::time::Duration;

use gatehouse_protocol::{ClientInfo, Scope};

use crate::address::GatewayUrl;
use crate::pin::CertificatePin;

/// One gateway to stay connected to.
#[derive(Debug, Clone)]
pub struct ConnectionConfig {
    pub url: GatewayUrl,
    /// Trust this certificate and no other.
    pub pin: Option<CertificatePin>,
    pub client: ClientInfo,
    /// What it can show, one of the lists in `gatehouse_protocol::connect::caps`. A gateway lets a request wait only
    /// where somebody is shown it.
    pub caps: &'static [&'static str],
    /// What to ask for. A device token that stands alone asks for what it was granted instead.
    pub scopes: Vec<Scope>,
    pub limits: Limits,
    pub backoff: BackoffPolicy,
}

/// Bounds in time and memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Requests without an answer. The gateway answers `UNAVAILABLE` to a few hundred at once.
    pub in_flight: usize,
    /// For one request; the reference client's value.
    pub request_deadline: Duration,
    /// For name lookup, TCP, TLS and the upgrade together.
    pub connect_deadline: Duration,
    /// For each of challenge and hello; the reference client's value.
    pub handshake_deadline: Duration,
    /// Largest frame that is read at all; a larger one ends the connection. A list of what waits has as much text as is
    /// kept of one gateway, 64 MiB, and what stands around it.
    pub max_frame_bytes: usize,
    /// Largest event that is read; a larger one is reported and skipped.
    pub max_event_bytes: usize,
    /// Events between this connection and its owner.
    pub event_queue: usize,
    /// Bytes of events that wait for room in the queue; with more, nothing is read from the socket.
    pub backlog_bytes: usize,
    /// An owner that takes no event for this long while the backlog is full gets a `Gap` instead of
    /// the backlog. Less than the 25 s in which a gateway wants its pings answered.
    pub stall_deadline: Duration,
    /// How long to wait before a gateway that was not trusted is looked at again.
    pub second_look: Duration,
    /// How long a gateway may take to answer when this computer may have slept.
    pub probe_deadline: Duration,
    /// How often the gateway's clock is told of, at most.
    pub clock_every: Duration,
    /// How often to look whether a person has approved the pairing.
    pub pairing_poll: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            in_flight: 64,
            request_deadline: Duration::from_secs(30),
            connect_deadline: Duration::from_secs(15),
            handshake_deadline: Duration::from_secs(15),
            max_frame_bytes: 80 * 1024 * 1024,
            max_event_bytes: 8 * 1024 * 1024,
            event_queue: 16,
            backlog_bytes: 8 * 1024 * 1024,
            stall_deadline: Duration::from_secs(5),
            second_look: Duration::from_secs(300),
            probe_deadline: Duration::from_secs(5),
            clock_every: Duration::from_secs(20),
            pairing_poll: Duration::from_secs(10),
        }
    }
}

/// How long to wait before the next attempt.
#[derive(Debug, Clone, Copy)]
pub struct BackoffPolicy {
    pub initial: Duration,
    pub max: Duration,
    /// Gives a number from 0 to 1; spreads clients that lost the same gateway.
    pub random: fn() -> f64,
    /// A connection that lived at least this long starts over at `initial`.
    pub settled_after: Duration,
}

impl Default for BackoffPolicy {
    fn default() -> Self {
        Self {
            initial: Duration::from_secs(1),
            max: Duration::from_secs(30),
            random: random_fraction,
            settled_after: Duration::from_secs(10),
        }
    }
}

impl BackoffPolicy {
    /// The wait before attempt `failures + 1`: doubling, up to half as much again, never over the maximum.
    pub(crate) fn delay(&self, failures: u32) -> Duration {
        let spread = (self.random)().clamp(0.0, 1.0);
        let doubled = self
            .initial
            .saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1)));
        if doubled >= self.max {
            return self.max.mul_f64(0.75 + spread / 4.0);
        }
        doubled.mul_f64(1.0 + spread / 2.0).min(self.max)
    }
}

/// Without randomness the wait is the middle one, which still works.
fn random_fraction() -> f64 {
    getrandom::u32().map_or(0.5, |bits| f64::from(bits) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(random: fn() -> f64) -> Vec<u64> {
        let policy = BackoffPolicy {
            random,
            ..BackoffPolicy::default()
        };
        (1..=8)
            .map(|failures| policy.delay(failures).as_millis() as u64)
            .collect()
    }

    #[test]
    fn waits_grow_from_one_second_to_thirty_and_stay_there() {
        assert_eq!(
            delays(|| 0.0),
            [1000, 2000, 4000, 8000, 16000, 22500, 22500, 22500]
        );
        assert_eq!(
            delays(|| 1.0),
            [1500, 3000, 6000, 12000, 24000, 30000, 30000, 30000]
        );
    }

    #[test]
    fn a_very_long_outage_does_not_overflow() {
        assert!(BackoffPolicy::default().delay(u32::MAX) <= Duration::from_secs(30));
    }
}
