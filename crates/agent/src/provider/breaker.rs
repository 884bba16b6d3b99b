//! Leaves a provider alone that fails again and again, and tries it once in a while.

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::Stream;
use tokio::time::Instant;

use super::{ModelEvent, ModelRequest, ModelStream, Provider, ProviderError};

/// When a provider is left alone, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct BreakerRules {
    /// Transient failures in a row.
    pub failures: u32,
    /// The first time; every further one doubles it.
    pub first: Duration,
    pub longest: Duration,
}

impl Default for BreakerRules {
    fn default() -> Self {
        Self {
            failures: 5,
            first: Duration::from_secs(15),
            longest: Duration::from_secs(5 * 60),
        }
    }
}

/// What is thought of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
        times: u32,
    },
    /// One call finds out.
    Trying {
        times: u32,
    },
}

/// What was seen of the provider.
struct Seen {
    state: State,
    /// The last failure, in words.
    last: String,
}

/// What was seen, with the rules. Every call is one short step under the lock.
struct Breaker {
    /// As the configuration names it.
    provider: String,
    rules: BreakerRules,
    seen: Mutex<Seen>,
}

impl Breaker {
    fn new(provider: String, rules: BreakerRules) -> Self {
        let seen = Mutex::new(Seen {
            state: State::Closed { failures: 0 },
            last: String::new(),
        });
        Self {
            provider,
            rules,
            seen,
        }
    }

    fn step<R>(&self, act: impl FnOnce(&mut Seen) -> R) -> R {
        act(&mut self.seen.lock().expect("no step panics"))
    }

    fn admit(&self, now: Instant) -> Result<(), ProviderError> {
        self.step(|seen| match seen.state {
            State::Closed { .. } => Ok(()),
            State::Open { until, .. } if now < until => Err(self.refusal(seen, until - now)),
            State::Open { times, .. } => {
                seen.state = State::Trying { times };
                Ok(())
            }
            // The one call is on its way.
            State::Trying { .. } => Err(self.refusal(seen, self.rules.first)),
        })
    }

    fn refusal(&self, seen: &Seen, wait: Duration) -> ProviderError {
        ProviderError::CircuitOpen {
            provider: self.provider.clone(),
            last: seen.last.clone(),
            wait,
        }
    }

    fn succeeded(&self) {
        self.step(|seen| seen.state = State::Closed { failures: 0 });
    }

    fn failed(&self, now: Instant, error: &ProviderError) {
        self.step(|seen| {
            seen.last = error.to_string();
            seen.state = match seen.state {
                State::Closed { failures } if failures + 1 < self.rules.failures => State::Closed {
                    failures: failures + 1,
                },
                State::Closed { .. } => self.open(now, 0),
                State::Trying { times } | State::Open { times, .. } => self.open(now, times + 1),
            };
        });
    }

    /// A call ended without telling anything about the provider: it was stopped.
    fn undecided(&self, now: Instant) {
        self.step(|seen| {
            if let State::Trying { times } = seen.state {
                seen.state = State::Open { until: now, times };
            }
        });
    }

    fn open(&self, now: Instant, times: u32) -> State {
        let wait = self.rules.first.saturating_mul(1 << times.min(10));
        let until = now + wait.min(self.rules.longest);
        State::Open { until, times }
    }

    fn judge(&self, error: &ProviderError) {
        if error.is_transient() {
            self.failed(Instant::now(), error);
        } else {
            // It answered; what it said is another matter.
            self.succeeded();
        }
    }
}

/// A provider behind a breaker.
pub struct Guarded {
    inner: Arc<dyn Provider>,
    breaker: Arc<Breaker>,
}

impl Guarded {
    /// `name` is the provider's in the configuration: whoever is refused reads it.
    pub fn new(inner: Arc<dyn Provider>, name: &str, rules: BreakerRules) -> Self {
        let breaker = Arc::new(Breaker::new(name.to_owned(), rules));
        Self { inner, breaker }
    }
}

#[async_trait]
impl Provider for Guarded {
    async fn stream(&self, request: ModelRequest) -> Result<ModelStream, ProviderError> {
        self.breaker.admit(Instant::now())?;
        let mut watch = Watch {
            breaker: self.breaker.clone(),
            decided: false,
        };
        match self.inner.stream(request).await {
            Ok(inner) => Ok(Box::pin(Watched { inner, watch })),
            Err(error) => {
                watch.decide(|breaker| breaker.judge(&error));
                Err(error)
            }
        }
    }
}

/// Tells the breaker how a call ended, also when it is dropped on the way.
struct Watch {
    breaker: Arc<Breaker>,
    decided: bool,
}

impl Watch {
    fn decide(&mut self, how: impl FnOnce(&Breaker)) {
        if !self.decided {
            self.decided = true;
            how(&self.breaker);
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.decide(|breaker| breaker.undecided(Instant::now()));
    }
}

struct Watched {
    inner: ModelStream,
    watch: Watch,
}

impl Stream for Watched {
    type Item = Result<ModelEvent, ProviderError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = self.inner.as_mut().poll_next(cx);
        match &polled {
            Poll::Ready(Some(Ok(ModelEvent::Done { .. }))) => {
                self.watch.decide(Breaker::succeeded);
            }
            Poll::Ready(Some(Err(error))) => self.watch.decide(|breaker| breaker.judge(error)),
            _ => {}
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaker(failures: u32) -> Breaker {
        let rules = BreakerRules {
            failures,
            ..BreakerRules::default()
        };
        Breaker::new("mine".to_owned(), rules)
    }

    fn fail(breaker: &Breaker, now: Instant) {
        let broken = ProviderError::Broken {
            status: 500,
            message: "boom".into(),
        };
        breaker.failed(now, &broken);
    }

    #[test]
    fn failures_in_a_row_open_it_and_a_success_closes_it() {
        let breaker = breaker(2);
        let now = Instant::now();
        fail(&breaker, now);
        breaker.succeeded();
        fail(&breaker, now);
        assert!(breaker.admit(now).is_ok(), "not two in a row");
        fail(&breaker, now);
        assert!(breaker.admit(now).is_err());
    }

    #[test]
    fn whoever_is_refused_reads_which_provider_it_was_what_went_wrong_and_when_it_is_tried_again() {
        let breaker = breaker(1);
        let now = Instant::now();
        fail(&breaker, now);
        let refusal = breaker.admit(now + Duration::from_millis(1_500));
        assert_eq!(
            refusal.unwrap_err().to_string(),
            "mine failed repeatedly and is tried again in 14 s; the last failure: \
             the model provider failed (status 500): boom"
        );
    }

    #[test]
    fn after_a_while_one_call_is_let_through() {
        let breaker = breaker(1);
        let now = Instant::now();
        fail(&breaker, now);
        let later = now + Duration::from_secs(15);
        assert!(breaker.admit(later).is_ok());
        assert!(breaker.admit(later).is_err(), "only one");
        fail(&breaker, later);
        assert!(breaker.admit(later + Duration::from_secs(29)).is_err());
        let later = later + Duration::from_secs(30);
        assert!(breaker.admit(later).is_ok());
        breaker.succeeded();
        assert!(breaker.admit(later).is_ok());
        assert!(breaker.admit(later).is_ok());
    }

    #[test]
    fn a_trial_that_was_stopped_leaves_room_for_the_next() {
        let breaker = breaker(1);
        let now = Instant::now();
        fail(&breaker, now);
        let later = now + Duration::from_secs(15);
        breaker.admit(later).unwrap();
        breaker.undecided(later);
        assert!(breaker.admit(later).is_ok());
    }
}
