//! One live connection to one OpenClaw gateway: address policy, TLS and pin, handshake with device proof,
//! reconnect, watchdog, typed requests and events. It knows nothing of inboxes, chats or windows, and it
//! keeps no secret: those come from a [`CredentialSource`] for each attempt.
//!
//! One task owns the socket and all about it (`actor`, and `live` while it is up); a [`Connection`] is a
//! handle onto it. State goes out by `watch`, events by a bounded queue, requests in with a `oneshot` reply.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod actor;
mod address;
mod attempt;
mod config;
mod connection;
mod credentials;
pub mod doctor;
mod event;
mod handshake;
pub mod kept;
mod live;
mod outbox;
mod outgoing;
mod pending;
mod pin;
mod problem;
mod tls;
mod transport;

pub use address::{AddressError, GatewayUrl};
pub use config::{BackoffPolicy, ConnectionConfig, Limits};
pub use connection::{Connection, RequestError};
pub use credentials::{CredentialError, CredentialSource, Credentials};
pub use event::{ClockReading, ConnectionEvent, ConnectionState, Generation};
pub use pin::{CertificatePin, PinError};
pub use problem::{Problem, ProblemCode};
