//! The text of a run, event by event.

use crate::chat::live::{LiveRun, Step, Tail};

fn run() -> LiveRun {
    LiveRun::new("r", 0.0)
}

#[test]
fn a_missed_delta_is_made_up_for_by_the_whole() {
    let mut run = run();
    run.take(Some("a"), Some("a"), false);
    run.take(Some("c"), Some("abc"), false);
    assert_eq!(run.segment(), "abc");
}

#[test]
fn a_delta_that_comes_twice_is_taken_once() {
    let mut run = run();
    run.take(Some("ab"), Some("ab"), false);
    assert_eq!(run.take(Some("ab"), Some("ab"), false), Step::Same);
    assert_eq!(run.segment(), "ab");
}

#[test]
fn protocol_3_has_only_wholes() {
    let mut run = run();
    assert_eq!(run.take(None, Some("ab"), false), Step::Grew);
    assert_eq!(run.take(None, Some("abc"), false), Step::Grew);
    assert_eq!(run.take(None, Some("xyz"), false), Step::Rewritten);
    assert_eq!(run.segment(), "xyz");
}

#[test]
fn words_after_a_settled_step_open_the_next_one() {
    let mut run = run();
    run.take(Some("Hel"), Some("Hel"), false);
    run.open("m".into());
    run.settle("Hello");
    run.take(Some("lo"), Some("Hello"), false);
    run.check_settled();
    assert_eq!(
        run.tail,
        Tail::Settled {
            text: "Hello".into(),
            passed: false
        }
    );
    run.take(Some("\n\nNext"), Some("Hello\n\nNext"), false);
    run.check_settled();
    assert_eq!((run.tail.clone(), run.segment()), (Tail::Closed, "Next"));
}

#[test]
fn the_end_of_a_very_long_text_continues_it() {
    let mut run = run();
    let long: String = (0..60_000).map(|n| format!("{n:08} ")).collect();
    run.take(Some(&long), Some(&long), false);
    run.open("m".into());
    run.unshown();
    let window = format!("{}more", &long[100_000..]);
    assert_eq!(run.take(Some(&window), Some(&window), true), Step::Grew);
    assert_eq!(run.unshown(), "more");
}

#[test]
fn an_adopted_run_shows_only_what_no_row_has() {
    let mut run = run();
    run.adopt(
        "First.\n\nSecond.\n\nThi",
        &["First.".into(), "Second.".into()],
    );
    assert_eq!((run.segment(), run.tail.clone()), ("Thi", Tail::Closed));
    let mut run = LiveRun::new("r", 0.0);
    run.adopt("First.\n\nSec", &["First.".into(), "Second.".into()]);
    assert_eq!(
        run.tail,
        Tail::Settled {
            text: "Second.".into(),
            passed: true
        }
    );
}
