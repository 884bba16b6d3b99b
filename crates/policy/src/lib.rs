//! Given an action: allow, ask or deny, and why.
//!
//! Pure: no input or output, no clock, no randomness. What is known of the machine is passed in as a
//! [`World`]; what was judged comes back as a [`Plan`], and the plan is what runs.
//!
//! - `shell`: from a command line to the commands it will run (`shell::analyse`)
//! - `programs`: what one command does, read from its arguments (`programs::read`)
//! - `place`: where a path lies and whose it is, and where a connection goes
//! - `rules`: what a person wrote, read and held against an action
//! - `authz`: who may do what, in Cedar
//! - `decide`: all of it joined to one decision (`decide::decide`)
//! - `verdict`, `effect`, `word`, `plan`, `world`: the words all of it is said in

mod analysis;
pub mod authz;
pub mod decide;
mod effect;
pub mod place;
mod plan;
pub mod programs;
pub mod rules;
pub mod shell;
mod verdict;
mod word;
mod world;

pub use analysis::{Analysis, Command, Reach};
pub use decide::{Context, Decision, DecisionView, Policy, Request, decide};
pub use effect::{Effect, EffectKind, Target, Zone};
pub use plan::{Pipeline, Plan, Spawn, Stage};
pub use rules::Teller;
pub use verdict::{Finding, Span, Verdict};
pub use word::{Piece, Word};
pub use world::{Below, Dialect, Entry, Extent, Listing, NoFiles, Taint, World, WorldFiles};
