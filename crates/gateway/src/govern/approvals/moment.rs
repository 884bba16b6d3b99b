//! The time by which approvals expire. Neither a clock that is set back nor one that stands still gives an answer
//! more time: of what the clock of the day and the machine's own count say, the later holds.

use std::sync::Arc;

use tokio::time::Instant;

use crate::clock::Clock;

/// A point in time from which both clocks are read.
#[derive(Clone)]
pub(super) struct Moment(Arc<Start>);

struct Start {
    clock: Clock,
    wall_ms: u64,
    count: Instant,
}

impl Moment {
    pub(super) fn new(clock: Clock) -> Self {
        Self(Arc::new(Start {
            wall_ms: clock.now_ms(),
            count: Instant::now(),
            clock,
        }))
    }

    /// Milliseconds since the epoch.
    pub(super) fn now(&self) -> i64 {
        let start = &self.0;
        let counted = u64::try_from(start.count.elapsed().as_millis()).unwrap_or(u64::MAX);
        let counted = start.wall_ms.saturating_add(counted);
        i64::try_from(start.clock.now_ms().max(counted)).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_set_back_gives_no_time_and_one_set_forward_takes_it() {
        let wall = Arc::new(AtomicU64::new(1_000_000));
        let reading = wall.clone();
        let moment = Moment::new(Clock::new(move || reading.load(Ordering::SeqCst)));
        assert_eq!(moment.now(), 1_000_000);
        wall.store(0, Ordering::SeqCst);
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(moment.now(), 1_060_000);
        wall.store(5_000_000, Ordering::SeqCst);
        assert_eq!(moment.now(), 5_000_000);
    }
}
