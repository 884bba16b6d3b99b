//! The one decision: a request, a policy and what is known beside it go in, a verdict and its reasons come out.
//!
//! Everything that has a say is asked every time, and the strictest answer wins: the analysis (or what stands for
//! it where there is no command), the preset, the rules, the roles, the facts that are passed in, and what the
//! session did before. Only a rule that names the action exactly turns an `ask` of the analysis into an `allow`.

mod baseline;
mod called;
mod danger;
mod decision;
mod explain;
mod fed;
mod given;
mod pipeline;
mod policy;
mod request;
mod roles;
mod simulate;
#[cfg(test)]
mod tests;
pub mod vetting;

pub use crate::place::HostClass;
pub use danger::{is_answered_by_no_pattern, is_never_answered_ahead};
pub use decision::{Decision, DecisionView, RuleHit};
pub use explain::explain;
pub use fed::{Fed, feed};
pub use given::{KnownCredential, read_call};
pub use pipeline::decide;
pub use policy::{DEFAULT_DOCUMENT, Policy, RuleView};
pub use request::{
    Act, Context, CredentialUse, Fetch, Judged, Request, SessionAccess, SessionUse, ToolUse,
};
pub use simulate::{Flip, PastAct, PastAction, PastInput, Simulation, simulate};
