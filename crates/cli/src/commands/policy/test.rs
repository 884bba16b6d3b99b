//! `policy test`: what is wrong with a document, its examples too.

use std::path::Path;

use gatehouse_policy::decide::Policy;
use gatehouse_policy::rules::Problem;
use serde_json::json;

use super::super::Context;
use super::read_text;
use crate::failure::{Failure, FailureKind};

pub(super) fn run(
    context: &mut Context<'_>,
    file: &Path,
    roles: Option<&Path>,
) -> Result<(), Failure> {
    let text = read_text(file)?;
    let roles = roles.map(read_text).transpose()?;
    let loaded = Policy::load(&text, roles.as_deref());
    let problems: &[Problem] = match &loaded {
        Ok(policy) => policy.warnings(),
        Err(problems) => problems,
    };
    if context.output.is_json() {
        let policy = loaded.as_ref().ok();
        context.output.value(&json!({
            "ok": policy.is_some(),
            "version": policy.map(Policy::version),
            "rules": policy.map(Policy::rules),
            "problems": problems,
        }))?;
    } else {
        for problem in problems {
            context
                .output
                .line(&format!("{}:{problem}", file.display()))?;
        }
        if let Ok(policy) = &loaded {
            let count = policy.rules().len();
            let rules = if count == 1 {
                "1 rule".to_owned()
            } else {
                format!("{count} rules")
            };
            context
                .output
                .line(&format!("{rules}, version {}", policy.version()))?;
        }
    }
    match loaded {
        Ok(_) => Ok(()),
        Err(_) => Err(Failure::new(
            FailureKind::General,
            "policy",
            "the policy is refused: the one before it would stay",
        )),
    }
}
