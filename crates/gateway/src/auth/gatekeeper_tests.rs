//! Guessing at a password: how many are looked at at the same time, and for how long nobody's is.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gatehouse_protocol::Secret;
use gatehouse_store::gateway::SqliteGatewayStore;
use hyper::HeaderMap;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::gatekeeper::DERIVATIONS;
use super::*;
use crate::broadcast::Hub;
use crate::clock::Clock;
use crate::tailscale::Tailscale;

const PASSWORD: &str = "a password that somebody chose";
const HOUR_MS: u64 = 3_600_000;
/// Less than a lock-out.
const A_WHILE: Duration = Duration::from_secs(60);

struct Gate {
    keeper: Gatekeeper,
    /// The clock on the wall.
    wall: Arc<AtomicU64>,
    limits: FailureLimits,
}

impl Gate {
    async fn new() -> Self {
        let wall = Arc::new(AtomicU64::new(HOUR_MS));
        let shown = wall.clone();
        let clock = Clock::new(move || shown.load(Ordering::SeqCst));
        let store = Arc::new(SqliteGatewayStore::in_memory().await.unwrap());
        let (hub, hub_task) = Hub::start(clock.clone(), serde_json::from_value(json!({})).unwrap());
        tokio::spawn(hub_task);
        let (failures, counting) = Failures::start();
        tokio::spawn(counting);
        let hash = SharedSecret::hash_chosen(PASSWORD).unwrap();
        let limits = FailureLimits::default();
        let rules = GateRules {
            settings: AuthSettings::Password(SharedSecret::from_hash(&hash).unwrap()),
            allowed_origins: Vec::new(),
            failure_limits: limits,
            auto_approve_local: true,
            allow_tailscale: false,
            identity_scopes: Default::default(),
        };
        let keeper = Gatekeeper::new(
            watch::channel(Arc::new(rules)).1,
            PairingDesk::new(store, clock),
            failures,
            hub,
            TaskTracker::new(),
            Tailscale::default(),
            Secret::new("of this process").unwrap(),
        );
        // From now on time goes by only where nothing is at work.
        tokio::time::pause();
        Self {
            keeper,
            wall,
            limits,
        }
    }

    async fn guesses(&self, who: &Peer, text: &str) -> Result<AuthMethod, Refusal> {
        self.keeper.admit_http(who, Some(text)).await
    }

    fn is_wrong(&self, who: &Peer) {
        let (failures, who) = (&self.keeper.failures, who.address.to_string());
        failures.failed(Guessed::SharedSecret, &who, self.limits);
    }
}

fn stranger(number: u8) -> Peer {
    let address = IpAddr::V4(Ipv4Addr::new(203, 0, 113, number));
    Peer::new(address, &HeaderMap::new(), &[])
}

/// For how long a refusal says that nothing is looked at.
fn locked_ms(guessed: Result<AuthMethod, Refusal>) -> Option<u64> {
    guessed.err()?.error.retry_after_ms
}

#[tokio::test]
async fn no_more_passwords_are_derived_at_a_time_than_the_machine_can_bear() {
    let gate = Gate::new().await;
    let mut at_work = Vec::new();
    for _ in 0..DERIVATIONS {
        at_work.push(gate.keeper.deriving.clone().acquire_owned().await.unwrap());
    }
    let (one, other) = (stranger(1), stranger(2));
    let mut waits = Box::pin(gate.guesses(&one, PASSWORD));
    for guess in [&mut waits, &mut Box::pin(gate.guesses(&other, "wrong"))] {
        // Time stands still while a password is derived, so that this one would come to its end first.
        assert!(timeout(A_WHILE, guess).await.is_err(), "it waits its turn");
    }
    at_work.pop();
    assert_eq!(waits.await, Ok(AuthMethod::Password));
}

#[tokio::test]
async fn whoever_was_locked_out_while_they_waited_is_not_looked_at() {
    let gate = Gate::new().await;
    let all = u32::try_from(DERIVATIONS).unwrap();
    let at_work = gate.keeper.deriving.acquire_many(all).await.unwrap();
    let who = stranger(1);
    let mut waits = Box::pin(gate.guesses(&who, PASSWORD));
    assert!(timeout(A_WHILE, &mut waits).await.is_err());
    for _ in 0..gate.limits.max_attempts {
        gate.is_wrong(&who);
    }
    drop(at_work);
    assert_eq!(locked_ms(waits.await), Some(gate.limits.lockout_ms));
}

#[tokio::test]
async fn a_clock_that_is_set_makes_a_lock_out_neither_shorter_nor_longer() {
    let gate = Gate::new().await;
    let who = stranger(1);
    for _ in 0..gate.limits.max_attempts {
        gate.is_wrong(&who);
    }
    for wall in [0, HOUR_MS, 1_000 * HOUR_MS] {
        gate.wall.store(wall, Ordering::SeqCst);
        let left = locked_ms(gate.guesses(&who, PASSWORD).await);
        assert_eq!(left, Some(gate.limits.lockout_ms), "at {wall}");
    }
    let lockout = Duration::from_millis(gate.limits.lockout_ms);
    tokio::time::advance(lockout - Duration::from_millis(1)).await;
    assert_eq!(locked_ms(gate.guesses(&who, PASSWORD).await), Some(1));
    tokio::time::advance(Duration::from_millis(1)).await;
    let let_in = gate.guesses(&who, PASSWORD).await;
    assert_eq!(let_in, Ok(AuthMethod::Password));
}
