//! Rules that a person writes: what they look like, what is wrong with them, and what they are about.
//!
//! `docs/policy.md` says what each key means. `read` goes from a text to rules, `matching` holds one against an
//! action. What a match means for the decision is in `decide`.

pub(crate) mod command;
mod examples;
mod host;
mod locate;
pub(crate) mod matching;
pub(crate) mod model;
pub(crate) mod path;
mod pattern;
mod problem;
pub(crate) mod read;
mod read_conditions;
mod reader;
mod teller;
mod text;
mod time;
mod url;
mod words;

pub use model::{Approval, Counts, Enabled, NoCounts, Preset, RateBy, RateKey, Vetting};
pub use problem::{Problem, Severity, nearest};
pub use teller::Teller;
pub use text::{Json5Fault, nesting};
pub use time::Moment;

pub(crate) use examples::{Analyse, check as check_examples};
pub(crate) use host::host_of;
pub(crate) use locate::Place;
