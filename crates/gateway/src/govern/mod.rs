//! Governance: the one judge of every action (`judge`) and the policy it goes by (`policy_desk`); beside them the
//! exec modes that OpenClaw has (`modes`, `exec_policy`, `allow_list`, and `document`, in which they are kept). Then
//! the questions to people and their answers (`registry`), and the place where a run's tool calls meet all of it
//! (`governor`). What a question looks like on the wire is in `wire`.

mod allow_list;
mod answers;
mod binding;
mod by_name;
mod course;
mod document;
mod edits;
mod exec_policy;
mod governor;
mod granted;
mod grants;
mod held_back;
mod judge;
mod judging;
mod look;
mod modes;
mod moment;
mod pattern;
mod policy_desk;
mod question;
mod rates;
mod records;
mod registry;
mod registry_task;
#[cfg(test)]
mod registry_tests;
mod running;
mod shown;
mod stop;
mod taint;
pub(crate) mod undo;
mod vetter;
mod wanted;
pub(crate) mod wire;
mod witness;

pub(crate) use answers::LONGEST_GRANT_MS;
pub use answers::{Choice, ChoiceError, Resolver};
pub use document::{ApprovalsDocument, DocumentError, ExecModes};
pub use exec_policy::{Ask, ExecMode, ExecPolicy, ExecWishes, Security};
pub(crate) use governor::can_answer;
pub use governor::{GatewayGovernor, GovernorParts, Waiting};
pub(crate) use held_back::HeldBack;
pub(crate) use judge::{Doer, Judge};
pub use modes::{Judgement, govern};
pub(crate) use pattern::CommandPattern;
pub use policy_desk::{PolicyDesk, PolicyEdit, PolicyEditError, PolicyState};
pub use question::{Decision, Question};
pub use registry::{AnswerError, Answered, Approvals, ApprovalsError, Pending};
pub(crate) use taint::Taints;
pub(crate) use vetter::Vetter;
