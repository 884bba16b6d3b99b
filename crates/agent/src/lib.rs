//! A run: model providers, the tool loop and the tools. What persists it, what governs it and who watches it
//! are traits that its owner implements, so that a run can be tested without a socket or a database.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod ambient;
pub mod engine;
pub mod event;
pub mod govern;
pub mod heartbeat;
pub mod journal;
pub mod launch;
pub mod message;
pub mod prompt;
pub mod provider;
pub mod secrets;
pub mod skills;
pub mod tools;
pub mod transcript;
pub mod workspace;

pub use ambient::{Clock, Randomness, SystemClock, SystemRandomness};
pub use engine::{
    AbortCause, Accepted, ActiveRun, AgentProfile, Budget, Engine, EngineOptions, EngineParts,
    Origin, Profiles, QueueMode, RunOutcome, RunRequest, RunStatus, SubmitError, Task, Waited,
};
pub use event::{RunEvent, RunEventKind, RunSink};
pub use govern::{Action, Governor, ToolOutcome, Verdict};
pub use journal::{Journal, JournalError, MemoryJournal, Point};
pub use message::Message;
