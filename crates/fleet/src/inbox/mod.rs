//! Everything that waits for a person, over all gateways, as one pure state machine.
//!
//! `reduce` takes a fact (a list, an event, an answer, a person's choice, time) and says what to do about it.
//! It does no I/O: the fleet runs the effects and feeds back what came of them. That is what lets the two
//! promises (nothing lost, nothing answered twice or by accident) be tested with random interleavings.

mod book;
mod decide;
mod event;
mod item;
mod listing;
mod meaning;
mod reduce;
mod settle;
mod step;
mod view;
mod whole;
pub(crate) mod wire;

pub use book::{MAX_ENDED, MAX_OPEN};
pub use event::{Choice, Effect, InboxEvent, ReadBackAnswer, Refusal, Resolve, ResolveAnswer};
pub use item::{
    Answered, Content, EpochMs, Generation, Item, KINDS, Outcome, People, Phase, Question, Request,
    Source, Trouble, Unavailable, Verdict, item_key, parse_key,
};
pub use reduce::{Inbox, reduce};
pub(crate) use settle::{ALREADY_DECIDED, NOT_RECORDED, retry_delay};
pub use view::{Beside, Standing, detail, line, snapshot};
pub(crate) use view::{has_to_be_reviewed, millis, people, waiting};
pub use whole::{MAX_ID, MAX_ITEM_BYTES, TOO_LARGE, UNSAID};

#[cfg(test)]
mod tests;
