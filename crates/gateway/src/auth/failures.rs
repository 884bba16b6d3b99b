//! Failed attempts of each address, and the lock-out that too many lead to. One task owns the count. An attempt
//! while locked out is refused before anything is compared, and does not make the lock-out longer.
//!
//! Each kind of credential has a count of its own, so that whoever holds one cannot guess another behind it, and a
//! guesser locks out no neighbour who has a device token. Time is the machine's own count: no clock that is set
//! makes a lock-out shorter or longer.

use std::collections::HashMap;
use std::collections::VecDeque;

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// What failures lead to; the published gateway's defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailureLimits {
    pub max_attempts: usize,
    pub window_ms: u64,
    pub lockout_ms: u64,
    /// Attempts of this machine are not counted, except those of a browser's page.
    pub exempt_loopback: bool,
}

impl Default for FailureLimits {
    fn default() -> Self {
        Self {
            max_attempts: 10,
            window_ms: 60_000,
            lockout_ms: 300_000,
            exempt_loopback: true,
        }
    }
}

/// What was guessed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Guessed {
    SharedSecret,
    DeviceToken,
    SetupCode,
}

/// Whose attempts, at what.
type Count = (Guessed, String);

/// A handle to the task that counts.
#[derive(Debug, Clone)]
pub struct Failures {
    commands: mpsc::UnboundedSender<Command>,
}

enum Command {
    Look(Count, oneshot::Sender<Option<u64>>),
    Failed(Count, FailureLimits),
    Succeeded(Count),
}

/// Counts that are remembered at most; the one that failed longest ago is forgotten first.
const MOST_REMEMBERED: usize = 10_000;

impl Failures {
    /// Starts the count. It ends with its last handle.
    pub(crate) fn start() -> (Self, impl Future<Output = ()> + use<>) {
        // No bound: a look, which waits for its answer, and one word about each attempt to sign in; the task only
        // counts, and half-open connections are bounded.
        let (commands, mut inbox) = mpsc::unbounded_channel();
        let run = async move {
            let (mut book, began) = (Book::default(), Instant::now());
            while let Some(command) = inbox.recv().await {
                let now = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
                match command {
                    Command::Look(who, answer) => {
                        // The asker may have gone.
                        let _ = answer.send(book.locked_for(&who, now));
                    }
                    Command::Failed(who, limits) => book.failed(who, limits, now),
                    Command::Succeeded(who) => book.succeeded(&who, now),
                }
            }
        };
        (Self { commands }, run)
    }

    /// For how many milliseconds it is still locked out.
    pub async fn locked_for(&self, kind: Guessed, who: &str) -> Option<u64> {
        let (answer, waiting) = oneshot::channel();
        self.commands
            .send(Command::Look((kind, who.to_owned()), answer))
            .ok()?;
        waiting.await.ok().flatten()
    }

    pub fn failed(&self, kind: Guessed, who: &str, limits: FailureLimits) {
        let count = (kind, who.to_owned());
        // Without a count the gateway is stopping.
        let _ = self.commands.send(Command::Failed(count, limits));
    }

    pub fn succeeded(&self, kind: Guessed, who: &str) {
        // As above.
        let _ = self
            .commands
            .send(Command::Succeeded((kind, who.to_owned())));
    }
}

#[derive(Default)]
struct Book {
    known: HashMap<Count, Record>,
}

#[derive(Default)]
struct Record {
    failures: VecDeque<u64>,
    locked_until: u64,
}

impl Book {
    fn locked_for(&self, who: &Count, now: u64) -> Option<u64> {
        let until = self.known.get(who)?.locked_until;
        until.checked_sub(now).filter(|left| *left > 0)
    }

