//! From text to tree, behind a trait, and the cage in which a parser is let run.
//!
//! What a parser may do wrong (panic, overflow its stack) ends here as [`Unread`]; what it may take too long for
//! is kept out before, by `prescan`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::sync::{Mutex, OnceLock};
use std::thread;

use super::brush::Brush;
use super::syntax::Script;

/// The text cannot be read, and why, for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unread(pub(super) String);

/// Reads text as bash does.
pub(super) trait Parser {
    /// `base` is where the text stands in the command as it came in, in bytes; none where it does not.
    fn parse(&self, text: &str, base: Option<usize>) -> Result<Script, Unread>;
}

/// Up to this nesting a parser runs on the stack of whoever asks. Measured in a debug build: one level of the
/// grammar takes less than 24 KiB, and the smallest stack that threads are given here is 2 MiB.
const SHALLOW: usize = 8;
const CAGE_STACK: usize = 8 * 1024 * 1024;
const CAGES: usize = 2;

type Job = Box<dyn FnOnce() + Send>;

/// Parses where it cannot do harm: on the caller's stack when little is nested, else on a thread with a large one.
pub(super) fn parse_caged(text: &str, nesting: usize) -> Result<Script, Unread> {
    if nesting <= SHALLOW {
        return guarded(text);
    }
    let owned = text.to_owned();
    let (answer, answered) = mpsc::sync_channel(1);
    let job: Job = Box::new(move || {
        // The asker waits for the answer, so the channel is open.
        let _ = answer.send(guarded(&owned));
    });
    cage().send(job)?;
    answered
        .recv()
        .unwrap_or_else(|_| Err(Unread("the reader of commands stopped".to_owned())))
}

fn guarded(text: &str) -> Result<Script, Unread> {
    catch_unwind(AssertUnwindSafe(|| Brush.parse(text, Some(0))))
        .unwrap_or_else(|_| Err(Unread("the reader of commands failed on it".to_owned())))
}

struct Cage {
    jobs: Mutex<mpsc::Sender<Job>>,
}

impl Cage {
    fn send(&self, job: Job) -> Result<(), Unread> {
        let stopped = |_| Unread("the reader of commands is not running".to_owned());
        let jobs = self.jobs.lock().unwrap_or_else(|e| e.into_inner());
        jobs.send(job).map_err(|_| stopped(()))
    }
}

fn cage() -> &'static Cage {
    static CAGE: OnceLock<Cage> = OnceLock::new();
    CAGE.get_or_init(|| {
        let (jobs, waiting) = mpsc::channel::<Job>();
        let waiting = std::sync::Arc::new(Mutex::new(waiting));
        for _ in 0..CAGES {
            let waiting = waiting.clone();
            // Where no thread can be had, the channel closes and every question is answered with `Unread`.
            let _ = thread::Builder::new()
                .name("shell-reader".to_owned())
                .stack_size(CAGE_STACK)
                .spawn(move || {
                    loop {
                        let next = waiting.lock().unwrap_or_else(|e| e.into_inner()).recv();
                        let Ok(job) = next else { return };
                        job();
                    }
                });
        }
        Cage {
            jobs: Mutex::new(jobs),
        }
    })
}
