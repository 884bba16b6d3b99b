//! The way to a gateway, as it was walked.

use gatehouse_client::doctor::DoctorStep;
use serde::Serialize;
use specta::Type;

use super::ProblemView;

/// The way to a gateway, step by step.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DiagnosisView {
    pub steps: Vec<CheckedStepView>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CheckedStepView {
    pub step: DoctorStep,
    pub outcome: StepOutcomeView,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum StepOutcomeView {
    /// With what was found out: untrusted text, escaped.
    Passed { fact: Option<String> },
    /// There is nothing to do here: TLS for a plain address on this machine.
    NotNeeded,
    /// The walk ended here.
    Stopped { problem: ProblemView },
    /// The walk ended before.
    NotReached,
}
