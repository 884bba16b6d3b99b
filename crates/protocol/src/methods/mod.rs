//! The methods that this application calls, by area. There is no method that passes a name through:
//! what is not declared here is sent only by a person at a terminal, with `gatehouse call`.

mod approvals;
mod chat;
mod pairing;
mod questions;
mod sessions;
mod system;

pub use approvals::*;
pub use chat::*;
pub use pairing::*;
pub use questions::*;
pub use sessions::*;
pub use system::*;

/// The name of every method that this application can call.
pub fn names() -> impl Iterator<Item = &'static str> {
    let areas = [
        approvals::DECLARED,
        chat::DECLARED,
        pairing::DECLARED,
        questions::DECLARED,
        sessions::DECLARED,
        system::DECLARED,
    ];
    areas.into_iter().flatten().map(|(name, _)| *name)
}
