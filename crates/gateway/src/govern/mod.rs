//! Governance, a folder for each subject:
//!
//! - `policy_desk`: the policy that actions are judged by, and its files.
//! - `judge`: the one judge of every action, with what it counts and remembers.
//! - `modes`: the exec modes and the allow-list that OpenClaw has beside the policy, and the document they are kept in.
//! - `look`: what an action needs to run, opened and hashed, and the digest that an answer is bound to.
//! - `approvals`: the questions to people, their answers, and what both look like on the wire.
//! - `grants`: what was allowed beyond once, and whether it answers a question.
//! - `governor`: the place where a run's tool calls meet all of it.
//! - `undo`: what allowed actions replaced, kept and given back.

mod approvals;
mod governor;
mod grants;
mod judge;
mod look;
mod modes;
mod policy_desk;
pub(crate) mod undo;

pub(crate) use approvals::answers::LONGEST_GRANT_MS;
pub use approvals::answers::{Choice, ChoiceError, Resolver};
pub use approvals::question::{Decision, Question};
pub use approvals::registry::{AnswerError, Answered, Approvals, ApprovalsError, Pending};
pub(crate) use approvals::wire;
pub(crate) use governor::HeldBack;
pub(crate) use governor::can_answer;
pub use governor::{GatewayGovernor, GovernorParts, Waiting};
pub(crate) use grants::GrantPattern;
pub(crate) use judge::taint::Taints;
pub(crate) use judge::vetter::Vetter;
pub(crate) use judge::{Doer, Judge};
pub use modes::document::{ApprovalsDocument, DocumentError, ExecModes};
pub use modes::exec_policy::{Ask, ExecMode, ExecPolicy, ExecWishes, Security};
pub use modes::{Judgement, govern};
pub use policy_desk::{PolicyDesk, PolicyEdit, PolicyEditError, PolicyState};
