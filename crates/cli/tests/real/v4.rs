//! The command line against the published protocol 4 gateway (`openclaw` 2026.9.6).
#![allow(clippy::unwrap_used)]

mod cases;
#[path = "../run/mod.rs"]
mod run;

use gatehouse_testkit::gateway::Version;

cases::all!(Version::V4);
