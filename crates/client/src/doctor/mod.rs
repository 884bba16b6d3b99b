//! Why does it not connect? Walks the way to a gateway step by step and says where it stopped.
//!
//! It takes the same steps with the same code as a connection does, once, and changes nothing: no token is kept or
//! forgotten, and a setup code, which works once, is never presented. The words for a person are
//! not here: whoever shows the walk has one text for each [`ProblemCode`](crate::ProblemCode).

mod walk;

use gatehouse_protocol::HelloOk;
use serde::Serialize;

use crate::problem::Problem;

pub use walk::walk;

/// The steps, in the order in which they are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum DoctorStep {
    /// The host's name has an address.
    Name,
    /// Something listens there.
    Tcp,
    /// The certificate is trusted, or is the pinned one; and secrets may travel this way at all.
    Tls,
    /// What listens there takes a WebSocket.
    Upgrade,
    /// It greets as a gateway does, in a protocol that this application speaks.
    Challenge,
    /// The secret is the right one.
    Auth,
    /// This device is known.
    Pairing,
    /// The connection may do what was asked for.
    Scopes,
}

impl DoctorStep {
    /// All of them, in order.
    pub const ALL: [Self; 8] = [
        Self::Name,
        Self::Tcp,
        Self::Tls,
        Self::Upgrade,
        Self::Challenge,
        Self::Auth,
        Self::Pairing,
        Self::Scopes,
    ];

    /// A stable name, as it is serialised.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Upgrade => "upgrade",
            Self::Challenge => "challenge",
            Self::Auth => "auth",
            Self::Pairing => "pairing",
            Self::Scopes => "scopes",
        }
    }
}

/// How a step went.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    tag = "kind"
)]
pub enum StepOutcome {
    /// With what was found out, such as the address or the granted scopes: untrusted text, for display.
    Passed { fact: Option<String> },
    /// There is nothing to do here: TLS for a plain address on this machine.
    NotNeeded,
    /// The walk ended here.
    Stopped { problem: Problem },
    /// The walk ended before.
    NotReached,
}

/// One step and how it went.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct CheckedStep {
    pub step: DoctorStep,
    pub outcome: StepOutcome,
}

/// A finished walk: every step once, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnosis {
    pub steps: Vec<CheckedStep>,
    /// The gateway's greeting, when it came that far.
    pub hello: Option<Box<HelloOk>>,
}

impl Diagnosis {
    /// Where it stopped and why; nothing when all is well.
    pub fn stopped(&self) -> Option<(DoctorStep, &Problem)> {
        self.steps
            .iter()
            .find_map(|checked| match &checked.outcome {
                StepOutcome::Stopped { problem } => Some((checked.step, problem)),
                _ => None,
            })
    }
}
