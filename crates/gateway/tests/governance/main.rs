//! The whole line over real sockets, with real processes: what is judged, asked about, looked at again, run, kept
//! and recorded.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod answered;
mod bench;
mod ended;
mod fetched;
mod granted;
mod handed_on;
mod policy;
mod recorded;
mod shown;
#[path = "../support/mod.rs"]
mod support;
mod swapped;
mod undone;
