use std::collections::{HashMap, HashSet};

use proptest::prelude::*;
use tokio::time::{Duration, Instant};

use super::*;

fn item(id: &str, mode: QueueMode) -> Item<()> {
    Item {
        run_id: id.to_owned(),
        mode,
        steerable: true,
        line: format!("line of {id}"),
        payload: (),
    }
}

fn started(steps: &[Step<()>]) -> Vec<Vec<&str>> {
    let batches = steps.iter().filter_map(|step| match step {
        Step::Start(batch) => Some(batch.items.iter().map(|i| i.run_id.as_str()).collect()),
        _ => None,
    });
    batches.collect()
}

fn ids(items: &[Item<()>]) -> Vec<&str> {
    items.iter().map(|item| item.run_id.as_str()).collect()
}

#[test]
fn an_idle_session_starts_at_once_in_every_mode() {
    for mode in [
        QueueMode::Steer,
        QueueMode::Followup,
        QueueMode::Collect,
        QueueMode::Interrupt,
    ] {
        let mut lane = Lane::new(QueueRules::default());
        let steps = lane.submit(item("a", mode), Instant::now());
        assert_eq!(started(&steps), [["a"]], "{mode:?}");
    }
}

#[test]
fn a_steer_is_read_by_the_active_run() {
    let now = Instant::now();
    let mut lane = Lane::new(QueueRules::default());
    lane.submit(item("a", QueueMode::Steer), now);
    assert_eq!(
        started(&lane.submit(item("b", QueueMode::Steer), now)),
        [[""; 0]; 0]
    );
    assert_eq!(ids(&lane.take_steers("a")), ["b"]);
    assert_eq!(ids(&lane.finishing("a")), [""; 0]);
    assert_eq!(lane.ended("a", now), []);
    assert!(lane.is_idle());
}

#[test]
fn what_a_run_has_not_read_is_bounded_and_what_comes_beyond_it_waits() {
    let now = Instant::now();
    let mut lane = Lane::new(QueueRules {
        cap: 2,
        ..QueueRules::default()
    });
    lane.submit(item("a", QueueMode::Steer), now);
    for id in ["b", "c"] {
        assert!(!lane.is_full_for(QueueMode::Steer), "{id}");
        lane.submit(item(id, QueueMode::Steer), now);
    }
    assert!(lane.is_full_for(QueueMode::Steer));
    assert!(
        !lane.is_full_for(QueueMode::Followup),
        "the oldest makes room"
    );
    lane.submit(item("d", QueueMode::Steer), now);
    assert_eq!(ids(&lane.take_steers("a")), ["b", "c"]);
    assert!(!lane.is_full_for(QueueMode::Steer), "it was read");
    assert_eq!(started(&lane.ended("a", now)), [["d"]]);
}

#[test]
fn a_queue_that_drops_the_newest_is_full_for_it() {
    let now = Instant::now();
    let mut lane = Lane::new(QueueRules {
        cap: 1,
        overflow: Overflow::New,
        ..QueueRules::default()
    });
    lane.submit(item("a", QueueMode::Followup), now);
    assert!(!lane.is_full_for(QueueMode::Collect));
    lane.submit(item("b", QueueMode::Followup), now);
    assert!(lane.is_full_for(QueueMode::Collect));
    assert!(!lane.is_full_for(QueueMode::Interrupt));
    lane.submit(item("c", QueueMode::Interrupt), now);
    assert!(lane.is_full_for(QueueMode::Interrupt));
}

#[test]
fn a_steer_that_comes_too_late_gets_a_run_of_its_own() {
    let now = Instant::now();
    let mut lane = Lane::new(QueueRules::default());
    lane.submit(item("a", QueueMode::Steer), now);
    lane.finishing("a");
    lane.submit(item("b", QueueMode::Steer), now);
    assert_eq!(ids(&lane.take_steers("a")), [""; 0]);
    assert_eq!(started(&lane.ended("a", now)), [["b"]]);
}

#[test]
fn a_run_that_is_not_to_be_steered_is_waited_for() {
    let now = Instant::now();
    let mut lane = Lane::new(QueueRules::default());
    let heartbeat = Item {
        steerable: false,
        ..item("a", QueueMode::Followup)
    };
    lane.submit(heartbeat, now);
    lane.submit(item("b", QueueMode::Steer), now);
    assert_eq!(ids(&lane.take_steers("a")), [""; 0]);
    assert_eq!(started(&lane.ended("a", now)), [["b"]]);
}

