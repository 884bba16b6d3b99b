//! Our own gateway, as `gatehouse gateway run` starts it, with clients that this project did not write: the official
//! command line and the reference client. Every answer and event that passes is held to the published schema.
#![allow(clippy::unwrap_used)]

mod answers;
mod audit;
mod credentials;
mod crowd;
mod documented;
mod frames;
mod gateway;
mod lifecycle;
mod official;
mod ours;
mod page;
mod reference;
#[path = "../run/mod.rs"]
mod run;
#[path = "../../../gateway/tests/support/schema.rs"]
#[allow(dead_code, unreachable_pub)]
mod schema;
mod tap;
