//! Behaviour of the transcript, as sentences.

mod history;
mod page;
mod properties;
mod send;
mod stream;
mod tools;
mod wire;