#[test]
fn followups_run_one_after_the_other_once_it_is_quiet() {
    let now = Instant::now();
    let mut lane = Lane::new(QueueRules::default());
    lane.submit(item("a", QueueMode::Followup), now);
    lane.submit(item("b", QueueMode::Followup), now);
    lane.submit(item("c", QueueMode::Followup), now);
    assert_eq!(lane.ended("a", now), [], "the quiet time is not over");
    let later = lane.deadline().unwrap();
    assert_eq!(later, now + Duration::from_millis(500));
    assert_eq!(started(&lane.tick(later)), [["b"]]);
    assert_eq!(started(&lane.ended("b", later)), [["c"]]);
}

#[test]
fn collected_inputs_become_one_run() {
    let now = Instant::now();
    let mut lane = Lane::new(QueueRules::default());
    lane.submit(item("a", QueueMode::Steer), now);
    for id in ["b", "c", "d"] {
        lane.submit(item(id, QueueMode::Collect), now);
    }
    lane.ended("a", now);
    let later = lane.deadline().unwrap();
    assert_eq!(started(&lane.tick(later)), [["b", "c", "d"]]);
}

#[test]
fn an_interrupt_stops_the_run_and_goes_first() {
    let now = Instant::now();
    let mut lane = Lane::new(QueueRules::default());
    lane.submit(item("a", QueueMode::Steer), now);
    lane.submit(item("b", QueueMode::Followup), now);
    let steps = lane.submit(item("c", QueueMode::Interrupt), now);
    let why = StopWhy::Interrupted;
    let run_id = "a".to_owned();
    assert!(steps.contains(&Step::Stop { run_id, why }));
    assert_eq!(started(&lane.ended("a", now)), [["c"]]);
    assert_eq!(started(&lane.ended("c", now)), [["b"]]);
}

#[test]
fn those_that_interrupt_one_after_the_other_go_in_that_order() {
    let now = Instant::now();
    let mut lane = Lane::new(QueueRules::default());
    lane.submit(item("a", QueueMode::Steer), now);
    lane.submit(item("b", QueueMode::Followup), now);
    for id in ["c", "d"] {
        lane.submit(item(id, QueueMode::Interrupt), now);
    }
    for (ended, next) in [("a", "c"), ("c", "d"), ("d", "b")] {
        assert_eq!(started(&lane.ended(ended, now)), [[next]]);
    }
}

