//! The command line against the published protocol 3 gateway (`openclaw` 2026.4.25).
#![allow(clippy::unwrap_used)]

mod cases;
#[path = "../run/mod.rs"]
mod run;

use gatehouse_testkit::gateway::Version;

cases::all!(Version::V3);
