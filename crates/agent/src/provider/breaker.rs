//! Leaves a provider alone that fails again and again, and tries it once in a while.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
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

/// What a call is to the breaker that let it through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Usual,
    /// The one that finds out.
    Trial,
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
        // A step that panicked changed the state whole or not at all.
        act(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn admit(&self, now: Instant) -> Result<Call, ProviderError> {
        self.step(|seen| match seen.state {
            State::Closed { .. } => Ok(Call::Usual),
            State::Open { until, .. } if now < until => Err(self.refusal(seen, until - now)),
            State::Open { times, .. } => {
                seen.state = State::Trying { times };
                Ok(Call::Trial)
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

    /// An answer begins to come: whoever waits for a trial knows enough. Its end may be minutes away.
    fn answers(&self) {
        self.step(|seen| {
            if let State::Trying { .. } = seen.state {
                seen.state = State::Closed { failures: 0 };
            }
        });
    }

    fn failed(&self, now: Instant, call: Call, error: &ProviderError) {
        self.step(|seen| {
            seen.state = match (seen.state, call) {
                (State::Closed { failures }, _) if failures + 1 < self.rules.failures => {
                    let failures = failures + 1;
                    State::Closed { failures }
                }
                (State::Closed { .. }, _) => self.open(now, 0),
                (State::Trying { times }, Call::Trial) => self.open(now, times + 1),
                // It was on its way before; what it says is known.
                (known, _) => known,
            };
            seen.last = error.to_string();
        });
    }

    /// A call ended without telling anything about the provider: it was stopped.
    fn undecided(&self, now: Instant, call: Call) {
        self.step(|seen| {
            if let (State::Trying { times }, Call::Trial) = (seen.state, call) {
                seen.state = State::Open { until: now, times };
            }
        });
    }

    fn open(&self, now: Instant, times: u32) -> State {
        let wait = self.rules.first.saturating_mul(1 << times.min(10));
        let until = now + wait.min(self.rules.longest);
        State::Open { until, times }
    }

    fn judge(&self, call: Call, error: &ProviderError) {
        if error.is_transient() && !is_rate_limit(error) {
            self.failed(Instant::now(), call, error);
        } else {
            // It answered; what it said is another matter.
            self.succeeded();
        }
    }
}

/// Whoever asked too much waits; the provider is fine, and its other models may have no such limit.
fn is_rate_limit(error: &ProviderError) -> bool {
    matches!(error, ProviderError::Busy { status: 429, .. })
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
        let call = self.breaker.admit(Instant::now())?;
        let mut watch = Watch {
            breaker: self.breaker.clone(),
            call,
            decided: false,
        };
        match self.inner.stream(request).await {
            Ok(inner) => Ok(Box::pin(Watched { inner, watch })),
            Err(error) => {
                watch.decide(|breaker, call| breaker.judge(call, &error));
                Err(error)
            }
        }
    }
}

/// Tells the breaker how a call ended, also when it is dropped on the way.
struct Watch {
    breaker: Arc<Breaker>,
    call: Call,
    decided: bool,
}

impl Watch {
    fn decide(&mut self, how: impl FnOnce(&Breaker, Call)) {
        if !self.decided {
            self.decided = true;
            how(&self.breaker, self.call);
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.decide(|breaker, call| breaker.undecided(Instant::now(), call));
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
                self.watch.decide(|breaker, _| breaker.succeeded());
            }
            Poll::Ready(Some(Ok(_))) => self.watch.breaker.answers(),
            Poll::Ready(Some(Err(error))) => {
                self.watch
                    .decide(|breaker, call| breaker.judge(call, error));
            }
            Poll::Ready(None) => {
                let early = ProviderError::ended_early();
                self.watch
                    .decide(|breaker, call| breaker.judge(call, &early));
            }
            Poll::Pending => {}
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

    fn broken() -> ProviderError {
        ProviderError::Broken {
            status: 500,
            message: "boom".into(),
        }
    }

    fn fail(breaker: &Breaker, now: Instant) {
        breaker.failed(now, Call::Usual, &broken());
    }

    /// One that was opened, at the end of its wait, with the trial on its way.
    fn trying() -> (Breaker, Instant) {
        let breaker = breaker(1);
        let now = Instant::now();
        fail(&breaker, now);
        let later = now + Duration::from_secs(15);
        assert_eq!(breaker.admit(later).unwrap(), Call::Trial);
        (breaker, later)
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
        let (breaker, later) = trying();
        assert!(breaker.admit(later).is_err(), "only one");
        breaker.failed(later, Call::Trial, &broken());
        assert!(breaker.admit(later + Duration::from_secs(29)).is_err());
        let later = later + Duration::from_secs(30);
        assert!(breaker.admit(later).is_ok());
        breaker.succeeded();
        assert!(breaker.admit(later).is_ok());
        assert!(breaker.admit(later).is_ok());
    }

    #[test]
    fn a_trial_that_was_stopped_leaves_room_for_the_next() {
        let (breaker, later) = trying();
        breaker.undecided(later, Call::Trial);
        assert!(breaker.admit(later).is_ok());
    }

    #[test]
    fn a_trial_that_begins_to_answer_lets_the_others_through() {
        let (breaker, later) = trying();
        breaker.answers();
        assert_eq!(breaker.admit(later).unwrap(), Call::Usual);
    }

    #[test]
    fn calls_that_were_on_their_way_before_make_the_wait_no_longer() {
        let breaker = breaker(1);
        let now = Instant::now();
        for _ in 0..4 {
            fail(&breaker, now);
        }
        let later = now + Duration::from_secs(15);
        assert_eq!(breaker.admit(later).unwrap(), Call::Trial);
        fail(&breaker, later);
        breaker.undecided(later, Call::Usual);
        assert!(breaker.admit(later).is_err(), "the trial goes on");
        breaker.answers();
        assert!(breaker.admit(later).is_ok());
    }

    #[test]
    fn a_rate_limit_does_not_open_it() {
        let breaker = breaker(1);
        let limited = ProviderError::Busy {
            status: 429,
            message: "slow down".into(),
            retry_after: None,
        };
        breaker.judge(Call::Usual, &limited);
        assert!(breaker.admit(Instant::now()).is_ok());
    }

    #[tokio::test]
    async fn an_answer_that_ends_before_its_end_is_a_failure() {
        struct Short;
        #[async_trait]
        impl Provider for Short {
            async fn stream(&self, _: ModelRequest) -> Result<ModelStream, ProviderError> {
                let pieces = [Ok(ModelEvent::Text("half an ans".into()))];
                Ok(Box::pin(futures_util::stream::iter(pieces)))
            }
        }
        let rules = BreakerRules {
            failures: 1,
            ..BreakerRules::default()
        };
        let guarded = Guarded::new(Arc::new(Short), "mine", rules);
        let request = ModelRequest {
            model: "m".into(),
            purpose: crate::provider::Purpose::Reply,
            system: String::new(),
            messages: Vec::new(),
            tools: Vec::new(),
            max_output_tokens: None,
            context_window: None,
            thinking: None,
        };
        let answer = guarded.stream(request.clone()).await.ok().unwrap();
        futures_util::StreamExt::count(answer).await;
        let next = guarded.stream(request).await.err();
        assert!(matches!(next, Some(ProviderError::CircuitOpen { .. })));
    }
}
