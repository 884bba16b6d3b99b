//! From a request frame to its answer: one table of methods, each with its name, who may call it, and a
//! handler with typed parameters and a typed result. What a method does is in `methods`.

mod caller;
mod error;
mod params;
pub(crate) mod rights;
mod shape;
mod table;
mod unread;

pub(crate) use caller::Early;
pub use caller::{Caller, Cx};
pub use error::MethodError;
pub use params::NoParams;
pub(crate) use params::{one_agent, read as read_params};
pub(crate) use shape::Strangers;
pub(crate) use table::refusal;
pub use table::{Access, Answering, MethodTable};
pub(crate) use unread::{asks_for_something, not_available};