#[test]
fn a_session_wide_abort_withdraws_what_waits_before_it_stops_the_run() {
    let now = Instant::now();
    let mut lane = Lane::new(QueueRules::default());
    lane.submit(item("a", QueueMode::Steer), now);
    lane.submit(item("b", QueueMode::Steer), now);
    lane.submit(item("c", QueueMode::Followup), now);
    let steps = lane.abort(None);
    let kinds: Vec<_> = steps
        .iter()
        .map(|step| match step {
            Step::Withdraw { item, .. } => format!("withdraw {}", item.run_id),
            Step::Stop { run_id, .. } => format!("stop {run_id}"),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(kinds, ["withdraw b", "withdraw c", "stop a"]);
    assert_eq!(lane.ended("a", now), []);
}

#[test]
fn aborting_an_input_that_a_run_has_read_stops_that_run() {
    let now = Instant::now();
    let mut lane = Lane::new(QueueRules::default());
    lane.submit(item("a", QueueMode::Steer), now);
    lane.submit(item("b", QueueMode::Steer), now);
    lane.take_steers("a");
    let why = StopWhy::Requested;
    let run_id = "a".to_owned();
    assert_eq!(lane.abort(Some("b")), [Step::Stop { run_id, why }]);
}

#[test]
fn a_full_queue_drops_by_its_rule() {
    for (overflow, gone, told) in [
        (Overflow::Summarize, "b", vec!["line of b".to_owned()]),
        (Overflow::Old, "b", vec![]),
        (Overflow::New, "c", vec![]),
    ] {
        let now = Instant::now();
        let mut lane = Lane::new(QueueRules {
            cap: 1,
            overflow,
            debounce: Duration::ZERO,
        });
        lane.submit(item("a", QueueMode::Followup), now);
        lane.submit(item("b", QueueMode::Followup), now);
        let steps = lane.submit(item("c", QueueMode::Followup), now);
        let withdrawn: Vec<_> = steps
            .iter()
            .filter_map(|step| match step {
                Step::Withdraw { item, .. } => Some(item.run_id.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(withdrawn, [gone], "{overflow:?}");
        let steps = lane.ended("a", now);
        let [Step::Start(batch)] = steps.as_slice() else {
            panic!("{steps:?}");
        };
        assert_eq!(batch.dropped, told);
    }
}

#[derive(Clone, Debug)]
enum Move {
    Submit(QueueMode),
    Take,
    Finish,
    End,
    AbortAll,
    AbortSome(usize),
    Wait(u64),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let mode = prop_oneof![
        Just(QueueMode::Steer),
        Just(QueueMode::Followup),
        Just(QueueMode::Collect),
        Just(QueueMode::Interrupt),
    ];
    let one = prop_oneof![
        5 => mode.prop_map(Move::Submit),
        2 => Just(Move::Take),
        2 => Just(Move::Finish),
        3 => Just(Move::End),
        1 => Just(Move::AbortAll),
        1 => (0..40_usize).prop_map(Move::AbortSome),
        2 => (0..700_u64).prop_map(Move::Wait),
    ];
    proptest::collection::vec(one, 1..120)
}

/// What the world around the lane has seen.
#[derive(Default)]
struct Seen {
    submitted: usize,
    /// How often each input started a run, was read by one, or was withdrawn.
    ends: HashMap<String, usize>,
    running: Option<String>,
    stopped: HashSet<String>,
}

impl Seen {
    fn steps(&mut self, steps: Vec<Step<()>>) {
        for step in steps {
            match step {
                Step::Start(batch) => {
                    assert_eq!(self.running, None, "one run at a time");
                    assert!(!batch.items.is_empty());
                    self.running = Some(batch.items[0].run_id.clone());
                    self.items(&batch.items);
                }
                Step::Withdraw { item, .. } => self.items(&[item]),
                Step::Stop { run_id, .. } => {
                    assert_eq!(self.running.as_ref(), Some(&run_id));
                    assert!(self.stopped.insert(run_id), "a run is stopped once");
                }
                Step::Waits { .. } => {}
            }
        }
    }

    fn items(&mut self, items: &[Item<()>]) {
        for item in items {
            *self.ends.entry(item.run_id.clone()).or_default() += 1;
        }
    }
}

proptest! {
    #[test]
    fn every_input_ends_exactly_once_and_runs_never_overlap(moves in moves(), cap in 1..6_usize) {
        let mut now = Instant::now();
        let rules = QueueRules { cap, ..QueueRules::default() };
        let mut lane = Lane::new(rules);
        let mut seen = Seen::default();
        for one in moves {
            let running = seen.running.clone().unwrap_or_default();
            match one {
                Move::Submit(mode) => {
                    let input = item(&format!("r{}", seen.submitted), mode);
                    seen.submitted += 1;
                    seen.steps(lane.submit(input, now));
                }
                Move::Take => seen.items(&lane.take_steers(&running)),
                Move::Finish => seen.items(&lane.finishing(&running)),
                Move::End => {
                    seen.running = None;
                    seen.steps(lane.ended(&running, now));
                }
                Move::AbortAll => {
                    seen.steps(lane.abort(None));
                    prop_assert_eq!(lane.waiting().count(), 0);
                }
                Move::AbortSome(number) => seen.steps(lane.abort(Some(&format!("r{number}")))),
                Move::Wait(millis) => {
                    now += Duration::from_millis(millis);
                    seen.steps(lane.tick(now));
                }
            }
        }
        // Let everything come to its end.
        for _ in 0..=seen.submitted {
            now += Duration::from_secs(1);
            seen.steps(lane.tick(now));
            if let Some(running) = seen.running.take() {
                seen.steps(lane.ended(&running, now));
            }
        }
        prop_assert!(lane.active().is_none());
        for number in 0..seen.submitted {
            let times = seen.ends.get(&format!("r{number}")).copied().unwrap_or(0);
            prop_assert_eq!(times, 1, "input r{} ended {} times", number, times);
        }
    }
}

#[test]
fn a_run_is_told_of_the_newest_that_were_dropped_and_how_many_came_before() {
    let now = Instant::now();
    let mut lane = Lane::new(QueueRules {
        cap: 1,
        ..QueueRules::default()
    });
    lane.submit(item("a", QueueMode::Followup), now);
    for number in 0..=MOST_DROPPED + 10 {
        lane.submit(item(&number.to_string(), QueueMode::Followup), now);
    }
    let steps = lane.ended("a", now + QueueRules::default().debounce);
    let [Step::Start(batch)] = steps.as_slice() else {
        panic!("{steps:?}");
    };
    assert_eq!(batch.dropped.len(), MOST_DROPPED + 1);
    assert_eq!(batch.dropped[0], "(10 earlier ones)");
    assert_eq!(batch.dropped[1], "line of 10");
}
