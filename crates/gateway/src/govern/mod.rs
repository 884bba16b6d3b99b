//! Governance: the one judge of every action (`judge`), what it goes by (`policy`, `allow_list`, `document`),
//! the questions to people and their answers (`registry`), and the place where a run's tool calls meet all of
//! it (`governor`). What a question looks like on the wire is in `wire`.

mod allow_list;
mod answers;
mod binding;
mod course;
mod document;
mod edits;
mod governor;
mod granted;
mod grants;
mod held_back;
mod judge;
mod look;
mod moment;
mod pattern;
mod policy;
mod policy_desk;
mod question;
mod rates;
mod records;
mod registry;
mod registry_task;
#[cfg(test)]
mod registry_tests;
mod stop;
mod taint;
pub(crate) mod undo;
mod verdict;
mod vetter;
pub(crate) mod wire;
mod witness;

pub use answers::{Choice, ChoiceError, Resolver};
pub use document::{ApprovalsDocument, DocumentError, PolicySource};
pub(crate) use governor::can_answer;
pub use governor::{GatewayGovernor, GovernorParts, Waiting};
pub(crate) use held_back::HeldBack;
pub use judge::{Judgement, govern};
pub(crate) use pattern::CommandPattern;
pub use policy::{Ask, ExecMode, ExecPolicy, ExecWishes, Security};
pub use policy_desk::{PolicyDesk, PolicyEdit, PolicyEditError, PolicyState};
pub use question::{Decision, Question};
pub use registry::{AnswerError, Answered, Approvals, ApprovalsError, Pending};
pub(crate) use taint::Taints;
pub(crate) use verdict::{Doer, Judge};
pub(crate) use vetter::Vetter;
