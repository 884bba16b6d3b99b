//! A connection against a peer that does exactly what a test tells it, for what a real gateway cannot be
//! made to do. What real gateways do is tested with real gateways, in the workspace's `tests/`.
#![allow(clippy::unwrap_used)]

mod backpressure;
mod client;
mod doctor;
mod failures;
mod frames;
mod handshake;
mod peer;
mod requests;
mod tls;
