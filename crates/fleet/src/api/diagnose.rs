//! Why does a gateway not connect? Walks the way to it, once, and changes nothing.

use gatehouse_client::Problem;
use gatehouse_client::doctor::{CheckedStep, DoctorStep, StepOutcome, walk};

use crate::core::{config, problem_view};
use crate::credentials::GatewayCredentials;
use crate::error::FleetError;
use crate::fleet::Fleet;
use crate::untrusted::one_line;
use crate::view::{CheckedStepView, DiagnosisView, GatewayId, StepOutcomeView};

/// What a step found out, in bytes.
const FACT: usize = 500;

impl Fleet {
    /// The way to a gateway, step by step.
    pub async fn gateway_diagnose(&self, id: GatewayId) -> Result<DiagnosisView, FleetError> {
        let prepared = self
            .call(move |core| {
                let entry = core.gateways.get(&id).ok_or(FleetError::NoSuchGateway)?;
                let source = GatewayCredentials {
                    safe: core.safe.clone(),
                    gateway: id.clone(),
                    kind: entry.kind,
                    // It keeps no token and forgets none.
                    changed: Box::new(|_| {}),
                };
                Ok::<_, FleetError>((config(&entry.record, &core.client), source))
            })
            .await??;
        let (config, source) = prepared;
        let config = match config {
            Ok(config) => config,
            Err(code) => return Ok(stopped_at_once(&Problem::from(code))),
        };
        let diagnosis = walk(&config, &source, |_| {}).await;
        Ok(DiagnosisView {
            steps: diagnosis.steps.iter().map(step).collect(),
        })
    }
}

/// The address or the pin cannot even be read.
fn stopped_at_once(problem: &Problem) -> DiagnosisView {
    let outcome = |step| match step {
        DoctorStep::Name => StepOutcomeView::Stopped {
            problem: problem_view(problem),
        },
        _ => StepOutcomeView::NotReached,
    };
    let steps = DoctorStep::ALL.into_iter().map(|step| CheckedStepView {
        step,
        outcome: outcome(step),
    });
    DiagnosisView {
        steps: steps.collect(),
    }
}

fn step(checked: &CheckedStep) -> CheckedStepView {
    let outcome = match &checked.outcome {
        StepOutcome::Passed { fact } => StepOutcomeView::Passed {
            fact: fact.as_ref().map(|fact| one_line(fact, FACT)),
        },
        StepOutcome::NotNeeded => StepOutcomeView::NotNeeded,
        StepOutcome::Stopped { problem } => StepOutcomeView::Stopped {
            problem: problem_view(problem),
        },
        StepOutcome::NotReached => StepOutcomeView::NotReached,
    };
    CheckedStepView {
        step: checked.step,
        outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatehouse_client::ProblemCode;

    #[test]
    fn what_a_step_found_out_is_escaped() {
        let checked = CheckedStep {
            step: DoctorStep::Name,
            outcome: StepOutcome::Passed {
                fact: Some("10.0.0.1\u{202e}".into()),
            },
        };
        let StepOutcomeView::Passed { fact } = step(&checked).outcome else {
            panic!("it passed")
        };
        assert_eq!(fact.as_deref(), Some("10.0.0.1⟨U+202E⟩"));
    }

    #[test]
    fn an_address_that_cannot_be_read_stops_the_walk_before_it_begins() {
        let walk = stopped_at_once(&Problem::from(ProblemCode::NotAGateway));
        assert_eq!(walk.steps.len(), DoctorStep::ALL.len());
        assert!(matches!(
            walk.steps[0].outcome,
            StepOutcomeView::Stopped { .. }
        ));
        assert_eq!(walk.steps[7].outcome, StepOutcomeView::NotReached);
    }
}
