//! Who may do what: roles of people and agents, and the policies in Cedar that say what each role may.

mod check;
mod entities;
mod load;
mod memory;
mod right;
mod role;
#[cfg(test)]
mod tests;

pub use check::{Access, Reason};
pub use load::{Authz, CORE, DEFAULT_ROLES, SCHEMA};
pub use right::{Resource, Right};
pub use role::{AgentRights, AgentScope, Person, Role};

pub(crate) use check::Asking;
pub(crate) use entities::{Call, Principal};
