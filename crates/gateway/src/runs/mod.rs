//! Runs, as clients see them. The engine tells what happens; `journal` keeps transcripts in the store,
//! `watch` turns events of the engine into `agent` and `chat` events and keeps what is in flight, `translate`
//! says what each looks like, `book` notes in the store how runs begin and end, `submit` takes inputs, `lately` knows
//! those that were sent twice, `tellers` keeps
//! whose words a session follows. After a process that was cut off `recover` mends what it left, and `take_up` runs
//! what waited, by what `asked` kept of it.

mod agent_sessions;
pub(crate) mod asked;
mod book;
mod journal;
#[cfg(test)]
mod journal_tests;
mod lately;
mod recover;
mod submit;
mod take_up;
pub(crate) mod tellers;
mod tool_calls;
mod translate;
mod watch;
#[cfg(test)]
mod watch_tests;

pub use agent_sessions::{AgentSessions, Post};
pub use book::RunBook;
pub use journal::StoreJournal;
pub(crate) use journal::new_entry;
pub(crate) use recover::recover;
pub(crate) use submit::conversation_went_on;
pub use submit::{Input, Runs, Submitted};
pub use tool_calls::DirectCalls;
pub use watch::{InFlight, Registered, Registration, RunWatch};
