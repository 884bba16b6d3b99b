//! Sockets: the listener, HTTP and WebSocket on the same port, and the task that owns one connection. What is
//! said over them is decided elsewhere.

mod half_open;
mod host;
mod http;
mod listener;
mod peer;
mod place;
mod tls;
mod tls_key;
mod ws;

pub(crate) use listener::{Listener, bind};
pub(crate) use place::admitted;
pub(crate) use tls::{Tls, load as load_tls};