    fn failed(&mut self, who: Count, limits: FailureLimits, now: u64) {
        if self.known.len() >= MOST_REMEMBERED && !self.known.contains_key(&who) {
            self.forget_one(now);
        }
        let who_shown = who.1.clone();
        let record = self.known.entry(who).or_default();
        if record.locked_until > now {
            return;
        }
        record.failures.push_back(now);
        let window_began = now.saturating_sub(limits.window_ms);
        while record.failures.front().is_some_and(|at| *at < window_began) {
            record.failures.pop_front();
        }
        if record.failures.len() >= limits.max_attempts {
            record.locked_until = now.saturating_add(limits.lockout_ms);
            record.failures.clear();
            tracing::warn!(
                who = who_shown,
                seconds = limits.lockout_ms / 1_000,
                "locked out after too many wrong attempts to sign in"
            );
        }
    }

    /// A success ends the count, not a lock-out.
    fn succeeded(&mut self, who: &Count, now: u64) {
        if self
            .known
            .get(who)
            .is_some_and(|record| record.locked_until <= now)
        {
            self.known.remove(who);
        }
    }

    /// One who is locked out is kept before one who is not.
    fn forget_one(&mut self, now: u64) {
        let oldest = self
            .known
            .iter()
            .min_by_key(|(_, record)| (record.locked_until > now, record.failures.back().copied()));
        if let Some(who) = oldest.map(|(who, _)| who.clone()) {
            self.known.remove(&who);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: FailureLimits = FailureLimits {
        max_attempts: 3,
        window_ms: 1000,
        lockout_ms: 5000,
        exempt_loopback: true,
    };

    fn by(who: &str) -> Count {
        (Guessed::SharedSecret, who.to_owned())
    }

    #[test]
    fn a_success_ends_the_count_also_of_one_who_was_locked_out_before() {
        let mut book = Book::default();
        for at in [0, 1, 2, 6_000, 6_001] {
            book.failed(by("a"), LIMITS, at);
        }
        book.succeeded(&by("a"), 6_002);
        book.failed(by("a"), LIMITS, 6_003);
        assert_eq!(book.locked_for(&by("a"), 6_004), None);
        // While it is locked out, a success that was on its way ends nothing.
        for at in [6_005, 6_006] {
            book.failed(by("a"), LIMITS, at);
        }
        book.succeeded(&by("a"), 6_007);
        assert_eq!(book.locked_for(&by("a"), 6_007), Some(4_999));
    }

    #[test]
    fn three_failures_in_the_window_lock_out_and_the_lock_ends() {
        let mut book = Book::default();
        for at in [0, 400, 800] {
            assert_eq!(book.locked_for(&by("a"), at), None);
            book.failed(by("a"), LIMITS, at);
        }
        assert_eq!(book.locked_for(&by("a"), 900), Some(4900));
        assert_eq!(book.locked_for(&by("b"), 900), None);
        book.failed(by("a"), LIMITS, 2000);
        assert_eq!(book.locked_for(&by("a"), 5800), None);
    }

    #[test]
    fn failures_far_apart_and_failures_before_a_success_do_not_add_up() {
        let mut book = Book::default();
        for at in [0, 1500, 3000, 4500] {
            book.failed(by("a"), LIMITS, at);
        }
        assert_eq!(book.locked_for(&by("a"), 4500), None);
        book.failed(by("b"), LIMITS, 0);
        book.failed(by("b"), LIMITS, 1);
        book.succeeded(&by("b"), 900);
        book.failed(by("b"), LIMITS, 2);
        assert_eq!(book.locked_for(&by("b"), 3), None);
    }

    #[test]
    fn a_crowd_of_addresses_is_not_remembered_without_bound() {
        let mut book = Book::default();
        for at in 0..3 {
            book.failed(by("locked"), LIMITS, at);
        }
        for number in 0..2 * MOST_REMEMBERED as u64 {
            book.failed(by(&format!("n{number}")), LIMITS, 3);
            if number > MOST_REMEMBERED as u64 + 10 {
                break;
            }
        }
        assert!(book.known.len() <= MOST_REMEMBERED);
        assert!(book.locked_for(&by("locked"), 4).is_some());
    }
}
