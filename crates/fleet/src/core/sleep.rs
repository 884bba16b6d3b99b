//! Notices that this computer slept. Its monotonic clock stands still meanwhile, so a connection that died in its sleep
//! looks alive, and a decision into it would only time out.

use std::time::Duration;

use tokio::time::Instant;

use super::Core;
use crate::inbox::EpochMs;

/// A tick that is late by so much on the wall clock alone: more than a clock is ever corrected by in a second.
const SLEPT: EpochMs = 5_000;

/// When the last tick was, and the last sleep.
#[derive(Default)]
pub(crate) struct Sleep {
    ticked: Option<(Instant, EpochMs)>,
    last: Option<(Instant, EpochMs)>,
}

impl Sleep {
    /// Takes note of the time. True where the computer has slept since the last look, or its clock was set.
    fn look(&mut self, now: Instant, wall: EpochMs) -> bool {
        let Some((before, showed)) = self.ticked.replace((now, wall)) else {
            return false;
        };
        let lost = (wall - showed) - whole_ms(now - before);
        if lost < SLEPT {
            return false;
        }
        self.last = Some((now, lost));
        true
    }

    /// How much of the time since then the monotonic clock does not know of.
    pub(super) fn since(&self, then: Instant) -> EpochMs {
        let last = self.last.filter(|(at, _)| *at >= then);
        last.map_or(0, |(_, slept)| slept)
    }
}

fn whole_ms(time: Duration) -> EpochMs {
    EpochMs::try_from(time.as_millis()).unwrap_or(EpochMs::MAX)
}

impl Core {
    pub(super) fn look_for_sleep(&mut self) {
        let now = self.now();
        if !self.sleep.look(Instant::now(), now) {
            return;
        }
        tracing::info!("this computer has slept: connections are looked at");
        for entry in self.gateways.values() {
            let Some((connection, _)) = &entry.link else {
                continue;
            };
            match entry.state {
                gatehouse_client::ConnectionState::Backoff { .. } => connection.reconnect_now(),
                _ => connection.probe(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_is_what_the_wall_clock_alone_has_seen() {
        let begin = Instant::now();
        let at = |ms: u64| begin + Duration::from_millis(ms);
        let mut sleep = Sleep::default();
        assert!(!sleep.look(at(0), 1_000_000));
        assert!(!sleep.look(at(90_000), 1_090_000), "only busy");
        assert!(!sleep.look(at(91_000), 1_080_000), "set back");
        assert!(sleep.look(at(92_000), 1_681_000));
        assert_eq!(sleep.since(at(90_000)), 600_000);
        assert_eq!(sleep.since(at(92_500)), 0);
    }
}
