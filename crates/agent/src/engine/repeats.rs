//! Notices a run that goes in circles: the same call with the same result, over and over. First the model is told,
//! then the run is ended. What a run did is forgotten with it.

use std::collections::{VecDeque, hash_map::DefaultHasher};
use std::hash::{Hash, Hasher};

use crate::{message::ToolCall, tools::ToolOutput};

/// How many of the latest calls are looked at.
const WINDOW: usize = 30;

/// Equal calls with equal results after which the model is told, and after which the run is ended.
const WARNED_AT: usize = 8;
const ENDED_AT: usize = 16;

/// What stands below the result that is one too many.
const WARNING: &str = "This call was made several times with the same result. Do something else, or say what is \
in the way.";

/// The latest calls of one run.
#[derive(Debug)]
pub(crate) struct Repeats {
    seen: VecDeque<u64>,
    is_on: bool,
}

/// What a call and its result come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Circle {
    No,
    Warn,
    End,
}

impl Repeats {
    pub(crate) fn new(is_on: bool) -> Self {
        Self {
            seen: VecDeque::new(),
            is_on,
        }
    }

    /// Takes note of a call that was made.
    pub(crate) fn note(&mut self, call: &ToolCall, output: &ToolOutput) -> Circle {
        if !self.is_on || waits(call) {
            return Circle::No;
        }
        let this = fingerprint(call, output);
        self.seen.push_back(this);
        if self.seen.len() > WINDOW {
            self.seen.pop_front();
        }
        match self.seen.iter().filter(|known| **known == this).count() {
            ENDED_AT.. => Circle::End,
            WARNED_AT.. => Circle::Warn,
            _ => Circle::No,
        }
    }

    /// The result with a word about it.
    pub(crate) fn warned(mut output: ToolOutput) -> ToolOutput {
        output.content.push(crate::message::Content::text(WARNING));
        output
    }
}

/// Looking after a process that takes its time is no circle.
fn waits(call: &ToolCall) -> bool {
    call.name == "process" && call.arguments["action"] == "poll"
}

/// Details are left out: they hold durations and process ids.
fn fingerprint(call: &ToolCall, output: &ToolOutput) -> u64 {
    let mut hasher = DefaultHasher::new();
    call.name.hash(&mut hasher);
    call.arguments.to_string().hash(&mut hasher);
    output.plain().hash(&mut hasher);
    output.is_error.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(name: &str, arguments: serde_json::Value) -> ToolCall {
        ToolCall {
            id: "c".into(),
            name: name.into(),
            arguments,
            thought_signature: None,
        }
    }

    fn after(
        times: usize,
        repeats: &mut Repeats,
        name: &str,
        result: impl Fn(usize) -> String,
    ) -> Circle {
        let call = call(name, json!({"action": "poll"}));
        (0..times).fold(Circle::No, |_, time| {
            repeats.note(&call, &ToolOutput::text(result(time)))
        })
    }

    #[test]
    fn the_same_call_with_the_same_result_is_warned_of_and_then_ended() {
        let mut repeats = Repeats::new(true);
        let same = |_: usize| "no such file".to_owned();
        assert_eq!(after(WARNED_AT - 1, &mut repeats, "read", same), Circle::No);
        assert_eq!(after(1, &mut repeats, "read", same), Circle::Warn);
        assert_eq!(after(8, &mut repeats, "read", same), Circle::End);
    }

    #[test]
    fn progress_and_patience_are_no_circle() {
        let mut repeats = Repeats::new(true);
        assert_eq!(
            after(40, &mut repeats, "read", |n| n.to_string()),
            Circle::No
        );
        assert_eq!(
            after(40, &mut repeats, "process", |_| "still runs".into()),
            Circle::No
        );
        let mut off = Repeats::new(false);
        assert_eq!(after(40, &mut off, "read", |_| "same".into()), Circle::No);
    }
}
