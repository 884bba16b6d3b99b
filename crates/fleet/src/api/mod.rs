//! What a person can ask the fleet for, one file per area. The names are those of the bridge's commands.

mod answers;
mod chat;
mod diagnose;
mod gateways;
mod inbox;
mod links;
mod own;
mod secrets;
mod sessions;
mod settings;

pub(crate) use gateways::{host_and_port, host_of, may_have_the_secrets_of};
