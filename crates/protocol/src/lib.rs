//! What goes over the wire between an OpenClaw gateway and a client: frames, handshake, methods, events,
//! errors, close codes, roles and scopes, device signature. Pure: no I/O, no clock, no async, so that it
//! can be tested, fuzzed and reused alone.
//!
//! Reading is lenient (`lenient`): unknown fields, frames and events are kept, numbers may be strings.
//! Writing is strict: closed enums, and newer parameters only where the negotiated protocol has them.
//! The connection itself is in `gatehouse-client`.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod close;
pub mod connect;
pub mod device;
pub mod error;
pub mod event;
pub mod frame;
pub mod hello;
pub mod lenient;
pub mod method;
pub mod methods;
pub mod model;
pub mod own;
pub mod said;
pub mod scope;
pub mod secret;
pub mod serve;
pub mod untrusted;
pub mod version;

pub use connect::{ClientId, ClientInfo, ClientMode, ConnectAuth, ConnectParams};
pub use device::{DeviceId, DeviceKey, DeviceProof, DeviceToken};
pub use error::{ConnectErrorCode, ErrorCode, GatewayError};
pub use event::GatewayEvent;
pub use frame::{EventFrame, Incoming, ResponseFrame};
pub use hello::{HelloOk, IssuedTokens};
pub use lenient::{Extra, Listed};
pub use method::{Method, NoParams};
pub use said::Said;
pub use scope::{MethodScope, Role, Scope};
pub use secret::Secret;
pub use version::ProtocolVersion;
