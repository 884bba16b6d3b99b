//! The things that methods return and events carry.

pub mod approval;
pub mod catalog;
pub mod message;
pub mod pairing;
pub mod presence;
pub mod question;
pub mod session;
