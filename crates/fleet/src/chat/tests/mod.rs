//! Behaviour of the transcript, as sentences.

mod happens;
mod history;
mod live;
mod page;
mod properties;
mod running;
mod send;
mod stream;
mod tools;
mod turn;
mod wire;
