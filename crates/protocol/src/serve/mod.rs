//! The gateway's side of the wire: a request as it arrives, the parameters of `connect`, and how answers
//! and events are written. The client's side is in `frame`, `connect` and `hello`. Strict where the published
//! schema is strict: an unknown field of a request is a fault. Still pure: what is done about a frame is
//! the gateway's business.

mod connect;
mod request;
mod write;

pub use connect::{CLIENT_IDS, CLIENT_MODES, ClientClaims, ConnectRequest, PresentedAuth};
pub use request::{Request, RequestFault};
pub use write::{ErrorShape, event_body, event_frame, refusal, reply};
